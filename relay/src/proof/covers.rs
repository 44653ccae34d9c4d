//! What an audit event vouches for: the rows that were written in the same transaction, each with a digest of its
//! columns. The columns of a table that are listed here never change once written, or only together with a new event;
//! those that change by themselves (a counter, when something was last seen) are not listed.

use ring::digest::{Context, SHA256};

/// A table whose rows are vouched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Table {
    /// Stable number in the stored form.
    pub(crate) code: u8,
    /// The table's name.
    pub(crate) name: &'static str,
    /// The columns under the digest, the id first.
    pub(crate) columns: &'static [Column],
    /// Whether a row may change, each time with a new cover. The last one then holds.
    pub(crate) changes: bool,
}

/// A column, with the type that it is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Column {
    /// Text.
    Text(&'static str),
    /// A number.
    Number(&'static str),
    /// Bytes.
    Bytes(&'static str),
}

impl Column {
    /// The column's name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Text(name) | Self::Number(name) | Self::Bytes(name) => name,
        }
    }
}

/// A value of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// Nothing.
    Null,
    /// Text.
    Text(&'a str),
    /// A number.
    Number(i64),
    /// Bytes.
    Bytes(&'a [u8]),
}

use Column::{Bytes, Number, Text};

macro_rules! tables {
    ($( $(#[$meta:meta])* $constant:ident = $code:literal $name:literal $changes:literal [$($column:expr),* $(,)?]; )+) => {
        impl Table {
            $( $(#[$meta])* pub(crate) const $constant: Self = Self { code: $code, name: $name, columns: &[$($column),*], changes: $changes }; )+
            /// Every table whose rows are vouched for.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$constant),+];
        }
    };
}

tables! {
    /// What devices saw.
    ALERT = 1 "alert" false [Text("id"), Text("device_id"), Text("episode_id"), Number("occurred_at"), Number("received_at"), Text("source"),
        Text("surface"), Text("category"), Text("severity"), Text("stage"), Text("action"), Bytes("sealed"), Text("reasons"),
        Text("policy_version"), Text("lists_version")];
    /// What pupils told.
    REPORT = 2 "pupil_report" false [Text("id"), Text("device_id"), Text("adult_id"), Text("identity"), Text("about"), Bytes("sealed"),
        Text("receipt_hash"), Number("written_at"), Number("received_at")];
    /// What was said in answer.
    MESSAGE = 3 "message" false [Text("id"), Text("report_id"), Text("voice"), Text("account_id"), Bytes("sealed"), Number("at")];
    /// What staff recorded.
    CONCERN = 4 "concern" false [Text("id"), Number("number"), Text("source"), Text("reporter_id"), Number("occurred_at"),
        Text("occurred_precision"), Bytes("sealed"), Number("told_dsl"), Number("recorded_at")];
    /// Whom a concern names.
    INVOLVEMENT = 5 "involvement" false [Text("id"), Text("concern_id"), Text("person_id"), Text("role")];
    /// What a concern was made from.
    EVIDENCE = 6 "evidence" false [Text("id"), Text("concern_id"), Text("kind"), Text("object_id")];
    /// What was done about a concern.
    ENTRY = 7 "entry" false [Text("id"), Text("concern_id"), Text("kind"), Bytes("sealed"), Text("author_id"), Number("at")];
    /// People whom concerns name.
    PERSON = 8 "person" false [Text("id"), Text("kind"), Text("name_hash"), Bytes("sealed"), Text("year_group"), Number("created_at")];
    /// Who may sign in, and as what.
    ACCOUNT = 9 "account" true [Text("id"), Text("email"), Text("name"), Text("role"), Number("trusted_adult"), Number("created_at"),
        Number("disabled_at")];
    /// Adults who are walled off from a concern.
    NAMED = 10 "named" true [Text("id"), Text("concern_id"), Text("account_id"), Text("name_key"), Text("by_id"), Number("at"),
        Number("lifted_at"), Text("lifted_by")];
    /// What somebody may read.
    SCOPE = 11 "scope_grant" true [Text("id"), Text("account_id"), Text("years"), Text("categories"), Text("granted_by"),
        Number("granted_at"), Text("ended_by"), Number("ended_at")];
    /// With whom a record is shared.
    SHARE = 12 "share" true [Text("id"), Text("object_kind"), Text("object_id"), Text("account_id"), Text("level"), Bytes("sealed"),
        Text("shared_by"), Number("shared_at"), Number("until"), Text("revoked_by"), Number("revoked_at")];
    /// Who opened a record in need, and who took note.
    GLASS = 13 "break_glass" true [Text("id"), Text("object_kind"), Text("object_id"), Text("account_id"), Text("name"), Text("role"),
        Bytes("sealed"), Number("opened_at"), Number("until"), Text("notice_to"), Text("acknowledged_by"),
        Number("acknowledged_at")];
    /// What lessons were announced, and which were ended early.
    LESSON = 14 "lesson" true [Text("id"), Text("topics"), Text("years"), Number("until"), Bytes("sealed"), Text("announced_by"),
        Number("announced_at"), Text("ended_by"), Number("ended_at")];
    /// What the school's policy was.
    POLICY = 15 "policy_version" false [Text("id"), Number("number"), Bytes("sealed"), Text("made_by"), Number("made_at"),
        Text("approved_by"), Number("restored")];
    /// What waited for a second person, and who decided.
    PROPOSAL = 16 "policy_proposal" true [Text("id"), Number("on_number"), Bytes("sealed"), Text("proposed_by"),
        Number("proposed_at"), Number("restored"), Text("decision"), Text("decided_by"), Number("decided_at")];
    /// For which sites pupils asked, and what they were answered.
    ACCESS = 17 "access_request" true [Text("id"), Text("device_id"), Number("asked_at"), Bytes("sealed"), Text("answer"),
        Bytes("answer_sealed"), Text("answered_by"), Number("answered_at"), Text("scope"), Number("until"), Text("ended_by"),
        Number("ended_at")];
}

/// A row that is vouched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cover {
    /// Its table.
    pub(crate) table: Table,
    /// Its id.
    pub(crate) id: String,
    /// The digest of its columns.
    pub(crate) digest: [u8; 32],
}

/// The digest of a row of `table`, from the values of its columns in their order.
pub(crate) fn digest(table: Table, values: &[Value<'_>]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(b"lapwing:1:row");
    context.update(&[table.code]);
    for value in values {
        let (tag, number);
        let bytes: &[u8] = match value {
            Value::Null => {
                tag = 0;
                &[]
            }
            Value::Text(text) => {
                tag = 1;
                text.as_bytes()
            }
            Value::Number(n) => {
                tag = 2;
                number = n.to_be_bytes();
                &number
            }
            Value::Bytes(bytes) => {
                tag = 3;
                bytes
            }
        };
        context.update(&[tag]);
        context.update(&(bytes.len() as u64).to_be_bytes());
        context.update(bytes);
    }
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

/// Covers as an event stores them: for each the table's code, the id's length and the id, and the digest.
pub(crate) fn encode(covers: &[Cover]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(covers.iter().map(|cover| 34 + cover.id.len()).sum());
    for cover in covers {
        bytes.push(cover.table.code);
        // Ids are UUIDs; what is longer than 255 bytes is cut, and then never found: verification would say so.
        let id = cover.id.as_bytes().get(..cover.id.len().min(255)).unwrap_or_default();
        bytes.push(u8::try_from(id.len()).unwrap_or(u8::MAX));
        bytes.extend_from_slice(id);
        bytes.extend_from_slice(&cover.digest);
    }
    bytes
}

/// Reads what [`encode`] wrote; nothing when it is damaged.
pub(crate) fn decode(mut bytes: &[u8]) -> Option<Vec<Cover>> {
    let mut covers = Vec::new();
    while let [code, length, rest @ ..] = bytes {
        let table = *Table::ALL.iter().find(|table| table.code == *code)?;
        let (id, rest) = rest.split_at_checked(usize::from(*length))?;
        let (digest, rest) = rest.split_first_chunk::<32>()?;
        covers.push(Cover { table, id: std::str::from_utf8(id).ok()?.to_owned(), digest: *digest });
        bytes = rest;
    }
    bytes.is_empty().then_some(covers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_are_stable_and_ids_come_first() {
        let codes: Vec<_> = Table::ALL.iter().map(|table| (table.code, table.name)).collect();
        assert_eq!(
            codes.iter().map(|(code, _)| usize::from(*code)).collect::<Vec<_>>(),
            (1..=codes.len()).collect::<Vec<_>>()
        );
        assert!(Table::ALL.iter().all(|table| table.columns[0].name() == "id"));
    }

    #[test]
    fn neighbouring_values_do_not_run_together() {
        let of = |values: &[Value<'_>]| digest(Table::ENTRY, values);
        assert_ne!(of(&[Value::Text("ab"), Value::Text("c")]), of(&[Value::Text("a"), Value::Text("bc")]));
        assert_ne!(of(&[Value::Null]), of(&[Value::Text("")]));
        assert_ne!(of(&[Value::Text("1")]), of(&[Value::Bytes(b"1")]));
    }

    proptest! {
        #[test]
        fn covers_are_read_back(ids in proptest::collection::vec("[a-z0-9-]{0,40}", 0..8), cut in 0_usize..40) {
            let covers: Vec<Cover> =
                ids.into_iter().map(|id| Cover { table: Table::ENTRY, id, digest: [7; 32] }).collect();
            let bytes = encode(&covers);
            prop_assert_eq!(decode(&bytes), Some(covers));
            // Cut anywhere but between two covers, it is refused; cut between them, the link's hash no longer fits.
            let _ = decode(&bytes[..bytes.len().saturating_sub(cut)]);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
        }
    }
}
