//! Publishing packs of lists, and taking them back. A pack is verified here as a device verifies it, and laid on what is in
//! force, before anybody is told of it. Making packs is `lapwing_packs`'; how devices fetch them is in `api::lists`.
//!
//! The key that signs is `pack.key` in the data folder and never in the database: whoever steals the database cannot make a
//! list that devices believe.

use crate::app::App;
use crate::db::audit::{self, Event};
use crate::db::packs::{self, Published};
use crate::db::scope::{self, Scope};
use crate::db::{Tx, list_builds, schools};
use crate::error::Error;
use crate::random::{self, SystemRandom};
use crate::secrets::hex;
use anyhow::{Context as _, bail};
use lapwing_core::Sites;
use lapwing_core::pack::{Kind, Pack, PublicKey};
use lapwing_core::wire::limit;
use lapwing_packs::{Map, PackKey, Plan, Rule, Says, pack};
use serde_json::{Value, json};
use std::path::Path;

/// The key's file, in the data folder.
pub(crate) const FILE: &str = "pack.key";

/// Whole packs whose bytes are kept: the one in force, and those that can be brought back.
const KEPT: usize = 3;

/// The key that signs packs, made when it is not there yet; says whether it was made.
///
/// # Errors
/// When the file cannot be read or written, or is no key.
pub(crate) fn key(folder: &Path) -> anyhow::Result<(PackKey, bool)> {
    Ok(PackKey::open(&folder.join(FILE), || random::bytes(&SystemRandom::default()).ok())?)
}

/// A proposal that is published, and who decided so.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decided<'a> {
    /// The proposal's id.
    pub(crate) build: &'a str,
    /// Account id and name; none for the relay itself.
    pub(crate) by: Option<(&'a str, &'a str)>,
}

/// Who brings back what was in force before, and why.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reason<'a> {
    /// Why: a line.
    pub(crate) words: &'a str,
    /// Account id and name; none at the console.
    pub(crate) by: Option<(&'a str, &'a str)>,
}

impl App {
    /// Publishes packs in this order, for every device of the relay: a whole one, changes, or both. `trusted` is the key that
    /// they must be signed with.
    ///
    /// # Errors
    /// When one of them would be refused by devices; nothing has been published then.
    pub async fn publish_lists(&self, files: Vec<Vec<u8>>, trusted: &PublicKey) -> anyhow::Result<()> {
        scope::within(Scope::Relay, publish(self, files, trusted, None)).await.map(drop)
    }

    /// Puts in force again what was in force before, signed anew with `key`.
    ///
    /// # Errors
    /// When there is nothing to go back to, or `key` is not the one of the lists in force.
    pub async fn roll_back_lists(&self, key: &PackKey, reason: &str) -> anyhow::Result<()> {
        let reason = Reason { words: reason, by: None };
        scope::within(Scope::Relay, roll_back(self, key, None, reason)).await.map(drop)
    }

    /// Takes back every published list; devices keep the lists that are built in.
    ///
    /// # Errors
    /// When nothing is in force, or `key` is not the one of the lists in force.
    pub async fn withdraw_lists(&self, key: &PackKey, reason: &str) -> anyhow::Result<()> {
        let reason = Reason { words: reason, by: None };
        scope::within(Scope::Relay, withdraw(self, key, reason)).await.map(drop)
    }
}

