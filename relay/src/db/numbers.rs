//! Counts of a school's records over a period, without a name in them. Small counts are kept back in `web::suppress`,
//! before anybody sees them: nothing here may be shown as it is.

use crate::error::Error;
use sqlx::{AnyExecutor, Row as _};

/// From when, and until before when: milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    /// The first moment.
    pub(crate) from: i64,
    /// The first moment after.
    pub(crate) until: i64,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    /// Concerns, by what they are about; '' where nobody has said.
    Concerns,
    /// Episodes of alerts, by theme.
    Episodes,
    /// Pupils' reports, in one number.
    Reports,
}

/// How many of each category; categories without any are left out.
pub(crate) async fn by_category<'c>(
    db: impl AnyExecutor<'c>,
    school: &str,
    counted: Counted,
    period: Period,
) -> Result<Vec<(String, i64)>, Error> {
    let sql = match counted {
        Counted::Concerns => {
            "select category, count(*) as n from concern \
             where school_id = $1 and recorded_at >= $2 and recorded_at < $3 group by category order by category"
        }
        Counted::Episodes => {
            "select category, count(*) as n from episode \
             where school_id = $1 and first_at >= $2 and first_at < $3 group by category order by category"
        }
        Counted::Reports => {
            "select '' as category, count(*) as n from pupil_report \
             where school_id = $1 and received_at >= $2 and received_at < $3 having count(*) > 0"
        }
    };
    let rows =
        sqlx::query(sql).bind(school.to_owned()).bind(period.from).bind(period.until).fetch_all(db).await?;
    rows.iter().map(|row| Ok((row.try_get("category")?, row.try_get("n")?))).collect()
}
