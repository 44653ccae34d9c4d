use super::*;
use crate::lists::Lists;

fn vocabulary(phrases: &str) -> Vocabulary {
    let file = format!(
        "category = 'violence_weapons'\nsource = 's'\nreviewed = '2026-11-22'\n[[rule]]\nid = 'a'\nany = [{phrases}]\n\
         severity = 'high'\nwhy = 'w'"
    );
    let compiled = Lists::from_sources(&[("phrases/a.toml", &file)]).unwrap().into_compiled();
    Vocabulary::new(compiled.words, &compiled.pool)
}

fn repaired(text: &str) -> String {
    let vocabulary =
        vocabulary("'kill* myself', 'suicide', 'i want to die', 'all', 'ass', 'i', 'sos', 'kys'");
    repair(Folded::new(text), text, &vocabulary).text.trim().to_owned()
}

#[test]
fn disguised_words_that_rules_know_are_read() {
    for text in
        ["k1ll myself", "ki11 mys3lf", "k!ll my$elf", "kiiiiill myseeelf", "K I L L myself", "k.i.l.l myself"]
    {
        assert_eq!(repaired(text), "kill myself", "{text}");
    }
    assert_eq!(repaired("$u1c1d3"), "suicide");
    assert_eq!(repaired("k.y.s"), "kys");
    assert_eq!(repaired("k i l l m y s e l f"), "kill myself");
    assert_eq!(repaired("i-w-a-n-t-t-o-d-i-e"), "i want to die");
    assert_eq!(repaired("x s u i c i d e y"), "x suicide y");
    assert_eq!(repaired("killlling"), "killlling");
}

#[test]
fn ordinary_odd_words_stay_as_they_are() {
    for text in ["mp3 4k b4 gr8 2nite", "the a55 in the 50s", "a b c d e", "x y z", "sooooo cool", "i a m"] {
        assert_eq!(repaired(text), text);
    }
    assert_eq!(repaired("bob@all.example hi!all"), "bob all example hi all");
}

#[test]
fn a_repaired_word_covers_what_was_typed() {
    let text = "so $u1c1d3 k-i-l-l";
    let folded = repair(Folded::new(text), text, &vocabulary("'suicide', 'kill'"));
    let origins: Vec<&str> =
        folded.tokens.iter().filter_map(|token| text.get(token.origin.clone())).collect();
    assert_eq!(origins, ["so", "$u1c1d3", "k-i-l-l"]);
}

#[test]
fn long_runs_and_long_words_take_a_short_time() {
    // Far more readings and splits than are ever tried; without the limits this would not end.
    let letters = "k ".repeat(20_000);
    let digits = format!("{} {}", "1a".repeat(20), "1a".repeat(20_000));
    for text in [&letters, &digits, &"a!".repeat(20_000), &"a1!".repeat(5_000)] {
        assert!(!repair(Folded::new(text), text, &vocabulary("'kill'")).tokens.is_empty());
    }
}
