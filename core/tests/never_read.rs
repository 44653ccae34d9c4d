//! The promise to pupils: helplines, counselling, banks, payment pages and the school's own choices are outside
//! detection, whatever is typed there. This test is meant to be read by anybody who wants to know whether it is kept.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

use lapwing_core::school::Ruling;
use lapwing_core::{
    Audience, Decision, Engine, Entry, Frame, Lists, ManagedPolicy, Policy, Surface, Typed, Visit,
};
use serde_json::json;

/// Things that are found anywhere else.
const GRAVE: &[&str] =
    &["i want to kill myself tonight", "how to kill myself", "im going to stab him tomorrow"];

const HELPLINES: &[&str] = &[
    "https://www.childline.org.uk/get-support/1-2-1-counsellor-chat/",
    "https://childline.org.uk/",
    "https://www.samaritans.org/how-we-can-help/contact-samaritan/",
    "https://giveusashout.org/",
    "https://www.papyrus-uk.org/papyrus-hopeline247/",
    "https://www.nspcc.org.uk/",
    "https://www.kooth.com/",
    "https://www.beateatingdisorders.org.uk/",
    "https://www.youngminds.org.uk/",
    "https://111.nhs.uk/",
];

const PRIVATE: &[&str] =
    &["https://js.stripe.com/v3/", "https://www.paypal.com/signin", "https://checkout.stripe.com/pay"];

fn engine(policy: Policy) -> Engine {
    Engine::new(Lists::starter().unwrap(), policy).unwrap()
}

fn assert_never_read(engine: &Engine, url: &str) {
    let opens = Decision { ruling: Some(Ruling::NeverRead), ..Decision::allow() };
    for text in GRAVE {
        for surface in Surface::ALL {
            let typed = Typed { text, surface: *surface, url };
            assert_eq!(engine.check_text(&typed), Vec::new(), "{url}");
        }
        let search = format!("{}?q={}", url.trim_end_matches('/'), text.replace(' ', "+"));
        for address in [url, &search] {
            for frame in [Frame::Main, Frame::Sub] {
                assert_eq!(engine.check_url(&Visit { url: address, frame }), opens, "{address}");
            }
        }
    }
}

#[test]
fn the_same_words_are_found_elsewhere() {
    let engine = engine(Policy::school_default(Audience::Year(9)));
    for text in GRAVE {
        let typed = Typed { text, surface: Surface::Chat, url: "https://chat.example/" };
        assert!(engine.weigh(&engine.check_text(&typed)).alert, "{text}");
    }
}

#[test]
fn helplines_banks_and_payment_pages_are_never_read() {
    for audience in [Audience::Year(0), Audience::Year(9), Audience::Unspecified, Audience::Staff] {
        let engine = engine(Policy::school_default(audience));
        HELPLINES.iter().chain(PRIVATE).for_each(|url| assert_never_read(&engine, url));
    }
}

#[test]
fn no_setting_of_the_school_makes_them_readable() {
    let mut policy = Policy::school_default(Audience::Year(9));
    policy.set_alert_from(lapwing_core::Severity::Info);
    policy.blocked_sites = vec![Entry::parse("childline.org.uk").unwrap()];
    assert_never_read(&engine(policy), "https://www.childline.org.uk/");
}

#[test]
fn the_relay_with_its_report_form_and_the_schools_own_choices_are_never_read() {
    let managed = ManagedPolicy::from_json(&json!({
        "relay_url": "https://lapwing.example.sch.uk:8443",
        "enrolment_key": "k",
        "school_name": "Example School",
        "never_read_sites": ["counsellor.example", "school.example/wellbeing"],
    }))
    .unwrap();
    let engine = engine(managed.policy);
    for url in [
        "https://lapwing.example.sch.uk:8443/report",
        "https://www.counsellor.example/",
        "https://school.example/wellbeing/talk",
    ] {
        assert_never_read(&engine, url);
    }
    assert!(!engine.never_reads_url("https://school.example/forum"));
}
