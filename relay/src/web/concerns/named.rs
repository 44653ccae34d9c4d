//! Adults who are named in a concern, and so walled off from it: recognised by name when it is recorded, added by whoever
//! deals with it, and let back in when the name was somebody else's. What the wall does is in `walls`.

use super::super::form::Posted;
use super::super::trail;
use super::change::must;
use crate::app::App;
use crate::auth::{Account, Lead};
use crate::db::concerns::NewConcern;
use crate::db::walls::{self as stored, Named};
use crate::db::{Tx, accounts};
use crate::error::Error;
use crate::extract::Path;
use crate::live::Change;
use crate::walls::{Access, name_key};
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Somebody with an account, as the concern's page shows them.
pub(super) struct Walled {
    /// The account's id.
    pub(super) account: String,
    /// Their name.
    pub(super) name: String,
    /// What they do; may be empty.
    pub(super) job: String,
    /// The rows that wall them off; empty for somebody who is not named.
    pub(super) rows: Vec<String>,
}

/// Walls off every adult whom the new concern names, in whatever role, and everybody whom it says may have caused harm
/// and who is not known to be a pupil. The name alone does it, so an account of this name that is made later is walled off
/// too. The form chooses the role of the first person before anything is written, so that role says nothing of somebody
/// without a year: there, the name of an account is taken for that account. A colleague lets a child's namesake back in;
/// nobody takes back what an accused colleague has read.
pub(super) async fn wall_off(
    tx: &mut Tx,
    app: &App,
    me: &Account,
    concern: &NewConcern,
) -> Result<(), Error> {
    let accounts = accounts::list(&mut **tx, &me.school_id).await?;
    let staff: Vec<String> =
        accounts.iter().map(|one| name_key(app, &me.school_id, &one.account.name)).collect();
    for person in &concern.persons {
        let name_key = name_key(app, &me.school_id, &person.name);
        let is_out = match (person.kind.as_str(), person.role.as_str()) {
            ("adult", _) => true,
            (_, "alleged_harming") => person.year_group.is_empty(),
            (_, "subject") => person.year_group.is_empty() && staff.contains(&name_key),
            _ => false,
        };
        if !is_out || name_key.is_empty() {
            continue;
        }
        let named = Named { id: app.new_id()?, concern_id: concern.id.clone(), account_id: None, name_key };
        stored::name(tx, &me.school_id, &named, &me.id, app.now()).await?;
        trail::note(tx, app, me, "wall_off", ("concern", &concern.id), json!({ "named": named.id })).await?;
    }
    Ok(())
}

/// Walls `account`, which is new, off from every concern from which an account of the same person was walled off that was
/// closed before: they came back, perhaps under another name. It is the same person whose e-mail address it was.
pub(crate) async fn carry_over(tx: &mut Tx, app: &App, me: &Account, account: &Account) -> Result<(), Error> {
    let before = accounts::closed_with_email(&mut **tx, &account.school_id, &account.email).await?;
    if before.is_empty() {
        return Ok(());
    }
    let key_of = |name: &str| name_key(app, &account.school_id, name);
    let key = key_of(&account.name);
    let before: Vec<(String, String)> = before.into_iter().map(|(id, name)| (id, key_of(&name))).collect();
    let rows = stored::named_in_school(&mut **tx, &account.school_id).await?;
    let theirs = |row: &&Named| before.iter().any(|(id, key)| row.is(id, key));
    // A wall that holds by the name they still have needs no second one.
    let concerns: BTreeSet<&str> = rows
        .iter()
        .filter(theirs)
        .filter(|row| !row.is(&account.id, &key))
        .map(|row| row.concern_id.as_str())
        .collect();
    for concern in concerns {
        let named = Named {
            id: app.new_id()?,
            concern_id: concern.to_owned(),
            account_id: Some(account.id.clone()),
            name_key: String::new(),
        };
        stored::name(tx, &account.school_id, &named, &me.id, app.now()).await?;
        let detail = json!({ "named": named.id, "account": named.account_id });
        trail::note(tx, app, me, "wall_off", ("concern", concern), detail).await?;
    }
    Ok(())
}

/// Everybody with an open account, with what walls them off from the concern. The reader is none of them.
pub(super) async fn walled(
    tx: &mut Tx,
    app: &App,
    me: &Account,
    concern: &str,
) -> Result<Vec<Walled>, Error> {
    let named = stored::named_in(&mut **tx, &me.school_id, concern).await?;
    let people = accounts::list(&mut **tx, &me.school_id).await?;
    let people = people.into_iter().filter(|one| one.disabled_at.is_none() && one.account.id != me.id);
    Ok(people
        .map(|one| {
            let key = name_key(app, &me.school_id, &one.account.name);
            let rows = named.iter().filter(|row| row.is(&one.account.id, &key)).map(|row| row.id.clone());
            Walled {
                rows: rows.collect(),
                account: one.account.id,
                name: one.account.name,
                job: one.account.job,
            }
        })
        .collect())
}

/// Whom to wall off or let back in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Form {
    account: String,
    row: Vec<String>,
}

/// `POST /concerns/{id}/named`: an account is somebody who is named in the concern.
pub(crate) async fn name(
    State(app): State<Arc<App>>,
    Lead(me): Lead,
    Path(id): Path<String>,
    Posted(form): Posted<Form>,
) -> Result<Response, Error> {
    let mut tx = app.db.begin().await?;
    must(&mut tx, &app, &me, &id, Access::Work).await?;
    let who = accounts::find(&mut *tx, &me.school_id, &form.account).await?;
    let who = who.ok_or_else(|| Error::BadRequest("Choose who is named from the list.".into()))?;
    let named = Named {
        id: app.new_id()?,
        concern_id: id.clone(),
        account_id: Some(who.account.id),
        name_key: String::new(),
    };
    stored::name(&mut tx, &me.school_id, &named, &me.id, app.now()).await?;
    let detail = json!({ "named": named.id, "account": named.account_id });
    trail::note(&mut tx, &app, &me, "wall_off", ("concern", &id), detail).await?;
    tx.commit().await?;
    app.live.notify(&me.school_id, Change::Inbox);
    Ok(Redirect::to(&format!("/concerns/{id}#named")).into_response())
}

/// `POST /concerns/{id}/named/lift`: the account is somebody else of the same name.
pub(crate) async fn lift(
    State(app): State<Arc<App>>,
    Lead(me): Lead,
    Path(id): Path<String>,
    Posted(form): Posted<Form>,
) -> Result<Response, Error> {
    let mut tx = app.db.begin().await?;
    must(&mut tx, &app, &me, &id, Access::Work).await?;
    for row in &form.row {
        if stored::lift(&mut tx, &me.school_id, (&id, row), &me.id, app.now()).await? {
            trail::note(&mut tx, &app, &me, "let_in", ("concern", &id), json!({ "named": row })).await?;
        }
    }
    tx.commit().await?;
    app.live.notify(&me.school_id, Change::Inbox);
    Ok(Redirect::to(&format!("/concerns/{id}#named")).into_response())
}
