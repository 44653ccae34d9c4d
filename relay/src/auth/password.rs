//! Passwords: which are good enough, and how they are kept (Argon2id). Length is what counts; nobody is made to add a
//! digit or a sign (NCSC; ASVS 5.0, 6.2.1 to 6.2.11). What anybody would try first is refused: the commonest passwords
//! that are long enough, what words, patterns and dates can be guessed (zxcvbn), and what others know about the person.
//! Who may set whose password is decided in `web::join` and `web::account`.

use crate::error::Error;
use crate::random::{self, Random};
use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use std::collections::HashSet;
use std::sync::{Arc, LazyLock};
use tokio::sync::Semaphore;

/// Fewest characters of a password.
pub(crate) const SHORTEST: usize = 12;
/// Most characters: more would only cost time.
pub(crate) const LONGEST: usize = 256;

/// The words that most leaked passwords are made of, and what schools put in theirs.
const COMMON: &str = include_str!("common.txt");

/// The 3,500 commonest passwords of twelve characters or more, the commonest first: from Mark Burnett’s ten million
/// passwords (public domain), by way of SecLists (MIT). ASVS 5.0, 6.2.4 asks for the top 3,000 that meet the policy.
const COMMON_LONG: &str = include_str!("common_long.txt");

/// zxcvbn’s score that a password must have: 3 of 4, more than a hundred million guesses for somebody who knows how
/// people choose.
const SCORE: zxcvbn::Score = zxcvbn::Score::Three;

/// How many passwords are hashed at once: each takes 19 MiB and a whole core for a moment.
const AT_ONCE: usize = 4;

/// Why a password will not do, in words for the person who chose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Weak {
    /// Too short.
    #[error(
        "Use at least 12 characters. Three or four words that do not belong together are easy to remember"
    )]
    Short,
    /// Too long.
    #[error("Use at most 256 characters")]
    Long,
    /// On the list of common ones, or one of those with digits around it.
    #[error("This password is one of the first that anybody would try. Choose another")]
    Common,
    /// A run of keys, or the same few characters again and again.
    #[error("This password is a pattern that is easy to guess. Choose another")]
    Pattern,
    /// Words, names, dates and patterns in an order that programs try.
    #[error("This password can be guessed. Use three or four words that do not belong together")]
    Guessable,
    /// Made of what others know.
    #[error("Choose a password without your name, your e-mail address or the name of your school in it")]
    Personal,
}

/// Whether `password` will do for somebody of whom `known` is known: e-mail address, own name, school's name.
pub(crate) fn check(password: &str, known: &[&str]) -> Result<(), Weak> {
    let lower = password.to_lowercase();
    let length = lower.chars().count();
    if length < SHORTEST {
        return Err(Weak::Short);
    }
    if length > LONGEST {
        return Err(Weak::Long);
    }
    let letters: String = lower.chars().filter(|c| c.is_alphabetic()).collect();
    if COMMON.lines().any(|word| !word.is_empty() && (word == lower || only_made_of(&letters, word))) {
        return Err(Weak::Common);
    }
    if is_pattern(&lower) {
        return Err(Weak::Pattern);
    }
    static LONG: LazyLock<HashSet<&str>> = LazyLock::new(|| COMMON_LONG.lines().collect());
    if LONG.contains(lower.as_str()) {
        return Err(Weak::Common);
    }
    if known.iter().flat_map(|text| telling_words(text)).any(|word| lower.contains(&word)) {
        return Err(Weak::Personal);
    }
    if zxcvbn::zxcvbn(&lower, known).score() < SCORE {
        return Err(Weak::Guessable);
    }
    Ok(())
}

/// “passwordpassword” and “letmein” once the digits are gone.
fn only_made_of(letters: &str, word: &str) -> bool {
    !letters.is_empty() && letters.replace(word, "").is_empty()
}

/// Few different characters, or mostly steps to a neighbour: “aaaabbbbcccc”, “123456789012”, “poiuytrewq12”.
fn is_pattern(lower: &str) -> bool {
    const ROWS: [&str; 4] = ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"];
    let chars: Vec<char> = lower.chars().collect();
    let mut different = chars.clone();
    different.sort_unstable();
    different.dedup();
    let near = |a: char, b: char| {
        let step = |row: &str| Some(row.find(a)?.abs_diff(row.find(b)?) <= 1);
        a == b || u32::from(a).abs_diff(u32::from(b)) == 1 || ROWS.iter().any(|row| step(row) == Some(true))
    };
    let steps = chars.windows(2).filter(|pair| near(pair[0], pair[1])).count();
    different.len() <= 4 || steps * 4 >= chars.len() * 3
}

