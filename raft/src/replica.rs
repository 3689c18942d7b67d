//! This node's copy of the state: readers, waiters for an index, digests, keys that the copy in sled still lacks.
//! Not how entries get here (`machine`), nor what they mean (`booking`).

use std::collections::{BTreeMap, VecDeque};
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, RwLock, RwLockReadGuard};
use std::time::Duration;

use booking::{Change, Command, Position, Proposal, RecordKey, Request, State};
use storage::planted::{Defect, planted};
use tokio::sync::oneshot;

use crate::error::Error;
use crate::feed::Feed;
use crate::sync::{lock, read, write};
use crate::types::{LogId, Outcome, Outcomes, StoredMembership};

/// Every so many-th index a digest is remembered.
const DIGEST_EVERY: u64 = 1_024;
/// Touched keys kept between two looks of the copy's thread, beyond which it has to copy everything.
const TOUCHED_MAX: usize = 500_000;
/// So many of them.
const DIGESTS_KEPT: usize = 256;

/// The state at an applied index.
#[derive(Clone, Default)]
pub(crate) struct Held {
    pub(crate) state: State,
    pub(crate) applied: Option<LogId>,
    pub(crate) membership: StoredMembership,
}

impl Held {
    pub(crate) fn index(&self) -> u64 {
        self.applied.map_or(0, |id| id.index)
    }
}

/// The state at one applied index, for reading: short, never across an await.
pub struct StateGuard<'a>(RwLockReadGuard<'a, Held>);

impl StateGuard<'_> {
    /// The applied index that the state reflects; 0 before the first entry.
    pub fn index(&self) -> u64 {
        self.0.index()
    }
}

impl Deref for StateGuard<'_> {
    type Target = State;
    fn deref(&self) -> &State {
        &self.0.state
    }
}

/// Keys whose records changed since they were last taken.
#[derive(Default)]
pub(crate) struct Touched {
    pub(crate) keys: Vec<RecordKey>,
    /// The state was replaced: everything changed.
    pub(crate) all: bool,
}

/// See the module.
pub(crate) struct Replica {
    held: RwLock<Held>,
    applied: AtomicU64,
    waiting: AtomicUsize,
    waiters: Mutex<BTreeMap<(u64, u64), oneshot::Sender<()>>>,
    next_waiter: AtomicU64,
    digests: Mutex<VecDeque<(u64, u128)>>,
    touched: Mutex<Touched>,
    /// Whether anybody takes touched keys.
    copied: bool,
    pub(crate) feed: Feed,
    pub(crate) entries: AtomicU64,
    pub(crate) requests: AtomicU64,
}

impl Replica {
    pub(crate) fn new(copied: bool) -> Self {
        Self {
            held: RwLock::default(),
            applied: AtomicU64::new(0),
            waiting: AtomicUsize::new(0),
            waiters: Mutex::default(),
            next_waiter: AtomicU64::new(0),
            digests: Mutex::default(),
            touched: Mutex::default(),
            copied,
            feed: Feed::new(),
            entries: AtomicU64::new(0),
            requests: AtomicU64::new(0),
        }
    }

