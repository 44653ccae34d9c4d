//! How the ends of the items of a flat table are written: as the items' lengths, which fit a byte each.

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serializer};

/// Writes where items end as how long they are.
pub(crate) fn serialize<S: Serializer>(ends: &[u32], serializer: S) -> Result<S::Ok, S::Error> {
    let starts = std::iter::once(0).chain(ends.iter().copied());
    // An end before its start would be written as a length that cannot be read again.
    serializer.collect_seq(ends.iter().zip(starts).map(|(end, start)| end.wrapping_sub(start)))
}

/// Reads how long items are as where they end.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u32>, D::Error> {
    let mut ends = Vec::<u32>::deserialize(deserializer)?;
    let mut end = 0_u32;
    for item in &mut ends {
        end = end.checked_add(*item).ok_or_else(|| D::Error::custom("a table is too long"))?;
        *item = end;
    }
    Ok(ends)
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    struct Table(#[serde(with = "super")] Vec<u32>);

    #[test]
    fn ends_are_written_as_lengths() {
        let bytes = postcard::to_allocvec(&Table(vec![3, 3, 200])).unwrap();
        assert_eq!(bytes, [3, 3, 0, 0xc5, 1]);
        assert_eq!(postcard::from_bytes::<Table>(&bytes).unwrap().0, [3, 3, 200]);
    }

    #[test]
    fn ends_out_of_order_cannot_be_read() {
        let bytes = postcard::to_allocvec(&Table(vec![3, 2])).unwrap();
        assert!(postcard::from_bytes::<Table>(&bytes).is_err());
    }
}
