use super::*;
use crate::answer::Frame;
use crate::policy::school::{Decider, Effect, Excepted, Ruling};
use crate::policy::{Audience, Overlay};
use crate::site::Entry;
use crate::taxonomy::{Action, Severity};
use std::collections::BTreeMap;

const RULES: &str = "category = 'suicide'\nsource = 's'\nreviewed = '2026-11-22'\n[[rule]]\nid = 'kill-myself'\n\
    any = ['kill myself']\nseverity = 'high'\nstage = 'ideation'\nwhy = 'Says so.'";

const SITES: &[(&str, &str, &str)] = &[
    ("sites/gambling.toml", "gambling", "bet.example"),
    ("sites/illegal.toml", "illegal", "unlawful.example"),
    ("sites/suicide.toml", "suicide", "forum.example"),
    ("sites/ai.toml", "ai_chat", "bot.example"),
    ("sites/search.toml", "search_unsafe", "bing.com"),
];

fn engine(change: impl FnOnce(&mut Policy)) -> Engine {
    engine_with(&[], change)
}

/// The same with more sites, each as its file, its category and itself.
fn engine_with(more: &[(&str, &str, &str)], change: impl FnOnce(&mut Policy)) -> Engine {
    let sites: Vec<(String, String)> = SITES
        .iter()
        .chain(more)
        .map(|(file, category, site)| {
            let text = format!(
                "category = '{category}'\nwhy = 'About {category}.'\nsource = 's'\nreviewed = '2026-11-22'\n\
                 sites = ['{site}']"
            );
            ((*file).to_owned(), text)
        })
        .collect();
    let never = "source = 's'\nreviewed = '2026-11-22'\nhosts = ['help.example']";
    let mut files = vec![("phrases/suicide.toml", RULES), ("never_read.toml", never)];
    files.extend(sites.iter().map(|(file, text)| (file.as_str(), text.as_str())));
    let mut policy = Policy::school_default(Audience::Year(9));
    change(&mut policy);
    Engine::new(Lists::from_sources(&files).unwrap(), policy).unwrap()
}

fn entries(lines: &[&str]) -> Vec<Entry> {
    lines.iter().map(|line| Entry::parse(line).unwrap()).collect()
}

fn visit(engine: &Engine, url: &str) -> Decision {
    engine.check_url(&Visit { url, frame: Frame::Main })
}

#[test]
fn a_listed_site_is_decided_with_its_reason() {
    let decision = visit(&engine(|_| {}), "https://www.bet.example/slots?x=1");
    assert_eq!((decision.verdict.action, decision.verdict.alert), (Action::Block, true));
    let site = decision.site.unwrap();
    assert_eq!((site.rule.as_str(), site.categories), ("bet.example", vec![Category::Gambling]));
    assert_eq!(decision.why, "About gambling.");
}

#[test]
fn a_search_is_read_and_answered_with_help() {
    let decision = visit(&engine(|_| {}), "https://www.google.co.uk/search?q=how+to+kill+myself");
    assert_eq!((decision.verdict.action, decision.verdict.alert), (Action::Support, true));
    assert_eq!(decision.verdict.categories, [Category::Suicide]);
    assert_eq!(decision.search.unwrap().terms, "how to kill myself");
    assert_eq!((decision.findings[0].span.clone(), decision.why.as_str()), (7..18, "Says so."));
}

#[test]
fn a_site_and_its_search_words_are_weighed_together() {
    let decision = visit(&engine(|_| {}), "https://www.bing.com/search?q=kill+myself");
    assert_eq!(decision.verdict.action, Action::Support);
    assert_eq!(decision.verdict.categories, [Category::Suicide, Category::SearchUnsafe]);
    assert_eq!(decision.why, "Says so.");
    let plain = visit(&engine(|_| {}), "https://www.bing.com/search?q=rivers");
    assert_eq!((plain.verdict.action, plain.verdict.alert), (Action::Warn, false));
}

#[test]
fn the_words_of_a_frame_are_not_read() {
    let url = "https://www.google.co.uk/search?q=kill+myself";
    let decision = engine(|_| {}).check_url(&Visit { url, frame: Frame::Sub });
    assert_eq!(decision, Decision::allow());
}

#[test]
fn never_read_sites_are_neither_read_nor_decided() {
    let engine = engine(|policy| {
        policy.never_read_sites = entries(&["counsel.example", "bet.example/help"]);
        policy.blocked_sites = entries(&["counsel.example"]);
    });
    for url in ["https://help.example/", "http://www.counsel.example/a", "https://bet.example/help/us"] {
        let undecided = Decision { ruling: Some(Ruling::NeverRead), ..Decision::allow() };
        assert_eq!(visit(&engine, url), undecided, "{url}");
        let typed = Typed { text: "kill myself", surface: Surface::Chat, url };
        assert!(engine.check_text(&typed).is_empty(), "{url}");
        assert!(engine.never_reads_url(url));
    }
    assert!(!engine.never_reads_url("https://nothelp.example/"));
}

