//! The school's policy: its versions, which are only ever added, and changes that wait for a second person. What a
//! policy may say is in `lapwing_core`, who may change it in `web::policy`.

use super::Tx;
use super::keys::{self, key_columns, key_joins};
use crate::app::App;
use crate::error::Error;
use crate::proof::Table;
use crate::seal::{Object, Opener, PolicyText, Vault};
use sqlx::any::AnyRow;
use sqlx::{AnyExecutor, Row as _};

/// A version of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    /// Its number, from 1.
    pub(crate) number: i64,
    /// The document, what it changed, and why.
    pub(crate) text: PolicyText,
    /// The name of whoever made it.
    pub(crate) by: String,
    /// When, milliseconds.
    pub(crate) at: i64,
    /// The name of the second person; none where the school wanted none.
    pub(crate) approved_by: Option<String>,
    /// The number of the version that it brought back.
    pub(crate) restored: Option<i64>,
}

/// A version or a proposal to be added.
#[derive(Debug, Clone, Copy)]
pub(crate) struct New<'a> {
    /// Its id.
    pub(crate) id: &'a str,
    /// For a version its number, for a proposal that of the version that it would follow.
    pub(crate) number: i64,
    /// What it says.
    pub(crate) text: &'a PolicyText,
    /// By whom: account id.
    pub(crate) by: &'a str,
    /// The second person: account id.
    pub(crate) approved_by: Option<&'a str>,
    /// The number of the version that it brings back.
    pub(crate) restored: Option<i64>,
}

/// A change that waits for a second person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proposal {
    /// Its id.
    pub(crate) id: String,
    /// The version that it would follow.
    pub(crate) on: i64,
    /// What it says.
    pub(crate) text: PolicyText,
    /// Who proposed it: account id.
    pub(crate) by_id: String,
    /// Their name.
    pub(crate) by: String,
    /// When, milliseconds.
    pub(crate) at: i64,
    /// The number of the version that it would bring back.
    pub(crate) restored: Option<i64>,
}

/// The number of the school's newest version; 0 when there is none.
pub(crate) async fn number<'c>(db: impl AnyExecutor<'c>, school: &str) -> Result<i64, Error> {
    let row =
        sqlx::query("select coalesce(max(number), 0) as newest from policy_version where school_id = $1")
            .bind(school.to_owned())
            .fetch_one(db)
            .await?;
    Ok(row.try_get("newest")?)
}

/// Up to `most` versions with numbers up to `from`, the newest first.
pub(crate) async fn versions<'c>(
    db: impl AnyExecutor<'c>,
    vault: &Vault,
    from: i64,
    most: i64,
) -> Result<Vec<Version>, Error> {
    let rows = sqlx::query(concat!(
        "select v.id, v.number, v.sealed, v.made_at, v.restored, a.name as made_by, b.name as approved_by, ",
        key_columns!(),
        " from policy_version v join account a on a.id = v.made_by left join account b on b.id = v.approved_by",
        key_joins!("v", "policy_version"),
        "where v.school_id = $1 and v.number <= $2 order by v.number desc limit $3",
    ))
    .bind(vault.school().to_owned())
    .bind(from)
    .bind(most)
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Version {
                number: row.try_get("number")?,
                text: opened(row, vault, Object::Policy)?,
                by: row.try_get("made_by")?,
                at: row.try_get("made_at")?,
                approved_by: row.try_get("approved_by")?,
                restored: row.try_get("restored")?,
            })
        })
        .collect()
}

fn opened(row: &AnyRow, vault: &Vault, object: Object) -> Result<PolicyText, Error> {
    let id: String = row.try_get("id")?;
    let sealed: Vec<u8> = row.try_get("sealed")?;
    match keys::record(row, vault, (object, &id))? {
        Opener::Key(key) => Ok(key.open((object.as_str(), &id), &sealed)?),
        // Nobody may guess what a policy says.
        Opener::Lost(lost) => Err(Error::Internal(format!("{} {id}: {}", object.as_str(), lost.words()))),
    }
}

