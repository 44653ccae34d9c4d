//! The walls around one record: given who looks, what may be done with this concern, episode or report.
//!
//! Three walls stand behind each other. `routes` says which roles a URL is for; this module says what one person may do
//! with one record; row-level security (`db::scope`) keeps schools apart whatever both forget. What is not allowed here
//! is denied, and a record that is not yours answers like one that does not exist.
//!
//! `access` is the rule, without a database. `viewer` is who looks, and asks `db::walls` for the facts. `name` is how an
//! adult who is named is recognised, `keepers` who deals with a concern when a safeguarding lead is named in it, `confidence`
//! who is told a name when the adult to whom a pupil gave it cannot open the report.

mod access;
mod confidence;
mod keepers;
mod name;
mod viewer;

pub(crate) use access::{Access, Facts, decide};
pub(crate) use confidence::inherits;
pub(crate) use keepers::{keepers, orphans};
pub(crate) use name::name_key;
pub(crate) use viewer::{Object, Reach, Viewer};
