//! The leader's side of writing: waiting requests are packed into few entries, a few of them under way at a time.
//! Not how requests get to the leader (`propose`, `peers`), nor what they do (`booking`).
//!
//! There is no timer: while an entry is under way the next one fills up. Whoever brings a request to an idle proposer
//! packs it itself, so that a lone request waits for no other task.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use bytes::Bytes;
use openraft::errors::ClientWriteError;
use openraft::raft::{ClientWriteResponse, ClientWriteResult};
use tokio::sync::{Notify, oneshot};

use crate::admission::{Admission, Errand};
use crate::answer::{Answer, Ended};
use crate::clock::ClusterTime;
use crate::codec;
use crate::peers::Outbox;
use crate::sync::lock;
use crate::types::{Finish, Raft, Types};

/// Entries under way at a time. Measured on the prototype: 2 to 4 keep the disk busy and the entries full.
const UNDER_WAY_MAX: usize = 4;
/// Requests in an entry.
const REQUESTS_MAX: usize = 256;
/// While entries are under way, another one begins only with so many requests waiting. Each entry costs the three nodes
/// some 0.1 ms of CPU, however few requests it holds: at 64 clients on two cores shared by all nodes, filling entries up
/// gave 1.1 to 1.4 times the holds of sending them off at once, and no worse latency.
const WORTH_ANOTHER: usize = 128;
/// Bytes of requests in an entry, unless one alone is larger.
const BYTES_MAX: usize = 64 << 10;
/// Requests of one lane that may wait.
const LANE_MAX: usize = 4_096;
/// Requests that may wait in all.
const WAITING_MAX: usize = 65_536;

/// An encoded request on its way.
pub(crate) struct Waiting {
    pub(crate) lane: u128,
    pub(crate) weight: u16,
    pub(crate) errand: Errand,
    pub(crate) bytes: Bytes,
    pub(crate) reply: ReplyTo,
}

/// Who waits for the answer.
pub(crate) enum ReplyTo {
    /// A request of this node.
    Local(oneshot::Sender<Ended>),
    /// A request that a peer sent on.
    Peer(Arc<Outbox>, u64),
}

impl ReplyTo {
    pub(crate) fn end(self, ended: Ended) {
        match self {
            // Whoever gave up waiting is gone.
            Self::Local(sender) => drop(sender.send(ended)),
            Self::Peer(outbox, id) => crate::peers::push_answer(&outbox, id, &ended),
        }
    }
}

#[derive(Default)]
struct Queue {
    lanes: BTreeMap<u128, VecDeque<Waiting>>,
    /// Lanes with waiting requests, whose turn it is first.
    turns: VecDeque<u128>,
    waiting: usize,
    under_way: usize,
}

impl Queue {
    fn push(&mut self, waiting: Waiting) -> Result<(), Waiting> {
        if self.waiting >= WAITING_MAX {
            return Err(waiting);
        }
        let lane = self.lanes.entry(waiting.lane).or_default();
        if lane.len() >= LANE_MAX {
            return Err(waiting);
        }
        if lane.is_empty() {
            self.turns.push_back(waiting.lane);
        }
        lane.push_back(waiting);
        self.waiting += 1;
        Ok(())
    }

    /// Whether an entry is to begin now: at once if none is under way.
    fn may_begin(&self) -> bool {
        let worth = if self.under_way == 0 { 1 } else { WORTH_ANOTHER };
        self.waiting >= worth && self.under_way < UNDER_WAY_MAX
    }

    /// The requests of the next entry, one of each lane in turn.
    fn pack(&mut self) -> Vec<Waiting> {
        let mut packed: Vec<Waiting> = Vec::with_capacity(self.waiting.min(REQUESTS_MAX));
        let (mut bytes, mut weight) = (0_usize, 0_u32);
        while packed.len() < REQUESTS_MAX {
            let Some(turn) = self.turns.pop_front() else { break };
            let Some(lane) = self.lanes.get_mut(&turn) else { continue };
            let Some(next) = lane.front() else { continue };
            let full =
                bytes + next.bytes.len() > BYTES_MAX || weight + u32::from(next.weight) > u32::from(codec::WEIGHT_MAX);
            if full && !packed.is_empty() {
                self.turns.push_front(turn);
                break;
            }
            bytes += next.bytes.len();
            weight += u32::from(next.weight);
            packed.extend(lane.pop_front());
            if lane.is_empty() {
                self.lanes.remove(&turn);
            } else {
                self.turns.push_back(turn);
            }
        }
        self.waiting -= packed.len();
        packed
    }
}

