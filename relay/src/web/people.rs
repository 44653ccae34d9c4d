//! Accounts: who may sign in, and which adults pupils may choose. For IT and for DSLs. A password is only ever set by
//! its owner, through a one-time link (`join`); this page gives out the links.
//!
//! Whoever gives a link could use it themselves, so IT, which must not read what children write, gives none to an
//! account that can: a DSL adds DSLs, and says which adults pupils may choose.

use super::form::{Errors, Posted, clean};
use super::setup::email;
use super::when::day;
use super::{Area, Chrome, join, show, show_as, trail};
use crate::app::App;
use crate::auth::{Account, ItOrDsl, Role};
use crate::db::accounts::{self, Listed, NewAccount};
use crate::error::Error;
use crate::extract::Path;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use lapwing_core::wire::limit;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// The roles as the form offers them.
const ROLES: [(&str, &str); 3] = [
    ("staff", "Member of staff: records concerns and follows their own"),
    ("dsl", "Safeguarding lead (DSL or deputy): reads and decides everything"),
    ("it_admin", "IT administrator: looks after devices and accounts, sees nothing about any child"),
];

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
    errors: Errors,
}

#[derive(Template)]
#[template(path = "people/link.html")]
struct LinkPage<'a> {
    chrome: Chrome,
    name: &'a str,
    link: &'a str,
}

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
    let roles: Vec<_> =
        ROLES.into_iter().filter(|(role, _)| me.role == Role::Dsl || *role != "dsl").collect();
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
    if role == Role::Dsl && me.role != Role::Dsl {
        errors.add("role", "Only a DSL can add a DSL, so that IT holds no link to what children write");
    }
    if trusted && !may_trust(&me) {
        errors.add("trusted", "Only a DSL can say which adults pupils may choose. Add the person without it");
    }
    if trusted && role == Role::ItAdmin {
        errors.add("trusted", "Pupils cannot choose an IT account: it must not see what pupils write");
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
    let detail = json!({ "role": role.as_str(), "trusted_adult": trusted });
    trail::note(&mut tx, &app, &me, "create", ("account", &account.id), detail).await?;
    let link = join::new_link(&mut tx, &app, &account.id).await?;
    tx.commit().await?;
    let chrome = Chrome::of(&app, &me, Area::People).await?;
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
    let page = PersonPage {
        chrome: Chrome::of(app, me, Area::People).await?,
        person,
        job,
        trusted,
        may_trust: may_trust(me),
        closed: person.disabled_at.map(day),
        may_link: may_link(me, person),
        may_close: person.account.id != me.id,
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
    if trusted && person.account.role == Role::ItAdmin {
        errors.add("trusted", "Pupils cannot choose an IT account: it must not see what pupils write");
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
    if !may_link(&me, &person) || person.disabled_at.is_some() {
        return Err(Error::Forbidden);
    }
    let mut tx = app.db.begin().await?;
    let link = join::new_link(&mut tx, &app, &id).await?;
    trail::note(&mut tx, &app, &me, "link", ("account", &id), json!({})).await?;
    tx.commit().await?;
    let chrome = Chrome::of(&app, &me, Area::People).await?;
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
    } else if role != Role::Staff && accounts::count(&mut *tx, &me.school_id, role).await? <= 1 {
        errors.add("close", format!("This is the school’s only {}. Add another first", role.label()));
    }
    if !errors.is_empty() {
        drop(tx);
        return person_page(&app, &me, &person, &person.account.job, person.trusted_adult, errors).await;
    }
    accounts::disable(&mut tx, &me.school_id, &id, app.now()).await?;
    trail::note(&mut tx, &app, &me, "close", ("account", &id), json!({})).await?;
    tx.commit().await?;
    Ok(Redirect::to("/people").into_response())
}

async fn find(app: &App, me: &Account, id: &str) -> Result<Listed, Error> {
    accounts::find(app.db.read(), &me.school_id, &clean(id, false)).await?.ok_or(Error::NotFound)
}

/// Whether this person says which adults pupils may choose: those adults read what pupils write.
fn may_trust(me: &Account) -> bool {
    me.role == Role::Dsl
}

/// Whoever holds a link becomes that person. IT must not read cases or reports, so only a DSL (or the server's own
/// console) gives a new link to somebody who can; and a DSL gives none to IT, whose accounts they could not answer for.
fn may_link(me: &Account, whom: &Listed) -> bool {
    match whom.account.role {
        Role::Dsl => me.role == Role::Dsl,
        Role::ItAdmin => me.role == Role::ItAdmin,
        Role::Staff => me.role == Role::Dsl || !whom.trusted_adult,
    }
}
