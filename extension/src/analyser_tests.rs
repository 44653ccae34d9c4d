use super::*;
use crate::alert::Stamp;
use crate::outbox::Kind;
use lapwing_core::wire::{Alert, SourceKind};
use lapwing_core::{Category, Severity};
use serde_json::{Value, json};

/// A name in the list of gambling sites that no casino has.
const CASINO: &str = "https://gambling.lapwing.test/";
const WORDS: &str = "i want to kill myself tonight";

fn settled(change: impl FnOnce(&mut Value)) -> Analyser {
    let mut managed = json!({
        "relay_url": "https://relay.example", "enrolment_key": "k", "school_name": "Elm School", "year_group": "9"
    });
    change(&mut managed);
    let mut analyser = Analyser::with_phrases();
    let setup = Setup { install_type: Some("admin".into()), managed: Some(managed), ..Setup::default() };
    let change = analyser.settle(setup).unwrap();
    assert_eq!(change.status.state, "watching", "{:?}", change.status.problems);
    analyser
}

fn watching() -> Analyser {
    settled(|_| ())
}

fn stamp(now: i64) -> Stamp {
    Stamp { id: format!("id-{now}"), now, account: "sam@elm.example".into() }
}

fn visit(url: &str, now: i64) -> Opened {
    Opened { url: url.into(), main: true, tab: 7, stamp: stamp(now) }
}

fn typed(text: &str, now: i64) -> Heard {
    Heard {
        text: text.into(),
        url: "https://chat.example/room?id=5".into(),
        top: "https://chat.example/room?id=5".into(),
        field: "7/0/a/1".into(),
        tab: 7,
        stamp: stamp(now),
        ..Heard::default()
    }
}

fn alert(entry: Option<Entry>) -> Alert {
    let entry = entry.expect("an alert was due");
    assert_eq!(entry.kind, Kind::Alert);
    serde_json::from_str(&entry.body).unwrap()
}

#[test]
fn a_blocked_site_is_stopped_and_makes_one_alert() {
    let mut analyser = watching();
    let answer = analyser.decide(CASINO, true, 0).unwrap().unwrap();
    assert_eq!(answer.action, Action::Block);
    assert_eq!(answer.page.unwrap().school, "Elm School");
    let alert =
        alert(analyser.opened(visit("https://gambling.lapwing.test/slots?token=1", 0)).unwrap().entry);
    assert_eq!(
        (alert.source, alert.category, alert.action),
        (SourceKind::Visit, Category::Gambling, Action::Block)
    );
    assert_eq!(alert.url, "https://gambling.lapwing.test/slots");
    assert_eq!((alert.excerpt, alert.account.as_deref()), (None, Some("sam@elm.example")));
    assert!(alert.reasons[0].rule.starts_with("site:gambling.lapwing.test"));
    assert_eq!(analyser.opened(visit(CASINO, 5_000)).unwrap().entry, None);
}

#[test]
fn what_nobody_was_told_of_silences_nothing_once_it_is_to_be_told() {
    // The same words in the same field, before and after more is to be told, such as when the school day begins.
    let mut analyser = settled(|policy| policy["alert_from"] = json!("high"));
    let found = |analyser: &mut Analyser, text: &str, now| analyser.heard(typed(text, now)).unwrap().entry;
    assert_eq!(found(&mut analyser, DRINK, 0), None);
    let told = settled(|_| ());
    let mut told = Analyser { session: std::mem::take(&mut analyser.session), ..told };
    assert!(found(&mut told, DRINK, 30_000).is_some());
    assert_eq!(found(&mut told, DRINK, 40_000), None, "once is enough");
}

#[test]
fn before_the_policy_is_known_the_lists_hold_and_nothing_is_recorded() {
    let mut analyser = Analyser::with_phrases();
    assert_eq!(analyser.decide(CASINO, true, 0).unwrap().unwrap().action, Action::Block);
    assert_eq!(analyser.opened(visit(CASINO, 0)).unwrap().entry, None);
    let mut allowing = settled(|policy| policy["allowed_sites"] = json!(["gambling.lapwing.test"]));
    assert_eq!(allowing.decide(CASINO, true, 0).unwrap(), None);
}

#[test]
fn it_does_nothing_where_no_school_installed_it() {
    let mut analyser = Analyser::with_phrases();
    let setup = Setup { install_type: Some("normal".into()), ..Setup::default() };
    assert_eq!(analyser.settle(setup).unwrap().status.state, "not_managed");
    assert_eq!(analyser.decide(CASINO, true, 0).unwrap(), None);
    assert_eq!(analyser.heard(typed(WORDS, 0)).unwrap().entry, None);
}

