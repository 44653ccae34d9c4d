//! Lists with one rule a line, all of one category: hosts files, plain lists, and the domain rules of ad blockers.

use super::{Source, SourceError, read};
use crate::skip::Skip;
use lapwing_core::{Category, CategorySet};
use std::path::Path;

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// Nothing: empty, or a comment without anything that is wanted.
    Nothing,
    /// A comment, which may say what the list is and whose.
    Comment(&'a str),
    /// Sites, with blanks between.
    Sites(&'a str),
    /// A site that is not of the category after all.
    Exception(&'a str),
    /// Something else.
    Other,
}

/// Names of the machine itself, with which hosts files begin.
const OWN: [&str; 11] = [
    "localhost",
    "localhost.localdomain",
    "local",
    "broadcasthost",
    "ip6-localhost",
    "ip6-loopback",
    "ip6-localnet",
    "ip6-mcastprefix",
    "ip6-allnodes",
    "ip6-allrouters",
    "ip6-allhosts",
];

/// Options of an ad blocker’s rule with which it still stands for the whole site.
const WHOLE: [&str; 4] = ["all", "document", "doc", "important"];

/// A line of a hosts file.
pub(crate) fn hosts(line: &str) -> Line<'_> {
    let (rule, comment) = line.split_once('#').map_or((line, None), |(rule, comment)| (rule, Some(comment)));
    match rule.trim().split_once(char::is_whitespace) {
        Some((
            "0.0.0.0" | "127.0.0.1" | "::" | "::1" | "fe80::1%lo0" | "ff00::0" | "ff02::1" | "ff02::2"
            | "ff02::3" | "255.255.255.255",
            names,
        )) => {
            let names = names.trim();
            if names == "0.0.0.0" || OWN.contains(&names) { Line::Nothing } else { Line::Sites(names) }
        }
        Some(_) => Line::Other,
        None if rule.trim().is_empty() => comment.map_or(Line::Nothing, Line::Comment),
        None => Line::Other,
    }
}

/// A line of a plain list.
pub(crate) fn plain(line: &str) -> Line<'_> {
    if let Some(comment) = line.strip_prefix('#') {
        return Line::Comment(comment);
    }
    let rule = line.split_once(" #").map_or(line, |(rule, _)| rule).trim();
    match rule {
        "" => Line::Nothing,
        rule if rule.contains(char::is_whitespace) => Line::Other,
        rule => Line::Sites(rule),
    }
}

/// A line of an ad blocker’s list.
pub(crate) fn adblock(line: &str) -> Line<'_> {
    if let Some(comment) = line.strip_prefix('!') {
        return Line::Comment(comment);
    }
    if line.is_empty() || (line.starts_with('[') && line.ends_with(']')) {
        return Line::Nothing;
    }
    let (rule, exception) = line.strip_prefix("@@").map_or((line, false), |rule| (rule, true));
    let domain = |rule| -> Option<&str> {
        let rule: &str = rule;
        let (domain, rest) = rule.strip_prefix("||")?.split_once('^')?;
        let options = match rest.strip_prefix('$') {
            Some(options) => options,
            None if rest.is_empty() || rest == "|" => "",
            None => return None,
        };
        let whole = options.is_empty() || options.split(',').all(|option| WHOLE.contains(&option));
        (whole && !domain.contains(['/', '*', '|'])).then_some(domain)
    };
    match domain(rule) {
        Some(domain) if exception => Line::Exception(domain),
        Some(domain) => Line::Sites(domain),
        None => Line::Other,
    }
}

/// Reads a list with one of these.
pub(crate) fn read(
    source: &mut Source<'_>,
    path: &Path,
    category: Category,
    read_line: fn(&str) -> Line<'_>,
) -> Result<(), SourceError> {
    let file = source.about.name.clone();
    let set = CategorySet::only(category);
    read::lines(read::open(path)?, &path.display().to_string(), |number, text| {
        let place = || format!("{file}:{number}");
        let Some(text) = text else {
            source.about.lines += 1;
            return source.skip(Skip::NotText, place, "");
        };
        let line = read_line(text);
        source.about.lines += u64::from(!matches!(line, Line::Nothing | Line::Comment(_)));
        match line {
            Line::Nothing => {}
            Line::Comment(comment) => source.learn(comment),
            Line::Sites(sites) => {
                sites.split_whitespace().for_each(|site| source.rule(site, set, CategorySet::NONE, place));
            }
            Line::Exception(site) => source.rule(site, CategorySet::NONE, set, place),
            Line::Other => source.skip(Skip::NotUnderstood, place, text),
        }
    })
}

impl Source<'_> {
    /// Takes from a comment what a list says of itself.
    fn learn(&mut self, comment: &str) {
        let Some((key, value)) = comment.trim_start_matches(['#', '!', ' ']).split_once(':') else { return };
        let value: String = value.trim().chars().filter(|c| !c.is_control()).take(200).collect();
        let known = match key.trim().to_lowercase().as_str() {
            "title" => return self.about.name = value,
            "licence" | "license" => &mut self.about.licence,
            "author" | "homepage" | "maintainer" | "maintained by" => &mut self.about.attribution,
            _ => return,
        };
        if known.is_empty() {
            *known = value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_files_as_they_are_published() {
        for (line, read) in [
            ("0.0.0.0 bet.example", Line::Sites("bet.example")),
            ("127.0.0.1\tbet.example www.bet.example # two", Line::Sites("bet.example www.bet.example")),
            ("::1 localhost", Line::Nothing),
            ("127.0.0.1 localhost.localdomain", Line::Nothing),
            ("255.255.255.255 broadcasthost", Line::Nothing),
            ("0.0.0.0 0.0.0.0", Line::Nothing),
            ("# Title: A list", Line::Comment(" Title: A list")),
            ("", Line::Nothing),
            ("192.168.1.1 router.example", Line::Other),
            ("bet.example", Line::Other),
        ] {
            assert_eq!(hosts(line), read, "{line}");
        }
    }

    #[test]
    fn plain_lists_and_their_comments() {
        assert_eq!(plain("bet.example/casino # why"), Line::Sites("bet.example/casino"));
        assert_eq!(plain("#bet.example"), Line::Comment("bet.example"));
        assert_eq!(plain("two words"), Line::Other);
    }

    #[test]
    fn of_an_ad_blockers_list_only_rules_for_whole_domains() {
        for (line, read) in [
            ("||bet.example^", Line::Sites("bet.example")),
            ("||bet.example^|", Line::Sites("bet.example")),
            ("||bet.example^$all", Line::Sites("bet.example")),
            ("||bet.example^$doc,important", Line::Sites("bet.example")),
            ("@@||help.bet.example^", Line::Exception("help.bet.example")),
            ("! Title: A list", Line::Comment(" Title: A list")),
            ("[Adblock Plus 2.0]", Line::Nothing),
            ("||bet.example^$third-party", Line::Other),
            ("||bet.example^$domain=a.example", Line::Other),
            ("||bet.example/ads^", Line::Other),
            ("||bet.*^", Line::Other),
            ("||bet.example", Line::Other),
            ("bet.example##.ad", Line::Other),
            ("/banner/*/img^", Line::Other),
            ("||bet.example^path", Line::Other),
        ] {
            assert_eq!(adblock(line), read, "{line}");
        }
    }
}
