//! What an address is about when the lists that are built in, a pack and the school's own policy all have a say.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

use lapwing_core::pack::{Kind, Pack};
use lapwing_core::{
    Action, Audience, Category, CategorySet, Engine, Entry, Frame, Lists, Policy, Sites, Visit,
};
use lapwing_packs::{Map, PackKey, Plan, Rules, Says, pack};
use std::sync::Arc;

const BUILT_IN: &str = "category = 'games'\nwhy = 'Games.'\nsource = 's'\nreviewed = '2026-11-22'\n\
    sites = ['a.example', 'long.b.example', 'c.example', 'under.bad.example']\nnot = ['good.d.example']";

fn engine(change: impl FnOnce(&mut Policy)) -> Engine {
    let mut rules = Rules::default();
    let gives = |category| Says { gives: CategorySet::only(category), ..Says::default() };
    for (line, category) in [
        ("a.example", Category::Gambling),
        ("b.example", Category::Gambling),
        ("long.c.example", Category::Gambling),
        ("d.example", Category::Games),
        ("bad.example", Category::Illegal),
    ] {
        rules.add(line, gives(category)).unwrap();
    }
    let takes = Says { takes: CategorySet::only(Category::Games), ..Says::default() };
    rules.add("free.c.example", takes).unwrap();
    let sources = ["A list".to_owned()];
    let plan = Plan { rules: &rules.finish(), sources: &sources, known_good: &[], on: None };
    let key = PackKey::from_seed(&[3; 32]);
    let bytes = pack(&key, 1, None, &[(Kind::Sites, &Map::new(plan).unwrap().bytes)]);
    let sites = Sites::new(Pack::open(bytes, &key.public(), 1).unwrap()).unwrap();
    let mut policy = Policy::school_default(Audience::Year(9));
    change(&mut policy);
    let lists = Lists::from_sources(&[("sites/games.toml", BUILT_IN)]).unwrap();
    Engine::new(lists, policy).unwrap().with_sites(Arc::new(sites))
}

fn found(url: &str) -> String {
    let decision = engine(|_| ()).check_url(&Visit { url, frame: Frame::Main });
    decision.site.map_or("nothing".to_owned(), |site| {
        let categories: Vec<_> = site.categories.iter().map(|category| category.as_str()).collect();
        format!("{}: {}", site.rule, categories.join("+"))
    })
}

#[test]
fn of_two_rules_the_longer_wins_wherever_it_is_from() {
    assert_eq!(found("https://www.b.example/"), "b.example: gambling");
    assert_eq!(found("https://long.b.example/"), "long.b.example: games");
    assert_eq!(found("https://c.example/"), "c.example: games");
    assert_eq!(found("https://long.c.example/"), "long.c.example: gambling");
    assert_eq!(found("https://a.example/"), "a.example: games+gambling");
}

#[test]
fn an_exception_of_either_frees_what_the_other_lists() {
    assert_eq!(found("https://free.c.example/"), "nothing");
    assert_eq!(found("https://d.example/"), "d.example: games");
    assert_eq!(found("https://good.d.example/"), "nothing");
}

#[test]
fn unlawful_content_is_found_under_a_longer_rule_and_never_named() {
    assert_eq!(found("https://under.bad.example/"), "unlawful content: illegal");
}

#[test]
fn the_list_is_named_and_the_school_has_the_last_word() {
    let visit = Visit { url: "https://b.example/", frame: Frame::Main };
    let decision = engine(|_| ()).check_url(&visit);
    assert_eq!(decision.why, "Listed under gambling by A list.");
    assert_eq!(decision.verdict.action, Action::Block);
    let allowed = engine(|policy| policy.allowed_sites = vec![Entry::parse("b.example").unwrap()]);
    assert_eq!(allowed.check_url(&visit).verdict.action, Action::Allow);
}