#[test]
fn the_schools_entries_beat_the_lists_and_allowing_beats_blocking() {
    let engine = engine(|policy| {
        policy.allowed_sites = entries(&["bet.example", "both.example", "bing.com"]);
        policy.blocked_sites = entries(&["both.example", "plain.example", "forum.example"]);
    });
    let by_it = Decision { ruling: Some(Ruling::DeviceManagement), ..Decision::allow() };
    assert_eq!(visit(&engine, "https://bet.example/"), by_it);
    assert_eq!(visit(&engine, "https://both.example/"), by_it);
    let plain = visit(&engine, "https://www.plain.example/");
    assert_eq!((plain.verdict.action, plain.verdict.alert), (Action::Block, false));
    assert_eq!(plain.site.unwrap().rule, "plain.example");
    let forum = visit(&engine, "https://forum.example/");
    assert_eq!((forum.verdict.action, forum.verdict.alert), (Action::Support, true));
    let search = visit(&engine, "https://www.bing.com/search?q=kill+myself");
    assert_eq!(search.verdict.action, Action::Support, "an allowed search engine is still read");
}

#[test]
fn of_allowed_and_blocked_sites_the_longer_one_counts() {
    let engine = engine(|policy| {
        policy.allowed_sites = entries(&["a.example", "b.example/x", "fine.c.example"]);
        policy.blocked_sites = entries(&["games.a.example", "a.example/bad", "b.example", "c.example"]);
    });
    for (url, action) in [
        ("https://a.example/", Action::Allow),
        ("https://games.a.example/", Action::Block),
        ("https://a.example/bad/1", Action::Block),
        ("https://b.example/", Action::Block),
        ("https://b.example/x/1", Action::Allow),
        ("https://c.example/", Action::Block),
        ("https://fine.c.example/", Action::Allow),
    ] {
        assert_eq!(visit(&engine, url).verdict.action, action, "{url}");
    }
}

#[test]
fn opening_a_site_does_not_open_what_the_lists_single_out_beneath_it() {
    let opened = |site: &str| Excepted {
        id: "e".into(),
        site: Entry::parse(site).unwrap(),
        effect: Effect::Allow,
        by: Decider::Safeguarding,
        until: None,
    };
    let more = [
        ("sites/social.toml", "social", "pictures.example"),
        ("sites/suicide2.toml", "suicide", "pictures.example/tagged/dying"),
        ("sites/games.toml", "games", "play.pictures.example"),
        ("sites/social2.toml", "social", "www.pictures.example"),
    ];
    let with = |site: &str, by_it: bool| {
        engine_with(&more, |policy| {
            if by_it {
                policy.allowed_sites = entries(&[site]);
            } else {
                let exceptions = vec![opened(site)];
                let alert_from = policy.alert_from();
                let overlay = Overlay { number: 1, actions: BTreeMap::new(), exceptions, alert_from };
                *policy = policy.clone().under(overlay);
            }
        })
    };
    let actions = |engine: &Engine| {
        [
            "pictures.example/",
            "www.pictures.example/a",
            "play.pictures.example/",
            "pictures.example/tagged/dying",
        ]
        .map(|site| visit(engine, &format!("https://{site}")).verdict.action)
    };
    let (allow, support) = (Action::Allow, Action::Support);
    let closed = actions(&with("elsewhere.example", false));
    assert_eq!(closed[3], support);
    assert!(closed[2] != allow, "{closed:?}");
    // Who opens a picture site opens neither the games under it nor the tag.
    assert_eq!(actions(&with("pictures.example", false)), [allow, allow, closed[2], support]);
    // Device management is taken at its word, but for what no policy opens.
    assert_eq!(actions(&with("pictures.example", true)), [allow, allow, allow, support]);
    // Named itself, it opens: so it is what a pupil asks for.
    let asked = |site: &str| {
        with("elsewhere.example", false).opening(&format!("https://{site}")).unwrap().to_string()
    };
    assert_eq!(asked("pictures.example/tagged/dying?page=2"), "pictures.example/tagged/dying");
    assert_eq!(with("pictures.example", false).opening("https://pictures.example/"), None, "it is open");
    assert_eq!(actions(&with("pictures.example/tagged/dying", false))[3], allow);
    let ruling = visit(&with("pictures.example", false), "https://pictures.example/").ruling;
    assert_eq!(ruling, Some(opened("pictures.example").ruling()));
}

