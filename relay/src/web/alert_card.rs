//! One alert in words for a page, with everything that explains it. What an alert says comes from a device and is hostile
//! text: shown, never followed. The page around it, and what a DSL decides, are in `alerts`.

use super::when::When;
use super::words::{Grade, Piece, line, pieces, theme};
use crate::db::alerts::StoredAlert;
use crate::seal::Lost;
use lapwing_core::wire::{Reason, SourceKind};
use lapwing_core::{Action, Category};

/// How far apart the device's clock and the relay's may be before the page says so, in milliseconds: ten minutes.
const APART: u64 = 10 * 60 * 1_000;

/// A rule that matched.
pub(super) struct Why {
    pub(super) rule: String,
    pub(super) category: String,
    pub(super) grade: Grade,
    pub(super) why: String,
    pub(super) context: Vec<String>,
}

/// Where and when an alert was raised.
pub(super) struct Sighting {
    pub(super) id: String,
    pub(super) source: String,
    /// Empty when the address is never shown.
    pub(super) url: String,
    pub(super) on_device: When,
    pub(super) at_relay: When,
    /// Whether the device's clock and the relay's are far apart.
    pub(super) late: bool,
}

/// One alert, and those before it that say the very same: thirteen copies of a sentence hide the fourteenth, which is
/// another one. Nothing is left out: each copy keeps its time and place.
pub(super) struct Card {
    pub(super) grade: Grade,
    pub(super) theme: String,
    pub(super) unlawful: bool,
    pub(super) pieces: Vec<Piece>,
    pub(super) action: &'static str,
    pub(super) rules: Vec<Why>,
    pub(super) policy_version: String,
    pub(super) lists_version: String,
    /// The newest.
    pub(super) latest: Sighting,
    /// The others, newest first.
    pub(super) earlier: Vec<Sighting>,
}

/// The alerts, newest first, as cards.
pub(super) fn cards(alerts: &[StoredAlert], now: i64) -> Vec<Card> {
    let mut cards: Vec<(&StoredAlert, Card)> = Vec::new();
    for alert in alerts {
        match cards.last_mut() {
            Some((newest, card)) if says_the_same(newest, alert) => card.earlier.push(sighting(alert, now)),
            _ => cards.push((alert, card(alert, now))),
        }
    }
    cards.into_iter().map(|(_, card)| card).collect()
}

/// Whether two alerts differ only in when and where they were raised.
fn says_the_same(one: &StoredAlert, other: &StoredAlert) -> bool {
    one.source == other.source
        && one.excerpt.as_deref().is_some_and(|words| !Lost::says(words))
        && one.excerpt == other.excerpt
        && one.marks == other.marks
        && one.reasons == other.reasons
        && (one.category, one.severity, one.stage, one.action)
            == (other.category, other.severity, other.stage, other.action)
        && one.policy_version == other.policy_version
        && one.lists_version == other.lists_version
}

fn card(alert: &StoredAlert, now: i64) -> Card {
    Card {
        grade: alert.severity.into(),
        theme: theme(alert.category, alert.stage),
        unlawful: alert.category == Category::Illegal,
        pieces: alert.excerpt.as_deref().map(|text| pieces(text, &alert.marks)).unwrap_or_default(),
        action: match alert.action {
            Action::Allow => "Nothing was stopped",
            Action::Note => "Noted only; the pupil saw nothing",
            Action::Warn => "The pupil was asked to think first",
            Action::Block => "The page was not opened",
            Action::Support => "The pupil was shown where to find help",
        },
        rules: alert.reasons.iter().map(why).collect(),
        policy_version: line(&alert.policy_version),
        lists_version: line(&alert.lists_version),
        latest: sighting(alert, now),
        earlier: Vec::new(),
    }
}

fn sighting(alert: &StoredAlert, now: i64) -> Sighting {
    let place = alert.surface.map_or("", |surface| surface.label());
    Sighting {
        id: alert.id.clone(),
        source: match (alert.source, place) {
            (SourceKind::Visit, _) => "A page that was opened".to_owned(),
            (SourceKind::Search, _) => "Words of a search".to_owned(),
            (SourceKind::Typed, "") => "Words that were typed".to_owned(),
            (SourceKind::Typed, place) => format!("Words typed in {place}"),
        },
        url: line(&alert.url),
        on_device: When::new(alert.occurred_at, now),
        at_relay: When::new(alert.received_at, now),
        late: alert.occurred_at.abs_diff(alert.received_at) > APART,
    }
}

fn why(reason: &Reason) -> Why {
    Why {
        rule: line(&reason.rule),
        category: theme(reason.category, reason.stage),
        grade: reason.severity.into(),
        why: line(&reason.why),
        context: reason.context.iter().map(|text| line(text)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lapwing_core::{Severity, Stage, Surface};

    fn alert(id: &str, text: &str, url: &str) -> StoredAlert {
        StoredAlert {
            id: id.into(),
            occurred_at: 0,
            received_at: 0,
            source: SourceKind::Typed,
            surface: Some(Surface::Chat),
            category: Category::Suicide,
            severity: Severity::High,
            stage: Some(Stage::Ideation),
            action: Action::Note,
            url: url.into(),
            excerpt: Some(text.into()),
            marks: vec![(0, 3)],
            reasons: Vec::new(),
            policy_version: "p".into(),
            lists_version: "l".into(),
        }
    }

    #[test]
    fn the_same_words_are_one_card_with_every_time_and_place() {
        let alerts = [
            alert("3", "one thing", "https://a.example/"),
            alert("2", "one thing", "https://b.example/"),
            alert("1", "another", "https://a.example/"),
        ];
        let cards = cards(&alerts, 0);
        assert_eq!(cards.len(), 2);
        assert_eq!((cards[0].latest.id.as_str(), cards[0].earlier.len()), ("3", 1));
        assert_eq!(
            (cards[0].earlier[0].id.as_str(), cards[0].earlier[0].url.as_str()),
            ("2", "https://b.example/")
        );
        assert!(cards[1].earlier.is_empty());
    }

    #[test]
    fn words_that_nobody_can_open_are_not_the_same_words() {
        let lost = Lost::Missing.words();
        assert_eq!(cards(&[alert("2", lost, ""), alert("1", lost, "")], 0).len(), 2);
    }

    #[test]
    fn a_graver_alert_with_the_same_words_is_a_card_of_its_own() {
        let graver = StoredAlert { severity: Severity::Critical, ..alert("2", "one thing", "") };
        assert_eq!(cards(&[graver, alert("1", "one thing", "")], 0).len(), 2);
    }
}
