//! Pupils' reports and the conversations that belong to them, as adults read and answer them. How a report arrives, and
//! what its receipt code opens, is in `intake`.

use super::keys::{self, key_columns, key_joins};
use super::{Tx, threads};
use crate::app::App;
use crate::error::Error;
use crate::proof::Table;
use crate::seal::{Object, ReportText, Vault};
use sqlx::any::AnyRow;
use sqlx::{AnyExecutor, Row as _};
use std::str::FromStr;

/// Who may know the pupil's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Identity {
    /// The chosen adult and the safeguarding team.
    Named,
    /// Only the chosen adult.
    Confidant,
    /// Nobody: no name was given.
    Anonymous,
}

impl FromStr for Identity {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "named" => Ok(Self::Named),
            "confidant" => Ok(Self::Confidant),
            "anonymous" => Ok(Self::Anonymous),
            _ => {
                Err(Error::Internal(format!("a report is stored with the identity “{text}”, which is none")))
            }
        }
    }
}

/// A report. The name is behind [`Report::name_for`], so that no page can show it to somebody who may not know it.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    /// The report's id.
    pub(crate) id: String,
    /// Who may know the name.
    pub(crate) identity: Identity,
    pupil_name: String,
    device_label: Option<String>,
    /// The chosen adult: account id and name; none for “anyone in the safeguarding team”.
    pub(crate) adult: Option<(String, String)>,
    /// `me`, `friend` or `other`.
    pub(crate) about: String,
    /// What happened, in the pupil's words.
    pub(crate) story: String,
    /// What the pupil would like to happen; may be empty.
    pub(crate) wish: String,
    /// By the device's clock, milliseconds.
    pub(crate) written_at: i64,
    /// By the relay's clock, milliseconds.
    pub(crate) received_at: i64,
    /// When a member of staff first opened it, milliseconds.
    pub(crate) seen_at: Option<i64>,
    /// Who that was.
    pub(crate) seen_by: Option<String>,
    /// `new`, `seen`, `replied`, `concern` or `closed`.
    pub(crate) status: String,
}

/// What one reader may know of who wrote a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name<'a> {
    /// The name that the pupil gave, and the device where it is known.
    Known(&'a str, Option<&'a str>),
    /// Given in confidence to the adult with this name.
    KnownOnlyTo(&'a str),
    /// The pupil gave no name.
    Anonymous,
}

impl Report {
    /// What the account `reader` may know of the pupil's name. A report in confidence to nobody in particular is in
    /// confidence to the safeguarding team. `inherits` is what [`walls::inherits`](crate::walls::inherits) says of the reader.
    pub(crate) fn name_for(&self, reader: &str, inherits: bool) -> Name<'_> {
        match (self.identity, &self.adult) {
            (Identity::Anonymous, _) => Name::Anonymous,
            (Identity::Confidant, Some((id, name))) if id != reader && !inherits => Name::KnownOnlyTo(name),
            _ => Name::Known(&self.pupil_name, self.device_label.as_deref()),
        }
    }

    /// Whether the pupil chose this account.
    pub(crate) fn is_for(&self, account: &str) -> bool {
        self.adult.as_ref().is_some_and(|(id, _)| id == account)
    }

    /// Whether it is still being dealt with here.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.status.as_str(), "new" | "seen" | "replied")
    }
}

/// One message of a report's conversation.
#[derive(Debug, Clone)]
pub(crate) struct StoredMessage {
    /// Whether a member of staff wrote it.
    pub(crate) from_staff: bool,
    /// The name of the member of staff.
    pub(crate) name: Option<String>,
    /// What was written.
    pub(crate) text: String,
    /// When the relay had it, milliseconds.
    pub(crate) at: i64,
}

