//! Every test of the relay from outside, on SQLite. `on_postgres` runs those that touch the database once more. Two programs
//! instead of one a file: each links the whole relay.

// A helper that fails fails its test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::string_slice)]

mod database;
mod device;
mod school;

#[path = "suite/api.rs"]
mod api;
#[path = "suite/api_bad_input.rs"]
mod api_bad_input;
#[path = "suite/auth.rs"]
mod auth;
#[path = "suite/concerns.rs"]
mod concerns;
#[path = "suite/csrf.rs"]
mod csrf;
#[path = "suite/headers.rs"]
mod headers;
#[path = "suite/inbox.rs"]
mod inbox;
#[path = "suite/pages_hostile.rs"]
mod pages_hostile;
#[path = "suite/proof.rs"]
mod proof;
#[path = "suite/reports.rs"]
mod reports;
#[path = "suite/roles.rs"]
mod roles;
#[path = "suite/walls.rs"]
mod walls;
#[path = "suite/writer.rs"]
mod writer;
