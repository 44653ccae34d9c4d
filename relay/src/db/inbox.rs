//! What waits for the DSL, and what is done: short rows over episodes, reports and concerns. The full records are read
//! in `episodes`, `reports` and `concerns`. Whoever looks gets the rows that the walls open to them (`walls`), so that a
//! list, its length and its order say nothing about the others. How rows are grouped by urgency is decided in `web::inbox`.

use super::concerns::{self, Person};
use super::episodes::{self, optional_word, word};
use super::keys::{key_columns, key_joins};
use super::reports::{self, Identity};
use super::walls::bound;
use crate::error::Error;
use crate::seal::Vault;
use crate::walls::Viewer;
use lapwing_core::wire::Reason;
use lapwing_core::{Category, Severity, Stage};
use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row as _};

/// The most rows of a kind that one page shows.
pub(crate) const MOST: usize = 200;

/// An episode as a row.
#[derive(Debug, Clone)]
pub(crate) struct EpisodeRow {
    /// The episode's id.
    pub(crate) id: String,
    /// The device's label.
    pub(crate) device_label: String,
    /// The account that the browser claimed, or nothing.
    pub(crate) account: String,
    /// The theme.
    pub(crate) category: Category,
    /// The gravest severity.
    pub(crate) severity: Severity,
    /// The gravest stage.
    pub(crate) stage: Option<Stage>,
    /// When the relay had its last alert, milliseconds.
    pub(crate) last_at: i64,
    /// How many alerts.
    pub(crate) alerts: i64,
    /// The name of whoever has it.
    pub(crate) holder: Option<String>,
    /// The reason of its gravest alert.
    pub(crate) why: String,
    /// When it was closed, milliseconds.
    pub(crate) closed_at: Option<i64>,
    /// Who closed it.
    pub(crate) closed_by: Option<String>,
    /// The reason's stable name.
    pub(crate) closed_reason: Option<String>,
}

/// A report as a row. It holds no name of a pupil: the page of the report decides who may see that.
#[derive(Debug, Clone)]
pub(crate) struct ReportRow {
    /// The report's id.
    pub(crate) id: String,
    /// Who may know the name.
    pub(crate) identity: Identity,
    /// The pupil's name when everybody who reads reports may know it.
    pub(crate) pupil_name: Option<String>,
    /// The chosen adult: account id and name.
    pub(crate) adult: Option<(String, String)>,
    /// `me`, `friend` or `other`.
    pub(crate) about: String,
    /// When the relay had it, milliseconds.
    pub(crate) received_at: i64,
    /// `new`, `seen`, `replied`, `concern` or `closed`.
    pub(crate) status: String,
    /// Who wrote last, `pupil` or `staff`, and when; none before the first message.
    pub(crate) last_message: Option<(String, i64)>,
}

/// A concern as a row.
#[derive(Debug, Clone)]
pub(crate) struct ConcernRow {
    /// The concern's id.
    pub(crate) id: String,
    /// Its number in the school.
    pub(crate) number: i64,
    /// When it was recorded, milliseconds.
    pub(crate) recorded_at: i64,
    /// `new`, `acknowledged`, `open` or `closed`.
    pub(crate) status: String,
    /// Who recorded it.
    pub(crate) reporter: String,
    /// Whether the DSL was told in person.
    pub(crate) told_dsl: bool,
    /// Whom it is about.
    pub(crate) persons: Vec<Person>,
}

fn episode_row(row: &AnyRow, vault: &Vault) -> Result<EpisodeRow, Error> {
    let reasons: Option<String> = row.try_get("reasons")?;
    let reasons: Vec<Reason> = match reasons {
        Some(json) => serde_json::from_str(&json).map_err(Error::internal)?,
        None => Vec::new(),
    };
    Ok(EpisodeRow {
        id: row.try_get("id")?,
        device_label: row.try_get("device_label")?,
        account: episodes::account(row, vault)?,
        category: word(row, "category")?,
        severity: word(row, "severity")?,
        stage: optional_word::<Stage>(row, "stage")?,
        last_at: row.try_get("last_at")?,
        alerts: row.try_get("alerts")?,
        holder: row.try_get("holder_name")?,
        why: reasons.into_iter().next().map(|reason| reason.why).unwrap_or_default(),
        closed_at: row.try_get("closed_at")?,
        closed_by: row.try_get("closer_name")?,
        closed_reason: row.try_get("closed_reason")?,
    })
}

