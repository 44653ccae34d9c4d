//! Signature headers: what is read is what was written, to the letter, and nothing in it can break out of what is signed.

use crate::bytes;
use lapwing_core::wire::{SignatureInput, content_digest, signature_base};
use lapwing_extension::relay::{ToSign, signing};

/// A `Signature-Input` header as anybody may send it; then a device's own request as the extension signs it.
pub fn signature(data: &[u8]) {
    let texts = bytes::texts(data, 5);
    let header = bytes::at(&texts, 0);
    if let Ok(input) = SignatureInput::parse(header) {
        assert_eq!(input.header(), header, "a header that reads otherwise than it is written");
        let base = signature_base("POST", "/api/v1/alerts", &content_digest("AAAA"), &input);
        assert_eq!(base.lines().count(), 4, "a line more than was signed: {base}");
    }
    let request = ToSign {
        method: "POST".to_owned(),
        path: bytes::at(&texts, 1).to_owned(),
        digest: bytes::at(&texts, 2).to_owned(),
        now: i64::try_from(data.len()).unwrap_or_default(),
        device_id: bytes::at(&texts, 3).to_owned(),
        session: Some(bytes::at(&texts, 4).to_owned()).filter(|session| !session.is_empty()),
    };
    let signed = signing(&request);
    // A device's id is the relay's: one that ends its own quotation can only fool the relay that gave it.
    let plain = !request.device_id.contains('"');
    if let Some(input) = SignatureInput::parse(&signed.signature_input).ok().filter(|_| plain) {
        assert_eq!(input.key_id, request.device_id, "a device that signs as another");
        assert_eq!(input.session, request.session, "a session that signs as another");
        assert_eq!(
            signature_base(&request.method, &request.path, &signed.content_digest, &input),
            signed.base,
            "the two ends sign different bytes"
        );
    }
}