/// The words of a name or an address that others could guess, from five letters on.
fn telling_words(text: &str) -> impl Iterator<Item = String> {
    const COMMONPLACE: [&str; 8] =
        ["school", "academy", "college", "primary", "secondary", "grammar", "trust", "church"];
    text.to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() >= 5 && !COMMONPLACE.contains(word))
        .map(str::to_owned)
        .collect::<Vec<_>>()
        .into_iter()
}

/// Hashes and verifies passwords, a few at once, away from the threads that answer requests.
#[derive(Debug, Clone)]
pub(crate) struct Passwords(Arc<Semaphore>);

impl Default for Passwords {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Passwords {
    /// The hash of a new password, in PHC form.
    pub(crate) async fn hash(&self, password: &str, random: &dyn Random) -> Result<String, Error> {
        let salt = random::bytes::<16>(random)?;
        let password = password.to_owned();
        self.work(move || {
            Argon2::default()
                .hash_password_with_salt(password.as_bytes(), &salt)
                .map(|hash| hash.to_string())
                .map_err(Error::internal)
        })
        .await?
    }

    /// Whether `password` is the one that was hashed. It takes as long when there is no hash, so that the answer's
    /// time does not tell which e-mail addresses have an account.
    pub(crate) async fn verify(&self, password: &str, hash: Option<String>) -> Result<bool, Error> {
        if password.chars().count() > LONGEST {
            return Ok(false);
        }
        let password = password.to_owned();
        self.work(move || match hash {
            Some(hash) => Argon2::default().verify_password(password.as_bytes(), hash.as_str()).is_ok(),
            None => {
                let spent = Argon2::default().hash_password_with_salt(password.as_bytes(), &[0; 16]);
                std::hint::black_box(spent.is_ok());
                false
            }
        })
        .await
    }

    async fn work<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let _turn = self.0.acquire().await.map_err(Error::internal)?;
        tokio::task::spawn_blocking(job).await.map_err(Error::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    const KNOWN: &[&str] = &["r.okafor@oakfield.example", "Rachel Okafor", "Oakfield School"];

    #[test]
    fn ordinary_good_passwords_are_taken() {
        for good in
            ["otter violet kettle drum", "mae hi'n bwrw glaw", "Purple-Teapot-91", "school run by bike"]
        {
            assert_eq!(check(good, KNOWN), Ok(()), "{good}");
        }
    }

    #[test]
    fn poor_passwords_are_refused_with_the_reason() {
        for (poor, why) in [
            ("short", Weak::Short),
            ("eleven char", Weak::Short),
            ("password1234", Weak::Common),
            ("PasswordPassword", Weak::Common),
            ("letmein!!2026", Weak::Common),
            ("safeguarding1", Weak::Common),
            ("123456789012", Weak::Pattern),
            ("poiuytrewq12", Weak::Pattern),
            ("aaaaaaaaaaaab", Weak::Pattern),
            ("mrs okafor rules", Weak::Personal),
            ("i work at oakfield", Weak::Personal),
        ] {
            assert_eq!(check(poor, KNOWN), Err(why), "{poor}");
        }
        assert_eq!(check(&"xyzuv ".repeat(60), KNOWN), Err(Weak::Long));
    }

    #[test]
    fn the_commonest_long_passwords_are_all_refused() {
        let mut count = 0;
        for common in COMMON_LONG.lines() {
            assert!(common.chars().count() >= SHORTEST, "{common} is no password of this policy");
            assert!(check(common, KNOWN).is_err(), "{common}");
            count += 1;
        }
        assert!(count >= 3_000, "{count}");
        assert_eq!(check("Q1W2E3R4T5Y6", KNOWN), Err(Weak::Common), "in any case");
    }

    #[test]
    fn what_can_be_guessed_is_refused() {
        for poor in ["monkeydragon1", "JenniferMichael"] {
            assert_eq!(check(poor, KNOWN), Err(Weak::Guessable), "{poor}");
        }
    }

    #[tokio::test]
    async fn a_password_opens_only_its_own_hash() {
        let passwords = Passwords::default();
        let random = SystemRandom::default();
        let hash = passwords.hash("correct horse battery", &random).await.unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert_ne!(hash, passwords.hash("correct horse battery", &random).await.unwrap(), "salted");
        assert!(passwords.verify("correct horse battery", Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("correct horse batterz", Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("correct horse battery", None).await.unwrap());
        assert!(!passwords.verify(&"x".repeat(100_000), Some(hash)).await.unwrap());
    }
}
