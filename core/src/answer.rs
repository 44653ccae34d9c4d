//! What is asked of the engine and what it answers.
//!
//! Plain data, with the reasons in words, so that every answer can be shown to a person as it is. How an answer is
//! reached is in `engine`; what is sent to the relay is in `wire`.

use crate::policy::school::Ruling;
use crate::taxonomy::{Action, Category, Severity, Stage, Surface};
use crate::wire::Excerpt;
use std::ops::Range;

/// Words that somebody typed.
#[derive(Debug, Clone, Copy)]
pub struct Typed<'a> {
    /// As typed.
    pub text: &'a str,
    /// What kind of field it was typed into.
    pub surface: Surface,
    /// The page's address, which decides whether the words may be read at all. May be empty when there is none.
    pub url: &'a str,
}

/// An address that is about to be opened.
#[derive(Debug, Clone, Copy)]
pub struct Visit<'a> {
    /// As the browser gives it.
    pub url: &'a str,
    /// Where it opens.
    pub frame: Frame,
}

/// Where an address opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame {
    /// The tab itself: somebody chose to go there.
    Main,
    /// A frame inside a page. It is blocked like any other, but only unlawful content raises an alert: nobody chose
    /// the advertisement that a page carries. The words of a search inside a frame are not read.
    Sub,
}

/// One rule that matched, where, and why that matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is about.
    pub category: Category,
    /// How soon to look, after context.
    pub severity: Severity,
    /// For suicide and self-harm, where the writer stands.
    pub stage: Option<Stage>,
    /// Where it was written.
    pub surface: Surface,
    /// The rule's stable name, such as `suicide.want-to-die`.
    pub rule: String,
    /// Why the rule exists, in words for a DSL.
    pub why: String,
    /// What matched: bytes of the original text, on character edges.
    pub span: Range<usize>,
    /// The sentence around it.
    pub excerpt: Excerpt,
    /// What in the sentence changed the severity or should be known, in words; empty when there is nothing.
    pub context: Vec<String>,
}

/// What the policy makes of what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether a person is told.
    pub alert: bool,
    /// What happens on the device.
    pub action: Action,
    /// The gravest severity; `Info` when nothing was found.
    pub severity: Severity,
    /// Each category once, gravest first.
    pub categories: Vec<Category>,
}

impl Verdict {
    /// Nothing was found, and nothing happens.
    #[must_use]
    pub const fn nothing() -> Self {
        Self { alert: false, action: Action::Allow, severity: Severity::Info, categories: Vec::new() }
    }
}

/// The site rule that an address met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteMatch {
    /// The listed domain or path, or the school's own entry. For unlawful content only the name of the list.
    pub rule: String,
    /// What the site is about.
    pub categories: Vec<Category>,
}

/// The words of a search address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchTerms {
    /// The search engine's name.
    pub engine: &'static str,
    /// What was searched for.
    pub terms: String,
}

/// What to do about an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What happens.
    pub verdict: Verdict,
    /// From the words of a search; spans are bytes of `search.terms`.
    pub findings: Vec<Finding>,
    /// The site rule, when one applied.
    pub site: Option<SiteMatch>,
    /// The words, when the address is a search.
    pub search: Option<SearchTerms>,
    /// The reason in plain words; empty when nothing was found.
    pub why: String,
    /// Which rule decided, and whose it is; none when nothing applied.
    pub ruling: Option<Ruling>,
}

impl Decision {
    /// The address may be opened, and nothing is recorded.
    #[must_use]
    pub const fn allow() -> Self {
        Self {
            verdict: Verdict::nothing(),
            findings: Vec::new(),
            site: None,
            search: None,
            why: String::new(),
            ruling: None,
        }
    }
}
