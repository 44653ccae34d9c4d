//! Every test that touches the database, once more on PostgreSQL: `database` opens that engine for tests in here.

// A helper that fails fails its test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::string_slice)]

mod copies;
mod database;
mod device;
mod fresh;
mod person;
mod school;

#[path = "suite/api.rs"]
mod api;
#[path = "suite/api_bad_input.rs"]
mod api_bad_input;
#[path = "suite/auth.rs"]
mod auth;
#[path = "suite/backup.rs"]
mod backup;
#[path = "suite/concerns.rs"]
mod concerns;
#[path = "suite/csrf.rs"]
mod csrf;
#[path = "suite/evidence.rs"]
mod evidence;
#[path = "suite/finding.rs"]
mod finding;
#[path = "suite/identity.rs"]
mod identity;
#[path = "suite/inbox.rs"]
mod inbox;
#[path = "suite/keeper.rs"]
mod keeper;
#[path = "suite/keys.rs"]
mod keys;
#[path = "suite/keys_going.rs"]
mod keys_going;
#[path = "suite/lessons.rs"]
mod lessons;
#[path = "suite/lists.rs"]
mod lists;
#[path = "suite/operation.rs"]
mod operation;
#[path = "suite/pages_hostile.rs"]
mod pages_hostile;
#[path = "suite/passkeys.rs"]
mod passkeys;
#[path = "suite/policy.rs"]
mod policy;
#[path = "suite/policy_ask.rs"]
mod policy_ask;
#[path = "suite/policy_requests.rs"]
mod policy_requests;
#[path = "suite/proof.rs"]
mod proof;
#[path = "suite/reports.rs"]
mod reports;
#[path = "suite/roles.rs"]
mod roles;
#[path = "suite/said.rs"]
mod said;
#[path = "suite/schools.rs"]
mod schools;
#[path = "suite/sessions.rs"]
mod sessions;
#[path = "suite/shadow.rs"]
mod shadow;
#[path = "suite/slow.rs"]
mod slow;
#[path = "suite/sources.rs"]
mod sources;
#[path = "suite/sources_fetched.rs"]
mod sources_fetched;
#[path = "suite/sso.rs"]
mod sso;
#[path = "suite/stranded.rs"]
mod stranded;
#[path = "suite/two_relays.rs"]
mod two_relays;
#[path = "suite/walls.rs"]
mod walls;
#[path = "suite/walls_named.rs"]
mod walls_named;
#[path = "suite/writer.rs"]
mod writer;
