use super::*;
use crate::engine::Engine;
use crate::lists::Lists;
use crate::policy::{Audience, Policy};

const PATTERNS: &str = include_str!("../../lists/patterns.toml");
const WORDS: &str = "[words]\nim = ['im', 'i am']\nyou = ['you', 'u']\nyour = ['your', 'ur']\n\
    youre = ['youre', 'you are', 'ur']\ndont = ['dont', 'do not']";
const RULES: &str = "category = 'distress'\nsource = 's'\nreviewed = '2026-11-22'\n[[rule]]\nid = 'low'\n\
    any = ['so tired of it', 'nothing matters', 'whats the point', 'i feel empty']\nseverity = 'low'\nwhy = 'w'\n\
    [[rule]]\nid = 'grave'\nany = ['cant go on']\nseverity = 'critical'\nwhy = 'w'";

const MINUTE: i64 = 60_000;

fn engine() -> Engine {
    let files = [("phrases/distress.toml", RULES), ("patterns.toml", PATTERNS), ("words.toml", WORDS)];
    Engine::new(Lists::from_sources(&files).unwrap(), Policy::school_default(Audience::Year(9))).unwrap()
}

/// The names and severities of what is found in line after line, each with its minute.
fn talk(lines: &[(i64, &str)], surface: Surface) -> Vec<Vec<(String, Severity)>> {
    let (engine, mut memory) = (engine(), Memory::default());
    let mut said = |(minute, text): &(i64, &str)| {
        // What the caller keeps between two lines is text.
        memory = serde_json::from_str(&serde_json::to_string(&memory).unwrap()).unwrap();
        let typed = Typed { text, surface, url: "https://chat.example/" };
        let found = engine.check_conversation(&typed, &mut memory, minute * MINUTE);
        found.into_iter().map(|finding| (finding.rule, finding.severity)).collect()
    };
    lines.iter().map(&mut said).collect()
}

fn counts(lines: &[(i64, &str)]) -> Vec<usize> {
    talk(lines, Surface::Chat).iter().map(Vec::len).collect()
}

#[test]
fn steps_of_grooming_over_several_lines_are_one_finding() {
    let lines = [
        (0, "how old are you"),
        (3, "im 13"),
        (5, "ur so pretty"),
        (9, "dont tell anyone about us"),
        (11, "lol ok"),
    ];
    assert_eq!(counts(&lines), [0, 0, 0, 1, 0]);
    let found = talk(&lines, Surface::Chat).remove(3);
    assert_eq!(found, [("grooming.several-steps".to_owned(), Severity::High)]);
}

#[test]
fn a_further_step_is_told_and_the_same_again_is_not() {
    let lines = [
        (0, "how old are you"),
        (1, "send me a selfie"),
        (2, "dont tell your mum"),
        (3, "send me another pic"),
        (4, "where do you live"),
    ];
    assert_eq!(counts(&lines), [0, 0, 1, 0, 1]);
}

#[test]
fn two_steps_one_line_or_more_than_an_hour_are_no_pattern() {
    assert_eq!(counts(&[(0, "how old are you"), (1, "whats your snap"), (2, "im 14 lol")]), [0, 0, 0]);
    assert_eq!(counts(&[(0, "how old are you, whats your snap, where do you live")]), [0]);
    assert_eq!(
        counts(&[(0, "how old are you"), (70, "whats your snap"), (71, "where do you live")]),
        [0, 0, 0]
    );
}

#[test]
fn the_reason_names_the_steps_and_the_excerpt_is_of_this_line() {
    let (engine, mut memory) = (engine(), Memory::default());
    let mut last = Vec::new();
    for text in ["how old are you", "whats your snap", "ok. where do you live? lol"] {
        last = engine.check_conversation(&Typed { text, surface: Surface::Chat, url: "" }, &mut memory, 5);
    }
    let finding = last.remove(0);
    assert_eq!(finding.excerpt.text, "where do you live?");
    assert_eq!(finding.span, 4..21);
    assert_eq!(
        finding.context,
        ["Over several lines within an hour: somebody's age, moving to another app, meeting."]
    );
    let kept = serde_json::to_string(&memory).unwrap();
    assert!(!kept.contains("snap") && !kept.contains("live"), "{kept}");
    assert!(!memory.is_over(6) && memory.is_over(HOUR + 6));
}

#[test]
fn repetition_within_an_hour_raises_by_one_step_and_only_then() {
    let severities = |lines: &[(i64, &str)], surface| -> Vec<Severity> {
        talk(lines, surface).concat().into_iter().map(|(_, severity)| severity).collect()
    };
    let lines = [(0, "so tired of it"), (10, "nothing matters"), (20, "whats the point")];
    assert_eq!(severities(&lines, Surface::Chat), [Severity::Low, Severity::Low, Severity::Medium]);
    assert_eq!(severities(&lines, Surface::Document), [Severity::Low; 3]);
    // The same line, still standing in the field, is not another time, and stays as grave as it was.
    let again =
        [(0, "so tired of it"), (10, "nothing matters"), (20, "whats the point"), (30, "whats the point")];
    assert_eq!(severities(&again, Surface::Chat)[3], Severity::Medium);
    let same = [(0, "so tired of it"), (10, "so tired of it"), (20, "so tired of it")];
    assert_eq!(severities(&same, Surface::Chat), [Severity::Low; 3]);
    // Typed in one go.
    let quick = [
        (0, "so tired of it"),
        (0, "so tired of it, nothing matters"),
        (1, "nothing matters. whats the point"),
    ];
    assert!(severities(&quick, Surface::Chat).iter().all(|severity| *severity == Severity::Low));
    let slow = [(0, "so tired of it"), (50, "nothing matters"), (70, "whats the point")];
    assert_eq!(severities(&slow, Surface::Chat), [Severity::Low; 3]);
    let grave = [(0, "cant go on"), (10, "cant go on!!"), (20, "i really cant go on")];
    assert_eq!(severities(&grave, Surface::Chat), [Severity::Critical; 3]);
}
