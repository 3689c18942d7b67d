//! Gathers what the feed brings, and each tick hands one frame a showtime to all who watch it. One task a node.
//! Deliberately not here: a viewer's own affairs (see `socket`).
//!
//! The hub and its sockets have threads of their own: a frame wakes every viewer's task at once, thousands of them, and
//! among other tasks requests and the log's entries would queue behind them all, several times each.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use booking::Change;
use booking::ids::ShowtimeId;
use futures_util::FutureExt;
use raft::{Cluster, FeedItem, FeedReceiver, Lagged};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use super::frames::{self, Frame};

/// Shortest time between two frames of a showtime.
const TICK: Duration = Duration::from_millis(50);
/// Longest, while the frames before have not all been written.
const TICK_MAX: Duration = Duration::from_millis(100);
/// Time between two heartbeats.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// Once handing a frame to all sockets took longer than this, the next one comes after the longest time.
const WRITTEN_WITHIN: Duration = Duration::from_millis(15);
/// Messages that wait for one viewer; one that is further behind starts over. 9 s of frames, and room to start over
/// with as many showtimes as a viewer may watch.
const QUEUE_LEN: usize = 192;
/// Frames kept of a showtime for viewers that come back: at least 12 s, as long as they weigh no more than below.
const HISTORY_LEN: usize = 256;
/// Bytes of frames kept of a showtime.
const HISTORY_BYTES: usize = 512 * 1024;
/// A showtime that nobody watches is followed for so long, for viewers that come back.
const FOLLOWED_FOR: Duration = Duration::from_mins(1);

/// One viewer, as the hub sees it.
#[derive(Debug)]
pub(super) struct Viewer {
    pub(super) id: u64,
    queue: mpsc::Sender<Message>,
    packed: bool,
    /// It lost frames: it starts over.
    lost: AtomicBool,
    /// Woken when it has lost frames.
    pub(super) wake: Notify,
}

/// A showtime that is followed.
#[derive(Debug)]
struct Channel {
    number: u32,
    /// Where the last frame ended.
    to: u64,
    seats: BTreeMap<u32, u8>,
    areas: BTreeMap<u16, u32>,
    viewers: BTreeMap<u64, Arc<Viewer>>,
    history: VecDeque<Arc<Frame>>,
    history_bytes: usize,
    /// Since when nobody watches.
    lonely_since: Instant,
}

struct State {
    feed: FeedReceiver,
    /// Everything up to here is in the channels.
    index: u64,
    /// Nothing is known of changes up to here.
    known_from: u64,
    channels: BTreeMap<ShowtimeId, Channel>,
    viewers: BTreeMap<u64, Arc<Viewer>>,
    next_channel: u32,
    next_viewer: u64,
}

/// Counts for the metrics page.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) sockets: u64,
    pub(crate) subscriptions: u64,
    pub(crate) frames: u64,
    pub(crate) resyncs: u64,
    pub(crate) index: u64,
}

/// See the module's page.
pub(crate) struct Hub {
    cluster: Cluster,
    threads: Threads,
    state: Mutex<State>,
    tasks: Mutex<JoinSet<()>>,
    sockets: AtomicUsize,
    sockets_max: usize,
    /// Messages handed to viewers and not yet written.
    unwritten: AtomicUsize,
    /// When nearly all had been written last.
    written_at: Mutex<Instant>,
    frames: AtomicU64,
    pub(super) resyncs: AtomicU64,
    closing: watch::Sender<bool>,
}

/// The runtime of the sockets, ended without waiting for it.
struct Threads(Option<Runtime>);

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// A place among the sockets; given back when dropped.
pub(crate) struct Entered(Arc<Hub>);

