//! What is judged besides an address's own site: the address inside a translator's, an archive's or a proxy's, sites that are
//! opened by their number, and pages that are written into an address instead of being anywhere.

use super::Gate;
use crate::answer::{Decision, Frame, SiteMatch};
use crate::site::{Address, Inner, Told, Way};
use crate::taxonomy::{Action, Category};

impl Gate {
    /// Adds what was decided about the address inside. A stopped site that somebody shows under another name is a way
    /// around the school's protection, whatever else it is; one that is merely led to is what it is.
    #[inline(never)]
    pub(super) fn add_inner(
        &self,
        decision: &mut Decision,
        inner: &Inner,
        mut inside: Decision,
        frame: Frame,
    ) {
        let stops = inside.verdict.action >= Action::Warn;
        if !stops && !inside.verdict.alert {
            return;
        }
        if let (true, Way::Shows(what), Some(site)) = (stops, inner.way, &mut inside.site) {
            if !site.categories.contains(&Category::Bypass) {
                site.categories.push(Category::Bypass);
                let around = self.policy.weigh_site(&[Category::Bypass], frame);
                inside.verdict = inside.verdict.with(around);
            }
            inside.why = format!("It was to be opened through {what}. {}", inside.why).trim_end().to_owned();
        }
        decision.verdict =
            std::mem::replace(&mut decision.verdict, inside.verdict.clone()).with(inside.verdict);
        if stops || decision.site.is_none() {
            decision.site = inside.site.or(decision.site.take());
            decision.why = inside.why;
            decision.ruling = inside.ruling.or(decision.ruling.take());
        }
        if decision.findings.is_empty() {
            decision.findings = inside.findings;
            decision.search = inside.search.or(decision.search.take());
        }
    }

    /// What is no web address: only a page that is written into the address itself is of interest, since nothing can be
    /// known about it, and nobody comes to one by following a link.
    #[inline(never)]
    pub(super) fn written(&self, url: &str, frame: Frame) -> Decision {
        let mut decision = Decision::allow();
        if frame == Frame::Main && is_written_page(url) {
            let categories = vec![Category::Bypass];
            decision.verdict = self.policy.weigh_site(&categories, frame);
            decision.ruling = Some(self.policy.ruling(&categories));
            decision.site =
                Some(SiteMatch { rule: "a page written into its address".to_owned(), categories });
            decision.why = "A page that is written into the address itself cannot be checked.".to_owned();
        }
        decision
    }
}

/// What is known of a site that is opened by its number: nothing, whoever listed its name. A number in the same building is a
/// printer or a school's own server.
#[inline(never)]
pub(super) fn numbered(address: &Address) -> Option<Told> {
    address.is_public_number().then(|| Told {
        rule: address.host.clone(),
        categories: vec![Category::Bypass],
        why: "A site that is opened by its number instead of its name cannot be found in any list."
            .to_owned(),
    })
}

/// Whether this is a `data:` address with a page in it that can have forms, frames or scripts; pictures and plain text can
/// not.
fn is_written_page(url: &str) -> bool {
    let url = url.trim_start();
    let Some((scheme, rest)) = url.split_once(':') else { return false };
    let kind = rest.split([',', ';']).next().unwrap_or_default().trim().to_ascii_lowercase();
    scheme.eq_ignore_ascii_case("data") && (kind.ends_with("html") || kind.ends_with("xml"))
}

#[cfg(test)]
mod tests {
    use super::is_written_page;

    #[test]
    fn pages_in_addresses_are_told_from_pictures() {
        for url in [
            "data:text/html,<p>",
            " DATA:Text/HTML;base64,x",
            "data:image/svg+xml,x",
            "data:application/xhtml+xml,x",
        ] {
            assert!(is_written_page(url), "{url}");
        }
        for url in [
            "data:image/png;base64,x",
            "data:,x",
            "data:text/plain,html",
            "about:blank",
            "https://a.example/",
            "",
        ] {
            assert!(!is_written_page(url), "{url}");
        }
    }
}
