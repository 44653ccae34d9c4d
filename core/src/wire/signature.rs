//! How a device signs a request: a fixed profile of HTTP Message Signatures (RFC 9421) over `"@method" "@path"
//! "content-digest"` (RFC 9530). The algorithm is `ecdsa-p256-sha256` with the device's own key, or `hmac-sha256` with a
//! session's (`session`); `keyid` says with which key, as RFC 9421 has it, and `alg` is there for the second alone. Both
//! ends build the same bytes here; the signing and the verifying themselves are done by WebCrypto and by `ring`.

use std::fmt::Write as _;

const COMPONENTS: &str = r#"("@method" "@path" "content-digest")"#;
const LABEL: &str = "lapwing=";
/// What ends the parameters of a signature with a session's key.
const BY_SESSION: &str = r#"";alg="hmac-sha256""#;
/// Characters of an id, at most.
const ID: usize = 64;

/// The parameters of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureInput {
    /// Seconds since 1970 by the device's clock. Recorded, not enforced: a wrong clock must not silence a device.
    pub created: i64,
    /// The device's id.
    pub key_id: String,
    /// The session's id, where its key signs and not the device's own.
    pub session: Option<String>,
}

/// Why a `Signature-Input` could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Not of the profile above.
    #[error(
        "the Signature-Input header must read: lapwing=(\"@method\" \"@path\" \"content-digest\");created=SECONDS;keyid=\"DEVICE\", \
         or with a session’s key: …;keyid=\"DEVICE/SESSION\";alg=\"hmac-sha256\""
    )]
    Profile,
}

impl SignatureInput {
    /// The parameters as they are signed, without the label.
    #[must_use]
    pub fn params(&self) -> String {
        let mut params = String::with_capacity(192);
        self.write(&mut params);
        params
    }

    fn write(&self, params: &mut String) {
        let Self { created, key_id, session } = self;
        // Writing to a String cannot fail.
        let _ = match session {
            None => write!(params, r#"{COMPONENTS};created={created};keyid="{key_id}""#),
            Some(session) => {
                write!(params, r#"{COMPONENTS};created={created};keyid="{key_id}/{session}{BY_SESSION}"#)
            }
        };
    }

    /// The value of the `Signature-Input` header.
    #[must_use]
    pub fn header(&self) -> String {
        let mut header = String::with_capacity(200);
        header.push_str(LABEL);
        self.write(&mut header);
        header
    }

    /// Reads the value of a `Signature-Input` header.
    ///
    /// # Errors
    /// When it is not of this profile, to the letter.
    pub fn parse(header: &str) -> Result<Self, SignatureError> {
        let rest = header
            .strip_prefix(LABEL)
            .and_then(|rest| rest.strip_prefix(COMPONENTS))
            .and_then(|rest| rest.strip_prefix(";created="))
            .ok_or(SignatureError::Profile)?;
        let (created, rest) = rest.split_once(";keyid=\"").ok_or(SignatureError::Profile)?;
        let (key_id, session) = match rest.strip_suffix(BY_SESSION) {
            Some(ids) => {
                let (key_id, session) = ids.split_once('/').ok_or(SignatureError::Profile)?;
                (key_id, Some(session))
            }
            None => (rest.strip_suffix('"').ok_or(SignatureError::Profile)?, None),
        };
        if !is_id(key_id) || !session.is_none_or(is_id) {
            return Err(SignatureError::Profile);
        }
        let created = created.parse().map_err(|_| SignatureError::Profile)?;
        let input = Self { created, key_id: key_id.to_owned(), session: session.map(str::to_owned) };
        // “+1” and “01” are numbers too, but the bytes that are signed would not be those that were sent.
        if input.header() == header { Ok(input) } else { Err(SignatureError::Profile) }
    }
}

fn is_id(text: &str) -> bool {
    (1..=ID).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The value of the `Content-Digest` header for a SHA-256 in standard base64.
#[must_use]
pub fn content_digest(sha256_base64: &str) -> String {
    format!("sha-256=:{sha256_base64}:")
}

/// The bytes that are signed (RFC 9421, section 2.5).
#[must_use]
pub fn signature_base(method: &str, path: &str, content_digest: &str, input: &SignatureInput) -> String {
    let mut base = String::with_capacity(400);
    // Writing to a String cannot fail.
    let _ = write!(
        base,
        "\"@method\": {method}\n\"@path\": {path}\n\"content-digest\": {content_digest}\n\"@signature-params\": "
    );
    input.write(&mut base);
    base
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input() -> SignatureInput {
        SignatureInput { created: 1_763_800_000, key_id: "0199-ab".into(), session: None }
    }

    #[test]
    fn a_header_survives_reading() {
        assert_eq!(SignatureInput::parse(&input().header()), Ok(input()));
        let by_session = SignatureInput { session: Some("01a0-cd".into()), ..input() };
        assert_eq!(
            by_session.header(),
            r#"lapwing=("@method" "@path" "content-digest");created=1763800000;keyid="0199-ab/01a0-cd";alg="hmac-sha256""#
        );
        assert_eq!(SignatureInput::parse(&by_session.header()), Ok(by_session));
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
            r#"lapwing=("@method" "@path" "content-digest");created=1;keyid="a/b""#,
            r#"lapwing=("@method" "@path" "content-digest");created=1;keyid="a";alg="hmac-sha256""#,
            r#"lapwing=("@method" "@path" "content-digest");created=1;keyid="a/";alg="hmac-sha256""#,
            r#"lapwing=("@method" "@path" "content-digest");created=1;keyid="/b";alg="hmac-sha256""#,
            r#"lapwing=("@method" "@path" "content-digest");created=1;keyid="a/b/c";alg="hmac-sha256""#,
            r#"lapwing=("@method" "@path" "content-digest");created=1;keyid="a/b";alg="hmac-sha256";alg="hmac-sha256""#,
            r#"lapwing=("@method" "@path" "content-digest");created=1;keyid="a/b";alg="ecdsa-p256-sha256""#,
            r#"lapwing=("@method" "@path" "content-digest");created=1;alg="hmac-sha256";keyid="a/b""#,
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
