//! One spelling for paths: of a listed rule and of a visited address alike. Hosts are the business of `entry` and
//! `address`.

/// One spelling for paths that a server would treat alike: decoded, lower-case, without doubled slashes.
pub(crate) fn canonical_path(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    if !path.contains('%') {
        spell(path, &mut out);
    } else {
        spell(&percent_decode(path), &mut out);
    }
    out
}

fn spell(path: &str, out: &mut String) {
    for c in path.chars().flat_map(char::to_lowercase) {
        if !(c == '/' && out.ends_with('/')) {
            out.push(c);
        }
    }
}

pub(super) fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let decoded = match (first, tail) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        bytes.push(decoded.unwrap_or(*first));
        rest = if decoded.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::canonical_path;

    #[test]
    fn spellings_of_one_path_become_one() {
        for path in ["/a/b", "/A//b", "/%61/%42", "//a/b"] {
            assert_eq!(canonical_path(path), "/a/b", "{path}");
        }
        assert_eq!(canonical_path("/%zz/%e4%"), "/%zz/\u{fffd}%");
        assert_eq!(canonical_path("/caf%C3%89"), "/café");
    }
}
