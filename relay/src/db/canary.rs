//! The daily test: one row for each device and day on which it checked in. What counts as proof is decided in `crate::canary`; how the chains
//! vouch for it, in `canary_days`.

use super::Tx;
use super::many::Many;
use crate::error::Error;
use lapwing_core::wire::CheckIn;
use sqlx::any::AnyRow;
use sqlx::{AnyExecutor, Row as _};
use std::collections::BTreeMap;

/// A device's day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Day {
    /// The device.
    pub(crate) device_id: String,
    /// Its school.
    pub(crate) school_id: String,
    /// The day, counted from 1 January 1970.
    pub(crate) day: i64,
    /// Of whose browser it is, as device management says.
    pub(crate) member: String,
    /// When the device first checked in, milliseconds.
    pub(crate) first_at: i64,
    /// When the last test arrived; 0 for none.
    pub(crate) ran_at: i64,
    /// When a test first held in every layer; 0 for never.
    pub(crate) proved_at: i64,
    /// Whether the last test failed.
    pub(crate) failing: bool,
    /// The layers that did not hold, between commas.
    pub(crate) failed: String,
    /// Why, in words.
    pub(crate) why: String,
    /// Whether searches go to their engine's safe mode.
    pub(crate) safe_search: bool,
    /// Version of the lists.
    pub(crate) lists_version: String,
    /// Version of the pack; 0 for none.
    pub(crate) pack_version: i64,
    /// Version of the policy.
    pub(crate) policy_version: String,
    /// Version of the extension.
    pub(crate) extension_version: String,
}

impl Day {
    /// The row of a device that checks in for the first time on a day, without a test.
    pub(crate) fn seen((school, device): (&str, &str), said: &CheckIn, (day, now): (i64, i64)) -> Self {
        let pack = said.lists.as_ref().map_or(0, |lists| lists.version);
        Self {
            device_id: device.to_owned(),
            school_id: school.to_owned(),
            day,
            member: String::new(),
            first_at: now,
            ran_at: 0,
            proved_at: 0,
            failing: false,
            failed: String::new(),
            why: String::new(),
            safe_search: false,
            lists_version: said.lists_version.clone(),
            pack_version: i64::try_from(pack).unwrap_or(i64::MAX),
            policy_version: said.policy_version.clone(),
            extension_version: said.extension_version.clone(),
        }
    }
}

/// What is known of a device's present day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Today {
    /// Whether a test has held in every layer.
    pub(crate) proved: bool,
    /// Whether the last one failed.
    pub(crate) failing: bool,
    /// With which pack it was made; 0 for none.
    pub(crate) pack_version: i64,
}

/// What is known of a device's `day`; none when it has not checked in yet.
pub(crate) async fn today<'c>(
    db: impl AnyExecutor<'c>,
    device: &str,
    day: i64,
) -> Result<Option<Today>, Error> {
    let row = sqlx::query(
        "select proved_at, failing, pack_version from canary_day where device_id = $1 and day = $2",
    )
    .bind(device.to_owned())
    .bind(day)
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let number = |name: &str| -> Result<i64, Error> { Ok(row.try_get(name)?) };
    Ok(Some(Today {
        proved: number("proved_at")? > 0,
        failing: number("failing")? != 0,
        pack_version: number("pack_version")?,
    }))
}

/// When a device first checked in on one of the days that began for it after `moment`, milliseconds; none when it has not.
pub(crate) async fn first_since<'c>(
    db: impl AnyExecutor<'c>,
    device: &str,
    moment: i64,
) -> Result<Option<i64>, Error> {
    let row = sqlx::query(
        "select min(first_at) as first_at from canary_day where device_id = $1 and first_at >= $2",
    )
    .bind(device.to_owned())
    .bind(moment)
    .fetch_one(db)
    .await?;
    Ok(row.try_get("first_at")?)
}

// A check-in without a test changes nothing of a day that has one; `distinct` as for sessions of devices.
static KEEP: Many = Many::new(
    "insert into canary_day (device_id, school_id, day, member, first_at, ran_at, proved_at, failing, failed, why, \
     safe_search, lists_version, pack_version, policy_version, extension_version) select distinct v.column1, v.column2, v.column3, \
     v.column4, v.column5, v.column6, v.column7, v.column8, v.column9, v.column10, v.column11, v.column12, v.column13, \
     v.column14, v.column15 from (",
    15,
    ") v where true on conflict (device_id, day) do update set member = excluded.member, ran_at = excluded.ran_at, \
     proved_at = case when canary_day.proved_at > 0 then canary_day.proved_at else excluded.proved_at end, \
     failing = excluded.failing, failed = excluded.failed, why = excluded.why, safe_search = excluded.safe_search, lists_version = excluded.lists_version, \
     pack_version = excluded.pack_version, policy_version = excluded.policy_version, \
     extension_version = excluded.extension_version where excluded.ran_at > 0",
);

/// Keeps days, by the device's id: one a device.
pub(super) async fn keep(tx: &mut Tx, days: &BTreeMap<&str, &Day>) -> Result<(), Error> {
    let days: Vec<&Day> = days.values().copied().collect();
    for statement in KEEP.over(tx.engine(), &days, |query, day| {
        query
            .bind(day.device_id.clone())
            .bind(day.school_id.clone())
            .bind(day.day)
            .bind(day.member.clone())
            .bind(day.first_at)
            .bind(day.ran_at)
            .bind(day.proved_at)
            .bind(i64::from(day.failing))
            .bind(day.failed.clone())
            .bind(day.why.clone())
            .bind(i64::from(day.safe_search))
            .bind(day.lists_version.clone())
            .bind(day.pack_version)
            .bind(day.policy_version.clone())
            .bind(day.extension_version.clone())
    }) {
        statement.execute(&mut **tx).await?;
    }
    Ok(())
}

