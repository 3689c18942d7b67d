//! Who belongs to the cluster: joining, voting, leaving, handing leadership over. The leader decides; other nodes send
//! on to it. Not what a node needs to start (`start`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use openraft::async_runtime::watch::WatchReceiver as _;
use openraft::errors::{ChangeMembershipError, ClientWriteError, RaftError};
use openraft::{ChangeMembers, Precondition, ServerState};
use storage::planted::{Defect, planted};
use tokio::time::{Duration, Instant};

use crate::error::Error;
use crate::node::Node;
use crate::peers::{Ask, Change, Reply, dial_to_join};
use crate::rules;
use crate::status::Member;
use crate::types::{Peer, Types};

/// A change is made within this, or the asker is told that it is not known.
const CHANGE_WITHIN: Duration = Duration::from_secs(15);
/// A learner that lags by more entries gets no vote.
const PROMOTION_LAG_MAX: u64 = 1_000;
/// A node's view of the membership follows the membership within this.
const SEEN_WITHIN: Duration = Duration::from_secs(1);
/// Leadership is handed over within this.
const TRANSFER_WITHIN: Duration = Duration::from_secs(2);

impl Node {
    /// Has the leader make a change; returns the node it was about.
    pub(crate) async fn change(self: &Arc<Self>, change: Change) -> Result<u64, Error> {
        let deadline = Instant::now() + CHANGE_WITHIN;
        let mut role = self.leadership.subscribe();
        loop {
            self.core()?;
            let seen = *role.borrow_and_update();
            let made = async {
                match seen.leader {
                    Some(leader) if leader == self.party().node_id => self.change_as_leader(change.clone()).await,
                    Some(leader) => match self.control(leader).ask(self, &Ask::Change(change.clone())).await {
                        Ok(Reply::Changed(node)) => Ok(Some(node)),
                        Ok(Reply::Refused(why)) => Err(Error::Membership(why)),
                        Ok(_) => Ok(None),
                        Err(_) => Err(Error::Unknown),
                    },
                    None => Ok(None),
                }
            };
            match tokio::time::timeout_at(deadline, made).await {
                Ok(Ok(Some(node))) => return Ok(node),
                Ok(Ok(None)) => {}
                Ok(Err(error)) => return Err(error),
                Err(_) => return Err(Error::Unknown),
            }
            if Instant::now() >= deadline {
                return Err(Error::NoLeader);
            }
            let again = Instant::now() + Duration::from_millis(50);
            drop(tokio::time::timeout_at(again, role.changed()).await);
        }
    }

    /// Makes a change as leader; `None` if this node does not lead, or another change is under way.
    pub(crate) async fn change_as_leader(self: &Arc<Self>, change: Change) -> Result<Option<u64>, Error> {
        if !self.leads() {
            return Ok(None);
        }
        match change {
            Change::Add { address } => self.add(&address).await,
            Change::Promote { node } => self.promote(node).await,
            Change::Remove { node } => self.remove(node).await,
            Change::Transfer { to } => self.transfer(to).await.map(Some),
        }
    }

