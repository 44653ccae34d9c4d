//! One concern: the whole record for whoever may read it, with what they may do next (`change`, `named`); for the member
//! of staff who recorded it, their own words, where it stands, and what they were told. Nobody else finds it.

use super::super::form::{Errors, choice_label};
use super::super::when::{self, When};
use super::super::words::{Piece, capital, count, line, pieces, theme};
use super::super::{Area, Chrome, show_as, trail};
use super::draft::categories;
use super::named::{self, Walled};
use super::{ROLES, person_words, status_words};
use crate::app::App;
use crate::auth::{Account, Role, Staff};
use crate::db::concerns::{self, Concern, Entry, Person};
use crate::db::looked::{self, Child};
use crate::db::reports::Name;
use crate::db::{Tx, alerts, episodes, reports, walls};
use crate::error::Error;
use crate::extract::Path;
use crate::seal::Vault;
use crate::walls::{Access, Object, Viewer, inherits};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use lapwing_core::Category;
use serde_json::json;
use std::sync::Arc;

/// A person, for the page.
struct Named {
    who: String,
    role: &'static str,
}

/// An entry, for the page.
struct Done {
    kind: &'static str,
    text: String,
    author: String,
    when: When,
}

/// What the concern was made from, for the page.
struct Evidence {
    /// Its own page, where the reader may open that too.
    href: Option<String>,
    title: String,
    /// Who wrote it or was at the device, as far as this reader may know.
    who: String,
    when: When,
    words: Vec<Piece>,
}

#[derive(Template)]
#[template(path = "concerns/concern.html")]
struct ConcernPage<'a> {
    chrome: Chrome,
    concern: &'a Concern,
    /// Whether the reader reads everything, not only what they wrote.
    whole: bool,
    /// Whether the reader adds notes.
    notes: bool,
    /// Whether the reader decides.
    works: bool,
    category: String,
    category_words: String,
    categories: Vec<(&'static str, String)>,
    /// Adults who are walled off from it, and who else could be.
    walled: Vec<Walled>,
    /// Where to share it, for whoever may.
    sharing: Option<String>,
    back: (&'static str, &'static str),
    persons: Vec<Named>,
    /// The pupils among them, where the reader may ask who looked at their records.
    children: Vec<Child>,
    occurred: String,
    recorded: When,
    status: &'static str,
    evidence: Vec<Evidence>,
    entries: Vec<Done>,
    errors: Errors,
    /// What was typed into the form that has something wrong.
    typed: Typed<'a>,
    form_ids: [String; 3],
    printed: String,
    reader: &'a str,
}

/// Words of a form that comes back.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Typed<'a> {
    pub(super) note: &'a str,
    pub(super) feedback: &'a str,
    pub(super) closing: &'a str,
    /// Why they come back, when nothing is wrong with them.
    pub(super) notice: Option<&'a str>,
}

/// Where the reader came from.
const fn back(me: &Account) -> (&'static str, &'static str) {
    match me.role {
        Role::TrustLead => ("/trust", "Back to the trust"),
        Role::Staff => ("/concerns", "Back to my concerns"),
        _ => ("/concerns", "Back to concerns"),
    }
}

fn category_words(category: &str) -> String {
    category.parse::<Category>().map_or_else(|_| "Not said yet".into(), |known| capital(known.label()))
}

fn occurred_words(concern: &Concern) -> String {
    match (concern.occurred_at, concern.precision.as_str()) {
        (Some(at), "exact") => when::long(at),
        // A day without a time is kept as its midnight.
        (Some(at), _) if when::time_value(at) == "00:00" => format!("About {}", when::day(at)),
        (Some(at), _) => format!("About {}", when::long(at)),
        (None, _) => "Not known".into(),
    }
}

fn named(person: &Person) -> Named {
    Named { who: person_words(person), role: choice_label(ROLES, &person.role).unwrap_or("Named") }
}

fn done(entry: Entry, now: i64) -> Done {
    let kind = match entry.kind.as_str() {
        "status" => "Status",
        "feedback" => "Feedback to the reporter",
        _ => "Note",
    };
    Done { kind, text: entry.text, author: entry.author, when: When::new(entry.at, now) }
}

