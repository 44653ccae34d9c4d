//! More than five hundred strings that have broken pages, and their packing into fields.
//!
//! Each carries a mark of its own (`zq042`), so that a page can be asked which it showed; what would run calls `zq(42)`,
//! and what would load or lead anywhere names `zq.example`. Nothing here knows the product: where the strings go, and how
//! a page is judged, is the business of the test.

mod families;
mod judge;
mod markup;

pub use judge::{Judge, Seen};

use families::FAMILIES;
use markup::{BREAKOUTS, MARKUP, SWALLOWS};

/// Marks and the host begin with this; no ordinary word does.
pub const MARK: &str = "zq";

/// One string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hostile {
    /// Its mark.
    pub mark: String,
    /// The whole of it, the mark somewhere inside.
    pub text: String,
    /// Opens something that, were it taken for markup, would hide what follows: it must stand last.
    swallows: bool,
}

impl Hostile {
    /// Whether every field keeps it as it is: control characters and blank edges are taken out, and what turns text round
    /// is made visible.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        self.text.trim() == self.text && !self.text.chars().any(|c| c.is_control() || turns(c))
    }

    /// Whether an address keeps it as well, which loses its query and its fragment.
    #[must_use]
    pub fn is_plain_in_an_address(&self) -> bool {
        self.is_plain() && !self.text.contains(['?', '#'])
    }
}

/// All of them, each with a mark of its own.
#[must_use]
pub fn strings() -> Vec<Hostile> {
    let mut all = Vec::new();
    let mut add = |pattern: &str, swallows: bool| {
        let number = all.len();
        let mark = format!("{MARK}{number:03}");
        let mut text = pattern.replace("{n}", &number.to_string()).replace("{m}", &mark);
        if !text.contains(&mark) {
            text = format!("{text} {mark}");
        }
        all.push(Hostile { mark, text, swallows });
    };
    for breakout in BREAKOUTS {
        MARKUP.iter().for_each(|markup| add(&format!("{breakout}{markup}"), false));
    }
    FAMILIES.iter().flat_map(|family| family.iter()).for_each(|pattern| add(pattern, false));
    let controls = (0..=0x1f).chain(0x7f..=0x9f).filter_map(char::from_u32);
    controls.for_each(|control| add(&format!("con{control}trol<b>{control}{{m}}"), false));
    for long in [
        "<b>".repeat(90),
        "A".repeat(280),
        "🔪".repeat(280),
        "\u{301}".repeat(250),
        "&".repeat(280),
        "\"".repeat(280),
        "<div>".repeat(55),
        "word ".repeat(55),
    ] {
        add(&format!("{long}{{m}}"), false);
    }
    SWALLOWS.iter().for_each(|pattern| add(pattern, true));
    all
}

/// The strings in groups that fit a field of `most` characters; at most one of a group hides what follows, and it is last.
#[must_use]
pub fn packs(strings: &[Hostile], most: usize) -> Vec<String> {
    let mut packs: Vec<(String, bool)> = Vec::new();
    for Hostile { text, swallows, .. } in strings {
        let length = text.chars().count();
        let room = |(pack, full): &&mut (String, bool)| !full && pack.chars().count() + 1 + length <= most;
        match packs.iter_mut().rev().take(24).find(room) {
            Some((pack, full)) => {
                pack.push(' ');
                pack.push_str(text);
                *full = *swallows;
            }
            None => packs.push((text.clone(), *swallows)),
        }
    }
    packs.into_iter().map(|(pack, _)| pack).collect()
}

/// Packs by their places, beginning again after the last.
#[derive(Debug, Clone)]
pub struct Packs(pub Vec<String>);

impl Packs {
    /// The pack at a place.
    #[must_use]
    pub fn at(&self, place: usize) -> &str {
        self.0.get(place % self.0.len().max(1)).map(String::as_str).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn there_are_more_than_five_hundred_and_each_has_its_own_mark() {
        let all = strings();
        assert!(all.len() > 500, "{}", all.len());
        let marks: HashSet<&str> = all.iter().map(|one| one.mark.as_str()).collect();
        assert_eq!(marks.len(), all.len());
        let texts: HashSet<&str> = all.iter().map(|one| one.text.as_str()).collect();
        assert_eq!(texts.len(), all.len());
        assert!(all.iter().all(|one| one.text.contains(&one.mark)));
    }

    #[test]
    fn packs_hold_every_string_and_fit() {
        let all = strings();
        let packs = packs(&all, 300);
        assert!(packs.iter().all(|pack| pack.chars().count() <= 300));
        for one in &all {
            assert_eq!(packs.iter().filter(|pack| pack.contains(&one.text)).count(), 1, "{one:?}");
        }
        assert!(packs.len() < 200, "{} packs: lists show 200 at most", packs.len());
    }
}
