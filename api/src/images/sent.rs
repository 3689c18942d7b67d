//! Files that were sent lately, in memory: a poster on the front page is read from the disk once.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

/// Bytes kept.
const BYTES_MAX: usize = 32 << 20;

/// See the module. What is named by its content is never stale.
#[derive(Default)]
pub(crate) struct Sent(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    files: BTreeMap<[u8; 32], (Bytes, u64)>,
    bytes: usize,
    /// Counts uses: the smallest is the longest ago.
    clock: u64,
}

impl Sent {
    /// A file that is kept.
    pub(crate) fn find(&self, hash: &[u8; 32]) -> Option<Bytes> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clock += 1;
        let clock = kept.clock;
        let (bytes, used) = kept.files.get_mut(hash)?;
        *used = clock;
        Some(bytes.clone())
    }

    /// Keeps a file, and lets go of those that were not asked for the longest.
    pub(crate) fn keep(&self, hash: [u8; 32], bytes: &Bytes) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clock += 1;
        let clock = kept.clock;
        kept.bytes += bytes.len();
        if let Some((before, _)) = kept.files.insert(hash, (bytes.clone(), clock)) {
            kept.bytes -= before.len();
        }
        while kept.bytes > BYTES_MAX {
            let Some(oldest) = kept.files.iter().min_by_key(|(_, (_, used))| *used).map(|(hash, _)| *hash) else {
                return;
            };
            if let Some((gone, _)) = kept.files.remove(&oldest) {
                kept.bytes -= gone.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_not_asked_for_the_longest_go_first() {
        let sent = Sent::default();
        let third = Bytes::from(vec![0; BYTES_MAX / 3]);
        for name in 1..=3 {
            sent.keep([name; 32], &third);
        }
        assert!(sent.find(&[1; 32]).is_some());
        sent.keep([4; 32], &third);
        let here: Vec<u8> = (1..=4).filter(|name| sent.find(&[*name; 32]).is_some()).collect();
        assert_eq!(here, [1, 3, 4]);
        sent.keep([4; 32], &third);
        assert_eq!(sent.0.lock().unwrap().bytes, third.len() * 3, "twice is once");
    }
}