/// One report of the school.
pub(crate) async fn find<'c>(
    db: impl AnyExecutor<'c>,
    vault: &Vault,
    id: &str,
) -> Result<Option<Report>, Error> {
    let row = sqlx::query(concat!(
        "select r.id, r.identity, r.sealed, r.adult_id, a.name as adult_name, d.label as device_label, r.about, ",
        "r.written_at, r.received_at, r.seen_at, s.name as seen_name, r.status, ",
        key_columns!(),
        " from pupil_report r",
        key_joins!("r", "report"),
        "left join account a on a.id = r.adult_id left join account s on s.id = r.seen_by ",
        "left join device d on d.id = r.device_id where r.school_id = $1 and r.id = $2",
    ))
    .bind(vault.school().to_owned())
    .bind(id.to_owned())
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let adult_id: Option<String> = row.try_get("adult_id")?;
    let text = text(&row, vault, id)?;
    Ok(Some(Report {
        id: row.try_get("id")?,
        identity: row.try_get::<String, _>("identity")?.parse()?,
        pupil_name: text.name,
        device_label: row.try_get("device_label")?,
        adult: adult_id.zip(row.try_get("adult_name")?),
        about: row.try_get("about")?,
        story: text.story,
        wish: text.wish,
        written_at: row.try_get("written_at")?,
        received_at: row.try_get("received_at")?,
        seen_at: row.try_get("seen_at")?,
        seen_by: row.try_get("seen_name")?,
        status: row.try_get("status")?,
    }))
}

/// The words of a report, from a row with `sealed` and the columns of its key.
pub(super) fn text(row: &AnyRow, vault: &Vault, id: &str) -> Result<ReportText, Error> {
    let opener = keys::record(row, vault, (Object::Report, id))?;
    Ok(opener.text(("pupil_report", id), &row.try_get::<Vec<u8>, _>("sealed")?))
}

/// A report's conversation, oldest first.
pub(crate) async fn thread<'c>(
    db: impl AnyExecutor<'c>,
    vault: &Vault,
    report: &str,
) -> Result<Vec<StoredMessage>, Error> {
    let rows = sqlx::query(threads::THREAD)
        .bind(vault.school().to_owned())
        .bind(report.to_owned())
        .fetch_all(db)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(StoredMessage {
                from_staff: row.try_get::<String, _>("voice")? == "staff",
                name: row.try_get("name")?,
                text: threads::message_text(row, vault, report)?,
                at: row.try_get("at")?,
            })
        })
        .collect()
}

/// Notes who opened the report first. Answers whether this was the first time.
pub(crate) async fn mark_seen(
    tx: &mut Tx,
    school: &str,
    id: &str,
    me: &str,
    now: i64,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "update pupil_report set seen_at = $1, seen_by = $2, \
         status = case when status = 'new' then 'seen' else status end \
         where school_id = $3 and id = $4 and seen_at is null",
    )
    .bind(now)
    .bind(me.to_owned())
    .bind(school.to_owned())
    .bind(id.to_owned())
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// An adult's answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reply<'a> {
    /// Made with the form, so that sending it twice adds one message.
    pub(crate) id: &'a str,
    /// The report.
    pub(crate) report: &'a str,
    /// Who answers.
    pub(crate) by: &'a str,
    /// What the pupil will read.
    pub(crate) text: &'a str,
    /// How many of the pupil's messages its author could see; none for all of them.
    pub(crate) shown: Option<i64>,
}

/// Whether the answer that is kept under this id says the same: then it is the same form, sent once more.
pub(crate) async fn says(tx: &mut Tx, vault: &Vault, reply: Reply<'_>) -> Result<bool, Error> {
    let row = sqlx::query(
        "select sealed from message where school_id = $1 and id = $2 and report_id = $3 and account_id = $4",
    )
    .bind(vault.school().to_owned())
    .bind(reply.id.to_owned())
    .bind(reply.report.to_owned())
    .bind(reply.by.to_owned())
    .fetch_optional(&mut **tx)
    .await?;
    let opener = keys::of_record(tx, vault, (Object::Report, reply.report)).await?;
    let Some(row) = row else { return Ok(false) };
    Ok(opener.says(("message", reply.id), &row.try_get::<Vec<u8>, _>("sealed")?, reply.text))
}

