//! What people see, one file a page family. Devices call `api`.
//!
//! A handler loads what its page needs, puts it into a template's struct and shows it (`page`). Every change is a plain
//! form that posts and is answered by a redirect; a form with something wrong comes back as it was written, with a list
//! of what to put right (`form`). All text from pupils and staff is escaped by the templates, and never becomes a link.
//! What is read and written, and for which school, is in `db`; who may ask for a page is in `routes`.

mod alert_card;
mod page;
mod trail;
mod when;
mod words;

pub(crate) mod account;
pub(crate) mod alerts;
pub(crate) mod assets;
pub(crate) mod concerns;
pub(crate) mod confirm;
pub(crate) mod devices;
pub(crate) mod form;
pub(crate) mod home;
pub(crate) mod inbox;
pub(crate) mod install;
pub(crate) mod join;
pub(crate) mod people;
pub(crate) mod problems;
pub(crate) mod reports;
pub(crate) mod setup;
pub(crate) mod sign_in;
pub(crate) mod signing_in;
pub(crate) mod sso;

pub(crate) use page::{Area, Chrome, message, show, show_as};
