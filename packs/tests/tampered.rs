//! Whether a pack that was changed, cut, put back or signed by somebody else is refused, and says why.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

use lapwing_core::pack::{Kind, Pack, PackError, PublicKey};
use lapwing_core::{Category, CategorySet, Sites};
use lapwing_packs::{Base, Map, PackKey, Plan, Rules, Says, pack};

const VERSION: u64 = 20_261_122;

fn key() -> PackKey {
    PackKey::from_seed(&[5; 32])
}

fn sites(line: &str, is_change: bool) -> Map {
    let mut rules = Rules::default();
    let says = Says { gives: CategorySet::only(Category::Gambling), ..Says::default() };
    rules.add(line, says).unwrap();
    let sources = ["a list".to_owned()];
    let rules = rules.finish();
    let on = is_change.then_some(Base { basis: 0, all: &rules });
    Map::new(Plan { rules: &rules, sources: &sources, known_good: &[], on }).unwrap()
}

fn small() -> Vec<u8> {
    let sites = sites("bet.example", false);
    pack(&key(), VERSION, None, &[(Kind::About, b"{}"), (Kind::Sites, &sites.bytes)])
}

fn open(bytes: Vec<u8>) -> Result<Pack, PackError> {
    Pack::open(bytes, &key().public(), VERSION)
}

#[test]
fn a_whole_pack_is_let_in_and_its_sections_are_where_they_were_put() {
    let bytes = small();
    let opened = open(bytes.clone()).unwrap();
    assert_eq!((opened.version(), opened.parent()), (VERSION, None));
    assert_eq!(opened.section(Kind::About), Some(&b"{}"[..]));
    assert_eq!(opened.section(Kind::Policy), None);
    assert_eq!(opened.bytes(), bytes);
    assert_eq!(opened.range(Kind::Sites).unwrap().end, bytes.len());
    let sites = Sites::new(opened).unwrap();
    assert!(sites.host("www.bet.example").contains(Category::Gambling));
}

#[test]
fn no_bit_can_be_changed_anywhere() {
    let bytes = small();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            let error = open(changed).unwrap_err().to_string();
            assert!(error.contains("pack"), "byte {at}, bit {bit}: {error}");
        }
    }
}

#[test]
fn nothing_can_be_cut_off_or_added() {
    let bytes = small();
    for length in 0..bytes.len() {
        let error = open(bytes[..length].to_vec()).unwrap_err();
        assert!(matches!(error, PackError::NotAPack | PackError::Length { .. }), "{length} bytes: {error}");
    }
    let longer = [&bytes[..], b"x"].concat();
    assert!(matches!(open(longer), Err(PackError::Length { said, have }) if said + 1 == have));
}

#[test]
fn an_older_pack_is_refused_and_the_same_can_be_read_again() {
    let error = Pack::open(small(), &key().public(), VERSION + 1).unwrap_err();
    assert_eq!(error, PackError::Old { version: VERSION, minimum: VERSION + 1 });
    assert!(error.to_string().contains("older pack"), "{error}");
    assert!(open(small()).is_ok());
}

#[test]
fn another_key_is_named_and_cannot_pass_for_the_trusted_one() {
    let other = PackKey::from_seed(&[6; 32]);
    let theirs = pack(&other, VERSION, None, &[(Kind::About, b"{}")]);
    let error = open(theirs.clone()).unwrap_err();
    assert_eq!(error, PackError::WrongKey { signer: other.public() });
    assert!(error.to_string().contains(&other.public().to_string()), "{error}");
    // The key that it names is part of what is signed.
    let mut disguised = theirs;
    disguised[64..96].copy_from_slice(&key().public().0);
    assert_eq!(open(disguised).unwrap_err(), PackError::Signature);
    // A key that is no point of the curve, or one of the few for which anything is a signature, lets nothing in.
    for weak in [[0; 32], [0xff; 32]] {
        let mut bytes = small();
        bytes[64..96].copy_from_slice(&weak);
        assert_eq!(Pack::open(bytes, &PublicKey(weak), 0).unwrap_err(), PackError::Signature);
    }
}

#[test]
fn sections_that_do_not_make_sense_are_refused_although_they_are_signed() {
    let twice = pack(&key(), VERSION, None, &[(Kind::About, b"{}"), (Kind::About, b"[]")]);
    assert!(matches!(open(twice), Err(PackError::Header(_))));
    let nonsense = open(pack(&key(), VERSION, None, &[(Kind::Sites, b"LWS\x01")])).unwrap();
    assert!(matches!(Sites::new(nonsense), Err(PackError::Unusable { .. })));
    let nothing = open(pack(&key(), VERSION, None, &[])).unwrap();
    assert!(matches!(Sites::new(nothing), Err(PackError::Missing { section: Kind::Sites })));
}

#[test]
fn changes_lie_only_on_the_pack_that_they_were_made_for() {
    let base = open(small()).unwrap();
    let digest = *base.digest();
    let mut stack = Sites::new(base).unwrap();
    let change = |version, parent| {
        let sites = sites("new.example", true);
        open(pack(&key(), version, Some(parent), &[(Kind::Sites, &sites.bytes)])).unwrap()
    };
    assert!(matches!(Sites::new(change(VERSION + 1, digest)), Err(PackError::Parent)));
    assert!(matches!(stack.lay(change(VERSION + 1, [9; 32])), Err(PackError::Parent)));
    assert!(matches!(stack.lay(change(VERSION, digest)), Err(PackError::Old { .. })));
    let first = change(VERSION + 1, digest);
    let mut parent = *first.digest();
    stack.lay(first).unwrap();
    assert!(stack.host("new.example").contains(Category::Gambling));
    assert!(stack.host("bet.example").contains(Category::Gambling));
    assert_eq!(stack.version(), VERSION + 1);
    for number in 2..=lapwing_core::MOST_CHANGES as u64 {
        let next = change(VERSION + number, parent);
        parent = *next.digest();
        stack.lay(next).unwrap();
    }
    assert!(matches!(stack.lay(change(VERSION + 99, parent)), Err(PackError::Deep(_))));
}

#[test]
fn a_public_key_survives_being_written_down() {
    let public = key().public();
    assert_eq!(public.to_string().parse(), Ok(public));
    assert_eq!(format!(" {public}\n").parse(), Ok(public));
    assert!("short".parse::<PublicKey>().unwrap_err().contains("44"));
}
