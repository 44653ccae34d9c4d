//! The certificate: whether it can be served with, for which names, and for how long.

use super::Finding;
use crate::clock::{Clock as _, SystemClock};
use crate::config::{Config, Tls};
use crate::{acme, tls};
use jiff::Timestamp;
use std::path::Path;
use x509_parser::extensions::GeneralName;
use x509_parser::parse_x509_certificate;

const WHAT: &str = "certificate";
/// Days before its end from which a certificate is to be renewed: authorities that renew by themselves do it earlier.
const SOON: i64 = 14;

/// What can be told of it without serving.
pub(super) fn look(config: &Config) -> Vec<Finding> {
    match &config.tls {
        Tls::Files(files) => match tls::config(files) {
            Ok(_) => judge(&files.certificate, config, SystemClock.now()),
            Err(error) => {
                vec![Finding::bad(WHAT, error.to_string(), "give a certificate and its own key, both as PEM")]
            }
        },
        Tls::Own => vec![Finding::warn(
            WHAT,
            "the relay’s own, which browsers do not trust",
            "give one with --tls-cert and --tls-key, or have one issued with --acme-contact",
        )],
        Tls::Acme(asked) => match acme::issued(&acme::folder(&config.data)) {
            Some(file) => judge(&file, config, SystemClock.now()),
            None => vec![Finding::warn(
                WHAT,
                format!("{} has not issued one for {} yet", asked.directory, asked.host),
                "start the relay where the authority reaches it on port 443 of that name, and look at its log",
            )],
        },
    }
}

fn judge(file: &Path, config: &Config, now: Timestamp) -> Vec<Finding> {
    let unread =
        |error: String| vec![Finding::bad(WHAT, error, "replace the file with a certificate in PEM")];
    let chain = match tls::chain(file) {
        Ok(chain) => chain,
        Err(error) => return unread(error.to_string()),
    };
    let Some(first) = chain.first() else { return unread("there is none in the file".into()) };
    let leaf = match parse_x509_certificate(first) {
        Ok((_, leaf)) => leaf,
        Err(error) => return unread(format!("{}: {error}", file.display())),
    };
    let mut findings = Vec::new();
    let days = (leaf.validity().not_after.timestamp() - now.as_second()).div_euclid(86_400);
    let begun = leaf.validity().not_before.timestamp() <= now.as_second();
    let renew = "put a newer one into its place; the relay reads it by itself";
    findings.push(if !begun {
        Finding::bad(WHAT, "it is not valid yet", "check the clock, or wait")
    } else if days < 0 {
        Finding::bad(WHAT, format!("it ended {} days ago", -days), renew)
    } else if days < SOON {
        Finding::warn(WHAT, format!("it ends in {days} days"), renew)
    } else {
        Finding::well(WHAT, format!("good for {days} days"))
    });
    let names: Vec<&str> = match leaf.subject_alternative_name() {
        Ok(Some(names)) => names.value.general_names.iter().filter_map(dns).collect(),
        _ => Vec::new(),
    };
    if let Some(host) = config.public_url.as_ref().and_then(url::Url::domain) {
        findings.push(if names.iter().any(|name| covers(name, host)) {
            Finding::well("certificate names", format!("it is for {host}"))
        } else {
            let found = format!("it is for {}, not for {host}", names.join(", "));
            Finding::bad(
                "certificate names",
                found,
                format!("have one issued for {host}, or correct --public-url"),
            )
        });
    }
    let own = leaf.subject() == leaf.issuer();
    if chain.len() == 1 && !own {
        findings.push(Finding::warn(
            "certificate chain",
            "only the relay’s own certificate is in the file",
            "append the intermediate certificates that came with it: some devices cannot find them by themselves",
        ));
    }
    findings
}

fn dns<'n>(name: &'n GeneralName<'_>) -> Option<&'n str> {
    if let GeneralName::DNSName(name) = name { Some(name) } else { None }
}

/// Whether a name in a certificate covers `host`: the same name, or one label under a `*.` (RFC 6125, section 6.4.3).
fn covers(name: &str, host: &str) -> bool {
    if name.eq_ignore_ascii_case(host) {
        return true;
    }
    let under = name.strip_prefix("*.").zip(host.split_once('.'));
    under.is_some_and(|(wild, (label, rest))| !label.is_empty() && wild.eq_ignore_ascii_case(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_one_label() {
        assert!(covers("relay.school.example", "RELAY.school.example"));
        assert!(covers("*.school.example", "relay.school.example"));
        assert!(!covers("*.school.example", "school.example"));
        assert!(!covers("*.school.example", "a.relay.school.example"));
        assert!(!covers("other.example", "relay.school.example"));
    }
}
