//! Devices: which browsers are enrolled, when they were last heard of, and with what versions. Their alerts are in
//! `intake`; nothing here is about a child.

use super::Tx;
use super::catalogue::Engine;
use super::device_sessions::Stored;
use super::many::Many;
use crate::error::Error;
use lapwing_core::wire::{CheckIn, DeviceState};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyExecutor, Row as _};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A device as a request needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Device {
    /// The device's id.
    pub(crate) id: String,
    /// The school, and the only one whose rows this request may touch.
    pub(crate) school_id: String,
    /// ECDSA P-256, uncompressed point, unpadded base64url.
    pub(crate) public_key: String,
    /// Since when it may send nothing.
    pub(crate) revoked_at: Option<i64>,
    /// When it was last heard of, milliseconds.
    pub(crate) last_seen_at: i64,
}

/// A device as the devices page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    /// The device's id.
    pub(crate) id: String,
    /// A name for IT, as the device gave it.
    pub(crate) label: String,
    /// When it was enrolled, milliseconds.
    pub(crate) enrolled_at: i64,
    /// When it was last heard of, milliseconds.
    pub(crate) last_seen_at: i64,
    /// Since when it may send nothing.
    pub(crate) revoked_at: Option<i64>,
    /// The extension's version.
    pub(crate) extension_version: String,
    /// The browser, as it names itself.
    pub(crate) browser: String,
    /// Version of its lists.
    pub(crate) lists_version: String,
    /// Version of its policy.
    pub(crate) policy_version: String,
    /// `watching` or `bad_policy`; empty before the first check-in.
    pub(crate) state: String,
    /// How many alerts and reports wait on the device.
    pub(crate) waiting: i64,
    /// How many alerts the relay has refused.
    pub(crate) refused: i64,
    /// Version of its newest pack of lists; 0 when it has only what is built in.
    pub(crate) pack_version: i64,
    /// Why it has not the pack that the relay has, in its words; empty when nothing is wrong.
    pub(crate) pack_problem: String,
}

/// A device's columns as a request needs them, and its session's.
macro_rules! with_session {
    () => {
        "select d.id, d.school_id, d.public_key, d.revoked_at, d.last_seen_at, s.id as session_id, s.sealed, s.begun_at from "
    };
}

/// The device with this id, whatever its school, and its session: the signature decides whether the request is its own.
pub(crate) async fn find<'c>(
    db: impl AnyExecutor<'c>,
    id: &str,
) -> Result<Option<(Device, Option<Stored>)>, Error> {
    let row = sqlx::query(concat!(
        with_session!(),
        "device d left join device_session s on s.device_id = d.id and s.school_id = d.school_id where d.id = $1"
    ))
    .bind(id.to_owned())
    .fetch_optional(db)
    .await?;
    row.map(|row| Ok((device(&row)?, session(&row)?))).transpose()
}

static FIND: Many = Many::new(
    concat!(with_session!(), "("),
    1,
    ") v cross join device d left join device_session s on s.device_id = d.id and s.school_id = d.school_id \
     where d.id = v.column1",
);

/// The same for several, by their ids; those that there are.
pub(super) async fn find_many(
    db: &mut AnyConnection,
    engine: Engine,
    ids: &[&str],
) -> Result<HashMap<String, (Device, Option<Stored>)>, Error> {
    let mut found = HashMap::with_capacity(ids.len());
    for statement in FIND.over(engine, ids, |query, id| query.bind((*id).to_owned())) {
        for row in statement.fetch_all(&mut *db).await? {
            let device = device(&row)?;
            found.insert(device.id.clone(), (device, session(&row)?));
        }
    }
    Ok(found)
}

fn session(row: &AnyRow) -> Result<Option<Stored>, Error> {
    let Some(id) = row.try_get("session_id")? else { return Ok(None) };
    Ok(Some(Stored { id, sealed: row.try_get("sealed")?, begun_at: row.try_get("begun_at")? }))
}

fn device(row: &AnyRow) -> Result<Device, Error> {
    Ok(Device {
        id: row.try_get("id")?,
        school_id: row.try_get("school_id")?,
        public_key: row.try_get("public_key")?,
        revoked_at: row.try_get("revoked_at")?,
        last_seen_at: row.try_get("last_seen_at")?,
    })
}

/// What a device says of itself when it enrols.
#[derive(Debug, Clone)]
pub(crate) struct NewDevice<'a> {
    /// The id that it gets unless its key is known already.
    pub(crate) id: &'a str,
    /// The school of its enrolment key.
    pub(crate) school_id: &'a str,
    /// Its public key.
    pub(crate) public_key: &'a str,
    /// A name for IT.
    pub(crate) label: &'a str,
    /// The extension's version.
    pub(crate) extension_version: &'a str,
}

/// Enrols a device, or finds the one that has this key already. The second answer says whether it is new.
pub(crate) async fn enrol(tx: &mut Tx, new: &NewDevice<'_>, now: i64) -> Result<(Device, bool), Error> {
    let done = sqlx::query(
        "insert into device (id, school_id, public_key, label, extension_version, enrolled_at, last_seen_at) \
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (school_id, public_key) do nothing",
    )
    .bind(new.id.to_owned())
    .bind(new.school_id.to_owned())
    .bind(new.public_key.to_owned())
    .bind(new.label.to_owned())
    .bind(new.extension_version.to_owned())
    .bind(now)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    let row = sqlx::query(
        "select id, school_id, public_key, revoked_at, last_seen_at from device where school_id = $1 \
         and public_key = $2",
    )
    .bind(new.school_id.to_owned())
    .bind(new.public_key.to_owned())
    .fetch_one(&mut **tx)
    .await?;
    Ok((device(&row)?, done.rows_affected() == 1))
}

