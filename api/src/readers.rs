//! The threads that read what is large: seating plans and pictures; and that print tickets. One of 16 MiB takes long enough to hold others up, so
//! it is read off the threads that serve; and only so many at a time, so that no number of them takes the machine from
//! those who buy. Deliberately not here: what is read (see `plans/import` and `images/pictures`).

use std::sync::Arc;

use tokio::sync::{Semaphore, oneshot};

use crate::problem::{Kind, Problem};

/// Things of a kind that are read at one time on this node.
const AT_A_TIME: usize = 2;

/// Turns to read things of a kind.
pub(crate) struct Readers {
    /// What is read, for whoever is refused.
    what: &'static str,
    /// Whoever waits or reads has a place.
    places: Arc<Semaphore>,
    /// Whoever reads has a turn.
    turns: Arc<Semaphore>,
}

impl Readers {
    /// Turns to read these; so many may wait for theirs, further ones are refused.
    pub(crate) fn of(what: &'static str, waiting_max: usize) -> Self {
        let of = |n| Arc::new(Semaphore::new(n));
        Self { what, places: of(AT_A_TIME + waiting_max), turns: of(AT_A_TIME) }
    }

    /// Reads on a thread of its own, once it is its turn; refuses if too many wait already.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| {
            let busy = format!("this node is busy with other {}: send it again in a moment", self.what);
            Kind::RateLimited.detail(busy)
        })?;
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| Kind::Internal.problem())?;
        let (done, wait) = oneshot::channel();
        let run = move || {
            drop(done.send(read()));
            // Only now, and also if the caller has gone away meanwhile: it is the thread that is counted.
            drop((turn, place));
        };
        std::thread::Builder::new().name("reader".to_owned()).spawn(run).map_err(|error| {
            tracing::error!(%error, "no thread to read on");
            Kind::Internal.problem()
        })?;
        wait.await.map_err(|_| Kind::Internal.problem())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Mutex, mpsc};

    use axum::http::header;
    use futures_util::FutureExt;

    use super::*;

    const WAITING_MAX: usize = 6;

    #[tokio::test]
    async fn two_are_read_at_a_time_a_few_wait_and_further_ones_are_refused() {
        let readers = Arc::new(Readers::of("plans", WAITING_MAX));
        let (say, begun) = mpsc::channel::<()>();
        let (go, wait) = mpsc::channel::<()>();
        let wait = Arc::new(Mutex::new(wait));
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let read = || {
            let (readers, say, wait) = (readers.clone(), say.clone(), wait.clone());
            let (now, most) = (now.clone(), most.clone());
            async move {
                let read = move || {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    say.send(()).unwrap();
                    wait.lock().unwrap().recv().unwrap();
                    now.fetch_sub(1, Ordering::SeqCst);
                };
                readers.read(read).await
            }
        };
        let mut under_way: Vec<_> = (0..AT_A_TIME + WAITING_MAX).map(|_| Box::pin(read())).collect();
        for each in &mut under_way {
            assert!(each.now_or_never().is_none());
        }
        for _ in 0..AT_A_TIME {
            begun.recv().unwrap();
        }
        let refused = read().await.unwrap_err();
        assert_eq!(refused.kind(), Kind::RateLimited);
        let answer = refused.write("request");
        assert_eq!((answer.status().as_u16(), &answer.headers()[header::RETRY_AFTER]), (429, &"1".parse().unwrap()));

        // Those who go away while they wait leave their places to others.
        under_way.truncate(AT_A_TIME + 1);
        under_way.push(Box::pin(read()));
        for _ in &under_way {
            go.send(()).unwrap();
        }
        for each in futures_util::future::join_all(under_way).await {
            each.unwrap();
        }
        assert_eq!(most.load(Ordering::SeqCst), AT_A_TIME);
    }
}
