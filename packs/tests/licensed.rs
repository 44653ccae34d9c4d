//! The licensed lists of unlawful content, with stand-in data: built, asked as a device asks, and shown nowhere.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use lapwing_core::pack::{Kind, Pack};
use lapwing_core::school::{Decider, Effect, Exception, Member, SchoolPolicy, Whom};
use lapwing_core::{Action, Audience, Category, Engine, Entry, Frame, Lists, Policy, Sites, Visit};
use lapwing_packs::{Build, Delta, PackKey};
use sha2::{Digest as _, Sha256};
use std::path::Path;
use std::sync::Arc;

const IWF: &str = "# made up\nhttps://www.stand-in-one.example/Gallery/5\nstand-in-two.example/view?id=7\nco.uk\nnot an address\n";

/// Of an address, as whoever gives out hashes makes it.
fn hashed() -> String {
    let hex: String =
        Sha256::digest("stand-in-three.example").iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}\nsha256:12\n")
}

fn key() -> PackKey {
    PackKey::from_seed(&[5; 32])
}

/// Builds a pack of these sources in a folder; gives what is told of it, and its bytes.
fn built(folder: &Path, version: u64, sources: &[&str]) -> (String, Vec<u8>) {
    let out = folder.join(format!("{version}.pack"));
    let specs = sources.iter().map(|text| text.replace('@', &folder.display().to_string()).parse().unwrap());
    let build = Build { sources: specs.collect(), version, out: out.clone(), ..Build::default() };
    (build.run(&key()).unwrap().to_string(), std::fs::read(out).unwrap())
}

fn open(bytes: &[u8]) -> Pack {
    Pack::open(bytes.to_vec(), &key().public(), 0).unwrap()
}

fn engine(sites: Sites, policy: Policy) -> Engine {
    Engine::new(Lists::starter().unwrap(), policy).unwrap().with_sites(Arc::new(sites))
}

/// Under a policy that opens everything it can: unlawful or not.
fn is_unlawful(engine: &Engine, url: &str) -> bool {
    let found = [Frame::Main, Frame::Sub].map(|frame| engine.check_url(&Visit { url, frame }));
    let unlawful = found.iter().all(|found| found.verdict.categories == [Category::Illegal]);
    for found in found.iter().filter(|_| unlawful) {
        assert_eq!((found.verdict.action, found.verdict.alert), (Action::Block, true), "{url}");
        let told = format!("{found:?}");
        assert!(!told.contains("stand-in"), "nothing says which address it was: {told}");
    }
    // What a page fetches is asked about by itself, not for an address inside it.
    assert_eq!(engine.is_unlawful(url), unlawful && !url.contains("translate"), "{url}");
    unlawful
}

/// A policy that opens every one of these hosts for everybody, by an exception and by device management.
fn opening() -> Policy {
    let hosts = ["stand-in-one.example", "stand-in-two.example", "stand-in-three.example"];
    let mut managed = Policy::school_default(Audience::Staff);
    managed.allowed_sites = hosts.iter().map(|host| Entry::parse(host).unwrap()).collect();
    managed.never_read_sites = managed.allowed_sites.clone();
    for category in Category::ALL.iter().filter(|category| **category != Category::Canary) {
        let refused = managed.set_site_action(*category, Action::Allow).is_err();
        assert!(refused || *category != Category::Illegal);
    }
    let exceptions = hosts.iter().map(|host| Exception {
        id: (*host).to_owned(),
        site: Entry::parse(host).unwrap(),
        effect: Effect::Allow,
        whom: Whom::Everyone,
        until: None,
        by: Decider::Safeguarding,
        reason: String::new(),
        owner: String::new(),
        added: 0,
    });
    let school = SchoolPolicy { exceptions: exceptions.collect(), ..SchoolPolicy::default() };
    school.compile(&managed, &Member { audience: Audience::Staff, groups: &[], account: "" }, 0).policy
}

