//! Verification: walks every chain from its first link, checks each hash, each row that the links vouch for, that there
//! is no row that nobody vouches for, and that the anchors agree. It reads one moment of the database, so it may run
//! beside a relay at work. It needs no key: digests are over what is stored, sealed or not.

use super::anchor::Anchor;
use super::chain::Link;
use super::covers::{self, Cover, Table};
use super::days::Days;
use crate::db::chain::{self, Head, Stored};
use crate::error::Error;
use crate::secrets::hex;
use sqlx::AnyConnection;
use std::collections::hash_map::RandomState;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::BuildHasher as _;

/// Links read at once.
const PAGE: i64 = 500;
/// Rows compared at once.
const ROWS: usize = 400;
/// After this many faults, more would not help anybody.
const ENOUGH: usize = 100;

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The school, or '' for the relay's own chain.
    pub school: String,
    /// The number of the link where it shows; none when it belongs to no link.
    pub seq: Option<i64>,
    /// What is wrong.
    pub what: What,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The link is gone, or stands elsewhere.
    LinkMissing,
    /// The link was changed, or stands in another's place.
    LinkChanged,
    /// The chain goes on past the end that is stored for it, or that end is gone.
    Loose,
    /// The chain ends before the end that is stored for it.
    Cut,
    /// The stored end has another hash than the last link.
    Head,
    /// The row was changed.
    RowChanged(&'static str, String),
    /// The row is gone.
    RowMissing(&'static str, String),
    /// The row was put in by somebody else than the relay.
    RowUnknown(&'static str, String),
    /// An anchor names a link that the chain does not have: it was cut off.
    AnchorPast,
    /// An anchor names another hash: the chain was written anew.
    AnchorDiffers,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let school = if self.school.is_empty() { "the relay itself" } else { &self.school };
        write!(f, "school {school}")?;
        if let Some(seq) = self.seq {
            write!(f, ", event {seq}")?;
        }
        match &self.what {
            What::LinkMissing => write!(f, ": the event is missing"),
            What::LinkChanged => write!(f, ": the event was changed or moved"),
            What::Loose => write!(f, ": the chain’s end is not where it was stored"),
            What::Cut => write!(f, ": the chain was cut off before its end"),
            What::Head => write!(f, ": the chain’s end was changed"),
            What::RowChanged(table, id) => write!(f, ": {table} {id} was changed"),
            What::RowMissing(table, id) => write!(f, ": {table} {id} is missing"),
            What::RowUnknown(table, id) => write!(f, ": {table} {id} was not written by the relay"),
            What::AnchorPast => write!(f, ": an anchor knows this event, and the chain no longer has it"),
            What::AnchorDiffers => {
                write!(f, ": an anchor knows another event here; the chain was written anew")
            }
        }
    }
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// How many chains there are.
    pub chains: usize,
    /// How many links were checked.
    pub links: u64,
    /// How many rows were compared.
    pub rows: u64,
    /// How many anchors were compared.
    pub anchors: u64,
    /// What is not as it was written, in order; empty when all is well.
    pub faults: Vec<Fault>,
}

/// Checks everything in one snapshot of the database.
///
/// # Errors
/// When the database cannot be read.
pub async fn verify(db: &mut AnyConnection, anchors: &[Anchor]) -> anyhow::Result<Findings> {
    all(db, anchors).await.map_err(Error::into_anyhow)
}

async fn all(db: &mut AnyConnection, anchors: &[Anchor]) -> Result<Findings, Error> {
    let mut findings = Findings::default();
    let heads = chain::heads(db).await?;
    let mut schools: Vec<Head> = heads.clone();
    for school in chain::headless(db).await? {
        findings.fault(&school, None, What::Loose);
        schools.push(Head { school, seq: 0, hash: Vec::new() });
    }
    for table in Table::ALL {
        for school in chain::unchained(db, *table).await? {
            if !schools.iter().any(|head| head.school == school) {
                schools.push(Head { school, seq: 0, hash: Vec::new() });
            }
        }
    }
    for anchor in anchors {
        // A chain of which nothing is left at all.
        if !schools.iter().any(|head| head.school == anchor.school) {
            schools.push(Head { school: anchor.school.clone(), seq: 0, hash: Vec::new() });
        }
    }
    findings.chains = schools.len();
    for head in &schools {
        let anchors = anchors.iter().filter(|anchor| anchor.school == head.school);
        let mut walk = Walk::new(head, anchors.map(|anchor| (anchor.seq, anchor.hash.clone())).collect());
        walk.links(db, &mut findings).await?;
        walk.changing_rows(db, &mut findings).await?;
        walk.unknown_rows(db, &mut findings).await?;
        let (rows, faults) = walk.days.check(db, &head.school).await?;
        findings.rows += rows;
        for (seq, what) in faults {
            findings.fault(&head.school, seq, what);
        }
        if findings.faults.len() >= ENOUGH {
            break;
        }
    }
    Ok(findings)
}

impl Findings {
    fn fault(&mut self, school: &str, seq: Option<i64>, what: What) {
        if self.faults.len() < ENOUGH {
            self.faults.push(Fault { school: school.to_owned(), seq, what });
        }
    }
}

/// One chain being walked.
struct Walk<'a> {
    head: &'a Head,
    anchors: Vec<(i64, String)>,
    /// Rows vouched for in tables whose rows never change: how many, and which.
    counts: HashMap<Table, i64>,
    /// Keyed hashes stand for ids: eight bytes a row, which twenty million alerts fit into memory with.
    known: HashSet<u64>,
    hasher: RandomState,
    /// The last cover of each row that may change, with the link that wrote it.
    latest: HashMap<(Table, String), (i64, [u8; 32])>,
    /// What it says of the days of the daily test.
    days: Days,
}

