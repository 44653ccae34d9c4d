//! Open vaults in memory: the master key, and each school's keys for some seconds, so that a key changed elsewhere is
//! noticed soon. A school without keys gets them here, once, whichever relay asks first.

use super::cipher::{Key, SealError};
use super::master::{Master, MasterError, MasterSource};
use super::vault::Vault;
use crate::app::App;
use crate::db::keys::{self, KeyRow, Kind};
use crate::error::Error;
use crate::random::Random;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// How long an open vault is believed, milliseconds. Changing a school's key waits longer than this (`cli::keys`).
pub(crate) const BELIEVED: i64 = 5_000;

/// Every vault that this relay has open.
#[derive(Debug)]
pub(crate) struct Vaults {
    source: MasterSource,
    master: RwLock<Master>,
    open: Mutex<HashMap<String, (Arc<Vault>, i64)>>,
}

/// The place of a key of the relay or a school.
pub(super) fn place(school: &str, kind: Kind, id: &str) -> String {
    format!("lapwing:1:{}_key:{school}:{id}", kind.as_str())
}

/// Wraps a key of the relay or a school with the first key of `master`.
fn wrap_by(
    random: &dyn Random,
    master: &Master,
    school: &str,
    (kind, id): (Kind, &str),
    key: &Key,
) -> Result<KeyRow, SealError> {
    let (under, wrapper) = master.current().ok_or(SealError::NoKey)?;
    let wrapped = wrapper.wrap(random, &place(school, kind, id), key)?;
    Ok(KeyRow { id: id.to_owned(), kind, under: under.to_owned(), wrapped })
}

/// Unwraps the relay's or a school's key with the key that wrapped it.
pub(crate) fn unwrap_by(wrapper: &Key, school: &str, row: &KeyRow) -> Result<Key, SealError> {
    wrapper.unwrap_key(&place(school, row.kind, &row.id), &row.wrapped)
}

impl Vaults {
    /// Reads the master key.
    pub(crate) fn new(source: MasterSource, random: &dyn Random) -> Result<Self, MasterError> {
        let master = RwLock::new(source.read(random)?);
        Ok(Self { source, master, open: Mutex::default() })
    }

    /// The vault of `school`.
    pub(crate) async fn of(&self, app: &App, school: &str) -> Result<Arc<Vault>, Error> {
        let now = app.now();
        let known = self.open.lock().unwrap_or_else(PoisonError::into_inner).get(school).cloned();
        if let Some((vault, since)) = known
            && (0..BELIEVED).contains(&(now - since))
        {
            return Ok(vault);
        }
        let mut rows = keys::of_school(app.db.read(), school).await?;
        if rows.is_empty() {
            rows = self.first_keys(app, school).await?;
        }
        let vault = Arc::new(self.opened(app.random.as_ref(), school, &rows)?);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.insert(school.to_owned(), (Arc::clone(&vault), now));
        Ok(vault)
    }

    /// Unwraps the relay's or a school's key with the master key, which is read again when it is a newer one.
    pub(crate) fn unwrapped(
        &self,
        random: &dyn Random,
        school: &str,
        row: &KeyRow,
        wrapper: Option<&Key>,
    ) -> Result<Key, SealError> {
        if let Some(wrapper) = wrapper {
            return unwrap_by(wrapper, school, row);
        }
        let master = self.master_for(random, &row.under)?;
        unwrap_by(master.find(&row.under).ok_or(SealError::NoKey)?, school, row)
    }

    /// The same key as `row`'s, wrapped with the first key of `to` instead.
    pub(crate) fn rewrapped(
        &self,
        random: &dyn Random,
        school: &str,
        row: &KeyRow,
        to: &Master,
    ) -> Result<KeyRow, SealError> {
        let key = self.unwrapped(random, school, row, None)?;
        wrap_by(random, to, school, (row.kind, &row.id), &key)
    }

