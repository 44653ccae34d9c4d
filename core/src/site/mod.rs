//! Addresses: what they are, whether they are a search, and what their site is about.
//!
//! `entry` is one line of a list, `address` one visit, `path` how both spell a path, `map` the lists that are built in, and
//! `search` finds the words of a search by the table in `engines`, `safe_search` what a safe search's address has in it, `hosts` how
//! both recognise a service; `inner` finds the address inside a translator's or an archive's. `packed` is the map of a pack: `key` makes numbers of names, `function` keeps a
//! few bits for each, `layer` says what the bits mean, `categories` is what they stand for; `join` asks both maps; `unlawful` holds licensed lists as hashes. What
//! happens at a site is the policy's business.

mod address;
mod categories;
mod engines;
mod entry;
mod function;
mod hosts;
mod inner;
mod join;
mod key;
mod layer;
mod map;
mod packed;
mod path;
mod safe_search;
mod search;
mod unlawful;

pub(crate) use address::Address;
pub use categories::CategorySet;
pub use entry::Entry;
pub use function::Shape;
pub(crate) use inner::{Inner, Way, inner};
pub(crate) use join::Told;
pub use key::{Key, Trail};
pub use layer::{ClassHead, Head, MOST_LABELS, MOST_SEGMENTS};
pub(crate) use map::{Hosts, SiteMap, covers};
pub use packed::{MOST_CHANGES, Says, Sites};
pub(crate) use safe_search::safe_address;
pub use safe_search::{RESTRICT_HEADER, RESTRICT_HOSTS, SafeRule, safe_rules};
pub(crate) use search::{search_terms, surface_of};
pub use unlawful::{FormHash, hash_of_entry, section as unlawful_section, whole_domain};
