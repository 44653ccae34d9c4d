use crate::lists::Lists;
use crate::policy::Audience;
use crate::taxonomy::{Category, Severity, Surface};
use crate::text::Matcher;

use std::collections::BTreeSet;

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
    let (severity, notes) = read(&rules, "he said he wants to kill himself");
    assert_eq!(severity, Severity::High);
    assert!(notes[0].contains("somebody else"), "{notes:?}");
}

#[test]
fn what_is_quoted_and_spoken_against_is_quiet() {
    let rules = rules("hate", "they are all vermin", "high", "");
    for (text, severity) in [
        ("They are all vermin", Severity::High),
        ("Saying “they are all vermin” is racist", Severity::Low),
        ("You should never say \"they are all vermin\" about anyone", Severity::Low),
        ("he shouted \"they are all vermin\" at us", Severity::Medium),
        ("they are all vermin and that is so racist", Severity::Medium),
        ("\"they are all vermin\" is not racist", Severity::High),
        ("im not racist but they are all vermin which is wrong", Severity::High),
        ("\"Hello\" he said, they are all vermin", Severity::High),
    ] {
        assert_eq!(read(&rules, text).0, severity, "{text}: {:?}", read(&rules, text).1);
    }
}

#[test]
fn games_and_computing_are_quiet_for_violence_only() {
    let violence = rules("violence_weapons", "kill (you|the process)", "high", "");
    assert_eq!(read(&violence, "i will kill you in fortnite").0, Severity::Low);
    assert_eq!(read(&violence, "i will kill you in fortnite and in real life").0, Severity::Medium);
    assert_eq!(read(&violence, "how do i kill the process on linux").0, Severity::High);
    assert_eq!(read(&violence, "kill the process, it is a zombie process").0, Severity::Low);
    let suicide = rules("suicide", "kill* myself", "high", "stage = 'ideation'");
    assert_eq!(read(&suicide, "i want to kill myself, i lost in fortnite lol").0, Severity::Medium);
}

#[test]
fn recovery_lowers_what_is_over_but_never_risk_to_oneself() {
    let drugs = rules("drugs_alcohol", "smoke* weed", "medium", "");
    assert_eq!(read(&drugs, "i used to smoke weed").0, Severity::Low);
    let harm = rules("self_harm", "cut* myself", "high", "");
    let (severity, notes) = read(&harm, "i used to cut myself");
    assert_eq!((severity, notes.len()), (Severity::High, 1));
}

#[test]
fn a_lesson_that_staff_have_announced_lowers_its_topics_but_nothing_critical() {
    let severity = |severity: &str, stage: &str, topic| {
        let lists =
            Lists::from_sources(&[("phrases/a.toml", &rules("suicide", "ophelia drowns", severity, stage))]);
        let mut matcher = Matcher::new(lists.unwrap().into_compiled(), Audience::Year(9));
        matcher.lesson = BTreeSet::from([topic]);
        let finding = matcher.read("ophelia drowns herself", Surface::Chat).findings.remove(0);
        (finding.severity, finding.context.len())
    };
    assert_eq!(severity("high", "", Category::Suicide), (Severity::Medium, 1));
    assert_eq!(severity("medium", "", Category::Suicide), (Severity::Low, 1));
    assert_eq!(severity("critical", "", Category::Suicide), (Severity::Critical, 1));
    assert_eq!(severity("high", "stage = 'active'", Category::Suicide), (Severity::High, 1));
    assert_eq!(severity("high", "", Category::Hate), (Severity::High, 0));
}
