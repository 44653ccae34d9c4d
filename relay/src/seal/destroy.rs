//! Destroying what is known of one child: their key goes, and with it every record that concerned nobody else, in the
//! database and in every backup that is opened with a newer keys file. Records that concern another child too stay readable
//! through that child. A hold forbids it.

use super::rotate::{Rotated, rotate_master, rotate_school};
use crate::app::App;
use crate::db::keys::{self, Kind};
use crate::db::scope::{self, Scope};
use crate::db::{Tx, accounts, audit, rewrap};
use crate::error::Error;
use anyhow::{Context as _, bail, ensure};
use std::time::Duration;

/// What a destruction did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Destroyed {
    /// Records that hung from this person's key.
    pub records: u64,
    /// Of these, those that nobody can open any more.
    pub lost: u64,
    /// What is left for the operator to do.
    pub to_do: Vec<String>,
}

/// Destroys the key of `person` for `reason`, by the account with the e-mail address `by`; then changes the school's key
/// and the master key, so that copies of older keys open nothing. `alone` is as for [`rotate_master`].
///
/// # Errors
/// When there is no such person or account, the key is gone already, a hold forbids it, or the database fails. When the
/// keys cannot be changed afterwards, the person's key is destroyed none the less, and `to_do` says what is left.
pub async fn destroy_person(
    app: &App,
    person: &str,
    why: (&str, &str),
    alone: bool,
    wait: impl AsyncFn(Duration),
) -> anyhow::Result<Destroyed> {
    scope::within(Scope::Relay, destroy(app, person, why, alone, wait)).await
}

async fn destroy(
    app: &App,
    person: &str,
    (reason, by): (&str, &str),
    alone: bool,
    wait: impl AsyncFn(Duration),
) -> anyhow::Result<Destroyed> {
    ensure!(!reason.trim().is_empty(), "say why with --reason: it is kept in the audit trail");
    let (school, account) = who(app, person, by).await?;
    let mut tx = app.db.begin().await?;
    let (records, lost) = forget(&mut tx, app, (&school, person), (reason, &account)).await?;
    tx.commit().await.map_err(Error::into_anyhow)?;
    let mut done = Destroyed { records, lost, to_do: Vec::new() };
    if let Err(error) = app.db.scrub(&["sealing_key", "record_key", "search_word"]).await {
        done.to_do
            .push(format!("the database file still holds what was deleted ({error}): start the relay again"));
    }
    // The wrapped key may lie in a copy of the database; what wrapped it must not open any more either.
    match rotate_school(app, &school, &wait).await {
        Ok(_) => {}
        Err(error) => done.to_do.push(format!(
            "the school’s key could not be changed ({error:#}): `lapwing-relay keys rotate --school {school}`"
        )),
    }
    match rotate_master(app, alone, &wait).await {
        Ok(Rotated { to_do, .. }) => done.to_do.extend(to_do),
        Err(error) => done.to_do.push(format!("the master key was not changed: {error:#}")),
    }
    done.to_do.extend(
        [
            "destroy every keys file that was made before, wherever it was copied to, and old copies of the master key",
            "destroy copies of the database itself (snapshots of the machine or its disk, PostgreSQL dumps and archived \
             logs) that were made before",
            "data files of backups may stay: nothing of this person opens from them any more",
        ]
        .map(str::to_owned),
    );
    Ok(done)
}

/// Forbids destroying the key of `person`, for `reason`.
///
/// # Errors
/// When there is no such person or account, or the database fails.
pub async fn hold_person(app: &App, person: &str, why: (&str, &str)) -> anyhow::Result<()> {
    scope::within(Scope::Relay, hold(app, person, why)).await
}

async fn hold(app: &App, person: &str, (reason, by): (&str, &str)) -> anyhow::Result<()> {
    ensure!(!reason.trim().is_empty(), "say why with --reason: it is kept in the audit trail");
    let (school, account) = who(app, person, by).await?;
    let id = app.new_id()?;
    let mut tx = app.db.begin().await?;
    keys::lock(&mut tx, &school).await.map_err(Error::into_anyhow)?;
    rewrap::hold(&mut tx, (&id, &school, person), &account, app.now()).await.map_err(Error::into_anyhow)?;
    note(&mut tx, app, (&school, "hold", person), &account, serde_json::json!({ "reason": reason }));
    tx.commit().await.map_err(Error::into_anyhow)
}

/// Lifts every hold on `person`, for `reason`. Answers how many there were.
///
/// # Errors
/// When there is no such person or account, or the database fails.
pub async fn release_person(app: &App, person: &str, why: (&str, &str)) -> anyhow::Result<u64> {
    scope::within(Scope::Relay, release(app, person, why)).await
}

async fn release(app: &App, person: &str, (reason, by): (&str, &str)) -> anyhow::Result<u64> {
    ensure!(!reason.trim().is_empty(), "say why with --reason: it is kept in the audit trail");
    let (school, account) = who(app, person, by).await?;
    let mut tx = app.db.begin().await?;
    keys::lock(&mut tx, &school).await.map_err(Error::into_anyhow)?;
    let lifted =
        rewrap::lift(&mut tx, &school, person, &account, app.now()).await.map_err(Error::into_anyhow)?;
    note(&mut tx, app, (&school, "release", person), &account, serde_json::json!({ "reason": reason }));
    tx.commit().await.map_err(Error::into_anyhow)?;
    Ok(lifted)
}

/// The person's school, and the account of whoever does this: an open one of that school.
async fn who(app: &App, person: &str, by: &str) -> anyhow::Result<(String, String)> {
    let db = app.db.read();
    let (school, _) = rewrap::person(db, person)
        .await
        .map_err(Error::into_anyhow)?
        .with_context(|| format!("there is no person with the id {person}"))?;
    let by = by.trim().to_lowercase();
    let account = accounts::list(db, &school)
        .await
        .map_err(Error::into_anyhow)?
        .into_iter()
        .find(|listed| listed.account.email == by && listed.disabled_at.is_none())
        .with_context(|| {
            format!("nobody at this person’s school has an open account with the e-mail address {by}")
        })?;
    Ok((school, account.account.id))
}

/// Destroys the key and the ways through it, in a transaction that is still to be committed.
async fn forget(
    tx: &mut Tx,
    app: &App,
    (school, person): (&str, &str),
    (reason, account): (&str, &str),
) -> anyhow::Result<(u64, u64)> {
    keys::lock(tx, school).await.map_err(Error::into_anyhow)?;
    if rewrap::is_held(tx, school, person).await.map_err(Error::into_anyhow)? {
        bail!(
            "a hold forbids destroying what is known of this person: `lapwing-relay keys release` lifts it"
        );
    }
    if !rewrap::destroy(tx, school, Kind::Person, person, app.now()).await.map_err(Error::into_anyhow)? {
        bail!("this person’s key was destroyed already");
    }
    let (records, lost) = rewrap::forget_records_of(tx, school, person).await.map_err(Error::into_anyhow)?;
    let detail = serde_json::json!({ "reason": reason, "records": records, "lost": lost });
    note(tx, app, (school, "destroy", person), account, detail);
    Ok((records, lost))
}

fn note(
    tx: &mut Tx,
    app: &App,
    (school, action, person): (&str, &str, &str),
    account: &str,
    detail: serde_json::Value,
) {
    let event = audit::Event {
        school_id: Some(school),
        account_id: Some(account),
        action,
        object_kind: "person",
        object_id: person,
        detail,
    };
    tx.note(&event, app.now());
}