#[test]
fn typed_words_make_an_alert_with_the_sentence_and_no_more() {
    let mut analyser = watching();
    let text = format!("Lunch was fine. {WORDS}. See you at the bus stop.");
    let alert = alert(analyser.heard(typed(&text, 0)).unwrap().entry);
    assert_eq!(
        (alert.source, alert.surface, alert.action),
        (SourceKind::Typed, Some(Surface::Chat), Action::Note)
    );
    assert!(alert.severity >= Severity::High);
    assert_eq!(alert.url, "https://chat.example/room");
    let excerpt = alert.excerpt.unwrap();
    assert!(excerpt.text.contains("kill myself") && !excerpt.text.contains("Lunch"), "{}", excerpt.text);
    assert!(!excerpt.marks.is_empty());
}

#[test]
fn a_long_text_that_is_read_in_pieces_is_one_alert_wherever_the_sentence_stands() {
    let plain = "The river was slow and brown that day, and nobody spoke of it. ".repeat(13);
    let grave = "Honestly i want to kill myself tonight. ";
    for (first, second) in [
        (format!("{plain}{grave}"), plain.clone()),
        // Neighbours share what is between them.
        (format!("{plain}{grave}"), format!("{grave}{plain}")),
        (plain.clone(), format!("{grave}{plain}")),
    ] {
        let mut analyser = watching();
        let pieces = [plain.as_str(), &first, &second, &plain];
        let told = pieces.into_iter().filter_map(|text| analyser.heard(typed(text, 0)).unwrap().entry);
        assert_eq!(told.count(), 1);
    }
}

#[test]
fn innocent_words_and_card_numbers_make_none() {
    let mut analyser = watching();
    for text in ["see you at lunch", "4111 1111 1111 1111", "my card is 4111 1111 1111 1111 ok"] {
        assert_eq!(analyser.heard(typed(text, 0)).unwrap(), Reading::of(None), "{text}");
    }
}

#[test]
fn a_card_number_beside_serious_words_is_hidden() {
    let mut analyser = watching();
    let alert = alert(analyser.heard(typed(&format!("4111 1111 1111 1111 {WORDS}"), 0)).unwrap().entry);
    let excerpt = alert.excerpt.unwrap().text;
    assert!(!excerpt.contains('4') && excerpt.contains("••••"), "{excerpt}");
}

#[test]
fn a_search_that_was_typed_and_opened_is_one_alert_and_shows_help() {
    let mut analyser = watching();
    let mut search = typed("how to kill myself", 0);
    search.hint = "input search".into();
    search.url = "https://www.google.com/".into();
    search.top = search.url.clone();
    assert!(analyser.heard(search).unwrap().entry.is_some());
    let answer = analyser.opened(visit("https://www.google.com/search?q=how+to+kill+myself", 2_000)).unwrap();
    assert_eq!((answer.action, answer.entry), (Action::Support, None));
    assert!(answer.page.unwrap().support);
}

#[test]
fn a_search_alone_is_an_alert_without_its_query_in_the_address() {
    let mut analyser = watching();
    let opened = visit("https://www.google.com/search?q=how+to+kill+myself&hl=en", 0);
    let alert = alert(analyser.opened(opened).unwrap().entry);
    assert_eq!((alert.source, alert.surface), (SourceKind::Search, Some(Surface::Search)));
    assert_eq!(alert.url, "https://www.google.com/search");
    assert_eq!(alert.excerpt.unwrap().text, "how to kill myself");
}

#[test]
fn the_page_of_a_search_names_what_was_searched_for() {
    let mut analyser = watching();
    let url = "https://www.youtube.com/results?search_query=how+to+kill+myself";
    let page = analyser.decide(url, true, 0).unwrap().unwrap().page.unwrap();
    let labels: Vec<&str> = page.categories.iter().map(|category| category.label.as_str()).collect();
    assert_eq!((labels, page.address.as_str()), (vec!["suicide"], "YouTube"));
}

#[test]
fn where_nothing_is_read_the_content_script_is_told_and_whether_the_page_around_is_why() {
    let mut analyser = settled(|policy| policy["never_read_sites"] = json!(["counselling.example"]));
    for (url, top, around) in [
        ("https://counselling.example/", "https://counselling.example/", false),
        ("https://counselling.example/", "https://shop.example/", false),
        ("https://shop.example/", "https://counselling.example/", true),
        ("about:blank", "https://counselling.example/", true),
        ("https://relay.example/concerns/new", "https://relay.example/concerns/new", false),
    ] {
        let heard = Heard { url: url.into(), top: top.into(), ..typed(WORDS, 0) };
        let refused = Reading { read: false, around, entry: None };
        assert_eq!(analyser.heard(heard).unwrap(), refused, "{url} in {top}");
    }
}

