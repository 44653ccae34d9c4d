//! All SQL, one file a table family; the same statements on SQLite and PostgreSQL.
//!
//! Reads take `db.read()`. Every change takes a [`Tx`] from `db.begin()` and writes its audit row (`audit::record`) in
//! that same transaction. Every query of a school's rows names the school, which comes from the session or the device.
//! Behind that stands a second wall, `scope`. Nothing here decides who may see what: that is `routes` and `walls`.

// First, so that its macros reach the modules below.
#[macro_use]
mod conditions;

pub(crate) mod access;
pub(crate) mod accounts;
pub(crate) mod alerts;
pub(crate) mod audit;
pub(crate) mod backups;
pub(crate) mod browsers;
pub(crate) mod canary;
pub(crate) mod canary_days;
pub(crate) mod catalogue;
pub(crate) mod chain;
pub(crate) mod concerns;
mod device_reads;
pub(crate) mod device_sessions;
pub(crate) mod devices;
pub(crate) mod dump;
pub(crate) mod episodes;
pub(crate) mod factors;
pub(crate) mod glass;
pub(crate) mod grants;
pub(crate) mod inbox;
pub(crate) mod intake;
mod intake_pool;
pub(crate) mod keys;
pub(crate) mod known_devices;
pub(crate) mod lessons;
mod linking;
pub(crate) mod links;
pub(crate) mod list_builds;
pub(crate) mod list_sources;
pub(crate) mod load;
mod log_file;
pub(crate) mod looked;
mod many;
mod news;
pub(crate) mod numbers;
pub(crate) mod operation;
pub(crate) mod packs;
pub(crate) mod partitions;
pub(crate) mod passkeys;
pub(crate) mod people_names;
pub(crate) mod policy;
mod pool;
pub(crate) mod reports;
pub(crate) mod rewrap;
mod schema;
pub(crate) mod schools;
pub(crate) mod scope;
pub(crate) mod search;
pub(crate) mod sessions;
pub(crate) mod shadow;
pub(crate) mod shares;
pub(crate) mod sso;
pub(crate) mod stranded;
pub(crate) mod threads;
pub(crate) mod trail;
pub(crate) mod tries;
pub(crate) mod trusts;
mod turns;
pub(crate) mod tx;
pub(crate) mod walls;

pub(crate) use news::News;
pub use pool::{Db, OpenError};
pub(crate) use pool::{connect, connect_to_new};
pub(crate) use schema::{MigrateTo, migrate};
pub(crate) use tx::Tx;
