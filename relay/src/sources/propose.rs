//! A proposal: what all sources that are on would make of the lists in force, told before it is so. And its publishing, as a
//! small change of the pack in force where that is enough, else as a whole pack. Both read the same bytes, by their digests.

use super::in_force::{self, InForce};
use super::keep::{self, Work};
use super::{Entry, Trouble};
use crate::app::App;
use crate::db::list_builds::{self, Build};
use crate::db::scope::{self, Scope};
use crate::db::{list_sources, packs, schools};
use crate::error::Error;
use crate::lists::{self, Decided};
use crate::policy;
use lapwing_core::pack::{Kind, Outline};
use lapwing_packs::sources::Spec;
use lapwing_packs::{self as maker, Before, BuildError, Comparison, Delta, PackKey};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// A change is published as such while it has at most this part of the whole pack's bytes; then a whole pack is due.
const WORTH: u64 = 5;

/// What a proposal would change.
///
/// # Errors
/// When it cannot be read, which is a fault of ours.
pub(crate) fn summary(build: &Build) -> Result<Comparison, Error> {
    serde_json::from_str(&build.summary).map_err(Error::internal)
}

/// Makes a proposal of all sources that are on, in the place of any that waits. `by` is account id and name; none for the
/// relay itself. Call it with the relay's rows in reach.
///
/// # Errors
/// In words when there is nothing to propose, or a list cannot be read any more.
pub(crate) async fn propose(app: &App, by: Option<(&str, &str)>) -> Result<Build, Trouble> {
    let work = Work::begin(app).await?;
    let sources = list_sources::all(app.db.read()).await?;
    let usable = sources.iter().filter(|source| source.settings.is_on && !source.digest.is_empty());
    let entries: Vec<Entry> = usable.map(Entry::of).collect();
    if entries.is_empty() {
        return Err(Trouble::said(
            "No source that is on has a list yet: give one its file, or have it fetched.",
        ));
    }
    let in_force = InForce::read(app).await?;
    if in_force.lists.as_ref() == Some(&entries) {
        return Err(Trouble::said("Nothing would change: the lists in force were made of just this."));
    }
    signer(app, &in_force)?;
    only_sites(app, &in_force).await?;
    let comparison = compare(app, &work, &in_force, &entries).await?;
    let same_lists = in_force.lists.as_ref().is_some_and(|old| {
        old.len() == entries.len() && old.iter().zip(&entries).all(|(old, new)| old.is_same_list(new))
    });
    if comparison.is_empty() && same_lists {
        return Err(Trouble::said("Nothing would change: no rule comes, goes or says something else."));
    }
    let build = Build {
        id: app.new_id()?,
        made_at: app.now(),
        made_by: by.map(|(id, _)| id.to_owned()).unwrap_or_default(),
        made_by_name: by.map(|(_, name)| name.to_owned()).unwrap_or_default(),
        on_pack: in_force.newest().to_owned(),
        manifest: serde_json::to_string(&entries).map_err(Trouble::internal)?,
        summary: serde_json::to_string(&comparison).map_err(Trouble::internal)?,
    };
    let mut tx = app.db.begin().await?;
    list_builds::propose(&mut tx, &build).await?;
    let detail = serde_json::json!({ "added": comparison.added, "altered": comparison.altered, "removed": comparison.removed });
    lists::tell(&mut tx, app, "propose", &build.id, detail, by.map(|(id, _)| id)).await?;
    tx.commit().await?;
    Ok(build)
}

