//! What becomes of a name that a pupil gave to one adult in confidence when that adult can no longer open the report: they
//! left, have a role now that meets no report, or are named in a concern that was made from it. A name that nobody can
//! read is a child whom nobody can find, so it passes to whoever works on the report; and where nobody is left who does,
//! because every safeguarding lead and the head are named, to whoever comes to read it by breaking the glass.

use super::{Access, Object, Viewer};
use crate::app::App;
use crate::auth::{Account, Role};
use crate::db::accounts;
use crate::db::reports::{Identity, Report};
use crate::error::Error;
use sqlx::AnyConnection;

/// Whether somebody with this `access` to the report is told a name that was given in confidence to another adult. Whoever is
/// told notes it in the audit trail.
pub(crate) async fn inherits(
    db: &mut AnyConnection,
    app: &App,
    school: &str,
    report: &Report,
    access: Access,
) -> Result<bool, Error> {
    let (Identity::Confidant, Some((adult, _))) = (report.identity, &report.adult) else { return Ok(false) };
    if access < Access::Read {
        return Ok(false);
    }
    let adult = accounts::find(&mut *db, school, adult).await?;
    if let Some(adult) = adult.filter(|adult| adult.disabled_at.is_none())
        && works(db, app, &adult.account, report).await?
    {
        return Ok(false);
    }
    Ok(access == Access::Work || is_left_to_nobody(db, app, school, report).await?)
}

async fn works(db: &mut AnyConnection, app: &App, who: &Account, report: &Report) -> Result<bool, Error> {
    let viewer = Viewer::of(app, db, who).await?;
    Ok(viewer.access(db, Object::Report(&report.id)).await? == Access::Work)
}

/// Whether nobody in the school who can sign in works on the report.
async fn is_left_to_nobody(
    db: &mut AnyConnection,
    app: &App,
    school: &str,
    report: &Report,
) -> Result<bool, Error> {
    for role in [Role::Dsl, Role::DeputyDsl, Role::Head] {
        for who in accounts::able(&mut *db, school, role).await? {
            if works(db, app, &who, report).await? {
                return Ok(false);
            }
        }
    }
    Ok(true)
}
