//! Recording a concern: one form for anybody who sees or hears something, and for what a DSL makes of an alert or a
//! report. The last page says what happens next and by whom. What must be true of a form is in `draft`.

use super::super::form::{Errors, Posted, SENT_BEFORE, form_id, not_saved, shown};
use super::super::{Area, Chrome, message, show, show_as, trail};
use super::draft::{Draft, PRECISIONS, PersonRow, ROWS, TOLD, YEARS, categories};
use super::origin::Origin;
use super::{ROLES, named, persons_words};
use crate::app::App;
use crate::auth::{Account, Role, Staff};
use crate::db::concerns::{Concern, NewConcern, Person};
use crate::db::episodes::Closing;
use crate::db::{Tx, concerns, episodes, people_names, reports, walls};
use crate::error::Error;
use crate::extract::{Path, Query};
use crate::live::Change;
use crate::seal::Vault;
use crate::walls::{Access, Object, Viewer, keepers};
use crate::web::when;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "concerns/new.html")]
struct FormPage {
    chrome: Chrome,
    draft: Draft,
    rows: Vec<PersonRow>,
    names: Vec<String>,
    /// Name and job of everybody with an account, so that an adult is named as their account is.
    staff: Vec<(String, String)>,
    categories: Vec<(&'static str, String)>,
    years: &'static [&'static str],
    roles: &'static [(&'static str, &'static str)],
    precisions: &'static [(&'static str, &'static str)],
    told: &'static [(&'static str, &'static str)],
    ask_told: bool,
    from: Option<String>,
    breaks_confidence: bool,
    today: String,
    errors: Errors,
}

/// The question is for everybody but safeguarding leads, who are to be told.
fn is_asked(me: &Account) -> bool {
    !matches!(me.role, Role::Dsl | Role::DeputyDsl)
}

async fn form_page(
    app: &App,
    me: &Account,
    (draft, least): (Draft, usize),
    origin: &Origin,
    errors: Errors,
) -> Result<Response, Error> {
    let vault = app.vault(&me.school_id).await?;
    let viewer = Viewer::of(app, &mut *app.db.read().acquire().await?, me).await?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = FormPage {
        chrome: Chrome::of(app, me, Area::NewConcern).await?,
        rows: draft.rows(least),
        names: people_names::known(app.db.read(), &vault, &viewer).await?,
        staff: people_names::staff(app.db.read(), &me.school_id).await?,
        categories: categories(),
        years: YEARS,
        roles: ROLES,
        precisions: PRECISIONS,
        told: TOLD,
        ask_told: is_asked(me),
        from: origin.words(),
        breaks_confidence: origin.breaks_confidence(&me.id),
        today: when::date_value(app.now()),
        draft,
        errors,
    };
    show_as(status, &page)
}

/// What a concern is to be made from.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    episode: String,
    report: String,
    shown: String,
}

/// `GET /concerns/new`, with `?episode=` or `?report=` for what it is made from, and `&shown=` for how much of it was read.
pub(crate) async fn new(
    State(app): State<Arc<App>>,
    Staff(me): Staff,
    Query(asked): Query<Asked>,
) -> Result<Response, Error> {
    let mut draft = Draft {
        id: app.new_id()?,
        episode: asked.episode,
        report: asked.report,
        shown: asked.shown,
        person_role: vec!["subject".into()],
        occurred_date: when::date_value(app.now()),
        occurred_precision: "approximate".into(),
        ..Draft::default()
    };
    let origin = Origin::load(&app, &me, &draft).await?;
    origin.note(&app, &me).await?;
    origin.fill(&mut draft, &me.id);
    form_page(&app, &me, (draft, ROWS), &origin, Errors::default()).await
}

