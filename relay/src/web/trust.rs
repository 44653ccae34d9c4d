//! What the safeguarding lead of a trust sees: numbers of each of its schools, small ones kept back, and one record of one
//! school when they break the glass. Each school is read in its own scope, one after the other; nothing here reads two at
//! once.

use super::concerns::view;
use super::glass::{self, Asked};
use super::numbers::{last_year, total, words};
use super::suppress::Shown;
use super::{Area, Chrome, show, trail};
use crate::app::App;
use crate::auth::{Account, TrustLead};
use crate::db::numbers::{Counted, Period};
use crate::db::scope::{self, Scope};
use crate::db::trusts::{self, Member};
use crate::error::Error;
use crate::extract::Path;
use crate::web::form::{Errors, Posted};
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::json;
use std::sync::Arc;

/// What each school is counted for, in the order of the columns.
const COLUMNS: [(Counted, &str); 3] =
    [(Counted::Concerns, "Concerns"), (Counted::Episodes, "Alerts"), (Counted::Reports, "Pupils’ reports")];

/// One school, for the page.
struct Row {
    id: String,
    name: String,
    counts: Vec<String>,
}

#[derive(Template)]
#[template(path = "walls/trust.html")]
struct Page {
    chrome: Chrome,
    trust: String,
    from: String,
    until: String,
    columns: Vec<&'static str>,
    rows: Vec<Row>,
    totals: Vec<String>,
}

/// The schools of the trust that `me` works for.
async fn schools(app: &App, me: &Account) -> Result<Vec<Member>, Error> {
    scope::within(Scope::Relay, trusts::schools_with(app.db.read(), &me.school_id)).await
}

async fn count(app: &App, me: &Account, school: &str, period: Period) -> Result<[Shown; 3], Error> {
    let visitor = visiting(me, school);
    let mut tx = app.db.begin().await?;
    let mut counts = [Shown::Number(0); 3];
    for (count, (counted, _)) in counts.iter_mut().zip(COLUMNS) {
        *count = total(&mut tx, school, counted, period).await?;
    }
    trail::note(&mut tx, app, &visitor, "view", ("numbers", school), json!({ "by": "trust" })).await?;
    tx.commit().await?;
    Ok(counts)
}

/// `GET /trust`.
pub(crate) async fn page(State(app): State<Arc<App>>, TrustLead(me): TrustLead) -> Result<Response, Error> {
    let period = last_year(app.now());
    let trust = scope::within(Scope::Relay, trusts::name_of(app.db.read(), &me.school_id)).await?;
    let schools = schools(&app, &me).await?;
    let mut counts = Vec::with_capacity(schools.len());
    for school in &schools {
        let work = count(&app, &me, &school.id, period);
        counts.push(scope::within(Scope::school(&school.id), work).await?);
    }
    let totals = (0..COLUMNS.len())
        .map(|at| Shown::total(&counts.iter().map(|counts| counts[at]).collect::<Vec<_>>()).words())
        .collect();
    let rows = schools.into_iter().zip(counts).map(|(school, counts)| Row {
        id: school.id,
        name: school.name,
        counts: counts.map(Shown::words).to_vec(),
    });
    let rows = rows.collect();
    let (from, until) = words(period);
    show(&Page {
        chrome: Chrome::of(&app, &me, Area::Trust).await?,
        trust: trust.unwrap_or_else(|| "Your trust".into()),
        from,
        until,
        columns: COLUMNS.map(|(_, label)| label).to_vec(),
        rows,
        totals,
    })
}

/// `me`, at another school of the trust: whose rows and whose audit trail is then the other school's.
fn visiting(me: &Account, school: &str) -> Account {
    Account { school_id: school.to_owned(), ..me.clone() }
}

/// The school with this id, when it is of the trust.
async fn member(app: &App, me: &Account, school: &str) -> Result<Member, Error> {
    schools(app, me).await?.into_iter().find(|member| member.id == school).ok_or(Error::NotFound)
}

/// `GET /trust/{school}/break-glass`.
pub(crate) async fn glass_page(
    State(app): State<Arc<App>>,
    TrustLead(me): TrustLead,
    Path(school): Path<String>,
) -> Result<Response, Error> {
    let member = member(&app, &me, &school).await?;
    let chrome = Chrome::of(&app, &me, Area::Trust).await?;
    let action = format!("/trust/{school}/break-glass");
    glass::form(chrome, (Some(&member.name), &action), &Asked::default(), Errors::default())
}

/// `POST /trust/{school}/break-glass`.
pub(crate) async fn open(
    State(app): State<Arc<App>>,
    TrustLead(me): TrustLead,
    Path(school): Path<String>,
    Posted(asked): Posted<Asked>,
) -> Result<Response, Error> {
    let member = member(&app, &me, &school).await?;
    let visitor = visiting(&me, &member.id);
    let opened = scope::within(Scope::school(&member.id), glass::broken(&app, &visitor, &asked)).await?;
    let action = format!("/trust/{school}/break-glass");
    match opened {
        Ok(opened) => {
            let concern = opened.concern.ok_or(Error::NotFound)?;
            Ok(Redirect::to(&format!("/trust/{school}/concerns/{concern}")).into_response())
        }
        Err(errors) => {
            let chrome = Chrome::of(&app, &me, Area::Trust).await?;
            glass::form(chrome, (Some(&member.name), &action), &asked, errors)
        }
    }
}

/// `GET /trust/{school}/concerns/{id}`: the record, while the glass is broken.
pub(crate) async fn concern(
    State(app): State<Arc<App>>,
    TrustLead(me): TrustLead,
    Path((school, id)): Path<(String, String)>,
) -> Result<Response, Error> {
    let member = member(&app, &me, &school).await?;
    let visitor = visiting(&me, &member.id);
    scope::within(Scope::school(&member.id), view::show_to(&app, &visitor, &id)).await
}
