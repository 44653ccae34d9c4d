//! What a worker has in its first turn, which cannot wait for the rest of the program: the sites that are built in, under the
//! policy that holds while nothing is known. [`Analyser`](crate::analyser::Analyser) answers the same until it knows more.
//!
//! It is a module of its own for the browser (`bind_first`), a quarter as large as the whole: a page waits while the browser reads
//! and compiles it.

use crate::page::Page;
use crate::told::Judged;
use lapwing_core::{Action, Decision, Frame, Gate, ListsError, Verdict, Visit};

/// See the module.
#[derive(Debug)]
pub struct First(Gate);

impl First {
    /// With the sites that are built in.
    ///
    /// # Errors
    /// When they cannot be used.
    pub fn new() -> Result<Self, ListsError> {
        Gate::first().map(Self)
    }

    /// Whether an address may be opened: `None` when it may, and nothing else is due. The words of a search are not read.
    #[must_use]
    pub fn decide(&self, url: &str, main: bool) -> Option<Judged> {
        let decision = self.0.check_url(&Visit { url, frame: frame(main) });
        judged(&decision, url, "", || self.0.safe_search(url))
    }

    /// Whether an address is unlawful content.
    #[must_use]
    pub fn is_unlawful(&self, url: &str) -> bool {
        self.0.is_unlawful(url)
    }
}

/// Where an address opens.
pub(crate) const fn frame(main: bool) -> Frame {
    if main { Frame::Main } else { Frame::Sub }
}

/// What a decision is for whoever asked about the address: `None` when it may be opened, and nothing else is due.
pub(crate) fn judged(
    decision: &Decision,
    url: &str,
    school: &str,
    safe_search: impl FnOnce() -> Option<String>,
) -> Option<Judged> {
    let Verdict { action, alert, .. } = decision.verdict;
    if action >= Action::Warn {
        return Some(Judged { action, page: page(decision, url, school), go_to: None });
    }
    let go_to = safe_search();
    (alert || go_to.is_some()).then_some(Judged { action, page: None, go_to })
}

// Apart from what is asked of every address: a browser compiles a function when it is first called, while a page waits.
#[inline(never)]
fn page(decision: &Decision, url: &str, school: &str) -> Option<Page> {
    Page::of(decision, url, school)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyser::Analyser;

    /// Sites of every kind that there is a page for, searches, frames, and what is none of these.
    const ADDRESSES: [&str; 14] = [
        "https://gambling.lapwing.test/",
        "https://www.bet365.com/a?b=c",
        "https://illegal.lapwing.test/x",
        "https://suicide.lapwing.test/",
        "https://search-unsafe.lapwing.test/",
        "https://translate.google.com/translate?u=https%3A%2F%2Fbet365.com%2F",
        "https://web.archive.org/web/2020/https://bet365.com/",
        "https://www.google.co.uk/search?q=how+to+bet",
        "https://www.google.co.uk/search?q=how+to+bet&safe=active",
        "https://www.childline.org.uk/",
        "https://www.example.org/",
        "data:text/html,<p>x</p>",
        "about:blank",
        "https://bücher.example/ö",
    ];

    #[test]
    fn it_answers_as_the_whole_analyser_does_that_knows_nothing_yet() {
        let first = First::new().unwrap();
        let mut whole = Analyser::default();
        let (mut stopped, mut led) = (0, 0);
        for url in ADDRESSES {
            for main in [true, false] {
                let answer = first.decide(url, main);
                assert_eq!(answer, whole.decide(url, main, 0).unwrap(), "{url}, {main}");
                stopped += usize::from(answer.as_ref().is_some_and(|answer| answer.page.is_some()));
                led += usize::from(answer.is_some_and(|answer| answer.go_to.is_some()));
            }
            assert_eq!(first.is_unlawful(url), whole.is_unlawful(url, 0).unwrap(), "{url}");
        }
        assert!(stopped > 10 && led > 0, "{stopped} stopped, {led} led to a safe search");
    }
}
