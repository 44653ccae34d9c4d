//! Builds packs, natively and never in the browser: reads the lists that schools choose, makes the compact map of sites,
//! and signs the one file that devices load.
//!
//! `sources` reads lists; `rules` collects what lists say and `skip` what had to be left out; `map` makes the section of sites with the static
//! functions of `fuse`; `build` does all of it and `summary` tells of it, `compare` says what would change, `delta` makes a
//! small pack of what changed, `trial` one of what would be added, to be tried and not obeyed; `write` puts sections into a signed file. What is read on devices, and the formats, are in
//! `lapwing-core` (`pack` and `site`).

mod build;
mod compare;
mod delta;
mod error;
mod fuse;
mod map;
mod rules;
mod skip;
pub mod sources;
mod summary;
mod trial;
mod write;

pub use build::{Build, BuildError, Built};
pub use compare::{Before, Comparison, LeftOut, Moves, Samples};
pub use delta::{Changed, Delta};
pub use error::{KeyError, MapError};
pub use map::{Base, Map, Plan};
pub use rules::{Rule, Rules, Says, is_public_suffix};
pub use skip::{Skip, Skipped};
pub use trial::{Trial, Tried};
pub use write::{PackKey, pack};
