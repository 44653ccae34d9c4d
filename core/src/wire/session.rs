//! Sessions: a symmetric key that a device and its relay agree on at a check-in, so that checking a signature costs the
//! relay next to nothing.
//!
//! Each end makes a P-256 point for this once (ECDH). The device's point goes inside a request that its own key signs, so
//! nobody between them can put another in its place; whoever puts one in the place of the relay's gets a key that the
//! relay does not have. From what both then know (the x coordinate, 32 bytes) HKDF-SHA256 makes the key for HMAC-SHA256,
//! 32 bytes, with the salt and the info that stand here. The deriving itself is done by WebCrypto and by `ring`.

use serde::{Deserialize, Serialize};

/// The salt of HKDF, in ASCII.
pub const SESSION_SALT: &str = "lapwing device session v1";

/// After so many milliseconds a device offers a new point: 24 hours.
pub const SESSION_RENEW: i64 = 24 * 60 * 60 * 1_000;

/// After so many milliseconds by its own clock the relay no longer takes a session: 7 days.
pub const SESSION_END: i64 = 7 * SESSION_RENEW;

/// The relay's half of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionGrant {
    /// Names the session in later requests (`keyid="DEVICE/SESSION"`).
    pub id: String,
    /// The relay's ephemeral P-256 public key: the uncompressed point (65 bytes) in unpadded base64url.
    pub point: String,
}

/// The info of HKDF, in ASCII: whose key it is, which session's, and both points as they were sent. None of them holds a
/// line break, so no two sessions have the same info.
#[must_use]
pub fn session_info(device_id: &str, device_point: &str, grant: &SessionGrant) -> String {
    format!("{device_id}\n{}\n{device_point}\n{}", grant.id, grant.point)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_makes_another_info() {
        let grant = |id: &str, point: &str| SessionGrant { id: id.into(), point: point.into() };
        let info = session_info("d", "P", &grant("s", "R"));
        assert_eq!(info, "d\ns\nP\nR");
        for other in [
            session_info("e", "P", &grant("s", "R")),
            session_info("d", "Q", &grant("s", "R")),
            session_info("d", "P", &grant("t", "R")),
            session_info("d", "P", &grant("s", "S")),
        ] {
            assert_ne!(info, other);
        }
    }
}
