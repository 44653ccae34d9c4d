//! Numbers for names: how a host and a path become the key by which a static function is asked.
//!
//! A host is read from its end, so that one pass over `www.example.org` gives the keys of `org`, `example.org` and the
//! whole; a path is read on from there. Builder and reader must agree to the bit: a change here is a new version of the
//! format in `layer`.

/// Odd, and with about as many ones as noughts (2⁶⁴ divided by the golden ratio).
const STIR: u64 = 0x9e37_79b9_7f4a_7c15;

/// What has been read so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Trail(u64);

impl Trail {
    /// Of nothing. Another basis gives other keys to the same names.
    #[must_use]
    pub const fn new(basis: u64) -> Self {
        Self(basis)
    }

    /// Reads one byte more. No step loses anything: two trails meet only by chance.
    #[inline]
    #[must_use]
    pub const fn step(self, byte: u8) -> Self {
        Self((self.0.rotate_left(5) ^ byte as u64).wrapping_mul(STIR))
    }

    /// Reads a host or a part of one, from its end.
    #[must_use]
    pub fn host(self, host: &str) -> Self {
        host.bytes().rev().fold(self, Self::step)
    }

    /// Reads a path from its beginning, after the host.
    #[must_use]
    pub fn path(self, path: &str) -> Self {
        path.bytes().fold(self, Self::step)
    }

    /// The key of what has been read. Another seed gives other keys to the same trails.
    #[inline]
    #[must_use]
    pub const fn key(self, seed: u64) -> Key {
        let place = mix(self.0 ^ seed);
        Key { place, print: mix(place.wrapping_add(STIR)) }
    }
}

/// Every bit of the input in every bit of the output, and back (the last steps of MurmurHash3).
#[inline]
const fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ bits >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    bits = (bits ^ bits >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    bits ^ bits >> 33
}

/// A key: where a function is asked, and by what its answer is known to be meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Half of where it lies; distinct trails have distinct ones.
    pub(super) place: u64,
    /// The other half, and the prints.
    pub(super) print: u64,
}

impl Key {
    /// What the answer of the main function is mixed with.
    #[inline]
    #[must_use]
    pub const fn print(self) -> u32 {
        self.print as u32
    }

    /// What the answer of the function of rare classes is mixed with: independent of the other.
    #[inline]
    #[must_use]
    pub const fn rare_print(self) -> u32 {
        (self.print.wrapping_mul(STIR) >> 32) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_host_is_read_from_its_end_and_a_path_on_from_there() {
        let whole = Trail::new(7).host("www.example.org");
        assert_eq!(whole, Trail::new(7).host("example.org").step(b'.').host("www"));
        assert_ne!(whole.path("/a"), whole.path("/a/"));
        assert_eq!(whole.path("/a").path("/b"), whole.path("/a/b"));
        assert_ne!(Trail::new(8).host("www.example.org"), whole);
    }

    #[test]
    fn near_names_have_far_keys() {
        let mut seen = HashSet::new();
        for number in 0..100_000_u32 {
            let key = Trail::new(1).host(&format!("{number}.example")).key(2);
            assert!(seen.insert(key.place));
            assert!(seen.insert(key.print));
        }
    }

    /// What is in packs already was made with these numbers.
    #[test]
    fn keys_do_not_change() {
        let key = Trail::new(1).host("example.org").path("/a").key(2);
        assert_eq!((key.place, key.print), (5_904_792_563_647_864_177, 15_933_961_207_926_661_463));
    }
}