static CHECKED_IN: Many = Many::new(
    "update device set last_seen_at = v.column2, extension_version = v.column3, browser = v.column4, \
     lists_version = v.column5, policy_version = v.column6, state = v.column7, waiting = v.column8, \
     refused = v.column9, pack_version = v.column10, pack_problem = v.column11 from (",
    11,
    ") v where device.id = v.column1",
);

/// Keeps what devices said at check-in, and when: by id, milliseconds.
pub(crate) async fn checked_in(tx: &mut Tx, said: &BTreeMap<&str, (&CheckIn, i64)>) -> Result<(), Error> {
    let said: Vec<_> = said.iter().collect();
    for statement in CHECKED_IN.over(tx.engine(), &said, |query, (id, (said, at))| {
        query
            .bind((**id).to_owned())
            .bind(*at)
            .bind(said.extension_version.clone())
            .bind(said.browser.clone())
            .bind(said.lists_version.clone())
            .bind(said.policy_version.clone())
            .bind(state(said.state))
            .bind(i64::from(said.waiting))
            .bind(i64::from(said.refused))
            .bind(said.lists.as_ref().map_or(0, |lists| i64::try_from(lists.version).unwrap_or(i64::MAX)))
            .bind(said.lists.as_ref().map_or_else(String::new, |lists| lists.problem.clone()))
    }) {
        statement.execute(&mut **tx).await?;
    }
    Ok(())
}

/// As the devices page reads it.
const fn state(state: DeviceState) -> &'static str {
    match state {
        DeviceState::Watching => "watching",
        DeviceState::BadPolicy => "bad_policy",
    }
}

// In the order in which they are asked for; the fence (`offset 0`) keeps a new table from being read from end to end.
static HOLD: Many = Many::new(
    "select d.id from (",
    1,
    ") v cross join lateral (select h.id from device h where h.id = v.column1 offset 0 for no key update) d",
);

/// Makes others that bring something from these devices wait until `tx` ends, where others may write at the same time.
pub(crate) async fn hold(tx: &mut Tx, ids: &BTreeSet<&str>) -> Result<(), Error> {
    if tx.is_shared() {
        let ids: Vec<_> = ids.iter().collect();
        for statement in HOLD.over(tx.engine(), &ids, |query, id| query.bind((**id).to_owned())) {
            statement.fetch_all(&mut **tx).await?;
        }
    }
    Ok(())
}

static HEARD_OF: Many = Many::new(
    "update device set last_seen_at = v.column2 from (",
    2,
    ") v where device.id = v.column1 and device.last_seen_at < v.column2",
);

/// Notes when devices were heard of: by id, milliseconds.
pub(crate) async fn heard_of(tx: &mut Tx, devices: &BTreeMap<&str, i64>) -> Result<(), Error> {
    let devices: Vec<_> = devices.iter().collect();
    for statement in
        HEARD_OF.over(tx.engine(), &devices, |query, (id, at)| query.bind((**id).to_owned()).bind(**at))
    {
        statement.execute(&mut **tx).await?;
    }
    Ok(())
}

const LISTED: &str = "select id, label, enrolled_at, last_seen_at, revoked_at, extension_version, browser, \
     lists_version, policy_version, state, waiting, refused, pack_version, pack_problem from device where school_id = $1 \
     order by case when revoked_at is null then 0 else 1 end, last_seen_at, id";

const LISTED_ONE: &str = "select id, label, enrolled_at, last_seen_at, revoked_at, extension_version, browser, \
     lists_version, policy_version, state, waiting, refused, pack_version, pack_problem from device where school_id = $1 and id = $2";

fn listed(row: &AnyRow) -> Result<Listed, Error> {
    Ok(Listed {
        id: row.try_get("id")?,
        label: row.try_get("label")?,
        enrolled_at: row.try_get("enrolled_at")?,
        last_seen_at: row.try_get("last_seen_at")?,
        revoked_at: row.try_get("revoked_at")?,
        extension_version: row.try_get("extension_version")?,
        browser: row.try_get("browser")?,
        lists_version: row.try_get("lists_version")?,
        policy_version: row.try_get("policy_version")?,
        state: row.try_get("state")?,
        waiting: row.try_get("waiting")?,
        refused: row.try_get("refused")?,
        pack_version: row.try_get("pack_version")?,
        pack_problem: row.try_get("pack_problem")?,
    })
}

/// Every device of `school`: those in force first, the longest silent first.
pub(crate) async fn list<'c>(db: impl AnyExecutor<'c>, school: &str) -> Result<Vec<Listed>, Error> {
    sqlx::query(LISTED).bind(school.to_owned()).fetch_all(db).await?.iter().map(listed).collect()
}

/// One device of `school`.
pub(crate) async fn one<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
    id: &str,
) -> Result<Option<Listed>, Error> {
    sqlx::query(LISTED_ONE)
        .bind(school.to_owned())
        .bind(id.to_owned())
        .fetch_optional(db)
        .await?
        .map(|row| listed(&row))
        .transpose()
}

/// Stops taking anything from a device. Answers `false` when it was stopped before.
pub(crate) async fn revoke(tx: &mut Tx, school: &str, id: &str, now: i64) -> Result<bool, Error> {
    let done = sqlx::query(
        "update device set revoked_at = $1 where school_id = $2 and id = $3 and revoked_at is null",
    )
    .bind(now)
    .bind(school.to_owned())
    .bind(id.to_owned())
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
