//! What opens the words of a record, or why nothing does. A record that nobody can open any more is shown as such, in its
//! place: it must not take the page around it away from those who need the rest of that page.

use super::cipher::SealError;
use super::text::{AccessText, AlertText, AnswerText, ConcernText, ReportText};
use super::vault::RecordKey;
use crate::error::Error;
use serde::de::DeserializeOwned;

/// Why words cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// Their key was destroyed, with that of the child whom they concerned.
    Destroyed,
    /// Their key hangs from one that is not there.
    Missing,
    /// They, or their key, were changed or moved.
    Changed,
}

impl Lost {
    const ALL: [Self; 3] = [Self::Destroyed, Self::Missing, Self::Changed];

    /// What a reader sees in the place of the words.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Destroyed => {
                "These words cannot be opened: they were destroyed with the key of the child whom they concerned."
            }
            Self::Missing => {
                "These words cannot be opened: their key is missing. Ask IT to run “lapwing-relay doctor”, which says what \
                 to do."
            }
            Self::Changed => {
                "These words cannot be opened: they, or their key, are not as they were stored. Ask IT to run \
                 “lapwing-relay verify”."
            }
        }
    }

    /// What a reader sees in the place of a name or an account.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Destroyed => "(cannot be opened: its key was destroyed)",
            Self::Missing => "(cannot be opened: its key is missing)",
            Self::Changed => "(cannot be opened: it is not as it was stored)",
        }
    }

    /// Whether `text` is no words of anybody, but stands in their place.
    pub(crate) fn says(text: &str) -> bool {
        Self::ALL.iter().any(|lost| lost.words() == text || lost.name() == text)
    }
}

impl From<SealError> for Lost {
    fn from(error: SealError) -> Self {
        match error {
            SealError::NoKey => Self::Missing,
            SealError::Refused | SealError::Form | SealError::Content | SealError::NoRandomness(_) => {
                Self::Changed
            }
        }
    }
}

/// A text that can say of itself why it is not there. Each of its fields says so: a field that is empty says that nobody wrote
/// anything there, and that is not known.
pub(crate) trait Unopened {
    /// What stands in its place.
    fn unopened(why: Lost) -> Self;
}

/// What opens a record's words, or why nothing does.
#[derive(Debug, Clone)]
pub(crate) enum Opener {
    /// Its key.
    Key(RecordKey),
    /// There is none that anybody can use.
    Lost(Lost),
}

impl Opener {
    /// What became of opening the key of `what`.
    pub(crate) fn of((kind, id): (&str, &str), opened: Result<RecordKey, SealError>) -> Self {
        match opened {
            Ok(key) => Self::Key(key),
            Err(error) => {
                tracing::error!(kind, id, %error, "the key of a record cannot be opened");
                Self::Lost(error.into())
            }
        }
    }

    /// The words of the row `id` of `table`, or what stands in their place.
    pub(crate) fn words(&self, place: (&str, &str), sealed: &[u8]) -> String {
        self.opened(place, |key| key.open_words(place, sealed)).unwrap_or_else(|lost| lost.words().to_owned())
    }

    /// The same for a name or an account.
    pub(crate) fn name(&self, place: (&str, &str), sealed: &[u8]) -> String {
        self.opened(place, |key| key.open_words(place, sealed)).unwrap_or_else(|lost| lost.name().to_owned())
    }

    /// The same for several fields.
    pub(crate) fn text<T: DeserializeOwned + Unopened>(&self, place: (&str, &str), sealed: &[u8]) -> T {
        self.opened(place, |key| key.open(place, sealed)).unwrap_or_else(T::unopened)
    }

    /// Whether the words of the row `id` of `table` are `text`.
    pub(crate) fn says(&self, place: (&str, &str), sealed: &[u8], text: &str) -> bool {
        self.opened(place, |key| key.open_words(place, sealed)).is_ok_and(|words| words == text)
    }

    /// The key, for whoever wants to seal more with it; `refused` says what cannot be done without.
    ///
    /// # Errors
    /// [`Error::Gone`] where there is none.
    pub(crate) fn needed(self, refused: &str) -> Result<RecordKey, Error> {
        match self {
            Self::Key(key) => Ok(key),
            Self::Lost(lost) => Err(Error::Gone(format!("{refused} {}", lost.words()))),
        }
    }

    fn opened<T>(
        &self,
        (table, id): (&str, &str),
        open: impl FnOnce(&RecordKey) -> Result<T, SealError>,
    ) -> Result<T, Lost> {
        match self {
            Self::Key(key) => open(key).map_err(|error| {
                tracing::error!(table, id, %error, "a sealed row cannot be opened");
                error.into()
            }),
            Self::Lost(lost) => Err(*lost),
        }
    }
}

impl Unopened for AlertText {
    fn unopened(why: Lost) -> Self {
        Self { excerpt: Some(why.words().to_owned()), url: why.name().to_owned(), ..Self::default() }
    }
}

impl Unopened for ReportText {
    fn unopened(why: Lost) -> Self {
        let there = || why.name().to_owned();
        Self { name: there(), story: why.words().to_owned(), wish: there() }
    }
}

impl Unopened for ConcernText {
    fn unopened(why: Lost) -> Self {
        let there = || why.name().to_owned();
        let seen_heard = why.words().to_owned();
        Self { place: there(), seen_heard, childs_words: there(), view: there(), done_so_far: there() }
    }
}

impl Unopened for AccessText {
    fn unopened(why: Lost) -> Self {
        let there = || why.name().to_owned();
        Self { host: there(), reason: why.words().to_owned(), account: there(), categories: Vec::new() }
    }
}

impl Unopened for AnswerText {
    fn unopened(why: Lost) -> Self {
        Self { words: why.words().to_owned(), why: why.name().to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;
    use crate::seal::Vault;

    #[test]
    fn one_row_that_does_not_open_says_why_and_the_others_open() {
        let random = SystemRandom::default();
        let key = Vault::for_tests("oak").new_record(&random).unwrap();
        let (here, there) = (("entry", "1"), ("entry", "2"));
        let sealed = key.seal_words(&random, here, "A bruise.").unwrap();
        let opener = Opener::of(("concern", "c"), Ok(key));
        assert_eq!(opener.words(here, &sealed), "A bruise.");
        assert!(opener.says(here, &sealed, "A bruise.") && !opener.says(there, &sealed, "A bruise."));
        assert_eq!(opener.words(there, &sealed), Lost::Changed.words());
        assert_eq!(opener.text::<ConcernText>(here, &sealed).seen_heard, Lost::Changed.words());
        let missing = Opener::of(("concern", "c"), Err(SealError::NoKey));
        assert_eq!(missing.name(here, &sealed), Lost::Missing.name());
        let refused = missing.needed("Nothing was added.").unwrap_err();
        assert!(matches!(refused, Error::Gone(text) if text.starts_with("Nothing was added. These words")));
        assert!(Lost::says(Lost::Missing.words()) && !Lost::says("A bruise."));
    }
}
