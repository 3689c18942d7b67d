//! Rules versions: what this program knows, and raising the cluster's once every member knows more.
//! Not what a version changes (`booking`), nor the versions of bytes (`codec`) and of the peer protocol (`peers`).

use std::sync::Arc;
use std::time::Duration;

use booking::{Actor, Command, Request};

use crate::node::Node;
use crate::peers::{Ask, Reply};

/// A leader that knows newer rules asks the members so often whether they do.
const ASK_EVERY: Duration = Duration::from_secs(2);
/// A member answers within this, or counts as not knowing.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// Rules that this program does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unknown {
    pub(crate) needed: u32,
    pub(crate) known: u32,
}

impl std::fmt::Display for Unknown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { needed, known } = self;
        write!(
            f,
            "the cluster's rules are at version {needed}, this program knows them up to {known}: upgrade this node"
        )
    }
}

impl Node {
    /// Refuses rules that this program does not know: it would come to another state than the others.
    pub(crate) fn know(&self, needed: u32) -> Result<(), Unknown> {
        let known = self.options.rules_version;
        if needed <= known { Ok(()) } else { Err(Unknown { needed, known }) }
    }

    /// The newest rules that all members know; `None` if one of them does not say.
    async fn known_to_all(self: &Arc<Self>) -> Option<u32> {
        let me = self.party().node_id;
        let mut least = self.options.rules_version;
        for member in self.members().into_iter().filter(|m| m.id != me) {
            let link = self.control(member.id);
            match tokio::time::timeout(ANSWER_WITHIN, link.ask(self, &Ask::Rules)).await {
                Ok(Ok(Reply::Rules(known))) => least = least.min(known),
                _ => return None,
            }
        }
        Some(least)
    }
}

/// While this node leads: raises the rules version as soon as all members know a newer one.
pub(crate) async fn raise(node: Arc<Node>) {
    let mut role = node.leadership.subscribe();
    loop {
        let me = node.party().node_id;
        if role.wait_for(|now| now.leader == Some(me)).await.is_err() {
            return;
        }
        let now = node.replica.read().meta().rules_version;
        if now < node.options.rules_version
            && let Some(known) = node.known_to_all().await
            && known > now
        {
            tracing::info!(from = now, to = known, "every member knows newer rules: they come into force");
            let request = Request { actor: Actor::Node, idempotency: None, command: Command::RaiseRulesVersion(known) };
            if let Err(error) = node.propose(0, &request).await {
                tracing::warn!(%error, "the rules version could not be raised; it is tried again");
            }
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
}
