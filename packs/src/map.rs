//! Makes the section of sites: classes of what is said, how many bits each name gets, the tables, and the proof that
//! names known to be good are not found by chance.
//!
//! A name that is not listed is taken for one with a chance of [`CHANCE`] each time it is asked, and an address is asked
//! once for its host and once for each parent: for two labels one in thirty million, and for six labels
//! less than one in ten million. The result is the same for the same rules, whatever the machine.

use crate::fuse;
use crate::rules::{Rule, Says};
use crate::{MapError, write};
use lapwing_core::packed::{ClassHead, Head, Key, Shape, Trail};
use lapwing_core::{Category, Sites};
use std::collections::BTreeMap;

/// How often a name that is not listed is taken for one, each time it is asked.
const CHANCE: f64 = 1.65e-8;
/// A map of fewer names is small whatever it costs, and is given two bits more, with which it errs four times more rarely.
const FEW: usize = 2_000_000;
/// Seeds tried for each shape.
const SEEDS: u64 = 2;
/// How often everything is tried again with others.
const TURNS: u64 = 8;
/// More names than 32 bits can tell the places of.
const MOST_NAMES: usize = 100_000_000;
/// How often the map is made again because of a good name that was found by chance.
const ROUNDS: usize = 32;

/// What a map is made of.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// In order, one rule a site ([`Rules::finish`](crate::Rules::finish)).
    pub rules: &'a [Rule],
    /// What the lists are called, as explanations name them.
    pub sources: &'a [String],
    /// Hosts that must not be found by chance.
    pub known_good: &'a [String],
    /// For changes: what they change.
    pub on: Option<Base<'a>>,
}

/// A map on which changes lie.
#[derive(Debug, Clone, Copy)]
pub struct Base<'a> {
    /// Where its trails begin.
    pub basis: u64,
    /// All rules as they are to be, of which [`Plan::rules`] are those that it does not have yet.
    pub all: &'a [Rule],
}

/// A map that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Map {
    /// The section.
    pub bytes: Vec<u8>,
    /// Where trails begin, for changes to come.
    pub basis: u64,
    /// Bits of a name in the main function.
    pub bits: u8,
    /// Hosts and paths with rules.
    pub counts: (u32, u32),
    /// Different things that are said.
    pub classes: usize,
    /// Good names that were found by chance, and are recorded as not listed.
    pub freed: Vec<String>,
}

/// A name and what a map holds of it.
struct Name {
    trail: Trail,
    class: ClassHead,
}

impl Map {
    /// Makes it.
    ///
    /// # Errors
    /// When there is no rule, there are more than a map can hold, or two names of a change cannot be told apart.
    pub fn new(plan: Plan<'_>) -> Result<Self, MapError> {
        if plan.rules.is_empty() && plan.on.is_none() {
            return Err(MapError::Empty);
        }
        if plan.rules.len() > MOST_NAMES {
            return Err(MapError::Large);
        }
        Self::with_chance(plan, if plan.rules.len() < FEW { CHANCE / 4.0 } else { CHANCE })
    }

    fn with_chance(plan: Plan<'_>, chance: f64) -> Result<Self, MapError> {
        let mut freed: Vec<String> = Vec::new();
        for _ in 0..ROUNDS {
            let map = made(plan, chance, &freed)?;
            let found = found_by_chance(plan, &map)?;
            if found.is_empty() {
                return Ok(map);
            }
            freed.extend(found);
            freed.sort_unstable();
            freed.dedup();
        }
        Err(MapError::Chance)
    }
}

