//! The ways back: to what was in force before, and to the lists that are built in. Both are packs like any other, signed anew and
//! newer, since devices refuse an older one and keep what they have when they merely hear of none.

use super::{Back, Done, Reason, forget, laid, licensed, note, row};
use crate::app::App;
use crate::db::packs::{self, Published};
use crate::error::Error;
use anyhow::{Context as _, bail};
use lapwing_core::pack::{Kind, Pack};
use lapwing_packs::{Map, PackKey, Plan, Rule, Says, pack};
use serde_json::{Value, json};

/// Puts in force again what was in force before, signed anew under a higher version, since devices refuse an older one.
/// Their pieces that are the same are not fetched again.
///
/// # Errors
/// When there is nothing to go back to, that lacks a licensed list which is in force now and `back` does not say that it may,
/// or the packs are signed with another key than this relay's.
pub(crate) async fn roll_back(
    app: &App,
    key: &PackKey,
    back: Back,
    reason: Reason<'_>,
) -> anyhow::Result<Done> {
    let mut tx = app.db.begin().await?;
    let all = packs::all(&mut *tx).await.map_err(Error::into_anyhow)?;
    let newest = newest(&all, key)?;
    let wanted = target(&all, back.to)?;
    let mut chain = vec![wanted];
    while let Some(below) = chain.last().and_then(|top| all.iter().find(|pack| pack.digest == top.parent)) {
        chain.push(below);
    }
    let before = licensed::in_force(&mut tx, &all).await.map_err(Error::into_anyhow)?;
    let after = licensed::held(chain.iter().rev().map(|pack| pack.about.as_str()));
    let gone = licensed::gone(&before, &after);
    if !gone.is_empty() && !back.without_licensed {
        bail!(
            "version {} lacks what is in force now: {gone}. Going back would take it from every device. Whoever runs the \
             server builds a pack that has it (lapwing-relay lists build … --source iwf=FILE --source ctiru=FILE) and publishes \
             that; or, if it cannot wait, goes back without it (lapwing-relay lists roll-back --without-licensed)",
            wanted.version
        );
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
        note(&mut tx, app, "roll_back", (&row, &gone), reason.by.map(|(id, _)| id)).await?;
        made.push(row);
    }
    forget(&mut tx).await?;
    tx.commit().await.map_err(Error::into_anyhow)?;
    Ok(Done { made, gone })
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
/// with nothing in it. Licensed lists of unlawful content go too, which is told.
///
/// # Errors
/// When nothing is in force, or what is in force is signed with another key than this relay's.
pub(crate) async fn withdraw(app: &App, key: &PackKey, reason: Reason<'_>) -> anyhow::Result<Done> {
    let mut tx = app.db.begin().await?;
    let all = packs::all(&mut *tx).await.map_err(Error::into_anyhow)?;
    let newest = newest(&all, key)?;
    if is_withdrawn(newest) {
        bail!("the lists have been withdrawn already");
    }
    let before = licensed::in_force(&mut tx, &all).await.map_err(Error::into_anyhow)?;
    let gone = licensed::gone(&before, &licensed::Licensed::new());
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
    note(&mut tx, app, "withdraw", (&row, &gone), reason.by.map(|(id, _)| id)).await?;
    forget(&mut tx).await?;
    tx.commit().await.map_err(Error::into_anyhow)?;
    Ok(Done { made: vec![row], gone })
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
