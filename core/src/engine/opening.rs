//! What staff would have to open for a page that is stopped: what a pupil asks for must be what opens it, and no more.

use super::Gate;
use super::gate::{WITHIN, With, deeper};
use crate::answer::{Decision, Frame, Visit};
use crate::policy::school::{Decider, Effect, Excepted};
use crate::site::{Address, Entry, inner};
use crate::taxonomy::Action;

/// Sites that are tried: an address may hold many others.
const TRIES: usize = 12;

impl Gate {
    /// The site that an exception would have to name for this address to open in a tab: its host; or, when that does not open
    /// it, a host among the addresses within it (such as what a translator was to show), or the part of a site that the lists
    /// single out. None when the address is not stopped, or no single exception opens it.
    ///
    /// Each is tried as the exception that it would become, so that nobody is asked for what would change nothing.
    #[must_use]
    pub fn opening(&self, url: &str) -> Option<Entry> {
        let stopped = self.supposing(url, None);
        if stopped.verdict.action < Action::Block {
            return None;
        }
        let mut sites = Vec::new();
        hosts(&Address::parse(url)?, WITHIN, &mut sites);
        sites.truncate(TRIES);
        sites.extend(stopped.site.and_then(|found| Entry::parse(&found.rule).ok()));
        let exception = |site: Entry| Excepted {
            id: String::new(),
            site,
            effect: Effect::Allow,
            by: Decider::Safeguarding,
            until: None,
        };
        let mut exceptions = sites.into_iter().map(exception);
        exceptions
            .find(|one| self.supposing(url, Some(one)).verdict.action < Action::Block)
            .map(|one| one.site)
    }

    fn supposing(&self, url: &str, supposed: Option<&Excepted>) -> Decision {
        self.decide(&Visit { url, frame: Frame::Main }, With { read: &|_| Vec::new(), supposed })
    }
}

/// The hosts of an address and of those within it, as entries that can be written down and read again.
fn hosts(address: &Address, within: usize, sites: &mut Vec<Entry>) {
    let site =
        Entry::parse(&address.host).ok().filter(|site| site.host == address.host && site.path.is_empty());
    sites.extend(site.filter(|site| !sites.contains(site)));
    if within == 0 || sites.len() >= TRIES {
        return;
    }
    for inside in inner(address) {
        if sites.len() < TRIES
            && let Some(address) = Address::parse(&inside.url)
        {
            hosts(&address, deeper(&inside, within), sites);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::{Audience, Policy};
    use crate::{Engine, Lists};

    #[test]
    fn what_is_asked_for_is_what_opens_it() {
        let policy = Policy::school_default(Audience::Unspecified);
        let engine = Engine::new(Lists::starter().expect("lists"), policy).expect("an engine");
        for (url, wanted) in [
            ("https://www.bet365.com/a?b=c", Some("www.bet365.com")),
            // What a translator or an archive was to show.
            (
                "https://translate.google.com/translate?u=https%3A%2F%2Fwww.bet365.com%2Fx",
                Some("www.bet365.com"),
            ),
            ("https://web.archive.org/web/2020/https://bet365.com/", Some("bet365.com")),
            ("https://www-bet365-com.translate.goog/x", Some("www.bet365.com")),
            // A proxy and what it was to show are two: nobody is asked for the one that changes nothing.
            ("https://proxysite.com/?u=https%3A%2F%2Fwww.bet365.com%2F", None),
            // Nobody can be asked for these.
            ("https://illegal.lapwing.test/x", None),
            ("https://web.archive.org/web/2020/https://illegal.lapwing.test/x", None),
            ("data:text/html,<p>x</p>", None),
            // Not stopped.
            ("https://www.example.org/", None),
        ] {
            assert_eq!(engine.opening(url).map(|site| site.to_string()).as_deref(), wanted, "{url}");
        }
    }
}
