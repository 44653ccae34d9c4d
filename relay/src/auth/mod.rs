//! Who somebody is and what they may do. `gate` stands before every URL and asks `routes` what it needs; the extractors
//! ([`Dsl`], [`Staff`], [`ItAdmin`], [`ItOrDsl`], [`AnyRole`]) hand the account to a handler. Devices are known by
//! their signatures instead, in `api`.

mod extract;
mod gate;
pub(crate) mod password;
mod role;
pub(crate) mod session;
pub(crate) mod token;

pub(crate) use extract::{AnyRole, Dsl, ItAdmin, ItOrDsl, Staff};
pub(crate) use gate::gate;
pub(crate) use role::Account;
pub use role::Role;
pub(crate) use session::Session;
