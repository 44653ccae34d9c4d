use super::*;
use rsa::pkcs1v15::{Signature, VerifyingKey};
use rsa::signature::Verifier as _;
use std::io::Write as _;
use zip::write::SimpleFileOptions;

fn archive(manifest: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("manifest.json", SimpleFileOptions::default()).unwrap();
    zip.write_all(manifest.as_bytes()).unwrap();
    zip.finish().unwrap().into_inner()
}

/// Reads a protobuf message of byte fields, as a browser would.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
    fn number(bytes: &mut &[u8]) -> u64 {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (first, rest) = bytes.split_first().unwrap();
            *bytes = rest;
            value |= u64::from(first & 0x7f) << shift;
            if first & 0x80 == 0 {
                break;
            }
        }
        value
    }
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let tag = number(&mut bytes);
        assert_eq!(tag & 7, 2);
        let length = usize::try_from(number(&mut bytes)).unwrap();
        let (content, rest) = bytes.split_at(length);
        fields.push((tag >> 3, content.to_vec()));
        bytes = rest;
    }
    fields
}

#[test]
fn the_package_verifies_and_its_id_is_the_keys() {
    let folder = tempfile::tempdir().unwrap();
    let key = Key::open(folder.path()).unwrap();
    let zip = archive(r#"{"version":"1.2.3"}"#);
    let package = Package::new(&key, &zip).unwrap();
    assert_eq!(package.version, "1.2.3");

    let crx = package.crx.as_slice();
    assert_eq!(&crx[..8], b"Cr24\x03\0\0\0");
    let header_length = u32::from_le_bytes(crx[8..12].try_into().unwrap()) as usize;
    let (header, rest) = crx[12..].split_at(header_length);
    assert_eq!(rest, zip);
    let header = fields(header);
    assert_eq!(header.iter().map(|field| field.0).collect::<Vec<_>>(), [2, 10_000]);
    let (proof, signed) = (fields(&header[0].1), &header[1].1);

    let public = RsaPublicKey::from(&key.0);
    assert_eq!(proof[0].1, public.to_public_key_der().unwrap().as_bytes());
    let mut message = b"CRX3 SignedData\0".to_vec();
    message.extend(u32::try_from(signed.len()).unwrap().to_le_bytes());
    message.extend(signed);
    message.extend(&zip);
    let signature = Signature::try_from(proof[1].1.as_slice()).unwrap();
    VerifyingKey::<Sha256>::new(public).verify(&message, &signature).unwrap();

    let hash = digest::digest(&digest::SHA256, &proof[0].1);
    assert_eq!(fields(signed)[0].1, hash.as_ref()[..16]);
    assert_eq!(package.id.len(), 32);
    assert!(package.id.chars().all(|c| ('a'..='p').contains(&c)), "{}", package.id);
    assert_eq!(package.id.as_bytes()[0] - b'a', hash.as_ref()[0] >> 4);
}

#[test]
fn the_id_and_the_package_stay_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let zip = archive(r#"{"version":"1"}"#);
    let first = Package::new(&Key::open(folder.path()).unwrap(), &zip).unwrap();
    let second = Package::new(&Key::open(folder.path()).unwrap(), &zip).unwrap();
    assert_eq!(first, second);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(folder.path().join("extension/key.pem")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn what_cannot_be_used_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let key = Key::open(folder.path()).unwrap();
    for zip in [archive("{}"), archive("{"), archive(r#"{"version":"1<x>"}"#), b"not a zip".to_vec()] {
        assert!(matches!(Package::new(&key, &zip), Err(PackageError::Archive(_))));
    }
    std::fs::write(folder.path().join("extension/key.pem"), "junk").unwrap();
    let error = Key::open(folder.path()).err().unwrap().to_string();
    assert!(error.contains("restore it from your backup"), "{error}");
}
