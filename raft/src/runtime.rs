//! Tasks and timers: the only file that spawns tasks. A node's tasks end with it. Not threads (see `work`).

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use openraft::AsyncRuntime;
use openraft::async_runtime::Instant as _;
use openraft_rt_tokio::{TokioInstant, TokioMpsc, TokioMutex, TokioOneshot};
use tokio::task::AbortHandle;

use crate::random::Random;
use crate::sync::lock;
use crate::watched::Watched;

/// The tasks of one node.
#[derive(Clone, Default)]
pub struct Tasks(Arc<Mutex<Running>>);

#[derive(Default)]
struct Running {
    ended: bool,
    handles: Vec<AbortHandle>,
    sweep_at: usize,
}

/// Aborts its task when dropped.
pub(crate) struct Scoped(AbortHandle);

impl Drop for Scoped {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Tasks {
    /// Runs a task until it ends or the node does.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        drop(self.start(task));
    }

    /// Runs a task until its handle is dropped or the node ends.
    pub(crate) fn scoped(&self, task: impl Future<Output = ()> + Send + 'static) -> Scoped {
        Scoped(self.start(task))
    }

    fn start(&self, task: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        let handle = spawn(task).abort_handle();
        let mut running = lock(&self.0);
        if running.ended {
            handle.abort();
        } else {
            if running.handles.len() >= running.sweep_at {
                running.handles.retain(|h| !h.is_finished());
                running.sweep_at = running.handles.len() * 2 + 64;
            }
            running.handles.push(handle.clone());
        }
        handle
    }

    /// Aborts all tasks and every later one.
    pub fn end(&self) {
        let mut running = lock(&self.0);
        running.ended = true;
        for handle in running.handles.drain(..) {
            handle.abort();
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that spawns tasks")]
fn spawn<T>(task: T) -> tokio::task::JoinHandle<T::Output>
where
    T: Future + Send + 'static,
    T::Output: Send + 'static,
{
    tokio::spawn(task)
}

/// Waits shorter than this yield instead: timers have a granularity of 1 ms, and openraft sleeps 1 µs between two
/// notices of finished syncs.
const YIELD_BELOW: Duration = Duration::from_micros(100);

/// What openraft sleeps on.
pub(crate) enum Pause {
    Yield(bool),
    Timer(Pin<Box<tokio::time::Sleep>>),
}

impl Pause {
    /// Lets all other tasks that are ready run first.
    pub(crate) fn turn() -> Self {
        Self::Yield(false)
    }
}

impl Future for Pause {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match &mut *self {
            Self::Yield(true) => Poll::Ready(()),
            Self::Yield(yielded) => {
                *yielded = true;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Self::Timer(timer) => timer.as_mut().poll(cx),
        }
    }
}

/// openraft's runtime: tokio, with short waits made short.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Runtime;

impl AsyncRuntime for Runtime {
    type JoinError = tokio::task::JoinError;
    type JoinHandle<T: Send + 'static> = tokio::task::JoinHandle<T>;
    type Sleep = Pause;
    type Instant = TokioInstant;
    type TimeoutError = tokio::time::error::Elapsed;
    type Timeout<R, T: Future<Output = R> + Send> = tokio::time::Timeout<T>;
    type ThreadLocalRng = Random;
    type Mpsc = TokioMpsc;
    type Watch = Watched;
    type Oneshot = TokioOneshot;
    type Mutex<T: Send + 'static> = TokioMutex<T>;

    fn new(_threads: usize) -> Self {
        Self
    }

    fn block_on<F, T>(&mut self, future: F) -> T
    where
        F: Future<Output = T>,
    {
        futures_util::FutureExt::now_or_never(future).unwrap_or_else(|| unreachable!("the process owns its runtime"))
    }

    fn spawn<T>(future: T) -> Self::JoinHandle<T::Output>
    where
        T: Future + Send + 'static,
        T::Output: Send + 'static,
    {
        spawn(future)
    }

    fn sleep(duration: Duration) -> Pause {
        if duration < YIELD_BELOW { Pause::Yield(false) } else { Pause::Timer(Box::pin(tokio::time::sleep(duration))) }
    }

    fn sleep_until(deadline: TokioInstant) -> Pause {
        let now = TokioInstant::now();
        Self::sleep(if deadline > now { deadline - now } else { Duration::ZERO })
    }

    fn timeout<R, F: Future<Output = R> + Send>(duration: Duration, future: F) -> Self::Timeout<R, F> {
        tokio::time::timeout(duration, future)
    }

    fn timeout_at<R, F: Future<Output = R> + Send>(deadline: TokioInstant, future: F) -> Self::Timeout<R, F> {
        let now = TokioInstant::now();
        tokio::time::timeout(if deadline > now { deadline - now } else { Duration::ZERO }, future)
    }

    fn is_panic(error: &Self::JoinError) -> bool {
        error.is_panic()
    }

    fn thread_rng() -> Self::ThreadLocalRng {
        Random::default()
    }
}