async fn compare(
    app: &App,
    work: &Work,
    in_force: &InForce,
    entries: &[Entry],
) -> Result<Comparison, Trouble> {
    let gone = || Trouble::said("A list is no longer kept. Give its file again, or have it fetched.");
    let new = work.lists(app, entries, "new").await?.ok_or_else(gone)?;
    let old = match &in_force.lists {
        Some(old) => work.lists(app, old, "old").await?,
        None if in_force.packs.is_empty() => Some(Vec::new()),
        None => None,
    };
    let sites = if old.is_some() { None } else { policy::published::sites(app).await? };
    let rules = in_force.packs.iter().map(|pack| pack.hosts.saturating_add(pack.paths)).sum::<i64>();
    let rules = u64::try_from(rules).unwrap_or_default();
    let made = work.busy(move || {
        let before = match (&old, &sites) {
            (None, Some(sites)) => Before::Map(sites, rules),
            (old, _) => Before::Lists(old.as_deref().unwrap_or_default()),
        };
        Comparison::of(before, &new, &BTreeSet::new())
    });
    made.await?.map_err(said)
}

/// Publishes the proposal `id`. `by` is account id and name; none for the relay itself. Call it with the relay's rows in
/// reach.
///
/// # Errors
/// In words when it waits no longer, or the lists in force are others by now.
pub(crate) async fn publish(app: &App, id: &str, by: Option<(&str, &str)>) -> Result<(), Trouble> {
    let work = Work::begin(app).await?;
    let waiting = list_builds::waiting(app.db.read()).await?.filter(|build| build.id == id);
    let Some(build) = waiting else {
        return Err(Trouble::said("This proposal waits no longer: look at what waits now."));
    };
    let in_force = InForce::read(app).await?;
    if in_force.newest() != build.on_pack {
        return Err(Trouble::said(
            "The lists in force are others than when this was proposed: propose it again.",
        ));
    }
    let key = signer(app, &in_force)?;
    only_sites(app, &in_force).await?;
    let gone = || Trouble::said("A list of this proposal is no longer kept: propose it again.");
    let entries = in_force::entries(&build.manifest)?;
    let new = work.lists(app, &entries, "new").await?.ok_or_else(gone)?;
    let newest = in_force.packs.last().map_or(0, |pack| pack.version);
    let version = u64::try_from((newest + 1).max(app.now() / 1_000)).map_err(Trouble::internal)?;
    let maker = Maker { base: base(app, &work, &in_force).await?, new, version, out: work.place("out.pack") };
    let trusted = key.public();
    let bytes = work.busy(move || maker.run(&key)).await?.map_err(said)?;
    let decided = Some(Decided { build: id, on: &build.on_pack, by });
    let published = scope::within(Scope::Relay, lists::publish(app, vec![bytes], &trusted, decided)).await;
    published.map_err(|error| Trouble::Said(format!("They were not published: {error:#}.")))?;
    keep::sweep(app).await?;
    Ok(())
}

/// What makes the pack.
struct Maker {
    /// The whole pack in force as a file, its bytes, and the lists of which it was made; none where it was made elsewhere.
    base: Option<(PathBuf, u64, Vec<Spec>)>,
    new: Vec<Spec>,
    version: u64,
    out: PathBuf,
}

impl Maker {
    fn run(self, key: &PackKey) -> Result<Vec<u8>, BuildError> {
        let Self { base, new, version, out } = self;
        let read = || std::fs::read(&out).map_err(|source| BuildError::Write { path: out.clone(), source });
        if let Some((from, length, old)) = base {
            let delta = Delta { from, old, new: new.clone(), version, out: out.clone(), ..Delta::default() };
            match delta.run(key) {
                Ok(changed) if changed.bytes.saturating_mul(WORTH) <= length => return read(),
                Ok(_) => {}
                // A whole pack needs nothing of what was; if that fails too, it says why.
                Err(error) => tracing::warn!(%error, "lists are published whole, not as a change"),
            }
        }
        maker::Build { sources: new, version, out: out.clone(), ..maker::Build::default() }.run(key)?;
        read()
    }
}

