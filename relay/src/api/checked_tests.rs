use super::*;
use lapwing_core::wire::{About, SourceKind};
use lapwing_core::{Action, Severity};
use proptest::prelude::*;

fn an_alert() -> Alert {
    Alert {
        id: "0199f3a0-0000-7000-8000-000000000001".into(),
        occurred_at: 1_763_975_640_000,
        source: SourceKind::Typed,
        surface: None,
        category: Category::Bullying,
        severity: Severity::Medium,
        stage: None,
        action: Action::Note,
        url: "https://chat.example/room".into(),
        excerpt: Some(Excerpt { text: "everyone hates you".into(), marks: vec![(0, 18)] }),
        reasons: vec![Reason {
            category: Category::Bullying,
            severity: Severity::Medium,
            stage: None,
            rule: "bullying.everyone-hates-you".into(),
            why: "Tells somebody that they are hated.".into(),
            context: vec![],
        }],
        account: None,
        policy_version: "p1".into(),
        lists_version: "l1".into(),
    }
}

fn marks_of(text: &str, marks: &[(u32, u32)]) -> Alert {
    Alert { excerpt: Some(Excerpt { text: text.into(), marks: marks.to_vec() }), ..an_alert() }
}

#[test]
fn a_sound_alert_is_kept_as_it_was_sent() {
    assert_eq!(alert(an_alert()), Ok(an_alert()));
}

#[test]
fn what_cannot_be_put_right_is_refused_by_name() {
    let long = "x".repeat(limit::LINE + 1);
    let reason = |change: fn(&mut Reason, String)| {
        let mut unfit = an_alert();
        change(&mut unfit.reasons[0], long.clone());
        unfit
    };
    for (unfit, field) in [
        (Alert { id: "1".into(), ..an_alert() }, "id"),
        (Alert { id: an_alert().id.to_uppercase(), ..an_alert() }, "id"),
        (Alert { reasons: vec![], ..an_alert() }, "reasons"),
        (Alert { reasons: vec![an_alert().reasons[0].clone(); limit::REASONS + 1], ..an_alert() }, "reasons"),
        (Alert { url: "x".repeat(limit::URL + 1), ..an_alert() }, "url"),
        (Alert { account: Some(long.clone()), ..an_alert() }, "account"),
        (Alert { policy_version: long.clone(), ..an_alert() }, "policy_version"),
        (reason(|reason, long| reason.rule = long), "reasons.rule"),
        (reason(|reason, long| reason.why = long), "reasons.why"),
        (reason(|reason, long| reason.context = vec![long]), "reasons.context"),
        (marks_of(&"x".repeat(limit::EXCERPT + 1), &[]), "excerpt.text"),
        (marks_of("abc", &[(0, 4)]), "excerpt.marks"),
        (marks_of("abc", &[(2, 1)]), "excerpt.marks"),
        (marks_of("abc", &[(1, 1)]), "excerpt.marks"),
        (marks_of("abcdef", &[(0, 3), (2, 4)]), "excerpt.marks"),
        (marks_of("ŵŵŵ", &[(0, 6)]), "excerpt.marks"),
    ] {
        let error = alert(unfit).unwrap_err();
        assert_eq!(error.field, field, "{error}");
    }
}

#[test]
fn the_longest_that_is_allowed_is_kept() {
    let full = marks_of(&"ŵ".repeat(limit::EXCERPT), &[(0, u32::try_from(limit::EXCERPT).unwrap())]);
    assert_eq!(alert(full.clone()), Ok(full));
}

#[test]
fn an_address_loses_its_query_and_unlawful_content_its_address() {
    let kept = alert(Alert { url: "https://a.example/b?token=1#c".into(), ..an_alert() }).unwrap();
    assert_eq!(kept.url, "https://a.example/b");
    let kept =
        alert(Alert { category: Category::Illegal, url: "https://a.example/".into(), ..an_alert() }).unwrap();
    assert_eq!(kept.url, "");
}

#[test]
fn control_characters_go_and_the_marks_still_fit() {
    let kept = alert(marks_of("a\u{0}b\nc", &[(2, 3)])).unwrap().excerpt.unwrap();
    assert_eq!(kept.text, "a\u{fffd}b\nc");
    assert_eq!(kept.marks, [(2, 3)]);
    assert_eq!(line("label", " a\r\nb\u{0} ").unwrap(), "a  b");
}

#[test]
fn a_wrong_clock_is_no_reason_to_refuse() {
    for (at, kept) in [(i64::MAX, LATEST), (i64::MIN, 0), (1_924_992_000_000, 1_924_992_000_000)] {
        assert_eq!(alert(Alert { occurred_at: at, ..an_alert() }).unwrap().occurred_at, kept);
    }
}

#[test]
fn a_report_needs_a_story_a_receipt_and_the_name_that_it_promises() {
    let sound = Report {
        id: an_alert().id,
        written_at: 0,
        adult: None,
        identity: Identity::Anonymous,
        about: About::Me,
        story: "It keeps happening.".into(),
        wish: String::new(),
        receipt: "1234567812345678".into(),
    };
    assert_eq!(report(sound.clone()), Ok(sound.clone()));
    let nameless = Identity::Named { name: " ".into() };
    for (unfit, field) in [
        (Report { story: " \n".into(), ..sound.clone() }, "story"),
        (Report { story: "x".repeat(limit::STORY + 1), ..sound.clone() }, "story"),
        (Report { receipt: "1234 5678 1234 56".into(), ..sound.clone() }, "receipt"),
        (Report { receipt: "١٢٣٤٥٦٧٨".into(), ..sound.clone() }, "receipt"),
        (Report { identity: nameless, ..sound.clone() }, "identity.name"),
        (Report { id: "x".into(), ..sound }, "id"),
    ] {
        assert_eq!(report(unfit).unwrap_err().field, field);
    }
}

proptest! {
    /// Whatever a device sends: no panic, and what is kept keeps the limits, can be stored by PostgreSQL (no NUL), and
    /// its marks lie within its text.
    #[test]
    fn what_is_kept_keeps_the_rules(
        text in "\\PC{0,40}|[\\x00-\\x1f\\u{202e}a-z\u{1f426}]{0,700}",
        marks in prop::collection::vec((0..900_u32, 0..900_u32), 0..4),
        at in any::<i64>(),
    ) {
        let mut sent = marks_of(&text, &marks);
        sent.occurred_at = at;
        sent.url.clone_from(&text);
        sent.account = Some(text.clone());
        sent.reasons[0].why.clone_from(&text);
        if let Ok(kept) = alert(sent) {
            let excerpt = kept.excerpt.unwrap();
            let length = excerpt.text.chars().count();
            prop_assert!(length <= limit::EXCERPT);
            prop_assert!(excerpt.marks.iter().all(|&(start, end)| start < end && end as usize <= length));
            for line in [&kept.url, kept.account.as_ref().unwrap(), &kept.reasons[0].why] {
                prop_assert!(!line.contains(|c: char| c.is_control()));
            }
            prop_assert!(!excerpt.text.contains('\0'));
            prop_assert!((0..=LATEST).contains(&kept.occurred_at));
        }
    }
}