impl<'a> Walk<'a> {
    fn new(head: &'a Head, anchors: Vec<(i64, String)>) -> Self {
        Self {
            head,
            anchors,
            counts: HashMap::new(),
            known: HashSet::new(),
            hasher: RandomState::new(),
            latest: HashMap::new(),
            days: Days::default(),
        }
    }

    fn mark(&self, table: Table, id: &str) -> u64 {
        self.hasher.hash_one((table.code, id))
    }

    async fn links(&mut self, db: &mut AnyConnection, findings: &mut Findings) -> Result<(), Error> {
        let school = &self.head.school;
        let (mut seq, mut hash) = (0, Vec::new());
        loop {
            let page = chain::links(db, school, seq, PAGE).await?;
            if page.is_empty() {
                break;
            }
            for stored in page {
                if stored.seq != seq + 1 {
                    findings.fault(school, Some(seq + 1), What::LinkMissing);
                } else if link(school, &stored).hash(&hash) != stored.hash {
                    findings.fault(school, Some(stored.seq), What::LinkChanged);
                }
                // What follows is judged by what is stored, so that one fault is told once.
                (seq, hash) = (stored.seq, stored.hash.clone());
                findings.links += 1;
                self.anchored(&stored, findings);
                if !self.days.take(&stored) {
                    findings.fault(school, Some(stored.seq), What::LinkChanged);
                }
                self.rows(db, &stored, findings).await?;
            }
        }
        if seq < self.head.seq {
            findings.fault(school, Some(seq + 1), What::Cut);
        } else if seq > self.head.seq {
            findings.fault(school, Some(self.head.seq + 1), What::Loose);
        } else if hash != self.head.hash {
            findings.fault(school, Some(seq), What::Head);
        }
        for (at, _) in self.anchors.iter().filter(|(at, _)| *at > seq) {
            findings.fault(school, Some(*at), What::AnchorPast);
        }
        Ok(())
    }

    fn anchored(&self, stored: &Stored, findings: &mut Findings) {
        for (_, hash) in self.anchors.iter().filter(|(seq, _)| *seq == stored.seq) {
            findings.anchors += 1;
            if *hash != hex(&stored.hash) {
                findings.fault(&self.head.school, Some(stored.seq), What::AnchorDiffers);
            }
        }
    }

