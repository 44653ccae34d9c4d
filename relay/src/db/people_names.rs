//! Names that a form can offer: people already in concerns, and the safeguarding leads to go and speak to. Accounts
//! themselves are in `accounts`; how a person enters a concern is in `concerns`.

use crate::error::Error;
use sqlx::{AnyPool, Row as _};

/// Names in the concerns that `reporter` recorded, or in all concerns when `reporter` is empty; at most 500. Staff are
/// offered only what they wrote themselves: that a child is in somebody else's concern is not theirs to know.
pub(crate) async fn known(db: &AnyPool, school: &str, reporter: &str) -> Result<Vec<String>, Error> {
    let rows = sqlx::query(
        "select distinct p.name from person p join involvement i on i.person_id = p.id and i.school_id = p.school_id \
         join concern c on c.id = i.concern_id where p.school_id = $1 and ($2 = '' or c.reporter_id = $2) \
         order by p.name limit 500",
    )
    .bind(school.to_owned())
    .bind(reporter.to_owned())
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok(row.try_get("name")?)).collect()
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
