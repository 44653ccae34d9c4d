//! Ordinary English words, from `lists/english.txt`, and how ordinary they are.
//!
//! They tell a typing error from a word, and where one word ends in letters run together. The list has words as a
//! dictionary has them; the regular forms are made here.

use std::collections::BTreeSet;

/// The project's own list.
const LIST: &str = include_str!("../../lists/english.txt");

/// Words of nearly every sentence.
pub(crate) const EVERYWHERE: &str = "\
    a about all am an and any are as at be because but by can cant do dont for from get go going had has \
    have he her him his how i if im in is it its just know like me my no not now of off on one or our out \
    she so some that the their them then there they this time to too u up ur us was we were what when where \
    who why will with would you your";

/// Words of many sentences on any subject.
pub(crate) const COMMON: &str = "\
    after again alive always another anyone anything away back bad bc been before being best better big \
    boy boys call called came cause come comes coming cos could dad day days did didnt does doesnt doing \
    done down each else even ever every everyone everything face feel feeling feels few find first forever \
    friend friends game gave getting girl girls give given gives giving gonna good got great guy guys hand \
    happen hard hate head hello help here hes home house id ill into isnt ive keep keeps kids kind last \
    leave left let life little live lol long look looking lot love made make makes making man many may \
    maybe mean might more most much mum mums must myself name need never new next nice night nobody \
    nothing okay old only other over own parents people person phone place play please pls pretty put real \
    really right rn said same saw say saying says school see seen send shes should show since someone \
    something soon sorry start stay still stop stuff such sure take talk talking tell than thank thanks \
    thats theres theyre thing things think thinking those thought three through till today told tomorrow \
    tonight took tried true try trying turn two under until use used using very wait walk wanna want \
    wanted wants way week well went whats which while whole without woman women wont word words work \
    working world write wrong yeah year years yes yet youre yourself";

/// Every form of every word of the list.
pub(crate) fn words() -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let mut forms: fn(&str, &mut dyn FnMut(String)) = |_, _| {};
    let lines = LIST.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    for line in lines {
        match line {
            "[word]" => forms = |_, _| {},
            "[verb]" => forms = verb,
            "[double]" => forms = double,
            "[noun]" => forms = |word, add| add(with_s(word)),
            "[adjective]" => forms = adjective,
            _ => {
                // A hyphen is a space to the fold, so its parts are words.
                for word in line.split([' ', '-']) {
                    forms(word, &mut |form| {
                        words.insert(form);
                    });
                    words.insert(word.to_owned());
                }
            }
        }
    }
    words.extend([EVERYWHERE, COMMON].iter().flat_map(|list| list.split_whitespace()).map(str::to_owned));
    words
}

fn is_vowel(c: char) -> bool {
    matches!(c, 'a' | 'e' | 'i' | 'o' | 'u')
}

/// A word without its last letter, if that is `end`; and whether a consonant stands before it.
fn without(word: &str, end: char) -> Option<(&str, bool)> {
    let stem = word.strip_suffix(end)?;
    Some((stem, stem.chars().next_back().is_some_and(|c| !is_vowel(c))))
}

fn with_s(word: &str) -> String {
    match without(word, 'y') {
        Some((stem, true)) => format!("{stem}ies"),
        _ if ["s", "x", "z", "ch", "sh"].iter().any(|end| word.ends_with(end)) => format!("{word}es"),
        _ => format!("{word}s"),
    }
}

/// `-ed` or `-er`: `carry` and `bake` change before it.
fn with_e(word: &str, end: char) -> String {
    match (without(word, 'y'), without(word, 'e')) {
        (Some((stem, true)), _) => format!("{stem}ie{end}"),
        (_, Some((stem, _))) => format!("{stem}e{end}"),
        _ => format!("{word}e{end}"),
    }
}

fn verb(word: &str, add: &mut dyn FnMut(String)) {
    add(with_s(word));
    add(with_e(word, 'd'));
    add(with_e(word, 'r'));
    add(with_s(&with_e(word, 'r')));
    match without(word, 'e') {
        Some((stem, _)) if !word.ends_with("ee") => add(format!("{stem}ing")),
        _ => add(format!("{word}ing")),
    }
}

fn double(word: &str, add: &mut dyn FnMut(String)) {
    add(with_s(word));
    let last = word.chars().next_back().unwrap_or_default();
    ["ed", "ing", "er", "ers"].iter().for_each(|end| add(format!("{word}{last}{end}")));
}

fn adjective(word: &str, add: &mut dyn FnMut(String)) {
    add(with_e(word, 'r'));
    add(format!("{}st", with_e(word, 'r').trim_end_matches('r')));
    match without(word, 'y') {
        Some((stem, true)) => ["ily", "iness"].iter().for_each(|end| add(format!("{stem}{end}"))),
        _ => ["ly", "ness"].iter().for_each(|end| add(format!("{word}{end}"))),
    }
    if let Some(stem) = word.strip_suffix("le") {
        add(format!("{stem}ly"));
    }
    if word.ends_with("ic") {
        add(format!("{word}ally"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regular_forms_are_made() {
        let words = words();
        for word in [
            "nowhere",
            "walked",
            "walker",
            "baking",
            "baked",
            "carries",
            "carried",
            "agreeing",
            "stopped",
            "planning",
            "churches",
            "parties",
            "keys",
            "happier",
            "happiest",
            "happily",
            "happiness",
            "gently",
            "basically",
            "am",
        ] {
            assert!(words.contains(word), "{word}");
        }
        for word in ["bakeing", "carryed", "stoped", "sucide", ""] {
            assert!(!words.contains(word), "{word}");
        }
        assert!(words.iter().all(|word| word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())));
    }
}