async fn base(
    app: &App,
    work: &Work,
    in_force: &InForce,
) -> Result<Option<(PathBuf, u64, Vec<Spec>)>, Trouble> {
    let Some((pack, entries)) = in_force.packs.first().zip(in_force.base.as_ref()) else { return Ok(None) };
    let Some(old) = work.lists(app, entries, "base").await? else { return Ok(None) };
    let Some(bytes) = packs::bytes(app.db.read(), &pack.digest).await? else { return Ok(None) };
    let path = work.place("base.pack");
    let length = bytes.len() as u64;
    tokio::fs::write(&path, bytes).await.map_err(Trouble::internal)?;
    Ok(Some((path, length, old)))
}

/// Why nothing that is made here can be put in force at all, in words; none when it can. Sources are kept all the same, so
/// somebody must be told that nothing comes of them.
///
/// # Errors
/// When it cannot be found out.
pub(crate) async fn cannot_publish(app: &App) -> Result<Option<String>, Error> {
    let in_force = InForce::read(app).await?;
    let can = match signer(app, &in_force) {
        Ok(_) => only_sites(app, &in_force).await,
        Err(trouble) => Err(trouble),
    };
    match can {
        Ok(()) => Ok(None),
        Err(Trouble::Said(text)) => Ok(Some(text)),
        Err(Trouble::Fault(error)) => Err(error),
    }
}

/// The key that signs, which must be that of the packs in force: devices refuse any other.
pub(super) fn signer(app: &App, in_force: &InForce) -> Result<PackKey, Trouble> {
    let key = app.secrets.pack_key()?;
    if in_force.packs.is_empty() || in_force.key == key.public().to_string() {
        return Ok(key);
    }
    Err(Trouble::said(
        "The lists in force are signed with a key that this server does not have. Whoever runs it publishes at the command \
         line, or copies that key into its data folder.",
    ))
}

/// Refuses to take the place of packs of which one holds more than sites: only the command line makes such, and a pack that is
/// made here would have nothing of it. A change may hold it as well as the whole pack below.
async fn only_sites(app: &App, in_force: &InForce) -> Result<(), Trouble> {
    let mut held = BTreeSet::new();
    for pack in &in_force.packs {
        let length = u64::try_from(pack.length).map_err(Trouble::internal)?;
        let head = packs::piece(app.db.read(), &pack.digest, 0, length.min(packs::PIECE as u64)).await?;
        let head = head.ok_or_else(|| Error::Damaged(format!("the pack {} has no bytes", pack.digest)))?;
        let outline = Outline::read(&head, length).map_err(Trouble::internal)?;
        held.extend(outline.sections().filter_map(|(section, _)| only_there(section.kind)));
    }
    if held.is_empty() {
        return Ok(());
    }
    let held = held.into_iter().collect::<Vec<_>>().join(" and ");
    Err(Trouble::Said(format!(
        "The lists in force also hold {held}, which only the command line puts in: lists that are made here would be without. \
         Whoever runs the server builds and publishes them there, with “lapwing-relay lists build”."
    )))
}

/// What a section of this number is, where nothing that is made here has one.
fn only_there(number: u32) -> Option<&'static str> {
    match Kind::ALL.into_iter().find(|kind| kind.number() == number) {
        Some(Kind::Sites | Kind::About) => None,
        Some(Kind::Unlawful) => Some("licensed lists of unlawful content"),
        Some(Kind::Phrases) => Some("phrase lists"),
        Some(Kind::Policy) => Some("a policy"),
        None => Some("something that this version does not know"),
    }
}

/// A builder's complaint, for a page.
pub(super) fn said(error: BuildError) -> Trouble {
    match error {
        BuildError::Source(error) => Trouble::Said(keep::unusable(error, false)),
        BuildError::Map(error) => Trouble::Said(format!("No pack can be made of it: {error}.")),
        other => Trouble::internal(other),
    }
}

/// Whether some school of this relay wants two people for each change of its policy.
pub(crate) async fn wants_two(app: &App) -> Result<bool, Error> {
    for school in schools::ids(app.db.read()).await? {
        let vault = app.vault(&school).await?;
        if policy::current(app, &vault).await?.policy.two_person {
            return Ok(true);
        }
    }
    Ok(false)
}
