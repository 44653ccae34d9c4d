//! Thousands of devices and one DSL, without a browser: what the measurements (`src/bin/bench`) and the faults
//! (`src/bin/faults`) put on a relay.
//!
//! * [`Base`] is a relay with a school in it, on either database; [`Store`] looks into that database past the relay.
//! * [`Fleet`] is its devices; each signs as the extension does ([`crate::signing`]) and speaks real TLS ([`Dial`]).
//! * [`drive`] sends and takes the times; [`Office`] is the people: set-up, sign-in, the inbox as a page sees it.
//! * [`floor`] is what the same machine can do without the relay; [`machine`] says what machine it was.
//!
//! Nothing here judges: it sends, waits and counts. What must hold is in `faults`.

pub mod alerts;
pub mod base;
pub mod drive;
pub mod empty;
pub mod fleet;
pub mod floor;
pub mod http;
pub mod machine;
pub mod office;
pub mod postgres;
pub mod store;

pub use alerts::Alerts;
pub use base::Base;
pub use fleet::{Device, Fleet, Sign};
pub use http::{Dial, Line, Message, Protocol, Reply};
pub use office::Office;
pub use postgres::Postgres;
pub use store::{Engine, Store};
