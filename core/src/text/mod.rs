//! Text: from what somebody typed to findings that explain themselves.
//!
//! `fold` makes plain words, `repair` undoes disguises, `matcher` finds rules in them (`anchor` chooses the words that
//! it looks for, `run` compares one phrase with the words around a place), `context` reads what the sentence says about
//! the match, and `excerpt` cuts the sentence out. What follows from findings is the policy's business.

mod anchor;
mod context;
pub(crate) mod excerpt;
pub(crate) mod fold;
mod matcher;
mod repair;
mod run;
mod vocabulary;

pub(crate) use matcher::Matcher;
