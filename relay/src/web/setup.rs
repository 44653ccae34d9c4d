//! The set-up of a school: one link, printed on the relay's console, that makes the school (the first one; a further one
//! is there already, from `console`), its first IT account, and the account of its first DSL. The IT person does not choose the DSL's password: the DSL gets a link of their own.

use super::form::{Errors, Posted};
use super::{Chrome, join, show, show_as};
use crate::app::App;
use crate::auth::{Account, Role, password, session, token};
use crate::db::accounts::{self, NewAccount};
use crate::db::audit::{self, Event};
use crate::db::schools::{self, School};
use crate::db::{Tx, links};
use crate::error::Error;
use crate::extract::{Address, Path};
use crate::random;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use lapwing_core::wire::limit;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// How long the set-up link works: a day.
pub(crate) const LIFE: i64 = 24 * 60 * 60 * 1_000;

/// The form's fields.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    school: String,
    hours: String,
    it_name: String,
    it_email: String,
    password: String,
    dsl_name: String,
    dsl_email: String,
    dsl_job: String,
}

#[derive(Template)]
#[template(path = "setup/form.html")]
struct FormPage<'a> {
    chrome: Chrome,
    token: &'a str,
    fields: &'a Fields,
    errors: Errors,
}

#[derive(Template)]
#[template(path = "setup/done.html")]
struct DonePage<'a> {
    chrome: Chrome,
    school: &'a str,
    dsl_name: &'a str,
    link: &'a str,
}

/// A new set-up link's address; none when there is a school already. Earlier links stop working.
pub(crate) async fn new_link(app: &App) -> Result<Option<String>, Error> {
    let token = token::new(app.random.as_ref())?;
    let now = app.now();
    let mut tx = app.db.begin().await?;
    if schools::exists(&mut *tx).await? {
        return Ok(None);
    }
    links::insert_setup(&mut tx, &token::hash(&token), now, now + LIFE).await?;
    tx.commit().await?;
    Ok(Some(app.address(&format!("/setup/{token}"))))
}

/// `GET /setup/{token}`.
pub(crate) async fn form(
    State(app): State<Arc<App>>,
    Address(address): Address,
    Path(token): Path<String>,
) -> Result<Response, Error> {
    let further = check_link(&app, &address, &token).await?;
    let school = match &further {
        Some(id) => schools::name(app.db.read(), id).await?,
        None => String::new(),
    };
    let fields = Fields { school, dsl_job: "Designated Safeguarding Lead".into(), ..Fields::default() };
    show(&FormPage { chrome: Chrome::outside(), token: &token, fields: &fields, errors: Errors::default() })
}

