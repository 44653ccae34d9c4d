//! Who somebody is and which pages are for them. `gate` stands before every URL and asks `routes` what it needs; the
//! extractors ([`Dsl`], [`Staff`], [`ItAdmin`] and the others, named as in `routes`) hand the account to a handler. What
//! they may do with one record is in `walls`. Devices are known by their signatures instead, in `api`.
//!
//! A way in, in the order of its steps: `slow` (may they try now), `password` or `sso`, `session` (a new cookie), `factor`
//! (the second proof), `stepup` (which page wants how fresh a proof).

pub(crate) mod browser;
mod extract;
pub(crate) mod factor;
mod gate;
pub(crate) mod password;
mod role;
pub(crate) mod session;
pub(crate) mod slow;
pub(crate) mod sso;
pub(crate) mod stepup;
pub(crate) mod token;

pub(crate) use extract::{
    AnyRole, Dsl, Evidence, Glass, ItAdmin, ItOrDsl, Lead, Numbers, Policy, Staff, StaffOrIt, Trail,
    TrustLead, Waiting,
};
pub(crate) use gate::gate;
pub(crate) use role::Account;
pub use role::Role;
pub(crate) use session::Session;
pub use stepup::Step;
