//! Counting alerts into an episode that is open. The statement adds to what the row says at that moment, and only while the
//! episode is open and its key is wrapped as it is believed to be: so nothing need be read before, and whoever believed
//! something old is told by what is missing from the answer.

use super::open::JOIN_WITHIN;
use super::themes::Sum;
use crate::db::Tx;
use crate::db::many::Many;
use crate::error::Error;
use lapwing_core::{Severity, Stage};
use sqlx::Row as _;
use std::collections::HashSet;

// School and status are compared in a way for which there is no index: a plan from an empty table could else go through
// all episodes of the school for each. The stages are in the order of `Stage`, as the test below makes sure.
static JOIN: Many = Many::new(
    "update episode set alerts = episode.alerts + v.column3, \
     first_at = case when v.column4 < episode.first_at then v.column4 else episode.first_at end, \
     last_at = case when v.column5 > episode.last_at then v.column5 else episode.last_at end, \
     severity = case when v.column7 > episode.rank then v.column6 else episode.severity end, \
     rank = case when v.column7 > episode.rank then v.column7 else episode.rank end, \
     stage = case when v.column9 > case episode.stage when 'research' then 1 when 'help_seeking' then 2 \
     when 'ideation' then 3 when 'active' then 4 else 0 end then v.column8 else episode.stage end from (",
    11,
    ") v where episode.id = v.column2 and episode.school_id || '' = v.column1 \
     and episode.status || '' in ('new', 'claimed') and episode.last_at >= v.column10 \
     and exists (select 1 from record_key k where k.school_id = v.column1 and k.object_kind = 'episode' \
     and k.object_id = v.column2 and k.under = v.column11) returning id",
);

/// What comes to an episode that is believed to be open.
pub(super) struct Joining<'a> {
    /// Its school.
    pub(super) school: &'a str,
    /// Its id.
    pub(super) id: &'a str,
    /// What its key is believed to be wrapped under.
    pub(super) under: &'a str,
    /// What comes.
    pub(super) sum: Sum,
}

/// Counts in what comes. Answers the ids of the episodes that were as they were believed to be; the others are unchanged.
pub(super) async fn join(tx: &mut Tx, joining: &[Joining<'_>]) -> Result<HashSet<String>, Error> {
    let mut joined = HashSet::with_capacity(joining.len());
    for statement in JOIN.over(tx.engine(), joining, |query, row| {
        query
            .bind(row.school.to_owned())
            .bind(row.id.to_owned())
            .bind(row.sum.alerts)
            .bind(row.sum.first_at)
            .bind(row.sum.last_at)
            .bind(row.sum.severity.as_str())
            .bind(rank(row.sum.severity))
            .bind(row.sum.stage.map(Stage::as_str))
            .bind(row.sum.stage.map_or(0, stage_rank))
            .bind(row.sum.first_at - JOIN_WITHIN)
            .bind(row.under.to_owned())
    }) {
        for row in statement.fetch_all(&mut **tx).await? {
            joined.insert(row.try_get("id")?);
        }
    }
    Ok(joined)
}

/// 0 info … 4 critical.
pub(super) const fn rank(severity: Severity) -> i64 {
    severity as i64
}

/// 1 research … 4 active.
const fn stage_rank(stage: Stage) -> i64 {
    stage as i64 + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::catalogue::Engine;
    use sqlx::Execute as _;

    #[test]
    fn the_statement_knows_every_stage_and_its_rank() {
        let query = JOIN.over(Engine::Sqlite, &[()], |query, ()| query).next().unwrap();
        let text = query.sql().as_str().to_owned();
        for stage in Stage::ALL {
            let clause = format!("when '{}' then {}", stage.as_str(), stage_rank(*stage));
            assert!(text.contains(&clause), "{clause}");
        }
        assert_eq!(text.matches(" then ").count(), Stage::ALL.len() + 5);
    }
}
