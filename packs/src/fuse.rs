//! Makes the tables of static functions: finds numbers for the slots such that each key's four slots add up to its value.
//!
//! A slot that only one key uses can be left to that key, and then the key is out of the others' way; when every key has
//! gone like this, the slots are filled in the opposite order. Whether that works depends on the keys, and on how many
//! slots there are for each: the caller tries more slots, or another seed. What the slots mean is in core's
//! `site::function`.

use lapwing_core::packed::{Key, Shape};

/// Slots for a thousand keys, tried in this order: five million keys need about 1,050, half a million 1,070, and few keys
/// more, because they vary more. (Measured on random keys; no table of this kind can do with less than 1,024.)
pub(crate) const ROOM: [u64; 14] =
    [1_045, 1_050, 1_055, 1_062, 1_070, 1_080, 1_100, 1_130, 1_160, 1_200, 1_250, 1_350, 1_500, 2_000];

/// The shape for so many keys with so many slots for a thousand.
pub(crate) fn shape(keys: usize, bits: u8, room: u64) -> Shape {
    if keys == 0 {
        return Shape::default();
    }
    // Longer segments vary less, more segments lose less at both ends: this is about the best for all sizes.
    let log = ((keys as f64).ln() / 2.91_f64.ln() + 0.1).floor().clamp(4.0, 16.0) as u8;
    let slots = (keys as u64).saturating_mul(room).div_ceil(1_000);
    let segments = slots.div_ceil(1 << log).saturating_sub(3).max(1);
    Shape { bits, log, segments: u32::try_from(segments).unwrap_or(u32::MAX) }
}

/// The table by which each key has its value; `None` when these keys do not fit into this shape. `keys` are distinct and
/// sorted, or it takes much longer; the result is always the same for the same input.
pub(crate) fn table(keys: &[Key], values: &[u32], shape: Shape) -> Option<Vec<u8>> {
    let mut table = vec![0; shape.bytes()?];
    if keys.is_empty() {
        return Some(table);
    }
    let order = order(keys, shape)?;
    let mut slots = vec![0_u32; shape.slots()];
    for (index, place) in order.into_iter().rev() {
        let others = shape.places(*keys.get(index as usize)?).into_iter().filter(|other| *other != place);
        let sum = others.fold(*values.get(index as usize)?, |sum, other| sum ^ at(&slots, other));
        *slots.get_mut(place as usize)? = sum & shape.mask();
    }
    for (place, value) in (0..).zip(slots) {
        shape.put(&mut table, place, value);
    }
    Some(table)
}

fn at(slots: &[u32], place: u32) -> u32 {
    slots.get(place as usize).copied().unwrap_or_default()
}

/// Which key is left which slot, in the order in which they go.
fn order(keys: &[Key], shape: Shape) -> Option<Vec<(u32, u32)>> {
    // Of each slot: how many keys use it, and the sum of their numbers, which is the number of the last one.
    let mut users = vec![(0_u32, 0_u32); shape.slots()];
    for (index, key) in (0..).zip(keys) {
        for place in shape.places(*key) {
            let (count, sum) = users.get_mut(place as usize)?;
            *count += 1;
            *sum ^= index;
        }
    }
    let mut order = Vec::with_capacity(keys.len());
    let mut alone: Vec<u32> = Vec::new();
    for start in 0..u32::try_from(users.len()).ok()? {
        alone.push(start);
        while let Some(place) = alone.pop() {
            let (1, index) = *users.get(place as usize)? else { continue };
            order.push((index, place));
            for other in shape.places(*keys.get(index as usize)?) {
                let (count, sum) = users.get_mut(other as usize)?;
                *count -= 1;
                *sum ^= index;
                if *count == 1 {
                    alone.push(other);
                }
            }
        }
    }
    (order.len() == keys.len()).then_some(order)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lapwing_core::packed::Trail;

    fn keys(count: u64, seed: u64) -> Vec<Key> {
        let mut keys: Vec<Key> = (0..count).map(|number| Trail::new(number).step(1).key(seed)).collect();
        keys.sort_unstable();
        keys
    }

    #[test]
    fn every_key_has_its_value() {
        for count in [0, 1, 2, 3, 10, 100, 1_000, 30_000] {
            for bits in [1, 7, 27, 32] {
                let keys = keys(count, 5);
                let made = ROOM.iter().find_map(|room| {
                    let shape = shape(keys.len(), bits, *room);
                    let values: Vec<u32> = keys.iter().map(|key| key.print() & shape.mask()).collect();
                    Some((shape, table(&keys, &values, shape)?, values))
                });
                let (shape, table, values) = made.unwrap();
                assert_eq!(Some(table.len()), shape.bytes());
                for (key, value) in keys.iter().zip(values) {
                    assert_eq!(shape.value(&table, *key), value, "{count} keys of {bits} bits");
                }
            }
        }
    }

    #[test]
    fn too_little_room_is_said_and_not_hidden() {
        let keys = keys(10_000, 1);
        let values = vec![0; keys.len()];
        assert!(table(&keys, &values, shape(keys.len(), 8, 900)).is_none());
    }
}
