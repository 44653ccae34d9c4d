//! Accounts: who may sign in, and which adults pupils may choose. For IT and for DSLs. A password is only ever set by
//! its owner, through a one-time link (`join`); this page gives out the links. Who may give which role and link is in
//! `people_rules`; scopes are in `scopes`.

use super::concerns::{YEARS, categories, named};
use super::form::{Errors, Posted, clean};
use super::people_rules::{has_head, may_close, may_give, may_link, may_move, may_take, may_trust, offered};
use super::setup::email;
use super::when::day;
use super::{Area, Chrome, join, scopes, show, show_as, trail};
use crate::app::App;
use crate::auth::{Account, ItOrDsl, Role};
use crate::db::accounts::{self, Listed, NewAccount};
use crate::db::{Tx, episodes, grants, sessions};
use crate::error::Error;
use crate::extract::Path;
use crate::live::Change;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use lapwing_core::wire::limit;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "people/list.html")]
struct ListPage<'a> {
    chrome: Chrome,
    people: &'a [Listed],
    fields: &'a Fields,
    roles: &'a [(&'static str, &'static str)],
    may_trust: bool,
    errors: Errors,
}

#[derive(Template)]
#[template(path = "people/person.html")]
struct PersonPage<'a> {
    chrome: Chrome,
    person: &'a Listed,
    job: &'a str,
    trusted: bool,
    may_trust: bool,
    closed: Option<String>,
    may_link: bool,
    may_close: bool,
    /// The roles that the reader may give this person; none when they may not change it.
    roles: Vec<(&'static str, &'static str)>,
    role: &'static str,
    /// The scopes, for a DSL who looks at somebody who has them.
    scopes: Option<Vec<scopes::Line>>,
    /// Whether a deputy is limited to them; none for others.
    limited: Option<bool>,
    years: Vec<&'static str>,
    categories: Vec<(&'static str, String)>,
    errors: Errors,
}

#[derive(Template)]
#[template(path = "people/link.html")]
struct LinkPage<'a> {
    chrome: Chrome,
    name: &'a str,
    link: &'a str,
}

const NOT_CHOSEN: &str = "Pupils cannot choose this account: it must not see what pupils write";
const ONE_HEAD: &str =
    "There is a head already. When a head leaves, IT closes the account; then add the new one";

/// A new account.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    name: String,
    email: String,
    role: String,
    job: String,
    trusted: String,
}

/// `GET /people`.
pub(crate) async fn list(State(app): State<Arc<App>>, ItOrDsl(me): ItOrDsl) -> Result<Response, Error> {
    list_page(&app, &me, &Fields::default(), Errors::default()).await
}

async fn list_page(app: &App, me: &Account, fields: &Fields, errors: Errors) -> Result<Response, Error> {
    let people = accounts::list(app.db.read(), &me.school_id).await?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let chrome = Chrome::of(app, me, Area::People).await?;
    let roles = offered(me);
    let may_trust = may_trust(me);
    show_as(status, &ListPage { chrome, people: &people, fields, roles: &roles, may_trust, errors })
}

/// `POST /people`: adds an account and shows its link, once.
pub(crate) async fn add(
    State(app): State<Arc<App>>,
    ItOrDsl(me): ItOrDsl,
    Posted(fields): Posted<Fields>,
) -> Result<Response, Error> {
    let mut errors = Errors::default();
    let fields = Fields {
        name: errors.line("name", &fields.name, limit::LINE, "The name"),
        email: email(&mut errors, "email", &fields.email),
        job: errors.line("job", &fields.job, limit::LINE, "This line"),
        ..fields
    };
    if fields.name.is_empty() {
        errors.add("name", "Write the name, as pupils and colleagues know it");
    }
    let trusted = fields.trusted == "yes";
    let Ok(role) = fields.role.parse::<Role>() else {
        errors.add("role", "Choose what this person may do");
        return list_page(&app, &me, &fields, errors).await;
    };
    if !may_give(&me, role) {
        errors.add("role", "Only a DSL can add this role, so that IT holds no link to what children write");
    }
    if role == Role::Head && has_head(&app, &me).await? {
        errors.add("role", ONE_HEAD);
    }
    if trusted && !may_trust(&me) {
        errors.add("trusted", "Only a DSL can say which adults pupils may choose. Add the person without it");
    }
    if trusted && !role.is_school_staff() {
        errors.add("trusted", NOT_CHOSEN);
    }
    if !errors.is_empty() {
        return list_page(&app, &me, &fields, errors).await;
    }
    let account = Account {
        id: app.new_id()?,
        school_id: me.school_id.clone(),
        email: fields.email.clone(),
        name: fields.name.clone(),
        role,
        job: fields.job.clone(),
    };
    let mut tx = app.db.begin().await?;
    let new = NewAccount { account: &account, trusted_adult: trusted, password_hash: None };
    if !accounts::insert(&mut tx, &new, app.now()).await? {
        errors.add("email", "There is an account with this e-mail address already");
        drop(tx);
        return list_page(&app, &me, &fields, errors).await;
    }
    named::carry_over(&mut tx, &app, &me, &account).await?;
    let detail = json!({ "role": role.as_str(), "trusted_adult": trusted });
    trail::note(&mut tx, &app, &me, "create", ("account", &account.id), detail).await?;
    let link = join::new_link(&mut tx, &app, &account.id).await?;
    // Before the commit: the link is shown once, and no fault of a reading may take its page.
    let chrome = Chrome::of(&app, &me, Area::People).await?;
    tx.commit().await?;
    show(&LinkPage { chrome, name: &account.name, link: &link })
}

