//! What nodes say to each other. The decoders are raft's; here are only bounds and beginnings.

use crate::allocation::within;

/// serde sets aside at most 1 MiB for a list before it has seen its elements; lists lie in lists.
const SPARE_BYTES: usize = 8 << 20;

/// What a decoder of so many bytes may hold.
fn bound(bytes: &[u8]) -> usize {
    SPARE_BYTES + 64 * bytes.len()
}

pub(crate) fn handshake(bytes: &[u8]) {
    within(1 << 20, || raft::fuzz::handshake(bytes));
}

pub(crate) fn handshake_seeds() -> Vec<Vec<u8>> {
    seeds("handshake")
}

pub(crate) fn frames(bytes: &[u8]) {
    let Some((&[part, max], rest)) = bytes.split_first_chunk::<2>() else { return };
    // A bare length must cost little, however much it claims: 1 MiB, and as much again while the buffer moves.
    let bytes_max = if max < 128 { usize::from(max) * 64 } else { 64 << 20 };
    within((4 << 20) + 8 * rest.len(), || raft::fuzz::frames(rest, usize::from(part) * 16, bytes_max));
}

pub(crate) fn frame_seeds() -> Vec<Vec<u8>> {
    seeds("frames")
}

pub(crate) fn message(bytes: &[u8]) {
    within(bound(bytes), || raft::fuzz::message(bytes));
}

pub(crate) fn message_seeds() -> Vec<Vec<u8>> {
    seeds("messages")
}

pub(crate) fn append(bytes: &[u8]) {
    within(bound(bytes), || raft::fuzz::append(bytes));
}

pub(crate) fn append_seeds() -> Vec<Vec<u8>> {
    seeds("appends")
}

fn seeds(of: &str) -> Vec<Vec<u8>> {
    raft::fuzz::seeds().into_iter().filter(|(target, _)| *target == of).map(|(_, bytes)| bytes).collect()
}