#[test]
fn a_site_that_is_opened_by_its_number_is_a_way_around_but_for_numbers_in_the_same_building() {
    let own = engine(|policy| policy.allowed_sites = entries(&["93.184.216.34"]));
    let plain = engine(|_| {});
    for url in [
        "http://93.184.216.34/",
        "https://1572395042/",
        "http://[2606:2800:220:1::1]/",
        "http://[::ffff:5db8:d822]/",
    ] {
        let decision = visit(&plain, url);
        assert_eq!(decision.verdict.action, Action::Block, "{url}");
        assert_eq!(decision.site.unwrap().categories, [Category::Bypass], "{url}");
        let site = plain.opening(url).unwrap();
        assert_eq!(Entry::parse(&site.to_string()).unwrap(), site, "staff can open it");
    }
    assert_eq!(visit(&own, "http://93.184.216.34:8080/").verdict.action, Action::Allow);
    for url in [
        "http://127.0.0.1:8080/",
        "http://10.1.2.3/",
        "http://172.20.0.9/",
        "http://192.168.0.1/",
        "http://169.254.1.1/",
        "http://100.100.1.1/",
        "https://192.0.2.1/login",
        "http://[::1]/",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
        "http://[::ffff:192.168.0.1]/",
    ] {
        assert_eq!(visit(&plain, url).verdict.action, Action::Allow, "{url}");
    }
}

#[test]
fn unlawful_content_has_no_way_round_and_its_address_is_not_repeated() {
    let engine = engine(|policy| {
        policy.audience = Audience::Staff;
        policy.set_alert_from(Severity::High);
        policy.allowed_sites = entries(&["unlawful.example"]);
        policy.never_read_sites = entries(&["unlawful.example"]);
    });
    for frame in [Frame::Main, Frame::Sub] {
        let decision = engine.check_url(&Visit { url: "https://a.unlawful.example/path?q=word", frame });
        assert_eq!((decision.verdict.action, decision.verdict.alert), (Action::Block, true));
        assert_eq!(decision.verdict.severity, Severity::Critical);
        let shown = format!("{decision:?}");
        assert!(!shown.contains("unlawful.example") && !shown.contains("word"), "{shown}");
    }
}

#[test]
fn what_is_not_a_web_address_is_allowed() {
    for url in [
        "",
        "nonsense",
        "https://",
        "data:text/plain,bet.example",
        "chrome://bet.example",
        "file:///bet.example",
    ] {
        assert_eq!(visit(&engine(|_| {}), url), Decision::allow(), "{url}");
    }
}

#[test]
fn an_ai_is_known_from_the_lists() {
    let engine = engine(|_| {});
    assert_eq!(engine.surface_of("https://www.bot.example/chat", ""), Surface::Ai);
    assert_eq!(engine.surface_of("https://other.example/chat", ""), Surface::Chat);
}

#[test]
fn what_was_checked_before_changes_no_answer() {
    let texts: Vec<String> = include_str!("../tests/cases/disguises.txt")
        .lines()
        .chain(include_str!("../tests/cases/ordinary.txt").lines())
        .chain([
            "dave gokys",
            "gokys dave",
            "Gokys.",
            "suicdie gokys",
            "kiill myyself gokys",
            "honestlygokys",
        ])
        .map(|line| line.rsplit('|').next().unwrap_or(line).to_owned())
        .collect();
    let shipped =
        || Engine::new(Lists::starter().unwrap(), Policy::school_default(Audience::Year(9))).unwrap();
    let found =
        |engine: &Engine, text: &str| engine.check_text(&Typed { text, surface: Surface::Chat, url: "" });
    let (one, other) = (shipped(), shipped());
    let first: Vec<_> = texts.iter().map(|text| found(&one, text)).collect();
    // The other has read them all, from the last to the first, before it is asked.
    texts.iter().rev().for_each(|text| drop(found(&other, text)));
    let again: Vec<_> = texts.iter().map(|text| found(&other, text)).collect();
    assert!(first.iter().filter(|findings| !findings.is_empty()).count() > 10);
    assert_eq!(first, again);
}

#[test]
fn a_lesson_about_what_is_not_taught_changes_nothing() {
    let mut engine = engine(|_| {});
    let found = |engine: &Engine| {
        let typed = Typed { text: "i want to kill myself", surface: Surface::Chat, url: "" };
        engine.check_text(&typed).remove(0).severity
    };
    assert_eq!(found(&engine), Severity::High);
    engine.announce_lesson([Category::Illegal, Category::AbuseNeglect].into());
    assert!(engine.matcher.lesson.is_empty());
    engine.announce_lesson([Category::Suicide, Category::Illegal].into());
    assert_eq!(found(&engine), Severity::Medium);
    engine.announce_lesson(BTreeSet::new());
    assert_eq!(found(&engine), Severity::High);
}