/// `GET /people/{id}`.
pub(crate) async fn person(
    State(app): State<Arc<App>>,
    ItOrDsl(me): ItOrDsl,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let person = find(&app, &me, &id).await?;
    let (job, trusted) = (person.account.job.clone(), person.trusted_adult);
    person_page(&app, &me, &person, &job, trusted, Errors::default()).await
}

async fn person_page(
    app: &App,
    me: &Account,
    person: &Listed,
    job: &str,
    trusted: bool,
    errors: Errors,
) -> Result<Response, Error> {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let (school, id, role) = (me.school_id.as_str(), person.account.id.as_str(), person.account.role);
    let scoped = me.role == Role::Dsl && matches!(role, Role::Pastoral | Role::DeputyDsl);
    let scopes = if scoped {
        Some(grants::of(app.db.read(), school, id).await?.into_iter().map(scopes::in_words).collect())
    } else {
        None
    };
    let limited = if scoped && role == Role::DeputyDsl {
        Some(accounts::is_limited(app.db.read(), school, id).await?)
    } else {
        None
    };
    let changes_role = id != me.id && may_take(me, role);
    let page = PersonPage {
        chrome: Chrome::of(app, me, Area::People).await?,
        roles: if changes_role { offered(me) } else { Vec::new() },
        role: role.as_str(),
        scopes,
        limited,
        years: YEARS.iter().copied().filter(|year| *year != "Adult").collect(),
        categories: categories(),
        person,
        job,
        trusted,
        may_trust: may_trust(me),
        closed: person.disabled_at.map(day),
        may_link: may_link(app, me, person).await?,
        may_close: may_close(me, person),
        errors,
    };
    show_as(status, &page)
}

/// What pupils see of this adult.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Choice {
    job: String,
    trusted: String,
}

/// `POST /people/{id}`: whether pupils may choose this adult, and as what they know them.
pub(crate) async fn change(
    State(app): State<Arc<App>>,
    ItOrDsl(me): ItOrDsl,
    Path(id): Path<String>,
    Posted(choice): Posted<Choice>,
) -> Result<Response, Error> {
    let person = find(&app, &me, &id).await?;
    let mut errors = Errors::default();
    let job = errors.line("job", &choice.job, limit::LINE, "This line");
    // IT may mend the words; whom pupils may choose is left as it is.
    let trusted = if may_trust(&me) { choice.trusted == "yes" } else { person.trusted_adult };
    if trusted && !person.account.role.is_school_staff() {
        errors.add("trusted", NOT_CHOSEN);
    }
    if !errors.is_empty() {
        return person_page(&app, &me, &person, &job, trusted, errors).await;
    }
    let mut tx = app.db.begin().await?;
    accounts::set_trusted(&mut tx, &me.school_id, &id, &job, trusted).await?;
    trail::note(&mut tx, &app, &me, "change", ("account", &id), json!({ "trusted_adult": trusted })).await?;
    tx.commit().await?;
    Ok(Redirect::to("/people").into_response())
}

/// `POST /people/{id}/link`: a new link to set a password, for somebody who lost theirs.
pub(crate) async fn link(
    State(app): State<Arc<App>>,
    ItOrDsl(me): ItOrDsl,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let person = find(&app, &me, &id).await?;
    if !may_link(&app, &me, &person).await? || person.disabled_at.is_some() {
        return Err(Error::Forbidden);
    }
    let mut tx = app.db.begin().await?;
    let link = join::new_link(&mut tx, &app, &id).await?;
    trail::note(&mut tx, &app, &me, "link", ("account", &id), json!({})).await?;
    let chrome = Chrome::of(&app, &me, Area::People).await?;
    tx.commit().await?;
    show(&LinkPage { chrome, name: &person.account.name, link: &link })
}

