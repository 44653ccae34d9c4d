//! What is asked of what: published lists with real visits, and made-up names of the same lengths.

use std::collections::HashSet;
use std::error::Error;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use lapwing_core::{Category, CategorySet};
use lapwing_packs::{Rule, Rules, Says};

/// Hosts that are asked in one round.
const ASKED: usize = 200_000;

/// A list and what is asked of it.
pub(crate) struct List {
    /// For people.
    pub(crate) name: String,
    /// Domains only, in order.
    pub(crate) rules: Vec<Rule>,
    /// Hosts, half of them listed or under a listed one.
    pub(crate) asked: Vec<String>,
    /// How many of them are.
    pub(crate) listed: usize,
}

/// A small generator with a fixed seed (xorshift64), so that every run measures the same.
struct Sequence(u64);

impl Sequence {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 16) % limit.max(1) as u64).unwrap_or_default()
    }

    fn pick<'a>(&mut self, from: &'a [String]) -> &'a str {
        from.get(self.below(from.len())).map_or("", String::as_str)
    }
}

impl List {
    /// Every domain of the published lists, each file as a category of its own.
    pub(crate) fn published(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let mut rules = Rules::default();
        let usable: Vec<Category> =
            Category::ALL.iter().copied().filter(|category| *category != Category::Illegal).collect();
        for archive in ["ut1", "blocklistproject", "sinfonietta", "hagezi-doh-vpn-proxy-bypass"] {
            let file = File::open(folder.join(format!("{archive}.tar.zst")))?;
            let mut archive = tar::Archive::new(ruzstd::decoding::StreamingDecoder::new(file)?);
            for (number, entry) in archive.entries()?.enumerate() {
                let mut entry = entry?;
                let path = entry.path()?.to_string_lossy().into_owned();
                if !path.ends_with("domains") && !path.ends_with(".txt") {
                    continue;
                }
                let mut text = String::new();
                entry.read_to_string(&mut text)?;
                let category = usable.get(number % usable.len()).copied().unwrap_or(Category::Games);
                let says = Says { gives: CategorySet::only(category), ..Says::default() };
                // Rows that are no domain are left out for all alike.
                text.lines().for_each(|line| {
                    let _ = rules.add(line, says);
                });
            }
        }
        let mut visits = String::new();
        flate2::read::GzDecoder::new(File::open(folder.join("top500-urls.txt.gz"))?)
            .read_to_string(&mut visits)?;
        let visits: Vec<String> = visits
            .lines()
            .filter_map(|url| url.split_once("://")?.1.split(['/', ':', '?']).next())
            .map(str::to_lowercase)
            .collect();
        Ok(Self::asking("published lists", rules.finish(), |sequence| sequence.pick(&visits).to_owned()))
    }

    /// Made-up names, of the lengths that names have in published lists; nine of ten of one category, as where most of a
    /// large list is of adult sites.
    pub(crate) fn made_up(count: usize) -> Self {
        let mut sequence = Sequence(0x5eed);
        let mut rules = Rules::default();
        let mut seen = HashSet::with_capacity(count);
        while seen.len() < count {
            let name = made_up(&mut sequence);
            if !seen.insert(name.clone()) {
                continue;
            }
            let common = sequence.below(100) < 92;
            let category =
                if common { Category::SexualContent } else { Category::ALL[20 + sequence.below(11)] };
            let says = Says { gives: CategorySet::only(category), ..Says::default() };
            // One in some thousands is a public suffix by chance.
            let _ = rules.add(&name, says);
        }
        drop(seen);
        Self::asking("made-up names", rules.finish(), made_up)
    }

    fn asking(name: &str, rules: Vec<Rule>, mut unlisted: impl FnMut(&mut Sequence) -> String) -> Self {
        let names: HashSet<&str> = rules.iter().map(|rule| &*rule.name).collect();
        let mut sequence = Sequence(0xa5ce);
        let asked: Vec<String> = (0..ASKED)
            .map(|number| match (number % 4, rules.get(sequence.below(rules.len()))) {
                (0, Some(rule)) => rule.name.to_string(),
                (1, Some(rule)) if !rule.name.ends_with(|last: char| last.is_ascii_digit()) => {
                    format!("www.{}", rule.name)
                }
                _ => unlisted(&mut sequence),
            })
            .collect();
        let listed = asked.iter().filter(|host| is_under(&names, host)).count();
        drop(names);
        Self { name: name.to_owned(), rules, asked, listed }
    }
}

fn is_under(names: &HashSet<&str>, host: &str) -> bool {
    std::iter::successors(Some(host), |host| host.split_once('.').map(|(_, rest)| rest))
        .any(|host| names.contains(host))
}

/// Length of a name, at these hundredths of all names of UT1.
const LENGTHS: [(usize, usize); 8] =
    [(0, 5), (5, 9), (25, 13), (50, 15), (75, 18), (95, 25), (99, 38), (100, 60)];
const ENDS: [&str; 12] =
    [".com", ".com", ".com", ".com", ".com", ".com", ".net", ".org", ".de", ".ru", ".co.uk", ".fr"];
const LETTERS: &[u8] = b"aaabcdeeeefghiijklmnooopqrsttuvwxyz0123456789-eaionrst";

fn made_up(sequence: &mut Sequence) -> String {
    let at = sequence.below(100);
    let pair = LENGTHS.windows(2).find(|pair| pair.last().is_some_and(|(end, _)| at < *end));
    let (low, high) = match pair {
        Some([(_, low), (_, high)]) => (*low, *high),
        _ => (9, 25),
    };
    let end = ENDS.get(sequence.below(ENDS.len())).copied().unwrap_or(".com");
    let length = (low + sequence.below(high - low + 1)).saturating_sub(end.len()).max(4);
    let dot = if sequence.below(4) == 0 && length > 8 { 3 + sequence.below(length - 6) } else { length };
    let mut name: String = (0..length)
        .map(|at| match at {
            _ if at == dot => '.',
            // No label begins or ends with a hyphen.
            _ if at == 0 || at + 1 == length || at + 1 == dot || at == dot + 1 => 'x',
            _ => LETTERS.get(sequence.below(LETTERS.len())).map_or('a', |letter| char::from(*letter)),
        })
        .collect();
    name.push_str(end);
    name
}
