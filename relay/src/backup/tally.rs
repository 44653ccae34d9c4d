//! What a backup adds up to: rows of each table, a digest of each school's rows, and where each chain ends. It is reckoned
//! while rows are written to a file, again from the rows of a restored database, and the two must be equal.
//!
//! The digest of a school is SHA-256 over its rows, table by table in the order of their names, in each by primary key,
//! every value with its kind and length before it. It is the same on both engines.

use super::records::{Heading, put, put_value};
use crate::db::dump::{Owned, Value};
use crate::secrets::hex;
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// What a file, or a database, holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Rows by table.
    pub tables: BTreeMap<String, u64>,
    /// Schools by id; '' is what belongs to the relay as a whole.
    pub schools: BTreeMap<String, SchoolSum>,
}

/// What a school's rows add up to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchoolSum {
    /// How many rows.
    pub rows: u64,
    /// SHA-256 over them, hexadecimal.
    pub digest: String,
    /// Where its audit chain ends: number and hash, hexadecimal. None where there is no chain.
    pub chain: Option<(i64, String)>,
}

/// Reckons a [`Summary`].
#[derive(Default)]
pub(super) struct Tally {
    tables: BTreeMap<String, u64>,
    schools: BTreeMap<String, Reckoned>,
}

/// A school's rows so far: how many, their digest, and where its chain ends.
type Reckoned = (u64, Digest, Option<(i64, String)>);

/// A digest that can be written to.
struct Digest(Context);

impl Default for Digest {
    fn default() -> Self {
        let mut context = Context::new(&SHA256);
        context.update(b"lapwing:1:school");
        Self(context)
    }
}

impl Write for Digest {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Tally {
    /// A table begins. Tables without a row are counted too.
    pub(super) fn table(&mut self, heading: &Heading) {
        self.tables.entry(heading.table.clone()).or_default();
    }

    /// Adds a row of the table `heading`.
    pub(super) fn row(&mut self, heading: &Heading, row: &Owned) -> io::Result<()> {
        *self.tables.entry(heading.table.clone()).or_default() += 1;
        if !self.schools.contains_key(&row.school) {
            self.schools.insert(row.school.clone(), Default::default());
        }
        let Some((rows, digest, chain)) = self.schools.get_mut(&row.school) else { return Ok(()) };
        *rows += 1;
        put(digest, heading.table.as_bytes())?;
        for (column, value) in heading.columns.iter().zip(&row.values) {
            put(digest, column.name.as_bytes())?;
            put_value(digest, value)?;
        }
        if heading.table == "chain_head" {
            let at = |name: &str| heading.columns.iter().position(|column| column.name == name);
            let value = |name: &str| at(name).and_then(|at| row.values.get(at));
            if let (Some(Value::Number(seq)), Some(Value::Bytes(hash))) = (value("seq"), value("hash")) {
                *chain = Some((*seq, hex(hash)));
            }
        }
        Ok(())
    }

    /// What it all adds up to.
    pub(super) fn summary(self) -> Summary {
        let schools = self.schools.into_iter().map(|(school, (rows, digest, chain))| {
            (school, SchoolSum { rows, digest: hex(digest.0.finish().as_ref()), chain })
        });
        Summary { tables: self.tables, schools: schools.collect() }
    }
}

impl Summary {
    /// In what `found` is not what this is, one line each. Nothing when they are equal.
    #[must_use]
    pub fn differences(&self, found: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        for table in self.tables.keys().chain(found.tables.keys()).collect::<std::collections::BTreeSet<_>>()
        {
            let (wanted, there) = (self.tables.get(table), found.tables.get(table));
            if wanted != there {
                let rows = |count: Option<&u64>| count.map_or("no table".to_owned(), |n| format!("{n} rows"));
                lines.push(format!("{table}: {} in the backup, {} restored", rows(wanted), rows(there)));
            }
        }
        for school in
            self.schools.keys().chain(found.schools.keys()).collect::<std::collections::BTreeSet<_>>()
        {
            if self.schools.get(school) != found.schools.get(school) {
                let name = if school.is_empty() { "the relay itself" } else { school };
                lines.push(format!("school {name}: its rows are not what they were"));
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::catalogue::{Column, Kind};

    fn heading(table: &str) -> Heading {
        let column = |name: &str| Column { name: name.into(), kind: Kind::Text };
        Heading { table: table.into(), columns: vec![column("id"), column("words")], key: vec!["id".into()] }
    }

    fn sum(rows: &[(&str, &str, &str, &str)]) -> Summary {
        let mut tally = Tally::default();
        for (table, school, id, words) in rows {
            let values = vec![Value::Text((*id).into()), Value::Text((*words).into())];
            tally.row(&heading(table), &Owned { school: (*school).into(), values }).unwrap();
        }
        tally.summary()
    }

    #[test]
    fn one_changed_missing_or_moved_row_is_noticed_in_its_school_alone() {
        let whole = [("entry", "oak", "1", "a"), ("entry", "ash", "2", "b"), ("entry", "oak", "3", "c")];
        let wanted = sum(&whole);
        assert_eq!(wanted.differences(&sum(&whole)), Vec::<String>::new());
        let mut changed = whole;
        changed[1].3 = "x";
        assert_eq!(wanted.differences(&sum(&changed)), ["school ash: its rows are not what they were"]);
        let missing = wanted.differences(&sum(&whole[..2]));
        assert_eq!(missing[0], "entry: 3 rows in the backup, 2 rows restored");
        let mut moved = whole;
        moved[2].1 = "ash";
        assert_eq!(wanted.differences(&sum(&moved)).len(), 2);
        let mut elsewhere = whole;
        elsewhere[0].0 = "message";
        assert!(wanted.differences(&sum(&elsewhere)).len() >= 3);
    }
}
