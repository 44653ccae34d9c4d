//! Why a line of a list was left out, and how often: nothing is dropped without being counted and shown.

use std::collections::BTreeMap;
use std::fmt;

/// Why a line was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Skip {
    /// It is not a domain with an optional path.
    NotADomain,
    /// It names a whole top-level domain, or a machine of one's own such as `localhost`.
    TopLevel,
    /// Anybody may register names under it.
    PublicSuffix,
    /// It has a query or a fragment.
    Query,
    /// A star stands where it means more than subdomains.
    Star,
    /// It has more labels than a map holds.
    ManyLabels,
    /// Its path has more segments than a map holds.
    LongPath,
    /// It is not a line of this kind of list.
    NotUnderstood,
    /// Its category has no counterpart.
    NoCategory,
    /// It is not text.
    NotText,
    /// It is not the hash of an address.
    NotAHash,
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotADomain => "not a domain with an optional path",
            Self::TopLevel => "a whole top-level domain, or a name without a dot",
            Self::PublicSuffix => {
                "a public suffix, under which anybody may have a site; say --suffix NAME if you mean it"
            }
            Self::Query => "a query or fragment, by which sites are not told apart",
            Self::Star => "a star that means more than subdomains",
            Self::ManyLabels => "too many labels",
            Self::LongPath => "too long a path",
            Self::NotUnderstood => "not a rule for a whole domain",
            Self::NoCategory => "a category that has no counterpart among Lapwing’s",
            Self::NotText => "not UTF-8 text",
            Self::NotAHash => "not sha256: and 64 hexadecimal digits",
        })
    }
}

/// The first few that were left out for a reason, each with where it stands.
const EXAMPLES: usize = 3;
/// Characters of an example.
const SHOWN: usize = 60;

/// What was left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Skipped {
    reasons: BTreeMap<Skip, (u64, Vec<String>)>,
}

impl Skipped {
    /// Counts a line; `place` says in which file and line it stands.
    pub fn note(&mut self, skip: Skip, place: impl FnOnce() -> String, line: &str) {
        let (count, examples) = self.reasons.entry(skip).or_default();
        *count += 1;
        if examples.len() < EXAMPLES {
            let line: String = line.trim().chars().filter(|c| !c.is_control()).take(SHOWN).collect();
            examples.push(format!("{}: {line}", place()));
        }
    }

    /// Counts many lines at once.
    pub fn note_many(&mut self, skip: Skip, count: u64, example: String) {
        let (sum, examples) = self.reasons.entry(skip).or_default();
        *sum += count;
        examples.push(example);
    }

    /// Takes over what was left out elsewhere.
    pub(crate) fn join(&mut self, other: Self) {
        for (skip, (count, mut examples)) in other.reasons {
            let (sum, known) = self.reasons.entry(skip).or_default();
            *sum += count;
            known.append(&mut examples);
        }
    }

    /// Each reason with how often, and the first examples.
    pub fn iter(&self) -> impl Iterator<Item = (Skip, u64, &[String])> {
        self.reasons.iter().map(|(skip, (count, examples))| (*skip, *count, examples.as_slice()))
    }

    /// How many lines in all.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.reasons.values().map(|(count, _)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_examples_are_kept_and_all_are_counted() {
        let mut skipped = Skipped::default();
        for number in 1..=5 {
            skipped.note(Skip::Star, || format!("a.txt:{number}"), "exa\u{1b}[31mmple.*\n");
        }
        let (skip, count, examples) = skipped.iter().next().unwrap();
        assert_eq!((skip, count), (Skip::Star, 5));
        assert_eq!(examples, ["a.txt:1: exa[31mmple.*", "a.txt:2: exa[31mmple.*", "a.txt:3: exa[31mmple.*"]);
        assert_eq!(skipped.total(), 5);
    }
}
