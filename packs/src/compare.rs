//! What a new state of lists would change, for whoever decides about it before it is in force: how many rules come and go in
//! each category, some of them by name, and what was left out. Nothing is built here; that is `build` and `delta`.
//!
//! A map holds no names, so what goes can be told by name only where the lists of which it was built are still there.

use crate::rules::{Rule, Rules, Says};
use crate::sources::{About, Collected, Spec};
use crate::{BuildError, Skipped};
use lapwing_core::{Category, CategorySet, Sites, canary};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Names of one kind that are shown.
const SAMPLES: usize = 12;

/// What holds until now.
#[derive(Debug, Clone, Copy)]
pub enum Before<'a> {
    /// The lists of which the packs in force were built; none of them when there is no pack.
    Lists(&'a [Spec]),
    /// The packs alone, and how many rules they have.
    Map(&'a Sites, u64),
}

/// What comes and goes of one kind of rule.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Moves {
    /// Rules until now; of a map alone, only those that stay.
    pub before: u64,
    /// Rules afterwards.
    pub after: u64,
    /// Rules that come.
    pub added: u64,
    /// Rules that go; none are known of a map alone.
    pub removed: u64,
    /// Some that come, spread over all of them.
    pub come: Samples,
    /// Some that go.
    pub go: Samples,
}

/// Some of many names, evenly spread over them: the first, and then every second, fourth, eighth as they become many.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Samples {
    /// The names.
    pub names: Vec<String>,
    #[serde(skip)]
    seen: u64,
    #[serde(skip)]
    doublings: u32,
}

impl Samples {
    fn note(&mut self, name: &str) {
        let stride = 1_u64 << self.doublings;
        if self.seen.is_multiple_of(stride) {
            if self.names.len() == SAMPLES {
                let mut number = 0;
                self.names.retain(|_| {
                    number += 1;
                    number % 2 == 1
                });
                self.doublings += 1;
            }
            if self.seen.is_multiple_of(1 << self.doublings) {
                self.names.push(name.to_owned());
            }
        }
        self.seen += 1;
    }
}

/// Why lines were left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The reason.
    pub why: String,
    /// How many.
    pub count: u64,
    /// Where the first stand, and what they say.
    pub examples: Vec<String>,
}

/// What a new state of lists would change.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Comparison {
    /// Rules until now.
    pub before: u64,
    /// Rules afterwards.
    pub after: u64,
    /// Rules for sites that had none.
    pub added: u64,
    /// Rules that say something else than before.
    pub altered: u64,
    /// Rules that go. Of a map alone that has changes laid on it, at most so many.
    pub removed: u64,
    /// Whether what goes is known by name and category.
    pub named: bool,
    /// By category.
    pub categories: BTreeMap<Category, Moves>,
    /// Exceptions, which take a category away.
    pub exceptions: Moves,
    /// Exceptions that take other categories away than before.
    #[serde(default)]
    pub exceptions_altered: u64,
    /// Lines that were left out.
    pub left_out: Vec<LeftOut>,
    /// Each list.
    pub sources: Vec<About>,
}

impl Comparison {
    /// Compares `new` with what holds until now. A rule for one of `suffixes` is taken although everybody's sites are under it.
    ///
    /// # Errors
    /// When a list cannot be read.
    pub fn of(before: Before<'_>, new: &[Spec], suffixes: &BTreeSet<String>) -> Result<Self, BuildError> {
        let (new, about) = read(new, suffixes)?;
        let mut this = Self { after: new.len() as u64, ..Self::default() };
        match before {
            Before::Lists(old) => {
                let (old, _) = read(old, suffixes)?;
                this.named = true;
                this.before = old.len() as u64;
                merge(&old, &new, |old, new| this.rule(old, new));
            }
            Before::Map(sites, rules) => {
                // Lapwing puts its own test address into every pack; no list has it.
                let rules = rules.saturating_sub(u64::from(sites.rule(canary::PACK_HOST, "").is_some()));
                this.before = rules;
                for rule in &new {
                    let (host, path) = rule.parts();
                    let old = sites.rule(host, path);
                    let old = old.map(|says| Says { gives: says.gives, takes: says.takes, source: 0 });
                    let old = old.map(|says| Rule { says, ..rule.clone() });
                    this.rule(old.as_ref(), Some(rule));
                }
                this.removed = rules.saturating_sub(this.after.saturating_sub(this.added));
            }
        }
        // Addresses of unlawful content are shown to nobody, nor what stands beside them.
        if !this.categories.contains_key(&Category::Illegal) {
            this.left_out = left_out(&about.skipped);
        } else {
            let counts = left_out(&about.skipped).into_iter();
            this.left_out = counts.map(|one| LeftOut { examples: Vec::new(), ..one }).collect();
        }
        this.sources = about.sources;
        Ok(this)
    }

