//! Callers that have not proven themselves yet: bounded in number and in time, and none of them in another's way.
//! Not how they prove themselves (`handshake`).

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::sync::lock;

/// A caller proves itself within this.
const PROOF_WITHIN: Duration = Duration::from_secs(3);
/// So many at a time. A peer needs some ms: to push it out, strangers have to open as many connections within them.
const UNPROVEN_MAX: usize = 256;

/// See the module; clones share it.
#[derive(Clone, Default)]
pub(crate) struct Unproven(Arc<Mutex<Callers>>);

#[derive(Default)]
struct Callers {
    next: u64,
    /// Dropping one tells its caller to go.
    waiting: VecDeque<(u64, oneshot::Sender<()>)>,
}

/// A caller's place.
pub(crate) struct Place {
    of: Unproven,
    number: u64,
    pushed_out: oneshot::Receiver<()>,
}

impl Unproven {
    /// Takes a caller in. If there are too many, the one that has been here longest goes: a bound that made newcomers
    /// wait would let a few hundred silent connections keep all peers out.
    pub(crate) fn enter(&self) -> Place {
        let (stays, pushed_out) = oneshot::channel();
        let mut callers = lock(&self.0);
        if callers.waiting.len() >= UNPROVEN_MAX {
            callers.waiting.pop_front();
        }
        let number = callers.next;
        callers.next += 1;
        callers.waiting.push_back((number, stays));
        Place { of: self.clone(), number, pushed_out }
    }
}

impl Place {
    /// Waits for the caller's proof, unless it takes too long or the place is needed.
    pub(crate) async fn prove<T>(mut self, proof: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        let late = || io::Error::new(io::ErrorKind::TimedOut, "the caller did not prove itself in time");
        let crowded = || io::Error::new(io::ErrorKind::ResourceBusy, "too many callers have not proven themselves");
        tokio::select! {
            biased;
            proven = tokio::time::timeout(PROOF_WITHIN, proof) => proven.unwrap_or_else(|_| Err(late())),
            _ = &mut self.pushed_out => Err(crowded()),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.of.0).waiting.retain(|(number, _)| *number != self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::future::{pending, ready};

    #[tokio::test]
    async fn newcomers_push_out_the_oldest() {
        let unproven = Unproven::default();
        let silent = || Box::pin(unproven.enter().prove(pending::<io::Result<()>>()));
        let mut callers: Vec<_> = (0..UNPROVEN_MAX).map(|_| silent()).collect();
        assert!(callers.iter_mut().all(|caller| caller.now_or_never().is_none()));
        assert!(unproven.enter().prove(ready(Ok(()))).await.is_ok(), "a full house keeps nobody out");
        assert_eq!(callers[0].as_mut().await.unwrap_err().kind(), io::ErrorKind::ResourceBusy);
        assert!(callers[1].as_mut().now_or_never().is_none(), "only one had to go");
        drop(callers);
        assert!(lock(&unproven.0).waiting.is_empty());
    }
}