/// A device's last days, for the page of devices and for what fails now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Lately {
    /// The last day on which a test held; none in the days that were asked for.
    pub(crate) proved: Option<i64>,
    /// When that was, milliseconds.
    pub(crate) proved_at: i64,
    /// The last day on which the device checked in.
    pub(crate) seen: i64,
    /// Whether its last test failed.
    pub(crate) failing: bool,
    /// Why.
    pub(crate) why: String,
    /// Whether its last test found that searches go to their engine's safe mode.
    pub(crate) safe_search: bool,
    /// Of whose browser it is, as its last test said; empty where device management names no year and no group.
    pub(crate) member: String,
    /// Version of the published lists that it has, as its last check-in said; 0 for none.
    pub(crate) pack_version: i64,
}

/// The days of `school`'s devices from `day` on, by device. Devices that may send nothing any more are left out.
pub(crate) async fn lately<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
    day: i64,
) -> Result<BTreeMap<String, Lately>, Error> {
    let rows = sqlx::query(
        "select c.device_id, c.day, c.ran_at, c.proved_at, c.failing, c.why, c.safe_search, c.member, \
         d.pack_version from canary_day c \
         join device d on d.id = c.device_id and d.school_id = c.school_id \
         where c.school_id = $1 and c.day >= $2 and d.revoked_at is null order by c.device_id, c.day",
    )
    .bind(school.to_owned())
    .bind(day)
    .fetch_all(db)
    .await?;
    let mut devices: BTreeMap<String, Lately> = BTreeMap::new();
    for row in &rows {
        let lately = devices.entry(row.try_get("device_id")?).or_default();
        lately.seen = row.try_get("day")?;
        lately.pack_version = row.try_get("pack_version")?;
        // A day that began with a check-in alone says nothing yet of a failure of the day before.
        if row.try_get::<i64, _>("ran_at")? > 0 {
            lately.failing = row.try_get::<i64, _>("failing")? != 0;
            lately.why = row.try_get("why")?;
            lately.safe_search = row.try_get::<i64, _>("safe_search")? != 0;
            lately.member = row.try_get("member")?;
        }
        let proved_at: i64 = row.try_get("proved_at")?;
        if proved_at > 0 {
            (lately.proved, lately.proved_at) = (Some(lately.seen), proved_at);
        }
    }
    Ok(devices)
}

/// What one group's devices did in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counted {
    /// The group; empty where device management names none.
    pub(crate) member: String,
    /// Devices that checked in.
    pub(crate) devices: i64,
    /// Of them those that proved themselves on one day at least.
    pub(crate) proved: i64,
    /// Of them those with a day that ended with a failed test.
    pub(crate) failed: i64,
    /// Days of devices.
    pub(crate) days: i64,
    /// Of them those with proof.
    pub(crate) proved_days: i64,
    /// Of them those that ended with a failed test.
    pub(crate) failed_days: i64,
}

fn counted(row: &AnyRow) -> Result<Counted, Error> {
    Ok(Counted {
        member: row.try_get("member")?,
        devices: row.try_get("devices")?,
        proved: row.try_get("proved")?,
        failed: row.try_get("failed")?,
        days: row.try_get("days")?,
        proved_days: row.try_get("proved_days")?,
        failed_days: row.try_get("failed_days")?,
    })
}

/// The devices of `school` from the day `from` to before the day `until`, by group. A device that changed its group counts in
/// the one whose name comes last.
pub(crate) async fn by_group<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
    (from, until): (i64, i64),
) -> Result<Vec<Counted>, Error> {
    // Sums of BIGINT are NUMERIC on PostgreSQL.
    let rows = sqlx::query(
        "select member, count(*) as devices, count(case when proved > 0 then 1 end) as proved, \
         count(case when failed > 0 then 1 end) as failed, cast(sum(days) as bigint) as days, \
         cast(sum(proved) as bigint) as proved_days, cast(sum(failed) as bigint) as failed_days from \
         (select max(member) as member, count(*) as days, count(case when proved_at > 0 then 1 end) as proved, \
         count(case when failing = 1 then 1 end) as failed from canary_day \
         where school_id = $1 and day >= $2 and day < $3 group by device_id) d group by member order by member",
    )
    .bind(school.to_owned())
    .bind(from)
    .bind(until)
    .fetch_all(db)
    .await?;
    rows.iter().map(counted).collect()
}

/// What failed in a period: layers between commas, devices and days of devices.
pub(crate) async fn failures<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
    (from, until): (i64, i64),
) -> Result<Vec<(String, i64, i64)>, Error> {
    let rows = sqlx::query(
        "select failed, count(distinct device_id) as devices, count(*) as days from canary_day \
         where school_id = $1 and day >= $2 and day < $3 and failing = 1 group by failed order by failed",
    )
    .bind(school.to_owned())
    .bind(from)
    .bind(until)
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| Ok((row.try_get("failed")?, row.try_get("devices")?, row.try_get("days")?)))
        .collect()
}