#[test]
fn addresses_of_licensed_lists_are_stopped_whatever_a_policy_says_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("iwf.txt"), IWF).unwrap();
    std::fs::write(folder.path().join("ctiru.txt"), hashed()).unwrap();
    let (_, bytes) = built(folder.path(), 1, &["iwf=@/iwf.txt", "ctiru=@/ctiru.txt"]);
    let engine = engine(Sites::new(open(&bytes)).unwrap(), opening());
    for url in [
        "https://stand-in-one.example/gallery/5",
        "http://WWW.stand-in-one.example:8080//gallery/./%35/picture.jpg?size=1",
        "https://user@stand-in-two.example/view?id=7#top",
        "https://deep.stand-in-three.example/any",
        "wss://stand-in-three.example./socket",
        "https://translate.google.com/translate?u=https%3A%2F%2Fstand-in-one.example%2Fgallery%2F5",
    ] {
        assert!(is_unlawful(&engine, url), "{url}");
    }
    for url in [
        "https://stand-in-one.example/",
        "https://stand-in-one.example/gallery/55",
        "https://other.stand-in-one.example/gallery/5",
        "https://stand-in-two.example/view?id=8",
        "https://stand-in-two.example/view",
        "https://bbc.co.uk/",
    ] {
        assert!(!is_unlawful(&engine, url), "{url}");
    }
    // They are in no rule that a browser would write down in clear.
    assert!(engine.stops().iter().all(|stop| !stop.entry.to_string().contains("stand-in") || !stop.stops));
}

#[test]
fn what_is_told_of_a_build_and_what_is_in_the_pack_shows_no_address() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("iwf.txt"), IWF).unwrap();
    let (told, bytes) = built(folder.path(), 1, &["iwf=@/iwf.txt"]);
    assert!(told.contains("Internet Watch Foundation URL list: 4 lines, 2 rules"), "{told}");
    assert!(told.contains("iwf.txt:4: (not shown)") && told.contains("iwf.txt:5: (not shown)"), "{told}");
    let shown = format!("{told}{}", String::from_utf8_lossy(&bytes));
    for secret in ["stand-in", "gallery", "not an address"] {
        assert!(!shown.contains(secret), "{secret}");
    }
    let about = open(&bytes).section(Kind::About).map(|about| String::from_utf8_lossy(about).into_owned());
    assert!(about.unwrap().contains(r#""slot":"iwf""#));
}

#[test]
fn a_change_without_them_keeps_the_lists_and_one_with_them_replaces_them() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("iwf.txt", "stand-in-one.example/a\n");
    write("iwf2.txt", "stand-in-two.example/b\n");
    write("bets.txt", "bet.example\n");
    write("more.txt", "bet.example\nmore.example\n");
    let (_, bytes) = built(folder.path(), 1, &["plain:gambling=@/bets.txt", "iwf=@/iwf.txt"]);
    let laid = |new: &[&str]| {
        let spec = |text: &&str| text.replace('@', &folder.path().display().to_string()).parse().unwrap();
        let out = folder.path().join("change.pack");
        let delta = Delta {
            from: folder.path().join("1.pack"),
            old: vec![spec(&"plain:gambling=@/bets.txt")],
            new: new.iter().map(spec).collect(),
            version: 2,
            out: out.clone(),
            ..Delta::default()
        };
        delta.run(&key()).unwrap();
        let mut sites = Sites::new(open(&bytes)).unwrap();
        sites.lay(open(&std::fs::read(out).unwrap())).unwrap();
        let engine = engine(sites, Policy::school_default(Audience::Year(9)));
        let unlawful = |url: &str| engine.is_unlawful(url);
        (unlawful("https://stand-in-one.example/a"), unlawful("https://stand-in-two.example/b"))
    };
    assert_eq!(laid(&["plain:gambling=@/more.txt"]), (true, false));
    assert_eq!(laid(&["plain:gambling=@/more.txt", "iwf=@/iwf2.txt"]), (false, true));
}
