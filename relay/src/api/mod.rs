//! What devices call. JSON in, JSON out; what goes wrong is answered with problem details (RFC 9457). The shapes are
//! those of `lapwing_core::wire`. People's pages are in `web`.
//!
//! Every request but enrolment is signed by its device (`signed`), with its own key or with a
//! session's (`session`), and the school is the device's own. What is sent is
//! checked field by field (`checked`) before anything is kept.

mod access;
mod alerts;
mod body;
mod check_in;
mod checked;
mod enrol;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod lists;
pub(crate) mod problem;
mod reports;
mod session;
mod shelf;
mod signed;
mod thread;

pub(crate) use access::access;
pub(crate) use alerts::alerts;
pub(crate) use check_in::check_in;
pub(crate) use enrol::enrol;
pub(crate) use lists::pack;
pub(crate) use problem::Problem;
pub(crate) use reports::report;
pub(crate) use shelf::Shelf;
pub(crate) use thread::{reply, thread};
