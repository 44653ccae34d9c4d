//! Text: from what somebody typed to findings that explain themselves.
//!
//! `fold` makes plain words, `repair` undoes disguises and slips, `matcher` finds rules in them (`hits` are what it has found, `seen` knows the words of the
//! last texts, `words` which pieces of phrases each word is, `run` compares one phrase with the words around a place, `begun` says which could begin
//! there, `present` which cannot be in a sentence, and `room` keeps their tables for the next text), `context` reads what the sentence says about the match, and `excerpt` cuts the
//! sentence out. `conversation` remembers what several lines mean together. What follows from findings is the policy's
//! business.

mod begun;
mod context;
mod conversation;
pub(crate) mod excerpt;
pub(crate) mod fold;
mod hits;
mod matcher;
mod present;
mod repair;
mod room;
mod run;
mod seen;
mod words;

pub use conversation::Memory;
pub(crate) use matcher::Matcher;
