//! Making of a fuzzer's bytes what a reader takes: a choice, a text, a few texts. Whatever the bytes are, something comes
//! out, so that no input is wasted.

/// The first byte as one of several, and the rest.
pub(crate) fn choice<'a, T>(data: &'a [u8], of: &'a [T]) -> (&'a T, &'a [u8]) {
    let (first, rest) = data.split_first().unwrap_or((&0, &[]));
    (&of[usize::from(*first) % of.len()], rest)
}

/// The bytes as text; what is not UTF-8 becomes the character for it.
pub(crate) fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data).into_owned()
}

/// Up to `most` texts, which a byte that no UTF-8 text holds divides.
pub(crate) fn texts(data: &[u8], most: usize) -> Vec<String> {
    data.splitn(most, |byte| *byte == DIVIDER).map(text).collect()
}

/// Stands between texts in an input.
pub(crate) const DIVIDER: u8 = 0xff;

/// The text at a place, or nothing.
pub(crate) fn at(texts: &[String], place: usize) -> &str {
    texts.get(place).map_or("", String::as_str)
}
