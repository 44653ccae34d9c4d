//! A disk as a program may rely on it: what was synced is there, and of the rest any part may be, in any order, torn at the
//! borders of sectors. Names come and go likewise until their folder is synced. It is harsher than a journalling file
//! system, which keeps an order among names.

use std::collections::BTreeMap;

use super::trace::{Action, Event};

/// What a disk writes whole or not at all.
const SECTOR: u64 = 512;

/// Files by name, as they lie in a folder.
pub type Files = Vec<(String, Vec<u8>)>;

/// A change to a file that has not been made to last.
#[derive(Debug, Clone)]
struct Loose {
    ended: u64,
    change: Change,
}

#[derive(Debug, Clone)]
enum Change {
    Write { at: u64, bytes: Vec<u8> },
    Truncate { length: u64 },
}

/// A file, whatever it is called now.
#[derive(Debug, Clone, Default)]
struct File {
    lasting: Vec<u8>,
    loose: Vec<Loose>,
}

/// A change to the folder that has not been made to last: a name now means this file, or none.
#[derive(Debug, Clone)]
struct Naming {
    ended: u64,
    name: String,
    file: Option<usize>,
}

/// The disk at one moment.
#[derive(Debug, Clone)]
pub struct Medium {
    files: Vec<File>,
    names: BTreeMap<String, usize>,
    lasting_names: BTreeMap<String, usize>,
    loose_names: Vec<Naming>,
    honest: bool,
}

impl Medium {
    /// A disk that keeps what was synced.
    #[must_use]
    pub fn honest(before: &[(String, Vec<u8>)]) -> Self {
        let names: BTreeMap<_, _> =
            before.iter().enumerate().map(|(index, (name, _))| (name.clone(), index)).collect();
        let files = before.iter().map(|(_, bytes)| File { lasting: bytes.clone(), loose: Vec::new() });
        Self {
            files: files.collect(),
            lasting_names: names.clone(),
            names,
            loose_names: Vec::new(),
            honest: true,
        }
    }

    /// A disk that says that it has synced, and has not: to see that the test can fail.
    #[must_use]
    pub fn that_ignores_syncs(before: &[(String, Vec<u8>)]) -> Self {
        Self { honest: false, ..Self::honest(before) }
    }

    /// A call that has ended.
    pub fn take(&mut self, event: &Event) {
        let ended = event.ended;
        match &event.action {
            Action::Create { name } => {
                if !self.names.contains_key(name) {
                    self.files.push(File::default());
                    let file = self.files.len() - 1;
                    self.names.insert(name.clone(), file);
                    self.loose_names.push(Naming { ended, name: name.clone(), file: Some(file) });
                }
            }
            Action::Write { name, at, bytes } => {
                self.change(name, ended, Change::Write { at: *at, bytes: bytes.clone() });
            }
            Action::Truncate { name, length } => {
                self.change(name, ended, Change::Truncate { length: *length });
            }
            Action::Remove { name } => {
                self.names.remove(name);
                self.loose_names.push(Naming { ended, name: name.clone(), file: None });
            }
            Action::Sync { name } if self.honest => {
                if let Some(file) = self.names.get(name).and_then(|file| self.files.get_mut(*file)) {
                    file.settle(event.begun);
                }
            }
            Action::SyncFolder if self.honest => {
                let (lasting, loose) = std::mem::take(&mut self.loose_names)
                    .into_iter()
                    .partition(|naming| naming.ended <= event.begun);
                self.loose_names = loose;
                for naming in lasting {
                    rename(&mut self.lasting_names, &naming);
                }
            }
            Action::Sync { .. } | Action::SyncFolder => {}
        }
    }

    fn change(&mut self, name: &str, ended: u64, change: Change) {
        if let Some(file) = self.names.get(name).and_then(|file| self.files.get_mut(*file)) {
            file.loose.push(Loose { ended, change });
        }
    }

    /// What is left when the power goes now: files by name. `under_way` are calls that have begun and not ended.
    #[must_use]
    pub fn cut(&self, under_way: &[&Event], random: &mut fastrand::Rng) -> Files {
        let mut medium = self.clone();
        for event in under_way {
            if !matches!(event.action, Action::Sync { .. } | Action::SyncFolder) {
                medium.take(event);
            }
        }
        // Some cuts keep nearly all, some nearly nothing: losses hide at both ends.
        let keep = [0.0, 0.1, 0.5, 0.9, 1.0];
        let mut share = || keep.get(random.usize(..keep.len())).copied().unwrap_or_default();
        let (data, naming) = (share(), share());
        let mut names = medium.lasting_names.clone();
        for change in &medium.loose_names {
            if random.f64() < naming {
                rename(&mut names, change);
            }
        }
        let kept = names.into_iter().filter_map(|(name, file)| {
            let file = medium.files.get(file)?;
            Some((name, file.torn(data, random)))
        });
        kept.collect()
    }
}

fn rename(names: &mut BTreeMap<String, usize>, naming: &Naming) {
    match naming.file {
        Some(file) => names.insert(naming.name.clone(), file),
        None => names.remove(&naming.name),
    };
}

impl File {
    /// A sync that began at `begun` has ended: what had been written by then lasts.
    fn settle(&mut self, begun: u64) {
        let (lasting, loose) =
            std::mem::take(&mut self.loose).into_iter().partition(|loose: &Loose| loose.ended <= begun);
        self.loose = loose;
        for Loose { change, .. } in lasting {
            apply(&mut self.lasting, &change);
        }
    }

    fn torn(&self, share: f64, random: &mut fastrand::Rng) -> Vec<u8> {
        let mut bytes = self.lasting.clone();
        for Loose { change, .. } in &self.loose {
            match change {
                Change::Truncate { .. } if random.f64() < share => apply(&mut bytes, change),
                Change::Truncate { .. } => {}
                Change::Write { at, bytes: written } => {
                    for (at, sector) in sectors(*at, written) {
                        if random.f64() < share {
                            apply(&mut bytes, &Change::Write { at, bytes: sector.to_vec() });
                        }
                    }
                }
            }
        }
        bytes
    }
}

/// The parts of a write that fall into one sector each.
fn sectors(at: u64, mut bytes: &[u8]) -> Vec<(u64, &[u8])> {
    let (mut at, mut parts) = (at, Vec::new());
    while !bytes.is_empty() {
        let room = usize::try_from(SECTOR - at % SECTOR).unwrap_or(usize::MAX).min(bytes.len());
        let (sector, rest) = bytes.split_at(room);
        parts.push((at, sector));
        at += sector.len() as u64;
        bytes = rest;
    }
    parts
}

fn apply(file: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Truncate { length } => file.resize(usize::try_from(*length).unwrap_or(usize::MAX), 0),
        Change::Write { at, bytes } => {
            let from = usize::try_from(*at).unwrap_or(usize::MAX);
            let to = from + bytes.len();
            if file.len() < to {
                file.resize(to, 0);
            }
            if let Some(place) = file.get_mut(from..to) {
                place.copy_from_slice(bytes);
            }
        }
    }
}

#[cfg(test)]
#[path = "medium_tests.rs"]
mod tests;
