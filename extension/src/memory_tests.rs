use super::*;

const FIELD: Place<'static> = Place::Field("7/0/a/1");

fn sees(sentence: &'static str) -> Sighting<'static> {
    Sighting { rule: "suicide.want-to-die", severity: Severity::High, stage: Some(Stage::Ideation), sentence }
}

fn admits(memory: &mut Memory, place: Place<'_>, sightings: &[Sighting<'_>], now: i64) -> bool {
    memory.admit(place, sightings, now).contains(&true)
}

fn active(sentence: &'static str) -> Sighting<'static> {
    Sighting { rule: "suicide.goodbye", severity: Severity::Critical, stage: Some(Stage::Active), sentence }
}

#[test]
fn typing_on_makes_one_alert() {
    let mut memory = Memory::default();
    assert!(admits(&mut memory, FIELD, &[sees("a sentence")], 0));
    assert!(!admits(&mut memory, FIELD, &[sees("a sentence that goes on")], 3_000));
    assert!(!admits(&mut memory, FIELD, &[sees("a sentence that goes on and on")], 90_000));
}

#[test]
fn the_same_sentence_stays_one_alert_while_it_is_in_sight() {
    let mut memory = Memory::default();
    assert!(admits(&mut memory, FIELD, &[sees("a sentence")], 0));
    for minute in 1..30 {
        assert!(!admits(&mut memory, FIELD, &[sees("A  sentence.")], minute * 60_000));
    }
    assert!(admits(&mut memory, FIELD, &[sees("a sentence")], 29 * 60_000 + WINDOW));
}

#[test]
fn another_sentence_alerts_again_after_two_minutes() {
    let mut memory = Memory::default();
    assert!(admits(&mut memory, FIELD, &[sees("a sentence")], 0));
    assert!(!admits(&mut memory, FIELD, &[sees("another")], WINDOW - 1));
    assert!(admits(&mut memory, FIELD, &[sees("a third")], WINDOW));
}

#[test]
fn each_field_alerts_for_itself() {
    let mut memory = Memory::default();
    for field in ["7/0/a/1", "7/0/a/2", "7/3/b/1"] {
        assert!(admits(&mut memory, Place::Field(field), &[sees("a sentence")], 0), "{field}");
    }
}

#[test]
fn a_search_that_was_typed_and_then_opened_is_one() {
    let mut memory = Memory::default();
    assert!(admits(&mut memory, Place::SearchBox(7), &[sees("some words")], 0));
    assert!(!admits(&mut memory, Place::Searched(7), &[sees("some words completed")], 1_000));
    assert!(!admits(&mut memory, Place::Searched(8), &[sees("Some words")], 2_000));
}

#[test]
fn another_search_is_another_alert() {
    let mut memory = Memory::default();
    assert!(admits(&mut memory, Place::Searched(7), &[sees("some words")], 0));
    assert!(!admits(&mut memory, Place::Searched(7), &[sees("some words")], 1_000));
    assert!(admits(&mut memory, Place::Searched(7), &[sees("quite other words")], 2_000));
    assert!(admits(&mut memory, Place::SearchBox(7), &[sees("and others again")], 3_000));
}

#[test]
fn a_new_rule_makes_another_alert() {
    let mut memory = Memory::default();
    assert!(admits(&mut memory, FIELD, &[sees("a sentence")], 0));
    let other = Sighting { rule: "self_harm.cutting", ..sees("a sentence") };
    assert!(admits(&mut memory, FIELD, &[sees("a sentence"), other], 1_000));
}

#[test]
fn a_graver_finding_makes_another_alert() {
    let mut memory = Memory::default();
    let mild = Sighting { severity: Severity::Medium, ..sees("for my essay") };
    assert!(admits(&mut memory, FIELD, &[mild], 0));
    assert!(admits(&mut memory, FIELD, &[sees("not for my essay")], 1_000));
    assert!(!admits(&mut memory, FIELD, &[mild], 2_000));
    let staged = Sighting { stage: Some(Stage::Active), ..sees("not for my essay") };
    assert!(admits(&mut memory, FIELD, &[staged], 3_000));
}

#[test]
fn immediate_danger_is_muted_only_for_the_identical_sentence() {
    let mut memory = Memory::default();
    assert!(admits(&mut memory, FIELD, &[active("goodbye")], 0));
    assert!(!admits(&mut memory, FIELD, &[active("Goodbye.")], 1_000));
    assert!(admits(&mut memory, FIELD, &[active("goodbye everyone")], 2_000));
    assert!(admits(&mut memory, Place::Field("elsewhere"), &[active("goodbye")], 3_000));
}

#[test]
fn a_reloaded_page_is_one_visit() {
    let mut memory = Memory::default();
    let site = Sighting { rule: "site:bets.example", severity: Severity::Medium, stage: None, sentence: "" };
    assert!(admits(&mut memory, Place::Visit, &[site], 0));
    assert!(!admits(&mut memory, Place::Visit, &[site], 5_000));
}

#[test]
fn a_clock_set_back_does_not_mute() {
    let mut memory = Memory::default();
    assert!(admits(&mut memory, FIELD, &[sees("a sentence")], 1_924_992_000_000));
    assert!(admits(&mut memory, FIELD, &[sees("a sentence")], 1_763_800_000_000));
}

#[test]
fn it_survives_the_worker_and_holds_no_words() {
    let mut memory = Memory::default();
    admits(&mut memory, FIELD, &[sees("a sentence")], 0);
    let json = serde_json::to_string(&memory).unwrap();
    assert!(!json.contains("sentence\":\"") && !json.contains("a sentence"), "{json}");
    let mut back: Memory = serde_json::from_str(&json).unwrap();
    assert!(!admits(&mut back, FIELD, &[sees("a sentence")], 1_000));
}

#[test]
fn it_does_not_grow_without_end() {
    let mut memory = Memory::default();
    for n in 0..2_000 {
        admits(&mut memory, Place::Field(&n.to_string()), &[sees("a sentence")], n);
    }
    assert_eq!(memory.seen.len(), CAPACITY);
}
