//! Of compiled lists the part that a browser's worker has in its first turn: sites and what is never read, without a phrase.
//! Only the build script makes it; it is read as any other compiled lists are.

use crate::lists::ListsError;
use crate::lists::anchors::Anchors;
use crate::lists::gathered::Gathered;
use crate::lists::model::Compiled;
use crate::lists::needed::Needed;
use crate::lists::openers::Openers;
use crate::lists::pool::Pool;
use crate::lists::strings::Strings;
use crate::lists::vocabulary::Vocabulary;
use std::collections::BTreeMap;

/// Of compiled lists what decides about addresses.
///
/// # Errors
/// [`ListsError::Damaged`] when empty tables do not fit together, which a test rules out.
pub(crate) fn addresses(lists: Compiled) -> Result<Compiled, ListsError> {
    let Compiled { version, sites, reasons, never_read, .. } = lists;
    let pool = Gathered::default();
    let vocabulary = Vocabulary::new(&BTreeMap::new());
    let anchors = Anchors::new(&[], &pool, &vocabulary)?;
    let out = Compiled {
        pool: Pool::new(&pool, &anchors.behind(&pool), &vocabulary)?,
        needed: Needed::new(&[], &[], &pool, &vocabulary, &anchors).unwrap_or_default(),
        openers: Openers::new(std::iter::empty(), &pool, vocabulary.len()),
        strings: Strings::new(std::iter::empty()),
        vocabulary,
        anchors,
        version,
        sites,
        reasons,
        never_read,
        ..Compiled::default()
    };
    if out.is_sound() {
        Ok(out)
    } else {
        Err(ListsError::Damaged("empty tables do not fit together".to_owned()))
    }
}
