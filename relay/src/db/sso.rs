//! Single sign-on: a school's provider, which account there is which account here, and journeys under way. What they
//! mean is in `auth::sso`.

use super::{Tx, accounts};
use crate::auth::Account;
use crate::auth::sso::{Kind, Provider, Purpose};
use crate::error::Error;
use sqlx::any::AnyRow;
use sqlx::{AnyExecutor, Row as _};

/// A journey as stored.
#[derive(Debug, Clone)]
pub(crate) struct Begun {
    /// The hash of its state.
    pub(crate) state_hash: String,
    /// Where it leads.
    pub(crate) provider_id: String,
    /// What it is for.
    pub(crate) purpose: Purpose,
    /// Nonce and verifier, sealed.
    pub(crate) secrets: Vec<u8>,
    /// Where to go on afterwards.
    pub(crate) next: String,
}

fn read(row: &AnyRow) -> Result<Provider, Error> {
    let kind: String = row.try_get("kind")?;
    Ok(Provider {
        id: row.try_get("id")?,
        school_id: row.try_get("school_id")?,
        kind: Kind::read(&kind).ok_or_else(|| Error::Internal(format!("“{kind}” is no kind of provider")))?,
        tenant: row.try_get("tenant")?,
        issuer: row.try_get("issuer")?,
        client_id: row.try_get("client_id")?,
        client_secret: row.try_get("client_secret")?,
        trusts_factor: row.try_get::<i64, _>("trusts_factor")? != 0,
    })
}

/// The provider of `school`.
pub(crate) async fn of_school<'c>(db: impl AnyExecutor<'c>, school: &str) -> Result<Option<Provider>, Error> {
    let row = sqlx::query(
        "select id, school_id, kind, tenant, issuer, client_id, client_secret, trusts_factor from sso_provider \
         where school_id = $1",
    )
    .bind(school.to_owned())
    .fetch_optional(db)
    .await?;
    row.map(|row| read(&row)).transpose()
}

/// The provider with this id, over all schools. For signing in alone.
pub(crate) async fn provider<'c>(db: impl AnyExecutor<'c>, id: &str) -> Result<Option<Provider>, Error> {
    let row = sqlx::query(
        "select id, school_id, kind, tenant, issuer, client_id, client_secret, trusts_factor from sso_provider \
         where id = $1",
    )
    .bind(id.to_owned())
    .fetch_optional(db)
    .await?;
    row.map(|row| read(&row)).transpose()
}

/// The providers of the sign-in page, by the school's name: `(id, kind, school)`. At most `most`.
pub(crate) async fn offered<'c>(
    db: impl AnyExecutor<'c>,
    most: i64,
) -> Result<Vec<(String, Kind, String)>, Error> {
    let rows = sqlx::query(
        "select p.id, p.kind, c.name from sso_provider p join school c on c.id = p.school_id \
         order by lower(c.name), p.id limit $1",
    )
    .bind(most)
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            let kind: String = row.try_get("kind")?;
            Ok((row.try_get("id")?, Kind::read(&kind).unwrap_or(Kind::Other), row.try_get("name")?))
        })
        .collect()
}