/// What the concern was made from, and whether a name among it that was given in confidence is shown to the reader.
async fn evidence(
    tx: &mut Tx,
    (app, vault): (&App, &Vault),
    viewer: &Viewer,
    concern: &str,
) -> Result<(Vec<Evidence>, bool), Error> {
    let (school, now) = (viewer.school.as_str(), viewer.now);
    let (mut list, mut confided) = (Vec::new(), false);
    for (kind, id) in concerns::evidence(&mut **tx, school, concern).await? {
        let Some(object) = Object::of(&kind, &id) else { continue };
        // Whoever reads a concern reads the words that it was made from; the rest of them has walls of its own.
        let opens = viewer.access(tx, object).await? >= Access::Read;
        let href = opens.then(|| object.path());
        if kind == "episode" {
            let Some(episode) = episodes::find(&mut **tx, vault, &id).await? else { continue };
            let alerts = alerts::of_episode(tx, vault, &id).await?;
            let words = episode
                .gravest(&alerts)
                .and_then(|alert| Some(pieces(alert.excerpt.as_deref()?, &alert.marks)));
            let device = line(&episode.device_label);
            list.push(Evidence {
                href,
                title: format!(
                    "{}: {}",
                    count(episode.alerts, "alert"),
                    theme(episode.category, episode.stage)
                ),
                who: match episode.account.as_str() {
                    "" => format!("Device {device}"),
                    account => format!("{} (unverified), device {device}", line(account)),
                },
                when: When::new(episode.last_at, now),
                words: words.unwrap_or_default(),
            });
        } else {
            let Some(report) = reports::find(&mut **tx, vault, &id).await? else { continue };
            // A name that passes to whoever works on the report is shown on its own page. Here, it is only to whoever broke
            // the glass where nobody is left who works on it.
            let inherits = inherits(tx, app, school, &report, Access::Read).await?;
            confided |= inherits;
            list.push(Evidence {
                href,
                title: "A pupil’s report".into(),
                who: match report.name_for(&viewer.id, inherits) {
                    Name::Known(name, _) => line(name),
                    Name::KnownOnlyTo(adult) => format!("Name given in confidence to {adult}"),
                    Name::Anonymous => "Anonymous".into(),
                },
                when: When::new(report.received_at, now),
                words: pieces(&report.story, &[]),
            });
        }
    }
    Ok((list, confided))
}

/// Reads the concern, with the audit row of the reading in the same transaction, and shows what `me` may see of it.
pub(super) async fn concern_page(
    app: &App,
    me: &Account,
    id: &str,
    errors: Errors,
    typed: Typed<'_>,
) -> Result<Response, Error> {
    let (school, now) = (me.school_id.as_str(), app.now());
    let vault = app.vault(school).await?;
    let mut tx = app.db.begin().await?;
    let viewer = Viewer::of(app, &mut tx, me).await?;
    let access = viewer.must(&mut tx, Object::Concern(id), Access::Status).await?;
    let (whole, works) = (access >= Access::Read, access == Access::Work);
    let concern = concerns::find(&mut *tx, &vault, id).await?.ok_or(Error::NotFound)?;
    let persons = concerns::persons(&mut *tx, &vault, id).await?;
    let children =
        if me.role.decides() { looked::pupils_of(&mut *tx, &vault, id).await? } else { Vec::new() };
    let mut entries = concerns::entries(&mut *tx, &vault, id).await?;
    let (evidence, confided) = match whole {
        true => evidence(&mut tx, (app, &vault), &viewer, id).await?,
        false => (Vec::new(), false),
    };
    let category = walls::category(&mut *tx, school, id).await?;
    let walled = if works { named::walled(&mut tx, app, me, id).await? } else { Vec::new() };
    let mut detail = json!({ "whole": whole });
    if confided {
        detail["name_in_confidence"] = true.into();
    }
    trail::note(&mut tx, app, me, "view", ("concern", id), detail).await?;
    tx.commit().await?;

    if !whole {
        entries.retain(|entry| entry.kind == "feedback");
    }
    // How a closed concern is closed, nobody can write any more: the words stay, to be added as a note.
    let typed = match concern.status.as_str() {
        "closed" if !typed.closing.is_empty() => Typed { note: typed.closing, closing: "", ..typed },
        _ => typed,
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    show_as(
        status,
        &ConcernPage {
            chrome: Chrome::of(app, me, Area::Concerns).await?,
            whole,
            notes: access >= Access::Note,
            works,
            category_words: category_words(&category),
            category,
            categories: categories(),
            walled,
            sharing: (works && me.role.decides()).then(|| format!("/sharing/concern/{id}")),
            back: back(me),
            persons: persons.iter().map(named).collect(),
            children,
            occurred: occurred_words(&concern),
            recorded: When::new(concern.recorded_at, now),
            status: status_words(&concern.status),
            evidence,
            entries: entries.into_iter().map(|entry| done(entry, now)).collect(),
            errors,
            typed,
            form_ids: [app.new_id()?, app.new_id()?, app.new_id()?],
            printed: when::long(now),
            reader: &me.name,
            concern: &concern,
        },
    )
}

/// The page for somebody who reads it and does nothing more.
pub(crate) async fn show_to(app: &App, me: &Account, id: &str) -> Result<Response, Error> {
    concern_page(app, me, id, Errors::default(), Typed::default()).await
}

/// `GET /concerns/{id}`.
pub(crate) async fn show_concern(
    State(app): State<Arc<App>>,
    Staff(me): Staff,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    show_to(&app, &me, &id).await
}
