use super::*;

const HEAD: &str = "category = 'hate'\nsource = 's'\nreviewed = '2026-11-21'\n";

fn rule(fields: &str) -> String {
    format!("{HEAD}[[rule]]\nid = 'a'\nany = ['x y']\nseverity = 'low'\nwhy = 'w'\n{fields}")
}

fn problem(name: &str, text: &str) -> String {
    Lists::from_sources(&[(name, text)]).unwrap_err().to_string()
}

#[test]
fn the_starter_lists_are_whole_and_versioned() {
    let lists = Lists::starter().unwrap();
    let (date, hash) = lists.version().rsplit_once('-').unwrap();
    assert!(date.len() == 10 && hash.len() == 8, "{}", lists.version());
}

#[test]
fn the_first_lists_are_the_starter_lists_without_a_phrase() {
    let (first, all) = (Lists::first().unwrap(), Lists::starter().unwrap());
    assert_eq!(first.version(), all.version());
    assert_eq!(first.compiled.sites, all.compiled.sites);
    assert_eq!(first.compiled.reasons, all.compiled.reasons);
    assert_eq!(first.compiled.never_read, all.compiled.never_read);
    assert!(first.compiled.is_sound() && first.rule_count() == 0 && first.compiled.patterns.is_empty());
    assert!(FIRST.len() * 20 < STARTER.len(), "{} bytes are in each worker's way", FIRST.len());
}

#[test]
fn a_worker_starts_with_all_the_sites_of_the_starter_lists_and_nothing_else() {
    let (listed, all) = (Listed::built_in().unwrap(), Lists::starter().unwrap().compiled);
    assert_eq!((&listed.sites, &listed.reasons), (&all.sites, &all.reasons));
    assert_eq!(listed.never_read, all.never_read);
    assert!(SITES.len() < 40_000, "{} bytes are in each worker's script", SITES.len());
    assert_eq!(Listed::read(&listed.to_bytes().unwrap()), Ok(listed.clone()));
    let nowhere = Listed { reasons: Vec::new(), ..listed };
    for bytes in [Vec::new(), SITES[..SITES.len() - 1].to_vec(), nowhere.to_bytes().unwrap()] {
        assert!(matches!(Listed::read(&bytes), Err(ListsError::Damaged(_))));
    }
}

#[test]
fn carried_lists_are_the_starter_lists_or_refused() {
    let carried = Lists::carried(Lists::starter_bytes().to_vec()).unwrap();
    assert_eq!(carried.compiled, Lists::starter().unwrap().compiled);
    let other = Lists::from_sources(&[("phrases/a.toml", &rule(""))]).unwrap().to_bytes().unwrap();
    for bytes in [Vec::new(), STARTER[..STARTER.len() - 1].to_vec(), FIRST[..9].to_vec(), other] {
        assert!(matches!(Lists::carried(bytes), Err(ListsError::Damaged(_))));
    }
}

#[test]
fn sources_compile_in_any_order_to_the_same_version() {
    let one = ("phrases/a.toml", rule(""));
    let two = (
        "sites/b.toml",
        "category='games'\nwhy='w'\nsource='s'\nreviewed='2026-11-22'\nsites=['a.example']".to_owned(),
    );
    let compile = |files: &[&(&str, String)]| {
        Lists::from_sources(&files.iter().map(|(name, text)| (*name, text.as_str())).collect::<Vec<_>>())
            .unwrap()
    };
    let lists = compile(&[&one, &two]);
    assert_eq!(lists.version(), compile(&[&two, &one]).version());
    assert!(lists.version().starts_with("2026-11-22-"), "{}", lists.version());
    assert_ne!(lists.version(), compile(&[&two]).version());
    assert_eq!((lists.rule_count(), lists.site_count()), (1, 1));
}

#[test]
fn compiled_lists_survive_bytes_and_damage_is_noticed() {
    let lists = Lists::from_sources(&[("phrases/a.toml", &rule(""))]).unwrap();
    let bytes = lists.to_bytes().unwrap();
    assert_eq!(Lists::from_bytes(&bytes).unwrap().compiled, lists.compiled);
    for damaged in [&b""[..], b"LWL\x01", &bytes[..bytes.len() - 1], &[&bytes[..], b"x"].concat()] {
        assert!(matches!(Lists::from_bytes(damaged), Err(ListsError::Damaged(_))));
    }
}

