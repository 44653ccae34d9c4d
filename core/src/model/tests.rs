//! The model as a whole, with a small one of its own and with the one that ships.

use super::source::compile;
use super::{Model, SHIPPED, Signs};
use crate::answer::{Finding, Typed};
use crate::engine::Engine;
use crate::lists::{Known, Lists, ListsError};
use crate::policy::{Audience, Policy};
use crate::taxonomy::{Category, Severity, Surface};
use crate::text::fold::Folded;

const HEAD: &str = r#"
category = "eating_disorder"
severity = "medium"
surfaces = ["chat"]
points = 6
signs = 3
own = 1
source = "test"
reviewed = "2026-11-22"
why = "Several signs."
[[sign]]
says = "bingeing"
points = 3
words = ["binge", "ate it all"]
[[sign]]
says = "shame"
points = 2
words = ["disgusting", "ashamed", "hate my body"]
[[sign]]
says = "food"
points = 1
words = ["ate", "dinner"]
"#;

const AGAINST: &str = r#"
source = "test"
reviewed = "2026-11-22"
own = ["i", "my"]
[[sign]]
says = "schoolwork"
points = -2
words = ["essay", "homework"]
"#;

fn model() -> Model {
    let weights = compile(&[("eating.toml", HEAD), ("against.toml", AGAINST)]).unwrap();
    Model::from_bytes(&weights.to_bytes().unwrap()).unwrap()
}

fn add(model: &Model, text: &str, surface: Surface, findings: &mut Vec<Finding>) {
    let folded = Folded::new(text);
    // Of no word is anything known, so that the model looks for each by itself.
    let known = vec![Known::default(); folded.tokens.len()];
    model.add(text, &folded, &known, surface, &mut Signs::default(), findings);
}

fn read(model: &Model, text: &str, surface: Surface) -> Vec<Finding> {
    let mut findings = Vec::new();
    add(model, text, surface, &mut findings);
    findings
}

fn found(text: &str) -> bool {
    !read(&model(), text, Surface::Chat).is_empty()
}

#[test]
fn signs_add_up_and_are_named() {
    let text = "It was late. I had a binge after dinner and felt disgusting! Then I slept.";
    let findings = read(&model(), text, Surface::Chat);
    let [finding] = findings.as_slice() else { panic!("{findings:?}") };
    assert_eq!(finding.rule, "model.eating");
    assert_eq!(text.get(finding.span.clone()).unwrap(), "binge after dinner and felt disgusting");
    assert_eq!(finding.excerpt.text, "I had a binge after dinner and felt disgusting!");
    assert_eq!(
        finding.context,
        ["Signs together: bingeing, shame, food.", "Words: “binge”, “disgusting”, “dinner”."]
    );
}

#[test]
fn too_few_points_signs_or_words_of_ones_own_are_nothing() {
    assert!(found("i had a binge after dinner and felt disgusting"));
    assert!(!found("i had a binge after lunch and felt disgusting"), "two signs");
    assert!(!found("the binge after dinner was quite disgusting"), "nobody's own voice");
    assert!(!found("i binge dinner disgusting"), "too short to be a passage");
    assert!(read(&model(), "i had a binge after dinner and felt disgusting", Surface::Search).is_empty());
}

#[test]
fn repetition_gives_nothing_and_further_words_half() {
    let demanding = HEAD.replace("points = 6", "points = 8");
    let weights = compile(&[("ed.toml", &demanding), ("against.toml", AGAINST)]).unwrap();
    let model = Model::from_bytes(&weights.to_bytes().unwrap()).unwrap();
    let found = |text: &str| !read(&model, text, Surface::Chat).is_empty();
    assert!(!found("i had a binge after dinner and felt disgusting, disgusting, disgusting, disgusting"));
    assert!(!found("i had a binge after dinner and felt disgusting and ashamed"));
    assert!(found("i had a binge after dinner and felt disgusting and ashamed, i hate my body"));
}

#[test]
fn where_there_are_core_signs_one_is_needed() {
    let plain = "i had a binge after dinner and felt disgusting";
    for (says, is_found) in [("bingeing", true), ("shame", true), ("another", false)] {
        let more = "\n[[sign]]\nsays = \"another\"\npoints = 1\nwords = [\"purge\"]\n";
        let head =
            format!("{HEAD}{more}").replace(&format!("\"{says}\"\n"), &format!("\"{says}\"\ncore = true\n"));
        let weights = compile(&[("eating.toml", &head), ("against.toml", AGAINST)]).unwrap();
        let model = Model::from_bytes(&weights.to_bytes().unwrap()).unwrap();
        assert_eq!(!read(&model, plain, Surface::Chat).is_empty(), is_found, "{says}");
    }
}

#[test]
fn a_longer_term_hides_those_within_it_and_a_document_may_need_more() {
    let head =
        HEAD.replace("\"dinner\"", "\"dinner\", \"body\"").replace("points = 6", "points = 6\ndocument = 7");
    let weights = compile(&[("eating.toml", &head), ("against.toml", AGAINST)]).unwrap();
    let model = Model::from_bytes(&weights.to_bytes().unwrap()).unwrap();
    assert!(read(&model, "i had a binge and i hate my body", Surface::Chat).is_empty(), "two signs");
    let text = "i had a binge after dinner and felt disgusting";
    assert!(!read(&model, text, Surface::Chat).is_empty());
    let head = head.replace("\"chat\"", "\"document\"");
    let weights = compile(&[("eating.toml", &head), ("against.toml", AGAINST)]).unwrap();
    let model = Model::from_bytes(&weights.to_bytes().unwrap()).unwrap();
    assert!(read(&model, text, Surface::Document).is_empty(), "six points");
    assert!(!read(&model, &format!("{text} and ashamed"), Surface::Document).is_empty());
}

