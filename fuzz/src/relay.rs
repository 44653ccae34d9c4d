//! The relay's readers of what devices send, people type and files hold. What is taken keeps to the limits of the wire,
//! holds no character that a page, a log or a mail could be broken with, and is read the same way a second time.

use crate::bytes;
use lapwing_core::wire::{Alert, CheckIn, Enrolment, Identity, Report, ThreadReply, limit};
use lapwing_relay::fuzzing as door;
use lapwing_relay::fuzzing::Body;
use serde::de::DeserializeOwned;

/// Bodies that devices send.
pub fn bodies(data: &[u8]) {
    let (kind, bytes) = bytes::choice(data, &Body::ALL);
    let Ok(kept) = door::body(*kind, bytes) else { return };
    for text in kept {
        match kind {
            Body::Batch => {
                let first: Alert = read(&text);
                alert(&first);
                let again = serde_json::json!({ "alerts": [first] }).to_string();
                let second = door::body(Body::Batch, again.as_bytes()).unwrap_or_default();
                assert_eq!(second, [text], "an alert that is read otherwise the second time");
            }
            Body::Report => report(&read(&text)),
            Body::Reply => words(&read::<ThreadReply>(&text).text, limit::STORY),
            Body::Enrolment => line(&read::<Enrolment>(&text).label),
            Body::CheckIn => line(&read::<CheckIn>(&text).browser),
            Body::Question => {}
        }
    }
}

fn read<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).expect("what was read can be written and read")
}

fn alert(alert: &Alert) {
    assert!(alert.url.chars().count() <= limit::URL && !alert.url.contains(['?', '#']), "{}", alert.url);
    assert!(!alert.url.chars().any(char::is_control));
    assert!(alert.occurred_at >= 0, "a moment that cannot be written");
    assert!((1..=limit::REASONS).contains(&alert.reasons.len()));
    for reason in &alert.reasons {
        line(&reason.rule);
        line(&reason.why);
        reason.context.iter().for_each(|text| line(text));
    }
    alert.account.iter().for_each(|text| line(text));
    if let Some(excerpt) = &alert.excerpt {
        words(&excerpt.text, limit::EXCERPT);
        let length = excerpt.text.chars().count();
        let mut from = 0;
        for (start, end) in &excerpt.marks {
            assert!(from <= *start && start < end && *end as usize <= length, "{excerpt:?}");
            from = *end;
        }
    }
}

fn report(report: &Report) {
    words(&report.story, limit::STORY);
    words(&report.wish, limit::STORY);
    assert!(!report.story.is_empty() && report.receipt.len() == 16 && report.written_at >= 0);
    match &report.identity {
        Identity::Named { name } | Identity::Confidant { name } => line(name),
        Identity::Anonymous => {}
    }
}

/// One line, of the wire's length.
fn line(text: &str) {
    assert!(text.chars().count() <= limit::LINE && !text.chars().any(char::is_control), "{text:?}");
}

/// Words of several lines.
fn words(text: &str, most: usize) {
    assert!(text.chars().count() <= most, "{} characters", text.chars().count());
    assert!(!text.chars().any(|c| c.is_control() && c != '\n' && c != '\t'), "{text:?}");
}

/// Headers of a signed request.
pub fn headers(data: &[u8]) {
    for (name, value) in ["signature-input", "signature", "content-digest"]
        .into_iter()
        .zip(data.splitn(3, |byte| *byte == bytes::DIVIDER))
    {
        if let Ok(text) = door::header(name, value) {
            assert!(text.is_ascii() && !text.contains(['\r', '\n', '\0']), "{text:?}");
        }
    }
}

