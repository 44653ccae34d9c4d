use super::*;

fn rule(line: &str, category: Category, exception: bool) -> SiteRule {
    SiteRule { entry: Entry::parse(line).unwrap(), category, exception, why: 0 }
}

fn found(rules: &[SiteRule], url: &str) -> String {
    let map = SiteMap::new(rules.to_vec(), Vec::new());
    match map.find(&Address::parse(url).unwrap()) {
        None => "none".into(),
        Some(found) => {
            let categories: Vec<_> = found.categories.iter().map(|category| category.as_str()).collect();
            format!("{}{}: {}", found.host, found.path, categories.join("+"))
        }
    }
}

#[test]
fn a_domain_stands_for_its_subdomains_and_not_for_its_lookalikes() {
    let rules = [rule("bet.example", Category::Gambling, false)];
    assert_eq!(found(&rules, "https://bet.example/x"), "bet.example: gambling");
    assert_eq!(found(&rules, "http://www.BET.example.:81"), "bet.example: gambling");
    for url in [
        "https://alphabet.example/",
        "https://bet.example.org/",
        "https://example/",
        "https://x.org/bet.example",
    ] {
        assert_eq!(found(&rules, url), "none", "{url}");
    }
}

#[test]
fn the_longest_host_and_then_the_longest_path_wins() {
    let rules = [
        rule("a.example", Category::Games, false),
        rule("a.example/casino", Category::Gambling, false),
        rule("a.example/casino/help", Category::Distress, false),
        rule("chat.a.example", Category::Social, false),
    ];
    assert_eq!(found(&rules, "https://a.example/"), "a.example: games");
    assert_eq!(found(&rules, "https://a.example/casinos"), "a.example: games");
    assert_eq!(found(&rules, "https://a.example/Casino//x?y"), "a.example/casino: gambling");
    assert_eq!(found(&rules, "https://a.example/%63asino/help"), "a.example/casino/help: distress");
    assert_eq!(found(&rules, "https://chat.a.example/casino"), "chat.a.example: social");
}

#[test]
fn lists_that_name_the_same_site_are_joined() {
    let rules = [rule("a.example", Category::Games, false), rule("a.example", Category::Social, false)];
    assert_eq!(found(&rules, "https://a.example/"), "a.example: games+social");
}

#[test]
fn an_exception_takes_away_its_own_category_only() {
    let rules = [
        rule("a.example", Category::Games, false),
        rule("a.example", Category::Gambling, false),
        rule("help.a.example", Category::Gambling, true),
        rule("b.example", Category::Gambling, false),
        rule("b.example/help", Category::Gambling, true),
    ];
    assert_eq!(found(&rules, "https://help.a.example/"), "help.a.example: games");
    assert_eq!(found(&rules, "https://b.example/help/now"), "none");
    assert_eq!(found(&rules, "https://b.example/helpless"), "b.example: gambling");
}

#[test]
fn unlawful_content_is_found_under_any_longer_rule() {
    let rules = [
        rule("a.example", Category::Illegal, false),
        rule("x.a.example", Category::Games, false),
        rule("y.a.example", Category::Games, true),
    ];
    assert_eq!(found(&rules, "https://x.a.example/"), "a.example: illegal");
    assert_eq!(found(&rules, "https://y.a.example/"), "y.a.example: illegal");
}

#[test]
fn sets_of_hosts_cover_paths_and_subdomains() {
    let entries = [Entry::parse("a.example/x").unwrap(), Entry::parse("b.example").unwrap()];
    let hosts = Hosts::new(&entries);
    let find = |url| hosts.find(&Address::parse(url).unwrap());
    assert_eq!(find("https://www.a.example/x/1").as_deref(), Some("a.example/x"));
    assert_eq!(find("https://c.b.example/").as_deref(), Some("b.example"));
    assert_eq!(find("https://a.example/"), None);
}
