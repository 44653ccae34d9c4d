//! Names that a form can offer: people already in concerns, and everybody with an account. Accounts themselves are in
//! `accounts`; how a person enters a concern is in `concerns`.

use super::concerns;
use super::walls::bound;
use crate::error::Error;
use crate::seal::{Lost, Vault};
use crate::walls::Viewer;
use sqlx::{AnyPool, Row as _};
use std::collections::BTreeSet;

/// Names in the concerns that the reader recorded or may read, of the latest 500 people. Whoever reads none is offered
/// only what they wrote themselves: that a child is in somebody else's concern is not theirs to know.
pub(crate) async fn known(db: &AnyPool, vault: &Vault, viewer: &Viewer) -> Result<Vec<String>, Error> {
    let query = sqlx::query(concat!(
        "select p.id as person_id, p.sealed as name_sealed, n.under as name_under, n.wrapped as name_wrapped from person p \
         join sealing_key n on n.id = p.id and n.kind = 'person' where p.school_id = $1 and n.wrapped is not null \
         and exists (select 1 from involvement i join concern c on c.id = i.concern_id \
         where i.school_id = p.school_id and i.person_id = p.id and (",
        concern_visible!(),
        " or (c.reporter_id = $2 and not ",
        named_in_concern!("c.id"),
        "))) order by p.id desc limit 500"
    ));
    let rows = bound(query, viewer).fetch_all(db).await?;
    let names = rows.iter().map(|row| concerns::name(row, vault)).collect::<Result<BTreeSet<_>, _>>()?;
    // What stands in the place of a name is nobody's.
    Ok(names.into_iter().filter(|name| !Lost::says(name)).collect())
}

/// Name and job of everybody who works in the school and has an open account.
pub(crate) async fn staff(db: &AnyPool, school: &str) -> Result<Vec<(String, String)>, Error> {
    let rows = sqlx::query(
        "select name, job from account where school_id = $1 and disabled_at is null and role <> 'trust_lead' \
         order by lower(name), id limit 1000",
    )
    .bind(school.to_owned())
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok((row.try_get("name")?, row.try_get("job")?))).collect()
}
