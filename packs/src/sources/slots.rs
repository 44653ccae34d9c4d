//! The slots for licensed lists of unlawful content: the Internet Watch Foundation's URL list and the police-assessed list of the
//! Counter Terrorism Internet Referral Unit. An address of either is hashed as it is read, is shown nowhere (not even where
//! it cannot be read), and is in the pack as a hash alone.

use super::{Source, SourceError, read};
use crate::rules::is_public_suffix;
use crate::skip::Skip;
use lapwing_core::packed::{FormHash, hash_of_entry, whole_domain};
use std::path::Path;

/// Whose list it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The Internet Watch Foundation's URL list.
    Iwf,
    /// The police-assessed list of unlawful terrorist content.
    Ctiru,
}

impl Slot {
    /// As it stands on a command line and in a pack.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Iwf => "iwf",
            Self::Ctiru => "ctiru",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Iwf => "Internet Watch Foundation URL list",
            Self::Ctiru => "Police-assessed list of unlawful terrorist content (CTIRU)",
        }
    }
}

/// Reads a list: an address, with or without its scheme, or `sha256:` and the hash of one in hexadecimal, a line.
pub(crate) fn read_slot(source: &mut Source<'_>, path: &Path, slot: Slot) -> Result<(), SourceError> {
    source.about.name = slot.title().to_owned();
    source.about.slot = slot.name().to_owned();
    source.about.licence = "Licensed to its members; not to be passed on".to_owned();
    let place = path.display().to_string();
    read::lines(read::open(path)?, &place, |number, text| match text.map(entry) {
        Some(Ok(None)) => {}
        Some(Ok(Some(hash))) => {
            source.about.lines += 1;
            if source.has_room() {
                source.about.rules += 1;
                source.all.unlawful.push(hash);
            }
        }
        Some(Err(skip)) => {
            source.about.lines += 1;
            // Where it stands is told; what stands there is not.
            source.skip(skip, || format!("{place}:{number}"), "(not shown)");
        }
        None => source.skip(Skip::NotText, || format!("{place}:{number}"), "(not shown)"),
    })
}

/// What a line is; nothing for a comment.
fn entry(line: &str) -> Result<Option<FormHash>, Skip> {
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    if let Some(text) = line.strip_prefix("sha256:") {
        return hex(text.trim()).map(Some).ok_or(Skip::NotAHash);
    }
    if let Some(host) = whole_domain(line) {
        if !host.contains('.') {
            return Err(Skip::TopLevel);
        }
        if is_public_suffix(&host) {
            return Err(Skip::PublicSuffix);
        }
    }
    hash_of_entry(line).map(Some).ok_or(Skip::NotADomain)
}

fn hex(text: &str) -> Option<FormHash> {
    let mut hash = FormHash::default();
    if text.len() != 2 * hash.len() {
        return None;
    }
    for (byte, at) in hash.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(hash)
}
