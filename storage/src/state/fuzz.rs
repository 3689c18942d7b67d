//! What `crate::fuzz` asks of the copy: its keys, parts and marks, with checksums made right.

use super::parts::{self, Part};
use super::{encode_mark, read_mark};

/// Bytes as a stored key, as a part under a key, and as a mark: what is read settles.
pub(crate) fn try_bytes(bytes: &[u8]) -> bool {
    if let Some((key, number)) = parts::read_key(bytes) {
        assert_eq!(parts::key(key, number), bytes, "a key has one form");
    }
    let (key, rest) = bytes.split_at(bytes.len().min(8));
    let sealed = [&parts::checksum(key, rest).to_le_bytes(), rest].concat();
    if let Some(part) = Part::read(key, &sealed) {
        assert_eq!(part.encode(key), sealed, "a part has one form");
    }
    let Some((mark, totals)) = read_mark(&[&crc32fast::hash(bytes).to_le_bytes(), bytes].concat()) else {
        return false;
    };
    assert_eq!(read_mark(&encode_mark(&mark, totals)), Some((mark, totals)));
    true
}