/// Sets the provider of a school, in the place of an earlier one. Whether its second factor counts starts at no.
pub(crate) async fn set(tx: &mut Tx, provider: &Provider, now: i64) -> Result<(), Error> {
    sqlx::query(
        "insert into sso_provider (id, school_id, kind, tenant, issuer, client_id, client_secret, trusts_factor, \
         changed_at) values ($1, $2, $3, $4, $5, $6, $7, 0, $8) on conflict (school_id) do update set \
         kind = excluded.kind, tenant = excluded.tenant, issuer = excluded.issuer, client_id = excluded.client_id, \
         client_secret = excluded.client_secret, trusts_factor = 0, changed_at = excluded.changed_at",
    )
    .bind(provider.id.clone())
    .bind(provider.school_id.clone())
    .bind(provider.kind.as_str())
    .bind(provider.tenant.clone())
    .bind(provider.issuer.clone())
    .bind(provider.client_id.clone())
    .bind(provider.client_secret.clone())
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes the provider of a school away, and journeys to it. Ties stay: they open nothing without it.
pub(crate) async fn remove(tx: &mut Tx, school: &str) -> Result<(), Error> {
    for sql in [
        "delete from sso_journey where provider_id in (select id from sso_provider where school_id = $1)",
        "delete from sso_provider where school_id = $1",
    ] {
        sqlx::query(sql).bind(school.to_owned()).execute(&mut **tx).await?;
    }
    Ok(())
}

/// Sets whether a second factor at the provider's counts here.
pub(crate) async fn set_trust(tx: &mut Tx, school: &str, trusts: bool) -> Result<(), Error> {
    sqlx::query("update sso_provider set trusts_factor = $1 where school_id = $2")
        .bind(i64::from(trusts))
        .bind(school.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The open account of `school` that is tied to this one at the provider's.
pub(crate) async fn tied<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
    issuer: &str,
    subject: &str,
) -> Result<Option<Account>, Error> {
    let row = sqlx::query(
        "select a.id, a.school_id, a.email, a.name, a.role, a.job from sso_link l \
         join account a on a.id = l.account_id \
         where l.issuer = $1 and l.subject = $2 and a.school_id = $3 and a.disabled_at is null",
    )
    .bind(issuer.to_owned())
    .bind(subject.to_owned())
    .bind(school.to_owned())
    .fetch_optional(db)
    .await?;
    row.map(|row| accounts::account(&row)).transpose()
}

/// Since when `account` is tied to somebody at `issuer`.
pub(crate) async fn tied_since<'c>(
    db: impl AnyExecutor<'c>,
    account: &str,
    issuer: &str,
) -> Result<Option<i64>, Error> {
    let row = sqlx::query("select linked_at from sso_link where account_id = $1 and issuer = $2")
        .bind(account.to_owned())
        .bind(issuer.to_owned())
        .fetch_optional(db)
        .await?;
    Ok(row.map(|row| row.try_get("linked_at")).transpose()?)
}

/// Ties `account` to somebody at the provider's, in the place of whom it was tied to there. Answers `false`, and changes
/// nothing, when that person is tied to another account.
pub(crate) async fn tie(
    tx: &mut Tx,
    account: &str,
    issuer: &str,
    subject: &str,
    now: i64,
) -> Result<bool, Error> {
    let taken = sqlx::query(
        "select account_id from sso_link where issuer = $1 and subject = $2 and account_id <> $3",
    )
    .bind(issuer.to_owned())
    .bind(subject.to_owned())
    .bind(account.to_owned())
    .fetch_optional(&mut **tx)
    .await?;
    if taken.is_some() {
        return Ok(false);
    }
    untie(tx, account, issuer).await?;
    sqlx::query("insert into sso_link (issuer, subject, account_id, linked_at) values ($1, $2, $3, $4)")
        .bind(issuer.to_owned())
        .bind(subject.to_owned())
        .bind(account.to_owned())
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(true)
}

/// Unties `account` from whomever it is tied to at `issuer`.
pub(crate) async fn untie(tx: &mut Tx, account: &str, issuer: &str) -> Result<(), Error> {
    sqlx::query("delete from sso_link where account_id = $1 and issuer = $2")
        .bind(account.to_owned())
        .bind(issuer.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Takes away every tie of an account.
pub(crate) async fn untie_all(tx: &mut Tx, account: &str) -> Result<(), Error> {
    sqlx::query("delete from sso_link where account_id = $1")
        .bind(account.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Begins a journey, and forgets those that nobody ended.
pub(crate) async fn begin(tx: &mut Tx, journey: &Begun, now: i64, expires_at: i64) -> Result<(), Error> {
    let (account, link) = match &journey.purpose {
        Purpose::SignIn => (None, None),
        Purpose::Tie { account } => (Some(account.clone()), None),
        Purpose::Join { account, link_hash } => (Some(account.clone()), Some(link_hash.clone())),
    };
    sqlx::query("delete from sso_journey where expires_at <= $1").bind(now).execute(&mut **tx).await?;
    sqlx::query(
        "insert into sso_journey (state_hash, provider_id, account_id, link_hash, secrets, next, expires_at) \
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(journey.state_hash.clone())
    .bind(journey.provider_id.clone())
    .bind(account)
    .bind(link)
    .bind(journey.secrets.clone())
    .bind(journey.next.clone())
    .bind(expires_at)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes a journey off its row: it ends once.
pub(crate) async fn take(tx: &mut Tx, state_hash: &str, now: i64) -> Result<Option<Begun>, Error> {
    let row = sqlx::query(
        "delete from sso_journey where state_hash = $1 and expires_at > $2 \
         returning provider_id, account_id, link_hash, secrets, next",
    )
    .bind(state_hash.to_owned())
    .bind(now)
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let account: Option<String> = row.try_get("account_id")?;
    let link: Option<String> = row.try_get("link_hash")?;
    let purpose = match (account, link) {
        (None, _) => Purpose::SignIn,
        (Some(account), None) => Purpose::Tie { account },
        (Some(account), Some(link_hash)) => Purpose::Join { account, link_hash },
    };
    Ok(Some(Begun {
        state_hash: state_hash.to_owned(),
        provider_id: row.try_get("provider_id")?,
        purpose,
        secrets: row.try_get("secrets")?,
        next: row.try_get("next")?,
    }))
}