    /// Whether nothing changes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.added == 0 && self.altered == 0 && self.removed == 0
    }

    /// Rules that come, go or say something else.
    #[must_use]
    pub const fn changed(&self) -> u64 {
        self.added.saturating_add(self.altered).saturating_add(self.removed)
    }

    /// Whether so little changes that nobody need look: under one rule in twenty, no category that loses half of its own, and
    /// no exception, of which a single one opens or shuts a whole site however many rules there are.
    #[must_use]
    pub fn is_small(&self) -> bool {
        self.named
            && (self.exceptions.added, self.exceptions.removed, self.exceptions_altered) == (0, 0, 0)
            && self.changed().saturating_mul(20) < self.before
            && self.categories.values().all(|moves| moves.removed.saturating_mul(2) < moves.before.max(1))
    }

    /// Notes one rule: what it was, and what it will be.
    fn rule(&mut self, old: Option<&Rule>, new: Option<&Rule>) {
        let says = |rule: Option<&Rule>| {
            rule.map_or((CategorySet::NONE, CategorySet::NONE), |rule| (rule.says.gives, rule.says.takes))
        };
        let (was, will) = (says(old), says(new));
        match (old, new) {
            (None, Some(_)) => self.added += 1,
            (Some(_), None) => self.removed += 1,
            _ => self.altered += u64::from(was != will),
        }
        let secret = was.0.with(will.0).contains(Category::Illegal);
        let name = old.or(new).filter(|_| !secret).map_or("", |rule| &rule.name);
        for category in was.0.with(will.0).iter() {
            let moves = self.categories.entry(category).or_default();
            moves.note(was.0.contains(category), will.0.contains(category), name);
        }
        self.exceptions.note(!was.1.is_empty(), !will.1.is_empty(), name);
        self.exceptions_altered += u64::from(!was.1.is_empty() && !will.1.is_empty() && was.1 != will.1);
    }
}

impl Moves {
    fn note(&mut self, was: bool, will: bool, name: &str) {
        self.before += u64::from(was);
        self.after += u64::from(will);
        let samples = match (was, will) {
            (false, true) => {
                self.added += 1;
                &mut self.come
            }
            (true, false) => {
                self.removed += 1;
                &mut self.go
            }
            _ => return,
        };
        if !name.is_empty() {
            samples.note(name);
        }
    }
}

fn read(specs: &[Spec], suffixes: &BTreeSet<String>) -> Result<(Vec<Rule>, Collected), BuildError> {
    let mut collected = Collected { rules: Rules::new(suffixes.clone()), ..Collected::default() };
    for spec in specs {
        collected.read(spec)?;
    }
    let rules = std::mem::take(&mut collected.rules).finish();
    Ok((rules, collected))
}

/// Walks two states in order, with each site's rule before and after.
fn merge(old: &[Rule], new: &[Rule], mut each: impl FnMut(Option<&Rule>, Option<&Rule>)) {
    let (mut old, mut new) = (old.iter().peekable(), new.iter().peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => (&old.name, old.host).cmp(&(&new.name, new.host)),
        };
        match order {
            Ordering::Less => each(old.next(), None),
            Ordering::Greater => each(None, new.next()),
            Ordering::Equal => each(old.next(), new.next()),
        }
    }
}

