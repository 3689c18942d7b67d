//! The packed forms of the interface, read by their description and not by the product's code.

use crate::live::Frame;

/// Media type of a packed map.
pub const SEATS: &str = "application/vnd.usher.seats";
/// Bytes of its header.
const SEATS_HEADER: usize = 32;

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// Index and states of a packed map.
pub fn seats(bytes: &[u8]) -> (u64, Vec<u8>) {
    assert_eq!(&bytes[..6], b"USHS\x01\x02", "magic, version 1, two bits a seat");
    assert_eq!(number(&bytes[6..8]), SEATS_HEADER as u64);
    let count = number(&bytes[8..12]) as usize;
    let packed = &bytes[SEATS_HEADER..];
    assert_eq!(packed.len(), count.div_ceil(4));
    let states = (0..count).map(|n| packed[n / 4] >> (2 * (n % 4)) & 3).collect();
    (number(&bytes[16..24]), states)
}

/// A packed frame of the live feed.
pub fn frame(bytes: &[u8]) -> Frame {
    assert_eq!(&bytes[..4], [1, 1, 0, 0], "version 1, kind 1");
    let at = |from: usize, len: usize| number(&bytes[from..from + len]);
    let (seats, areas) = (at(32, 4) as usize, at(36, 4) as usize);
    let areas_at = 40 + 4 * seats;
    assert_eq!(bytes.len(), areas_at + 8 * areas);
    Frame {
        channel: at(4, 4),
        from: at(16, 8),
        to: at(24, 8),
        seats: (0..seats).map(|n| at(40 + 4 * n, 4)).map(|s| ((s >> 2) as usize, (s & 3) as u8)).collect(),
        areas: (0..areas).map(|n| (at(areas_at + 8 * n, 4) as usize, at(areas_at + 8 * n + 4, 4))).collect(),
    }
}
