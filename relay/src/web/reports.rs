//! Pupils' reports: what a pupil wrote, who may know the name, and the conversation with the pupil. The DSL and the adult
//! whom the pupil chose may read a report; the name follows the pupil's own choice (`db::reports::Report::name_for`), and
//! passes to whoever works on the report when the chosen adult cannot open it (`walls::inherits`).

use super::form::{CHANGED, Errors, Posted, SENT_BEFORE, shown};
use super::inbox::{about_words, report_who};
use super::when::When;
use super::words::{capital, line};
use super::{Area, Chrome, readable_concerns, show, show_as, trail};
use crate::app::App;
use crate::auth::{Account, Staff};
use crate::db::reports::{self, Finished, Name, Reply, Report};
use crate::db::{Tx, inbox};
use crate::error::Error;
use crate::extract::Path;
use crate::live::Change;
use crate::walls::{self, Access, Object, Viewer};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use lapwing_core::wire::limit;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// A report in the list.
struct Row {
    href: String,
    who: String,
    about: String,
    state: &'static str,
    when: When,
}

#[derive(Template)]
#[template(path = "reports/list.html")]
struct ListPage {
    chrome: Chrome,
    rows: Vec<Row>,
}

/// `GET /reports`: the reports that pupils addressed to whoever is signed in.
pub(crate) async fn list(State(app): State<Arc<App>>, Staff(me): Staff) -> Result<Response, Error> {
    let now = app.now();
    let vault = app.vault(&me.school_id).await?;
    let viewer = Viewer::of(&app, &mut *app.db.read().acquire().await?, &me).await?;
    let rows = inbox::reports_to(app.db.read(), &vault, &viewer).await?;
    let rows = rows.iter().map(|row| Row {
        href: format!("/reports/{}", row.id),
        who: report_who(row, &me.id),
        about: capital(about_words(&row.about)),
        state: state_words(&row.status),
        when: When::new(row.received_at, now),
    });
    let rows = rows.collect();
    show(&ListPage { chrome: Chrome::of(&app, &me, Area::Reports).await?, rows })
}

fn state_words(status: &str) -> &'static str {
    match status {
        "new" => "Not opened yet",
        "seen" => "To be answered",
        "replied" => "Answered",
        "concern" => "Made into a concern",
        _ => "Closed",
    }
}

/// One message, for the page.
struct Said {
    staff: bool,
    who: String,
    text: String,
    when: When,
}

#[derive(Template)]
#[template(path = "reports/report.html")]
struct ReportPage<'a> {
    chrome: Chrome,
    id: &'a str,
    who: String,
    /// Why the name is or is not known, in a sentence.
    who_note: String,
    device: Option<String>,
    about: String,
    to: String,
    story: &'a str,
    wish: &'a str,
    written: When,
    received: When,
    seen: Option<When>,
    seen_by: &'a str,
    state: &'static str,
    open: bool,
    /// Whether the reader answers the pupil.
    works: bool,
    /// Where to share it, for whoever may.
    sharing: Option<String>,
    made: Vec<(String, i64)>,
    thread: Vec<Said>,
    /// How many of them are the pupil's: what a decision must still find.
    shown: usize,
    notice: Option<&'a str>,
    back: &'static str,
    back_label: &'static str,
    reply_id: String,
    reply: &'a str,
    errors: Errors,
    my_name: &'a str,
    printed: String,
}

/// What the page says besides the report itself.
#[derive(Default)]
struct Besides<'a> {
    notice: Option<&'a str>,
    errors: Errors,
    reply: &'a str,
}

/// Whoever answers or closes a report must be let in by the walls to do so.
async fn must_work(tx: &mut Tx, app: &App, me: &Account, id: &str) -> Result<(), Error> {
    let viewer = Viewer::of(app, tx, me).await?;
    viewer.must(tx, Object::Report(id), Access::Work).await.map(|_| ())
}