#[test]
fn what_a_never_read_page_makes_without_an_address_is_not_read_either() {
    let mut analyser = settled(|policy| policy["never_read_sites"] = json!(["counselling.example"]));
    let refused = Reading { read: false, around: false, entry: None };
    for origin in ["https://counselling.example", "https://www.childline.org.uk"] {
        // A frame in its frame in a page of the school's, and a window that it opened.
        for (url, top) in [
            ("about:blank", "https://chat.example/room"),
            ("about:srcdoc", "https://chat.example/room"),
            ("about:blank", "about:blank"),
        ] {
            let heard = Heard { url: url.into(), top: top.into(), origin: origin.into(), ..typed(WORDS, 0) };
            assert_eq!(analyser.heard(heard).unwrap(), refused, "{url} of {origin} in {top}");
        }
    }
}

#[test]
fn a_frame_without_an_address_belongs_to_whoever_made_it() {
    for (origin, top, address) in [
        ("", "https://chat.example/room?id=5", "https://chat.example/room"),
        ("null", "https://chat.example/room?id=5", "https://chat.example/room"),
        ("https://chat.example", "https://chat.example/room?id=5", "https://chat.example/room"),
        ("https://comments.example", "https://chat.example/room?id=5", "https://comments.example/"),
        ("https://comments.example", "about:blank", "https://comments.example/"),
    ] {
        let heard =
            Heard { url: "about:srcdoc".into(), origin: origin.into(), top: top.into(), ..typed(WORDS, 0) };
        let alert = alert(watching().heard(heard).unwrap().entry);
        assert_eq!(alert.url, address, "of {origin} in {top}");
    }
}

#[test]
fn unlawful_content_leaves_no_trace_of_its_address() {
    let mut analyser = settled(|policy| policy["allowed_sites"] = json!(["illegal.lapwing.test"]));
    let answer = analyser.opened(visit("https://illegal.lapwing.test/secret/path", 0)).unwrap();
    assert_eq!(answer.action, Action::Block);
    let entry = answer.entry.unwrap();
    assert!(!entry.body.contains("lapwing.test") && !entry.body.contains("secret"), "{}", entry.body);
    assert_eq!(answer.page.unwrap().address, "");
    assert_eq!(entry.severity, Severity::Critical);
}

#[test]
fn a_warning_can_be_passed_and_a_block_cannot() {
    let mut analyser = settled(|policy| policy["site_actions"] = json!({ "gambling": "warn" }));
    assert_eq!(analyser.decide(CASINO, true, 0).unwrap().unwrap().action, Action::Warn);
    analyser.go_on(CASINO, 0);
    assert!(analyser.decide(CASINO, true, 1).unwrap().is_none_or(|answer| answer.page.is_none()));
    let mut strict = watching();
    strict.go_on(CASINO, 0);
    assert_eq!(strict.decide(CASINO, true, 1).unwrap().unwrap().action, Action::Block);
}

#[test]
fn what_it_remembers_survives_the_worker() {
    let mut first = watching();
    assert!(first.heard(typed(WORDS, 0)).unwrap().entry.is_some());
    let mut second = watching();
    second.restore(&first.session().unwrap()).unwrap();
    assert_eq!(second.heard(typed(WORDS, 1_000)).unwrap().entry, None);
}

#[test]
fn a_second_finding_is_told_without_repeating_the_first() {
    let mut analyser = watching();
    let first = alert(analyser.heard(typed(WORDS, 0)).unwrap().entry);
    let rules: Vec<&str> = first.reasons.iter().map(|reason| reason.rule.as_str()).collect();
    let more = format!("{WORDS}. my dad hits me every night.");
    let second = alert(analyser.heard(typed(&more, 5_000)).unwrap().entry);
    assert_eq!(second.category, Category::AbuseNeglect);
    assert!(second.reasons.iter().all(|reason| !rules.contains(&reason.rule.as_str())));
}

#[test]
fn several_lines_in_one_field_are_one_alert_also_across_the_workers_end() {
    let mut first = watching();
    let lines = ["how old are you", "whats your snap"];
    for (line, now) in lines.iter().zip([0, 60_000]) {
        first.heard(typed(line, now)).unwrap();
    }
    let mut second = watching();
    second.restore(&first.session().unwrap()).unwrap();
    let alert = alert(second.heard(typed("where do you live", 120_000)).unwrap().entry);
    let pattern = alert.reasons.iter().find(|reason| reason.rule == "grooming.several-steps").unwrap();
    assert_eq!((alert.category, pattern.severity), (Category::Grooming, Severity::High));
    assert!(pattern.context[0].starts_with("Over several lines"), "{pattern:?}");
    let kept = second.session().unwrap();
    assert!(!kept.contains("snap") && !kept.contains("live"), "{kept}");
}

/// Medium by itself.
const DRINK: &str = "we got drunk on vodka last night";

