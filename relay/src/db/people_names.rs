//! Names that a form can offer: people already in concerns, and the safeguarding leads to go and speak to. Accounts
//! themselves are in `accounts`; how a person enters a concern is in `concerns`.

use super::concerns;
use crate::error::Error;
use crate::seal::Vault;
use sqlx::{AnyPool, Row as _};
use std::collections::BTreeSet;

/// Names in the concerns that `reporter` recorded, or in all concerns when `reporter` is empty; of the latest 500 people. Staff are
/// offered only what they wrote themselves: that a child is in somebody else's concern is not theirs to know.
pub(crate) async fn known(db: &AnyPool, vault: &Vault, reporter: &str) -> Result<Vec<String>, Error> {
    let rows = sqlx::query(
        "select p.id as person_id, p.sealed as name_sealed, n.under as name_under, n.wrapped as name_wrapped from person p \
         join sealing_key n on n.id = p.id and n.kind = 'person' where p.school_id = $1 and n.wrapped is not null \
         and ($2 = '' or exists (select 1 from involvement i join concern c on c.id = i.concern_id \
         where i.school_id = p.school_id and i.person_id = p.id and c.reporter_id = $2)) order by p.id desc limit 500",
    )
    .bind(vault.school().to_owned())
    .bind(reporter.to_owned())
    .fetch_all(db)
    .await?;
    let names = rows.iter().map(|row| concerns::name(row, vault)).collect::<Result<BTreeSet<_>, _>>()?;
    Ok(names.into_iter().collect())
}

/// The school's safeguarding leads: name and job.
pub(crate) async fn leads(db: &AnyPool, school: &str) -> Result<Vec<(String, String)>, Error> {
    let rows = sqlx::query(
        "select name, job from account where school_id = $1 and role = 'dsl' and disabled_at is null order by name",
    )
    .bind(school.to_owned())
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok((row.try_get("name")?, row.try_get("job")?))).collect()
}
