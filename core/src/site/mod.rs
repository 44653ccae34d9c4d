//! Addresses: what they are, whether they are a search, and what their site is about.
//!
//! `entry` is one line of a list, `address` one visit, `map` joins the two, and `search` finds the words of a search.
//! What happens at a site is the policy's business.

mod address;
mod entry;
mod map;
mod search;

pub(crate) use address::Address;
pub use entry::Entry;
pub(crate) use map::{Hosts, SiteMap};
pub(crate) use search::{search_terms, surface_of};
