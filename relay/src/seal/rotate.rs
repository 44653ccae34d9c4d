//! Changing keys while relays run, without a request that fails: a new key is made known first, used next, and only when
//! nothing hangs from the old one is that retired. Each step waits longer than any relay believes what it knows. The words
//! themselves are never sealed anew: only the keys that wrap their keys change.
//!
//! Whatever interrupts it, running it again goes on from there.

use super::master::{Master, MasterSource};
use super::vault::Vault;
use super::vaults::BELIEVED;
use crate::app::App;
use crate::db::keys::{self, KeyRow, Kind};
use crate::db::scope::{self, Scope};
use crate::db::{Tx, audit, rewrap, schools};
use crate::error::Error;
use anyhow::{Context as _, bail, ensure};
use std::sync::Arc;
use std::time::Duration;

/// Until every relay knows a new key: a second longer than an open vault is believed.
const KNOWN: Duration = Duration::from_millis(BELIEVED.unsigned_abs() + 1_000);
/// Until no request is under way that began with older keys: requests end after 30 seconds (`security`).
const DONE: Duration = Duration::from_millis(BELIEVED.unsigned_abs() + 35_000);

/// What a change of keys did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Keys that were wrapped anew.
    pub keys: u64,
    /// Records whose keys were wrapped anew.
    pub records: u64,
    /// What is left for the operator to do.
    pub to_do: Vec<String>,
}

/// Gives `school` a new key, and retires the old one. `wait` waits for that long; it takes a minute and a half in all.
///
/// # Errors
/// When the database cannot be read or written, or a key does not open. Then both keys are still there.
pub async fn rotate_school(app: &App, school: &str, wait: impl AsyncFn(Duration)) -> anyhow::Result<Rotated> {
    scope::within(Scope::Relay, of_school(app, school, wait)).await
}

async fn of_school(app: &App, school: &str, wait: impl AsyncFn(Duration)) -> anyhow::Result<Rotated> {
    let (new, old) = begin(app, school).await.map_err(Error::into_anyhow)?;
    // Every relay learns of the new key before anybody uses it.
    wait(KNOWN).await;
    put_to_use(app, school, &new).await.map_err(Error::into_anyhow)?;
    // From then on nothing more is hung from the old one.
    wait(DONE).await;
    app.vaults.forget();
    let vault = app.vault(school).await.map_err(Error::into_anyhow)?;
    ensure!(vault.current() == new, "another new key was made for this school meanwhile; try again");
    let mut rotated = Rotated::default();
    loop {
        let (keys, records) = batch(app, &vault).await.map_err(Error::into_anyhow)?;
        if (keys, records) == (0, 0) {
            break;
        }
        rotated.keys += keys;
        rotated.records += records;
        // Others write between two batches.
        tokio::task::yield_now().await;
    }
    // Nobody still holds a row that was read before.
    wait(DONE).await;
    retire(app, &vault, &old).await.map_err(Error::into_anyhow)?;
    app.vaults.forget();
    Ok(rotated)
}

/// The new key, which waits, and the old ones.
async fn begin(app: &App, school: &str) -> Result<(String, Vec<String>), Error> {
    // A school without keys gets its first ones.
    app.vault(school).await?;
    let mut tx = app.db.begin().await?;
    keys::lock(&mut tx, school).await?;
    let there = rewrap::school_keys(&mut *tx, school).await?;
    let old = there.iter().filter(|(_, waits)| !waits).map(|(id, _)| id.clone()).collect();
    if let Some((waiting, _)) = there.iter().find(|(_, waits)| *waits) {
        return Ok((waiting.clone(), old));
    }
    let random = app.random.as_ref();
    let id = app.new_id()?;
    let row = app.vaults.wrapped(random, school, (Kind::School, &id), &super::cipher::Key::new(random)?)?;
    keys::insert(&mut tx, Some(school), &row, app.now()).await?;
    rewrap::wait(&mut tx, &id).await?;
    note(&mut tx, app, school, "make_key", &id);
    tx.commit().await?;
    Ok((id, old))
}

async fn put_to_use(app: &App, school: &str, key: &str) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    keys::lock(&mut tx, school).await?;
    rewrap::put_to_use(&mut tx, school, key, app.now()).await?;
    note(&mut tx, app, school, "use_key", key);
    tx.commit().await
}

fn note(tx: &mut Tx, app: &App, school: &str, action: &str, key: &str) {
    let event = audit::Event {
        school_id: Some(school).filter(|school| !school.is_empty()),
        account_id: None,
        action,
        object_kind: "sealing_key",
        object_id: key,
        detail: serde_json::Value::Null,
    };
    tx.note(&event, app.now());
}

