use super::*;
use crate::engine::Engine;
use crate::lists::Lists;
use crate::policy::{Audience, Policy};
use crate::taxonomy::Surface;
use crate::{Finding, Typed};

const FROM: Provenance<'_> = Provenance { source: "our own stand-in", reviewed: "2026-11-22" };

const WEIGHTED: &str = "\
    # stand-in data, not anybody's list\n\
    < zorble ><80>\n\
    <frobnic><30>  # and frobnicate\n\
    <two words><10>\n\
    < zorble >,< grommet ><60>\n\
    <school project><-40>\n\
    .Include</lists/other>\n\
    <quux (v.)><80>\n";

fn check(imported: &Imported, text: &str) -> Vec<Finding> {
    let files: Vec<(&str, &str)> =
        imported.files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let engine =
        Engine::new(Lists::from_sources(&files).unwrap(), Policy::school_default(Audience::Staff)).unwrap();
    engine.check_text(&Typed { text, surface: Surface::Chat, url: "" })
}

fn found(imported: &Imported, text: &str) -> Vec<Severity> {
    check(imported, text).into_iter().map(|finding| finding.severity).collect()
}

fn problems(result: Result<Imported, ListsError>) -> Vec<String> {
    match result.unwrap_err() {
        ListsError::Source(problems) => problems.iter().map(ToString::to_string).collect(),
        other => panic!("{other}"),
    }
}

#[test]
fn weighted_phrases_become_rules_that_match() {
    let imported = import_weighted(WEIGHTED, Category::DrugsAlcohol, FROM).unwrap();
    assert_eq!(imported.files.len(), 1);
    assert_eq!(imported.files[0].0, "phrases/imported_drugs_alcohol.toml");
    assert_eq!(found(&imported, "a zorble here"), [Severity::Medium]);
    assert!(found(&imported, "zorbles").is_empty(), "a space at its end closes a word");
    assert_eq!(found(&imported, "they frobnicate"), [Severity::Low]);
    assert_eq!(found(&imported, "two words"), [Severity::Info]);
    assert_eq!(found(&imported, "the grommet of a zorble"), [Severity::Medium; 2]);
    assert_eq!(found(&imported, "quux v"), [Severity::Medium]);
    assert!(found(&imported, "my school project").is_empty());
    let skipped: Vec<String> = imported.skipped.iter().map(ToString::to_string).collect();
    assert!(skipped[0].starts_with("line 6: “school project*” only lowers"), "{skipped:?}");
    assert!(skipped[1].starts_with("line 7: includes another file"), "{skipped:?}");
}

#[test]
fn a_table_becomes_a_file_for_each_category() {
    let table = "Category,phrase,why,severity\r\nhate,\"zorble, them\",\"Says \"\"zorble\"\".\",high\r\n\r\n\
                 bullying,(grommet|grommit) face,,\nhate,zorble,,\n";
    let imported = import_csv(table, FROM).unwrap();
    let names: Vec<&str> = imported.files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["phrases/imported_bullying.toml", "phrases/imported_hate.toml"]);
    let findings = check(&imported, "zorble them");
    assert_eq!((findings[0].severity, findings[0].why.as_str()), (Severity::High, "Says \"zorble\"."));
    assert_eq!(findings[1].severity, Severity::Low);
    assert_eq!(found(&imported, "grommit face"), [Severity::Low]);
}

#[test]
fn mistakes_are_named_by_line() {
    let bad = problems(import_weighted("<ok><5>\nword\n<word<5>\n< ><5>\n", Category::Hate, FROM));
    assert!(bad[0].starts_with("line 2: “word” does not begin"), "{bad:?}");
    assert!(bad[1].starts_with("line 3: ") && bad[2].starts_with("line 4: has no word"), "{bad:?}");
    let bad = problems(import_csv(
        "phrase,category,severity\na,hat,low\nb,games,low\nc,hate,grave\nd,hate\n,hate,low\n",
        FROM,
    ));
    for (line, part) in [
        (2, "“hat” is not"),
        (3, "for sites only"),
        (4, "“grave” is not"),
        (5, "has 2 fields"),
        (6, "no phrase"),
    ] {
        let problem = bad.iter().find(|problem| problem.starts_with(&format!("line {line}: ")));
        assert!(problem.is_some_and(|problem| problem.contains(part)), "{line}: {bad:?}");
    }
    assert!(import_csv("phrase,category\n\"a,hate\nb,hate\n", FROM).is_err(), "a quote that is never closed");
    assert!(problems(import_csv("word\nx\n", FROM))[0].starts_with("line 1: must be the names"));
}