/// `POST /concerns/new`.
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    Staff(me): Staff,
    Posted(mut draft): Posted<Draft>,
) -> Result<Response, Error> {
    draft.id = form_id(&draft.id)?;
    let origin = Origin::load(&app, &me, &draft).await?;
    if draft.add_person.is_some() {
        let rows = draft.person_name.len() + 1;
        return form_page(&app, &me, (draft, rows), &origin, Errors::default()).await;
    }
    let mut concern = match draft.check(app.now(), is_asked(&me)) {
        Ok(concern) => concern,
        Err(errors) => return form_page(&app, &me, (draft, ROWS), &origin, errors).await,
    };
    concern.evidence = origin.evidence();

    match keep(&app, &me, &draft, &origin, &concern).await {
        Ok(Kept::Recorded(Access::Nothing)) => Ok(message(StatusCode::OK, "It is recorded", NAMED_SELF)),
        Ok(Kept::Recorded(_)) => {
            Ok(Redirect::to(&format!("/concerns/{}/recorded", concern.id)).into_response())
        }
        Ok(Kept::Otherwise) => {
            draft.id = app.new_id()?;
            let mut errors = Errors::default();
            errors.add("seen_heard", SENT_BEFORE);
            form_page(&app, &me, (draft, ROWS), &origin, errors).await
        }
        Err(error) => {
            let in_doubt = matches!(error, Error::InDoubt(_));
            let mut errors = Errors::default();
            errors.add("seen_heard", not_saved(error)?);
            let page = form_page(&app, &me, (draft, ROWS), &origin, errors).await;
            // That the form cannot be shown either does not settle what the commit left open.
            page.map_err(|error| if in_doubt { Error::InDoubt(Box::new(error)) } else { error })
        }
    }
}

/// How a concern that was sent was kept.
enum Kept {
    /// It is recorded, now or when it was sent before; whoever sent it may see this much of it.
    Recorded(Access),
    /// The same form was sent before with other words. Nothing was written.
    Otherwise,
}

/// Everything that recording a concern writes, from the beginning of the change to its commit.
async fn keep(
    app: &Arc<App>,
    me: &Account,
    draft: &Draft,
    origin: &Origin,
    concern: &NewConcern,
) -> Result<Kept, Error> {
    let vault = app.vault(&me.school_id).await?;
    let mut tx = app.db.begin().await?;
    let category = if draft.category.is_empty() { origin.category() } else { &draft.category };
    match concerns::create(&mut tx, app, &vault, &me.id, concern).await? {
        Some(number) => {
            // What it was said to be about can be changed by a lead; by this it is known what the form said.
            let detail = json!({ "number": number, "source": concern.source, "category": category });
            trail::note(&mut tx, app, me, "create", ("concern", &concern.id), detail).await?;
            walls::set_category(&mut tx, &me.school_id, &concern.id, category).await?;
            named::wall_off(&mut tx, app, me, concern).await?;
            take_over(&mut tx, (app, &vault), me, origin, (&concern.id, shown(&draft.shown))).await?;
        }
        None => {
            // The same form once more. It is answered like the first time, unless the id is somebody else's.
            let known = concerns::find(&mut *tx, &vault, &concern.id).await?;
            let Some(known) = known.filter(|known| known.reporter_id == me.id) else {
                return Err(Error::BadRequest("Open the form again: this one was used before.".into()));
            };
            let persons = concerns::persons(&mut *tx, &vault, &concern.id).await?;
            let evidence = concerns::evidence(&mut *tx, &me.school_id, &concern.id).await?;
            let about = concerns::first_category(&mut *tx, &me.school_id, &concern.id).await?;
            if !is_same(&vault, (&known, &persons, &evidence), concern)
                || about.is_some_and(|about| about != category)
            {
                return Ok(Kept::Otherwise);
            }
        }
    }
    let viewer = Viewer::of(app, &mut tx, me).await?;
    let mine = viewer.access(&mut tx, Object::Concern(&concern.id)).await?;
    tx.commit().await?;
    app.live.notify(&me.school_id, Change::Inbox);
    Ok(Kept::Recorded(mine))
}

