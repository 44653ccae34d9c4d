//! Pupils' requests that a blocked site be opened for school work, and their answers. A request and an answer are never
//! changed; what was allowed to one pupil can be ended. Who may answer is in `web::requests`.

use super::Tx;
use super::keys::{self, key_columns, key_joins};
use crate::app::App;
use crate::error::Error;
use crate::proof::Table;
use crate::seal::{AccessText, AnswerText, Object, Vault};
use sqlx::any::AnyRow;
use sqlx::{AnyExecutor, Row as _};

/// A request, as staff see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Its id.
    pub(crate) id: String,
    /// The device's label.
    pub(crate) device: String,
    /// When it came, milliseconds.
    pub(crate) at: i64,
    /// What it says.
    pub(crate) text: AccessText,
    /// The answer; none while it waits.
    pub(crate) answer: Option<Answer>,
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Whether it was allowed.
    pub(crate) allowed: bool,
    /// Whether it is for this pupil alone; else an exception of the policy says for whom.
    pub(crate) for_pupil: bool,
    /// What the pupil reads, and why.
    pub(crate) text: AnswerText,
    /// Who answered.
    pub(crate) by: String,
    /// When, milliseconds.
    pub(crate) at: i64,
    /// When what was allowed ends, milliseconds.
    pub(crate) until: Option<i64>,
    /// When it was ended before its time.
    pub(crate) ended_at: Option<i64>,
}

/// An answer to be given.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewAnswer<'a> {
    /// Whether it is allowed.
    pub(crate) allowed: bool,
    /// `pupil` or `policy`; none when refused.
    pub(crate) scope: Option<&'a str>,
    /// What the pupil reads, and why.
    pub(crate) text: &'a AnswerText,
    /// Until when, milliseconds.
    pub(crate) until: Option<i64>,
    /// By whom: account id.
    pub(crate) by: &'a str,
}

macro_rules! asked_columns {
    () => {
        concat!(
            "select r.id, r.asked_at, r.sealed, r.answer, r.answer_sealed, r.answered_at, r.scope, r.until, \
             r.ended_at, d.label, a.name as answered_by, ",
            key_columns!(),
            " from access_request r join device d on d.id = r.device_id \
             left join account a on a.id = r.answered_by",
            key_joins!("r", "access_request"),
        )
    };
}

fn asked(row: &AnyRow, vault: &Vault) -> Result<Asked, Error> {
    let id: String = row.try_get("id")?;
    let opener = keys::record(row, vault, (Object::Access, &id))?;
    let sealed: Vec<u8> = row.try_get("sealed")?;
    let text = opener.text(("access_request", &id), &sealed);
    let answer = match row.try_get::<Option<String>, _>("answer")? {
        Some(answer) => {
            let sealed: Option<Vec<u8>> = row.try_get("answer_sealed")?;
            let text = opener.text(("access_answer", &id), &sealed.unwrap_or_default());
            Some(Answer {
                allowed: answer == "allowed",
                for_pupil: row.try_get::<Option<String>, _>("scope")?.as_deref() == Some("pupil"),
                text,
                by: row.try_get::<Option<String>, _>("answered_by")?.unwrap_or_default(),
                at: row.try_get::<Option<i64>, _>("answered_at")?.unwrap_or_default(),
                until: row.try_get("until")?,
                ended_at: row.try_get("ended_at")?,
            })
        }
        None => None,
    };
    Ok(Asked { device: row.try_get("label")?, at: row.try_get("asked_at")?, id, text, answer })
}

/// The requests of the school that wait, the oldest first.
pub(crate) async fn waiting<'c>(db: impl AnyExecutor<'c>, vault: &Vault) -> Result<Vec<Asked>, Error> {
    let rows = sqlx::query(concat!(
        asked_columns!(),
        "where r.school_id = $1 and r.answered_at is null order by r.asked_at, r.id limit 200"
    ))
    .bind(vault.school().to_owned())
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| asked(row, vault)).collect()
}

/// The requests that were answered since `since`, and those that still open something, the newest answer first.
pub(crate) async fn answered<'c>(
    db: impl AnyExecutor<'c>,
    vault: &Vault,
    since: i64,
    now: i64,
) -> Result<Vec<Asked>, Error> {
    let rows = sqlx::query(concat!(
        asked_columns!(),
        "where r.school_id = $1 and r.answered_at is not null and (r.answered_at >= $2 \
         or (r.scope = 'pupil' and r.ended_at is null and r.until > $3)) order by r.answered_at desc, r.id limit 200"
    ))
    .bind(vault.school().to_owned())
    .bind(since)
    .bind(now)
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| asked(row, vault)).collect()
}