#[test]
fn schoolwork_speaks_against_once() {
    assert!(!found("my essay says a binge after dinner is disgusting"));
    assert!(found(
        "my essay says: i ate it all, a binge, after dinner, disgusting, ashamed; my essay, my essay"
    ));
}

#[test]
fn far_apart_is_not_together_and_of_one_sign_the_longest_term_counts() {
    let far =
        format!("i had a binge after dinner {} and felt disgusting", "word ".repeat(super::tally::WINDOW));
    assert!(!found(&far));
    assert!(!found("yesterday i ate it. all of us were disgusting"), "a term lies in one sentence");
}

#[test]
fn it_stays_silent_where_a_rule_has_said_it() {
    let model = model();
    let text = "i had a binge after dinner and felt disgusting";
    let mut findings = read(&model, text, Surface::Chat);
    add(&model, text, Surface::Chat, &mut findings);
    assert_eq!(findings.len(), 1);
}

#[test]
fn mistakes_are_told_with_their_file() {
    let wrong = HEAD.replace("points = 3", "points = 9").replace("\"ate\"", "\"ate\", \"Ate!\", \"...\"");
    let Err(ListsError::Source(problems)) = compile(&[("ed.toml", &wrong)]) else { panic!() };
    assert_eq!(problems.len(), 3, "{problems:?}");
    assert!(problems.iter().all(|problem| problem.file == "ed.toml"));
    let grave = HEAD.replace("medium", "critical");
    assert!(compile(&[("ed.toml", &grave)]).is_err());
}

#[test]
fn damage_is_noticed() {
    assert!(Model::from_bytes(SHIPPED).is_ok());
    assert!(Model::from_bytes(b"LWL").is_err());
    let mut weights = compile(&[("ed.toml", HEAD), ("against.toml", AGAINST)]).unwrap();
    weights.spelling.push(60_000);
    assert!(Model::from_bytes(&weights.to_bytes().unwrap()).is_err());
}

#[test]
fn it_is_small() {
    assert!(SHIPPED.len() < 512 * 1024, "{} bytes", SHIPPED.len());
}

/// `hit HEAD [surface] | text`, `miss [surface] | text` and `gap HEAD [surface] | text`, one a line.
fn check(model: &Model, case: &str) -> Result<(), String> {
    let (front, text) = case.split_once('|').ok_or("has no “|”")?;
    let mut words = front.split_whitespace();
    let kind = words.next().unwrap_or_default();
    let mut surface = Surface::Chat;
    let mut wanted = None;
    for word in words {
        match word.parse() {
            Ok(named) => surface = named,
            Err(_) => wanted = Some(format!("model.{word}")),
        }
    }
    let findings = read(model, text.trim(), surface);
    let rules: Vec<&str> = findings.iter().map(|finding| finding.rule.as_str()).collect();
    let is_found = wanted.as_deref().is_some_and(|wanted| rules.contains(&wanted));
    match (kind, wanted.is_some()) {
        ("hit", true) if !is_found => Err(format!("is not found by that head; found: {rules:?}")),
        ("gap", true) if is_found => Err("is found now: make it a hit".to_owned()),
        ("miss", false) if !findings.is_empty() => Err(format!(
            "must not be found: {:?}",
            findings.iter().map(|f| (&f.rule, &f.context)).collect::<Vec<_>>()
        )),
        ("hit" | "gap", true) | ("miss", false) => Ok(()),
        _ => Err("must begin with “hit HEAD”, “gap HEAD” or “miss”".to_owned()),
    }
}

#[test]
fn every_case_of_the_shipped_model_holds() {
    let model = Model::shipped().unwrap();
    let cases = include_str!("../../model/cases.txt");
    let lines = (1..).zip(cases.lines()).filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let wrong: Vec<String> = lines
        .filter_map(|(number, case)| Some(format!("{number}: {case}\n    {}", check(&model, case).err()?)))
        .collect();
    assert!(wrong.is_empty(), "{} cases do not hold:\n{}", wrong.len(), wrong.join("\n"));
    for case in [
        "hit | x",
        "hit suicide x",
        "miss suicide | x",
        "mis | x",
        "hit suicide | nothing of the kind in this",
    ] {
        assert!(check(&model, case).is_err(), "{case}");
    }
}

#[test]
fn a_lesson_that_staff_have_announced_lowers_it() {
    let policy = Policy::school_default(Audience::Year(9));
    // With a single rule about something else, so that no rule says it first.
    let rule = "category = 'gambling'\nsource = 's'\nreviewed = '2026-11-23'\n[[rule]]\nid = 'a'\nany = ['roulette wheel']\n\
                severity = 'low'\nwhy = 'w'";
    let lists = Lists::from_sources(&[("phrases/gambling.toml", rule)]).unwrap();
    let mut engine = Engine::new(lists, policy).unwrap();
    let text = "First the dinner, then the guilt. I think about my thighs, my bmi and carbs all evening.";
    let found = |engine: &Engine| {
        let findings = engine.check_text(&Typed { text, surface: Surface::Chat, url: "" });
        let by_model = findings.into_iter().find(|finding| finding.rule == "model.eating_disorder");
        by_model.map(|finding| (finding.severity, finding.context.len()))
    };
    assert_eq!(found(&engine), Some((Severity::Medium, 2)));
    engine.announce_lesson([Category::EatingDisorder].into());
    assert_eq!(found(&engine), Some((Severity::Low, 3)));
}
