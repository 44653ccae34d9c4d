use super::*;
use crate::lists::Lists;
use crate::policy::{Audience, Policy};

fn scan(line: &str) -> Result<Value, ScanError> {
    let rules = "category = 'suicide'\nsource = 's'\nreviewed = '2026-11-22'\n[[rule]]\nid = 'r'\n\
                 any = ['kill myself']\nseverity = 'high'\nstage = 'ideation'\nwhy = 'Says so.'";
    let lists = Lists::from_sources(&[("phrases/suicide.toml", rules)]).unwrap();
    scan_line(&Engine::new(lists, Policy::school_default(Audience::Year(9))).unwrap(), line)
}

#[test]
fn a_text_is_answered_with_places_in_characters() {
    let out = scan(r#"{"id":"a","text":"Ça va? “Kill myself”","surface":"chat"}"#).unwrap();
    assert_eq!(
        out,
        json!({
            "id": "a", "alert": true, "severity": "high", "categories": ["suicide"], "action": "note",
            "findings": [{
                "category": "suicide", "severity": "high", "stage": "ideation", "rule": "suicide.r",
                "start": 8, "end": 19, "excerpt": "“Kill myself”", "marks": [[1, 12]], "why": "Says so.", "context": [],
            }],
        })
    );
}

#[test]
fn an_address_is_answered_with_its_search() {
    let out = scan(r#"{"id":7,"url":"https://www.google.com/search?q=kill+myself"}"#).unwrap();
    assert_eq!((&out["id"], &out["action"], &out["alert"]), (&json!(7), &json!("support"), &json!(true)));
    assert_eq!(out["search"], json!({ "engine": "Google", "terms": "kill myself" }));
    assert_eq!((&out["findings"][0]["start"], &out["findings"][0]["end"]), (&json!(0), &json!(11)));
}

#[test]
fn nothing_found_has_every_field() {
    let out = scan(r#"{"id":"a","text":"hello"}"#).unwrap();
    let expected = json!({ "id": "a", "alert": false, "severity": "info", "categories": [], "findings": [], "action": "allow" });
    assert_eq!(out, expected);
}

#[test]
fn a_line_that_cannot_be_answered_says_why_with_its_id() {
    for (line, id, part) in [
        ("{", Value::Null, "not JSON"),
        ("[]", Value::Null, "cannot be read"),
        (r#"{"id":1}"#, json!(1), "neither"),
        (r#"{"id":1,"text":"a","url":"b"}"#, json!(1), "both"),
        (r#"{"id":"x","text":5}"#, json!("x"), "cannot be read"),
        (r#"{"id":"x","text":"a","surface":"mail"}"#, json!("x"), "unknown variant"),
    ] {
        let error = scan(line).unwrap_err();
        assert_eq!(error.id, id, "{line}");
        assert!(error.detail.contains(part), "{line}: {}", error.detail);
        assert_eq!(error.to_json()["id"], id);
    }
}
