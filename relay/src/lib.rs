//! The relay: it receives alerts and reports from devices, shows them to the school's Designated Safeguarding Leads,
//! and keeps the record.
//!
//! Start at `routes`: every URL on one screen, with the role that it needs. `api` is what devices call, `web` is what
//! people see, `db` is all the SQL, `auth` is who somebody is, `walls` what they may do with one record. `app` is what a
//! handler can reach. `seal` is how words are encrypted, `proof` how changes behind the relay's back show. What is
//! dangerous, and what to do about it, is not decided here: that is `lapwing-core`.

mod accept;
mod acme;
mod api;
mod app;
mod asked;
mod auth;
mod backup;
mod canary;
mod cli;
mod clock;
mod config;
mod console;
mod crx;
mod db;
mod doctor;
mod error;
mod extract;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod health;
mod limit;
mod lists;
mod live;
mod log;
mod metrics;
mod openapi;
mod policy;
pub mod proof;
mod random;
mod routes;
mod seal;
mod secrets;
mod security;
mod serve;
mod shadow;
mod slow;
mod sources;
mod standards;
mod tls;
mod unwanted;
mod walls;
mod watch;
mod web;
mod writer;

pub use app::{App, Parts, StartError};
pub use auth::{Role, Step};
pub use backup::{BackupError, Restored, SchoolSum, Summary, Taken, Target, back_up, restore};
pub use cli::main;
pub use clock::{Clock, FixedClock, SystemClock};
pub use crx::{Key, Package, PackageError};
pub use db::{Db, OpenError};
pub use random::{NoRandomness, Random, SystemRandom};
pub use routes::{Needs, Row, router, table};
pub use seal::{
    Destroyed, Master, MasterError, MasterSource, Rotated, Secret, destroy_person, hold_person,
    release_person, rotate_master, rotate_school,
};
pub use secrets::Secrets;
