//! Other people's words made safe to look at, and the taxonomy's words made fit for a heading. Escaping is the templates'
//! business; this is about what escaped text can still do to a reader's eye.

use lapwing_core::{Category, Severity, Stage};

/// A severity, ready for a template: a name for the style sheet and a word for the reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grade {
    /// The stable name.
    pub(super) name: &'static str,
    /// The word.
    pub(super) label: String,
}

impl From<Severity> for Grade {
    fn from(severity: Severity) -> Self {
        Self { name: severity.as_str(), label: capital(severity.label()) }
    }
}

/// A part of an excerpt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// The words.
    pub(super) text: String,
    /// Whether a rule matched them.
    pub(super) marked: bool,
}

/// Cuts an excerpt at its marks, which are ranges of characters. A mark that lies outside is left out: the words count,
/// not the colouring.
pub(super) fn pieces(excerpt: &str, marks: &[(u32, u32)]) -> Vec<Piece> {
    let marked =
        |index: usize| marks.iter().any(|&(start, end)| (start as usize..end as usize).contains(&index));
    let mut pieces: Vec<Piece> = Vec::new();
    for (index, c) in excerpt.chars().enumerate() {
        let here = marked(index);
        match pieces.last_mut() {
            Some(last) if last.marked == here => last.text.push(c),
            _ => pieces.push(Piece { text: c.into(), marked: here }),
        }
    }
    pieces
}

/// One line from a device or a pupil, in which characters that turn the direction of writing are shown instead of
/// obeyed: an address or a name must read as it is.
pub(super) fn line(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}' => {
                shown.push_str(&format!("‹U+{:04X}›", u32::from(c)));
            }
            c if c.is_control() => shown.push(' '),
            c => shown.push(c),
        }
    }
    shown
}

/// The theme of an episode as a heading: “Suicide: thoughts of it”.
pub(super) fn theme(category: Category, stage: Option<Stage>) -> String {
    let label = capital(category.label());
    match stage {
        Some(stage) => format!("{label}: {}", stage.label()),
        None => label,
    }
}

/// With a capital first letter.
pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// “1 alert”, “3 alerts”.
pub(super) fn count(number: i64, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(pieces: &[Piece]) -> Vec<(&str, bool)> {
        pieces.iter().map(|piece| (piece.text.as_str(), piece.marked)).collect()
    }

    #[test]
    fn marks_are_counted_in_characters() {
        let cut = pieces("dwi ŵedi blino 🫥 nawr", &[(4, 8), (15, 16)]);
        assert_eq!(
            shape(&cut),
            [("dwi ", false), ("ŵedi", true), (" blino ", false), ("🫥", true), (" nawr", false)]
        );
    }

    #[test]
    fn no_word_is_lost_to_a_bad_mark() {
        let cases: [&[(u32, u32)]; 4] = [&[(3, 1)], &[(90, 99)], &[(0, u32::MAX)], &[(2, 4), (0, 3)]];
        for marks in cases {
            let whole: String = pieces("hello", marks).into_iter().map(|piece| piece.text).collect();
            assert_eq!(whole, "hello", "{marks:?}");
        }
        assert!(pieces("", &[(0, 1)]).is_empty());
    }

    #[test]
    fn an_address_cannot_be_turned_round() {
        assert_eq!(line("https://a.example/\u{202e}gpj.exe"), "https://a.example/‹U+202E›gpj.exe");
        assert_eq!(line("one\u{0}two"), "one two");
        assert_eq!(line("Siân Ng’ang’a"), "Siân Ng’ang’a");
    }

    #[test]
    fn a_theme_reads_as_a_heading() {
        assert_eq!(theme(Category::Suicide, Some(Stage::Ideation)), "Suicide: thoughts of it");
        assert_eq!(theme(Category::AiChat, None), "AI chat");
    }
}
