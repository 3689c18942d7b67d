//! One life of a node's process: from its start to its end, which may come at any moment. Whatever belongs to a life is
//! dead from that moment on: its tasks, its files, its streams, its answers.

use std::sync::Mutex;
use std::sync::PoisonError;

use raft::Tasks;
use tokio::sync::Notify;

/// See the module.
#[derive(Default)]
pub(crate) struct Life {
    ended: Mutex<Option<String>>,
    bell: Notify,
    /// What blocks, done as tasks.
    pub(crate) tasks: Tasks,
}

impl Life {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.lock().is_some()
    }

    /// Ends it, if it has not ended; whether this was the end.
    pub(crate) fn end(&self, why: &str) -> bool {
        {
            let mut ended = self.lock();
            if ended.is_some() {
                return false;
            }
            *ended = Some(why.to_owned());
        }
        self.tasks.end();
        self.bell.notify_waiters();
        true
    }

    /// Waits for its end; why it ended.
    pub(crate) async fn over(&self) -> String {
        loop {
            let mut rung = std::pin::pin!(self.bell.notified());
            rung.as_mut().enable();
            if let Some(why) = self.lock().clone() {
                return why;
            }
            rung.await;
        }
    }
}