/// Single fields: a date, a time, a moment, an e-mail address, a page to go on to, an id, a password.
pub fn fields(data: &[u8]) {
    let texts = bytes::texts(data, 7);
    let field = |place| bytes::at(&texts, place);
    let (date, time) = (field(0), field(1));
    if let Some(ms) = door::read_moment(date, time) {
        let (words, again, _) = door::moment(ms, 0);
        assert!(!words.is_empty() && !again.is_empty());
    }
    if let Ok(ms) = field(2).parse::<i64>() {
        let (words, date, time) = door::moment(ms, ms.rotate_left(7));
        assert!(!words.contains(['<', '>', '"', '&']));
        // To the minute, which is all that the fields show; years that a date field cannot hold are not offered.
        if (0..253_370_764_800_000).contains(&ms) {
            let back = door::read_moment(&date, &time).expect("a field that its own reader takes");
            let apart = ms - back;
            assert!(
                (0..60_000).contains(&apart) || (3_600_000..3_660_000).contains(&apart),
                "{ms} came back as {back}"
            );
        }
    }
    if let Ok(email) = door::email(field(3)) {
        assert!(!email.contains(|c: char| c.is_whitespace() || c.is_control()), "{email:?}");
        assert_eq!(email.matches('@').count(), 1, "{email:?}");
    }
    for lines in [true, false] {
        let once = door::cleaned(field(4), lines);
        assert!(!once.chars().any(|c| c.is_control() && !(lines && (c == '\n' || c == '\t'))), "{once:?}");
        assert_eq!(door::cleaned(&once, lines), once, "cleaning settles");
    }
    if let Some(next) = door::next(field(4)) {
        let base: url::Url = "https://relay.school.example/sign-in".parse().unwrap();
        let there = base.join(next).expect("a path of this relay");
        assert_eq!(there.origin(), base.origin(), "{next:?} leads elsewhere");
        assert!(axum::http::HeaderValue::try_from(next).is_ok(), "{next:?} cannot stand in a header");
    }
    if let Some(id) = door::form_id(field(5)) {
        assert!(id.len() == 36 && id.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit()), "{id}");
    }
    let _ = door::password(field(6), &[field(3), field(4)]);
}

/// The configuration's addresses, and a password as set-up reads it.
pub fn config(data: &[u8]) {
    let texts = bytes::texts(data, 4);
    let (listen, url, database) = (bytes::at(&texts, 0), bytes::at(&texts, 1), bytes::at(&texts, 2));
    if let Ok(address) = door::config(listen, url, database) {
        let address: url::Url = address.parse().expect("an address");
        assert!(address.scheme() == "https" && address.path() == "/" && address.query().is_none());
        assert!(address.username().is_empty() && address.password().is_none(), "{address} holds a password");
    }
    let _ = door::password(bytes::at(&texts, 3), &[url]);
}

/// The extension's archive.
pub fn archive(data: &[u8]) {
    if let Ok(version) = door::archive(data) {
        assert!(
            version.chars().all(|c| c.is_ascii_digit() || c == '.'),
            "{version:?} would stand in an update file"
        );
    }
}

/// Values that whoever owns the disk could have changed: what audit events vouch for, sealed columns, the master key.
pub fn stored(data: &[u8]) {
    if let Some(again) = door::covers(data) {
        assert_eq!(again, data, "covers that are written otherwise than they were read");
    }
    assert!(!door::opens(data), "something opened that no key of ours has sealed");
    if let Ok(keys) = door::master(&bytes::text(data)) {
        let again = door::master(&keys).expect("keys that were written can be read");
        assert_eq!(again, keys);
    }
}

/// A file of anchors from outside the database: no line that this relay has not signed is taken for one.
pub fn anchors(data: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder for a moment");
    std::fs::write(folder.path().join("anchors.jsonl"), data).expect("a file in it");
    // Any key but the one that signed; a true one (the first of RFC 8032, 7.1), because under some bytes that are no point of
    // large order, such as zeros, a signature of zeros holds.
    std::fs::write(folder.path().join("anchor.pub"), "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n")
        .expect("a key beside it");
    if let Ok(anchors) = lapwing_relay::proof::anchor::read(folder.path(), None) {
        assert!(anchors.is_empty(), "a signature that nobody made");
    }
}

/// A backup file, and the records in one: nothing that this relay has not sealed opens, and a record that is read is written
/// as it was.
pub fn backup(data: &[u8]) {
    assert!(!door::backup(data), "a seal that nobody made");
    assert!(door::records(data).1, "a record is not written as it was read");
}
