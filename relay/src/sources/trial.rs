//! Trying a proposal: the names that it would add go to devices as a pack of their own, which they ask and do not obey. What
//! they count is `crate::shadow`'s.

use super::in_force::{self, InForce};
use super::keep::Work;
use super::{Trouble, propose};
use crate::app::App;
use crate::db::list_builds;
use crate::db::shadow::{self, Trial};
use crate::lists;
use crate::policy;
use crate::secrets::hex;
use crate::shadow::{LASTS, sweep};
use lapwing_core::pack::Pack;
use lapwing_core::wire::limit;
use lapwing_packs::{self as maker, Before};
use serde_json::json;
use tokio::task::spawn_blocking;

/// Begins to try the proposal `id`. `by` is account id and name. Call it with the relay's rows in reach.
///
/// # Errors
/// In words when it waits no longer, adds nothing that could be counted, adds too much, or another trial runs.
pub(crate) async fn begin(app: &App, id: &str, by: (&str, &str)) -> Result<(), Trouble> {
    let work = Work::begin(app).await?;
    let waiting = list_builds::waiting(app.db.read()).await?.filter(|build| build.id == id);
    let Some(build) = waiting else {
        return Err(Trouble::said("This proposal waits no longer: look at what waits now."));
    };
    let last = shadow::latest(app.db.read()).await?;
    if last.as_ref().is_some_and(|trial| trial.is_running(app.now())) {
        return Err(Trouble::said(
            "Another trial is going on. Stop it first: one change is tried at a time.",
        ));
    }
    let in_force = InForce::read(app).await?;
    if in_force.newest() != build.on_pack {
        return Err(Trouble::said(
            "The lists in force are others than when this was proposed: propose it again.",
        ));
    }
    let key = propose::signer(app, &in_force)?;
    let gone = || Trouble::said("A list of this proposal is no longer kept: propose it again.");
    let new = work.lists(app, &in_force::entries(&build.manifest)?, "new").await?.ok_or_else(gone)?;
    let old = match &in_force.lists {
        Some(old) => work.lists(app, old, "old").await?,
        None => None,
    };
    let sites = if old.is_some() { None } else { policy::published::sites(app).await? };
    let public = key.public();
    let now = app.now();
    // The second in which it was made, unless that is the last one’s: each trial is another pack.
    let version = (now / 1_000).max(last.map_or(0, |trial| trial.version + 1));
    let version = u64::try_from(version).map_err(Trouble::internal)?;
    let made = spawn_blocking(move || {
        let before = match (&old, &sites) {
            (None, Some(sites)) => Before::Map(sites, 0),
            (old, _) => Before::Lists(old.as_deref().unwrap_or_default()),
        };
        maker::Trial { before, new: &new, version }.run(&key)
    });
    let made = made.await.map_err(Trouble::internal)?.map_err(propose::said)?;
    if made.bytes.is_empty() {
        return Err(Trouble::said(
            "There is nothing to try: this change adds no whole site. Of what it takes away, and of single pages of a site, \
             nothing can be counted.",
        ));
    }
    small_enough(made.bytes.len() as u64, made.sites)?;
    let pack = Pack::open(made.bytes, &public, 0).map_err(Trouble::internal)?;
    let trial = Trial {
        id: app.new_id()?,
        build_id: build.id,
        started_at: now,
        started_by_name: by.1.to_owned(),
        ends_at: now + LASTS,
        stopped_at: 0,
        decided_at: 0,
        digest: hex(pack.digest()),
        version: i64::try_from(version).map_err(Trouble::internal)?,
        signer: public.to_string(),
        length: i64::try_from(pack.bytes().len()).map_err(Trouble::internal)?,
        sites: i64::try_from(made.sites).map_err(Trouble::internal)?,
        paths: i64::try_from(made.paths).map_err(Trouble::internal)?,
    };
    let mut tx = app.db.begin().await?;
    shadow::begin(&mut tx, &trial, pack.bytes()).await?;
    lists::tell(&mut tx, app, "try", &trial.build_id, json!({ "sites": trial.sites }), Some(by.0)).await?;
    tx.commit().await?;
    sweep(app).await?;
    Ok(())
}

/// Stops the trial that runs, if one does. `by` is an account. Call it with the relay's rows in reach.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn stop(app: &App, by: &str) -> Result<(), Trouble> {
    let Some(trial) = shadow::running(app.db.read(), app.now()).await? else { return Ok(()) };
    let mut tx = app.db.begin().await?;
    shadow::stop(&mut tx, &trial.id, app.now()).await?;
    lists::tell(&mut tx, app, "stop_trial", &trial.build_id, json!({}), Some(by)).await?;
    tx.commit().await?;
    sweep(app).await?;
    Ok(())
}

/// Every device of the school fetches the pack at once, and keeps it beside its lists.
fn small_enough(bytes: u64, sites: u64) -> Result<(), Trouble> {
    if bytes <= limit::SHADOW_PACK {
        return Ok(());
    }
    let most = limit::SHADOW_PACK / 1024 / 1024;
    Err(Trouble::Said(format!(
        "It is too large to be tried: {sites} sites would come, and every device would have to fetch them. At most {most} MB can \
         be tried, some 400,000 sites. Switch off a source, and propose and try the rest."
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_is_refused_with_its_size_and_a_way_out() {
        assert!(small_enough(limit::SHADOW_PACK, 400_000).is_ok());
        let Err(Trouble::Said(words)) = small_enough(limit::SHADOW_PACK + 1, 600_000) else {
            panic!("it is let through")
        };
        assert!(words.contains("600000 sites") && words.contains("At most 2 MB"), "{words}");
    }
}
