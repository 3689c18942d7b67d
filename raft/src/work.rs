//! The seam for what blocks: reading and writing files, the log's writer. On threads in production, as tasks on
//! simulated time in simulation. Not a pool: a thread lives for as long as one job runs, and jobs are rare.

use std::io;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use storage::LogWriter;
use tokio::sync::oneshot;

/// Something that blocks.
pub type Job = Box<dyn FnOnce() + Send>;

/// Where what blocks is done.
pub trait Work: Send + Sync + 'static {
    /// Does a job beside everything else; fails if that cannot be.
    fn start(&self, name: &str, job: Job) -> io::Result<()>;
    /// Runs the log's writer until the log is closed. Ready when it has ended: true if in order.
    fn write_log(&self, writer: LogWriter) -> io::Result<BoxFuture<'static, bool>>;
}

/// Threads of the operating system, for production.
#[derive(Debug, Clone, Copy, Default)]
pub struct Threads;

impl Work for Threads {
    fn start(&self, name: &str, job: Job) -> io::Result<()> {
        std::thread::Builder::new().name(name.to_owned()).spawn(job).map(drop)
    }

    fn write_log(&self, writer: LogWriter) -> io::Result<BoxFuture<'static, bool>> {
        let thread = writer.spawn()?;
        Ok(Box::pin(async move {
            let work: Arc<dyn Work> = Arc::new(Threads);
            on_thread(&work, "log-end", move || thread.join().is_ok()).await == Some(true)
        }))
    }
}

/// Does what blocks beside everything else; `None` if it panicked or no thread could be had.
pub(crate) async fn on_thread<T: Send + 'static>(
    work: &Arc<dyn Work>,
    name: &str,
    job: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (done, wait) = oneshot::channel();
    let job = move || {
        // The waiter may be gone; the work was still done.
        drop(done.send(job()));
    };
    match work.start(name, Box::new(job)) {
        Ok(()) => wait.await.ok(),
        Err(error) => {
            tracing::error!(%error, name, "no thread to be had");
            None
        }
    }
}
