//! Recovery codes: ten, shown once, each good once, for whoever lost their phone or key. Only their hashes are kept; a
//! code has 120 random bits, more than the 112 from which a fast hash will do (ASVS 5.0, 6.5.2).

use crate::app::App;
use crate::db::{Tx, factors};
use crate::error::Error;
use crate::random;

/// How many there are.
pub(crate) const CODES: usize = 10;
/// Letters and digits without those that look alike: 32, so that five bits are one character.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
/// Characters of a code: 120 bits.
const LENGTH: usize = 24;

/// Gives the account new codes as part of `tx`; those of before open nothing any more.
pub(crate) async fn renew(tx: &mut Tx, app: &App, account: &str) -> Result<Vec<String>, Error> {
    let mut codes = Vec::with_capacity(CODES);
    for _ in 0..CODES {
        let bytes = random::bytes::<LENGTH>(app.random.as_ref())?;
        let letters: Vec<char> = bytes
            .iter()
            .filter_map(|byte| ALPHABET.get(usize::from(byte % 32)))
            .map(|&c| char::from(c))
            .collect();
        codes.push(
            letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join("-"),
        );
    }
    let hashes: Vec<String> = codes.iter().map(|code| hash(app, account, code)).collect();
    factors::set_codes(tx, account, &hashes).await?;
    Ok(codes)
}

/// Whether `code` is one of the account's that has not been used; it then is.
pub(crate) async fn verify(tx: &mut Tx, app: &App, account: &str, code: &str) -> Result<bool, Error> {
    factors::use_code(tx, account, &hash(app, account, code), app.now()).await
}

/// The hash of a code as a person types it: with or without strokes, in either case.
fn hash(app: &App, account: &str, code: &str) -> String {
    let plain: String =
        code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    app.secrets.name_hash(&format!("recovery\0{account}\0{plain}"))
}
