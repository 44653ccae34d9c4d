//! Whether a map says what a plain one would: every listed name, every parent, child and path, whatever rules there are.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

mod plain;

use lapwing_core::pack::{Kind, Pack};
use lapwing_core::{Audience, Category, CategorySet, Engine, Frame, Lists, Policy, Sites, Visit};
use lapwing_packs::{Map, PackKey, Plan, Rule, Rules, Says, pack};
use plain::Plain;
use proptest::prelude::*;
use std::sync::Arc;

/// A few labels and categories, so that rules meet each other.
fn line() -> impl Strategy<Value = String> {
    let label = prop::sample::select(vec!["a", "b", "c-d", "x1"]);
    let labels = prop::collection::vec(label.clone(), 1..4);
    let path = prop::collection::vec(prop::sample::select(vec!["p", "q", "pp"]), 0..4);
    (labels, prop::sample::select(vec!["example", "test", "co.uk"]), path).prop_map(|(labels, end, path)| {
        let path: String = path.iter().map(|segment| format!("/{segment}")).collect();
        format!("{}.{end}{path}", labels.join("."))
    })
}

fn says() -> impl Strategy<Value = Says> {
    let some = || prop::collection::vec(prop::sample::select(Category::ALL[17..22].to_vec()), 0..3);
    (some(), some(), 0..3_u16).prop_map(|(gives, takes, source)| Says {
        gives: gives.into_iter().collect(),
        takes: takes.into_iter().collect(),
        source,
    })
}

fn sites(rules: &[Rule]) -> Sites {
    let sources: Vec<String> = (0..3).map(|number| format!("list {number}")).collect();
    let map = Map::new(Plan { rules, sources: &sources, known_good: &[], on: None }).unwrap();
    let key = PackKey::from_seed(&[3; 32]);
    Sites::new(Pack::open(pack(&key, 1, None, &[(Kind::Sites, &map.bytes)]), &key.public(), 1).unwrap())
        .unwrap()
}

fn engine(sites: Sites) -> Engine {
    let engine = Engine::new(Lists::from_sources(&[]).unwrap(), Policy::school_default(Audience::Year(9)));
    engine.unwrap().with_sites(Arc::new(sites))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn it_says_what_a_plain_map_says(
        lines in prop::collection::vec((line(), says()), 1..40),
        asked in prop::collection::vec(line(), 60),
    ) {
        let mut rules = Rules::default();
        lines.iter().for_each(|(line, says)| rules.add(line, *says).unwrap());
        let rules = rules.finish();
        let plain = Plain::new(&rules);
        let engine = engine(sites(&rules));
        for line in asked.iter().chain(lines.iter().map(|(line, _)| line)) {
            for url in [format!("https://{line}"), format!("http://WWW.{line}/?x=1"), format!("https://u@{line}/p")] {
                let decision = engine.check_url(&Visit { url: &url, frame: Frame::Main });
                let found = decision.site.map(|site| (site.rule, site.categories.into_iter().collect()));
                let host = url.split_once("//").unwrap().1.trim_start_matches("u@").to_lowercase();
                let host = host.split('?').next().unwrap();
                let expected = plain.find(host);
                prop_assert_eq!(&found.as_ref().map(|(_, set)| *set), &expected.as_ref().map(|(_, set)| *set), "{}", &url);
                let unlawful = expected.as_ref().is_some_and(|(_, set): &(String, CategorySet)| set.contains(Category::Illegal));
                if !unlawful {
                    prop_assert_eq!(found, expected, "{}", url);
                }
            }
        }
    }

    #[test]
    fn the_same_rules_make_the_same_bytes(lines in prop::collection::vec((line(), says()), 1..40)) {
        let made = |order: &mut dyn Iterator<Item = &(String, Says)>| {
            let mut rules = Rules::default();
            order.for_each(|(line, says)| rules.add(line, *says).unwrap());
            Map::new(Plan { rules: &rules.finish(), sources: &["a".into(), "b".into(), "c".into()], known_good: &[], on: None })
        };
        prop_assert_eq!(made(&mut lines.iter()).unwrap(), made(&mut lines.iter().rev()).unwrap());
    }
}

#[test]
fn a_hundred_thousand_names_are_all_there_and_nothing_else() {
    let mut rules = Rules::default();
    for number in 0..100_000_u32 {
        let category = Category::ALL[number.trailing_zeros() as usize % 31];
        let says = Says { gives: CategorySet::only(category), takes: CategorySet::NONE, source: 0 };
        rules.add(&format!("{number:x}.example"), says).unwrap();
    }
    let rules = rules.finish();
    let sites = sites(&rules);
    for rule in &rules {
        let (host, path) = rule.parts();
        assert_eq!(sites.rule(host, path).map(|found| found.gives), Some(rule.says.gives), "{host}");
        assert_eq!(sites.host(&format!("www.{host}")), rule.says.gives);
    }
    // One in sixty million each: three hundred thousand names that nobody listed must all be unknown.
    let found = (0..300_000_u32).filter(|number| !sites.host(&format!("{number:x}.test")).is_empty()).count();
    assert_eq!(found, 0);
}
