//! Addresses: what they are, whether they are a search, and what their site is about.
//!
//! `entry` is one line of a list, `address` one visit, `path` how both spell a path, `map` the lists that are built in, and
//! `search` finds the words of a search. `packed` is the map of a pack: `key` makes numbers of names, `function` keeps a
//! few bits for each, `layer` says what the bits mean, `categories` is what they stand for; `join` asks both maps. What
//! happens at a site is the policy's business.

mod address;
mod categories;
mod entry;
mod function;
mod join;
mod key;
mod layer;
mod map;
mod packed;
mod path;
mod search;

pub(crate) use address::Address;
pub use categories::CategorySet;
pub use entry::Entry;
pub use function::Shape;
pub(crate) use join::Told;
pub use key::{Key, Trail};
pub use layer::{ClassHead, Head, MOST_LABELS, MOST_SEGMENTS};
pub(crate) use map::{Hosts, SiteMap};
pub use packed::{MOST_CHANGES, Says, Sites};
pub(crate) use search::{search_terms, surface_of};
