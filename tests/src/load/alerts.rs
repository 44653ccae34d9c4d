//! Alerts of ordinary size and variety, the same for the same seed. The words are ours; no child wrote them.

use lapwing_core::wire::{Alert, Excerpt, Reason, SourceKind};
use lapwing_core::{Action, Category, Severity, Surface};
use uuid::Builder;

use super::machine;

/// What is written, the part that matched (in characters), and what a rule would say of it.
type Sample = (&'static str, (u32, u32), Category, Severity, &'static str);

const SAMPLES: [Sample; 6] = [
    (
        "honestly nobody likes you, go and sit somewhere else at lunch from now on",
        (9, 25),
        Category::Bullying,
        Severity::Medium,
        "Tells somebody that nobody likes them.",
    ),
    (
        "we are going to wait for him after school by the gates and beat him up",
        (57, 70),
        Category::ViolenceWeapons,
        Severity::High,
        "Speaks of a plan to hurt somebody.",
    ),
    (
        "i cant do this any more everything feels pointless and i just want it to stop",
        (24, 50),
        Category::Distress,
        Severity::Medium,
        "Says that everything is pointless.",
    ),
    (
        "free vpn that works at school no download needed watch anything you like",
        (0, 8),
        Category::Bypass,
        Severity::Low,
        "Looks for a way around the school’s filter.",
    ),
    (
        "i skipped breakfast and lunch again and i am going to skip dinner too",
        (2, 35),
        Category::EatingDisorder,
        Severity::Medium,
        "Speaks of skipping meals on purpose.",
    ),
    (
        "put it all on red double it or lose it all come on one more spin",
        (0, 17),
        Category::Gambling,
        Severity::Low,
        "Speaks of placing bets.",
    ),
];

/// Makes alerts.
pub struct Alerts {
    random: fastrand::Rng,
    now: i64,
}

impl Alerts {
    /// The same for the same `seed`, but for the time, which is the machine's.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { random: fastrand::Rng::with_seed(seed), now: seconds() }
    }

    /// One alert of a pupil, with a new id.
    pub fn one(&mut self, account: &str) -> Alert {
        let index = self.random.usize(..SAMPLES.len());
        // The array has that many.
        self.alert(account, SAMPLES.get(index).copied().unwrap_or(SAMPLES[0]))
    }

    /// One that nobody may wait for.
    pub fn critical(&mut self, account: &str) -> Alert {
        let text = "i have written the letters and i am going to do it tonight when they are asleep";
        let why = "Says when they mean to end their life.";
        self.alert(account, (text, (40, 58), Category::Suicide, Severity::Critical, why))
    }

    /// Several of one pupil.
    pub fn many(&mut self, account: &str, count: usize) -> Vec<Alert> {
        (0..count).map(|_| self.one(account)).collect()
    }

    fn alert(&mut self, account: &str, sample: Sample) -> Alert {
        let (text, mark, category, severity, why) = sample;
        let id = Builder::from_random_bytes(self.random.u128(..).to_be_bytes()).into_uuid();
        let rule = format!("{}.sample-{}", category.as_str(), text.len());
        let page = self.random.u16(..);
        Alert {
            id: id.to_string(),
            occurred_at: self.now * 1000 + i64::from(self.random.u16(..1000)),
            source: SourceKind::Typed,
            surface: Some(Surface::Chat),
            category,
            severity,
            stage: None,
            action: Action::Note,
            url: format!("https://chat.example/rooms/{page}/messages"),
            excerpt: Some(Excerpt { text: text.to_owned(), marks: vec![mark] }),
            reasons: vec![Reason {
                category,
                severity,
                stage: None,
                rule,
                why: why.to_owned(),
                context: vec!["Written on a chat page.".to_owned()],
            }],
            account: Some(account.to_owned()),
            policy_version: "2026-11-01".to_owned(),
            lists_version: "2026-11-20".to_owned(),
        }
    }
}

/// Seconds since 1970.
#[must_use]
pub fn seconds() -> i64 {
    i64::try_from(machine::now() / 1_000_000).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_lie_within_the_text() {
        for (text, (from, to), ..) in SAMPLES {
            assert!(from < to && to as usize <= text.chars().count(), "{text}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_ids_and_never_one_twice() {
        let ids = |seed| {
            let made = Alerts::new(seed).many("a@school.example", 1_000);
            made.into_iter().map(|alert| alert.id).collect::<std::collections::BTreeSet<_>>()
        };
        assert_eq!(ids(7).len(), 1_000);
        assert_eq!(ids(7), ids(7));
        assert!(ids(7).is_disjoint(&ids(8)));
    }
}
