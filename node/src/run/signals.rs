//! What ends a process that serves: SIGTERM, SIGINT, or the end of standard input when it was started that way. The first asks, the
//! second does not. Not what stopping means (see the folder).

use std::io::Read;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

/// Signals that ask the process to stop.
pub(crate) struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
    stdin: Option<oneshot::Receiver<()>>,
}

impl StopSignals {
    /// Listens from now on.
    pub(crate) fn listen(until_stdin_closes: bool) -> anyhow::Result<Self> {
        let stdin = until_stdin_closes.then(end_of_stdin).transpose()?;
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())?, stdin })
    }

    /// Waits for the next one and says which.
    pub(crate) async fn next(&mut self) -> &'static str {
        let stdin = async {
            match &mut self.stdin {
                // The sender's end means the same as its message.
                Some(ended) => drop(ended.await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
            () = stdin => {
                self.stdin = None;
                "the end of standard input"
            }
        }
    }
}

/// Reading blocks for as long as the parent lives: it gets a thread of its own.
fn end_of_stdin() -> std::io::Result<oneshot::Receiver<()>> {
    let (ended, wait) = oneshot::channel();
    std::thread::Builder::new().name("stdin".to_owned()).spawn(move || {
        let mut bytes = [0_u8; 64];
        let mut input = std::io::stdin().lock();
        while input.read(&mut bytes).is_ok_and(|n| n > 0) {}
        // Nobody waits any more when the process is on its way out.
        let _ = ended.send(());
    })?;
    Ok(wait)
}