    fn leads(&self) -> bool {
        self.leadership.borrow().leader == Some(self.party().node_id)
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "any other reply is wrong here")]
    async fn add(self: &Arc<Self>, address: &str) -> Result<Option<u64>, Error> {
        let reply = dial_to_join(self, address, self.party().cluster_id).await;
        let reply = reply.map_err(|error| Error::Membership(format!("{address}: {error}")))?;
        let (id, disk_id, public_url, known) = match reply {
            Reply::Joined { node_id, disk_id, public_url, rules_version } => {
                (node_id, disk_id, public_url, rules_version)
            }
            Reply::Refused(why) => return Err(Error::Membership(why)),
            other => return Err(Error::Membership(format!("the node gave an answer of another kind: {other:?}"))),
        };
        if self.peer(id).is_some() {
            return Err(Error::Membership(format!("the node at {address} is a member already")));
        }
        let needed = self.replica.read().meta().rules_version;
        if known < needed {
            return Err(Error::Membership(format!("{address}: {}", rules::Unknown { needed, known })));
        }
        let peer = Peer { address: address.to_owned(), public_url, disk_id };
        let added = self.change_members(ChangeMembers::AddNodes(BTreeMap::from([(id, peer)])), id).await?;
        // Whoever is told of the node may ask for it at once: this node's own view must have it by then.
        let view = self.core()?.raft.wait(Some(SEEN_WITHIN));
        drop(view.metrics(|m| m.membership_config.nodes().any(|(n, _)| *n == id), "added").await);
        Ok(added)
    }

    async fn promote(&self, node: u64) -> Result<Option<u64>, Error> {
        let members = self.members();
        let member = members.iter().find(|m| m.id == node).ok_or_else(|| unknown_node(node))?;
        if member.voter {
            return Ok(Some(node));
        }
        if member.lag.is_none_or(|lag| lag > PROMOTION_LAG_MAX) {
            return Err(Error::Membership("the node has not caught up yet".to_owned()));
        }
        self.change_members(ChangeMembers::AddVoterIds(BTreeSet::from([node])), node).await
    }

    async fn remove(&self, node: u64) -> Result<Option<u64>, Error> {
        let members = self.members();
        let member = members.iter().find(|m| m.id == node).ok_or_else(|| unknown_node(node))?;
        if planted(Defect::RemovedCounts) {
            return Ok(Some(node));
        }
        let ids = BTreeSet::from([node]);
        if member.voter {
            if members.iter().filter(|m| m.voter).count() == 1 {
                return Err(Error::Membership("the last voter cannot leave".to_owned()));
            }
            // Without `retain` a voter that loses its vote leaves altogether.
            self.change_members(ChangeMembers::RemoveVoters(ids), node).await
        } else {
            self.change_members(ChangeMembers::RemoveNodes(ids), node).await
        }
    }

    /// Changes the membership that this node knows of and no other; `None` if something is to be done before, or it is
    /// another meanwhile.
    ///
    /// A leader lost in the middle of a change leaves a joint membership behind, which says already who is to go. What
    /// was begun is ended first: openraft would drop whoever is to go from the next joint membership, and if that is
    /// this leader, it would come to its end over the second half (or, without assertions, replicate as no member).
    async fn change_members(&self, change: ChangeMembers<u64, Peer>, node: u64) -> Result<Option<u64>, Error> {
        let _one = self.changing.lock().await;
        let raft = &self.core()?.raft;
        let (last_membership_log_id, is_member, is_joint) = {
            let metrics = raft.metrics();
            let metrics = metrics.borrow_watched();
            let membership = &metrics.membership_config;
            let is_joint = membership.membership().get_joint_config().len() > 1;
            (*membership.log_id(), membership.get_node(&metrics.id).is_some(), is_joint)
        };
        if !is_member {
            return Ok(None);
        }
        let unchanged = [Precondition::LastMembershipLogId { last_membership_log_id }];
        if is_joint {
            let end = ChangeMembers::AddVoterIds(BTreeSet::new());
            outcome(raft.change_membership_if(end, false, unchanged).await, node)?;
            return Ok(None);
        }
        outcome(raft.change_membership_if(change, false, unchanged).await, node)
    }

    /// Hands leadership to a voter, by default the one that has come furthest.
    pub(crate) async fn transfer(&self, to: Option<u64>) -> Result<u64, Error> {
        let me = self.party().node_id;
        let members = self.members();
        let candidates = members.iter().filter(|m| m.voter && m.id != me);
        let to = match to {
            Some(to) if to == me => return Ok(me),
            Some(to) => candidates.clone().find(|m| m.id == to).map(|m| m.id).ok_or_else(|| unknown_node(to))?,
            None => candidates
                .max_by_key(|m| m.matched)
                .map(|m| m.id)
                .ok_or_else(|| Error::Membership("there is no other voter".to_owned()))?,
        };
        self.core()?.raft.trigger().transfer_leader(to).await.map_err(|_| Error::Stopped)?;
        let mut role = self.leadership.subscribe();
        let moved = role.wait_for(|now| now.leader.is_some_and(|leader| leader != me));
        match tokio::time::timeout(TRANSFER_WITHIN, moved).await {
            Ok(Ok(now)) => Ok(now.leader.unwrap_or(to)),
            _ => Err(Error::Membership("the other node did not take over in time".to_owned())),
        }
    }

    /// The members, and on the leader how far each has come.
    pub(crate) fn members(&self) -> Vec<Member> {
        let Some(core) = self.core.get() else { return Vec::new() };
        let metrics = core.raft.metrics();
        let metrics = metrics.borrow_watched();
        let voters: BTreeSet<u64> = metrics.membership_config.voter_ids().collect();
        let last = metrics.last_log_index.unwrap_or(0);
        let empty = BTreeMap::new();
        let matched = metrics.replication.as_ref().unwrap_or(&empty);
        let leads = metrics.state == ServerState::Leader;
        let member = |(id, peer): (&u64, &Peer)| {
            let matched = if leads && *id == metrics.id {
                Some(last)
            } else {
                matched.get(id).map(|matched| matched.map_or(0, |log_id| log_id.index))
            };
            Member {
                id: *id,
                address: peer.address.clone(),
                public_url: peer.public_url.clone(),
                voter: voters.contains(id),
                matched,
                lag: matched.map(|matched| last.saturating_sub(matched)),
            }
        };
        metrics.membership_config.nodes().map(member).collect()
    }

    /// The members with how far each has come, asked of the leader if another node leads.
    pub(crate) async fn members_of_leader(self: &Arc<Self>) -> Vec<Member> {
        let leader = self.leadership.borrow().leader;
        if let Some(leader) = leader.filter(|leader| *leader != self.party().node_id) {
            let asked = self.control(leader);
            let asked = asked.ask(self, &Ask::Members);
            if let Ok(Ok(Reply::Members(members))) = tokio::time::timeout(Duration::from_secs(1), asked).await {
                return members;
            }
        }
        self.members()
    }
}

fn unknown_node(node: u64) -> Error {
    Error::Membership(format!("there is no node {node} that this could be done to"))
}

fn outcome<T>(result: Result<T, RaftError<Types, ClientWriteError<Types>>>, node: u64) -> Result<Option<u64>, Error> {
    match result {
        Ok(_) => Ok(Some(node)),
        // None was logged, or the first half of it was and another change came between: asked again until the deadline.
        // One change waits for the one before it to be committed, the very first (`initialize`) among them.
        Err(RaftError::APIError(
            ClientWriteError::ForwardToLeader(_)
            | ClientWriteError::PreconditionFailed(_)
            | ClientWriteError::ChangeMembershipError(ChangeMembershipError::InProgress(_)),
        )) => Ok(None),
        Err(RaftError::APIError(ClientWriteError::LogEntryDiscarded(_))) => Err(Error::Unknown),
        Err(RaftError::APIError(error)) => Err(Error::Membership(error.to_string())),
        Err(RaftError::Fatal(_)) => Err(Error::Stopped),
    }
}