/// Lessons about drugs and suicide for Year 9, until `until`.
fn announced(until: i64) -> Lessons {
    Lessons::read(
        &json!([{ "topics": ["drugs_alcohol", "suicide", "illegal"], "years": [9], "until": until }]),
    )
}

#[test]
fn in_an_announced_lesson_its_topics_weigh_less_until_it_ends_and_what_is_critical_alerts_as_ever() {
    let mut analyser = watching();
    analyser.announced(announced(600_000));
    assert_eq!(analyser.heard(typed(DRINK, 0)).unwrap(), Reading::of(None));
    let high = alert(analyser.heard(typed("me and my mates smoke weed at the park", 1_000)).unwrap().entry);
    assert_eq!(high.severity, Severity::Medium);
    let said = "Lowered: staff have announced a lesson about drugs or alcohol.";
    assert!(high.reasons[0].context.iter().any(|line| line == said), "{:?}", high.reasons);
    let grave = alert(analyser.heard(typed(WORDS, 2_000)).unwrap().entry);
    assert_eq!(grave.severity, Severity::Critical);
    // The relay has been away since; the lesson is over all the same, and the words are news again.
    let after = alert(analyser.heard(typed(DRINK, 600_000)).unwrap().entry);
    assert_eq!((after.category, after.severity), (Category::DrugsAlcohol, Severity::Medium));
}

#[test]
fn a_lesson_outlives_a_change_of_policy_and_is_for_its_year_alone() {
    let mut other = settled(|policy| policy["year_group"] = json!("8"));
    other.announced(announced(600_000));
    assert!(other.heard(typed(DRINK, 0)).unwrap().entry.is_some(), "it is not their lesson");
    let setup = |managed: Value| Setup {
        install_type: Some("admin".into()),
        managed: Some(managed),
        ..Setup::default()
    };
    let managed = json!({
        "relay_url": "https://relay.example", "enrolment_key": "k", "school_name": "Elm", "year_group": "9"
    });
    other.settle(setup(managed)).unwrap();
    let elsewhere = Heard { field: "8/0/a/1".into(), tab: 8, ..typed(DRINK, 1_000) };
    assert_eq!(other.heard(elsewhere).unwrap().entry, None);
    other.announced(Lessons::default());
    let elsewhere = Heard { field: "9/0/a/1".into(), tab: 9, ..typed(DRINK, 2_000) };
    assert!(other.heard(elsewhere).unwrap().entry.is_some(), "it was ended");
}

#[test]
fn the_words_of_a_search_are_read_in_the_light_of_the_lesson_too() {
    let mut analyser = watching();
    let search = "https://www.google.com/search?q=how+to+kill+myself";
    analyser.announced(announced(600_000));
    let lowered = alert(analyser.opened(visit(search, 0)).unwrap().entry);
    let said = "Lowered: staff have announced a lesson about suicide.";
    let says = |reason: &lapwing_core::wire::Reason| reason.context.iter().any(|line| line == said);
    let plain = alert(watching().opened(visit(search, 0)).unwrap().entry);
    assert!(!plain.reasons.iter().any(says) && plain.severity >= lowered.severity);
    assert!(lowered.severity == Severity::Critical || lowered.reasons.iter().any(says), "{lowered:?}");
}

#[test]
fn before_its_phrases_are_there_addresses_are_judged_and_words_are_refused_not_passed_over() {
    let managed =
        json!({ "relay_url": "https://relay.example", "enrolment_key": "k", "school_name": "Elm School" });
    let mut analyser = Analyser::default();
    let stops = |analyser: &mut Analyser, url: &str| {
        analyser.decide(url, true, 1).unwrap().is_some_and(|answer| answer.page.is_some())
    };
    let search = "https://www.google.com/search?safe=active&ssui=on&q=how+to+kill+myself";
    assert!(stops(&mut analyser, CASINO), "in the worker's very first turn");
    let setup = Setup { install_type: Some("admin".into()), managed: Some(managed), ..Setup::default() };
    let before = analyser.settle(setup).unwrap().status.lists_version;
    assert!(stops(&mut analyser, CASINO) && !stops(&mut analyser, search));
    assert!(matches!(analyser.heard(typed(WORDS, 2)), Err(AnalyserError::NoPhrases)));
    assert!(analyser.take_lists(Lists::starter_bytes()[1..].to_vec()).is_err());
    assert!(stops(&mut analyser, CASINO) && analyser.heard(typed(WORDS, 2)).is_err());
    analyser.take_lists(Lists::starter_bytes().to_vec()).unwrap();
    assert!(stops(&mut analyser, CASINO) && stops(&mut analyser, search));
    assert!(analyser.heard(typed(WORDS, 3)).unwrap().entry.is_some());
    assert_eq!(analyser.settle(Setup::default()).unwrap().status.lists_version, before);
}
