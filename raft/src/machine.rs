//! openraft's state machine: hands committed entries to the replica and answers at once. The only caller of
//! `State::apply` is the replica, and this is its only caller. No I/O.

use std::io;
use std::sync::Arc;

use booking::Command;
use futures_util::{Stream, TryStreamExt};
use openraft::RaftSnapshotBuilder;
use openraft::storage::{EntryResponder, RaftStateMachine};

use storage::{Log, Snapshots};

use crate::codec;
use crate::node::{Node, count};
use crate::replica::Held;
use crate::snapshot::{self, SnapshotFile};
use crate::types::{LogId, Outcomes, Payload, Snapshot, SnapshotMeta, StoredMembership, Types};
use crate::work::on_thread;

/// Where snapshots go, and the log that must be durable before they count.
#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) snapshots: Snapshots,
    pub(crate) log: Log,
}

/// See the module.
pub(crate) struct Machine {
    pub(crate) node: Arc<Node>,
    /// This node's id; openraft applies before the node itself has made it known.
    pub(crate) me: u64,
    pub(crate) stored: Stored,
}

/// Ends the process if an entry makes the rules panic: the state may be half changed, and every node would come to the
/// same end.
struct Unharmed<'a>(&'a Node, LogId);

impl Drop for Unharmed<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fatal(&format!("entry {} made the rules panic", self.1.index));
        }
    }
}

impl Machine {
    /// Ends the process if the rules go on to what it does not know: its state would part from the others'.
    fn must_know(&self, version: u32) -> io::Result<()> {
        self.node.know(version).map_err(|unknown| {
            self.node.fatal(&unknown.to_string());
            io::Error::other(unknown.to_string())
        })
    }

    fn apply_one(&self, id: LogId, payload: Payload) -> io::Result<Outcomes> {
        let node = &*self.node;
        let _unharmed = Unharmed(node, id);
        let outcomes = match payload {
            Payload::Blank => {
                node.replica.pass(id, None);
                Outcomes::default()
            }
            Payload::Membership(membership) => {
                node.replica.pass(id, Some(StoredMembership::new(Some(id), membership)));
                Outcomes::default()
            }
            Payload::Normal(batch) => {
                let (at_ms, requests) = codec::unpack(&batch).inspect_err(|error| {
                    node.fatal(&format!(
                        "entry {} cannot be read ({error}): it was written by a newer version of the program",
                        id.index
                    ));
                })?;
                for request in &requests {
                    if let Command::RaiseRulesVersion(version) = request.command {
                        self.must_know(version)?;
                    }
                }
                node.time.applied(at_ms);
                node.replica.apply(id, at_ms, requests)
            }
        };
        if id.leader_id.node_id == self.me {
            node.proposer.set_applied(id.leader_id.term);
        }
        Ok(outcomes)
    }
}

impl RaftStateMachine<Types> for Machine {
    type SnapshotData = SnapshotFile;
    type SnapshotBuilder = Builder;

    async fn applied_state(&mut self) -> Result<(Option<LogId>, StoredMembership), io::Error> {
        let held = self.node.replica.held();
        Ok((held.applied, held.membership))
    }

    async fn apply<S>(&mut self, mut entries: S) -> Result<(), io::Error>
    where
        S: Stream<Item = Result<EntryResponder<Types>, io::Error>> + Unpin + Send,
    {
        while let Some((entry, responder)) = entries.try_next().await? {
            let outcomes = self.apply_one(entry.log_id, entry.payload)?;
            if let Some(responder) = responder {
                responder.send(outcomes);
            }
        }
        Ok(())
    }

    async fn get_snapshot_builder(&mut self) -> Builder {
        Builder { node: Arc::clone(&self.node), held: Some(self.node.replica.held()), parts: self.stored.clone() }
    }

    async fn install_snapshot(&mut self, _meta: &SnapshotMeta, snapshot: SnapshotFile) -> Result<(), io::Error> {
        // The file is whole and durable already; only memory is left to do.
        let held = on_thread(&self.node.parts.work, "snapshot-load", move || snapshot::load(&snapshot.0)).await;
        let held = held.ok_or_else(|| io::Error::other("the snapshot made the rules panic"))??;
        self.must_know(held.state.meta().rules_version)?;
        self.node.time.applied(held.state.now_ms());
        self.node.replica.replace(held, false);
        Ok(())
    }

    async fn get_current_snapshot(&mut self) -> Result<Option<Snapshot>, io::Error> {
        let snapshots = self.stored.snapshots.clone();
        let newest = on_thread(&self.node.parts.work, "snapshot-check", move || snapshots.newest()).await;
        match newest.ok_or_else(|| io::Error::other("no thread"))?.map_err(snapshot::other)? {
            Some(reader) => snapshot::offered(reader).map(Some),
            None => Ok(None),
        }
    }
}

/// Makes a snapshot of the state as it was when it was asked for.
pub(crate) struct Builder {
    node: Arc<Node>,
    held: Option<Held>,
    parts: Stored,
}

impl RaftSnapshotBuilder<Types> for Builder {
    type SnapshotData = SnapshotFile;

    async fn build_snapshot(&mut self) -> Result<Snapshot, io::Error> {
        let held = self.held.take().ok_or_else(|| io::Error::other("the snapshot was made already"))?;
        let Stored { snapshots, log } = self.parts.clone();
        let made = snapshot::make(&self.node.parts.work, &snapshots, &log, held).await?;
        count(&self.node.counters.snapshots_made);
        Ok(made)
    }
}
