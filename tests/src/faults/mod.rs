//! Breaking what the relay stands on, and proving what it promised: an alert that was acknowledged is stored, once.
//!
//! * [`traffic`] is devices that send until they are acknowledged, whatever happens; the [`ledger`] keeps what they were
//!   told, and compares it with what is stored.
//! * [`kill`] ends the relay at random moments, [`birth`] during its very first start; [`cuts`] cuts the power, by replaying what it really wrote.
//! * [`disk`], [`lock`] and [`outage`] take away the disk, the write lock and the database, and give them back.
//! * [`backlog`] is the morning after a day without a relay.
//!
//! Each gives an [`Outcome`]: what was counted, and whether every promise held. Randomness comes from a seed, so that a
//! run can be repeated as far as the machine's own timing lets it.

pub mod backlog;
pub mod birth;
pub mod chain;
pub mod cuts;
pub mod disk;
pub mod kill;
pub mod ledger;
pub mod lock;
pub mod outage;
pub mod outcome;
pub mod tracer;
pub mod traffic;

pub use ledger::Ledger;
pub use outcome::Outcome;
pub use traffic::Traffic;
