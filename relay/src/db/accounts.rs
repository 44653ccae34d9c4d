//! Accounts: the people who sign in, and the adults whom pupils may choose. Passwords are hashed in `auth::password`;
//! this file only keeps the hash.

use super::Tx;
use crate::auth::{Account, Role};
use crate::error::Error;
use crate::proof::Table;
use sqlx::any::AnyRow;
use sqlx::{AnyExecutor, Row as _};

/// An account as the people page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Who it is.
    pub(crate) account: Account,
    /// Whether pupils may choose this adult.
    pub(crate) trusted_adult: bool,
    /// Whether a password has been set.
    pub(crate) joined: bool,
    /// Since when the account is closed.
    pub(crate) disabled_at: Option<i64>,
}

/// What an account starts with.
#[derive(Debug, Clone)]
pub(crate) struct NewAccount<'a> {
    /// Who it is.
    pub(crate) account: &'a Account,
    /// Whether pupils may choose this adult.
    pub(crate) trusted_adult: bool,
    /// Argon2id in PHC form; none until the person's own link has been used.
    pub(crate) password_hash: Option<&'a str>,
}

/// Reads an account from a row with the columns `id, school_id, email, name, role, job` of table `account`.
pub(super) fn account(row: &AnyRow) -> Result<Account, Error> {
    let (role, email): (String, String) = (row.try_get("role")?, row.try_get("email")?);
    Ok(Account {
        id: row.try_get("id")?,
        school_id: row.try_get("school_id")?,
        // A closed account's stands after words of ours; no address has a blank in it.
        email: email.rsplit(' ').next().unwrap_or_default().to_owned(),
        name: row.try_get("name")?,
        role: role.parse::<Role>().map_err(Error::internal)?,
        job: row.try_get("job")?,
    })
}

fn listed(row: &AnyRow) -> Result<Listed, Error> {
    Ok(Listed {
        account: account(row)?,
        trusted_adult: row.try_get::<i64, _>("trusted_adult")? != 0,
        joined: row.try_get::<i64, _>("joined")? != 0,
        disabled_at: row.try_get("disabled_at")?,
    })
}

// Whether an account can sign in, by whichever way.
macro_rules! joined {
    () => {
        "(a.password_hash is not null or exists (select 1 from sso_link l where l.account_id = a.id) \
         or exists (select 1 from passkey p where p.account_id = a.id))"
    };
}

macro_rules! listed {
    () => {
        concat!(
            "select a.id, a.school_id, a.email, a.name, a.role, a.job, a.trusted_adult, a.disabled_at, case when ",
            joined!(),
            " then 1 else 0 end as joined from account a"
        )
    };
}

/// Every account of `school`, open ones first, by name.
pub(crate) async fn list<'c>(db: impl AnyExecutor<'c>, school: &str) -> Result<Vec<Listed>, Error> {
    sqlx::query(
        concat!(listed!(), " where a.school_id = $1 order by case when a.disabled_at is null then 0 else 1 end, lower(a.name), a.id"),
    )
    .bind(school.to_owned())
    .fetch_all(db)
    .await?
    .iter()
    .map(listed)
    .collect()
}

/// One account of `school`, open or closed.
pub(crate) async fn find<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
    id: &str,
) -> Result<Option<Listed>, Error> {
    sqlx::query(concat!(listed!(), " where a.school_id = $1 and a.id = $2"))
        .bind(school.to_owned())
        .bind(id.to_owned())
        .fetch_optional(db)
        .await?
        .map(|row| listed(&row))
        .transpose()
}

/// The open account of an e-mail address, over all schools, with its password hash. For sign-in alone.
pub(crate) async fn by_email<'c>(
    db: impl AnyExecutor<'c>,
    email: &str,
) -> Result<Option<(Account, Option<String>)>, Error> {
    let row = sqlx::query(
        "select id, school_id, email, name, role, job, password_hash from account \
         where email = $1 and disabled_at is null",
    )
    .bind(email.to_owned())
    .fetch_optional(db)
    .await?;
    row.map(|row| Ok((account(&row)?, row.try_get("password_hash")?))).transpose()
}

