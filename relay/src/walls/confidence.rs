//! What becomes of a name that a pupil gave to one adult in confidence when that adult can no longer open the report: they
//! left, have a role now that meets no report, or are named in a concern that was made from it. A name that nobody can
//! read is a child whom nobody can find, so it passes to whoever works on the report.

use super::{Access, Object, Viewer};
use crate::app::App;
use crate::db::accounts;
use crate::db::reports::{Identity, Report};
use crate::error::Error;
use sqlx::AnyConnection;

/// Whether somebody with this `access` to the report is told a name that was given in confidence to another adult.
pub(crate) async fn inherits(
    db: &mut AnyConnection,
    app: &App,
    school: &str,
    report: &Report,
    access: Access,
) -> Result<bool, Error> {
    let (Identity::Confidant, Some((adult, _)), Access::Work) = (report.identity, &report.adult, access)
    else {
        return Ok(false);
    };
    let adult = accounts::find(&mut *db, school, adult).await?;
    let Some(adult) = adult.filter(|adult| adult.disabled_at.is_none()) else { return Ok(true) };
    let viewer = Viewer::of(app, db, &adult.account).await?;
    Ok(viewer.access(db, Object::Report(&report.id)).await? < Access::Work)
}
