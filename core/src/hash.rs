//! A short, stable fingerprint (FNV-1a, 64 bits) for versions of lists and policies.
//!
//! It tells two versions apart; it protects nothing. Signatures are the pack's business.

/// A running FNV-1a.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fnv(u64);

impl Fnv {
    /// Of nothing so far.
    pub(crate) const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 ^= u64::from(*byte);
            self.0 = self.0.wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// One line, so that `ab`, `c` and `a`, `bc` differ.
    pub(crate) fn line(&mut self, text: &str) {
        self.bytes(text.as_bytes());
        self.bytes(b"\n");
    }

    /// All of it.
    pub(crate) const fn value(self) -> u64 {
        self.0
    }

    /// Eight hexadecimal digits.
    pub(crate) fn short(self) -> String {
        // The halves are folded together, so that every input byte still counts.
        format!("{:08x}", (self.0 ^ (self.0 >> 32)) & 0xffff_ffff)
    }
}

impl Default for Fnv {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::Fnv;

    #[test]
    fn the_published_value_for_foobar() {
        let mut hash = Fnv::new();
        hash.bytes(b"foobar");
        assert_eq!(hash.0, 0x8594_4171_f739_67e8);
        assert_eq!(hash.short().len(), 8);
    }
}
