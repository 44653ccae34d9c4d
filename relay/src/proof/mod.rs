//! Proof: what makes a change to the record behind the relay's back show.
//!
//! Every transaction that changes or reads a school's records ends with audit events, chained by SHA-256 ([`chain`]).
//! An event holds a digest of each row that was written with it ([`covers`]), so the chain vouches for the rows as
//! well. The heads of the chains are signed and written outside the database ([`anchor`]), without which whoever owns
//! the database could write a whole new chain. [`verify`] checks it all. What is audited is decided where it happens.

pub(crate) mod chain;
pub(crate) mod covers;

pub(crate) use covers::Table;
