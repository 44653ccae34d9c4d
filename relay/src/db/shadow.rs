//! Trials of changes of the lists, and what devices counted in them. A trial belongs to the relay as a whole, as lists do; its
//! counts belong to each school. What is tried, and which of a device's words are believed, is in `crate::shadow`.

use super::Tx;
use crate::app::App;
use crate::error::Error;
use sqlx::any::AnyRow;
use sqlx::{AnyExecutor, Row as _};
use std::collections::BTreeMap;

/// Bytes of one row of a pack's bytes, as of lists that are in force.
use super::packs::PIECE;

/// A trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trial {
    /// Its id.
    pub(crate) id: String,
    /// The proposal that is tried.
    pub(crate) build_id: String,
    /// Since when, milliseconds.
    pub(crate) started_at: i64,
    /// By whom.
    pub(crate) started_by_name: String,
    /// When it ends by itself.
    pub(crate) ends_at: i64,
    /// When somebody stopped it; 0 for never.
    pub(crate) stopped_at: i64,
    /// When the proposal was decided about, or another that took its place; 0 for not yet.
    pub(crate) decided_at: i64,
    /// Digest of its pack, hexadecimal.
    pub(crate) digest: String,
    /// Version of its pack.
    pub(crate) version: i64,
    /// The public key that signed it, base64.
    pub(crate) signer: String,
    /// Bytes of its pack.
    pub(crate) length: i64,
    /// Sites in it.
    pub(crate) sites: i64,
    /// Rules for single paths, which are not tried.
    pub(crate) paths: i64,
}

impl Trial {
    /// When it ends or has ended.
    pub(crate) fn end(&self) -> i64 {
        let ends = [self.stopped_at, self.decided_at];
        ends.into_iter().filter(|at| *at > 0).fold(self.ends_at, i64::min)
    }

    /// Whether devices take part in it.
    pub(crate) fn is_running(&self, now: i64) -> bool {
        now < self.end()
    }
}

/// The last trial there was, whether it still runs or not.
pub(crate) async fn latest<'c>(db: impl AnyExecutor<'c>) -> Result<Option<Trial>, Error> {
    // A proposal that another takes the place of is not decided about: those that lists bring which are fetched every day
    // would end every trial on its first. Deciding about any of them is what ends it.
    let row = sqlx::query(
        "select t.id, t.build_id, t.started_at, t.started_by_name, t.ends_at, t.stopped_at, t.digest, t.version, t.signer, \
         t.length, t.sites, t.paths, coalesce((select min(b.decided_at) from list_build b \
         where b.state in ('published', 'refused') and (b.id = t.build_id or b.decided_at > t.started_at)), 0) as decided_at \
         from shadow_trial t order by t.version desc limit 1",
    )
    .fetch_optional(db)
    .await?;
    row.as_ref().map(trial).transpose()
}

/// The trial that runs.
pub(crate) async fn running<'c>(db: impl AnyExecutor<'c>, now: i64) -> Result<Option<Trial>, Error> {
    Ok(latest(db).await?.filter(|trial| trial.is_running(now)))
}

fn trial(row: &AnyRow) -> Result<Trial, Error> {
    Ok(Trial {
        id: row.try_get("id")?,
        build_id: row.try_get("build_id")?,
        started_at: row.try_get("started_at")?,
        started_by_name: row.try_get("started_by_name")?,
        ends_at: row.try_get("ends_at")?,
        stopped_at: row.try_get("stopped_at")?,
        decided_at: row.try_get("decided_at")?,
        digest: row.try_get("digest")?,
        version: row.try_get("version")?,
        signer: row.try_get("signer")?,
        length: row.try_get("length")?,
        sites: row.try_get("sites")?,
        paths: row.try_get("paths")?,
    })
}

