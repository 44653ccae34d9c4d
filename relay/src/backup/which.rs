//! Which tables go into which file, and which into none. A table that is not named here is part of the record and goes
//! into the data file.

/// Where a table's rows go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Into the data file, which may be kept for as long as anybody likes.
    Data,
    /// Into the keys file, of which only the newest is kept: what was destroyed is then gone from every backup.
    Keys,
    /// Into none.
    Nowhere,
}

/// What must be forgettable. Hashes of words are among it: whoever has the school's search key could try words against
/// those of a record whose own key is gone.
const KEYS: [&str; 3] = ["record_key", "sealing_key", "search_word"];

/// What is worth nothing after a restore, or should not outlive the moment: who is signed in, links that work once, and
/// what a sign-in that is under way remembers. Everybody signs in anew on a restored relay, and devices agree on new
/// sessions by themselves.
const NOWHERE: [&str; 7] = [
    "device_session",
    "known_browser",
    "one_time_link",
    "pending_proof",
    "session",
    "sign_in_try",
    "sso_journey",
];

/// What works at this relay alone, by its address and its own `secret.key`, and would only be in the way at another: people
/// set up their second factors there anew. And trials of lists, which are the relay's: what a school counted in one says nothing
/// where nobody proposed it.
const AT_HOME: [&str; 8] = [
    "passkey",
    "recovery_code",
    "shadow_batch",
    "shadow_trial",
    "shadow_visit",
    "sso_link",
    "sso_provider",
    "totp",
];

/// Where the rows of `table` go, when the backup `leaves` for another relay or stays with this one.
pub(super) fn place(table: &str, leaves: bool) -> Place {
    if leaves && AT_HOME.contains(&table) {
        Place::Nowhere
    } else if KEYS.contains(&table) {
        Place::Keys
    } else if NOWHERE.contains(&table) {
        Place::Nowhere
    } else {
        Place::Data
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_is_kept_keys_apart_and_sessions_not_at_all() {
        for leaves in [true, false] {
            assert_eq!(place("concern", leaves), Place::Data);
            assert_eq!(place("a_table_of_a_later_version", leaves), Place::Data);
            assert_eq!(place("record_key", leaves), Place::Keys);
            assert_eq!(place("session", leaves), Place::Nowhere);
            assert_eq!(place("device_session", leaves), Place::Nowhere);
        }
        assert_eq!(place("totp", true), Place::Nowhere);
        assert_eq!(place("totp", false), Place::Data);
    }
}
