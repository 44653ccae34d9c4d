//! Tokens: 256 random bits that open something once (a link) or for a while (a session). Only their hashes are stored.

use crate::random::{self, NoRandomness, Random};
use crate::secrets::hex;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;

/// A new token, as it stands in a cookie or a link: 43 characters.
pub(crate) fn new(random: &dyn Random) -> Result<String, NoRandomness> {
    Ok(URL_SAFE_NO_PAD.encode(random::bytes::<32>(random)?))
}

/// What the database keeps of a token: SHA-256, hexadecimal. Tokens are random, so a fast hash is enough.
pub(crate) fn hash(token: &str) -> String {
    hex(digest::digest(&digest::SHA256, token.as_bytes()).as_ref())
}
