//! The phrase language: `i (want|wanna|) to .. die*`.
//!
//! Words follow each other; `(a|b|)` is one of several, possibly nothing, and may hold other such groups; `*` at the
//! end of a word stands for any ending, at its start for any beginning; ` .. ` lets up to three words stand between. A phrase is folded like the text
//! that it is compared with, so case, accents and apostrophes do not matter. `{people}` is a group that has a name: see
//! `named`.

use crate::lists::gathered::{Form, Phrase, Piece};
use crate::lists::named::Named;
use crate::text::fold::Folded;
use std::collections::BTreeMap;

/// Most alternatives in one phrase, over all its groups. They are compared side by side, never multiplied, but nobody
/// can review more.
const MAX_BRANCHES: usize = 256;
/// Most gaps in one phrase.
const MAX_GAPS: usize = 3;
/// Groups inside groups.
const MAX_DEPTH: usize = 3;

/// Every word that phrases use, with its number.
#[derive(Debug, Default)]
pub(crate) struct Words(BTreeMap<String, u32>);

impl Words {
    fn number(&mut self, word: &str) -> u32 {
        // Lists with four billion words would not fit in memory.
        let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        *self.0.entry(word.to_owned()).or_insert(next)
    }

    /// The words in order, each with the number that was handed out.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (&str, u32)> {
        self.0.iter().map(|(word, number)| (word.as_str(), *number))
    }
}

/// Reads a phrase.
///
/// # Errors
/// What is wrong with it and what to write instead.
pub(crate) fn parse(phrase: &str, named: &mut Named, words: &mut Words) -> Result<Phrase, String> {
    let quoted = format!("“{phrase}”");
    let filled = named.fill(phrase).map_err(|problem| format!("{quoted} {problem}"))?;
    let chunks = split(&filled, ' ').map_err(|problem| format!("{quoted} {problem}"))?;
    let mut steps = Phrase::new();
    let mut gaps = 0;
    for chunk in chunks.iter().filter(|chunk| !chunk.is_empty()) {
        if chunk == ".." {
            gaps += 1;
            steps.push(vec![vec![Piece::Gap]]);
            continue;
        }
        let mut step: Vec<Vec<Piece>> = Vec::new();
        for literal in expand(chunk, 0).map_err(|problem| format!("{quoted} {problem}"))? {
            let run = pieces(&literal, words).map_err(|problem| format!("{quoted} {problem}"))?;
            if !step.contains(&run) {
                step.push(run);
            }
        }
        gaps += usize::from(step.iter().any(|run| run.contains(&Piece::Gap)));
        steps.push(step);
    }
    let is_gap = |step: Option<&Vec<Vec<Piece>>>| step.is_some_and(|step| step[..] == [vec![Piece::Gap]]);
    if is_gap(steps.first()) || is_gap(steps.last()) {
        return Err(format!("{quoted} begins or ends with “..”; a gap stands between words, so remove it"));
    }
    if !steps.iter().any(|step| step.iter().all(|run| run.iter().any(|p| matches!(p, Piece::Word { .. })))) {
        return Err(format!("{quoted} could match nothing at all; make one word of it certain"));
    }
    if gaps > MAX_GAPS {
        return Err(format!("{quoted} has more than {MAX_GAPS} gaps; make it shorter or split it"));
    }
    let branches: usize = steps.iter().map(Vec::len).sum();
    if branches > MAX_BRANCHES {
        return Err(format!(
            "{quoted} has {branches} alternatives and {MAX_BRANCHES} are allowed; split it in two"
        ));
    }
    Ok(steps)
}

/// Splits at a character outside groups.
fn split(text: &str, at: char) -> Result<Vec<String>, String> {
    let mut parts = vec![String::new()];
    let mut depth = 0_usize;
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => {
                depth = depth.checked_sub(1).ok_or("has a “)” without its “(”; add or remove one")?;
            }
            _ if c == at && depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    if depth > 0 {
        return Err("has a “(” without its “)”; add or remove one".into());
    }
    Ok(parts)
}

/// Every literal that a piece with groups stands for.
fn expand(text: &str, depth: usize) -> Result<Vec<String>, String> {
    let mut literals = vec![String::new()];
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once('(') {
        if depth == MAX_DEPTH {
            return Err(format!("has groups more than {MAX_DEPTH} deep; write it as two phrases"));
        }
        let (inside, after) = group(tail);
        let mut branches = Vec::new();
        for branch in split(inside, '|')? {
            branches.extend(expand(&branch, depth + 1)?);
        }
        if branches.len() == 1 {
            return Err(
                "has a group with one branch; use (a|b), or (a|) for a word that may be missing".into()
            );
        }
        literals = literals
            .iter()
            .flat_map(|start| branches.iter().map(move |branch| format!("{start}{before}{branch}")))
            .collect();
        if literals.len() > MAX_BRANCHES {
            return Err(format!("has more than {MAX_BRANCHES} alternatives in one word; split it in two"));
        }
        rest = after;
    }
    if rest.contains('|') {
        return Err("has a “|” outside a group; put brackets around the alternatives".into());
    }
    literals.iter_mut().for_each(|literal| literal.push_str(rest));
    Ok(literals)
}

