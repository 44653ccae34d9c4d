//! Second factors: codes from an app (`totp`), passkeys (`passkey`), and recovery codes for whoever lost both
//! (`recovery`). Which pages want one is in `stepup`; what is stored is in `db::factors` and `db::passkeys`.

pub(crate) mod passkey;
pub(crate) mod qr;
pub(crate) mod recovery;
pub(crate) mod totp;

/// How long a page may stay open before what it holds (a challenge, a secret) is worth nothing: ten minutes.
pub(crate) const PENDING: i64 = 10 * 60 * 1_000;