    /// Compares the rows that a link vouches for with what is stored now.
    async fn rows(
        &mut self,
        db: &mut AnyConnection,
        stored: &Stored,
        findings: &mut Findings,
    ) -> Result<(), Error> {
        let school = &self.head.school;
        let Some(covers) = covers::decode(&stored.covers) else {
            findings.fault(school, Some(stored.seq), What::LinkChanged);
            return Ok(());
        };
        let mut by_table: HashMap<Table, Vec<Cover>> = HashMap::new();
        for cover in covers {
            if cover.table.changes {
                self.latest.insert((cover.table, cover.id), (stored.seq, cover.digest));
            } else {
                by_table.entry(cover.table).or_default().push(cover);
            }
        }
        for (table, covers) in by_table {
            for covers in covers.chunks(ROWS) {
                let ids: Vec<&str> = covers.iter().map(|cover| cover.id.as_str()).collect();
                let found = chain::digests(db, school, table, &ids).await?;
                for cover in covers {
                    findings.rows += 1;
                    if self.known.insert(self.mark(table, &cover.id)) {
                        *self.counts.entry(table).or_default() += 1;
                    }
                    match found.get(&cover.id) {
                        Some(digest) if *digest == cover.digest => {}
                        Some(_) => {
                            findings.fault(
                                school,
                                Some(stored.seq),
                                What::RowChanged(table.name, cover.id.clone()),
                            );
                        }
                        None => {
                            findings.fault(
                                school,
                                Some(stored.seq),
                                What::RowMissing(table.name, cover.id.clone()),
                            );
                            // It is told once: as missing, not as a wrong count too.
                            *self.counts.entry(table).or_default() -= 1;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Compares the rows that may change with the last link that vouches for each.
    async fn changing_rows(&mut self, db: &mut AnyConnection, findings: &mut Findings) -> Result<(), Error> {
        let school = &self.head.school;
        let mut latest: Vec<_> = self.latest.drain().collect();
        latest.sort_unstable_by_key(|(_, (seq, _))| *seq);
        for ((table, id), (seq, digest)) in latest {
            findings.rows += 1;
            *self.counts.entry(table).or_default() += 1;
            self.known.insert(self.mark(table, &id));
            match chain::digests(db, school, table, &[&id]).await?.get(&id) {
                Some(found) if *found == digest => {}
                Some(_) => findings.fault(school, Some(seq), What::RowChanged(table.name, id)),
                None => {
                    findings.fault(school, Some(seq), What::RowMissing(table.name, id));
                    *self.counts.entry(table).or_default() -= 1;
                }
            }
        }
        Ok(())
    }

    /// Looks for rows that no link vouches for, where there are more rows than links vouch for.
    async fn unknown_rows(&self, db: &mut AnyConnection, findings: &mut Findings) -> Result<(), Error> {
        let school = &self.head.school;
        for table in Table::ALL {
            let vouched = self.counts.get(table).copied().unwrap_or_default();
            if chain::count(db, school, *table).await? == vouched {
                continue;
            }
            let mut after = String::new();
            loop {
                let page = chain::ids(db, school, *table, (&after, PAGE)).await?;
                let Some(last) = page.last() else { break };
                after.clone_from(last);
                for id in page {
                    if !self.known.contains(&self.mark(*table, &id)) {
                        findings.fault(school, None, What::RowUnknown(table.name, id));
                    }
                }
            }
        }
        Ok(())
    }
}

fn link<'a>(school: &'a str, stored: &'a Stored) -> Link<'a> {
    Link {
        school,
        seq: stored.seq,
        at: stored.at,
        account: stored.account.as_deref(),
        action: &stored.action,
        object_kind: &stored.object_kind,
        object_id: &stored.object_id,
        detail: &stored.detail,
        covers: &stored.covers,
    }
}
