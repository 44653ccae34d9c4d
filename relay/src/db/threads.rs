//! A pupil's report and its conversation, from the pupil's side: kept once, and opened by receipt code. Which device
//! sent an anonymous report is not kept anywhere. The staff's side is in `reports`.

use super::keys::{self, key_columns, key_joins};
use super::{Tx, search};
use crate::app::App;
use crate::error::Error;
use crate::proof::Table;
use crate::seal::{Object, ReportText, Vault};
use lapwing_core::wire::{About, Identity, Report, Thread, ThreadMessage, Voice};
use sqlx::any::AnyRow;
use sqlx::{AnyExecutor, Row as _};

/// A report that a receipt code opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Opened {
    /// The report's id.
    pub(crate) report_id: String,
    /// When the relay had it.
    pub(crate) received_at: i64,
    /// When a member of staff first opened it.
    pub(crate) seen_at: Option<i64>,
}

/// What became of something that a device sent once or more often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It is new, and kept.
    New,
    /// It was kept before.
    Before,
    /// Its id or code belongs to something else.
    Clash,
}

/// Keeps a report.
pub(crate) async fn keep(
    tx: &mut Tx,
    app: &App,
    vault: &Vault,
    device: &str,
    report: &Report,
    receipt_hash: &str,
) -> Result<Kept, Error> {
    let (school, random) = (vault.school(), app.random.as_ref());
    let (identity, name) = match &report.identity {
        Identity::Named { name } => ("named", name.as_str()),
        Identity::Confidant { name } => ("confidant", name.as_str()),
        Identity::Anonymous => ("anonymous", ""),
    };
    let device = (report.identity != Identity::Anonymous).then(|| device.to_owned());
    let text = ReportText { name: name.to_owned(), story: report.story.clone(), wish: report.wish.clone() };
    let key = vault.new_record(random)?;
    let done = sqlx::query(
        "insert into pupil_report (id, school_id, device_id, adult_id, identity, about, sealed, receipt_hash, \
         written_at, received_at, status) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'new') on conflict do nothing",
    )
    .bind(report.id.clone())
    .bind(school.to_owned())
    .bind(device)
    .bind(report.adult.clone())
    .bind(identity)
    .bind(about(report.about))
    .bind(key.seal(random, ("pupil_report", &report.id), &text)?)
    .bind(receipt_hash.to_owned())
    .bind(report.written_at)
    .bind(app.now())
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 1 {
        let what = (Object::Report, report.id.as_str());
        keys::wrap_record(tx, school, what, &vault.wrap_record(random, what, &key)?).await?;
        search::index(tx, vault, what, &format!("{} {}", text.story, text.wish)).await?;
        tx.wrote(school, Table::REPORT, &report.id);
        return Ok(Kept::New);
    }
    let same =
        sqlx::query("select id from pupil_report where id = $1 and school_id = $2 and receipt_hash = $3")
            .bind(report.id.clone())
            .bind(school.to_owned())
            .bind(receipt_hash.to_owned())
            .fetch_optional(&mut **tx)
            .await?;
    Ok(if same.is_some() { Kept::Before } else { Kept::Clash })
}

/// The report that a receipt code opens, by the code's keyed hash.
pub(crate) async fn open<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
    receipt_hash: &str,
) -> Result<Option<Opened>, Error> {
    let row = sqlx::query(
        "select id, received_at, seen_at from pupil_report where school_id = $1 and receipt_hash = $2",
    )
    .bind(school.to_owned())
    .bind(receipt_hash.to_owned())
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(Opened {
            report_id: row.try_get("id")?,
            received_at: row.try_get("received_at")?,
            seen_at: row.try_get("seen_at")?,
        })
    })
    .transpose()
}

/// The messages of a report, oldest first, with what [`message_text`] reads.
pub(super) const THREAD: &str = concat!(
    "select m.id, m.voice, m.sealed, m.at, a.name, ",
    key_columns!(),
    " from pupil_report r",
    key_joins!("r", "report"),
    "join message m on m.school_id = r.school_id and m.report_id = r.id left join account a on a.id = m.account_id ",
    "where r.school_id = $1 and r.id = $2 order by m.at, m.id"
);

