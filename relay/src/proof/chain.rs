//! The hash chain of audit events: what one link is made of. Which events there are is in `db::audit`.

use ring::digest::{Context, SHA256};

/// Bytes of a hash.
pub(crate) const HASH: usize = 32;

/// One link, before it has its hash.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link<'a> {
    /// The school, or '' for what belongs to none.
    pub(crate) school: &'a str,
    /// Its number, from 1.
    pub(crate) seq: i64,
    /// When, milliseconds.
    pub(crate) at: i64,
    /// Who.
    pub(crate) account: Option<&'a str>,
    /// What they did.
    pub(crate) action: &'a str,
    /// To what kind of thing.
    pub(crate) object_kind: &'a str,
    /// To which.
    pub(crate) object_id: &'a str,
    /// JSON.
    pub(crate) detail: &'a str,
    /// The rows that were written with it.
    pub(crate) covers: &'a [u8],
}

impl Link<'_> {
    /// The hash of this link after one with the hash `before` (empty for the first). Every field is preceded by its
    /// length, so that no two different links are made of the same bytes.
    pub(crate) fn hash(&self, before: &[u8]) -> Vec<u8> {
        let mut context = Context::new(&SHA256);
        let mut field = |bytes: &[u8]| {
            context.update(&(bytes.len() as u64).to_be_bytes());
            context.update(bytes);
        };
        field(b"lapwing:1:link");
        field(before);
        field(self.school.as_bytes());
        field(&self.seq.to_be_bytes());
        field(&self.at.to_be_bytes());
        match self.account {
            Some(account) => field(account.as_bytes()),
            None => field(b"\0nobody"),
        }
        for text in [self.action, self.object_kind, self.object_id, self.detail] {
            field(text.as_bytes());
        }
        field(self.covers);
        context.finish().as_ref().to_vec()
    }
}
