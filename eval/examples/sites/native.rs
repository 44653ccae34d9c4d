//! What is compiled to this machine: Lapwing's map, an `fst` map, and adblock-rust, round by round in turn.

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use adblock::Engine as Adblock;
use adblock::request::Request;
use lapwing_core::pack::{Kind, Pack, PublicKey};
use lapwing_core::{Audience, Category, CategorySet, Engine, Frame, Lists, Policy, Sites, Visit};
use lapwing_packs::{Base, Map, PackKey, Plan, Rule, pack};
use serde_json::{Value, json};

use crate::lists::List;

/// adblock-rust with more rules than this takes gigabytes and minutes.
const ADBLOCK_AT_MOST: usize = 1_000_000;

/// Names that a change of the lists changes.
const CHANGED: usize = 5_000;

/// Everything that is asked.
pub(crate) struct Peers {
    pack: Vec<u8>,
    key: PublicKey,
    build_ms: f64,
    /// Bytes of a pack that changes some names, and how long it takes to lay it on the other.
    change: (usize, f64),
    fst: fst::Map<Vec<u8>>,
    fst_build_ms: f64,
    adblock: Option<(Adblock, f64, usize)>,
}

impl Peers {
    pub(crate) fn new(list: &List) -> Result<Self, Box<dyn Error>> {
        let key = PackKey::from_seed(&[7; 32]);
        let start = Instant::now();
        let sources = ["a list".to_owned()];
        let map = Map::new(Plan { rules: &list.rules, sources: &sources, known_good: &[], on: None })?;
        let bytes = pack(&key, 1, None, &[(Kind::Sites, &map.bytes)]);
        let build_ms = milliseconds(start);
        let change = change(list, &map, &key, &bytes)?;
        let start = Instant::now();
        let mut reversed: Vec<(Vec<u8>, u64)> = list
            .rules
            .iter()
            .map(|rule| (rule.name.bytes().rev().collect(), rule.says.gives.bits()))
            .collect();
        reversed.sort_unstable();
        let fst = fst::Map::from_iter(reversed)?;
        let fst_build_ms = milliseconds(start);
        let adblock = (list.rules.len() <= ADBLOCK_AT_MOST).then(|| {
            let start = Instant::now();
            let text: String = list.rules.iter().map(|rule| format!("||{}^\n", rule.name)).collect();
            let engine = Adblock::new_with_list_text(text);
            let ms = milliseconds(start);
            let bytes = engine.serialize().len();
            (engine, ms, bytes)
        });
        Ok(Self { pack: bytes, key: key.public(), build_ms, change, fst, fst_build_ms, adblock })
    }

    /// Lapwing's pack, for the others that load it.
    pub(crate) fn pack(&self) -> (&[u8], PublicKey) {
        (&self.pack, self.key)
    }

    pub(crate) fn measure(
        &self,
        list: &List,
        rounds: usize,
    ) -> Result<Vec<(&'static str, Value)>, Box<dyn Error>> {
        let mut loads = Vec::new();
        for _ in 0..rounds {
            let copy = self.pack.clone();
            let start = Instant::now();
            black_box(Sites::new(Pack::open(copy, &self.key, 0)?)?);
            loads.push(milliseconds(start));
        }
        let sites = Arc::new(Sites::new(Pack::open(self.pack.clone(), &self.key, 0)?)?);
        let engine = Engine::new(Lists::starter()?, Policy::school_default(Audience::Year(9)))?;
        let engine = engine.with_sites(Arc::clone(&sites));
        let addresses: Vec<String> =
            list.asked.iter().map(|host| format!("https://{host}/a/page.html")).collect();
        let (mut ours, mut whole, mut fst, mut theirs) = (vec![], vec![], vec![], vec![]);
        let (mut found, mut found_by_fst, mut found_by_adblock) = (0, 0, 0);
        for _ in 0..rounds {
            found = timed(&list.asked, &mut ours, |host| !sites.host(host).is_empty());
            timed(&addresses, &mut whole, |url| {
                engine.check_url(&Visit { url, frame: Frame::Main }).site.is_some()
            });
            found_by_fst = timed(&list.asked, &mut fst, |host| longest(&self.fst, host).is_some());
            if let Some((engine, ..)) = &self.adblock {
                found_by_adblock = timed(&addresses, &mut theirs, |url| {
                    Request::new(url, "https://page.example/", "script", "GET")
                        .is_ok_and(|request| engine.check_network_request(&request).filter.is_some())
                });
            }
        }
        let each = |bytes: usize| bytes as f64 / list.rules.len() as f64;
        let lapwing = json!({
            "host_us": middle(ours), "address_us": middle(whole), "found": found, "bytes_each": each(self.pack.len()),
            "bytes": self.pack.len(), "load_ms": middle(loads), "build_ms": self.build_ms,
            "change_bytes": self.change.0, "change_ms": self.change.1,
        });
        let bytes = self.fst.as_fst().as_bytes().len();
        let fst = json!({
            "host_us": middle(fst), "found": found_by_fst, "bytes_each": each(bytes), "bytes": bytes,
            "build_ms": self.fst_build_ms,
        });
        let mut all = vec![("lapwing", lapwing), ("fst", fst)];
        if let Some((_, ms, bytes)) = &self.adblock {
            all.push(("adblock", json!({
                "address_us": middle(theirs), "found": found_by_adblock, "bytes_each": each(*bytes), "bytes": bytes,
                "build_ms": ms,
            })));
        }
        Ok(all)
    }
}

/// A pack in which names spread over the whole list have another category.
fn change(list: &List, map: &Map, key: &PackKey, base: &[u8]) -> Result<(usize, f64), Box<dyn Error>> {
    let each = list.rules.len().div_ceil(CHANGED).max(1);
    let mut changed: Vec<Rule> = list.rules.iter().step_by(each).cloned().collect();
    for rule in &mut changed {
        rule.says.gives = CategorySet::only(Category::Bypass);
    }
    let sources = ["a list".to_owned()];
    let on = Some(Base { basis: map.basis, all: &changed });
    let section = Map::new(Plan { rules: &changed, sources: &sources, known_good: &[], on })?.bytes;
    let below = Pack::open(base.to_vec(), &key.public(), 0)?;
    let bytes = pack(key, 2, Some(*below.digest()), &[(Kind::Sites, &section)]);
    let mut sites = Sites::new(below)?;
    let size = bytes.len();
    let start = Instant::now();
    sites.lay(Pack::open(bytes, &key.public(), 2)?)?;
    Ok((size, milliseconds(start)))
}

/// The value of the longest listed parent: one walk from the host's end.
fn longest(map: &fst::Map<Vec<u8>>, host: &str) -> Option<u64> {
    let fst = map.as_fst();
    let (mut node, mut sum, mut best) = (fst.root(), fst::raw::Output::zero(), None);
    let mut rest = host.bytes().rev().peekable();
    while let Some(byte) = rest.next() {
        let Some(index) = node.find_input(byte) else { break };
        let step = node.transition(index);
        sum = sum.cat(step.out);
        node = fst.node(step.addr);
        if node.is_final() && rest.peek().is_none_or(|next| *next == b'.') {
            best = Some(sum.cat(node.final_output()).value());
        }
    }
    best
}

/// Asks everything, notes the microseconds for one, and counts what was found.
fn timed(all: &[String], times: &mut Vec<f64>, ask: impl Fn(&str) -> bool) -> usize {
    let start = Instant::now();
    let found = all.iter().filter(|host| ask(host)).count();
    times.push(start.elapsed().as_secs_f64() * 1e6 / all.len() as f64);
    found
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

fn middle(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}
