//! The lists of sites that devices are to have, for IT and a DSL: what is in force and from where, which devices have it, and the
//! way back, which is IT's. What the next ones are made of is in `sources`; the work is in `crate::lists`.

use super::form::{Errors, Posted};
use super::when::When;
use super::words::capital;
use super::{Area, Chrome, show_as};
use crate::app::App;
use crate::auth::{Account, ItAdmin, ItOrDsl, Role};
use crate::db::list_builds;
use crate::db::packs::{self, Published};
use crate::db::scope::{self, Scope};
use crate::error::Error;
use crate::lists::{self, Back, Reason};
use crate::sources::Keeper;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use lapwing_core::wire::limit;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// The form, as it was filled in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    /// The version that was in force when the page was made.
    version: String,
    reason: String,
}

/// A pack in force.
struct Row {
    version: i64,
    what: &'static str,
    rules: i64,
    size: String,
    at: When,
    /// That it was brought back, and why; empty for a new one.
    restored: String,
}

/// A list of which packs were made.
struct Source {
    name: String,
    licence: String,
    by: String,
    rules: u64,
}

#[derive(Template)]
#[template(path = "lists/lists.html")]
struct Page {
    chrome: Chrome,
    in_force: Vec<Row>,
    key: String,
    sources: Vec<Source>,
    devices: Vec<(String, i64)>,
    devices_current: i64,
    devices_all: i64,
    /// What was in force before, in words; none when there is nothing to go back to.
    before: Option<String>,
    /// Whether this school keeps these lists, as the only one or for all that share them,
    keeps: bool,
    /// or which other one does: its name; empty where nobody of a school does.
    keeper: String,
    /// Whether other schools share them.
    is_shared: bool,
    is_it: bool,
    /// Whether a proposal waits.
    waits: bool,
    newest: i64,
    reason: String,
    errors: Errors,
}

/// `GET /lists`.
pub(crate) async fn page(State(app): State<Arc<App>>, ItOrDsl(me): ItOrDsl) -> Result<Response, Error> {
    lists_page(&app, &me, String::new(), Errors::default()).await
}

async fn lists_page(app: &App, me: &Account, reason: String, errors: Errors) -> Result<Response, Error> {
    let now = app.now();
    let all = packs::all(app.db.read()).await?;
    let offer = packs::offer(app.db.read()).await?;
    let (key, offered) = offer.map_or_else(Default::default, |offer| (offer.key, offer.packs));
    let in_force: Vec<&Published> =
        offered.iter().filter_map(|offered| all.iter().find(|pack| pack.digest == offered.digest)).collect();
    let newest = in_force.last().map_or(0, |pack| pack.version);
    let devices = packs::on_devices(app.db.read(), Some(&me.school_id)).await?;
    let before = lists::target(&all, None).ok();
    let keeper = Keeper::of(app).await?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page {
        chrome: Chrome::of(app, me, Area::Lists).await?,
        // A change of a list names all its sources again; the newest says what they are now.
        sources: in_force.last().map(|pack| sources(&pack.about)).unwrap_or_default(),
        in_force: in_force.iter().map(|pack| row(pack, now)).collect(),
        key,
        devices_current: devices
            .iter()
            .filter(|(version, _)| *version == newest)
            .map(|(_, count)| count)
            .sum(),
        devices_all: devices.iter().map(|(_, count)| count).sum(),
        devices: devices.into_iter().map(|(version, count)| (version_words(version), count)).collect(),
        before: before.map(|pack| {
            let at = When::new(pack.published_at, now);
            format!("Before, version {} was in force, published {}.", pack.version, at.absolute)
        }),
        keeps: keeper.is(&me.school_id),
        is_shared: keeper != Keeper::Alone,
        keeper: match keeper {
            Keeper::Named(_, name) => name,
            Keeper::Alone | Keeper::Nobody => String::new(),
        },
        is_it: me.role == Role::ItAdmin,
        waits: list_builds::waiting(app.db.read()).await?.is_some(),
        newest,
        reason,
        errors,
    };
    show_as(status, &page)
}