#[test]
fn a_site_stays_stopped_inside_another_and_going_around_is_told() {
    let engine = engine(|_| {});
    let around = visit(&engine, "https://web.archive.org/web/2020/https://www.bet.example/a");
    assert_eq!((around.verdict.action, around.verdict.alert), (Action::Block, true));
    assert_eq!(around.site.unwrap().categories, [Category::Gambling, Category::Bypass]);
    assert!(around.why.contains("through an archive"), "{}", around.why);
    // Led to, and not shown by somebody else.
    let led = visit(&engine, "https://www.google.com/url?q=https://bet.example/");
    assert_eq!(led.site.unwrap().categories, [Category::Gambling]);
    // A translated copy of an archive's.
    let twice = "https://web-archive-org.translate.goog/web/2020/https://bet.example/?_x_tr_sl=en";
    assert_eq!(visit(&engine, twice).verdict.action, Action::Block);
    // The address is as unlawful inside as outside, and as secret.
    let unlawful = visit(&engine, "https://r.jina.ai/https://unlawful.example/a");
    assert_eq!(unlawful.site.unwrap().rule, "unlawful content");
    assert_eq!(unlawful.verdict.severity, Severity::Critical);
    for url in [
        "https://web.archive.org/web/2020/https://school.example/",
        "https://r.jina.ai/https://help.example/",
    ] {
        assert_eq!(visit(&engine, url).verdict, Verdict::nothing(), "{url}");
    }
    let support = visit(&engine, "https://forum-example.translate.goog/");
    assert_eq!(support.verdict.action, Action::Support);
}

#[test]
fn a_page_in_its_own_address_is_a_way_around_in_a_tab_and_nothing_in_a_frame() {
    let engine = engine(|_| {});
    let url = "data:text/html,<iframe src=https://bet.example>";
    assert_eq!(visit(&engine, url).verdict.categories, [Category::Bypass]);
    assert_eq!(engine.check_url(&Visit { url, frame: Frame::Sub }), Decision::allow());
    assert_eq!(visit(&engine, "blob:https://bet.example/0a-1b").verdict.action, Action::Block);
}

#[test]
fn the_second_layer_s_list_says_what_the_engine_says() {
    let engine = engine(|policy| {
        policy.blocked_sites = entries(&["school.example/games", "over.example"]);
        policy.allowed_sites = entries(&["fine.over.example", "www.bet.example", "elsewhere.example"]);
    });
    let stops = engine.stops();
    let says = |line: &str| {
        let entry = Entry::parse(line).unwrap();
        stops.iter().find(|stop| stop.entry == entry).map(|stop| stop.stops)
    };
    for line in ["bet.example", "forum.example", "school.example/games", "over.example"] {
        assert_eq!(says(line), Some(true), "{line}");
    }
    assert_eq!((says("fine.over.example"), says("www.bet.example")), (Some(false), Some(false)));
    // Nothing is stopped there; only a warning; and a list that must not lie about.
    for line in ["elsewhere.example", "bing.com", "unlawful.example"] {
        assert_eq!(says(line), None, "{line}");
    }
    for stop in &stops {
        let action = visit(&engine, &format!("https://{}", stop.entry)).verdict.action;
        assert_eq!(action >= Action::Block, stop.stops, "{}", stop.entry);
    }
    assert!(
        engine.is_unlawful("https://cdn.unlawful.example/x.png")
            && !engine.is_unlawful("https://bet.example/")
    );
}

#[test]
fn an_engine_that_is_given_another_policy_decides_as_a_new_one() {
    let change = |policy: &mut Policy| {
        policy.audience = Audience::Staff;
        policy.allowed_sites = entries(&["bet.example"]);
        policy.blocked_sites = entries(&["bot.example"]);
        policy.never_read_sites = entries(&["school.example"]);
    };
    let new = engine(change);
    let mut same = engine(|policy| {
        policy.allowed_sites = entries(&["forum.example"]);
        policy.never_read_sites = entries(&["other.example"]);
    });
    same.govern(new.policy().clone());
    let addresses =
        ["bet.example", "bot.example", "school.example", "other.example", "forum.example", "help.example"];
    for address in addresses {
        let url = format!("https://{address}/");
        assert_eq!(visit(&same, &url), visit(&new, &url), "{url}");
        assert_eq!(same.never_reads_url(&url), new.never_reads_url(&url), "{url}");
    }
    assert_eq!(same.policy(), new.policy());
}