impl Drop for Entered {
    fn drop(&mut self) {
        self.0.sockets.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Hub {
    /// Follows the cluster's feed from now on, on so many threads. Fails if the system gives none.
    pub(crate) fn new(cluster: &Cluster, sockets_max: usize, threads: usize) -> io::Result<Arc<Self>> {
        let runtime = Builder::new_multi_thread().worker_threads(threads).thread_name("live").enable_all().build()?;
        // First subscribed, then read: nothing is missed.
        let feed = cluster.subscribe();
        let index = cluster.applied();
        let hub = Arc::new(Self {
            cluster: cluster.clone(),
            threads: Threads(Some(runtime)),
            state: Mutex::new(State {
                feed,
                index,
                known_from: index,
                channels: BTreeMap::new(),
                viewers: BTreeMap::new(),
                next_channel: 1,
                next_viewer: 1,
            }),
            tasks: Mutex::new(JoinSet::new()),
            sockets: AtomicUsize::new(0),
            sockets_max,
            unwritten: AtomicUsize::new(0),
            written_at: Mutex::new(Instant::now()),
            frames: AtomicU64::new(0),
            resyncs: AtomicU64::new(0),
            closing: watch::Sender::new(false),
        });
        let weak = Arc::downgrade(&hub);
        hub.run(async move {
            let now = Instant::now();
            let mut ticks = Ticks { next: now + TICK, cut: now, heartbeat: now + HEARTBEAT };
            loop {
                tokio::time::sleep_until(ticks.next).await;
                let Some(hub) = weak.upgrade() else { return };
                hub.tick(&mut ticks);
            }
        });
        Ok(hub)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a task that ends with the hub.
    pub(crate) fn run(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        if let Some(runtime) = &self.threads.0 {
            tasks.spawn_on(task, runtime.handle());
        }
    }

    /// Takes a socket in, if there is a place for it.
    pub(crate) fn enter(self: &Arc<Self>) -> Option<Entered> {
        let before = self.sockets.fetch_add(1, Ordering::Relaxed);
        let entered = Entered(self.clone());
        (before < self.sockets_max).then_some(entered)
    }

    /// Tells all sockets to close, with a hint to reconnect elsewhere.
    pub(crate) fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Becomes true when sockets are to close.
    pub(super) fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }

    /// Sockets open now.
    pub(crate) fn sockets(&self) -> usize {
        self.sockets.load(Ordering::Relaxed)
    }

    /// For the metrics page.
    pub(crate) fn counts(&self) -> Counts {
        let state = self.state();
        Counts {
            sockets: self.sockets() as u64,
            subscriptions: state.channels.values().map(|c| c.viewers.len() as u64).sum(),
            frames: self.frames.load(Ordering::Relaxed),
            resyncs: self.resyncs.load(Ordering::Relaxed),
            index: state.index,
        }
    }

    /// A new viewer and its queue.
    pub(super) fn viewer(&self, packed: bool) -> (Arc<Viewer>, mpsc::Receiver<Message>) {
        let (queue, messages) = mpsc::channel(QUEUE_LEN);
        let mut state = self.state();
        let id = state.next_viewer;
        state.next_viewer += 1;
        let viewer = Arc::new(Viewer { id, queue, packed, lost: AtomicBool::new(false), wake: Notify::new() });
        state.viewers.insert(id, viewer.clone());
        (viewer, messages)
    }

    /// Forgets a viewer.
    pub(super) fn leave(&self, viewer: &Viewer, showtimes: impl Iterator<Item = ShowtimeId>) {
        for showtime in showtimes {
            self.unsubscribe(viewer, showtime);
        }
        self.state().viewers.remove(&viewer.id);
    }

    /// Ends a viewer's interest in a showtime.
    pub(super) fn unsubscribe(&self, viewer: &Viewer, showtime: ShowtimeId) {
        if let Some(channel) = self.state().channels.get_mut(&showtime) {
            channel.viewers.remove(&viewer.id);
            channel.lonely_since = Instant::now();
        }
    }

    /// Has a viewer watch a showtime: puts `subscribed` into its queue, then whatever it missed since `from_index`, if
    /// that is known; else `resync` first.
    pub(super) fn subscribe(&self, viewer: &Arc<Viewer>, showtime: ShowtimeId, from_index: Option<u64>) {
        let mut state = self.state();
        state.drain(&self.cluster);
        let (epoch, changed_at) = {
            let cluster = self.cluster.state();
            (cluster.meta().epoch, cluster.inventory(showtime).map_or(0, |i| i.changed_at()))
        };
        let (index, known_from, next) = (state.index, state.known_from, state.next_channel);
        let channel = state.channels.entry(showtime).or_insert_with(|| Channel {
            number: next,
            to: index,
            seats: BTreeMap::new(),
            areas: BTreeMap::new(),
            viewers: BTreeMap::new(),
            history: VecDeque::new(),
            history_bytes: 0,
            lonely_since: Instant::now(),
        });
        let number = channel.number;
        let new = number == next;
        channel.viewers.insert(viewer.id, viewer.clone());
        let send = |message| self.hand(viewer, message);
        match from_index.filter(|from| *from < channel.to) {
            None => send(frames::subscribed(showtime, number, epoch, from_index.unwrap_or(index).min(index))),
            Some(from) => {
                let missed: Vec<&Arc<Frame>> = channel.history.iter().filter(|f| f.to > from).collect();
                if missed.first().is_some_and(|f| f.from <= from) {
                    send(frames::subscribed(showtime, number, epoch, from));
                    for frame in missed {
                        send(frame.message(viewer.packed));
                    }
                } else if from >= known_from && changed_at <= from {
                    // Nothing happened since; an empty frame joins the viewer to the chain.
                    send(frames::subscribed(showtime, number, epoch, from));
                    let nothing = (BTreeMap::new(), BTreeMap::new());
                    send(Frame::new((showtime, number, epoch), (from, channel.to), nothing).message(viewer.packed));
                } else {
                    self.resyncs.fetch_add(1, Ordering::Relaxed);
                    send(frames::resync(showtime));
                    send(frames::subscribed(showtime, number, epoch, index));
                }
            }
        }
        if new {
            state.next_channel += 1;
        }
    }

    /// Puts a message into a viewer's queue; a viewer whose queue is full starts over once it has emptied it.
    pub(super) fn hand(&self, viewer: &Viewer, message: Message) {
        if viewer.has_lost() {
            return;
        }
        // Counted before it can be taken out.
        self.unwritten.fetch_add(1, Ordering::Relaxed);
        if viewer.queue.try_send(message).is_err() {
            self.written();
            viewer.lose();
        }
    }

    /// A message was taken out of a queue and written, or dropped.
    pub(super) fn written(&self) {
        let before = self.unwritten.fetch_sub(1, Ordering::Relaxed);
        if before == self.few() + 1 {
            *self.written_at.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        }
    }

    /// Unwritten messages that do not count: a few viewers that stall must not slow the others' frames down.
    fn few(&self) -> usize {
        self.sockets() / 4
    }

    /// How long after `cut` the frames of that tick were written; nothing while they are not.
    fn written_after(&self, cut: Instant) -> Option<Duration> {
        if self.unwritten.load(Ordering::Relaxed) > self.few() {
            return None;
        }
        let at = *self.written_at.lock().unwrap_or_else(PoisonError::into_inner);
        Some(at.saturating_duration_since(cut))
    }

    fn tick(&self, ticks: &mut Ticks) {
        let now = Instant::now();
        let mut state = self.state();
        state.drain(&self.cluster);
        // Under load the frames before have not all been written, or that took long: gather for longer.
        let quick = self.written_after(ticks.cut).is_some_and(|after| after < WRITTEN_WITHIN);
        if !quick && now < ticks.cut + TICK_MAX {
            ticks.next = ticks.cut + TICK_MAX;
            return;
        }
        (ticks.cut, ticks.next) = (now, now + TICK);
        let epoch = self.cluster.state().meta().epoch;
        let index = state.index;
        for (showtime, channel) in &mut state.channels {
            if let Some(frame) = channel.cut(*showtime, epoch, index) {
                for viewer in channel.viewers.values() {
                    self.hand(viewer, frame.message(viewer.packed));
                }
                self.frames.fetch_add(channel.viewers.len() as u64, Ordering::Relaxed);
            }
        }
        state.channels.retain(|_, c| !c.viewers.is_empty() || now < c.lonely_since + FOLLOWED_FOR);
        if now >= ticks.heartbeat {
            ticks.heartbeat = now + HEARTBEAT;
            let message = frames::heartbeat(index);
            for viewer in state.viewers.values() {
                self.hand(viewer, message.clone());
            }
        }
    }
}

struct Ticks {
    /// When to look next.
    next: Instant,
    /// When frames were cut last.
    cut: Instant,
    /// When the next heartbeat is due.
    heartbeat: Instant,
}

impl Viewer {
    /// Whether it lost frames and has not started over yet.
    pub(super) fn has_lost(&self) -> bool {
        self.lost.load(Ordering::Acquire)
    }

    /// It starts over from here.
    pub(super) fn starts_over(&self) {
        self.lost.store(false, Ordering::Release);
    }

    fn lose(&self) {
        self.lost.store(true, Ordering::Release);
        self.wake.notify_one();
    }
}

impl Channel {
    /// The frame of this tick, if anything changed.
    fn cut(&mut self, showtime: ShowtimeId, epoch: u64, to: u64) -> Option<Arc<Frame>> {
        if self.seats.is_empty() && self.areas.is_empty() {
            return None;
        }
        let changes = (std::mem::take(&mut self.seats), std::mem::take(&mut self.areas));
        let frame = Arc::new(Frame::new((showtime, self.number, epoch), (self.to, to), changes));
        self.to = to;
        self.history_bytes += frame.weight();
        self.history.push_back(frame.clone());
        while self.history.len() > HISTORY_LEN || self.history_bytes > HISTORY_BYTES {
            let Some(old) = self.history.pop_front() else { break };
            self.history_bytes -= old.weight();
        }
        Some(frame)
    }
}

impl State {
    /// Takes what the feed has. After a gap everybody starts over.
    fn drain(&mut self, cluster: &Cluster) {
        while let Some(item) = self.feed.recv().now_or_never() {
            match item {
                Ok(item) => self.take(&item),
                Err(Lagged) => self.lost(cluster),
            }
        }
    }

    fn take(&mut self, item: &FeedItem) {
        self.index = self.index.max(item.index);
        for change in &item.changes {
            match change {
                Change::SeatsChanged { showtime, seats } => {
                    if let Some(channel) = self.channels.get_mut(showtime) {
                        channel.seats.extend(seats.iter().map(|(seat, state)| (*seat, *state as u8)));
                    }
                }
                Change::AreaChanged { showtime, area, free } => {
                    if let Some(channel) = self.channels.get_mut(showtime) {
                        channel.areas.insert(*area, *free);
                    }
                }
                Change::HoldPlaced(_)
                | Change::HoldExtended(_)
                | Change::HoldReleased(_)
                | Change::HoldExpired(_)
                | Change::OrderPaid(_)
                | Change::OrderChanged(_)
                | Change::AttendanceChanged(_)
                | Change::TaskAdded(_)
                | Change::TaskChanged(_)
                | Change::TaskEnded(_)
                | Change::VenueChanged(_)
                | Change::PlanImported(_)
                | Change::EventChanged(_)
                | Change::ShowtimeChanged(_)
                | Change::ApiKeyChanged(_)
                | Change::UserChanged(_)
                | Change::SessionChanged(_)
                | Change::MailWritten(_)
                | Change::OrganizationCreated(_)
                | Change::ImageAdded(_)
                | Change::ImageForgotten(_)
                | Change::VoucherChanged(_)
                | Change::ShowtimeCancelled(_)
                | Change::ShowtimePostponed(_)
                | Change::ShowtimeMoved { .. } => {}
                Change::PlanChanged(showtime) => self.renumber(*showtime),
            }
        }
    }

    /// Seat numbers mean other seats from here on: whoever watches the showtime starts over, and reads its plan anew.
    fn renumber(&mut self, showtime: ShowtimeId) {
        // What is kept of the channel would lead to the old numbers.
        for viewer in self.channels.remove(&showtime).into_iter().flat_map(|c| c.viewers.into_values()) {
            viewer.lose();
        }
    }

    fn lost(&mut self, cluster: &Cluster) {
        let index = cluster.applied();
        (self.index, self.known_from) = (index, index);
        // Each viewer subscribes anew; until then nothing of the old chain may reach it.
        for channel in std::mem::take(&mut self.channels).into_values() {
            for viewer in channel.viewers.into_values() {
                viewer.lose();
            }
        }
    }
}
