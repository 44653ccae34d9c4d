//! Codes from an app: RFC 6238 with what every app can do (SHA-1, six digits, thirty seconds) and a secret of 160 bits. A
//! code of the step before and after counts too, for clocks that differ, and none counts twice (ASVS 5.0, 6.5.1).

use crate::app::App;
use crate::db::{Tx, factors};
use crate::error::Error;
use crate::random;
use totp_rs::{Builder, Secret, Totp};

/// The name under which the app lists the account.
const ISSUER: &str = "Lapwing";

/// A new secret.
pub(crate) fn new_secret(app: &App) -> Result<[u8; 20], Error> {
    Ok(random::bytes::<20>(app.random.as_ref())?)
}

/// The secret as its owner types it, and as the QR code holds it.
pub(crate) struct Shown {
    /// Base32 in groups of four.
    pub(crate) typed: String,
    /// An `otpauth:` address.
    pub(crate) url: String,
}

/// How to tell the secret to an app, for the account with this e-mail address.
pub(crate) fn shown(secret: &[u8], email: &str) -> Result<Shown, Error> {
    let base32 = Secret::from(secret.to_vec()).to_base32();
    let letters: Vec<char> = base32.chars().collect();
    let typed = letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ");
    // A colon would end the issuer's part of the label.
    let account = email.replace(':', "");
    let url = generator(secret, &account)?.to_url().map_err(Error::internal)?;
    Ok(Shown { typed, url })
}

/// The step of a right code; none for a wrong one. Blanks between digits are not held against anybody.
pub(crate) fn step(secret: &[u8], code: &str, now: i64) -> Result<Option<i64>, Error> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let seconds = u64::try_from(now / 1_000).unwrap_or_default();
    let step = generator(secret, "")?.check(&digits, seconds);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

/// Whether `code` is right for the account's app and has not been used; it then is.
pub(crate) async fn verify(tx: &mut Tx, app: &App, account: &str, code: &str) -> Result<bool, Error> {
    let Some((sealed, _)) = factors::totp(&mut **tx, account).await? else { return Ok(false) };
    let secret = open(app, account, &sealed)?;
    match step(&secret, code, app.now())? {
        Some(step) => factors::use_step(tx, account, step).await,
        None => Ok(false),
    }
}

/// Seals a secret for the account's row.
pub(crate) fn seal(app: &App, account: &str, secret: &[u8]) -> Result<Vec<u8>, Error> {
    Ok(app.secrets.seal(app.random.as_ref(), &place(account), secret)?)
}

/// Opens the sealed secret of the account's row.
pub(crate) fn open(app: &App, account: &str, sealed: &[u8]) -> Result<Vec<u8>, Error> {
    app.secrets.unseal(&place(account), sealed).ok_or_else(|| {
        Error::Internal(
            "the secret of an app cannot be opened: is secret.key the one of this database?".into(),
        )
    })
}

fn place(account: &str) -> String {
    format!("totp/{account}")
}

fn generator(secret: &[u8], account: &str) -> Result<Totp, Error> {
    Builder::new()
        .with_secret(secret.to_vec())
        .with_skew(1)
        .with_issuer(Some(ISSUER))
        .with_account_name(account)
        .build()
        .map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, SHA-1: the last six of its eight digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = b"12345678901234567890";
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(step(secret, code, seconds * 1_000).unwrap(), Some(seconds / 30), "{code}");
        }
        assert_eq!(step(secret, "287 082 ", 59_000).unwrap(), Some(1));
        for wrong in ["287083", "", "2870820", "28708", "+87082", "２８７０８２"] {
            assert_eq!(step(secret, wrong, 59_000).unwrap(), None, "{wrong}");
        }
    }

    #[test]
    fn one_step_to_either_side_counts() {
        let secret = b"12345678901234567890";
        assert_eq!(step(secret, "287082", 29_000).unwrap(), Some(1));
        assert_eq!(step(secret, "287082", 89_000).unwrap(), Some(1));
        assert_eq!(step(secret, "287082", 90_000).unwrap(), None);
    }

    #[test]
    fn an_app_is_told_what_it_needs() {
        let shown = shown(b"12345678901234567890", "r.okafor@oak.example").unwrap();
        assert_eq!(shown.typed, "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        assert!(shown.url.starts_with("otpauth://totp/Lapwing:r.okafor%40oak.example?"), "{}", shown.url);
        assert!(shown.url.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), "{}", shown.url);
    }
}