    /// Wraps a new key of the relay or a school with the master key. The caller holds the lock of the school
    /// (`db::keys::lock`), so that a change of the master key, which takes the same lock, misses no key. The source is read
    /// again: what this relay remembers may be a master key that is about to go.
    pub(crate) fn wrapped(
        &self,
        random: &dyn Random,
        school: &str,
        (kind, id): (Kind, &str),
        key: &Key,
    ) -> Result<KeyRow, SealError> {
        wrap_by(random, &self.read_again(random)?, school, (kind, id), key)
    }

    /// The master keys as they were last read.
    pub(crate) fn master(&self) -> Master {
        self.master.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts other master keys in force here, and forgets what the old ones opened.
    pub(crate) fn change_master(&self, master: Master) {
        *self.master.write().unwrap_or_else(PoisonError::into_inner) = master;
        self.forget();
    }

    /// Opens every vault anew when it is asked for.
    pub(crate) fn forget(&self) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Where the master key comes from.
    pub(crate) const fn source(&self) -> &MasterSource {
        &self.source
    }

    fn master_for(&self, random: &dyn Random, fingerprint: &str) -> Result<Master, SealError> {
        let known = self.master();
        if known.find(fingerprint).is_some() {
            return Ok(known);
        }
        self.read_again(random)
    }

    fn read_again(&self, random: &dyn Random) -> Result<Master, SealError> {
        let newer = self.source.read_again(random).map_err(|error| {
            tracing::error!(%error, "the master key could not be read again");
            SealError::NoKey
        })?;
        *self.master.write().unwrap_or_else(PoisonError::into_inner) = newer.clone();
        Ok(newer)
    }

    fn opened(&self, random: &dyn Random, school: &str, rows: &[KeyRow]) -> Result<Vault, SealError> {
        let mut keys_by_id = HashMap::new();
        // The newest comes first.
        let current = rows.iter().find(|row| row.kind == Kind::School).ok_or(SealError::NoKey)?.id.clone();
        for row in rows.iter().filter(|row| row.kind == Kind::School) {
            match self.unwrapped(random, school, row, None) {
                Ok(key) => {
                    keys_by_id.insert(row.id.clone(), key);
                }
                // What hangs from an older one cannot be opened; all else can.
                Err(error) if row.id != current => {
                    tracing::error!(school, key = row.id, %error, "an older key of a school cannot be opened");
                }
                Err(error) => return Err(error),
            }
        }
        let search = rows.iter().find(|row| row.kind == Kind::Search).ok_or(SealError::NoKey)?;
        let wrapper = keys_by_id.get(&search.under).ok_or(SealError::NoKey)?;
        let search = self.unwrapped(random, school, search, Some(wrapper))?;
        Ok(Vault::new(school, keys_by_id, current, &search))
    }

    async fn first_keys(&self, app: &App, school: &str) -> Result<Vec<KeyRow>, Error> {
        let random = app.random.as_ref();
        let mut tx = app.db.begin().await?;
        keys::lock(&mut tx, school).await?;
        let rows = keys::of_school(&mut *tx, school).await?;
        if !rows.is_empty() {
            return Ok(rows);
        }
        let (own, search) = (Key::new(random)?, Key::new(random)?);
        let own_row = self.wrapped(random, school, (Kind::School, &app.new_id()?), &own)?;
        let id = app.new_id()?;
        let wrapped = own.wrap(random, &place(school, Kind::Search, &id), &search)?;
        let search_row = KeyRow { id, kind: Kind::Search, under: own_row.id.clone(), wrapped };
        for row in [&own_row, &search_row] {
            keys::insert(&mut tx, Some(school), row, app.now()).await?;
        }
        tx.note(
            &crate::db::audit::Event {
                school_id: Some(school),
                account_id: None,
                action: "make_keys",
                object_kind: "school",
                object_id: school,
                detail: serde_json::Value::Null,
            },
            app.now(),
        );
        tx.commit().await?;
        Ok(vec![own_row, search_row])
    }
}