/// The closed accounts of `school` that had this e-mail address when they were closed: ids and names.
pub(crate) async fn closed_with_email<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
    email: &str,
) -> Result<Vec<(String, String)>, Error> {
    let rows = sqlx::query(
        "select id, name from account where school_id = $1 and disabled_at is not null \
         and email = 'closed ' || id || ' ' || $2",
    )
    .bind(school.to_owned())
    .bind(email.to_owned())
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok((row.try_get("id")?, row.try_get("name")?))).collect()
}

/// The open adults of `school` whom pupils may choose, by name.
pub(crate) async fn trusted_adults<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
) -> Result<Vec<Account>, Error> {
    sqlx::query(
        "select id, school_id, email, name, role, job from account \
         where school_id = $1 and trusted_adult = 1 and disabled_at is null and role in ('staff', 'pastoral', 'deputy_dsl', 'dsl', 'head') \
         order by lower(name), id",
    )
    .bind(school.to_owned())
    .fetch_all(db)
    .await?
    .iter()
    .map(account)
    .collect()
}

/// The open accounts of `school` that hold `role`, by name.
pub(crate) async fn holding<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
    role: Role,
) -> Result<Vec<Account>, Error> {
    sqlx::query(
        "select id, school_id, email, name, role, job from account \
         where school_id = $1 and role = $2 and disabled_at is null order by lower(name), id",
    )
    .bind(school.to_owned())
    .bind(role.as_str())
    .fetch_all(db)
    .await?
    .iter()
    .map(account)
    .collect()
}

/// The open accounts of `school` that hold `role` and can sign in, by name. Whoever was invited and never used the link is not
/// among them: nobody reads what waits for them alone.
pub(crate) async fn able<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
    role: Role,
) -> Result<Vec<Account>, Error> {
    sqlx::query(concat!(
        "select a.id, a.school_id, a.email, a.name, a.role, a.job from account a \
         where a.school_id = $1 and a.role = $2 and a.disabled_at is null and ",
        joined!(),
        " order by lower(a.name), a.id"
    ))
    .bind(school.to_owned())
    .bind(role.as_str())
    .fetch_all(db)
    .await?
    .iter()
    .map(account)
    .collect()
}

/// Whether a deputy reads only what their scopes cover.
pub(crate) async fn is_limited<'c>(db: impl AnyExecutor<'c>, school: &str, id: &str) -> Result<bool, Error> {
    let row = sqlx::query("select limited from account where school_id = $1 and id = $2")
        .bind(school.to_owned())
        .bind(id.to_owned())
        .fetch_optional(db)
        .await?;
    // An account that is not there reaches nothing further for it.
    row.map_or(Ok(true), |row| Ok(row.try_get::<i64, _>("limited")? == 1))
}

