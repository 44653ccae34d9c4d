use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn vocabulary(lists: &[(u32, &[&str])]) -> Vocabulary {
    let mut words = BTreeMap::new();
    for (kind, list) in lists {
        list.iter().for_each(|word| *words.entry(*word).or_default() |= kind);
    }
    let vocabulary = Vocabulary::new(&words);
    assert!(vocabulary.is_sound());
    vocabulary
}

#[test]
fn whole_words_and_words_that_go_on() {
    let vocabulary = vocabulary(&[
        (kind::WHOLE, &["die", "killer"]),
        (kind::OPEN, &["kill", "kil"]),
        (kind::ENGLISH, &["kiln", "tea"]),
    ]);
    assert_eq!(vocabulary.ending("die"), Some(0));
    assert_eq!(vocabulary.ending("dies"), None);
    assert_eq!(vocabulary.ending("killing"), Some(3));
    assert_eq!(vocabulary.ending("killer"), Some(0));
    assert_eq!(vocabulary.ending("kilt"), Some(1));
    assert_eq!(vocabulary.ending("tea"), None);
    assert!(vocabulary.is_word("kiln") && vocabulary.is_word("die") && !vocabulary.is_word("kill"));
    for (letters, could) in [("die", true), ("killi", true), ("xyz", false), ("te", true), ("killersx", true)]
    {
        assert_eq!(vocabulary.could_begin(letters), could, "{letters}");
    }
}

#[test]
fn words_that_end_longer_ones() {
    let vocabulary = vocabulary(&[(kind::CLOSED, &["cide", "ide"]), (kind::WHOLE, &["side", "suicide"])]);
    let leads = |word: &str| -> Vec<&str> {
        vocabulary.leads(vocabulary.look(word), word).map(|id| vocabulary.word(id)).collect()
    };
    assert_eq!(leads("suicide"), ["suicide", "cide", "ide"]);
    assert_eq!(leads("fratricide"), ["cide", "ide"]);
    assert_eq!(leads("side"), ["side", "ide"]);
    assert_eq!(leads("ide"), ["ide"]);
    assert!(leads("sider").is_empty() && vocabulary.look("sider").strange);
}

#[test]
fn words_are_found_by_their_letters_in_any_order() {
    let vocabulary = vocabulary(&[(kind::WHOLE, &["listen", "silent", "die"]), (kind::OPEN, &["enlist"])]);
    let mut found: Vec<&str> =
        vocabulary.with_letters(letters(b"tinsel")).map(|id| vocabulary.word(id)).collect();
    found.sort_unstable();
    assert_eq!(found, ["listen", "silent"]);
    assert_eq!(vocabulary.with_letters(letters(b"ide")).count(), 0);
}

#[test]
fn damaged_tables_are_noticed_and_harmless() {
    let whole = vocabulary(&[(kind::WHOLE, &["die", "kill"])]);
    let damaged: &[fn(&mut Vocabulary)] = &[
        |it| it.slots.slots = Table::new([9; 4]).unwrap(),
        |it| it.jumbled.groups = Spans::new([1, 0, 1].into_iter()),
        |it| it.slots = Slots::default(),
        |it| it.above = Numbers::new(&[2, 1]),
        |it| it.kinds = Table::new([1]).unwrap(),
        |it| it.closed = Numbers::new(&[7]),
        |it| it.pieces = Spans::new([1].into_iter()),
        |it| it.jumbles = Table::new([0; 3]).unwrap(),
    ];
    for damage in damaged {
        let mut vocabulary = whole.clone();
        damage(&mut vocabulary);
        assert!(!vocabulary.is_sound());
        let _ = (vocabulary.number(b"kill"), vocabulary.look("killing"));
    }
}

proptest! {
    #[test]
    fn beginnings_are_those_that_a_search_through_all_finds(
        beginnings in prop::collection::vec("[abé]{3,5}", 0..12),
        word in "[abé]{0,7}",
    ) {
        let refs: Vec<&str> = beginnings.iter().map(String::as_str).collect();
        let mut all: Vec<&str> = refs.iter().filter(|known| word.starts_with(**known)).copied().collect();
        all.sort_by_key(|known| std::cmp::Reverse(known.len()));
        all.dedup();
        let vocabulary = vocabulary(&[(kind::OPEN, &refs)]);
        let found = vocabulary.leads(vocabulary.look(&word), &word);
        prop_assert_eq!(found.map(|id| vocabulary.word(id)).collect::<Vec<_>>(), all);
    }
}