/// The rows are found first, by what an index holds; what belongs to each is then read for those alone.
macro_rules! episode_rows {
    ($which:literal, $order:literal) => {
        concat!(
            "select e.id, d.label as device_label, e.sealed, e.category, e.severity, e.stage, e.last_at, e.alerts, ",
            "h.name as holder_name, c.name as closer_name, e.closed_at, e.closed_reason, ",
            "(select a.reasons from alert a where a.school_id = e.school_id and a.episode_id = e.id ",
            "and a.received_at between e.first_at and e.last_at and a.severity = e.severity ",
            "order by a.received_at desc, a.id desc limit 1) as reasons, ",
            key_columns!(),
            " from (select e.* from episode e where e.school_id = $1 and ",
            episode_visible!(),
            " and ",
            $which,
            " order by ",
            $order,
            " limit 200) e",
            key_joins!("e", "episode"),
            "join device d on d.id = e.device_id left join account h on h.id = e.claimed_by ",
            "left join account c on c.id = e.closed_by order by ",
            $order
        )
    };
}

/// Episodes that wait, gravest first and of the same gravity those that nobody has, at most [`MOST`].
pub(crate) async fn waiting_episodes(
    db: &AnyPool,
    vault: &Vault,
    viewer: &Viewer,
) -> Result<Vec<EpisodeRow>, Error> {
    let query = sqlx::query(episode_rows!(
        "e.status in ('new', 'claimed')",
        "case when e.stage = 'active' then 1 else 0 end desc, e.rank desc, \
         case when e.status = 'new' then 0 else 1 end, e.last_at desc"
    ));
    let rows = bound(query, viewer).fetch_all(db).await?;
    rows.iter().map(|row| episode_row(row, vault)).collect()
}

/// Episodes that are done, latest first, at most [`MOST`].
pub(crate) async fn done_episodes(
    db: &AnyPool,
    vault: &Vault,
    viewer: &Viewer,
) -> Result<Vec<EpisodeRow>, Error> {
    let query = sqlx::query(episode_rows!(
        "e.status in ('dismissed', 'concern') and e.closed_at is not null",
        "e.closed_at desc, e.id desc"
    ));
    let rows = bound(query, viewer).fetch_all(db).await?;
    rows.iter().map(|row| episode_row(row, vault)).collect()
}

fn report_row(row: &AnyRow, vault: &Vault) -> Result<ReportRow, Error> {
    let pair = |a: &str, b: &str| -> Result<Option<(String, String)>, Error> {
        Ok(row.try_get::<Option<String>, _>(a)?.zip(row.try_get::<Option<String>, _>(b)?))
    };
    let voice: Option<String> = row.try_get("last_voice")?;
    let spoken: Option<i64> = row.try_get("last_at")?;
    let identity: Identity = row.try_get::<String, _>("identity")?.parse()?;
    let id: String = row.try_get("id")?;
    let name = if identity == Identity::Named { reports::text(row, vault, &id)?.name } else { String::new() };
    Ok(ReportRow {
        id,
        identity,
        pupil_name: (!name.is_empty()).then_some(name),
        adult: pair("adult_id", "adult_name")?,
        about: row.try_get("about")?,
        received_at: row.try_get("received_at")?,
        status: row.try_get("status")?,
        last_message: voice.zip(spoken),
    })
}

macro_rules! report_rows {
    ($rest:literal) => {
        concat!(
            "select r.id, r.identity, r.sealed, r.adult_id, a.name as adult_name, r.about, r.received_at, r.status, ",
            "(select m.voice from message m where m.school_id = r.school_id and m.report_id = r.id ",
            "order by m.at desc, m.id desc limit 1) as last_voice, ",
            "(select max(m.at) from message m where m.school_id = r.school_id and m.report_id = r.id) as last_at, ",
            key_columns!(),
            " from pupil_report r",
            key_joins!("r", "report"),
            "left join account a on a.id = r.adult_id where r.school_id = $1 and ",
            report_visible!(),
            " and ",
            $rest
        )
    };
}

/// Reports that are not closed and not yet a concern, at most [`MOST`]: those that nobody has opened, then those that wait for
/// an answer, each with the longest wait first, then those that are answered. They are in no other list, so the ones that
/// need somebody must not be pushed out by newer ones that do not.
pub(crate) async fn waiting_reports(
    db: &AnyPool,
    vault: &Vault,
    viewer: &Viewer,
) -> Result<Vec<ReportRow>, Error> {
    let query = sqlx::query(report_rows!(
        "r.status in ('new', 'seen', 'replied') order by case r.status when 'new' then 0 when 'seen' then 1 else 2 end, \
         case when r.status = 'replied' then -r.received_at else r.received_at end, r.id limit 200"
    ));
    let rows = bound(query, viewer).fetch_all(db).await?;
    rows.iter().map(|row| report_row(row, vault)).collect()
}