#[test]
fn every_mistake_is_named_with_its_place_and_a_remedy() {
    for (fields, place) in [
        ("stage = 'active'", "rule “a”: stage: is only for suicide"),
        ("years = [7, 14]", "rule “a”: years: must be the first and the last"),
        ("years = [7]", "rule “a”: years:"),
        ("surfaces = ['email']", "rule “a”: surfaces: “email” is not a Surface"),
        ("surfaces = []", "rule “a”: surfaces: is empty"),
        ("with = ['(a']", "rule “a”: with: “(a” has a “(”"),
        ("unless = ['b', 'B']", "rule “a”: unless: has “B” twice"),
        ("with = ['{im} b']", "rule “a”: with: “{im} b” uses {im}, which nothing names"),
        ("[words]\nim = ['im', 'i am']", "words.im: is used by no phrase of this file"),
        ("[words]\nim = ['im']", "words.im: stands for fewer than two"),
        ("reviewed = '22/11/2026'", "rule “a”: reviewed: “22/11/2026” is not a date"),
        ("colour = 'red'", "unknown field `colour`"),
        ("[[rule]]\nid = 'a'\nany = ['b']\nseverity = 'low'\nwhy = 'w'", "rule “a”: id: is used twice"),
        (
            "[[rule]]\nid = 'Bad Id'\nany = ['b']\nseverity = 'low'\nwhy = 'w'",
            "rule “Bad Id”: id: must be words",
        ),
        ("[[rule]]\nid = 'b'\nseverity = 'grave'", "rule “b”: severity: “grave” is not a Severity"),
        ("[[rule]]\nid = 'b'", "rule “b”: any: is missing"),
        ("[[rule]]\nid = 'b'", "rule “b”: why: is missing"),
    ] {
        let problem = problem("phrases/f.toml", &rule(fields));
        assert!(problem.contains("phrases/f.toml: ") && problem.contains(place), "{fields}: {problem}");
    }
}

#[test]
fn mistakes_in_files_are_named_too() {
    for (name, text, part) in [
        ("phrases/f.toml", "[[rule]]", "category: is missing"),
        ("phrases/f.toml", "category = 'games'", "move the file to sites/"),
        ("phrases/f.toml", "category = ", "cannot be read"),
        ("other.toml", "", "is not a list file"),
        ("words.toml", "[words]\nim = ['im', 'i am']", "words.im: is used by no phrase; remove it"),
        ("words.toml", "im = ['im', 'i am']", "cannot be read"),
        ("sites/f.toml", "category='games'\nwhy='w'\nsites=['a.example']", "source: is missing"),
        (
            "sites/f.toml",
            "category='games'\nwhy='w'\nsource='s'\nreviewed='2026-11-22'\nsites=['*.a.example']",
            "leave it out",
        ),
        (
            "sites/f.toml",
            "category='games'\nwhy='w'\nsource='s'\nreviewed='2026-11-22'\nsites=['a.example','A.example']",
            "is there twice",
        ),
        (
            "never_read.toml",
            "source='s'\nreviewed='2026-11-22'\n[[group]]\nhosts=['a.example']",
            "needs a name and a why",
        ),
        (
            "context.toml",
            "reviewed='2026-11-22'\n[[cue]]\nid='a'\neffect='raise'",
            "must be lower, quieten or note",
        ),
    ] {
        let problem = problem(name, text);
        assert!(problem.contains(part), "{name}: {problem}");
    }
}

#[test]
fn named_words_compile_to_what_they_stand_for() {
    let written = rule("with = ['(im|i am) (so|very)', 'b']");
    let named = rule("with = ['{im} {so}', 'b']\n[words]\nso = ['so', 'very']");
    let shared = "[words]\nim = ['im', 'i am']";
    let compile = |files: &[(&str, &str)]| {
        let mut compiled = Lists::from_sources(files).unwrap().compiled;
        compiled.version.clear();
        compiled
    };
    let files = [("phrases/a.toml", named.as_str()), ("words.toml", shared)];
    assert_eq!(compile(&files), compile(&[("phrases/a.toml", &written)]));
    let clash = rule("with = ['{im}']\n[words]\nim = ['a', 'b']");
    let problem = Lists::from_sources(&[("phrases/a.toml", &clash), ("words.toml", shared)]).unwrap_err();
    assert!(problem.to_string().contains("phrases/a.toml: words.im: is in words.toml too"), "{problem}");
}