/// Makes a map in which the names of `freed` are known to have no rule.
fn made(plan: Plan<'_>, chance: f64, freed: &[String]) -> Result<Map, MapError> {
    let (basis, names) = named(plan, freed)?;
    let classes = classes(&names);
    // Each layer is asked for every name; all changes together may err as often as the map itself.
    let chance = chance / if plan.on.is_none() { 1.0 } else { lapwing_core::MOST_CHANGES as f64 };
    let (common, bits, rare_bits) = budget(&classes, chance);
    let numbers: BTreeMap<ClassHead, u32> = classes.iter().map(|(class, _)| *class).zip(0..).collect();
    let coded = |seed: u64, wanted: &dyn Fn(u32) -> Option<u32>| {
        let mut keys: Vec<(Key, u32)> = names
            .iter()
            .filter_map(|name| {
                let number = *numbers.get(&name.class)?;
                Some((name.trail.key(seed), wanted(number)?))
            })
            .collect();
        keys.sort_unstable();
        keys.into_iter().unzip::<Key, u32, Vec<_>, Vec<_>>()
    };
    let main_of = |seed, shape: Shape| {
        let (keys, codes) = coded(seed, &|number| Some(number.min(common)));
        let values: Vec<u32> =
            keys.iter().zip(codes).map(|(key, code)| key.print() & shape.mask() ^ code).collect();
        fuse::table(&keys, &values, shape)
    };
    let rare_of = |seed, shape: Shape| {
        let (keys, codes) = coded(seed, &|number| number.checked_sub(common));
        let values: Vec<u32> =
            keys.iter().zip(codes).map(|(key, code)| key.rare_print() & shape.mask() ^ code).collect();
        fuse::table(&keys, &values, shape)
    };
    let rare_count: usize = classes.iter().skip(common as usize).map(|(_, count)| count).sum();
    // Both functions have one seed; where the keys of the smaller one are against it, another is taken.
    let tables = (0..TURNS).map(|turn| turn * SEEDS).find_map(|start| {
        let (seed, main, main_table) = first(names.len(), bits, start..start + SEEDS, main_of)?;
        let (_, rare, rare_table) = first(rare_count, rare_bits, seed..seed + 1, rare_of)?;
        Some((seed, (main, main_table), (rare, rare_table)))
    });
    let (seed, (main, main_table), (rare, rare_table)) = tables.ok_or(MapError::Chance)?;
    let hosts = plan.rules.iter().filter(|rule| rule.parts().1.is_empty()).count();
    let number = |count: usize| u32::try_from(count).map_err(|_| MapError::Large);
    let counts = (number(hosts)?, number(plan.rules.len() - hosts)?);
    let head = Head {
        basis,
        seed,
        labels: labels(plan.rules, freed),
        hosts: counts.0,
        paths: counts.1,
        main,
        rare,
        common: u16::try_from(common).map_err(|_| MapError::Large)?,
        classes: classes.iter().map(|(class, _)| *class).collect(),
        categories: Category::ALL.iter().map(|category| category.as_str().to_owned()).collect(),
        sources: plan.sources.to_vec(),
    };
    let bytes = head.write(&main_table, &rare_table).map_err(MapError::Write)?;
    Ok(Map { bytes, basis, bits, counts, classes: classes.len(), freed: freed.to_vec() })
}

/// Every name once, with a basis under which no two have the same trail.
fn named(plan: Plan<'_>, freed: &[String]) -> Result<(u64, Vec<Name>), MapError> {
    let whole = plan.on.map_or(plan.rules, |base| base.all);
    let gated = hosts_of_paths(whole);
    let has_paths = |host: &str| gated.binary_search(&host).is_ok();
    let said =
        |rules: &[Rule], host: &str| position(rules, host).and_then(|at| rules.get(at)).map(|rule| rule.says);
    // Hosts of which only paths have rules here, and good names. In a change they repeat what the base says of them.
    let gates = hosts_of_paths(plan.rules);
    let more =
        gates.iter().copied().chain(freed.iter().map(String::as_str).filter(|host| !gates.contains(host)));
    let more = more.filter(|host| said(plan.rules, host).is_none());
    let all: Vec<(&str, &str, Says)> = plan
        .rules
        .iter()
        .map(|rule| (rule.parts().0, rule.parts().1, rule.says))
        .chain(more.map(|host| (host, "", said(whole, host).unwrap_or_default())))
        .collect();
    let first = plan.on.map_or(0, |base| base.basis);
    let tries = if plan.on.is_some() { 1 } else { 8 };
    for basis in first..first + tries {
        let names: Vec<Name> = all
            .iter()
            .map(|(host, path, says)| Name {
                trail: Trail::new(basis).host(host).path(path),
                class: ClassHead {
                    gives: says.gives.bits(),
                    takes: says.takes.bits(),
                    source: says.source,
                    paths: path.is_empty() && has_paths(host),
                },
            })
            .collect();
        let mut trails: Vec<Trail> = names.iter().map(|name| name.trail).collect();
        trails.sort_unstable();
        if trails.windows(2).all(|pair| pair.first() != pair.last()) {
            return Ok((basis, names));
        }
    }
    Err(MapError::Chance)
}

/// The hosts of which paths have rules, in order.
fn hosts_of_paths(rules: &[Rule]) -> Vec<&str> {
    let paths = rules.iter().map(Rule::parts).filter(|(_, path)| !path.is_empty());
    let mut hosts: Vec<&str> = paths.map(|(host, _)| host).collect();
    hosts.sort_unstable();
    hosts.dedup();
    hosts
}

/// Where the rule for a whole host stands.
fn position(rules: &[Rule], host: &str) -> Option<usize> {
    rules.binary_search_by(|rule| (&*rule.name, usize::from(rule.host)).cmp(&(host, host.len()))).ok()
}

