//! A school's keys, opened: what a handler holds while it reads or writes that school's records. Where the wrapped keys
//! are kept is in `db::keys`, how a vault is opened and how long it stays in memory in `vaults`.

use super::cipher::{Key, SealError};
use crate::db::keys::{KeyRow, Kind};
use crate::random::Random;
use crate::secrets::hex;
use ring::hmac;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;

/// The record that a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Object {
    /// An episode and its alerts.
    Episode,
    /// A pupil's report and its messages.
    Report,
    /// A concern and its entries.
    Concern,
    /// The note of a lesson that staff announced.
    Lesson,
    /// A version of the school's policy.
    Policy,
    /// A change of it that waits for a second person.
    Proposal,
    /// A pupil's request for a site.
    Access,
}

impl Object {
    /// Reads what is stored.
    pub(crate) fn read(text: &str) -> Option<Self> {
        use Object::{Access, Concern, Episode, Lesson, Policy, Proposal, Report};
        [Episode, Report, Concern, Lesson, Policy, Proposal, Access]
            .into_iter()
            .find(|object| object.as_str() == text)
    }

    /// As stored.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Episode => "episode",
            Self::Report => "report",
            Self::Concern => "concern",
            Self::Lesson => "lesson",
            Self::Policy => "policy_version",
            Self::Proposal => "policy_proposal",
            Self::Access => "access_request",
        }
    }
}

/// A wrapped key as stored: which key it is wrapped under, and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrapped {
    /// The id of the school's or person's key.
    pub(crate) under: String,
    /// The wrapped bytes.
    pub(crate) bytes: Vec<u8>,
}

/// A school's keys.
#[derive(Debug)]
pub(crate) struct Vault {
    school: String,
    /// The school's keys by id: more than one while they are being changed.
    keys: HashMap<String, Key>,
    current: String,
    search: hmac::Key,
}

/// The key of one record.
#[derive(Debug, Clone)]
pub(crate) struct RecordKey {
    school: String,
    key: Key,
}

fn person_place(school: &str, person: &str) -> String {
    format!("lapwing:1:person_key:{school}:{person}")
}

fn record_place(school: &str, object: Object, id: &str, under: &str) -> String {
    format!("lapwing:1:record_key:{school}:{}:{id}:{under}", object.as_str())
}

impl Vault {
    /// A vault of `keys`, of which `current` wraps what is new.
    pub(super) fn new(school: &str, keys: HashMap<String, Key>, current: String, search: &Key) -> Self {
        let search = hmac::Key::new(hmac::HMAC_SHA256, search.bytes());
        Self { school: school.to_owned(), keys, current, search }
    }

    /// A vault with a key of zeros, for tests of what only passes a vault on.
    #[cfg(test)]
    pub(crate) fn for_tests(school: &str) -> Self {
        let key = Key::from_bytes([0; Key::LENGTH]);
        Self::new(school, HashMap::from([("k".to_owned(), key.clone())]), "k".to_owned(), &key)
    }

    /// The school. Every query of sealed rows names it.
    pub(crate) fn school(&self) -> &str {
        &self.school
    }

    /// The id of the school's key that wraps what is new.
    pub(crate) fn current(&self) -> &str {
        &self.current
    }

    /// A new record's key.
    pub(crate) fn new_record(&self, random: &dyn Random) -> Result<RecordKey, SealError> {
        Ok(RecordKey { school: self.school.clone(), key: Key::new(random)? })
    }

    /// A new person's key, wrapped under the school's.
    pub(crate) fn new_person(&self, random: &dyn Random, person: &str) -> Result<(Key, Wrapped), SealError> {
        let key = Key::new(random)?;
        let wrapped = self.wrap_person(random, person, &key)?;
        Ok((key, wrapped))
    }

    /// A person's key, wrapped under the school's current one.
    pub(crate) fn wrap_person(
        &self,
        random: &dyn Random,
        person: &str,
        key: &Key,
    ) -> Result<Wrapped, SealError> {
        let bytes = self.school_key(&self.current)?.wrap(random, &person_place(&self.school, person), key)?;
        Ok(Wrapped { under: self.current.clone(), bytes })
    }

    /// The key of a person.
    pub(crate) fn person(&self, person: &str, wrapped: &Wrapped) -> Result<Key, SealError> {
        self.school_key(&wrapped.under)?.unwrap_key(&person_place(&self.school, person), &wrapped.bytes)
    }

    /// A record's key, wrapped under the school's: for a record in which no child is named yet.
    pub(crate) fn wrap_record(
        &self,
        random: &dyn Random,
        (object, id): (Object, &str),
        record: &RecordKey,
    ) -> Result<Wrapped, SealError> {
        let under = &self.current;
        let place = record_place(&self.school, object, id, under);
        let bytes = self.school_key(under)?.wrap(random, &place, &record.key)?;
        Ok(Wrapped { under: under.clone(), bytes })
    }