/// Publishes packs in this order: a whole one, changes, or both. `trusted` is the key that they must be signed with,
/// `decided` the proposal that they are, if they are one.
///
/// # Errors
/// When one of them would be refused by devices, or the proposal waits no longer, with why; nothing has been published then.
pub(crate) async fn publish(
    app: &App,
    files: Vec<Vec<u8>>,
    trusted: &PublicKey,
    decided: Option<Decided<'_>>,
) -> anyhow::Result<Vec<Published>> {
    let by = decided.and_then(|decided| decided.by);
    let mut tx = app.db.begin().await?;
    let mut stack = in_force(&mut tx).await?;
    let mut made = Vec::new();
    for bytes in files {
        if bytes.len() as u64 > limit::PACK {
            bail!("the pack has {} bytes; devices fetch at most {}", bytes.len(), limit::PACK);
        }
        let newest = stack.last().map_or(0, Pack::version);
        let opened = Pack::open(bytes, trusted, newest.saturating_add(1))?;
        match opened.parent() {
            None => stack.clear(),
            Some(parent) => {
                let at = stack.iter().position(|below| below.digest() == parent).context(
                    "this is the change of another pack than those in force (see `lists show`): publish that one first, or a \
                     whole pack",
                )?;
                stack.truncate(at + 1);
            }
        }
        let mut row = row(&opened, app.now())?;
        row.published_by = by.map(|(_, name)| name.to_owned()).unwrap_or_default();
        stack.push(opened);
        made.push(row);
        let (laid, counts) = laid(stack)?;
        stack = laid;
        if let Some((row, pack)) = made.last_mut().zip(stack.last()) {
            (row.hosts, row.paths) = counts;
            packs::insert(&mut tx, row, pack.bytes()).await.map_err(Error::into_anyhow)?;
        }
    }
    for row in &made {
        note(&mut tx, app, "publish", row, by.map(|(id, _)| id)).await?;
    }
    if let Some((decided, newest)) = decided.zip(made.last()) {
        let name = by.map_or("", |(_, name)| name);
        let state = ("published", newest.digest.as_str());
        let done = list_builds::decide(&mut tx, decided.build, state, name, app.now()).await;
        if !done.map_err(Error::into_anyhow)? {
            bail!("somebody has decided about this proposal already, or another has taken its place");
        }
    }
    forget(&mut tx).await?;
    tx.commit().await.map_err(Error::into_anyhow)?;
    Ok(made)
}

/// Puts in force again what was in force before, signed anew under a higher version, since devices refuse an older one.
/// Their pieces that are the same are not fetched again. `to` names a version other than the one before.
///
/// # Errors
/// When there is nothing to go back to, or the packs are signed with another key than this relay's.
pub(crate) async fn roll_back(
    app: &App,
    key: &PackKey,
    to: Option<i64>,
    reason: Reason<'_>,
) -> anyhow::Result<Vec<Published>> {
    let mut tx = app.db.begin().await?;
    let all = packs::all(&mut *tx).await.map_err(Error::into_anyhow)?;
    let newest = newest(&all, key)?;
    let wanted = target(&all, to)?;
    let mut chain = vec![wanted];
    while let Some(below) = chain.last().and_then(|top| all.iter().find(|pack| pack.digest == top.parent)) {
        chain.push(below);
    }
    let now = app.now();
    // A version is the second in which a pack was made, unless somebody says otherwise.
    let first = (newest.version + 1).max(now / 1_000);
    let mut parent = None;
    let mut made = Vec::new();
    for (version, old) in (first..).zip(chain.into_iter().rev()) {
        let bytes = packs::bytes(&mut *tx, &old.digest).await.map_err(Error::into_anyhow)?;
        let bytes = bytes.with_context(|| {
            format!(
                "the bytes of version {} are no longer kept: build the pack again, and publish it",
                old.version
            )
        })?;
        let old_pack = Pack::open(bytes, &key.public(), 0)?;
        let sections: Vec<_> = old_pack
            .sections()
            .filter_map(|(head, range)| {
                let kind = Kind::ALL.into_iter().find(|kind| kind.number() == head.kind)?;
                Some((kind, old_pack.bytes().get(range)?))
            })
            .collect();
        let bytes = pack(key, u64::try_from(version)?, parent, &sections);
        let opened = Pack::open(bytes, &key.public(), 0)?;
        parent = Some(*opened.digest());
        let row = Published {
            hosts: old.hosts,
            paths: old.paths,
            restores: if old.restores.is_empty() { old.digest.clone() } else { old.restores.clone() },
            reason: reason.words.to_owned(),
            published_by: reason.by.map(|(_, name)| name.to_owned()).unwrap_or_default(),
            ..row(&opened, now)?
        };
        packs::insert(&mut tx, &row, opened.bytes()).await.map_err(Error::into_anyhow)?;
        note(&mut tx, app, "roll_back", &row, reason.by.map(|(id, _)| id)).await?;
        made.push(row);
    }
    forget(&mut tx).await?;
    tx.commit().await.map_err(Error::into_anyhow)?;
    Ok(made)
}

