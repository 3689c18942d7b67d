//! The door through which `tests/fuzz` reaches formats that have checksums before them: it makes the checksum right, so
//! that what lies behind it is tried. Each function panics if a promise is broken. Only with the feature `fuzz`.

use crate::log::fuzz::{HEAD_BYTES, Head, Place, put_record, read_record, sealed};

/// Bytes as a record of the log with the right checksums: what is read settles, or it is refused.
pub fn record(bytes: &[u8]) -> bool {
    let Some((&[kind, segment, offset, durable], body)) = bytes.split_first_chunk::<4>() else { return false };
    let place = Place { segment: u64::from(segment), offset: u64::from(offset) * 8 };
    let bytes = sealed(kind, u64::from(durable), body, place);
    let Some(head) = Head::read(&bytes, place) else { return false };
    assert_eq!(head.record_bytes(), bytes.len() as u64);
    // At another place it is none.
    let elsewhere = Place { segment: place.segment + 1, ..place };
    assert!(Head::read(&bytes, elsewhere).is_none());
    let Some(record) = read_record(&bytes, head, place) else { return false };
    let mut written = Vec::new();
    put_record(&mut written, &record, place, head.durable);
    assert!(written.len() <= bytes.len());
    let again = Head::read(&written, place).and_then(|head| read_record(&written, head, place));
    assert_eq!(again.as_ref(), Some(&record));
    // No damaged byte passes unseen.
    for at in [0, 4, 8, 16, 20, HEAD_BYTES, written.len() - 1] {
        let mut damaged = written.clone();
        if let Some(byte) = damaged.get_mut(at) {
            *byte ^= 1 << (kind % 8);
            let read = Head::read(&damaged, place).and_then(|head| read_record(&damaged, head, place));
            assert!(read.is_none(), "byte {at} changed unseen");
        }
    }
    true
}

/// Bytes as what the copy in sled stores, with the right checksums.
pub fn copy(bytes: &[u8]) -> bool {
    crate::state::fuzz::try_bytes(bytes)
}
