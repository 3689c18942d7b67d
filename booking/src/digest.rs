//! A digest of the whole state: the sum of the hashes of its records, so that each change costs two hashes.
//! It tells replicas apart that should be equal; it is no defence against somebody who forges records.

use std::hash::{Hash, Hasher};

/// A set hash over records: equal sets have equal digests, in whatever order they came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Digest(pub u128);

impl Digest {
    /// Takes a record in.
    pub fn add(&mut self, record: impl Hash) {
        self.0 = self.0.wrapping_add(hash(record));
    }

    /// Takes a record out that was in.
    pub fn remove(&mut self, record: impl Hash) {
        self.0 = self.0.wrapping_sub(hash(record));
    }
}

/// Spreads evenly; the same on every platform and in every version.
pub(crate) fn hash(record: impl Hash) -> u128 {
    let mut lanes = Lanes { a: 0x243f_6a88_85a3_08d3, b: 0x1319_8a2e_0370_7344 };
    record.hash(&mut lanes);
    let a = fold(lanes.a ^ 0xa409_3822_299f_31d0, MULTIPLIER_B);
    let b = fold(lanes.b ^ 0x082e_fa98_ec4e_6c89, MULTIPLIER_A);
    (u128::from(a) << 64) | u128::from(b)
}

// Odd constants without structure: the first 64 fractional bits of the golden ratio, and of e.
const MULTIPLIER_A: u64 = 0x9e37_79b9_7f4a_7c15;
const MULTIPLIER_B: u64 = 0xb7e1_5162_8aed_2a6b;

/// Multiplies to 128 bits and folds the halves: the mixing step of the wyhash family.
const fn fold(x: u64, y: u64) -> u64 {
    let product = (x as u128).wrapping_mul(y as u128);
    (product as u64) ^ ((product >> 64) as u64)
}

/// Two independent lanes of 64 bits. Same result on every platform, unlike the standard hasher.
struct Lanes {
    a: u64,
    b: u64,
}

impl Hasher for Lanes {
    fn finish(&self) -> u64 {
        self.a ^ self.b
    }
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0_u8; 8];
            for (slot, byte) in word.iter_mut().zip(chunk) {
                *slot = *byte;
            }
            self.write_u64(u64::from_le_bytes(word));
        }
        self.write_u64(bytes.len() as u64);
    }
    fn write_u8(&mut self, x: u8) {
        self.write_u64(u64::from(x));
    }
    fn write_u16(&mut self, x: u16) {
        self.write_u64(u64::from(x));
    }
    fn write_u32(&mut self, x: u32) {
        self.write_u64(u64::from(x));
    }
    fn write_u64(&mut self, x: u64) {
        self.a = fold(self.a ^ x, MULTIPLIER_A);
        self.b = fold(self.b ^ x.rotate_left(32), MULTIPLIER_B).wrapping_add(x);
    }
    fn write_u128(&mut self, x: u128) {
        self.write_u64(x as u64);
        self.write_u64((x >> 64) as u64);
    }
    fn write_usize(&mut self, x: usize) {
        self.write_u64(x as u64);
    }
    fn write_i32(&mut self, x: i32) {
        self.write_u64(i64::from(x).cast_unsigned());
    }
    fn write_i64(&mut self, x: i64) {
        self.write_u64(x.cast_unsigned());
    }
    fn write_isize(&mut self, x: isize) {
        self.write_u64((x as i64).cast_unsigned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_does_not_matter_and_removal_undoes() {
        let mut one = Digest::default();
        one.add((1, "a"));
        one.add((2, "b"));
        let mut other = Digest::default();
        other.add((2, "b"));
        other.add((3, "c"));
        other.add((1, "a"));
        assert_ne!(one, other);
        other.remove((3, "c"));
        assert_eq!(one, other);
    }

    #[test]
    fn near_records_differ() {
        let mut seen = std::collections::BTreeSet::new();
        for place in 0_u32..1_000 {
            for cell in 0_u64..4 {
                let mut digest = Digest::default();
                digest.add((7_u128, place, cell));
                assert!(seen.insert(digest.0), "{place} {cell}");
            }
        }
    }
}