    /// A record's key, wrapped under the key of a child whom it concerns.
    pub(crate) fn wrap_record_for(
        &self,
        random: &dyn Random,
        (object, id): (Object, &str),
        (person, key): (&str, &Key),
        record: &RecordKey,
    ) -> Result<Wrapped, SealError> {
        let bytes = key.wrap(random, &record_place(&self.school, object, id, person), &record.key)?;
        Ok(Wrapped { under: person.to_owned(), bytes })
    }

    /// A record's key. `person` is the wrapped key of the person whom it is wrapped under, if it is.
    pub(crate) fn record(
        &self,
        (object, id): (Object, &str),
        wrapped: &Wrapped,
        person: Option<&Wrapped>,
    ) -> Result<RecordKey, SealError> {
        let place = record_place(&self.school, object, id, &wrapped.under);
        let key = match person {
            Some(person) => self.person(&wrapped.under, person)?.unwrap_key(&place, &wrapped.bytes)?,
            None => self.school_key(&wrapped.under)?.unwrap_key(&place, &wrapped.bytes)?,
        };
        Ok(RecordKey { school: self.school.clone(), key })
    }

    /// Seals a person's name under that person's key.
    pub(crate) fn seal_name(
        &self,
        random: &dyn Random,
        (person, key): (&str, &Key),
        name: &str,
    ) -> Result<Vec<u8>, SealError> {
        key.seal(random, &format!("lapwing:1:person:{}:{person}", self.school), name.as_bytes())
    }

    /// A person's name.
    pub(crate) fn open_name(&self, person: &str, key: &Key, sealed: &[u8]) -> Result<String, SealError> {
        let plain = key.open(&format!("lapwing:1:person:{}:{person}", self.school), sealed)?;
        String::from_utf8(plain.to_vec()).map_err(|_| SealError::Content)
    }

    /// What the database keeps of a name, to find the same name again.
    pub(crate) fn name_hash(&self, name: &str) -> String {
        let folded = name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        self.hash("name", &folded)
    }

    /// What the database keeps of a claimed account, to join its alerts.
    pub(crate) fn account_hash(&self, account: &str) -> String {
        if account.is_empty() { String::new() } else { self.hash("account", account) }
    }

    /// What the database keeps of a word, to search for it.
    pub(crate) fn word_hash(&self, word: &str) -> String {
        self.hash("word", word)
    }

    /// 128 bits of HMAC-SHA256, hexadecimal.
    fn hash(&self, what: &str, text: &str) -> String {
        let tag = hmac::sign(&self.search, format!("{what}:{text}").as_bytes());
        hex(tag.as_ref().get(..16).unwrap_or_default())
    }

    /// The same key as `row`'s, a person's or the search key, wrapped under the school's current key instead.
    pub(crate) fn rewrapped(&self, random: &dyn Random, row: &KeyRow) -> Result<KeyRow, SealError> {
        let place = match row.kind {
            Kind::Person => person_place(&self.school, &row.id),
            Kind::School | Kind::Search | Kind::Backup => {
                super::vaults::place(&self.school, row.kind, &row.id)
            }
        };
        let key = self.school_key(&row.under)?.unwrap_key(&place, &row.wrapped)?;
        let wrapped = self.school_key(&self.current)?.wrap(random, &place, &key)?;
        Ok(KeyRow { id: row.id.clone(), kind: row.kind, under: self.current.clone(), wrapped })
    }

    fn school_key(&self, id: &str) -> Result<&Key, SealError> {
        self.keys.get(id).ok_or(SealError::NoKey)
    }
}

impl RecordKey {
    /// Seals words for the row `id` of `table`.
    pub(crate) fn seal_words(
        &self,
        random: &dyn Random,
        (table, id): (&str, &str),
        words: &str,
    ) -> Result<Vec<u8>, SealError> {
        self.key.seal(random, &self.place(table, id), words.as_bytes())
    }

    /// Opens words of the row `id` of `table`.
    pub(crate) fn open_words(&self, (table, id): (&str, &str), sealed: &[u8]) -> Result<String, SealError> {
        let plain = self.key.open(&self.place(table, id), sealed)?;
        String::from_utf8(plain.to_vec()).map_err(|_| SealError::Content)
    }

    /// Seals several fields, as JSON, for the row `id` of `table`.
    pub(crate) fn seal<T: Serialize>(
        &self,
        random: &dyn Random,
        (table, id): (&str, &str),
        text: &T,
    ) -> Result<Vec<u8>, SealError> {
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(text).map_err(|_| SealError::Content)?);
        self.key.seal(random, &self.place(table, id), &plain)
    }

    /// Opens several fields of the row `id` of `table`.
    pub(crate) fn open<T: DeserializeOwned>(
        &self,
        (table, id): (&str, &str),
        sealed: &[u8],
    ) -> Result<T, SealError> {
        let plain = self.key.open(&self.place(table, id), sealed)?;
        serde_json::from_slice(&plain).map_err(|_| SealError::Content)
    }

    fn place(&self, table: &str, id: &str) -> String {
        format!("lapwing:1:{table}:{}:{id}", self.school)
    }
}

#[cfg(test)]
#[path = "vault_tests.rs"]
mod tests;