/// The inside of a group whose opening bracket has been read, and what follows it.
fn group(text: &str) -> (&str, &str) {
    let mut depth = 1_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            let (inside, after) = text.split_at(at);
            return (inside, after.strip_prefix(')').unwrap_or_default());
        }
    }
    // `split` has balanced the brackets already.
    (text, "")
}

/// A literal as words and gaps.
fn pieces(literal: &str, words: &mut Words) -> Result<Vec<Piece>, String> {
    let mut run = Vec::new();
    for written in literal.split_whitespace() {
        if written == ".." {
            run.push(Piece::Gap);
            continue;
        }
        let (body, form) = match (written.strip_prefix('*'), written.strip_suffix('*')) {
            (None, None) => (written, Form::Whole),
            (None, Some(body)) => (body, Form::Beginning),
            (Some(body), None) => (body, Form::Ending),
            (Some(_), Some(_)) => {
                return Err(format!(
                    "has a star at both ends of “{written}”; leave one, or too much matches"
                ));
            }
        };
        if body.contains('*') {
            return Err(format!("has a star inside “{written}”; a star may only begin or end a word"));
        }
        let folded = Folded::new(body);
        if folded.tokens.is_empty() {
            return Err(format!("has “{written}”, which has no letter or digit; remove it"));
        }
        let last = folded.tokens.len() - 1;
        for (index, token) in folded.tokens.iter().enumerate() {
            let word = folded.word(token);
            let starred = index == if form == Form::Ending { 0 } else { last };
            let form = if starred { form } else { Form::Whole };
            if form != Form::Whole && word.chars().count() < 3 {
                return Err(format!("has “{written}”: a star needs three letters, or too much matches"));
            }
            run.push(Piece::Word { id: words.number(word), form });
        }
    }
    if run.first() == Some(&Piece::Gap) || run.last() == Some(&Piece::Gap) {
        return Err("has a branch that begins or ends with “..”; write the gap outside the group".into());
    }
    Ok(run)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(phrase: &str) -> String {
        parse(phrase, &mut Named::default(), &mut Words::default()).unwrap_err()
    }

    fn literals(phrase: &str) -> usize {
        let phrase = parse(phrase, &mut Named::default(), &mut Words::default()).unwrap();
        phrase.iter().map(Vec::len).product()
    }

    #[test]
    fn groups_multiply_and_may_be_empty_or_nested() {
        assert_eq!(literals("i want to die"), 1);
        assert_eq!(literals("i (want|wanna) to die"), 2);
        assert_eq!(literals("want(ed|ing|) (to (really|)|)die"), 9);
        assert_eq!(literals("self(-|)harm"), 2);
    }

    #[test]
    fn words_are_folded_and_numbered_once() {
        let mut words = Words::default();
        parse("Don’t DON'T dont", &mut Named::default(), &mut words).unwrap();
        assert_eq!(words.numbered().collect::<Vec<_>>(), [("dont", 0)]);
    }

    #[test]
    fn stars_and_gaps_become_pieces() {
        let mut words = Words::default();
        let phrase = parse("kill* .. *cide me", &mut Named::default(), &mut words).unwrap();
        let flat: Vec<Piece> = phrase.concat().concat();
        let word = |id, form| Piece::Word { id, form };
        assert_eq!(flat, [word(0, Form::Beginning), Piece::Gap, word(1, Form::Ending), word(2, Form::Whole)]);
    }

    #[test]
    fn mistakes_are_named_with_what_to_do() {
        for (phrase, advice) in [
            ("kill (me", "without its “)”"),
            ("kill me)", "without its “(”"),
            ("a|b", "outside a group"),
            ("(a)", "one branch"),
            ("k*ll", "may only begin or end a word"),
            ("*kill*", "star at both ends"),
            ("*ll", "three letters"),
            ("ki*", "three letters"),
            (".. me", "between words"),
            ("(me|)", "make one word of it certain"),
            ("{me} you", "nothing names"),
            ("!", "no letter or digit"),
            ("a (b|(c|(d|(e|f))))", "more than 3 deep"),
            ("a .. b .. c .. d .. e", "more than 3 gaps"),
            ("(a|b|c|d|e|f|g)(a|b|c|d|e|f|g)(a|b|c|d|e|f|g)", "more than 256 alternatives"),
        ] {
            let problem = problem(phrase);
            assert!(problem.contains(advice), "{phrase}: {problem}");
        }
    }
}