/// `POST /setup/{token}`.
pub(crate) async fn set_up(
    State(app): State<Arc<App>>,
    Address(address): Address,
    Path(token): Path<String>,
    headers: HeaderMap,
    Posted(fields): Posted<Fields>,
) -> Result<Response, Error> {
    let further = check_link(&app, &address, &token).await?;
    let (fields, errors) = checked(fields);
    if !errors.is_empty() {
        let page = FormPage { chrome: Chrome::outside(), token: &token, fields: &fields, errors };
        return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let hash = app.passwords.hash(&fields.password, app.random.as_ref()).await?;
    let mut tx = app.db.begin().await?;
    if !links::use_up(&mut tx, &token::hash(&token), app.now()).await? {
        return Err(done_before());
    }
    let school = match further {
        Some(id) => {
            schools::rename(&mut tx, &id, &fields.school, &fields.hours).await?;
            schools::find(&mut *tx, &id).await?
        }
        None if schools::exists(&mut *tx).await? => return Err(done_before()),
        None => first_school(&mut tx, &app, &fields).await?,
    };
    let account = |name: &str, email: &str, role, job: &str| {
        Ok::<_, Error>(Account {
            id: app.new_id()?,
            school_id: school.id.clone(),
            email: email.to_owned(),
            name: name.to_owned(),
            role,
            job: job.to_owned(),
        })
    };
    let it = account(&fields.it_name, &fields.it_email, Role::ItAdmin, "IT")?;
    let dsl = account(&fields.dsl_name, &fields.dsl_email, Role::Dsl, &fields.dsl_job)?;
    add(&mut tx, &app, &it, Some(&hash), false).await?;
    add(&mut tx, &app, &dsl, None, true).await?;
    let link = join::new_link(&mut tx, &app, &dsl.id).await?;
    let cookies = session::start(&mut tx, &app, &headers, &it, session::Begun::Link).await?;
    tx.commit().await?;
    tracing::info!("the school was set up");
    let chrome = Chrome::with(school.name.clone(), &it.name, it.role, super::Area::None);
    let page = DonePage { chrome, school: &school.name, dsl_name: &dsl.name, link: &link };
    Ok((cookies, show(&page)?).into_response())
}

/// Makes the first school.
async fn first_school(tx: &mut Tx, app: &App, fields: &Fields) -> Result<School, Error> {
    let school = School {
        id: app.new_id()?,
        name: fields.school.clone(),
        hours: fields.hours.clone(),
        enrolment_key: enrolment_key(app)?,
    };
    schools::insert(tx, &school, app.now()).await?;
    Ok(school)
}

async fn add(
    tx: &mut Tx,
    app: &App,
    account: &Account,
    hash: Option<&str>,
    trusted: bool,
) -> Result<(), Error> {
    let new = NewAccount { account, trusted_adult: trusted, password_hash: hash };
    if !accounts::insert(tx, &new, app.now()).await? {
        return Err(Error::BadRequest("Give the IT person and the DSL an e-mail address each.".into()));
    }
    let event = Event {
        school_id: Some(&account.school_id),
        account_id: None,
        action: "create",
        object_kind: "account",
        object_id: &account.id,
        detail: json!({ "role": account.role.as_str(), "by": "set-up" }),
    };
    audit::record(tx, app, event).await
}

/// A key that a person can copy without doubt: 20 letters and digits without those that look alike.
pub(crate) fn enrolment_key(app: &App) -> Result<String, Error> {
    const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
    let bytes = random::bytes::<20>(app.random.as_ref())?;
    let letters: Vec<char> = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    Ok(letters.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
}

/// The further school that the link sets up; none for the first.
async fn check_link(app: &App, address: &str, token: &str) -> Result<Option<String>, Error> {
    app.limits.sign_in_address.check(address)?;
    links::setup_works(app.db.read(), &token::hash(token), app.now()).await?.ok_or_else(done_before)
}

fn done_before() -> Error {
    Error::Gone(
        "This set-up link has been used, has been replaced by a newer one, or is more than a day old. If the school has \
         been set up, sign in. If not, run “lapwing-relay set-up-link” on the server for a new link."
            .into(),
    )
}

/// The fields as they will be kept, and what is wrong with them.
fn checked(fields: Fields) -> (Fields, Errors) {
    let mut errors = Errors::default();
    let line = |errors: &mut Errors, field: &str, raw: &str, what: &str, missing: &str| {
        let text = errors.line(field, raw, limit::LINE, what);
        if text.is_empty() && !missing.is_empty() {
            errors.add(field, missing);
        }
        text
    };
    let fields = Fields {
        school: line(&mut errors, "school", &fields.school, "The name", "Write the name of the school"),
        hours: line(&mut errors, "hours", &fields.hours, "This line", ""),
        it_name: line(&mut errors, "it_name", &fields.it_name, "The name", "Write your name"),
        it_email: email(&mut errors, "it_email", &fields.it_email),
        password: fields.password,
        dsl_name: line(&mut errors, "dsl_name", &fields.dsl_name, "The name", "Write the name of the DSL"),
        dsl_email: email(&mut errors, "dsl_email", &fields.dsl_email),
        dsl_job: line(&mut errors, "dsl_job", &fields.dsl_job, "This line", ""),
    };
    if !fields.it_email.is_empty() && fields.it_email == fields.dsl_email {
        errors
            .add("dsl_email", "Give the DSL an e-mail address of their own: IT must not see what a DSL sees");
    }
    if let Err(weak) = password::check(&fields.password, &[&fields.it_email, &fields.it_name, &fields.school])
    {
        errors.add("password", weak.to_string());
    }
    (fields, errors)
}

/// Reads an e-mail address, as the name to sign in with. Whether it can be reached is another matter.
pub(super) fn email(errors: &mut Errors, field: &str, raw: &str) -> String {
    let text = errors.line(field, raw, 254, "The e-mail address").to_lowercase();
    let parts = text.split_once('@');
    let sound =
        parts.is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'));
    if !sound || text.contains(char::is_whitespace) {
        errors.add(field, "Write an e-mail address like name@school.example");
    }
    text
}