    pub(crate) fn read(&self) -> StateGuard<'_> {
        StateGuard(read(&self.held))
    }

    /// A cheap copy of all of it.
    pub(crate) fn held(&self) -> Held {
        read(&self.held).clone()
    }

    pub(crate) fn applied(&self) -> u64 {
        self.applied.load(Ordering::Acquire)
    }

    /// Applies the requests of one entry.
    pub(crate) fn apply(&self, id: LogId, at_ms: u64, requests: Vec<Request>) -> Outcomes {
        let mut list = Vec::with_capacity(requests.len());
        let mut changes: Vec<Change> = Vec::new();
        let mut touched = Vec::new();
        let count = requests.len() as u64;
        {
            let mut held = write(&self.held);
            for (offset, mut request) in (0_u32..).zip(requests) {
                if planted(Defect::KeyForgotten) && matches!(request.command, Command::ExtendHold(_)) {
                    request.idempotency = None;
                }
                let position = Position { index: id.index, offset };
                let applied = held.state.apply(position, &Proposal { at_ms, request });
                list.push(Outcome { replayed: applied.replayed, reply: applied.reply });
                if changes.is_empty() {
                    changes = applied.changes;
                } else {
                    changes.extend(applied.changes);
                }
                if self.copied {
                    touched.extend(applied.touched);
                }
            }
            held.applied = Some(id);
            self.remember(&held);
            // Under the same lock: whoever copies the state gets the keys that belong to it.
            if !touched.is_empty() {
                let mut kept = lock(&self.touched);
                if kept.keys.len() > TOUCHED_MAX {
                    *kept = Touched { keys: Vec::new(), all: true };
                }
                kept.keys.append(&mut touched);
            }
        }
        self.entries.fetch_add(1, Ordering::Relaxed);
        self.requests.fetch_add(count, Ordering::Relaxed);
        self.feed.push(id.index, changes);
        self.reached(id.index);
        Outcomes { at_ms, list }
    }

    /// Takes note of an entry without requests.
    pub(crate) fn pass(&self, id: LogId, membership: Option<StoredMembership>) {
        {
            let mut held = write(&self.held);
            held.applied = Some(id);
            if let Some(membership) = membership {
                held.membership = membership;
            }
            self.remember(&held);
        }
        self.feed.push(id.index, Vec::new());
        self.reached(id.index);
    }

    /// Puts another state in place: at start, or from a received snapshot. `copied`: it came from the copy in sled.
    pub(crate) fn replace(&self, new: Held, copied: bool) {
        let index = new.index();
        {
            let mut held = write(&self.held);
            *held = new;
            *lock(&self.touched) = Touched { keys: Vec::new(), all: !copied };
        }
        lock(&self.digests).clear();
        if !planted(Defect::FeedGap) {
            self.feed.jump();
        }
        self.reached(index);
    }

    fn remember(&self, held: &Held) {
        let index = held.index();
        if index.is_multiple_of(DIGEST_EVERY) {
            let mut digests = lock(&self.digests);
            if digests.len() == DIGESTS_KEPT {
                digests.pop_front();
            }
            digests.push_back((index, held.state.digest()));
        }
    }

    fn reached(&self, index: u64) {
        self.applied.store(index, Ordering::SeqCst);
        if self.waiting.load(Ordering::SeqCst) > 0 {
            let mut waiters = lock(&self.waiters);
            let later = waiters.split_off(&(index + 1, 0));
            let due = std::mem::replace(&mut *waiters, later);
            self.waiting.store(waiters.len(), Ordering::SeqCst);
            drop(waiters);
            for waiter in due.into_values() {
                // Whoever gave up waiting is gone.
                waiter.send(()).ok();
            }
        }
    }

    /// Waits until an index is applied here.
    pub(crate) async fn wait(&self, index: u64, within: Duration) -> Result<(), Error> {
        if self.applied() >= index {
            return Ok(());
        }
        let (sender, reached) = oneshot::channel();
        let key = (index, self.next_waiter.fetch_add(1, Ordering::Relaxed));
        {
            let mut waiters = lock(&self.waiters);
            waiters.insert(key, sender);
            self.waiting.store(waiters.len(), Ordering::SeqCst);
        }
        // Applied between the first look and the registration: `reached` may have missed us.
        if self.applied.load(Ordering::SeqCst) >= index {
            lock(&self.waiters).remove(&key);
            return Ok(());
        }
        if let Ok(Ok(())) = tokio::time::timeout(within, reached).await {
            return Ok(());
        }
        lock(&self.waiters).remove(&key);
        if self.applied() >= index { Ok(()) } else { Err(Error::Behind) }
    }

    /// Digest at an index: the applied one, or a remembered one.
    pub(crate) fn digest(&self, index: Option<u64>) -> Option<(u64, u128)> {
        let held = read(&self.held);
        let applied = held.index();
        match index {
            None => Some((applied, held.state.digest())),
            Some(index) if index == applied => Some((applied, held.state.digest())),
            Some(index) => lock(&self.digests).iter().find(|(at, _)| *at == index).copied(),
        }
    }

    /// A cheap copy of the state, and the keys touched since the last one.
    pub(crate) fn take_touched(&self) -> (Held, Touched) {
        let held = read(&self.held);
        let touched = std::mem::take(&mut *lock(&self.touched));
        (held.clone(), touched)
    }
}
