//! News for open pages: who waits for changes in which school, on this relay (`hub`) and on every other relay of the same
//! PostgreSQL (`bridge`). It says that something changed, never what: a page that hears it asks again, through the same
//! checks as the first time. How it reaches a browser is in `web::inbox`; the statements are in `db::news`.

mod bridge;
mod hub;

pub(crate) use bridge::between_relays;
pub(crate) use hub::{Change, Live};