/// One request of the school.
pub(crate) async fn find<'c>(
    db: impl AnyExecutor<'c>,
    vault: &Vault,
    id: &str,
) -> Result<Option<Asked>, Error> {
    let row = sqlx::query(concat!(asked_columns!(), "where r.school_id = $1 and r.id = $2"))
        .bind(vault.school().to_owned())
        .bind(id.to_owned())
        .fetch_optional(db)
        .await?;
    row.map(|row| asked(&row, vault)).transpose()
}

/// The requests of one device since `since`, and those that still open something, the newest first.
pub(crate) async fn of_device<'c>(
    db: impl AnyExecutor<'c>,
    vault: &Vault,
    device: &str,
    since: i64,
    now: i64,
) -> Result<Vec<Asked>, Error> {
    let rows = sqlx::query(concat!(
        asked_columns!(),
        "where r.school_id = $1 and r.device_id = $2 and (r.asked_at >= $3 \
         or (r.scope = 'pupil' and r.ended_at is null and r.until > $4)) order by r.asked_at desc, r.id limit 50"
    ))
    .bind(vault.school().to_owned())
    .bind(device.to_owned())
    .bind(since)
    .bind(now)
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| asked(row, vault)).collect()
}

/// How many requests `device` has made since `since`.
pub(crate) async fn count<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
    device: &str,
    since: i64,
) -> Result<i64, Error> {
    let row = sqlx::query(
        "select count(*) as n from access_request where school_id = $1 and device_id = $2 and asked_at >= $3",
    )
    .bind(school.to_owned())
    .bind(device.to_owned())
    .bind(since)
    .fetch_one(db)
    .await?;
    Ok(row.try_get("n")?)
}

/// Keeps a request. Answers `false` when there is one with this id already.
pub(crate) async fn keep(
    tx: &mut Tx,
    app: &App,
    vault: &Vault,
    (device, id): (&str, &str),
    text: &AccessText,
) -> Result<bool, Error> {
    let (school, random) = (vault.school(), app.random.as_ref());
    let key = vault.new_record(random)?;
    let done = sqlx::query(
        "insert into access_request (id, school_id, device_id, asked_at, sealed) values ($1, $2, $3, $4, $5) \
         on conflict do nothing",
    )
    .bind(id.to_owned())
    .bind(school.to_owned())
    .bind(device.to_owned())
    .bind(app.now())
    .bind(key.seal(random, ("access_request", id), text)?)
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    let what = (Object::Access, id);
    keys::wrap_record(tx, school, what, &vault.wrap_record(random, what, &key)?).await?;
    tx.wrote(school, Table::ACCESS, id);
    Ok(true)
}

/// Answers a request. Answers whether it still waited.
///
/// # Errors
/// [`Error::Gone`] when nobody can open the request any more.
pub(crate) async fn answer(
    tx: &mut Tx,
    app: &App,
    vault: &Vault,
    id: &str,
    new: NewAnswer<'_>,
) -> Result<bool, Error> {
    let held = keys::held_record(tx, vault, (Object::Access, id)).await?;
    let key = held.needed("This request cannot be answered.")?;
    let done = sqlx::query(
        "update access_request set answer = $1, answer_sealed = $2, answered_by = $3, answered_at = $4, scope = $5, \
         until = $6 where school_id = $7 and id = $8 and answered_at is null",
    )
    .bind(if new.allowed { "allowed" } else { "refused" })
    .bind(key.seal(app.random.as_ref(), ("access_answer", id), new.text)?)
    .bind(new.by.to_owned())
    .bind(app.now())
    .bind(new.scope.map(str::to_owned))
    .bind(new.until)
    .bind(vault.school().to_owned())
    .bind(id.to_owned())
    .execute(&mut **tx)
    .await?;
    let answered = done.rows_affected() == 1;
    if answered {
        tx.wrote(vault.school(), Table::ACCESS, id);
    }
    Ok(answered)
}

/// Ends what was allowed to one pupil. Answers whether it was open.
pub(crate) async fn end(tx: &mut Tx, school: &str, id: &str, by: &str, now: i64) -> Result<bool, Error> {
    let done = sqlx::query(
        "update access_request set ended_at = $1, ended_by = $2 where school_id = $3 and id = $4 \
         and scope = 'pupil' and ended_at is null and until > $1",
    )
    .bind(now)
    .bind(by.to_owned())
    .bind(school.to_owned())
    .bind(id.to_owned())
    .execute(&mut **tx)
    .await?;
    let ended = done.rows_affected() == 1;
    if ended {
        tx.wrote(school, Table::ACCESS, id);
    }
    Ok(ended)
}
