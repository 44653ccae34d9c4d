//! What is dangerous, and what to do about it.
//!
//! `lapwing-core` looks at an address or at typed text and answers with findings that explain themselves; a policy
//! turns findings into an action. It has no I/O, no clock, no randomness and no async, so that the browser extension
//! (as WebAssembly), the relay and the tests all run the very same code.
//!
//! ```
//! use lapwing_core::{Audience, Engine, Frame, Lists, Policy, Surface, Typed, Visit};
//!
//! # fn main() -> Result<(), lapwing_core::ListsError> {
//! let engine = Engine::new(Lists::starter()?, Policy::school_default(Audience::Year(9)))?;
//! let typed = Typed { text: "see you at lunch", surface: Surface::Chat, url: "https://chat.example/" };
//! assert!(engine.check_text(&typed).is_empty());
//! let visit = Visit { url: "https://www.example.org/", frame: Frame::Main };
//! assert_eq!(engine.check_url(&visit).verdict.action, lapwing_core::Action::Allow);
//! # Ok(())
//! # }
//! ```
//!
//! Start reading at [`Engine`]; the words that everything is sorted by are [`Category`], [`Severity`], [`Stage`],
//! [`Surface`] and [`Action`]; what a school can set is [`KEYS`].

mod answer;
pub mod canary;
mod engine;
mod hash;
mod lists;
mod model;
pub mod pack;
mod policy;
pub mod scan;
mod site;
mod taxonomy;
mod text;
pub mod wire;

/// The site map's inside, for those who build it: what is read here is written by `lapwing-packs`.
pub mod packed {
    pub use crate::site::{
        ClassHead, FormHash, Head, Key, MOST_LABELS, MOST_SEGMENTS, Shape, Trail, hash_of_entry,
        unlawful_section, whole_domain,
    };
}

pub use answer::{Decision, Finding, Frame, SearchTerms, SiteMatch, Typed, Verdict, Visit};
pub use engine::{Engine, Gate, Stop};
#[cfg(feature = "sources")]
pub use lists::{Imported, Provenance, import_csv, import_weighted};
pub use lists::{Lists, ListsError, Problem};
pub use policy::school;
pub use policy::{
    Audience, KEYS, Key, KeyProblem, Kind, ManagedPolicy, Policy, PolicyError, SITE_DEFAULTS, SiteDefault,
    YouTube, site_action_choices,
};
pub use site::{
    CategorySet, Entry, MOST_CHANGES, RESTRICT_HEADER, RESTRICT_HOSTS, SafeRule, Says, Sites, safe_rules,
};
pub use taxonomy::{Action, Category, Severity, Stage, Surface, UnknownWord};
pub use text::Memory;
