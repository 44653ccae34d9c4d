use crate::lists::Lists;
use crate::policy::Audience;
use crate::taxonomy::{Severity, Surface};
use crate::text::Matcher;

const CONTEXT: &str = include_str!("../../lists/context.toml");

fn rules(category: &str, phrase: &str, severity: &str, stage: &str) -> String {
    format!(
        "category = '{category}'\nsource = 's'\nreviewed = '2026-11-22'\n[[rule]]\nid = 'r'\nany = ['{phrase}']\n\
         severity = '{severity}'\nwhy = 'w'\n{stage}"
    )
}

fn read(rules: &str, text: &str) -> (Severity, Vec<String>) {
    let lists = Lists::from_sources(&[("phrases/a.toml", rules), ("context.toml", CONTEXT)]).unwrap();
    let findings =
        Matcher::new(lists.into_compiled(), Audience::Year(9)).read(text, Surface::Document).findings;
    (findings[0].severity, findings[0].context.clone())
}

#[test]
fn schoolwork_fiction_games_and_news_lower_by_one_step_and_say_so() {
    let rules = rules("violence_weapons", "stab him", "high", "");
    for (text, about) in [
        ("For my english essay he will stab him", "schoolwork"),
        ("in act 3 macbeth has to stab him", "a book"),
        ("in this game you stab him, headshot", "a game"),
        ("on the news they stab him", "means"),
    ] {
        let (severity, notes) = read(&rules, text);
        assert_eq!(severity, Severity::Medium, "{text}");
        assert!(notes[0].starts_with("Lowered: ") && notes[0].contains(about), "{text}: {notes:?}");
    }
    assert_eq!(read(&rules, "I will stab him"), (Severity::High, Vec::new()));
}

#[test]
fn the_sentence_before_is_another_matter() {
    let rules = rules("violence_weapons", "stab him", "high", "");
    assert_eq!(read(&rules, "I did my homework. Then I stab him").0, Severity::High);
}

#[test]
fn what_cannot_wait_is_not_lowered() {
    let text = "write this essay and stab him";
    assert_eq!(read(&rules("violence_weapons", "stab him", "critical", ""), text).0, Severity::Critical);
    assert_eq!(read(&rules("violence_weapons", "stab him", "low", ""), text).0, Severity::Low);
    let active = rules("suicide", "stab him", "high", "stage = 'active'");
    let (severity, notes) = read(&active, text);
    assert_eq!(severity, Severity::High);
    assert!(!notes[0].starts_with("Lowered"), "{notes:?}");
}

#[test]
fn a_negation_directly_before_lowers_but_not_for_risk_to_oneself() {
    let violence = rules("violence_weapons", "stab him", "high", "");
    assert_eq!(read(&violence, "i dont want to stab him").0, Severity::Medium);
    assert_eq!(read(&violence, "i dont like him so i stab him").0, Severity::High);
    let suicide = rules("suicide", "kill* myself", "high", "stage = 'ideation'");
    let (severity, notes) = read(&suicide, "i'm not going to kill myself");
    assert_eq!(severity, Severity::High);
    assert!(notes[0].contains("negated"), "{notes:?}");
}

#[test]
fn a_friend_is_noted_and_nothing_is_lowered() {
    let rules = rules("suicide", "kill* (himself|herself)", "high", "stage = 'ideation'");
    let (severity, notes) = read(&rules, "my friend wants to kill himself");
    assert_eq!(severity, Severity::High);
    assert!(notes[0].contains("somebody else"), "{notes:?}");
}