/// Sets whether a deputy reads only what their scopes cover.
pub(crate) async fn set_limited(tx: &mut Tx, school: &str, id: &str, limited: bool) -> Result<(), Error> {
    sqlx::query("update account set limited = $1 where school_id = $2 and id = $3")
        .bind(i64::from(limited))
        .bind(school.to_owned())
        .bind(id.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Whether an account can read the words of a record: one that it recorded, one that is shared with it now, or a report that a
/// pupil addressed to it.
pub(crate) async fn has_records<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
    id: &str,
    now: i64,
) -> Result<bool, Error> {
    let row = sqlx::query(
        "select case when exists (select 1 from concern c where c.school_id = $1 and c.reporter_id = $2) \
         or exists (select 1 from share s where s.school_id = $1 and s.account_id = $2 and s.revoked_at is null \
         and s.until > $3) \
         or exists (select 1 from pupil_report r where r.school_id = $1 and r.adult_id = $2) then 1 else 0 end as has",
    )
    .bind(school.to_owned())
    .bind(id.to_owned())
    .bind(now)
    .fetch_one(db)
    .await?;
    Ok(row.try_get::<i64, _>("has")? == 1)
}

/// Gives an account another role.
pub(crate) async fn set_role(tx: &mut Tx, school: &str, id: &str, role: Role) -> Result<(), Error> {
    sqlx::query("update account set role = $1 where school_id = $2 and id = $3 and disabled_at is null")
        .bind(role.as_str())
        .bind(school.to_owned())
        .bind(id.to_owned())
        .execute(&mut **tx)
        .await?;
    tx.wrote(school, Table::ACCOUNT, id);
    Ok(())
}

/// How many open accounts of `role` the school has.
pub(crate) async fn count<'c>(db: impl AnyExecutor<'c>, school: &str, role: Role) -> Result<i64, Error> {
    let row = sqlx::query(
        "select count(*) as n from account where school_id = $1 and role = $2 and disabled_at is null",
    )
    .bind(school.to_owned())
    .bind(role.as_str())
    .fetch_one(db)
    .await?;
    Ok(row.try_get("n")?)
}

/// Adds an account. Answers `false`, and adds nothing, when the e-mail address has an account already.
pub(crate) async fn insert(tx: &mut Tx, new: &NewAccount<'_>, now: i64) -> Result<bool, Error> {
    let done = sqlx::query(
        "insert into account (id, school_id, email, name, role, job, trusted_adult, password_hash, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (email) do nothing",
    )
    .bind(new.account.id.clone())
    .bind(new.account.school_id.clone())
    .bind(new.account.email.clone())
    .bind(new.account.name.clone())
    .bind(new.account.role.as_str())
    .bind(new.account.job.clone())
    .bind(i64::from(new.trusted_adult))
    .bind(new.password_hash.map(str::to_owned))
    .bind(now)
    .execute(&mut **tx)
    .await?;
    let added = done.rows_affected() == 1;
    if added {
        tx.wrote(&new.account.school_id, Table::ACCOUNT, &new.account.id);
    }
    Ok(added)
}

/// Sets a password's hash.
pub(crate) async fn set_password(tx: &mut Tx, id: &str, hash: &str) -> Result<(), Error> {
    sqlx::query("update account set password_hash = $1 where id = $2")
        .bind(hash.to_owned())
        .bind(id.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Sets whether pupils may choose this adult, and as what they know them.
pub(crate) async fn set_trusted(
    tx: &mut Tx,
    school: &str,
    id: &str,
    job: &str,
    trusted: bool,
) -> Result<(), Error> {
    sqlx::query("update account set job = $1, trusted_adult = $2 where school_id = $3 and id = $4")
        .bind(job.to_owned())
        .bind(i64::from(trusted))
        .bind(school.to_owned())
        .bind(id.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Closes an account. Its sessions, unused links and ties to a provider end with it, and what it was dealing with is nobody's
/// again. Its e-mail address, of which there is one each in all schools, is free for the same person's next account: they come
/// back, or work at another school of the trust. What is kept is read by [`account`]. What it was
/// dealing with is answered, for the trail: ids of episodes.
pub(crate) async fn disable(tx: &mut Tx, school: &str, id: &str, now: i64) -> Result<Vec<String>, Error> {
    sqlx::query(
        "update account set disabled_at = $1, email = 'closed ' || id || ' ' || email \
         where school_id = $2 and id = $3 and disabled_at is null",
    )
    .bind(now)
    .bind(school.to_owned())
    .bind(id.to_owned())
    .execute(&mut **tx)
    .await?;
    tx.wrote(school, Table::ACCOUNT, id);
    super::sessions::end_all(tx, id).await?;
    super::links::cancel(tx, id, now).await?;
    super::sso::untie_all(tx, id).await?;
    super::episodes::let_go(tx, school, id).await
}