/// What was published last, when it was signed with `key`: devices believe no other.
fn newest<'a>(all: &'a [Published], key: &PackKey) -> anyhow::Result<&'a Published> {
    let newest = all.first().context("nothing has been published yet")?;
    let signer = key.public().to_string();
    if newest.signer != signer {
        bail!(
            "the lists in force are signed with {}, and this relay has the key {signer}: copy pack.key from the relay that \
             published them into this one’s data folder, or build and publish a pack with the other key",
            newest.signer
        );
    }
    Ok(newest)
}

/// Takes back every published list: devices have the lists that are built in, and no others. A device that hears of no lists
/// keeps those that it has, since a relay may have lost its database; so this is a pack like any other, signed and newer,
/// with nothing in it.
///
/// # Errors
/// When nothing is in force, or what is in force is signed with another key than this relay's.
pub(crate) async fn withdraw(app: &App, key: &PackKey, reason: Reason<'_>) -> anyhow::Result<Published> {
    let mut tx = app.db.begin().await?;
    let all = packs::all(&mut *tx).await.map_err(Error::into_anyhow)?;
    let newest = newest(&all, key)?;
    if is_withdrawn(newest) {
        bail!("the lists have been withdrawn already");
    }
    let now = app.now();
    let version = (newest.version + 1).max(now / 1_000);
    // A map has a name in it. This one is nobody’s (RFC 2606), and nothing is said of it.
    let host = "nothing.invalid";
    let rules = [Rule { name: host.into(), host: u16::try_from(host.len())?, says: Says::default() }];
    let sources = ["nothing".to_owned()];
    let map = Map::new(Plan { rules: &rules, sources: &sources, known_good: &[], on: None })?;
    let about = json!({ "sources": [], "withdrawn": true }).to_string();
    let sections = [(Kind::About, about.as_bytes()), (Kind::Sites, map.bytes.as_slice())];
    let bytes = pack(key, u64::try_from(version)?, None, &sections);
    let (stack, _) = laid(vec![Pack::open(bytes, &key.public(), 0)?])?;
    let opened = stack.first().context("the empty pack is gone")?;
    let row = Published {
        reason: reason.words.to_owned(),
        published_by: reason.by.map(|(_, name)| name.to_owned()).unwrap_or_default(),
        ..row(opened, now)?
    };
    packs::insert(&mut tx, &row, opened.bytes()).await.map_err(Error::into_anyhow)?;
    note(&mut tx, app, "withdraw", &row, reason.by.map(|(id, _)| id)).await?;
    forget(&mut tx).await?;
    tx.commit().await.map_err(Error::into_anyhow)?;
    Ok(row)
}

/// Whether this is no list, but the end of all.
pub(crate) fn is_withdrawn(pack: &Published) -> bool {
    let about: Value = serde_json::from_str(&pack.about).unwrap_or_default();
    about["withdrawn"] == true
}

/// What is to be brought back: the version that is named, else what was in force before.
pub(crate) fn target(all: &[Published], to: Option<i64>) -> anyhow::Result<&Published> {
    if let Some(version) = to {
        return all
            .iter()
            .find(|pack| pack.version == version)
            .with_context(|| format!("no pack of version {version} has been published; see `lists show`"));
    }
    let newest = all.first().context("nothing has been published yet")?;
    // What was brought back counts as what it was: going back again goes further back.
    let origin = all.iter().find(|pack| pack.digest == newest.restores).unwrap_or(newest);
    all.iter()
        .find(|pack| pack.version < origin.version && pack.restores.is_empty())
        .context("there is nothing before what is in force")
}

