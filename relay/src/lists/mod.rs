//! Publishing packs of lists, and taking them back. A pack is verified here as a device verifies it, and laid on what is in
//! force, before anybody is told of it. Making packs is `lapwing_packs`'; how devices fetch them is in `api::lists`.
//!
//! The key that signs is `pack.key` in the data folder and never in the database: whoever steals the database cannot make a
//! list that devices believe. The ways back are in `back`; `licensed` tells what goes that only the command line can put in.

mod back;
mod licensed;

pub(crate) use back::{is_withdrawn, roll_back, target, withdraw};

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
use lapwing_packs::PackKey;
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
    /// Digest of the newest pack on which it was made; empty for none.
    pub(crate) on: &'a str,
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

/// What is to be brought back.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Back {
    /// A version other than the one before.
    pub(crate) to: Option<i64>,
    /// Even when that lacks a licensed list of unlawful content that is in force now.
    pub(crate) without_licensed: bool,
}

/// What was put in force.
#[derive(Debug, Clone, Default)]
pub(crate) struct Done {
    /// Its packs, in their order.
    pub(crate) made: Vec<Published>,
    /// Licensed lists of unlawful content that were in force before and are not any more, in words; empty for none.
    pub(crate) gone: String,
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

    /// Puts in force again what was in force before, signed anew with `key`; also when that lacks a licensed list of
    /// unlawful content that is in force now, if `without_licensed` says so.
    ///
    /// # Errors
    /// When there is nothing to go back to, a licensed list would be lost, or `key` is not the one of the lists in force.
    pub async fn roll_back_lists(
        &self,
        key: &PackKey,
        reason: &str,
        without_licensed: bool,
    ) -> anyhow::Result<()> {
        let (back, reason) = (Back { to: None, without_licensed }, Reason { words: reason, by: None });
        scope::within(Scope::Relay, roll_back(self, key, back, reason)).await.map(drop)
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
) -> anyhow::Result<Done> {
    let by = decided.and_then(|decided| decided.by);
    let mut tx = app.db.begin().await?;
    let mut stack = in_force(&mut tx).await?;
    let on = stack.last().map(|pack| hex(pack.digest())).unwrap_or_default();
    if decided.is_some_and(|decided| decided.on != on) {
        bail!("other lists were put in force meanwhile: propose these again");
    }
    let before = licensed::of(&stack);
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
    let gone = licensed::gone(&before, &licensed::of(&stack));
    if decided.is_some() && !gone.is_empty() {
        bail!("{gone} would go, which only the command line puts in");
    }
    for row in &made {
        note(&mut tx, app, "publish", (row, &gone), by.map(|(id, _)| id)).await?;
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
    Ok(Done { made, gone })
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

/// `gone` are licensed lists that are in force no more.
async fn note(
    tx: &mut Tx,
    app: &App,
    action: &str,
    (row, gone): (&Published, &str),
    by: Option<&str>,
) -> anyhow::Result<()> {
    let mut detail = json!({ "version": row.version, "hosts": row.hosts, "paths": row.paths });
    if !gone.is_empty() {
        detail["gone"] = gone.into();
    }
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