/// Adds an adult's answer. Answers whether it was new.
pub(crate) async fn reply(tx: &mut Tx, app: &App, vault: &Vault, reply: Reply<'_>) -> Result<bool, Error> {
    let school = vault.school();
    let sealed = threads::seal_message(tx, app, vault, (reply.report, reply.id), reply.text).await?;
    let done = sqlx::query(
        "insert into message (id, school_id, report_id, voice, account_id, sealed, at) \
         values ($1, $2, $3, 'staff', $4, $5, $6) on conflict (id) do nothing",
    )
    .bind(reply.id.to_owned())
    .bind(school.to_owned())
    .bind(reply.report.to_owned())
    .bind(reply.by.to_owned())
    .bind(sealed)
    .bind(app.now())
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    tx.wrote(school, Table::MESSAGE, reply.id);
    // This holds the row, so that a message that comes now is counted below, or waits and opens the report again.
    sqlx::query("update pupil_report set status = status where school_id = $1 and id = $2")
        .bind(school.to_owned())
        .bind(reply.report.to_owned())
        .execute(&mut **tx)
        .await?;
    // Where the pupil has written what the answer's page did not show, the report still waits for somebody.
    sqlx::query(
        "update pupil_report set status = case when (select count(*) from message m where m.school_id = $1 \
         and m.report_id = $2 and m.voice = 'pupil') > $3 then 'seen' else 'replied' end \
         where school_id = $1 and id = $2 and status in ('new', 'seen')",
    )
    .bind(school.to_owned())
    .bind(reply.report.to_owned())
    .bind(reply.shown.unwrap_or(i64::MAX))
    .execute(&mut **tx)
    .await?;
    Ok(true)
}

/// What became of the wish to end the work on a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finished {
    /// It is ended.
    Now,
    /// It was ended before.
    Before,
    /// The pupil has written what the page did not show, so it stays open.
    Unread,
}

/// Ends the work on a report here, as `closed` or as `concern`, if the pupil has written no more than the `shown` messages
/// that the page showed.
pub(crate) async fn finish(
    tx: &mut Tx,
    school: &str,
    id: &str,
    status: &str,
    shown: Option<i64>,
) -> Result<Finished, Error> {
    // This holds the row, so that a message that comes now is counted below, or waits and opens the report again.
    let held = sqlx::query(
        "update pupil_report set status = status where school_id = $1 and id = $2 and status in ('new', 'seen', 'replied')",
    )
    .bind(school.to_owned())
    .bind(id.to_owned())
    .execute(&mut **tx)
    .await?;
    if held.rows_affected() == 0 {
        return Ok(Finished::Before);
    }
    let row = sqlx::query(
        "select count(*) as said from message where school_id = $1 and report_id = $2 and voice = 'pupil'",
    )
    .bind(school.to_owned())
    .bind(id.to_owned())
    .fetch_one(&mut **tx)
    .await?;
    if shown != Some(row.try_get("said")?) {
        return Ok(Finished::Unread);
    }
    sqlx::query("update pupil_report set status = $1 where school_id = $2 and id = $3")
        .bind(status.to_owned())
        .bind(school.to_owned())
        .bind(id.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(Finished::Now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(identity: Identity, adult: Option<&str>) -> Report {
        Report {
            id: "r".into(),
            identity,
            pupil_name: "Amira".into(),
            device_label: Some("LIB-4".into()),
            adult: adult.map(|id| (id.to_owned(), "Mrs Okafor".to_owned())),
            about: "me".into(),
            story: String::new(),
            wish: String::new(),
            written_at: 0,
            received_at: 0,
            seen_at: None,
            seen_by: None,
            status: "new".into(),
        }
    }

    #[test]
    fn a_name_in_confidence_is_for_the_chosen_adult_alone() {
        let told = report(Identity::Confidant, Some("okafor"));
        assert_eq!(told.name_for("okafor", false), Name::Known("Amira", Some("LIB-4")));
        assert_eq!(told.name_for("dsl", false), Name::KnownOnlyTo("Mrs Okafor"));
        assert_eq!(told.name_for("dsl", true), Name::Known("Amira", Some("LIB-4")));
        let to_nobody = report(Identity::Confidant, None);
        assert_eq!(to_nobody.name_for("dsl", false), Name::Known("Amira", Some("LIB-4")));
    }

    #[test]
    fn anonymous_means_nobody() {
        let told = report(Identity::Anonymous, Some("okafor"));
        assert_eq!(told.name_for("okafor", true), Name::Anonymous);
        assert_eq!(
            report(Identity::Named, Some("okafor")).name_for("dsl", false),
            Name::Known("Amira", Some("LIB-4"))
        );
    }
}