/// The packs in force, opened: the whole one, then its changes.
async fn in_force(tx: &mut Tx) -> anyhow::Result<Vec<Pack>> {
    let Some(offer) = packs::offer(&mut **tx).await.map_err(Error::into_anyhow)? else {
        return Ok(Vec::new());
    };
    let key: PublicKey = offer.key.parse().map_err(anyhow::Error::msg)?;
    let mut stack = Vec::with_capacity(offer.packs.len());
    for pack in offer.packs {
        let bytes = packs::bytes(&mut **tx, &pack.digest).await.map_err(Error::into_anyhow)?;
        stack.push(Pack::open(bytes.context("the bytes of a pack in force are missing")?, &key, 0)?);
    }
    Ok(stack)
}

/// Lays packs on each other as a device does; gives them back, and how many hosts and paths the last of them has.
fn laid(stack: Vec<Pack>) -> anyhow::Result<(Vec<Pack>, (i64, i64))> {
    let copies = stack
        .iter()
        .map(|pack| Pack::open(pack.bytes().to_vec(), &pack_signer(pack)?, 0).map_err(Into::into));
    let copies: Vec<Pack> = copies.collect::<anyhow::Result<_>>()?;
    let mut sites: Option<Sites> = None;
    let mut before = (0, 0);
    for copy in copies {
        match &mut sites {
            None => sites = Some(Sites::new(copy)?),
            Some(sites) => {
                before = sites.counts();
                sites.lay(copy)?;
            }
        }
    }
    let after = sites.map_or((0, 0), |sites| sites.counts());
    let count = |after: u64, before: u64| i64::try_from(after.saturating_sub(before)).unwrap_or(i64::MAX);
    Ok((stack, (count(after.0, before.0), count(after.1, before.1))))
}

fn pack_signer(pack: &Pack) -> anyhow::Result<PublicKey> {
    Ok(Pack::signer(pack.bytes())?)
}

fn row(pack: &Pack, now: i64) -> anyhow::Result<Published> {
    let about = pack.section(Kind::About).unwrap_or_default();
    Ok(Published {
        digest: hex(pack.digest()),
        version: i64::try_from(pack.version()).context("the pack’s version is too large")?,
        parent: pack.parent().map(|parent| hex(parent)).unwrap_or_default(),
        signer: pack_signer(pack)?.to_string(),
        length: i64::try_from(pack.bytes().len())?,
        hosts: 0,
        paths: 0,
        about: std::str::from_utf8(about).context("the pack’s section “about” is not text")?.to_owned(),
        published_at: now,
        restores: String::new(),
        reason: String::new(),
        published_by: String::new(),
    })
}

async fn note(tx: &mut Tx, app: &App, action: &str, row: &Published, by: Option<&str>) -> anyhow::Result<()> {
    let mut detail = json!({ "version": row.version, "hosts": row.hosts, "paths": row.paths });
    if !row.reason.is_empty() {
        detail["reason"] = row.reason.as_str().into();
    }
    tell(tx, app, action, &row.digest, detail, by).await.map_err(Error::into_anyhow)
}

/// Notes in every school's trail what was done with lists: it changes what all their devices believe. `by` is an account.
pub(crate) async fn tell(
    tx: &mut Tx,
    app: &App,
    action: &str,
    object: &str,
    detail: Value,
    by: Option<&str>,
) -> Result<(), Error> {
    for school in schools::ids(&mut **tx).await? {
        let event = Event {
            school_id: Some(&school),
            account_id: by,
            action,
            object_kind: "lists",
            object_id: object,
            detail: detail.clone(),
        };
        audit::record(tx, app, event).await?;
    }
    Ok(())
}

/// Forgets the bytes of packs before the last few whole ones.
async fn forget(tx: &mut Tx) -> anyhow::Result<()> {
    let all = packs::all(&mut **tx).await.map_err(Error::into_anyhow)?;
    let Some(oldest) =
        all.iter().filter(|pack| pack.parent.is_empty()).nth(KEPT - 1).map(|pack| pack.version)
    else {
        return Ok(());
    };
    let kept = packs::kept(&mut **tx).await.map_err(Error::into_anyhow)?;
    for pack in all.iter().filter(|pack| pack.version < oldest && kept.contains(&pack.digest)) {
        packs::forget_bytes(tx, &pack.digest).await.map_err(Error::into_anyhow)?;
    }
    Ok(())
}
