//! Sealing: the words of pupils and staff, and the names of pupils, are ciphertext in the database.
//!
//! Keys hang from one another. The master key comes from outside ([`master`]) and wraps each school's key; the school's
//! key wraps the key of each child and adult whom a record names; a record (an episode, a report, a concern) has a key
//! of its own, wrapped under the key of every child whom it concerns, or under the school's until a child is named.
//! Destroying a child's key leaves nothing of that child's records that anybody can read, wherever a copy of the rows
//! may lie. `db::keys` keeps the wrapped keys; `db` seals and opens as it writes and reads. Nothing here decides who may
//! read.

mod cipher;
mod destroy;
mod lost;
mod master;
mod rotate;
mod text;
mod vault;
mod vaults;

pub(crate) use cipher::{Key, SealError};
pub use destroy::{Destroyed, destroy_person, hold_person, release_person};
pub(crate) use lost::{Lost, Opener};
pub use master::{Master, MasterError, MasterSource, Secret};
pub use rotate::{Rotated, rotate_master, rotate_school};
pub(crate) use text::{AccessText, AlertText, AnswerText, ConcernText, PolicyText, ReportText};
pub(crate) use vault::{Object, RecordKey, Vault, Wrapped};
pub(crate) use vaults::{Vaults, unwrap_by};
