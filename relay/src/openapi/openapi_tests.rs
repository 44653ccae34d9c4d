use super::*;
use crate::routes::table;

#[test]
fn the_committed_document_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == text(),
        "docs/openapi.json is out of date: run `lapwing-relay openapi > docs/openapi.json`"
    );
}

#[test]
fn every_address_of_the_device_api_is_described_and_no_other() {
    let mut routes: Vec<_> = table()
        .iter()
        .filter(|row| row.path.starts_with("/api/v1/"))
        .map(|row| row.path.to_owned())
        .collect();
    routes.sort();
    let document = document();
    let mut described: Vec<_> = document["paths"].as_object().unwrap().keys().cloned().collect();
    described.sort();
    assert_eq!(described, routes);
}

#[test]
fn every_limit_has_its_field_and_every_reference_its_shape() {
    assert_eq!(limits::set(&mut document()), Vec::<String>::new());
    let document = document();
    let text = document.to_string();
    for part in text.split("\"#/components/schemas/").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(document["components"]["schemas"][name].is_object(), "{name}");
    }
    assert_eq!(document["components"]["schemas"]["Alert"]["additionalProperties"], false);
}

#[test]
fn the_words_are_those_that_are_sent_and_no_link_leads_nowhere() {
    let document = document();
    let words = |name: &str| document["components"]["schemas"][name]["enum"].clone();
    assert_eq!(words("Action"), json!(["allow", "note", "warn", "block", "support"]));
    assert_eq!(words("SourceKind"), json!(["visit", "search", "typed"]));
    assert_eq!(words("Category")[1], "self_harm");
    assert!(!document.to_string().contains("super::"), "a link of the code’s documentation was left");
}
