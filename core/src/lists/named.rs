//! Words that lists name once and phrases use by name: `{people}` stands for `(black people|asian people|…)`.
//!
//! `words.toml` names words for all files, and a phrase file's own `[words]` for that file. A name is put in before the
//! phrase is read, so it can stand wherever a group can. What a name stands for is written out: names do not use names.

use crate::lists::phrase::{self, Words};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What may not stand in an alternative, because it is the language of phrases.
const SYNTAX: [char; 5] = ['(', ')', '|', '{', '}'];

/// A table `[words]`: names, and the alternatives that each stands for.
pub(crate) type Table = BTreeMap<String, Vec<String>>;

/// The names that the file being read may use.
#[derive(Debug, Default)]
pub(crate) struct Named {
    shared: BTreeMap<String, Group>,
    own: BTreeMap<String, Group>,
}

#[derive(Debug)]
struct Group {
    /// As a phrase has it: `(a|b)`.
    text: String,
    used: bool,
}

impl Named {
    /// Takes the names of `words.toml`. Gives what is wrong with them, by name.
    pub(crate) fn share(&mut self, table: &Table) -> Vec<(String, String)> {
        let (groups, problems) = read(table);
        self.shared.extend(groups);
        problems
    }

    /// Takes the names of a phrase file, in place of those of the file before. Gives what is wrong with them, by name.
    pub(crate) fn open(&mut self, table: &Table) -> Vec<(String, String)> {
        let (groups, mut problems) = read(table);
        for name in groups.keys().filter(|name| self.shared.contains_key(*name)) {
            let clash = "is in words.toml too; use that one, or choose another name".to_owned();
            problems.push((name.clone(), clash));
        }
        self.own = groups;
        problems
    }

    /// Ends a phrase file. Gives its names that no phrase used.
    pub(crate) fn close(&mut self) -> Vec<String> {
        unused(std::mem::take(&mut self.own))
    }

    /// Ends all files. Gives the names of `words.toml` that no phrase used.
    pub(crate) fn finish(&mut self) -> Vec<String> {
        unused(std::mem::take(&mut self.shared))
    }

    /// A phrase with groups in the place of names.
    ///
    /// # Errors
    /// What is wrong with a name and what to write instead.
    pub(crate) fn fill<'a>(&mut self, phrase: &'a str) -> Result<Cow<'a, str>, String> {
        if !phrase.contains(['{', '}']) {
            return Ok(Cow::Borrowed(phrase));
        }
        let mut filled = String::new();
        let mut rest = phrase;
        while let Some((before, tail)) = rest.split_once('{') {
            let (name, after) = tail.split_once('}').ok_or("has a “{” without its “}”; add or remove one")?;
            let group = self.own.get_mut(name).or_else(|| self.shared.get_mut(name)).ok_or_else(|| {
                format!(
                    "uses {{{name}}}, which nothing names; correct it, or add it to [words] here or in words.toml"
                )
            })?;
            group.used = true;
            filled.extend([before, &group.text]);
            rest = after;
        }
        filled.push_str(rest);
        if filled.contains('}') {
            return Err("has a “}” without its “{”; add or remove one".into());
        }
        Ok(Cow::Owned(filled))
    }
}

/// The groups of a table, those with mistakes too so that their uses are not reported as well; and the mistakes.
fn read(table: &Table) -> (BTreeMap<String, Group>, Vec<(String, String)>) {
    let mut groups = BTreeMap::new();
    let mut problems = Vec::new();
    for (name, alternatives) in table {
        if let Err(problem) = check(name, alternatives) {
            problems.push((name.clone(), problem));
        }
        groups.insert(name.clone(), Group { text: format!("({})", alternatives.join("|")), used: false });
    }
    (groups, problems)
}

fn check(name: &str, alternatives: &[String]) -> Result<(), String> {
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') {
        return Err("must be named with small letters and hyphens, such as best-friend".into());
    }
    if alternatives.len() < 2 {
        return Err("stands for fewer than two alternatives; write the word itself in the phrases".into());
    }
    for (index, alternative) in alternatives.iter().enumerate() {
        if alternative.contains(SYNTAX) {
            return Err(format!("has “{alternative}” with brackets or a bar; write each alternative out"));
        }
        if alternatives.iter().take(index).any(|other| other == alternative) {
            return Err(format!("has “{alternative}” twice; remove one"));
        }
        // An empty alternative makes the words optional.
        if !alternative.is_empty() {
            phrase::parse(alternative, &mut Named::default(), &mut Words::default())?;
        }
    }
    Ok(())
}

fn unused(groups: BTreeMap<String, Group>) -> Vec<String> {
    groups.into_iter().filter(|(_, group)| !group.used).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(entries: &[(&str, &[&str])]) -> Table {
        let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        entries.iter().map(|(name, words)| ((*name).to_owned(), own(words))).collect()
    }

    #[test]
    fn names_become_groups_wherever_a_group_may_stand() {
        let mut named = Named::default();
        assert!(named.share(&table(&[("im", &["im", "i am"])])).is_empty());
        assert!(named.open(&table(&[("so", &["so", "very", ""])])).is_empty());
        assert_eq!(named.fill("{im} {so} sad").unwrap(), "(im|i am) (so|very|) sad");
        assert_eq!(named.fill("({im}|we are) lost").unwrap(), "((im|i am)|we are) lost");
        assert_eq!(named.fill("no names").unwrap(), "no names");
        assert!(named.close().is_empty() && named.finish().is_empty());
    }

    #[test]
    fn a_files_own_names_end_with_it() {
        let mut named = Named::default();
        named.open(&table(&[("so", &["so", "very"]), ("pet", &["cat", "dog"])]));
        named.fill("{so} sad").unwrap();
        assert_eq!(named.close(), ["pet"]);
        assert!(named.fill("{so} sad").unwrap_err().contains("uses {so}, which nothing names"));
    }

    #[test]
    fn mistakes_are_named_with_what_to_do() {
        let mut named = Named::default();
        for (name, alternatives, advice) in [
            ("I'm", &["im", "i am"][..], "small letters and hyphens"),
            ("one", &["one"], "fewer than two"),
            ("nest", &["a", "(b|c)"], "write each alternative out"),
            ("twice", &["a", "b", "a"], "twice; remove one"),
            ("star", &["a", "k*ll"], "may only begin or end a word"),
        ] {
            let problems = named.share(&table(&[(name, alternatives)]));
            assert!(problems[0].0 == name && problems[0].1.contains(advice), "{problems:?}");
        }
        let clash = named.open(&table(&[("one", &["a", "b"])]));
        assert!(clash[0].1.contains("in words.toml too"), "{clash:?}");
        for (phrase, advice) in [("{one me", "without its “}”"), ("one} me", "without its “{”")] {
            assert!(named.fill(phrase).unwrap_err().contains(advice), "{phrase}");
        }
    }
}