/// `POST /lists/roll-back`.
pub(crate) async fn roll_back(
    State(app): State<Arc<App>>,
    ItAdmin(me): ItAdmin,
    Posted(fields): Posted<Fields>,
) -> Result<Response, Error> {
    if !Keeper::of(&app).await?.is(&me.school_id) {
        return Err(Error::Forbidden);
    }
    let mut errors = Errors::default();
    let reason = errors.line("reason", &fields.reason, limit::LINE, "The reason");
    if reason.is_empty() {
        errors.add("reason", "Write why the lists before are to come back");
    }
    let newest =
        packs::offer(app.db.read()).await?.and_then(|offer| offer.packs.last().map(|pack| pack.version));
    if newest.map(|version| version.to_string()) != Some(fields.version) {
        errors
            .add("reason", "The lists have changed since this page was opened. Look again, and decide then");
    }
    if errors.is_empty() {
        let key = app.secrets.pack_key()?;
        let by = Some((me.id.as_str(), me.name.as_str()));
        let work = lists::roll_back(&app, &key, Back::default(), Reason { words: &reason, by });
        // The packs are every school's, and so is the trail that tells of it.
        match scope::within(Scope::Relay, work).await {
            Ok(_) => return Ok(Redirect::to("/lists").into_response()),
            Err(error) => errors.add("reason", capital(&format!("{error:#}"))),
        }
    }
    lists_page(&app, &me, reason, errors).await
}

fn row(pack: &Published, now: i64) -> Row {
    let by = if pack.published_by.is_empty() { "whoever runs the server" } else { &pack.published_by };
    Row {
        version: pack.version,
        what: match pack.parent.as_str() {
            "" if lists::is_withdrawn(pack) => "No lists",
            "" => "Whole",
            _ => "Change",
        },
        rules: pack.hosts.saturating_add(pack.paths),
        size: size(pack.length),
        at: When::new(pack.published_at, now),
        restored: match pack.restores.as_str() {
            "" if lists::is_withdrawn(pack) => {
                format!(
                    "Withdrawn by {by}, so that devices have only the lists that are built in: {}",
                    pack.reason
                )
            }
            "" => String::new(),
            _ => format!("Brought back by {by}: {}", pack.reason),
        },
    }
}

fn size(bytes: i64) -> String {
    match bytes {
        ..10_000 => format!("{bytes} bytes"),
        10_000..10_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

fn version_words(version: i64) -> String {
    if version == 0 { "Only the lists that are built in".into() } else { version.to_string() }
}

fn sources(about: &str) -> Vec<Source> {
    let about: Value = serde_json::from_str(about).unwrap_or_default();
    let said = |source: &Value, name: &str| {
        source[name].as_str().filter(|text| !text.is_empty()).unwrap_or("not stated").to_owned()
    };
    let all = about["sources"].as_array().into_iter().flatten();
    all.map(|source| Source {
        name: said(source, "name"),
        licence: said(source, "licence"),
        by: said(source, "attribution"),
        rules: source["rules"].as_u64().unwrap_or_default(),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_versions_are_said_as_people_read_them() {
        assert_eq!([size(900), size(24_000), size(17_400_000)], ["900 bytes", "24 kB", "17 MB"]);
        assert_eq!(version_words(0), "Only the lists that are built in");
    }

    #[test]
    fn what_a_pack_does_not_say_of_its_sources_is_said_to_be_missing() {
        let found = sources(r#"{"sources":[{"name":"UT1","licence":"","rules":5}]}"#);
        assert_eq!(
            (found[0].licence.as_str(), found[0].by.as_str(), found[0].rules),
            ("not stated", "not stated", 5)
        );
        assert!(sources("").is_empty());
    }
}