/// Begins a trial with its pack.
pub(crate) async fn begin(tx: &mut Tx, trial: &Trial, bytes: &[u8]) -> Result<(), Error> {
    sqlx::query(
        "insert into shadow_trial (id, build_id, started_at, started_by_name, ends_at, digest, version, signer, length, sites, \
         paths) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(trial.id.clone())
    .bind(trial.build_id.clone())
    .bind(trial.started_at)
    .bind(trial.started_by_name.clone())
    .bind(trial.ends_at)
    .bind(trial.digest.clone())
    .bind(trial.version)
    .bind(trial.signer.clone())
    .bind(trial.length)
    .bind(trial.sites)
    .bind(trial.paths)
    .execute(&mut **tx)
    .await?;
    for (number, piece) in (0_i64..).zip(bytes.chunks(PIECE)) {
        sqlx::query("insert into shadow_piece (digest, number, bytes) values ($1, $2, $3)")
            .bind(trial.digest.clone())
            .bind(number)
            .bind(piece.to_vec())
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Stops a trial.
pub(crate) async fn stop(tx: &mut Tx, id: &str, now: i64) -> Result<(), Error> {
    sqlx::query("update shadow_trial set stopped_at = $1 where id = $2 and stopped_at = 0")
        .bind(now)
        .bind(id.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The bytes of a trial's pack; none when they are not kept any more.
pub(crate) async fn bytes<'c>(db: impl AnyExecutor<'c>, digest: &str) -> Result<Option<Vec<u8>>, Error> {
    let rows = sqlx::query("select bytes from shadow_piece where digest = $1 order by number")
        .bind(digest.to_owned())
        .fetch_all(db)
        .await?;
    let mut bytes = Vec::new();
    for row in &rows {
        bytes.extend(row.try_get::<Vec<u8>, _>("bytes")?);
    }
    Ok((!rows.is_empty()).then_some(bytes))
}

/// What a device counted, as far as it is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counted {
    /// The trial.
    pub(crate) trial_id: String,
    /// By what the device knows these counts.
    pub(crate) batch: String,
    /// The day by the school's clock, counted from 1 January 1970.
    pub(crate) day: i64,
    /// Site, what the list would add of it (names between commas), and visits.
    pub(crate) sites: Vec<(String, String, i64)>,
}

/// Adds what devices counted, each batch once: the school, the device, and its counts.
pub(super) async fn keep(tx: &mut Tx, mut all: Vec<(&str, &str, &Counted)>) -> Result<(), Error> {
    // What a device sent twice within a group stays in the order in which it came.
    all.sort_by_key(|(_, device, _)| *device);
    // By school, trial and site, so that relays take the rows that they share in the same order.
    let mut sums: BTreeMap<(&str, &str, &str), (&str, i64, i64)> = BTreeMap::new();
    for (school, device, counted) in all {
        let new = sqlx::query(
            "insert into shadow_batch (trial_id, device_id, school_id, batch) values ($1, $2, $3, $4) \
             on conflict (trial_id, device_id) do update set batch = excluded.batch where shadow_batch.batch <> excluded.batch",
        )
        .bind(counted.trial_id.clone())
        .bind(device.to_owned())
        .bind(school.to_owned())
        .bind(counted.batch.clone())
        .execute(&mut **tx)
        .await?;
        if new.rows_affected() == 0 {
            continue;
        }
        for (site, categories, visits) in &counted.sites {
            let (_, sum, day) =
                sums.entry((school, &counted.trial_id, site)).or_insert((categories, 0, counted.day));
            *sum = sum.saturating_add(*visits);
            *day = counted.day.max(*day);
        }
    }
    for ((school, trial, site), (categories, visits, day)) in sums {
        sqlx::query(
            "insert into shadow_visit (trial_id, school_id, site, categories, visits, days, last_day) \
             values ($1, $2, $3, $4, $5, 1, $6) on conflict (trial_id, school_id, site) do update set \
             visits = shadow_visit.visits + excluded.visits, \
             days = shadow_visit.days + case when shadow_visit.last_day < excluded.last_day then 1 else 0 end, \
             last_day = case when shadow_visit.last_day < excluded.last_day then excluded.last_day else shadow_visit.last_day end",
        )
        .bind(trial.to_owned())
        .bind(school.to_owned())
        .bind(site.to_owned())
        .bind(categories.to_owned())
        .bind(visits)
        .bind(day)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// A site that was visited in a trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Visited {
    /// As the proposed list names it.
    pub(crate) site: String,
    /// What the list would add of it: stable names, between commas.
    pub(crate) categories: String,
    /// How often.
    pub(crate) visits: i64,
    /// On how many days.
    pub(crate) days: i64,
}

/// The sites of a trial that all schools together visited most, at most `most` of them; the days are those of the school that
/// visited it on most. Wants the scope of the whole relay.
pub(crate) async fn visited<'c>(
    db: impl AnyExecutor<'c>,
    trial: &str,
    most: i64,
) -> Result<Vec<Visited>, Error> {
    // Sums of BIGINT are NUMERIC on PostgreSQL. Of a trial each site has the same categories at every school.
    let rows = sqlx::query(
        "select site, min(categories) as categories, cast(sum(visits) as bigint) as visits, max(days) as days \
         from shadow_visit where trial_id = $1 group by site order by 3 desc, site limit $2",
    )
    .bind(trial.to_owned())
    .bind(most)
    .fetch_all(db)
    .await?;
    let visited = |row: &AnyRow| -> Result<Visited, Error> {
        Ok(Visited {
            site: row.try_get("site")?,
            categories: row.try_get("categories")?,
            visits: row.try_get("visits")?,
            days: row.try_get("days")?,
        })
    };
    rows.iter().map(visited).collect()
}

/// What was counted in a trial, over all schools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Totals {
    /// Visits,
    pub(crate) visits: i64,
    /// on how many sites,
    pub(crate) sites: i64,
    /// told by how many devices: those that asked their pages of it, whether or not they had something to count.
    pub(crate) devices: i64,
}

/// How many visits all schools together made in a trial, on how many sites and devices. Wants the scope of the whole relay.
pub(crate) async fn totals<'c>(db: impl AnyExecutor<'c>, trial: &str) -> Result<Totals, Error> {
    let row = sqlx::query(
        "select cast(coalesce(sum(visits), 0) as bigint) as visits, count(distinct site) as sites, \
         (select devices from shadow_trial where id = $1) + (select count(*) from shadow_batch where trial_id = $1) as devices \
         from shadow_visit where trial_id = $1",
    )
    .bind(trial.to_owned())
    .fetch_one(db)
    .await?;
    Ok(Totals {
        visits: row.try_get("visits")?,
        sites: row.try_get("sites")?,
        devices: row.try_get("devices")?,
    })
}

/// Deletes what a trial that is over needs no more, `kept` being the one that runs, and counts of trials that ended by
/// themselves before a moment. That there was a trial stays known.
pub(crate) async fn forget(app: &App, kept: Option<&Trial>, before: i64) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let (digest, id) = kept.map_or(("", ""), |trial| (trial.digest.as_str(), trial.id.as_str()));
    sqlx::query("delete from shadow_piece where digest <> $1")
        .bind(digest.to_owned())
        .execute(&mut *tx)
        .await?;
    // How many there were is kept: once, because then there are none.
    sqlx::query(
        "update shadow_trial set devices = devices + (select count(*) from shadow_batch b where b.trial_id = shadow_trial.id) \
         where id <> $1 and id in (select trial_id from shadow_batch)",
    )
    .bind(id.to_owned())
    .execute(&mut *tx)
    .await?;
    sqlx::query("delete from shadow_batch where trial_id <> $1")
        .bind(id.to_owned())
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "delete from shadow_visit where trial_id in (select id from shadow_trial where ends_at < $1)",
    )
    .bind(before)
    .execute(&mut *tx)
    .await?;
    tx.commit().await
}
