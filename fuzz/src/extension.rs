//! What the extension's worker is told: by its pages, by its own storage, and by a relay. A page's script is not trusted,
//! and an answer may come from anything between the device and the relay.

use crate::bytes;
use lapwing_core::wire::{Alert, limit};
use lapwing_core::{Lists, Severity};
use lapwing_extension::analyser::Analyser;
use lapwing_extension::outbox::{Entry, Kind, Outbox, Stands, Step};
use lapwing_extension::pace::{Answer, Pace};
use lapwing_extension::policy::{Setup, settle};
use lapwing_extension::told::{Heard, Opened};
use lapwing_extension::{receipt, relay, words};
use serde::de::DeserializeOwned;
use serde_json::json;
use std::cell::RefCell;

thread_local! {
    /// A worker that watches. Making one reads all lists, so it is made once; what pages told it before is forgotten.
    static WORKER: RefCell<Analyser> = RefCell::new(watching());
}

fn watching() -> Analyser {
    let mut analyser = Analyser::default();
    analyser.take_lists(Lists::starter_bytes().to_vec()).unwrap();
    let setup = json!({
        "install_type": "admin", "now": 1_795_511_640_000_i64,
        "managed": { "relay_url": "https://relay.school.example", "enrolment_key": "key", "school_name": "Oak Park" },
    });
    analyser.settle(serde_json::from_value(setup).unwrap()).unwrap();
    analyser
}

fn json<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).ok()
}

/// What pages and storage tell the worker: the state of a session, typed words, an opened address, a report, a reply, a
/// request, what the browser knows of its policy. Whatever becomes an alert must be one that a relay takes.
pub fn messages(data: &[u8]) {
    let texts = bytes::texts(data, 3);
    let (first, second) = (bytes::at(&texts, 0), bytes::at(&texts, 1));
    let session = bytes::at(&texts, 2);
    WORKER.with_borrow_mut(|worker| {
        if worker.restore(session).is_err() {
            worker.restore("{}").unwrap();
        }
        if let Some(heard) = json::<Heard>(first) {
            sound(worker.heard(heard).unwrap().entry);
        }
        if let Some(opened) = json::<Opened>(first) {
            let _ = worker.decide(&opened.url, opened.main, opened.stamp.now).unwrap();
            worker.go_on(second, opened.stamp.now);
            sound(worker.opened(opened).unwrap().entry);
        }
        let session = worker.session().unwrap();
        worker.restore(&session).expect("a session reads what it wrote");
    });
    // Before the browser has said how the extension is installed, what is kept is left as it is, unread.
    if let Some(setup) = json::<Setup>(first).filter(|setup| setup.install_type.is_some()) {
        let settled = settle(setup);
        let again =
            Setup { install_type: Some("admin".to_owned()), kept: settled.keep.clone(), ..Setup::default() };
        assert_eq!(
            settled.keep.is_some(),
            settle(again).keep.is_some(),
            "a policy was kept that cannot be read"
        );
    }
    for entry in [words::report(first), words::reply(first)].into_iter().flatten() {
        assert!(entry.kind != Kind::Alert && !entry.body.is_empty());
    }
    for kind in ["enrol", "check-in", "thread"] {
        let _ = relay::request(kind, first);
    }
    if let Ok(code) = receipt::read(second) {
        assert_eq!(receipt::read(&receipt::shown(&code)).unwrap(), code);
    }
}

/// An alert on its way to the outbox: whole, of the wire's shape, and within its limits.
fn sound(entry: Option<Entry>) {
    let Some(entry) = entry else { return };
    let alert: Alert = serde_json::from_str(&entry.body).expect("an alert of the wire's shape");
    assert_eq!(alert.id, entry.id);
    assert!(!alert.reasons.is_empty() && alert.reasons.len() <= limit::REASONS);
    assert!(alert.url.chars().count() <= limit::URL && !alert.url.contains(['?', '#']), "{}", alert.url);
    #[cfg(feature = "relay")]
    if uuid(&alert.id) {
        // Whatever else a page says, what the device makes of it must not be refused for good.
        assert_eq!(lapwing_relay::fuzzing::refused(entry.body.as_bytes()), None, "{}", entry.body);
    }
}

/// The worker makes its alerts' ids itself, so a strange one is not the page's doing.
#[cfg(feature = "relay")]
fn uuid(id: &str) -> bool {
    let bytes = id.as_bytes();
    id.len() == 36
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(byte),
        })
}

/// What a relay, or anything in between, answers: nothing leaves the outbox unless its own id was acknowledged, and
/// nothing grave is dropped whatever comes.
pub fn answers(data: &[u8]) {
    let texts = bytes::texts(data, 6);
    let entries: Vec<Entry> = json(bytes::at(&texts, 4)).unwrap_or_else(waiting);
    let pace: Pace = json(bytes::at(&texts, 5)).unwrap_or_default();
    let mut outbox = Outbox::restore(entries.clone(), pace);
    let mut now = 1_795_511_640_000;
    for round in 0..4 {
        now += 4_000_000;
        let sent = match outbox.next(now) {
            Step::Send { ids, path, body } => {
                assert!(!ids.is_empty() && path.starts_with("/api/v1/"));
                assert!(body.len() <= limit::BODY || ids.len() == 1, "a body that cannot be taken");
                ids
            }
            Step::Wait { until } => {
                assert!(until > now, "a wait that is over");
                continue;
            }
            Step::Idle | Step::Halted => break,
        };
        let text = bytes::at(&texts, round);
        let answer: Answer =
            json(text).unwrap_or_else(|| Answer { status: 200, body: text.to_owned(), retry_after: None });
        let random = f64::from(u8::try_from(data.len() % 256).unwrap_or(0)) / 255.0;
        let acknowledges = (200..300).contains(&answer.status);
        let outcome = outbox.answered(&sent, &answer, now, random);
        assert!(outcome.forget.iter().all(|id| sent.contains(id)), "forgot what was not sent");
        assert!(acknowledges || outcome.forget.is_empty(), "forgot what was not acknowledged");
        for entry in &entries {
            assert!(
                outbox.stands(&entry.id) != Stands::Sent
                    || outcome.forget.contains(&entry.id)
                    || outcome.refused.iter().any(|refusal| refusal.id == entry.id)
                    || round > 0
                    || entry.refused.is_some(),
                "lost: {entry:?}"
            );
        }
        let pace = serde_json::to_string(outbox.pace()).unwrap();
        assert_eq!(json::<Pace>(&pace).as_ref(), Some(outbox.pace()), "a pace reads what it wrote");
    }
}

/// Two alerts, a report and a reply, whose ids an answer can name.
fn waiting() -> Vec<Entry> {
    let kinds = [(Kind::Alert, Severity::Low), (Kind::Alert, Severity::Critical)];
    let words = [(Kind::Report, Severity::High), (Kind::Reply, Severity::High)];
    let entry = |(at, (kind, severity)): (usize, (Kind, Severity))| Entry {
        id: ["a", "b", "c", "d"][at].to_owned(),
        kind,
        severity,
        stage: None,
        made_at: 1,
        body: "{}".to_owned(),
        refused: None,
    };
    kinds.into_iter().chain(words).enumerate().map(entry).collect()
}