/// See the module.
pub(crate) struct Proposer {
    me: OnceLock<u64>,
    raft: OnceLock<Raft>,
    time: Arc<ClusterTime>,
    admission: Admission,
    queue: Mutex<Queue>,
    /// The term this node leads in; 0 while it does not.
    leads: AtomicU64,
    /// The last term of which this node applied an entry of its own.
    applied: AtomicU64,
    voters: Mutex<Vec<u64>>,
    wake: Notify,
    pub(crate) entries: AtomicU64,
    pub(crate) packed: AtomicU64,
}

impl Proposer {
    pub(crate) fn new(time: Arc<ClusterTime>, admission: Admission) -> Self {
        Self {
            me: OnceLock::new(),
            raft: OnceLock::new(),
            time,
            admission,
            queue: Mutex::default(),
            leads: AtomicU64::new(0),
            applied: AtomicU64::new(0),
            voters: Mutex::default(),
            wake: Notify::new(),
            entries: AtomicU64::new(0),
            packed: AtomicU64::new(0),
        }
    }

    /// The node has joined: from now on it may lead.
    pub(crate) fn start(&self, me: u64, raft: Raft) {
        self.me.set(me).ok();
        self.raft.set(raft).ok();
    }

    pub(crate) fn waiting(&self) -> u64 {
        lock(&self.queue).waiting as u64
    }

    /// Takes note of who leads (0: another, or nobody) and who votes.
    pub(crate) fn set_role(&self, term: u64, voters: Vec<u64>) {
        *lock(&self.voters) = voters;
        let before = self.leads.swap(term, Ordering::SeqCst);
        if term == 0 {
            self.refuse_all();
        } else if before != term {
            self.time.forget_peers();
        }
        self.wake.notify_one();
    }

    /// An entry that this node proposed as leader of a term was applied here.
    pub(crate) fn set_applied(&self, term: u64) {
        if self.applied.fetch_max(term, Ordering::SeqCst) < term {
            self.wake.notify_one();
        }
    }

    /// A peer's clock was heard: a leader that lacked the time may have it now.
    pub(crate) fn wake_if_waiting(&self) {
        let stuck = {
            let queue = lock(&self.queue);
            queue.waiting > 0 && queue.under_way == 0
        };
        if stuck {
            self.wake.notify_one();
        }
    }

    fn refuse_all(&self) {
        let refused = {
            let mut queue = lock(&self.queue);
            queue.turns.clear();
            queue.waiting = 0;
            std::mem::take(&mut queue.lanes)
        };
        for waiting in refused.into_values().flatten() {
            waiting.reply.end(Ended::NotLogged);
        }
    }

    /// Takes a request; it is answered at once if this node does not lead, or too many come or wait.
    pub(crate) fn push(&self, waiting: Waiting) {
        if self.leads.load(Ordering::SeqCst) == 0 {
            waiting.reply.end(Ended::NotLogged);
            return;
        }
        if !self.admission.take(waiting.errand) {
            waiting.reply.end(Ended::Busy);
            return;
        }
        let refused = lock(&self.queue).push(waiting);
        if let Err(refused) = refused {
            refused.reply.end(Ended::Busy);
        } else if self.leads.load(Ordering::SeqCst) == 0 {
            // Deposed between the two looks: nobody else would empty the queue.
            self.refuse_all();
        }
    }

    /// Proposes what waits, as far as it may now.
    pub(crate) async fn pump(self: &Arc<Self>) {
        let (Some(me), Some(raft)) = (self.me.get(), self.raft.get()) else { return };
        loop {
            let leads = self.leads.load(Ordering::SeqCst);
            if leads == 0 || self.applied.load(Ordering::SeqCst) < leads {
                return;
            }
            let (requests, at_ms) = {
                let mut queue = lock(&self.queue);
                if !queue.may_begin() {
                    return;
                }
                // Without enough voters' clocks there is no time yet; the next heartbeat's answer wakes us.
                let Some(at_ms) = self.time.stamp(&lock(&self.voters), *me) else { return };
                queue.under_way += 1;
                (queue.pack(), at_ms)
            };
            self.entries.fetch_add(1, Ordering::Relaxed);
            self.packed.fetch_add(requests.len() as u64, Ordering::Relaxed);
            let batch = codec::pack(at_ms, requests.iter().map(|r| &r.bytes));
            let replies: Vec<ReplyTo> = requests.into_iter().map(|r| r.reply).collect();
            let proposer = Arc::clone(self);
            let finish = Finish::new(move |result| proposer.finished(replies, result));
            // Only fails once openraft has ended; then `finish` was dropped and has told everybody.
            drop(raft.client_write_ff(batch, Some(finish)).await);
        }
    }

