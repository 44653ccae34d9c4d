//! Scopes: which year groups and categories somebody may read. A scope is never changed: it ends, and another begins.

use super::Tx;
use crate::error::Error;
use crate::proof::Table;
use sqlx::{AnyExecutor, Row as _};

/// Everything, where a scope lists years or categories.
pub(crate) const ALL: &str = "*";

/// A scope that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    /// Its id.
    pub(crate) id: String,
    /// The year groups; none for all.
    pub(crate) years: Option<Vec<String>>,
    /// The taxonomy's names; none for all.
    pub(crate) categories: Option<Vec<String>>,
    /// Who gave it.
    pub(crate) granted_by: String,
    /// When, milliseconds.
    pub(crate) granted_at: i64,
}

/// A list as it is stored: between commas, so that a name can be looked for whole.
fn stored(list: Option<&[String]>) -> String {
    list.map_or_else(|| ALL.to_owned(), |names| format!(",{},", names.join(",")))
}

fn read(stored: &str) -> Option<Vec<String>> {
    let names = stored.split(',').filter(|name| !name.is_empty()).map(str::to_owned);
    (stored != ALL).then(|| names.collect())
}

/// The scopes of `account` that hold, oldest first.
pub(crate) async fn of<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
    account: &str,
) -> Result<Vec<Grant>, Error> {
    let rows = sqlx::query(
        "select g.id, g.years, g.categories, a.name as granted_by, g.granted_at from scope_grant g \
         join account a on a.id = g.granted_by \
         where g.school_id = $1 and g.account_id = $2 and g.ended_at is null order by g.granted_at, g.id",
    )
    .bind(school.to_owned())
    .bind(account.to_owned())
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Grant {
                id: row.try_get("id")?,
                years: read(&row.try_get::<String, _>("years")?),
                categories: read(&row.try_get::<String, _>("categories")?),
                granted_by: row.try_get("granted_by")?,
                granted_at: row.try_get("granted_at")?,
            })
        })
        .collect()
}

/// A scope to be given. The names hold no comma.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewGrant<'a> {
    /// Its id.
    pub(crate) id: &'a str,
    /// To whom: account id.
    pub(crate) to: &'a str,
    /// The year groups; none for all.
    pub(crate) years: Option<&'a [String]>,
    /// The taxonomy's names; none for all.
    pub(crate) categories: Option<&'a [String]>,
    /// By whom: account id.
    pub(crate) by: &'a str,
    /// When, milliseconds.
    pub(crate) at: i64,
}

/// Gives a scope.
pub(crate) async fn insert(tx: &mut Tx, school: &str, new: NewGrant<'_>) -> Result<(), Error> {
    sqlx::query(
        "insert into scope_grant (id, school_id, account_id, years, categories, granted_by, granted_at) \
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(new.id.to_owned())
    .bind(school.to_owned())
    .bind(new.to.to_owned())
    .bind(stored(new.years))
    .bind(stored(new.categories))
    .bind(new.by.to_owned())
    .bind(new.at)
    .execute(&mut **tx)
    .await?;
    tx.wrote(school, Table::SCOPE, new.id);
    Ok(())
}

/// Ends a scope of `account`. Answers whether it held.
pub(crate) async fn end(
    tx: &mut Tx,
    school: &str,
    (account, id): (&str, &str),
    by: &str,
    now: i64,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "update scope_grant set ended_at = $1, ended_by = $2 \
         where school_id = $3 and account_id = $4 and id = $5 and ended_at is null",
    )
    .bind(now)
    .bind(by.to_owned())
    .bind(school.to_owned())
    .bind(account.to_owned())
    .bind(id.to_owned())
    .execute(&mut **tx)
    .await?;
    let ended = done.rows_affected() == 1;
    if ended {
        tx.wrote(school, Table::SCOPE, id);
    }
    Ok(ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_as_it_was_stored() {
        let years = ["Year 1".to_owned(), "Year 10".to_owned()];
        assert_eq!(read(&stored(Some(&years))), Some(years.to_vec()));
        assert_eq!(read(&stored(None)), None);
        assert_eq!(read(&stored(Some(&[]))), Some(Vec::new()), "no year is not every year");
    }
}