/// The words of a message of [`THREAD`].
pub(super) fn message_text(row: &AnyRow, vault: &Vault, report: &str) -> Result<String, Error> {
    let opener = keys::record(row, vault, (Object::Report, report))?;
    let id: String = row.try_get("id")?;
    Ok(opener.words(("message", &id), &row.try_get::<Vec<u8>, _>("sealed")?))
}

/// Seals a message of a report and keeps its words for searching.
///
/// # Errors
/// [`Error::Gone`] when nobody can open the report any more.
pub(super) async fn seal_message(
    tx: &mut Tx,
    app: &App,
    vault: &Vault,
    (report, id): (&str, &str),
    text: &str,
) -> Result<Vec<u8>, Error> {
    let held = keys::held_record(tx, vault, (Object::Report, report)).await?;
    let key = held.needed("Nothing can be added to this conversation.")?;
    search::index(tx, vault, (Object::Report, report), text).await?;
    Ok(key.seal_words(app.random.as_ref(), ("message", id), text)?)
}

/// The conversation of a report, as the pupil may see it.
pub(crate) async fn thread<'c>(
    db: impl AnyExecutor<'c>,
    vault: &Vault,
    opened: &Opened,
) -> Result<Thread, Error> {
    let messages = sqlx::query(THREAD)
        .bind(vault.school().to_owned())
        .bind(opened.report_id.clone())
        .fetch_all(db)
        .await?
        .iter()
        .map(|row| {
            let voice: String = row.try_get("voice")?;
            let name: Option<String> = row.try_get("name")?;
            let from = if voice == "staff" { Voice::Staff } else { Voice::Pupil };
            let name = if from == Voice::Staff { name.unwrap_or_default() } else { String::new() };
            Ok(ThreadMessage {
                from,
                name,
                text: message_text(row, vault, &opened.report_id)?,
                at: row.try_get("at")?,
            })
        })
        .collect::<Result<_, Error>>()?;
    Ok(Thread { received_at: opened.received_at, seen_at: opened.seen_at, messages })
}

/// Keeps the pupil's message. A closed conversation stays readable and takes new messages: a child may need to add
/// something whenever they like, so the report waits for the DSL again.
pub(crate) async fn reply(
    tx: &mut Tx,
    app: &App,
    vault: &Vault,
    (report_id, id): (&str, &str),
    text: &str,
) -> Result<Kept, Error> {
    let school = vault.school();
    let sealed = seal_message(tx, app, vault, (report_id, id), text).await?;
    let done = sqlx::query(
        "insert into message (id, school_id, report_id, voice, sealed, at) values ($1, $2, $3, 'pupil', $4, $5) \
         on conflict (id) do nothing",
    )
    .bind(id.to_owned())
    .bind(school.to_owned())
    .bind(report_id.to_owned())
    .bind(sealed)
    .bind(app.now())
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 0 {
        let same = sqlx::query("select id from message where id = $1 and school_id = $2 and report_id = $3")
            .bind(id.to_owned())
            .bind(school.to_owned())
            .bind(report_id.to_owned())
            .fetch_optional(&mut **tx)
            .await?;
        return Ok(if same.is_some() { Kept::Before } else { Kept::Clash });
    }
    tx.wrote(school, Table::MESSAGE, id);
    // Written to whatever its status is: whoever is closing the report at this moment either waits and counts this message,
    // or is waited for, and then the report is opened again.
    sqlx::query(
        "update pupil_report set status = case when status in ('replied', 'concern', 'closed') then 'seen' else status end \
         where school_id = $1 and id = $2",
    )
    .bind(school.to_owned())
    .bind(report_id.to_owned())
    .execute(&mut **tx)
    .await?;
    Ok(Kept::New)
}

const fn about(about: About) -> &'static str {
    match about {
        About::Me => "me",
        About::Friend => "friend",
        About::Other => "other",
    }
}