/// `POST /people/{id}/close`: ends the account and its sessions at once. What it wrote stays.
pub(crate) async fn close(
    State(app): State<Arc<App>>,
    ItOrDsl(me): ItOrDsl,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let person = find(&app, &me, &id).await?;
    let role = person.account.role;
    let mut errors = Errors::default();
    let mut tx = app.db.begin().await?;
    if id == me.id {
        errors.add("close", "You cannot close your own account. Ask a colleague to do it");
    } else if !may_close(&me, &person) {
        errors.add("close", "Only IT closes the account of a head or of a trust’s lead");
    } else if matches!(role, Role::Dsl | Role::ItAdmin)
        && accounts::able(&mut *tx, &me.school_id, role).await?.iter().all(|one| one.id == id)
    {
        errors.add("close", only_one(role));
    }
    if !errors.is_empty() {
        drop(tx);
        return person_page(&app, &me, &person, &person.account.job, person.trusted_adult, errors).await;
    }
    let left = accounts::disable(&mut tx, &me.school_id, &id, app.now()).await?;
    trail::note(&mut tx, &app, &me, "close", ("account", &id), json!({})).await?;
    note_left(&mut tx, &app, &me, &id, &left).await?;
    tx.commit().await?;
    app.live.notify(&me.school_id, Change::Inbox);
    Ok(Redirect::to("/people").into_response())
}

/// `POST /people/{id}/sign-out`: ends every session of somebody, who signs in again: a computer was left open, or stolen. Their
/// account stays as it is.
pub(crate) async fn sign_out(
    State(app): State<Arc<App>>,
    ItOrDsl(me): ItOrDsl,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let person = find(&app, &me, &id).await?;
    let mut tx = app.db.begin().await?;
    sessions::end_all(&mut tx, &person.account.id).await?;
    trail::note(&mut tx, &app, &me, "end_sessions", ("account", &person.account.id), json!({})).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/people/{}", person.account.id)).into_response())
}

/// Why the last one of a role stays. Somebody who was only invited could not take over.
fn only_one(role: Role) -> String {
    let role = role.label();
    format!(
        "This is the school’s only {role} who can sign in. Add another first, and wait until they have signed in"
    )
}

/// Each episode says in its own trail that it is nobody's again: whoever asks why it waited finds it there.
async fn note_left(tx: &mut Tx, app: &App, me: &Account, from: &str, left: &[String]) -> Result<(), Error> {
    for episode in left {
        trail::note(tx, app, me, "let_go", ("episode", episode), json!({ "from": from })).await?;
    }
    Ok(())
}

async fn find(app: &App, me: &Account, id: &str) -> Result<Listed, Error> {
    accounts::find(app.db.read(), &me.school_id, &clean(id, false)).await?.ok_or(Error::NotFound)
}

/// A role to be given.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct NewRole {
    role: String,
}

/// `POST /people/{id}/role`: somebody moves to another role. Their sessions end, so that no page of the old one stays.
pub(crate) async fn role(
    State(app): State<Arc<App>>,
    ItOrDsl(me): ItOrDsl,
    Path(id): Path<String>,
    Posted(form): Posted<NewRole>,
) -> Result<Response, Error> {
    let person = find(&app, &me, &id).await?;
    let (old, mut errors) = (person.account.role, Errors::default());
    let new = form.role.parse::<Role>().ok().filter(|role| may_give(&me, *role));
    if id == me.id || !may_take(&me, old) || person.disabled_at.is_some() {
        errors.add("role", "You cannot change this person’s role. Ask a DSL, or a colleague for your own");
    } else if new.is_none() {
        errors.add("role", "Choose one of the roles that you may give");
    } else if new == Some(Role::Head) && has_head(&app, &me).await? {
        errors.add("role", ONE_HEAD);
    } else if matches!(old, Role::Dsl | Role::ItAdmin)
        && accounts::able(app.db.read(), &me.school_id, old).await?.iter().all(|one| one.id == id)
    {
        errors.add("role", only_one(old));
    }
    let (Some(new), true) = (new, errors.is_empty()) else {
        return person_page(&app, &me, &person, &person.account.job, person.trusted_adult, errors).await;
    };
    let mut tx = app.db.begin().await?;
    if !may_move(&mut tx, &app, &me, &person).await? {
        drop(tx);
        errors.add("role", "This person can read what children said. Ask a DSL to change their role");
        return person_page(&app, &me, &person, &person.account.job, person.trusted_adult, errors).await;
    }
    accounts::set_role(&mut tx, &me.school_id, &id, new).await?;
    if !matches!(new, Role::Dsl | Role::DeputyDsl) {
        let left = episodes::let_go(&mut tx, &me.school_id, &id).await?;
        note_left(&mut tx, &app, &me, &id, &left).await?;
    }
    sessions::end_all(&mut tx, &id).await?;
    let detail = json!({ "from": old.as_str(), "to": new.as_str() });
    trail::note(&mut tx, &app, &me, "change_role", ("account", &id), detail).await?;
    tx.commit().await?;
    app.live.notify(&me.school_id, Change::Inbox);
    Ok(Redirect::to(&format!("/people/{id}")).into_response())
}