/// Wraps some keys and ways anew. Answers how many keys and how many records; none when nothing is left.
async fn batch(app: &App, vault: &Arc<Vault>) -> Result<(u64, u64), Error> {
    let (random, school, current) = (app.random.as_ref(), vault.school(), vault.current());
    let mut tx = app.db.begin().await?;
    keys::hold(&mut tx, [(school, current)].into_iter()).await?;
    let rows = rewrap::keys_under_others(&mut tx, school, current).await?;
    for row in &rows {
        rewrap::keep(&mut tx, &vault.rewrapped(random, row)?).await?;
    }
    let ways =
        if rows.is_empty() { rewrap::ways_under_others(&mut tx, school, current).await? } else { Vec::new() };
    for way in &ways {
        let record = vault.record((way.object, &way.id), &way.wrapped, None)?;
        let wrapped = vault.wrap_record(random, (way.object, &way.id), &record)?;
        rewrap::keep_way(&mut tx, school, way, &wrapped).await?;
    }
    if !rows.is_empty() || !ways.is_empty() {
        note(&mut tx, app, school, "rewrap", current);
    }
    tx.commit().await?;
    Ok((rows.len() as u64, ways.len() as u64))
}

/// Destroys the old keys, when nothing hangs from them.
async fn retire(app: &App, vault: &Arc<Vault>, old: &[String]) -> Result<(), Error> {
    let (school, current) = (vault.school(), vault.current());
    let mut tx = app.db.begin().await?;
    keys::lock(&mut tx, school).await?;
    // Destroyed first: this waits for whoever is wrapping with one of them, so that what they stored is seen below.
    let old = old.iter().filter(|id| *id != current);
    for id in old.clone() {
        rewrap::destroy(&mut tx, school, Kind::School, id, app.now()).await?;
        note(&mut tx, app, school, "retire_key", id);
    }
    for id in old {
        if rewrap::wraps_something(&mut tx, school, id).await? {
            // Nothing is destroyed: the transaction ends here.
            return Err(Error::Internal(
                "something was still wrapped under the school’s old key, which therefore stays: is the clock of every \
                 relay right? Change the key once more"
                    .into(),
            ));
        }
    }
    tx.commit().await
}

/// Changes the master key. From a file, the relay does it all; `alone` says that no other machine has a copy of the file
/// and uses the same database. Otherwise whoever keeps the master key puts a new one before the old, then this wraps every
/// key with it, and then the old one can go.
///
/// # Errors
/// When it must first be prepared, with what to do; when the database, a file or a key fails. Then both keys still open.
pub async fn rotate_master(app: &App, alone: bool, wait: impl AsyncFn(Duration)) -> anyhow::Result<Rotated> {
    scope::within(Scope::Relay, of_master(app, alone, wait)).await
}

async fn of_master(app: &App, alone: bool, wait: impl AsyncFn(Duration)) -> anyhow::Result<Rotated> {
    let random = app.random.as_ref();
    let there = app.vaults.source().read_again(random)?;
    let prepared = there.count() > 1;
    let file = match app.vaults.source() {
        MasterSource::File(path) if alone => Some(path.clone()),
        MasterSource::File(_) | MasterSource::Text(_) | MasterSource::Command(_) => None,
    };
    let both = match &file {
        _ if prepared => there,
        Some(path) => {
            let both = there.with_new(random)?;
            super::master::replace(path, &both).with_context(|| path.display().to_string())?;
            both
        }
        None => bail!(
            "first put a new key on a line before the present one, wherever the master key is kept for each relay \
             (`lapwing-relay keys new` prints one), start the relays again, and then run this once more"
        ),
    };
    app.vaults.change_master(both.clone());
    let mut rotated =
        Rotated { keys: wrap_all(app, &both).await.map_err(Error::into_anyhow)?, ..Rotated::default() };
    // Nobody still holds a row that was read before, nor wraps with what was the master key then.
    wait(DONE).await;
    rotated.keys += wrap_all(app, &both).await.map_err(Error::into_anyhow)?;
    let (fingerprint, _) = both.current().context("there is no master key")?;
    let left =
        rewrap::count_under_other_masters(app.db.read(), fingerprint).await.map_err(Error::into_anyhow)?;
    ensure!(
        left == 0,
        "{left} keys are still wrapped under an older master key, which therefore stays: try again"
    );
    match file {
        Some(path) => {
            super::master::replace(&path, &both.first_alone()).with_context(|| path.display().to_string())?;
            app.vaults.change_master(both.first_alone());
        }
        None => rotated.to_do.push(
            "take every line but the first out of the master key, wherever it is kept, and start the relays again"
                .into(),
        ),
    }
    rotated.to_do.push(
        "make a backup now: keys files that were made before do not open with the new master key".into(),
    );
    Ok(rotated)
}

/// Wraps every key with the first of `master` that another master key wraps. Answers how many.
async fn wrap_all(app: &App, master: &Master) -> Result<u64, Error> {
    let mut schools = schools::ids(app.db.read()).await?;
    // The relay's own.
    schools.push(String::new());
    let mut count = 0;
    for school in schools {
        let mut tx = app.db.begin().await?;
        keys::lock(&mut tx, &school).await?;
        let fingerprint = master.current().map(|(fingerprint, _)| fingerprint.to_owned()).unwrap_or_default();
        let rows: Vec<KeyRow> = rewrap::under_other_masters(&mut tx, &school, &fingerprint).await?;
        for row in &rows {
            rewrap::keep(&mut tx, &app.vaults.rewrapped(app.random.as_ref(), &school, row, master)?).await?;
        }
        if !rows.is_empty() {
            note(&mut tx, app, &school, "rewrap", &fingerprint);
            count += rows.len() as u64;
        }
        tx.commit().await?;
    }
    Ok(count)
}
