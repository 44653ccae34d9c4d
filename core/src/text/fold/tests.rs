use super::*;
use proptest::prelude::*;

fn fold(text: &str) -> String {
    Folded::new(text).words()
}

#[test]
fn one_form_for_many_spellings() {
    for text in [
        "Don't KILL me",
        "don’t kill me",
        "dont, kill -- me",
        "ｄｏｎｔ ｋｉｌｌ ｍｅ",
        "𝖉𝖔𝖓𝖙 𝕜𝕚𝕝𝕝 𝓶𝓮",
        "dóñt kïll mé",
        "d\u{200b}ont k\u{ad}ill\u{202e} me",
        "dоnt kіll mе",
        "ᴅᴏɴᴛ ᴋɪʟʟ ᴍᴇ",
        "ⓓⓞⓝⓣ 🅚🅘🅛🅛 🅼🅴",
        "dont\u{a0}kill_me",
        "d̴o̷n̶t̸ k̵i̴l̷l̸ m̴e̵",
    ] {
        assert_eq!(fold(text), "dont kill me", "{text}");
    }
}

#[test]
fn words_stay_apart() {
    assert_eq!(fold("skill ed, therapist; as-sign"), "skill ed therapist as sign");
    assert_eq!(fold("'quoted' words’ end"), "quoted words end");
}

#[test]
fn other_scripts_keep_their_vowels_and_pictures_are_words() {
    assert_eq!(fold("मदद چاہیے"), "मदद چاہیے");
    assert_eq!(fold("see🔪you👋🏽"), "see 🔪 you 👋");
    assert_eq!(fold("Ŵy i eisiau marŵ"), "wy i eisiau marw");
}

#[test]
fn every_word_knows_where_it_came_from() {
    let text = "Ça, “DÉJÀ” vu";
    let folded = Folded::new(text);
    let origins: Vec<&str> =
        folded.tokens.iter().filter_map(|token| text.get(token.origin.clone())).collect();
    assert_eq!(origins, ["Ça", "DÉJÀ", "vu"]);
}

#[test]
fn sentences_end_at_stops_and_lines_but_not_inside_words_or_trailing_dots() {
    let count = |text| Folded::new(text).sentences.len();
    assert_eq!(count("One. Two! Three?\nFour"), 4);
    assert_eq!(count("He said “no.” Then left."), 2);
    assert_eq!(count("k.i.l.l costs 3.50 at example.org"), 1);
    assert_eq!(count("i want... to go… home"), 1);
    assert_eq!(count("what?!?! no"), 2);
    assert_eq!(count("... !!! \n\n"), 0);
}

#[test]
fn single_separators_and_oddness_are_kept_for_repair() {
    let folded = Folded::new("k.i l  l k1ll nooo");
    let separators: Vec<_> = folded.tokens.iter().map(|t| t.separator).collect();
    assert_eq!(separators, [None, Some('.'), Some(' '), None, Some(' '), Some(' ')]);
    let odd: Vec<_> = folded.tokens.iter().map(|t| t.odd).collect();
    assert_eq!(odd, [false, false, false, false, true, true]);
}

/// Every character there is, because a property test meets the odd one in a million years or on the day of a release.
#[test]
fn every_character_folded_twice_is_as_folded_once() {
    for c in (0..=0x0010_FFFF).filter_map(char::from_u32) {
        for text in [c.to_string(), format!("a{c}1")] {
            let once = Folded::new(&text).words();
            assert_eq!(Folded::new(&once).words(), once, "{c:?} (U+{:04X}) in {text:?}", u32::from(c));
        }
    }
}

proptest! {
    #[test]
    fn folding_twice_changes_nothing(text in "\\PC{0,60}") {
        let once = Folded::new(&text).words();
        prop_assert_eq!(&Folded::new(&once).words(), &once);
    }

    #[test]
    fn offsets_are_character_edges_in_order_inside_the_text(text in any::<String>()) {
        let folded = Folded::new(&text);
        let mut last = 0;
        for token in &folded.tokens {
            prop_assert!(text.get(token.origin.clone()).is_some_and(|part| !part.is_empty()));
            prop_assert!(last <= token.origin.start);
            // A character that comes apart into several words gives them all the same origin.
            last = token.origin.start;
            let sentence = folded.sentences.get(token.sentence).cloned();
            prop_assert!(sentence.is_some_and(|s| s.start <= token.origin.start && token.origin.end <= s.end));
            prop_assert!(!folded.word(token).is_empty());
        }
    }
}

proptest! {
    // Plain words are read many letters at once; one with an invisible character after its first is read letter by letter.
    #[test]
    fn whole_words_are_read_like_any_other(
        text in "(([a-cA-C]{0,4}|[abA]{5,18}|a{1,4}b{1,9}|[a-c0-1]{0,4})[ .!?'\"@$#,\n\t\u{e9}\u{200b}]{0,2}){0,20}",
    ) {
        let mut slow = String::new();
        let mut before = ' ';
        for c in text.chars() {
            slow.push(c);
            if c.is_ascii_alphanumeric() && !before.is_ascii_alphanumeric() {
                slow.push('\u{200b}');
            }
            before = c;
        }
        let [read, like_any_other] = [Folded::new(&text), Folded::new(&slow)];
        prop_assert_eq!(read.words(), like_any_other.words());
        // Only where the words lie is different.
        let lies = |token: &Token| Token { word: 0..0, origin: 0..0, ..token.clone() };
        let tokens = |folded: &Folded| folded.tokens.iter().map(lies).collect::<Vec<Token>>();
        prop_assert_eq!(tokens(&read), tokens(&like_any_other));
        let origins = |folded: &Folded, text: &str| -> Vec<String> {
            let typed = |token: &Token| text.get(token.origin.clone()).unwrap_or_default().replace('\u{200b}', "");
            folded.tokens.iter().map(typed).collect()
        };
        prop_assert_eq!(origins(&read, &text), origins(&like_any_other, &slow));
        prop_assert_eq!((read.sentences.len(), read.hints), (like_any_other.sentences.len(), like_any_other.hints));
    }

    #[test]
    fn a_text_in_the_room_of_another_is_as_in_its_own(texts in prop::collection::vec("[a-c1 .'é\"]{0,30}", 1..4)) {
        let mut room = Folded::default();
        for text in &texts {
            room = room.again(text);
            prop_assert_eq!(&room, &Folded::new(text));
        }
    }
}
