//! Real lists, all of them: every listed name with its parents and children, real addresses that nobody listed, and made-up
//! names by the million. The lists are not part of this repository; without them nothing is tested, and that is said.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]
#![allow(clippy::print_stdout, reason = "what was tested depends on what lists there are")]

mod plain;

use lapwing_core::pack::{Kind, Pack};
use lapwing_core::{Category, CategorySet, Sites};
use lapwing_packs::{Map, PackKey, Plan, Rule, Rules, Says, pack};
use plain::Plain;
use ruzstd::decoding::StreamingDecoder;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Where the lists are; see docs/sites.md.
fn folder() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/lists");
    let folder = std::env::var_os("LAPWING_LISTS").map_or(beside, PathBuf::from);
    folder.is_dir().then_some(folder)
}

/// Every row of every list, each file as a category of its own, so that nothing is left out for want of one.
fn rows(folder: &Path) -> Vec<(String, Category)> {
    let mut rows = Vec::new();
    let categories = || Category::ALL.iter().filter(|category| **category != Category::Illegal).cycle();
    for name in ["ut1", "blocklistproject", "sinfonietta", "hagezi-doh-vpn-proxy-bypass"] {
        let file = File::open(folder.join(format!("{name}.tar.zst"))).unwrap();
        let mut archive = tar::Archive::new(StreamingDecoder::new(file).unwrap());
        let mut next = categories();
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().to_string_lossy().into_owned();
            if !entry.header().entry_type().is_file()
                || !["domains", "urls"].iter().any(|end| path.ends_with(end)) && !path.ends_with(".txt")
            {
                continue;
            }
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            let category = *next.next().unwrap();
            rows.extend(text.lines().map(|line| (line.to_owned(), category)));
        }
    }
    rows
}

fn build(rules: &[Rule]) -> Sites {
    let map = Map::new(Plan { rules, sources: &["lists".to_owned()], known_good: &[], on: None }).unwrap();
    println!("{} rules, {:.2} bytes each", rules.len(), map.bytes.len() as f64 / rules.len() as f64);
    let key = PackKey::from_seed(&[3; 32]);
    Sites::new(Pack::open(pack(&key, 1, None, &[(Kind::Sites, &map.bytes)]), &key.public(), 1).unwrap())
        .unwrap()
}

#[test]
fn every_published_name_is_known_and_no_other() {
    let Some(folder) = folder() else {
        println!("skipped: there are no lists beside the workspace (../shared/lists, or LAPWING_LISTS)");
        return;
    };
    let rows = rows(&folder);
    let mut rules = Rules::default();
    let mut refused = 0;
    for (line, category) in &rows {
        let says = Says { gives: CategorySet::only(*category), ..Says::default() };
        refused += usize::from(rules.add(line, says).is_err());
    }
    println!("{} rows, of which {refused} are no rule", rows.len());
    assert!(rows.len() > 800_000 && refused < rows.len() / 100);
    let rules = rules.finish();
    let plain = Plain::new(&rules);
    let sites = build(&rules);
    let expected = |host: &str| plain.find(host).map_or(CategorySet::NONE, |(_, categories)| categories);
    for rule in &rules {
        let (host, path) = rule.parts();
        assert_eq!(sites.rule(host, path).map(|found| found.gives), Some(rule.says.gives), "{}", rule.name);
        assert_eq!(sites.host(host), expected(host), "{host}");
        // A number has no children and no parents, and no browser asks for such.
        if host.ends_with(|last: char| last.is_ascii_digit()) {
            continue;
        }
        for host in [format!("child.{host}"), format!("x{host}")] {
            assert_eq!(sites.host(&host), expected(&host), "{host}");
        }
        if let Some((_, parent)) = host.split_once('.') {
            assert_eq!(sites.host(parent), expected(parent), "{parent}");
        }
    }
    let mut visited = String::new();
    let file = File::open(folder.join("top500-urls.txt.gz")).unwrap();
    flate2::read::GzDecoder::new(file).read_to_string(&mut visited).unwrap();
    let hosts = visited.lines().filter_map(|url| url.split("://").nth(1)?.split(['/', ':', '?']).next());
    let mut listed = 0;
    for host in hosts {
        assert_eq!(sites.host(host), expected(host), "{host}");
        listed += usize::from(!expected(host).is_empty());
    }
    println!("{} addresses of large sites, of which {listed} are listed", visited.lines().count());
    // Ten million where there is time for it: without optimisation a hundredth.
    let many = if cfg!(debug_assertions) { 100_000 } else { 10_000_000_u64 };
    let ends = ["com", "co.uk", "org", "net", "de"];
    let found = (0..many).filter(|number| {
        let name = format!(
            "m{:x}-{number}.{}",
            number.wrapping_mul(0x9e37_79b9_7f4a_7c15),
            ends[*number as usize % 5]
        );
        !sites.host(&name).is_empty()
    });
    let found = found.count();
    println!("{found} of {many} made-up names are found");
    assert!(found <= 1);
}
