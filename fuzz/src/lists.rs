//! Lists, compiled and as people write them. What cannot be used is refused with a reason; what is taken can be used.

use crate::bytes;
use lapwing_core::{Audience, Engine, Frame, Lists, ListsError, Policy, Surface, Typed, Visit};

/// What is looked for with lists of any kind.
const WORDS: &str = "I said: send nudes or I'll kill you tomorrow. k1ll myself — knife… see you at lunch, 🔪";

/// The compiled form, as a signed pack would carry it.
pub fn lists_bytes(data: &[u8]) {
    let Ok(lists) = Lists::from_bytes(data) else { return };
    let again = lists.to_bytes().expect("what was read can be written");
    let once_more = Lists::from_bytes(&again).expect("what was written can be read");
    assert_eq!(once_more.to_bytes().as_ref(), Ok(&again), "reading and writing settle");
    use_them(lists);
}

/// List files: the first text is a phrase file, then words, sites, hosts that are never read, and cues.
pub fn lists_source(data: &[u8]) {
    let texts = bytes::texts(data, 5);
    let names =
        ["phrases/bullying.toml", "words.toml", "sites/games.toml", "never_read.toml", "context.toml"];
    let files: Vec<(&str, &str)> = names
        .into_iter()
        .zip(texts.iter().map(String::as_str))
        .filter(|(_, text)| !text.is_empty())
        .collect();
    match Lists::from_sources(&files) {
        Ok(lists) => {
            let bytes = lists.to_bytes().expect("what was compiled can be written");
            Lists::from_bytes(&bytes).expect("what was written can be read");
            use_them(lists);
        }
        Err(ListsError::Source(problems)) => {
            assert!(!problems.is_empty(), "refused without a reason");
            assert!(problems.iter().all(|problem| !problem.detail.is_empty() && !problem.file.is_empty()));
        }
        Err(ListsError::Damaged(detail)) => panic!("compiled, but damaged: {detail}"),
    }
}

fn use_them(lists: Lists) {
    let Ok(made) = Engine::new(lists, Policy::school_default(Audience::Year(9))) else { return };
    for &surface in Surface::ALL {
        let findings = made.check_text(&Typed { text: WORDS, surface, url: "" });
        for finding in &findings {
            let matched = WORDS.get(finding.span.clone()).expect("a span inside the text");
            assert!(!matched.is_empty() && WORDS.contains(&finding.excerpt.text));
        }
    }
    let address = "https://www.games.example/a/b?q=send+nudes";
    let decision = made.check_url(&Visit { url: address, frame: Frame::Main });
    let terms = decision.search.as_ref().map_or("", |search| search.terms.as_str());
    assert!(decision.findings.iter().all(|finding| terms.get(finding.span.clone()).is_some()));
}
