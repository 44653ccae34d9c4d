//! What is known of a word of the vocabulary, a bit each; several may hold.

/// A rule has it as a whole word.
pub(crate) const WHOLE: u32 = 1;
/// A rule has it as the beginning of longer words.
pub(crate) const OPEN: u32 = 2;
/// A rule has it as the end of longer words.
#[cfg_attr(not(feature = "sources"), allow(dead_code, reason = "only the compiler of lists asks for it"))]
pub(crate) const CLOSED: u32 = 4;
/// An ordinary English word,
pub(crate) const ENGLISH: u32 = 8;
/// of many sentences,
pub(crate) const COMMON: u32 = 16;
/// of nearly every sentence.
pub(crate) const EVERYWHERE: u32 = 32;
/// Where it stands, some phrase is looked for.
pub(crate) const LEADS: u32 = 64;
/// It begins with another one that may go on.
pub(crate) const NESTED: u32 = 128;