    fn finished(&self, replies: Vec<ReplyTo>, result: Option<ClientWriteResult<Types>>) {
        let more = {
            let mut queue = lock(&self.queue);
            queue.under_way = queue.under_way.saturating_sub(1);
            queue.waiting > 0
        };
        if more {
            self.wake.notify_one();
        }
        match result {
            Some(Ok(response)) => answer(replies, response),
            Some(Err(ClientWriteError::ForwardToLeader(_))) => end_all(replies, &Ended::NotLogged),
            Some(Err(
                ClientWriteError::LogEntryDiscarded(_)
                | ClientWriteError::ChangeMembershipError(_)
                | ClientWriteError::PreconditionFailed(_),
            ))
            | None => end_all(replies, &Ended::Unknown),
        }
    }

    /// Proposes whenever an entry is finished and more wait, or this node has become ready to.
    pub(crate) async fn run(self: Arc<Self>) {
        loop {
            self.wake.notified().await;
            self.pump().await;
        }
    }
}

fn end_all(replies: Vec<ReplyTo>, ended: &Ended) {
    for reply in replies {
        reply.end(ended.clone());
    }
}

fn answer(replies: Vec<ReplyTo>, response: ClientWriteResponse<Types>) {
    let (index, term) = (response.log_id.index, response.log_id.leader_id.term);
    let at_ms = response.data.at_ms;
    for (reply, outcome) in replies.into_iter().zip(response.data.list) {
        let answer = Answer { index, term, at_ms, replayed: outcome.replayed, outcome: outcome.reply };
        reply.end(Ended::Answered(answer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(lane: u128, weight: u16, bytes: usize) -> Waiting {
        let (sender, _) = oneshot::channel();
        Waiting { lane, weight, errand: Errand::Begins, bytes: vec![0; bytes].into(), reply: ReplyTo::Local(sender) }
    }

    #[test]
    fn lanes_take_turns() {
        let mut queue = Queue::default();
        for _ in 0..300 {
            assert!(queue.push(waiting(1, 1, 10)).is_ok());
        }
        assert!(queue.push(waiting(2, 1, 10)).is_ok());
        let packed = queue.pack();
        assert_eq!(packed.len(), REQUESTS_MAX);
        assert_eq!(packed[1].lane, 2, "one lane's backlog must not keep another waiting");
        assert_eq!(queue.pack().len(), 45);
        assert_eq!(queue.waiting, 0);
        assert!(queue.lanes.is_empty() && queue.turns.is_empty());
    }

    #[test]
    fn what_is_heavy_or_large_goes_alone() {
        let mut queue = Queue::default();
        for w in [waiting(1, 1, 10), waiting(1, 256, 10), waiting(1, 1, 8 << 20), waiting(1, 1, 10)] {
            assert!(queue.push(w).is_ok());
        }
        let sizes: Vec<usize> = std::iter::from_fn(|| Some(queue.pack().len()).filter(|n| *n > 0)).collect();
        assert_eq!(sizes, [1, 1, 1, 1]);
    }

    #[test]
    fn entries_fill_up_behind_others() {
        let mut queue = Queue::default();
        assert!(!queue.may_begin());
        assert!(queue.push(waiting(1, 1, 1)).is_ok());
        assert!(queue.may_begin(), "a lone request does not wait");
        queue.under_way = 1;
        assert!(!queue.may_begin());
        for _ in 1..WORTH_ANOTHER {
            assert!(queue.push(waiting(1, 1, 1)).is_ok());
        }
        assert!(queue.may_begin(), "the disk is kept busy");
        queue.under_way = UNDER_WAY_MAX;
        assert!(!queue.may_begin());
    }

    #[test]
    fn a_lane_is_bounded() {
        let mut queue = Queue::default();
        for _ in 0..LANE_MAX {
            assert!(queue.push(waiting(1, 1, 1)).is_ok());
        }
        assert!(queue.push(waiting(1, 1, 1)).is_err());
        assert!(queue.push(waiting(2, 1, 1)).is_ok());
    }
}
