//! The feed: what each applied entry changed, to subscribers on this node. Not durable, not across nodes:
//! whoever lagged reads the state again.

use std::sync::Arc;

use booking::Change;
use tokio::sync::broadcast;

/// Entries that a subscriber may be behind before it loses some.
const BUFFERED_ENTRIES: usize = 8_192;

/// What one log entry changed, in order.
#[derive(Debug)]
pub struct FeedItem {
    /// The entry's index: the state has it applied when the item comes.
    pub index: u64,
    /// Changes of all its commands; may be empty.
    pub changes: Vec<Change>,
}

/// Items were missed: read the state again and go on from the index it reflects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lagged;

/// A subscription.
pub struct FeedReceiver(broadcast::Receiver<Option<Arc<FeedItem>>>);

impl FeedReceiver {
    /// The next item, in order of index and without gaps, or the news that there is a gap.
    pub async fn recv(&mut self) -> Result<Arc<FeedItem>, Lagged> {
        match self.0.recv().await {
            Ok(Some(item)) => Ok(item),
            Ok(None) | Err(broadcast::error::RecvError::Lagged(_)) => Err(Lagged),
            // The node is gone, and with it soon the caller.
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// Where applied entries are announced.
pub(crate) struct Feed(broadcast::Sender<Option<Arc<FeedItem>>>);

impl Feed {
    pub(crate) fn new() -> Self {
        Self(broadcast::Sender::new(BUFFERED_ENTRIES))
    }

    pub(crate) fn subscribe(&self) -> FeedReceiver {
        FeedReceiver(self.0.subscribe())
    }

    pub(crate) fn push(&self, index: u64, changes: Vec<Change>) {
        if self.0.receiver_count() > 0 {
            // Fails only when the last subscriber has just gone.
            drop(self.0.send(Some(Arc::new(FeedItem { index, changes }))));
        }
    }

    /// The state jumped: everybody has missed something.
    pub(crate) fn jump(&self) {
        drop(self.0.send(None));
    }

    pub(crate) fn lag(&self) -> usize {
        self.0.len()
    }
}