/// Adds a version. Answers `false` when there is one with this number already.
pub(crate) async fn add(tx: &mut Tx, app: &App, vault: &Vault, new: New<'_>) -> Result<bool, Error> {
    let (school, random) = (vault.school(), app.random.as_ref());
    let key = vault.new_record(random)?;
    let done = sqlx::query(
        "insert into policy_version (id, school_id, number, sealed, made_by, made_at, approved_by, restored) \
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing",
    )
    .bind(new.id.to_owned())
    .bind(school.to_owned())
    .bind(new.number)
    .bind(key.seal(random, (Object::Policy.as_str(), new.id), new.text)?)
    .bind(new.by.to_owned())
    .bind(app.now())
    .bind(new.approved_by.map(str::to_owned))
    .bind(new.restored)
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    let what = (Object::Policy, new.id);
    keys::wrap_record(tx, school, what, &vault.wrap_record(random, what, &key)?).await?;
    tx.wrote(school, Table::POLICY, new.id);
    Ok(true)
}

/// Keeps a change until a second person has looked at it.
pub(crate) async fn propose(tx: &mut Tx, app: &App, vault: &Vault, new: New<'_>) -> Result<(), Error> {
    let (school, random) = (vault.school(), app.random.as_ref());
    let key = vault.new_record(random)?;
    sqlx::query(
        "insert into policy_proposal (id, school_id, on_number, sealed, proposed_by, proposed_at, restored) \
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(new.id.to_owned())
    .bind(school.to_owned())
    .bind(new.number)
    .bind(key.seal(random, (Object::Proposal.as_str(), new.id), new.text)?)
    .bind(new.by.to_owned())
    .bind(app.now())
    .bind(new.restored)
    .execute(&mut **tx)
    .await?;
    let what = (Object::Proposal, new.id);
    keys::wrap_record(tx, school, what, &vault.wrap_record(random, what, &key)?).await?;
    tx.wrote(school, Table::PROPOSAL, new.id);
    Ok(())
}

/// The changes of the school that wait, the oldest first.
pub(crate) async fn waiting<'c>(db: impl AnyExecutor<'c>, vault: &Vault) -> Result<Vec<Proposal>, Error> {
    let rows = sqlx::query(concat!(
        "select p0.id, p0.on_number, p0.sealed, p0.proposed_by, p0.proposed_at, p0.restored, a.name as name, ",
        key_columns!(),
        " from policy_proposal p0 join account a on a.id = p0.proposed_by",
        key_joins!("p0", "policy_proposal"),
        "where p0.school_id = $1 and p0.decided_at is null order by p0.proposed_at, p0.id",
    ))
    .bind(vault.school().to_owned())
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Proposal {
                id: row.try_get("id")?,
                on: row.try_get("on_number")?,
                text: opened(row, vault, Object::Proposal)?,
                by_id: row.try_get("proposed_by")?,
                by: row.try_get("name")?,
                at: row.try_get("proposed_at")?,
                restored: row.try_get("restored")?,
            })
        })
        .collect()
}

/// Whether the school has a proposal with this id, decided or not.
pub(crate) async fn is_proposal<'c>(db: impl AnyExecutor<'c>, school: &str, id: &str) -> Result<bool, Error> {
    let row = sqlx::query("select id from policy_proposal where school_id = $1 and id = $2")
        .bind(school.to_owned())
        .bind(id.to_owned())
        .fetch_optional(db)
        .await?;
    Ok(row.is_some())
}

/// Decides about a proposal: `approved`, `refused` or `withdrawn`. Answers whether it still waited.
pub(crate) async fn decide(
    tx: &mut Tx,
    school: &str,
    (id, decision): (&str, &str),
    by: &str,
    now: i64,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "update policy_proposal set decision = $1, decided_by = $2, decided_at = $3 \
         where school_id = $4 and id = $5 and decided_at is null",
    )
    .bind(decision.to_owned())
    .bind(by.to_owned())
    .bind(now)
    .bind(school.to_owned())
    .bind(id.to_owned())
    .execute(&mut **tx)
    .await?;
    let decided = done.rows_affected() == 1;
    if decided {
        tx.wrote(school, Table::PROPOSAL, id);
    }
    Ok(decided)
}