/// Every class with how many names are of it, the commonest first.
fn classes(names: &[Name]) -> Vec<(ClassHead, usize)> {
    let mut counts: BTreeMap<ClassHead, usize> = BTreeMap::new();
    for name in names {
        *counts.entry(name.class).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}

/// How many classes are common, and the bits of both functions, so that the whole is smallest.
fn budget(classes: &[(ClassHead, usize)], chance: f64) -> (u32, u8, u8) {
    let all: usize = classes.iter().map(|(_, count)| count).sum();
    let mut best = (f64::INFINITY, (0, 32, 1));
    let mut left = all;
    for common in 0..=classes.len().min(256) {
        if let Some((_, count)) = common.checked_sub(1).and_then(|last| classes.get(last)) {
            left -= count;
        }
        let rare = classes.len() - common;
        let least = rare.next_power_of_two().trailing_zeros();
        // What is not there gets past the main function now and then; more bits in the other stop it there.
        for rare_bits in if rare == 0 { 0..=0 } else { least.max(1)..=least + 6 } {
            let believed = common as f64 + rare as f64 / f64::from(rare_bits).exp2();
            let bits = (believed / chance).log2().ceil().max(1.0);
            let cost = all as f64 * bits * 1.05 + left as f64 * f64::from(rare_bits) * 1.1;
            if bits <= 32.0 && cost < best.0 {
                best = (cost, (common as u32, bits as u8, rare_bits as u8));
            }
        }
    }
    best.1
}

/// The first shape and seed for which the tables can be made.
fn first(
    keys: usize,
    bits: u8,
    seeds: std::ops::Range<u64>,
    table: impl Fn(u64, Shape) -> Option<Vec<u8>>,
) -> Option<(u64, Shape, Vec<u8>)> {
    fuse::ROOM.into_iter().find_map(|room| {
        let shape = fuse::shape(keys, bits, room);
        seeds.clone().find_map(|seed| Some((seed, shape, table(seed, shape)?)))
    })
}

/// Which numbers of labels there are among hosts.
fn labels(rules: &[Rule], freed: &[String]) -> u32 {
    let hosts = rules.iter().map(|rule| rule.parts().0).chain(freed.iter().map(String::as_str));
    hosts.fold(0, |set, host| {
        let last = host.rsplit('.').next().unwrap_or_default();
        let numeric = host.starts_with('[') || last.bytes().all(|byte| byte.is_ascii_digit());
        set | 1 << if numeric { 0 } else { host.split('.').count() }
    })
}

/// The hosts among the good ones and their parents that have no rule, and that the map believes to have one.
fn found_by_chance(plan: Plan<'_>, map: &Map) -> Result<Vec<String>, MapError> {
    if plan.known_good.is_empty() {
        return Ok(Vec::new());
    }
    let sites =
        Sites::new(write::unpublished(&map.bytes)?).map_err(|error| MapError::Write(error.to_string()))?;
    let mut found = Vec::new();
    for good in plan.known_good {
        let parents =
            std::iter::successors(Some(good.as_str()), |host| host.split_once('.').map(|(_, rest)| rest));
        for host in parents {
            let listed = position(plan.rules, host).is_some();
            if !listed && sites.rule(host, "").is_some() {
                found.push(host.to_owned());
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rules;
    use lapwing_core::CategorySet;

    fn says(category: Category) -> Says {
        Says { gives: CategorySet::only(category), ..Says::default() }
    }

    #[test]
    fn good_names_that_are_found_by_chance_are_recorded_and_the_listed_ones_stay() {
        let mut rules = Rules::default();
        (0..500).for_each(|number| rules.add(&format!("{number}.example"), says(Category::Games)).unwrap());
        let rules = rules.finish();
        let known_good: Vec<String> = (0..2_000).map(|number| format!("www.good{number}.example")).collect();
        let known_good = [known_good, vec!["www.7.example".to_owned()]].concat();
        let sources = ["a list".to_owned()];
        let plan = Plan { rules: &rules, sources: &sources, known_good: &known_good, on: None };
        let map = Map::with_chance(plan, 0.001).unwrap();
        assert!(!map.freed.is_empty() && !map.freed.contains(&"7.example".to_owned()), "{:?}", map.freed);
        let sites = Sites::new(write::unpublished(&map.bytes).unwrap()).unwrap();
        for good in known_good.iter().filter(|good| !good.contains(".7.")) {
            assert!(sites.host(good).is_empty(), "{good}");
        }
        for rule in &rules {
            assert!(sites.host(&rule.name).contains(Category::Games), "{}", rule.name);
        }
        assert!(Map::new(plan).unwrap().freed.is_empty());
    }

    #[test]
    fn one_large_class_costs_no_bits_and_many_equal_ones_cost_few() {
        let class = |source| ClassHead { source, ..ClassHead::default() };
        let few: Vec<_> =
            (0..31).map(|source| (class(source), if source == 0 { 4_600_000 } else { 13_000 })).collect();
        let (common, bits, _) = budget(&few, CHANCE);
        assert_eq!((common, bits), (1, 26));
        let equal: Vec<_> = (0..31).map(|source| (class(source), 160_000)).collect();
        let (common, bits, _) = budget(&equal, CHANCE);
        assert_eq!((common, bits), (31, 31));
        let (common, bits, rare) = budget(&equal[..1], CHANCE);
        assert_eq!((common, bits, rare), (1, 26, 0));
    }

    #[test]
    fn nothing_makes_no_map_and_no_change_makes_an_empty_one() {
        let plan = Plan { rules: &[], sources: &[], known_good: &[], on: None };
        assert_eq!(Map::new(plan), Err(MapError::Empty));
        assert_eq!(Map::new(Plan { on: Some(Base { basis: 0, all: &[] }), ..plan }).unwrap().counts, (0, 0));
    }
}
