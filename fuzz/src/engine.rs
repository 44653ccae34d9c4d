//! The engine on any words and any address: no panic, and every answer points at what was there.

use crate::bytes;
use lapwing_core::{
    Audience, Engine, Finding, Frame, Lists, Policy, Surface, Typed, Visit, scan::scan_line, wire,
};
use std::sync::LazyLock;

/// One engine an audience, because rules differ by year.
static ENGINES: LazyLock<Vec<Engine>> = LazyLock::new(|| {
    let engine = |audience| Engine::new(Lists::starter().unwrap(), Policy::school_default(audience)).unwrap();
    [Audience::Unspecified, Audience::Year(2), Audience::Year(9), Audience::Staff].map(engine).into()
});

/// The pages that words are typed into: an ordinary one, a search, one that is never read, none.
const PAGES: [&str; 4] =
    ["https://chat.example/room", "https://www.google.com/search?q=x", "https://www.childline.org.uk/", ""];

/// Typed words: `check_text`, and what the policy makes of it.
pub fn text(data: &[u8]) {
    let (engine, data) = bytes::choice(data, &ENGINES);
    let (surface, data) = bytes::choice(data, Surface::ALL);
    let (url, data) = bytes::choice(data, &PAGES);
    let text = bytes::text(data);
    let findings = engine.check_text(&Typed { text: &text, surface: *surface, url });
    assert!(findings.is_empty() || !engine.never_reads_url(url), "words of a page that is never read");
    hold(&text, &findings);
    let verdict = engine.weigh(&findings);
    assert_eq!(verdict.categories.is_empty(), findings.is_empty());
}

/// What holds for findings in a text.
pub(crate) fn hold(text: &str, findings: &[Finding]) {
    for finding in findings {
        let matched = text.get(finding.span.clone()).expect("a span inside the text, on character edges");
        assert!(!matched.trim().is_empty(), "nothing matched: {finding:?}");
        let excerpt = &finding.excerpt;
        let length = excerpt.text.chars().count();
        assert!(length <= wire::limit::EXCERPT, "an excerpt of {length} characters");
        assert!(text.contains(&excerpt.text), "an excerpt that nobody wrote: {finding:?}");
        for (start, end) in &excerpt.marks {
            assert!(start < end && *end as usize <= length, "a mark outside its excerpt: {finding:?}");
        }
        assert!(!finding.rule.is_empty() && !finding.why.is_empty(), "a finding without its reason");
    }
    assert!(findings.windows(2).all(|pair| pair[0].severity >= pair[1].severity), "not gravest first");
}

/// Addresses: `check_url` for the tab and for a frame, and what kind of field a page has.
pub fn url(data: &[u8]) {
    let (engine, data) = bytes::choice(data, &ENGINES);
    let texts = bytes::texts(data, 2);
    let (url, hint) = (bytes::at(&texts, 0), bytes::at(&texts, 1));
    for frame in [Frame::Main, Frame::Sub] {
        let decision = engine.check_url(&Visit { url, frame });
        assert!(
            !decision.verdict.alert || decision.site.is_some() || !decision.findings.is_empty(),
            "an alert without a reason: {decision:?}"
        );
        let terms = decision.search.as_ref().map_or("", |search| search.terms.as_str());
        hold(terms, &decision.findings);
        assert!(frame == Frame::Main || decision.search.is_none(), "the words of a search inside a frame");
    }
    let _ = engine.surface_of(url, hint);
    let _ = engine.never_reads_url(url);
}

/// A line of `lapwing-relay scan`: an answer or a reason, both of one line.
pub fn scan(data: &[u8]) {
    let line = bytes::text(data);
    let answer = match scan_line(&ENGINES[0], &line) {
        Ok(answer) => answer,
        Err(error) => {
            assert!(!error.detail.is_empty());
            error.to_json()
        }
    };
    assert!(!answer.to_string().contains('\n'), "an answer of several lines");
}
