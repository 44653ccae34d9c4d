//! What people see, one file a page family. Devices call `api`.
//!
//! A handler loads what its page needs, puts it into a template's struct and shows it (`page`). Every change is a plain
//! form that posts and is answered by a redirect; a form with something wrong comes back as it was written, with a list
//! of what to put right (`form`). All text from pupils and staff is escaped by the templates, and never becomes a link.
//! What is read and written, and for which school, is in `db`; who may ask for a page is in `routes`.

mod alert_card;
mod page;
mod people_rules;
mod suppress;
mod trail;
mod words;

pub(crate) mod account;
pub(crate) mod alerts;
pub(crate) mod assets;
pub(crate) mod audit_trail;
pub(crate) mod children;
pub(crate) mod concerns;
pub(crate) mod confirm;
pub(crate) mod devices;
pub(crate) mod evidence;
pub(crate) mod form;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
pub(crate) mod glass;
pub(crate) mod home;
pub(crate) mod inbox;
pub(crate) mod install;
pub(crate) mod join;
pub(crate) mod lessons;
pub(crate) mod lists;
pub(crate) mod numbers;
pub(crate) mod people;
pub(crate) mod policy;
pub(crate) mod problems;
pub(crate) mod reports;
pub(crate) mod requests;
pub(crate) mod scopes;
pub(crate) mod search;
pub(crate) mod setup;
pub(crate) mod sharing;
pub(crate) mod sign_in;
pub(crate) mod signing_in;
pub(crate) mod sources;
pub(crate) mod sso;
pub(crate) mod trust;
pub(crate) mod when;

pub(crate) use page::{Area, Chrome, message, show, show_as};

use crate::auth::{Account, Role};
use crate::db::{Tx, concerns as stored};
use crate::error::Error;
use crate::walls::{Access, Object, Viewer};

/// The list that somebody came from to a record: its address, and the words of the link.
const fn back(me: &Account) -> (&'static str, &'static str) {
    match me.role {
        Role::Staff => ("/concerns", "Back to my concerns"),
        _ => ("/inbox", "Back to the inbox"),
    }
}

/// The concerns that an episode or a report was made into, as far as the viewer may read them: id and number. That there
/// are others is not theirs to know.
async fn readable_concerns(
    tx: &mut Tx,
    viewer: &Viewer,
    (kind, id): (&str, &str),
) -> Result<Vec<(String, i64)>, Error> {
    let mut readable = Vec::new();
    for (concern, number) in stored::made_from(&mut **tx, &viewer.school, kind, id).await? {
        if viewer.access(tx, Object::Concern(&concern)).await? >= Access::Read {
            readable.push((concern, number));
        }
    }
    Ok(readable)
}