fn left_out(skipped: &Skipped) -> Vec<LeftOut> {
    let all = skipped.iter().map(|(why, count, examples)| {
        let examples = examples.iter().take(SAMPLES).cloned().collect();
        // What the command line could do about it stands after the semicolon.
        let why = why.to_string().split(';').next().unwrap_or_default().to_owned();
        LeftOut { why, count, examples }
    });
    all.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Build, PackKey};
    use lapwing_core::pack::Pack;
    use std::path::Path;

    fn list(folder: &Path, name: &str, lines: &str) -> Vec<Spec> {
        std::fs::write(folder.join(name), format!("host,category\n{lines}")).unwrap();
        vec![format!("csv={}", folder.join(name).display()).parse().unwrap()]
    }

    const OLD: &str = "a.example,games\nb.example,games\nc.example,gambling\nd.example,social\n";
    const NEW: &str = "a.example,games\nb.example,social\nd.example,social\ne.example,games\nco.uk,games\n";

    #[test]
    fn what_comes_and_goes_is_told_by_category_and_name() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (list(folder.path(), "old.csv", OLD), list(folder.path(), "new.csv", NEW));
        let made = Comparison::of(Before::Lists(&old), &new, &BTreeSet::new()).unwrap();
        assert_eq!((made.before, made.after, made.added, made.altered, made.removed), (4, 4, 1, 1, 1));
        let games = &made.categories[&Category::Games];
        assert_eq!((games.before, games.after, games.added, games.removed), (2, 2, 1, 1));
        assert_eq!(
            (&*games.come.names, &*games.go.names),
            (&["e.example".into()][..], &["b.example".into()][..])
        );
        assert_eq!(made.categories[&Category::Gambling].after, 0);
        assert_eq!((made.left_out[0].count, made.left_out[0].examples.len()), (1, 1));
        assert!(made.named && !made.is_small() && !made.is_empty());
        let same = Comparison::of(Before::Lists(&new), &new, &BTreeSet::new()).unwrap();
        assert!(same.is_empty() && same.is_small());
    }

    #[test]
    fn of_a_pack_alone_is_known_how_many_go_and_not_which() {
        let folder = tempfile::tempdir().unwrap();
        let (sources, new) = (list(folder.path(), "old.csv", OLD), list(folder.path(), "new.csv", NEW));
        let (key, out) = (PackKey::from_seed(&[3; 32]), folder.path().join("a.pack"));
        Build { sources, version: 5, out: out.clone(), ..Build::default() }.run(&key).unwrap();
        let sites = Sites::new(Pack::open(std::fs::read(out).unwrap(), &key.public(), 0).unwrap()).unwrap();
        let made = Comparison::of(Before::Map(&sites, 5), &new, &BTreeSet::new()).unwrap();
        assert_eq!((made.added, made.altered, made.removed, made.named), (1, 1, 1, false));
        assert!(!made.is_small());
    }

    #[test]
    fn addresses_of_unlawful_content_are_not_among_the_samples() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new.txt");
        std::fs::write(&path, "x.example\nhttp://bad one/\n").unwrap();
        let new = vec![format!("plain:illegal={}", path.display()).parse().unwrap()];
        let made = Comparison::of(Before::Lists(&[]), &new, &BTreeSet::new()).unwrap();
        assert_eq!(made.categories[&Category::Illegal].added, 1);
        let told = serde_json::to_string(&made).unwrap();
        assert!(!told.contains("x.example") && !told.contains("bad one"), "{told}");
    }

    #[test]
    fn a_category_that_loses_half_is_no_small_change() {
        let many: String = (0..1_000).map(|n| format!("{n}.example,games\n")).collect();
        let folder = tempfile::tempdir().unwrap();
        let with = |name, more: &str| list(folder.path(), name, &format!("{many}{more}"));
        let old = with("a.csv", "x.test,gambling\ny.test,gambling\n");
        let small =
            |new: Vec<Spec>| Comparison::of(Before::Lists(&old), &new, &BTreeSet::new()).unwrap().is_small();
        assert!(small(with("b.csv", "x.test,gambling\ny.test,gambling\nz.test,games\n")));
        assert!(!small(with("c.csv", "x.test,gambling\n")));
        let more: String = (0..60).map(|n| format!("{n}.test,games\n")).collect();
        assert!(!small(with("d.csv", &format!("x.test,gambling\ny.test,gambling\n{more}"))));
    }

    #[test]
    fn an_exception_is_no_small_change_whether_it_comes_goes_or_frees_something_else() {
        let many: String = (0..1_000).map(|n| format!("{n}.example,games,\n")).collect();
        let folder = tempfile::tempdir().unwrap();
        let with = |name: &str, more: &str| {
            std::fs::write(folder.path().join(name), format!("host,category,exception\n{many}{more}"))
                .unwrap();
            vec![format!("csv={}", folder.path().join(name).display()).parse().unwrap()]
        };
        let (none, one) = (with("a.csv", ""), with("b.csv", "www.7.example,games,yes\n"));
        let other = with("c.csv", "www.7.example,games;social,yes\n");
        let rule = with("d.csv", "www.7.example,games,yes\nx.test,games,\n");
        let small = |old: &[Spec], new: &[Spec]| {
            Comparison::of(Before::Lists(old), new, &BTreeSet::new()).unwrap().is_small()
        };
        assert!(!small(&none, &one) && !small(&one, &none) && !small(&one, &other));
        assert!(small(&one, &rule), "one that stays is no change");
    }

    #[test]
    fn samples_are_spread_over_all_names() {
        let mut samples = Samples::default();
        (0..1_000).for_each(|number| samples.note(&number.to_string()));
        assert!((SAMPLES / 2..=SAMPLES).contains(&samples.names.len()), "{:?}", samples.names);
        assert_eq!(samples.names[0], "0");
        assert!(samples.names.last().unwrap().parse::<u64>().unwrap() > 750, "{:?}", samples.names);
    }
}
