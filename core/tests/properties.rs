//! What holds for every text and every address, however strange: no panic, and answers that point at what was typed.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

use lapwing_core::{Audience, Engine, Frame, Lists, Policy, Surface, Typed, Visit, wire};
use proptest::prelude::*;
use std::sync::LazyLock;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    Engine::new(Lists::starter().unwrap(), Policy::school_default(Audience::Unspecified)).unwrap()
});

/// Pieces that rules look at, disguised and not, among marks and characters that are hard to fold.
fn text() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "i want to die",
        "kill myself",
        "k1ll",
        "myse1f",
        "k i l l",
        "$uicide",
        "suicide",
        "send nudes",
        "vpn",
        "knife",
        "bring",
        "to school",
        "tomorrow",
        "tonight",
        ". ",
        "! ",
        "\n",
        " ",
        "  ",
        "’",
        "'",
        "…",
        "é",
        "e\u{301}",
        "ﬁ",
        "oﬃwant",
        "\u{200b}",
        "\u{202e}",
        "🔪",
        "👩‍👩‍👧",
        "मदद",
        "𝖐𝖎𝖑𝖑",
        "К",
        "½",
        "...",
        "@",
        "<b>",
        "\0",
        "friend",
        "essay",
    ]);
    prop_oneof![
        prop::collection::vec(pieces, 0..30).prop_map(|pieces| pieces.concat()),
        any::<String>(),
        "\\PC{0,200}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn findings_point_at_what_was_typed(text in text(), surface in prop::sample::select(Surface::ALL)) {
        let findings = ENGINE.check_text(&Typed { text: &text, surface, url: "" });
        for finding in &findings {
            let matched = text.get(finding.span.clone());
            prop_assert!(matched.is_some_and(|matched| !matched.trim().is_empty()), "{finding:?}");
            let excerpt = &finding.excerpt;
            let length = excerpt.text.chars().count();
            prop_assert!(length <= wire::limit::EXCERPT && text.contains(&excerpt.text));
            for (start, end) in &excerpt.marks {
                prop_assert!(start < end && *end as usize <= length, "{finding:?}");
                let mark: String =
                    excerpt.text.chars().skip(*start as usize).take((end - start) as usize).collect();
                prop_assert!(matched.is_some_and(|matched| matched.starts_with(&mark)), "{finding:?}");
            }
            prop_assert!(!finding.rule.is_empty() && !finding.why.is_empty());
        }
        prop_assert!(findings.windows(2).all(|pair| pair[0].severity >= pair[1].severity));
        let verdict = ENGINE.weigh(&findings);
        prop_assert_eq!(verdict.categories.is_empty(), findings.is_empty());
    }

    #[test]
    fn any_address_has_an_answer(
        url in prop_oneof![
            any::<String>(),
            "https?://[a-z0-9.:@/%?#=\\[\\]-]{0,60}",
            "https://www\\.(google|bing)\\.com/search\\?q=\\PC{0,40}",
        ],
        page in "https?://[a-z.]{0,20}",
    ) {
        for frame in [Frame::Main, Frame::Sub] {
            let decision = ENGINE.check_url(&Visit { url: &url, frame });
            prop_assert!(!decision.verdict.alert || decision.site.is_some() || !decision.findings.is_empty());
        }
        let _ = ENGINE.surface_of(&url, &page);
    }
}
