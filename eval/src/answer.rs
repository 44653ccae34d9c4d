//! What the engine says about many texts, asked on all cores at once.
//!
//! An answer keeps what measuring needs: whether a person would be told, the categories at alert level and at any level,
//! and the rules behind them. The texts and excerpts are not kept.

use lapwing_core::{Audience, Category, Engine, Lists, Policy, Severity, Surface, Typed};
use std::num::NonZeroUsize;
use std::thread;

use anyhow::Result;

/// A set of categories.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Categories(u64);

impl Categories {
    /// The set of these.
    #[must_use]
    pub fn of(categories: &[Category]) -> Self {
        categories.iter().copied().collect()
    }

    /// Whether this one is in it.
    #[must_use]
    pub const fn has(self, category: Category) -> bool {
        self.0 & bit(category) != 0
    }

    /// Whether any of the others is in it.
    #[must_use]
    pub const fn meets(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    /// What is in it and not among these.
    #[must_use]
    pub const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// What is in either.
    #[must_use]
    pub const fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Whether nothing is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its members, in the order of the taxonomy.
    pub fn iter(self) -> impl Iterator<Item = Category> {
        Category::ALL.iter().copied().filter(move |category| self.has(*category))
    }
}

impl FromIterator<Category> for Categories {
    fn from_iter<I: IntoIterator<Item = Category>>(categories: I) -> Self {
        Self(categories.into_iter().fold(0, |bits, category| bits | bit(category)))
    }
}

const fn bit(category: Category) -> u64 {
    1 << (category as u64)
}

/// What was found in one text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// Whether a person would be told.
    pub alert: bool,
    /// The gravest severity; `None` when nothing was found.
    pub severity: Option<Severity>,
    /// Categories grave enough for an alert.
    pub alerted: Categories,
    /// Categories at any level.
    pub found: Categories,
    /// The rules behind the alert, gravest first.
    pub rules: Vec<String>,
}

/// One engine under the policy that a school has by default, for a Year 9 pupil.
#[derive(Debug)]
pub struct Panel {
    engine: Engine,
    threads: usize,
}

impl Panel {
    /// Joins lists with the default policy.
    ///
    /// # Errors
    /// When the lists cannot be used.
    pub fn new(lists: Lists) -> Result<Self> {
        let engine = Engine::new(lists, Policy::school_default(Audience::Year(9)))?;
        Ok(Self { engine, threads: thread::available_parallelism().map_or(1, NonZeroUsize::get) })
    }

    /// The version of the lists.
    #[must_use]
    pub fn lists_version(&self) -> &str {
        self.engine.lists_version()
    }

    /// Asks about one text.
    #[must_use]
    pub fn ask(&self, text: &str, surface: Surface) -> Answer {
        let findings = self.engine.check_text(&Typed { text, surface, url: "" });
        // Whether a finding alerts is the policy's business, so each is weighed by itself.
        let alerting = || findings.iter().filter(|one| self.engine.weigh(std::slice::from_ref(*one)).alert);
        Answer {
            alert: self.engine.weigh(&findings).alert,
            severity: findings.iter().map(|finding| finding.severity).max(),
            alerted: alerting().map(|finding| finding.category).collect(),
            found: findings.iter().map(|finding| finding.category).collect(),
            rules: alerting().map(|finding| finding.rule.clone()).collect(),
        }
    }

    /// Asks about each item, in their order.
    pub fn ask_all<T: Sync>(&self, items: &[T], of: impl Fn(&T) -> (String, Surface) + Sync) -> Vec<Answer> {
        // Small pieces dealt out in turn: texts of one length tend to lie together.
        let piece = items.len().div_ceil(self.threads * 16).max(1);
        let pieces: Vec<&[T]> = items.chunks(piece).collect();
        let mut answers: Vec<(usize, Vec<Answer>)> = thread::scope(|scope| {
            let workers: Vec<_> = (0..self.threads)
                .map(|worker| {
                    let (pieces, of) = (&pieces, &of);
                    scope.spawn(move || {
                        let mine = pieces.iter().enumerate().skip(worker).step_by(self.threads);
                        mine.map(|(index, piece)| (index, self.ask_piece(piece, of))).collect::<Vec<_>>()
                    })
                })
                .collect();
            workers
                .into_iter()
                .flat_map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        });
        answers.sort_by_key(|(index, _)| *index);
        answers.into_iter().flat_map(|(_, answers)| answers).collect()
    }

    fn ask_piece<T>(&self, piece: &[T], of: &impl Fn(&T) -> (String, Surface)) -> Vec<Answer> {
        piece
            .iter()
            .map(|item| {
                let (text, surface) = of(item);
                self.ask(&text, surface)
            })
            .collect()
    }
}

/// Where the texts of a set are taken to have been typed.
#[must_use]
pub fn surface_of(set: &str) -> Surface {
    match set {
        "b-msmarco" | "b-clinc150" => Surface::Search,
        "ailuminate" | "simplesafety" | "xstest" => Surface::Ai,
        "b-gsm8k" | "b-ellipse-sent" | "b-ellipse-essay" => Surface::Document,
        _ => Surface::Chat,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_categories_behave_as_sets() {
        let both = Categories::of(&[Category::Hate, Category::Profanity]);
        assert!(both.has(Category::Hate) && !both.has(Category::Suicide));
        assert!(both.meets(Categories::of(&[Category::Hate])));
        let rest = both.without(Categories::of(&[Category::Hate]));
        assert_eq!(rest.iter().collect::<Vec<_>>(), [Category::Profanity]);
        assert!(rest.without(both).is_empty());
        assert_eq!(rest.with(Categories::of(&[Category::Hate])), both);
    }

    #[test]
    fn many_answers_come_in_the_order_of_the_questions() {
        let panel = Panel::new(Lists::starter().unwrap()).unwrap();
        let texts: Vec<String> = (0..200)
            .map(|n| if n % 7 == 0 { format!("{n} i want to die") } else { format!("{n} see you at lunch") })
            .collect();
        let answers = panel.ask_all(&texts, |text| (text.clone(), Surface::Chat));
        assert_eq!(answers.len(), texts.len());
        for (n, answer) in answers.iter().enumerate() {
            assert_eq!(answer.alert, n % 7 == 0, "{n}");
            assert_eq!(answer.alerted.has(Category::Suicide), n % 7 == 0, "{n}");
        }
    }
}