/// Whether what was recorded is what is sent once more. What it is about is asked elsewhere: a lead may have changed that
/// since.
fn is_same(
    vault: &Vault,
    (known, persons, evidence): (&Concern, &[Person], &[(String, String)]),
    sent: &NewConcern,
) -> bool {
    // A name is kept as it was first written in the school, so names are compared as they are recognised.
    let who = |person: &Person| {
        (vault.name_hash(&person.name), person.kind.clone(), person.year_group.clone(), person.role.clone())
    };
    let made_from = evidence.iter().map(|(kind, id)| (kind.as_str(), id.as_str()));
    persons.iter().map(who).eq(sent.persons.iter().map(who))
        && known.source == sent.source
        && made_from.eq(sent.evidence.as_ref().map(|(kind, id)| (*kind, id.as_str())))
        && (known.occurred_at, &known.precision, known.told_dsl)
            == (sent.occurred_at, &sent.precision, sent.told_dsl)
        && [&known.place, &known.seen_heard, &known.childs_words, &known.view, &known.done_so_far]
            == [&sent.place, &sent.seen_heard, &sent.childs_words, &sent.view, &sent.done_so_far]
}

/// For whoever names themselves: nobody who is named in a concern can open it, its reporter included.
const NAMED_SELF: &str = "Because you are named in it, Lapwing does not show it to you again. Whoever deals with it will \
     speak to you. Keep a note of when you recorded it.";

/// What the concern was made from is now the concern's. Where something came that its page had not shown, it goes on
/// waiting in the inbox, so that somebody reads it.
async fn take_over(
    tx: &mut Tx,
    (app, vault): (&App, &Vault),
    me: &Account,
    origin: &Origin,
    (concern, shown): (&str, Option<i64>),
) -> Result<(), Error> {
    let detail = json!({ "concern": concern });
    match origin {
        Origin::Nothing => Ok(()),
        Origin::Episode(episode, _) => {
            let closing =
                Closing { status: "concern", by: &me.id, at: app.now(), reason: None, note: "", shown };
            episodes::close(tx, app, vault, &episode.id, closing).await?;
            trail::note(tx, app, me, "make_concern", ("episode", &episode.id), detail).await
        }
        Origin::Report(report) => {
            reports::finish(tx, &me.school_id, &report.id, "concern", shown).await?;
            trail::note(tx, app, me, "make_concern", ("pupil_report", &report.id), detail).await
        }
    }
}

#[derive(Template)]
#[template(path = "concerns/recorded.html")]
struct RecordedPage {
    chrome: Chrome,
    id: String,
    number: i64,
    who: String,
    told: bool,
    is_dsl: bool,
    /// What it was made from, where that still waits for somebody to read it.
    waits: Option<String>,
    leads: Vec<(String, String)>,
}

/// `GET /concerns/{id}/recorded`: what happens next, and by whom. Only for whoever recorded it.
pub(crate) async fn recorded(
    State(app): State<Arc<App>>,
    Staff(me): Staff,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let vault = app.vault(&me.school_id).await?;
    let mut db = app.db.read().acquire().await?;
    let viewer = Viewer::of(&app, &mut db, &me).await?;
    viewer.must(&mut db, Object::Concern(&id), Access::Status).await?;
    let concern = concerns::find(&mut *db, &vault, &id).await?.filter(|concern| concern.reporter_id == me.id);
    let concern = concern.ok_or(Error::NotFound)?;
    let persons = concerns::persons(&mut *db, &vault, &id).await?;
    let keepers = keepers(&mut db, &app, &me.school_id, &id).await?;
    let mut waits = None;
    for (kind, object_id) in concerns::evidence(&mut *db, &me.school_id, &id).await? {
        let open = match kind.as_str() {
            "episode" => episodes::find(&mut *db, &vault, &object_id).await?.is_some_and(|one| one.is_open()),
            _ => reports::find(&mut *db, &vault, &object_id).await?.is_some_and(|one| one.is_open()),
        };
        let Some(object) = Object::of(&kind, &object_id) else { continue };
        if open && viewer.access(&mut db, object).await? >= Access::Read {
            waits = Some(object.path());
        }
    }
    drop(db);
    show(&RecordedPage {
        chrome: Chrome::of(&app, &me, Area::NewConcern).await?,
        id,
        number: concern.number,
        who: persons_words(&persons),
        told: concern.told_dsl,
        is_dsl: matches!(me.role, Role::Dsl | Role::DeputyDsl),
        waits,
        leads: keepers.into_iter().map(|who| (who.name, who.job)).collect(),
    })
}
