//! How a device signs a request: a fixed profile of HTTP Message Signatures (RFC 9421) over `"@method" "@path"
//! "content-digest"` (RFC 9530), algorithm `ecdsa-p256-sha256`. Both ends build the same bytes here; the signing and
//! the verifying themselves are done by WebCrypto and by `ring`.

use std::fmt::Write as _;

const COMPONENTS: &str = r#"("@method" "@path" "content-digest")"#;

/// The parameters of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureInput {
    /// Seconds since 1970 by the device's clock. Recorded, not enforced: a wrong clock must not silence a device.
    pub created: i64,
    /// The device's id.
    pub key_id: String,
}

/// Why a `Signature-Input` could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Not of the profile above.
    #[error(
        "the Signature-Input header must read: lapwing=(\"@method\" \"@path\" \"content-digest\");created=SECONDS;keyid=\"DEVICE\""
    )]
    Profile,
}

impl SignatureInput {
    /// The parameters as they are signed, without the label.
    #[must_use]
    pub fn params(&self) -> String {
        format!(r#"{COMPONENTS};created={};keyid="{}""#, self.created, self.key_id)
    }

    /// The value of the `Signature-Input` header.
    #[must_use]
    pub fn header(&self) -> String {
        format!("lapwing={}", self.params())
    }

    /// Reads the value of a `Signature-Input` header.
    ///
    /// # Errors
    /// When it is not of this profile, to the letter.
    pub fn parse(header: &str) -> Result<Self, SignatureError> {
        let rest = header
            .strip_prefix("lapwing=")
            .and_then(|rest| rest.strip_prefix(COMPONENTS))
            .and_then(|rest| rest.strip_prefix(";created="))
            .ok_or(SignatureError::Profile)?;
        let (created, rest) = rest.split_once(";keyid=\"").ok_or(SignatureError::Profile)?;
        let key_id = rest.strip_suffix('"').ok_or(SignatureError::Profile)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if key_id.is_empty() || key_id.len() > 64 || !key_id.chars().all(plain) {
            return Err(SignatureError::Profile);
        }
        let created = created.parse().map_err(|_| SignatureError::Profile)?;
        let input = Self { created, key_id: key_id.to_owned() };
        // “+1” and “01” are numbers too, but the bytes that are signed would not be those that were sent.
        if input.header() == header { Ok(input) } else { Err(SignatureError::Profile) }
    }
}

/// The value of the `Content-Digest` header for a SHA-256 in standard base64.
#[must_use]
pub fn content_digest(sha256_base64: &str) -> String {
    format!("sha-256=:{sha256_base64}:")
}

/// The bytes that are signed (RFC 9421, section 2.5).
#[must_use]
pub fn signature_base(method: &str, path: &str, content_digest: &str, input: &SignatureInput) -> String {
    let mut base = String::with_capacity(256);
    // Writing to a String cannot fail.
    let _ = write!(
        base,
        "\"@method\": {method}\n\"@path\": {path}\n\"content-digest\": {content_digest}\n\"@signature-params\": {}",
        input.params()
    );
    base
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input() -> SignatureInput {
        SignatureInput { created: 1_763_800_000, key_id: "0199-ab".into() }
    }

    #[test]
    fn a_header_survives_reading() {
        assert_eq!(SignatureInput::parse(&input().header()), Ok(input()));
    }

    #[test]
    fn anything_but_the_profile_is_refused() {
        for header in [
            "",
            "lapwing=()",
            r#"sig1=("@method" "@path" "content-digest");created=1;keyid="a""#,
            r#"lapwing=("@method" "@path");created=1;keyid="a""#,
            r#"lapwing=("@method" "@path" "content-digest");created=x;keyid="a""#,
            r#"lapwing=("@method" "@path" "content-digest");created=+1;keyid="a""#,
            r#"lapwing=("@method" "@path" "content-digest");created=01;keyid="a""#,
            r#"lapwing=("@method" "@path" "content-digest");created=1;keyid="""#,
            r#"lapwing=("@method" "@path" "content-digest");created=1;keyid="a"b""#,
        ] {
            assert_eq!(SignatureInput::parse(header), Err(SignatureError::Profile), "{header}");
        }
    }

    #[test]
    fn the_base_is_the_one_of_rfc_9421() {
        let digest = content_digest("X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=");
        assert_eq!(
            signature_base("POST", "/api/v1/alerts", &digest, &input()),
            "\"@method\": POST\n\"@path\": /api/v1/alerts\n\"content-digest\": \
             sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:\n\"@signature-params\": \
             (\"@method\" \"@path\" \"content-digest\");created=1763800000;keyid=\"0199-ab\""
        );
    }
}
