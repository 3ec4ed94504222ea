//! How growing numbers are written: each as its distance from the one before, so that a position
//! takes two bytes where its neighbour is near.

use std::fmt;

use serde::{
    Deserializer, Serializer,
    de::{SeqAccess, Visitor},
};

/// Beyond this a vector is not made in advance: lengths in a payload may be damaged.
const ROOM_MAX: usize = 65_536;

/// Writes `numbers`, of which none is smaller than the one before.
pub fn serialize<S: Serializer>(numbers: &[u64], serializer: S) -> Result<S::Ok, S::Error> {
    let before = std::iter::once(0).chain(numbers.iter().copied());
    serializer.collect_seq(numbers.iter().zip(before).map(|(number, before)| number - before))
}

/// Reads what [`serialize`] wrote.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u64>, D::Error> {
    struct Numbers;
    impl<'de> Visitor<'de> for Numbers {
        type Value = Vec<u64>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("distances between numbers")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<u64>, A::Error> {
            let mut numbers = Vec::with_capacity(seq.size_hint().unwrap_or(0).min(ROOM_MAX));
            let mut last: u64 = 0;
            while let Some(distance) = seq.next_element::<u64>()? {
                last = last.saturating_add(distance);
                numbers.push(last);
            }
            Ok(numbers)
        }
    }
    deserializer.deserialize_seq(Numbers)
}
