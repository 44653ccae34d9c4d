//! Cuts out the sentence around a match, as it was written, and marks the match in it.

use crate::wire::{Excerpt, limit};
use std::borrow::Cow;
use std::ops::Range;

/// The excerpt of `text` for a match at `span` inside `sentence`; all in bytes on character edges.
pub(crate) fn cut(text: &str, sentence: &Range<usize>, span: &Range<usize>) -> Excerpt {
    let from = sentence.start.min(span.start);
    let to = sentence.end.max(span.end);
    let whole = text.get(from..to).unwrap_or_default();
    let start = characters(text.get(from..span.start));
    let end = start + characters(text.get(span.clone()));
    let total = start + characters(text.get(span.start..to));
    // Too long: as much on either side as fits, and the beginning of a match that is too long itself.
    let room = limit::EXCERPT.saturating_sub(end - start);
    let mut first = if total <= limit::EXCERPT { 0 } else { start.saturating_sub(room / 2) };
    first = first.min(total.saturating_sub(limit::EXCERPT));
    // Nearly always it fits as it is.
    let kept = if total <= limit::EXCERPT {
        Cow::Borrowed(whole)
    } else {
        Cow::Owned(whole.chars().skip(first).take(limit::EXCERPT).collect())
    };
    let trimmed = kept.trim_start();
    first += characters(kept.get(..kept.len() - trimmed.len()));
    let trimmed = trimmed.trim_end();
    let length = characters(Some(trimmed));
    let place = |at: usize| u32::try_from(at.saturating_sub(first).min(length)).unwrap_or(u32::MAX);
    Excerpt { text: trimmed.to_owned(), marks: vec![(place(start), place(end))] }
}

fn characters(text: Option<&str>) -> usize {
    text.map_or(0, |text| text.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str, sentence: Range<usize>, word: &str) -> (String, String) {
        let at = text.find(word).unwrap();
        let excerpt = cut(text, &sentence, &(at..at + word.len()));
        let (start, end) = excerpt.marks[0];
        let mark = excerpt.text.chars().skip(start as usize).take((end - start) as usize).collect();
        (excerpt.text, mark)
    }

    #[test]
    fn the_sentence_as_written_with_the_match_marked_in_characters() {
        let text = "Fine.  Ça va… KNIFE! Fine.";
        let sentence = 5..text.find(" Fine.").unwrap();
        assert_eq!(marked(text, sentence, "KNIFE"), ("Ça va… KNIFE!".into(), "KNIFE".into()));
    }

    #[test]
    fn a_long_sentence_is_cut_on_both_sides_of_the_match() {
        let text = format!("{} knife {}", "é".repeat(2_000), "é".repeat(2_000));
        let (excerpt, mark) = marked(&text, 0..text.len(), "knife");
        assert_eq!(excerpt.chars().count(), limit::EXCERPT);
        assert_eq!(mark, "knife");
        assert!(excerpt.starts_with('é') && excerpt.ends_with('é'));
    }

    #[test]
    fn near_an_end_the_room_is_given_to_the_other_side() {
        let text = format!("{} knife", "é".repeat(2_000));
        let (excerpt, mark) = marked(&text, 0..text.len(), "knife");
        assert_eq!((excerpt.chars().count(), mark.as_str()), (limit::EXCERPT, "knife"));
    }

    #[test]
    fn a_match_longer_than_an_excerpt_is_cut_and_marked_to_its_end() {
        let text = "x".repeat(5_000);
        let excerpt = cut(&text, &(0..5_000), &(100..4_000));
        assert_eq!(excerpt.text.len(), limit::EXCERPT);
        assert_eq!(excerpt.marks[0].1 as usize, limit::EXCERPT);
    }
}
