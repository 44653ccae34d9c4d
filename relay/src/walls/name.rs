//! How an adult who is named is recognised among the accounts: by the folded name, of which only a keyed hash is kept.
//! The match is exact. “Mrs Okafor” in a concern finds the account “Mrs OKAFOR” and not “Amaka Okafor”: the form offers
//! the names of the accounts so that the right one is written, and a safeguarding lead can name an account later.

use crate::app::App;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// What stands before a name and is no part of it.
const TITLES: &[&str] =
    &["mr", "mrs", "miss", "ms", "mx", "dr", "prof", "professor", "rev", "revd", "sir", "dame", "fr", "sr"];

/// The keyed hash of a name within `school`; empty when nothing of the name is left.
pub(crate) fn name_key(app: &App, school: &str, name: &str) -> String {
    let folded = fold(name);
    if folded.is_empty() { folded } else { app.secrets.name_key(school, &folded) }
}

/// Lower case, without accents, punctuation and titles, one space between words.
fn fold(name: &str) -> String {
    let plain: String = name
        .nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        // An apostrophe or a full stop joins what it stands between: O’Neill is oneill, J.P. is jp.
        .filter(|c| !matches!(c, '\'' | '’' | '‘' | '.'))
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    let titles = words.iter().take_while(|word| TITLES.contains(word)).count();
    // Somebody may be called Miss and nothing else.
    let from = if titles == words.len() { 0 } else { titles };
    words.get(from..).unwrap_or_default().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_person_written_differently_is_the_same() {
        for name in ["Mrs Okafor", "OKAFOR", " mrs.  okafor ", "Okafor", "Ｏｋａｆｏｒ"] {
            assert_eq!(fold(name), "okafor", "{name}");
        }
        assert_eq!(fold("Dr Siân O’Neill-Rees"), "sian oneill rees");
        assert_eq!(fold("Sian O'Neill Rees"), "sian oneill rees");
    }

    #[test]
    fn different_people_stay_different() {
        assert_ne!(fold("Mr T Bell"), fold("Mr Bell"));
        assert_ne!(fold("Tom Bell"), fold("Tom Bells"));
        assert_eq!(fold("Miss"), "miss");
        assert_eq!(fold(" -- "), "");
    }
}
