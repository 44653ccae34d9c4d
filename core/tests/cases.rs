//! Runs the cases in `tests/cases/*.txt` against the lists that ship: what must be found, what must not be.
//!
//! One case a line, `#` begins a comment:
//!
//! ```text
//! hit CATEGORY[/least-severity] [surface] | text     must be found, at least this grave
//! miss [CATEGORY] | text                             must not be found (in any category: must not alert)
//! gap CATEGORY | text                                known not to be found yet
//! gap | text                                         known to alert, and should not
//! site CATEGORY|none | address                       what a site is about
//! ```

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

use lapwing_core::{
    Audience, Category, Engine, Finding, Frame, Lists, Policy, Severity, Surface, Typed, Visit,
};
use std::fs;
use std::path::Path;

fn engine() -> Engine {
    Engine::new(Lists::starter().unwrap(), Policy::school_default(Audience::Year(9))).unwrap()
}

/// What is wrong with one case; `Ok` when it holds.
fn check(engine: &Engine, case: &str) -> Result<(), String> {
    let (head, body) = case.split_once('|').ok_or("has no “|” between the case and its text")?;
    let body = body.trim();
    let mut words = head.split_whitespace();
    let kind = words.next().unwrap_or_default();
    let mut category = None;
    let mut least = Severity::Info;
    let mut surface = Surface::Chat;
    for word in words {
        if let Ok(found) = word.parse() {
            surface = found;
            continue;
        }
        let (name, severity) = word.split_once('/').unwrap_or((word, "info"));
        least = severity.parse::<Severity>().map_err(|error| error.to_string())?;
        if name != "none" {
            category = Some(name.parse::<Category>().map_err(|error| error.to_string())?);
        }
    }
    if kind == "site" {
        return check_site(engine, category, body);
    }
    let findings = engine.check_text(&Typed { text: body, surface, url: "" });
    let about = |finding: &&Finding| category.is_none_or(|category| finding.category == category);
    let found = findings.iter().find(about);
    match (kind, category) {
        ("hit", Some(_)) if found.is_none() => Err(format!("was not found; found: {}", list(&findings))),
        ("hit", Some(_)) if found.is_some_and(|finding| finding.severity < least) => {
            Err(format!("is less grave than {least}: {}", list(&findings)))
        }
        ("gap", Some(_)) if found.is_some() => Err("is found now: make it a hit".into()),
        ("gap", None) if !engine.weigh(&findings).alert => Err("does not alert: make it a miss".into()),
        ("miss", Some(_)) if found.is_some() => Err(format!("must not be found: {}", list(&findings))),
        ("miss", None) if engine.weigh(&findings).alert => {
            Err(format!("must not alert: {}", list(&findings)))
        }
        ("hit" | "gap" | "miss", Some(_)) | ("miss" | "gap", None) => Ok(()),
        _ => Err("must begin with “hit CATEGORY”, “miss”, “gap”, “gap CATEGORY” or “site CATEGORY”".into()),
    }
}

fn check_site(engine: &Engine, category: Option<Category>, url: &str) -> Result<(), String> {
    let decision = engine.check_url(&Visit { url, frame: Frame::Main });
    let found = decision.site.map(|site| site.categories).unwrap_or_default();
    let holds = category.map_or(found.is_empty(), |category| found.contains(&category));
    if holds { Ok(()) } else { Err(format!("is about {found:?}")) }
}

fn list(findings: &[Finding]) -> String {
    let each = findings.iter().map(|finding| format!("{} ({})", finding.rule, finding.severity));
    let all = each.collect::<Vec<_>>().join(", ");
    if all.is_empty() { "nothing".into() } else { all }
}

#[test]
fn every_case_holds() {
    let engine = engine();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let mut cases = 0;
    let mut wrong = Vec::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "txt")) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        for (number, line) in fs::read_to_string(file).unwrap().lines().enumerate() {
            let case = line.trim();
            if case.is_empty() || case.starts_with('#') {
                continue;
            }
            cases += 1;
            if let Err(problem) = check(&engine, case) {
                wrong.push(format!("{name}:{}: {case}\n    {problem}", number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {cases} cases do not hold:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cases > 0, "there are no cases in {}", folder.display());
}

#[test]
fn a_case_that_cannot_be_read_does_not_hold() {
    let engine = engine();
    for case in
        ["hit suicide text", "hit suicidal | x", "hit suicide/grave | x", "hit | x", "mis | x", "gap | x"]
    {
        assert!(check(&engine, case).is_err(), "{case}");
    }
}

#[test]
fn the_shipped_lists_are_as_broad_as_agreed() {
    let lists = Lists::starter().unwrap();
    assert!(lists.rule_count() >= 150, "{} rules", lists.rule_count());
    assert!(lists.site_count() >= 400, "{} sites", lists.site_count());
}