async fn report_page(app: &App, me: &Account, id: &str, besides: Besides<'_>) -> Result<Response, Error> {
    let Besides { notice, errors, reply } = besides;
    let (school, now) = (me.school_id.as_str(), app.now());
    let vault = app.vault(school).await?;
    let mut tx = app.db.begin().await?;
    let viewer = Viewer::of(app, &mut tx, me).await?;
    let access = viewer.must(&mut tx, Object::Report(id), Access::Read).await?;
    let works = access == Access::Work;
    // The pupil is told that it was opened when somebody has opened it who can answer.
    let first = works && reports::mark_seen(&mut tx, school, id, &me.id, now).await?;
    let report = reports::find(&mut *tx, &vault, id).await?.ok_or(Error::NotFound)?;
    let thread = reports::thread(&mut *tx, &vault, id).await?;
    let made = readable_concerns(&mut tx, &viewer, ("report", id)).await?;
    let inherits = !report.is_for(&me.id) && walls::inherits(&mut tx, app, school, &report, access).await?;
    let mut detail = json!({ "first": first });
    if inherits {
        detail["name_in_confidence"] = true.into();
    }
    trail::note(&mut tx, app, me, "view", ("pupil_report", id), detail).await?;
    tx.commit().await?;
    if first {
        app.live.notify(school, Change::Inbox);
    }

    let (who, who_note, device) = who_words(&report, me, works, inherits);
    let (area, (back, back_label)) = if report.is_for(&me.id) && !me.role.decides() {
        (Area::Reports, ("/reports", "Back to reports to me"))
    } else {
        (Area::Inbox, super::back(me))
    };
    let pupil = who.clone();
    let said = |message: reports::StoredMessage| Said {
        staff: message.from_staff,
        who: match (message.from_staff, message.name) {
            (true, Some(name)) => name,
            (true, None) => "Staff".into(),
            (false, _) => pupil.clone(),
        },
        text: message.text,
        when: When::new(message.at, now),
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    show_as(
        status,
        &ReportPage {
            chrome: Chrome::of(app, me, area).await?,
            id,
            who_note,
            device,
            about: capital(about_words(&report.about)),
            to: match &report.adult {
                Some((adult, _)) if *adult == me.id => "You".into(),
                Some((_, name)) => name.clone(),
                None => "Anyone in the safeguarding team".into(),
            },
            story: &report.story,
            wish: &report.wish,
            written: When::new(report.written_at, now),
            received: When::new(report.received_at, now),
            seen: report.seen_at.map(|at| When::new(at, now)),
            seen_by: report.seen_by.as_deref().unwrap_or_default(),
            state: state_words(&report.status),
            open: report.is_open() && works,
            works,
            sharing: (works && me.role.decides()).then(|| format!("/sharing/report/{id}")),
            made,
            shown: thread.iter().filter(|message| !message.from_staff).count(),
            thread: thread.into_iter().map(said).collect(),
            notice,
            who,
            back,
            back_label,
            reply_id: app.new_id()?,
            reply,
            errors,
            my_name: &me.name,
            printed: super::when::long(now),
        },
    )
}

/// Who wrote it, why that is or is not known, and the device where the reader may know it.
fn who_words(report: &Report, me: &Account, works: bool, inherits: bool) -> (String, String, Option<String>) {
    match report.name_for(&me.id, inherits) {
        Name::Known("", device) => ("Name left empty".into(), String::new(), device.map(line)),
        Name::Known(name, device) if report.identity == reports::Identity::Confidant => {
            let whose = match &report.adult {
                Some((_, adult)) if inherits => format!(
                    "The pupil gave this name only to {adult}, who can no longer open this report. It is shown to \
                     you instead, so that the child can be found."
                ),
                Some(_) => "The name is for you alone.".into(),
                None => {
                    "The pupil gave this name only to one adult, who cannot receive reports here. The report \
                         came to the safeguarding team instead, so that the child can be found."
                        .into()
                }
            };
            let note =
                "Do not pass it on unless a child may come to harm; if you must, tell the pupil first.";
            (line(name), format!("{whose} {note}"), device.map(line))
        }
        Name::Known(name, device) => (
            line(name),
            "The pupil gave this name for you and the safeguarding team.".into(),
            device.map(line),
        ),
        // Whether that adult can still open it is said to nobody who only reads: it can be a wall that they must not hear of.
        Name::KnownOnlyTo(adult) if !works => (
            format!("Name given in confidence to {adult}"),
            format!("The pupil asked that only {adult} sees the name."),
            None,
        ),
        Name::KnownOnlyTo(adult) => (
            format!("Name known only to {adult}"),
            format!("The pupil asked that only {adult} sees the name. {adult} can read this report too."),
            None,
        ),
        Name::Anonymous => (
            "Anonymous".into(),
            "The pupil gave no name, and Lapwing did not keep which device sent this. You can answer below."
                .into(),
            None,
        ),
    }
}

/// `GET /reports/{id}`. The first opening is what the pupil sees as “seen”.
pub(crate) async fn show_report(
    State(app): State<Arc<App>>,
    Staff(me): Staff,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    report_page(&app, &me, &id, Besides::default()).await
}

/// An answer to the pupil.
#[derive(Debug, Deserialize)]
pub(crate) struct ReplyForm {
    #[serde(default)]
    id: String,
    #[serde(default)]
    text: String,
    /// How many of the pupil's messages the page showed.
    #[serde(default)]
    shown: String,
}

/// `POST /reports/{id}/reply`.
pub(crate) async fn reply(
    State(app): State<Arc<App>>,
    Staff(me): Staff,
    Path(id): Path<String>,
    Posted(form): Posted<ReplyForm>,
) -> Result<Response, Error> {
    let mut errors = Errors::default();
    let text = errors.needed_words("text", &form.text, limit::STORY, "Your answer", "Write your answer");
    if !errors.is_empty() {
        return report_page(&app, &me, &id, Besides { errors, reply: &form.text, notice: None }).await;
    }
    let message = super::form::form_id(&form.id)?;
    let vault = app.vault(&me.school_id).await?;
    let mut tx = app.db.begin().await?;
    must_work(&mut tx, &app, &me, &id).await?;
    let answer = Reply { id: &message, report: &id, by: &me.id, text: &text, shown: shown(&form.shown) };
    let refused = match reports::reply(&mut tx, &app, &vault, answer).await {
        Ok(true) => {
            let detail = json!({ "message": message });
            trail::note(&mut tx, &app, &me, "reply", ("pupil_report", &id), detail).await?;
            None
        }
        Ok(false) if reports::says(&mut tx, &vault, answer).await? => None,
        Ok(false) => Some(SENT_BEFORE.to_owned()),
        Err(Error::Gone(why)) => Some(why),
        Err(error) => return Err(error),
    };
    if let Some(why) = refused {
        drop(tx);
        errors.add("text", why);
        return report_page(&app, &me, &id, Besides { errors, reply: &form.text, notice: None }).await;
    }
    tx.commit().await?;
    app.live.notify(&me.school_id, Change::Inbox);
    Ok(Redirect::to(&format!("/reports/{id}#thread")).into_response())
}

/// What the page showed when a report is closed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct CloseForm {
    shown: String,
}

/// `POST /reports/{id}/close`.
pub(crate) async fn close(
    State(app): State<Arc<App>>,
    Staff(me): Staff,
    Path(id): Path<String>,
    Posted(form): Posted<CloseForm>,
) -> Result<Response, Error> {
    let mut tx = app.db.begin().await?;
    must_work(&mut tx, &app, &me, &id).await?;
    match reports::finish(&mut tx, &me.school_id, &id, "closed", shown(&form.shown)).await? {
        Finished::Now => {
            trail::note(&mut tx, &app, &me, "close", ("pupil_report", &id), json!({})).await?;
        }
        Finished::Before => {}
        Finished::Unread => {
            drop(tx);
            return report_page(&app, &me, &id, Besides { notice: Some(CHANGED), ..Besides::default() })
                .await;
        }
    }
    tx.commit().await?;
    app.live.notify(&me.school_id, Change::Inbox);
    let next = if me.role.decides() { "/inbox" } else { "/reports" };
    Ok(Redirect::to(next).into_response())
}
