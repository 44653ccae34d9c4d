//! Every test that touches the database, once more on PostgreSQL: `database` opens that engine for tests in here.

// Each of these files brings the helpers along that it uses.
#![allow(clippy::duplicate_mod)]

#[path = "api.rs"]
mod api;
#[path = "api_bad_input.rs"]
mod api_bad_input;
#[path = "auth.rs"]
mod auth;
#[path = "concerns.rs"]
mod concerns;
#[path = "inbox.rs"]
mod inbox;
#[path = "pages_hostile.rs"]
mod pages_hostile;
#[path = "reports.rs"]
mod reports;
#[path = "roles.rs"]
mod roles;