/// How much waits for a reader in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Waits {
    /// Episodes.
    pub(crate) episodes: i64,
    /// Reports.
    pub(crate) reports: i64,
}

/// How many episodes and reports wait, of which [`waiting_episodes`] and [`waiting_reports`] give at most [`MOST`] each.
pub(crate) async fn waits(db: &AnyPool, viewer: &Viewer) -> Result<Waits, Error> {
    let episodes = sqlx::query(concat!(
        "select count(*) as n from episode e where e.school_id = $1 and ",
        episode_visible!(),
        " and e.status in ('new', 'claimed')"
    ));
    let reports = sqlx::query(concat!(
        "select count(*) as n from pupil_report r where r.school_id = $1 and ",
        report_visible!(),
        " and r.status in ('new', 'seen', 'replied')"
    ));
    Ok(Waits {
        episodes: bound(episodes, viewer).fetch_one(db).await?.try_get("n")?,
        reports: bound(reports, viewer).fetch_one(db).await?.try_get("n")?,
    })
}

/// Reports that are closed or became a concern, latest first, at most [`MOST`].
pub(crate) async fn done_reports(
    db: &AnyPool,
    vault: &Vault,
    viewer: &Viewer,
) -> Result<Vec<ReportRow>, Error> {
    let query =
        sqlx::query(report_rows!("r.status in ('concern', 'closed') order by r.received_at desc limit 200"));
    let rows = bound(query, viewer).fetch_all(db).await?;
    rows.iter().map(|row| report_row(row, vault)).collect()
}

/// Reports that a pupil addressed to this adult, at most [`MOST`]: those that nobody has opened, those that wait for an answer,
/// then the others, each latest first. Whoever is no lead has no other list of them.
pub(crate) async fn reports_to(
    db: &AnyPool,
    vault: &Vault,
    viewer: &Viewer,
) -> Result<Vec<ReportRow>, Error> {
    let query = sqlx::query(report_rows!(
        "r.adult_id = $2 order by case r.status when 'new' then 0 when 'seen' then 1 else 2 end, r.received_at desc \
         limit 200"
    ));
    let rows = bound(query, viewer).fetch_all(db).await?;
    rows.iter().map(|row| report_row(row, vault)).collect()
}

/// Which concerns a list shows.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ConcernFilter<'a> {
    /// One status; all when empty.
    pub(crate) status: &'a str,
    /// Besides those that the reader may read, the ones that they recorded.
    pub(crate) own: bool,
    /// Only concerns with a smaller number, for the next page; all when 0.
    pub(crate) before: i64,
}

/// Concerns, latest first, at most [`MOST`].
pub(crate) async fn concerns(
    db: &AnyPool,
    vault: &Vault,
    viewer: &Viewer,
    filter: ConcernFilter<'_>,
) -> Result<Vec<ConcernRow>, Error> {
    let query = sqlx::query(concat!(
        "select c.id, c.number, c.recorded_at, c.status, c.told_dsl, r.name as reporter, \
         p.id as person_id, p.sealed as name_sealed, n.under as name_under, n.wrapped as name_wrapped, \
         p.kind, p.year_group, i.role \
         from (select c.* from concern c where c.school_id = $1 and ($7 = '' or c.status = $7) \
               and ($8 = 0 or c.number < $8) and (",
        concern_visible!(),
        " or ($9 = 1 and c.reporter_id = $2 and not ",
        named_in_concern!("c.id"),
        ")) order by c.number desc limit 200) c \
         join account r on r.id = c.reporter_id \
         left join involvement i on i.school_id = c.school_id and i.concern_id = c.id \
         left join person p on p.id = i.person_id \
         left join sealing_key n on n.id = p.id and n.kind = 'person' \
         order by c.number desc, i.id",
    ));
    let rows = bound(query, viewer)
        .bind(filter.status.to_owned())
        .bind(filter.before)
        .bind(i64::from(filter.own))
        .fetch_all(db)
        .await?;
    let mut list: Vec<ConcernRow> = Vec::new();
    for row in &rows {
        let id: String = row.try_get("id")?;
        if list.last().is_none_or(|last| last.id != id) {
            list.push(ConcernRow {
                id,
                number: row.try_get("number")?,
                recorded_at: row.try_get("recorded_at")?,
                status: row.try_get("status")?,
                reporter: row.try_get("reporter")?,
                told_dsl: row.try_get::<i64, _>("told_dsl")? == 1,
                persons: Vec::new(),
            });
        }
        if let (Some(last), Some(_)) = (list.last_mut(), row.try_get::<Option<String>, _>("person_id")?) {
            last.persons.push(concerns::person(row, vault)?);
        }
    }
    Ok(list)
}
