//! The network: streams of bytes between machines with delay, broken streams, cuts one way or both, slow links.
//! Streams are like TCP: nothing is lost or reordered within one, but it may stall or break at any byte, and what was
//! said on an old stream may arrive after what is said on a new one.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::future::BoxFuture;
use raft::Network;
use raft::network::{Listener, Stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep};

use crate::draw::Draw;
use crate::life::Life;
use crate::trace::Trace;

/// Bytes on their way in one direction of a stream.
const IN_FLIGHT_MAX: usize = 256 << 10;
/// A healthy link's delay is below this, in ms, and rarely ten times that.
const DELAY_MS: u64 = 3;

/// Where the node of a machine listens.
pub(crate) fn address(machine: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 1], 7_000 + u16::try_from(machine).unwrap_or(0)))
}

fn machine(address: SocketAddr) -> usize {
    usize::from(address.port()) - 7_000
}

type Incoming = (Stream, String);

/// Whether a stream is broken, for whom.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lost {
    No,
    /// Its writer has lost it; what is on its way arrives all the same.
    ByWriter,
    /// With what is on its way.
    ByBoth,
}

/// One direction of a stream.
struct Pipe {
    from: usize,
    to: usize,
    chunks: VecDeque<(Instant, Vec<u8>)>,
    in_flight: usize,
    last_due: Instant,
    /// The writer has closed its end.
    ended: bool,
    /// The reader has gone.
    unread: bool,
    lost: Lost,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Pipe {
    fn wake(&mut self) -> impl Iterator<Item = Waker> {
        self.reader.take().into_iter().chain(self.writer.take())
    }
}

struct Hub {
    draw: Draw,
    listeners: BTreeMap<usize, mpsc::UnboundedSender<(u64, usize)>>,
    pipes: BTreeMap<u64, Pipe>,
    next: u64,
    cut: BTreeSet<(usize, usize)>,
    /// Machines that are cut off until they are let back.
    away: BTreeSet<usize>,
    slow_ms: BTreeMap<(usize, usize), u64>,
    connecting: Vec<Waker>,
}

impl Hub {
    fn delay(&mut self, from: usize, to: usize) -> Duration {
        let rare = if self.draw.one_in(50) { 10 } else { 1 };
        let usual_ms = self.draw.below(DELAY_MS * rare);
        let slow_ms = self.slow_ms.get(&(from, to)).copied().unwrap_or(0);
        Duration::from_millis(usual_ms + slow_ms)
    }

    fn is_cut(&self, from: usize, to: usize) -> bool {
        self.cut.contains(&(from, to)) || self.away.contains(&from) || self.away.contains(&to)
    }

    fn pipe(&mut self, from: usize, to: usize) -> u64 {
        self.next += 1;
        let pipe = Pipe {
            from,
            to,
            chunks: VecDeque::new(),
            in_flight: 0,
            last_due: Instant::now(),
            ended: false,
            unread: false,
            lost: Lost::No,
            reader: None,
            writer: None,
        };
        self.pipes.insert(self.next, pipe);
        self.next
    }
}

/// The network of a run; clones share it.
#[derive(Clone)]
pub(crate) struct SimNetwork {
    hub: Arc<Mutex<Hub>>,
    trace: Trace,
}

impl SimNetwork {
    pub(crate) fn new(draw: Draw, trace: Trace) -> Self {
        let hub = Hub {
            draw,
            listeners: BTreeMap::new(),
            pipes: BTreeMap::new(),
            next: 0,
            cut: BTreeSet::new(),
            away: BTreeSet::new(),
            slow_ms: BTreeMap::new(),
            connecting: Vec::new(),
        };
        Self { hub: Arc::new(Mutex::new(hub)), trace }
    }

    fn lock(&self) -> MutexGuard<'_, Hub> {
        self.hub.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The network as one life of a machine's node has it.
    pub(crate) fn at(&self, machine: usize, life: Arc<Life>) -> Arc<dyn Network> {
        Arc::new(Port { network: self.clone(), machine, life })
    }

    /// Cuts the way from one machine to another.
    pub(crate) fn cut(&self, from: usize, to: usize) {
        self.lock().cut.insert((from, to));
    }

    /// Adds a delay, in ms, to the way from one machine to another.
    pub(crate) fn slow(&self, from: usize, to: usize, ms: u64) {
        self.lock().slow_ms.insert((from, to), ms);
    }

    /// Mends all ways, but to machines that are away; what was under way arrives.
    pub(crate) fn heal(&self) {
        self.change_ways(|hub| {
            hub.cut.clear();
            hub.slow_ms.clear();
        });
    }

    /// Takes a machine's network away, whatever heals meanwhile, or gives it back.
    pub(crate) fn set_away(&self, machine: usize, away: bool) {
        self.change_ways(|hub| {
            if away {
                hub.away.insert(machine);
            } else {
                hub.away.remove(&machine);
            }
        });
    }

    fn change_ways(&self, change: impl FnOnce(&mut Hub)) {
        let wakers: Vec<Waker> = {
            let mut hub = self.lock();
            change(&mut hub);
            let connecting = std::mem::take(&mut hub.connecting);
            connecting.into_iter().chain(hub.pipes.values_mut().flat_map(Pipe::wake)).collect()
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Breaks the streams that are chosen, with what is on its way in them.
    fn break_those(&self, chosen: impl Fn(&Pipe) -> bool) {
        let wakers: Vec<Waker> = {
            let mut hub = self.lock();
            let broken = hub.pipes.values_mut().filter(|pipe| chosen(pipe));
            broken
                .flat_map(|pipe| {
                    pipe.lost = Lost::ByBoth;
                    pipe.wake()
                })
                .collect()
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Breaks all streams between two machines.
    pub(crate) fn break_between(&self, a: usize, b: usize) {
        self.break_those(|pipe| (pipe.from, pipe.to) == (a, b) || (pipe.from, pipe.to) == (b, a));
    }

    /// The streams of one machine to another break for the one: it opens new ones, while what it said on the old ones
    /// may still arrive, and later than what it says on the new.
    pub(crate) fn orphan_between(&self, from: usize, to: usize, late: Duration) {
        self.break_those(|pipe| (pipe.from, pipe.to) == (to, from));
        let wakers: Vec<Waker> = {
            let mut hub = self.lock();
            let pipes =
                hub.pipes.values_mut().filter(|pipe| (pipe.from, pipe.to) == (from, to) && pipe.lost == Lost::No);
            pipes
                .flat_map(|pipe| {
                    pipe.lost = Lost::ByWriter;
                    pipe.chunks.iter_mut().for_each(|(due, _)| *due += late);
                    pipe.wake()
                })
                .collect()
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    /// A machine's node has ended: nobody listens. Its streams break now, or later by their numbers.
    pub(crate) fn gone(&self, machine: usize) -> Vec<u64> {
        let mut hub = self.lock();
        hub.listeners.remove(&machine);
        let of_it = hub.pipes.iter().filter(|(_, pipe)| pipe.from == machine || pipe.to == machine);
        of_it.map(|(id, _)| *id).collect()
    }

    /// Breaks streams by their numbers.
    pub(crate) fn break_all(&self, streams: &[u64]) {
        let wakers: Vec<Waker> = {
            let mut hub = self.lock();
            let broken = streams.iter().filter_map(|id| {
                let pipe = hub.pipes.get_mut(id)?;
                pipe.lost = Lost::ByBoth;
                Some(pipe.wake().collect::<Vec<_>>())
            });
            broken.flatten().collect()
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    fn poll_open(&self, from: usize, to: usize, cx: &mut Context<'_>) -> Poll<()> {
        let mut hub = self.lock();
        if hub.is_cut(from, to) || hub.is_cut(to, from) {
            hub.connecting.push(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(())
    }

    fn end(&self, life: &Arc<Life>, reads: u64, writes: u64) -> Stream {
        Box::new(End { network: self.clone(), life: Arc::clone(life), reads, writes, timer: None })
    }
}

struct Port {
    network: SimNetwork,
    machine: usize,
    life: Arc<Life>,
}

impl Network for Port {
    fn connect<'a>(&'a self, to: &'a str) -> BoxFuture<'a, io::Result<Stream>> {
        Box::pin(async move {
            let to = machine(to.parse().map_err(io::Error::other)?);
            let from = self.machine;
            std::future::poll_fn(|cx| self.network.poll_open(from, to, cx)).await;
            let takes = self.network.lock().delay(from, to) * 2;
            tokio::time::sleep(takes).await;
            if self.life.is_over() {
                return Err(io::ErrorKind::ConnectionReset.into());
            }
            let mut hub = self.network.lock();
            let there = hub.pipe(from, to);
            let back = hub.pipe(to, from);
            let heard = hub.listeners.get(&to).is_some_and(|listener| listener.send((there, from)).is_ok());
            if !heard {
                hub.pipes.remove(&there);
                hub.pipes.remove(&back);
                return Err(io::ErrorKind::ConnectionRefused.into());
            }
            drop(hub);
            Ok(self.network.end(&self.life, back, there))
        })
    }

    fn listen(&self, address: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Listener>>> {
        let (sender, incoming) = mpsc::unbounded_channel();
        self.network.lock().listeners.insert(self.machine, sender);
        let (network, life) = (self.network.clone(), Arc::clone(&self.life));
        Box::pin(std::future::ready(Ok(Box::new(Ear { network, life, address, incoming }) as Box<dyn Listener>)))
    }
}

struct Ear {
    network: SimNetwork,
    life: Arc<Life>,
    address: SocketAddr,
    incoming: mpsc::UnboundedReceiver<(u64, usize)>,
}

impl Listener for Ear {
    fn accept(&mut self) -> BoxFuture<'_, io::Result<Incoming>> {
        Box::pin(async move {
            match self.incoming.recv().await {
                // The way back was made right after the way there.
                Some((there, from)) => Ok((self.network.end(&self.life, there, there + 1), address(from).to_string())),
                None => std::future::pending().await,
            }
        })
    }

    fn address(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

/// One end of a stream.
struct End {
    network: SimNetwork,
    life: Arc<Life>,
    reads: u64,
    writes: u64,
    timer: Option<Pin<Box<Sleep>>>,
}

impl AsyncRead for End {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            let due = {
                let mut guard = this.network.lock();
                let hub = &mut *guard;
                let Some((from, to)) = hub.pipes.get(&this.reads).map(|pipe| (pipe.from, pipe.to)) else {
                    return Poll::Ready(Ok(()));
                };
                let is_cut = hub.is_cut(from, to);
                let Some(pipe) = hub.pipes.get_mut(&this.reads) else { return Poll::Ready(Ok(())) };
                if pipe.lost == Lost::ByBoth || this.life.is_over() {
                    return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
                }
                pipe.reader = Some(cx.waker().clone());
                if is_cut {
                    return Poll::Pending;
                }
                match pipe.chunks.front_mut() {
                    None if pipe.ended => return Poll::Ready(Ok(())),
                    None if pipe.lost == Lost::ByWriter => {
                        return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
                    }
                    None => return Poll::Pending,
                    Some((due, bytes)) if *due <= Instant::now() => {
                        let n = bytes.len().min(buffer.remaining());
                        buffer.put_slice(bytes.get(..n).unwrap_or_default());
                        bytes.drain(..n);
                        if bytes.is_empty() {
                            pipe.chunks.pop_front();
                        }
                        pipe.in_flight -= n;
                        let writer = pipe.writer.take();
                        drop(guard);
                        if let Some(writer) = writer {
                            writer.wake();
                        }
                        return Poll::Ready(Ok(()));
                    }
                    Some((due, _)) => *due,
                }
            };
            let timer = this.timer.insert(Box::pin(tokio::time::sleep_until(due)));
            std::task::ready!(timer.as_mut().poll(cx));
        }
    }
}

impl AsyncWrite for End {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut guard = self.network.lock();
        let hub = &mut *guard;
        let Some((from, to)) = hub.pipes.get(&self.writes).map(|pipe| (pipe.from, pipe.to)) else {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        };
        let delay = hub.delay(from, to);
        let Some(pipe) = hub.pipes.get_mut(&self.writes) else { return Poll::Pending };
        if pipe.lost != Lost::No || pipe.unread || pipe.ended || self.life.is_over() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let room = IN_FLIGHT_MAX - pipe.in_flight.min(IN_FLIGHT_MAX);
        if room == 0 {
            pipe.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let sent = bytes.get(..bytes.len().min(room)).unwrap_or_default();
        pipe.in_flight += sent.len();
        pipe.last_due = pipe.last_due.max(Instant::now() + delay);
        pipe.chunks.push_back((pipe.last_due, sent.to_vec()));
        let reader = pipe.reader.take();
        drop(guard);
        let crc = crc32fast::hash(sent);
        self.network.trace.note(format_args!("n{from}>n{to} #{} {} bytes {crc:08x}", self.writes, sent.len()));
        if let Some(reader) = reader {
            reader.wake();
        }
        Poll::Ready(Ok(sent.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut hub = self.network.lock();
        let reader = hub.pipes.get_mut(&self.writes).and_then(|pipe| {
            pipe.ended = true;
            pipe.reader.take()
        });
        drop(hub);
        if let Some(reader) = reader {
            reader.wake();
        }
        Poll::Ready(Ok(()))
    }
}

impl Drop for End {
    fn drop(&mut self) {
        // A machine that lost its power says nothing.
        if self.life.is_over() {
            return;
        }
        let mut wakers = Vec::new();
        {
            let mut hub = self.network.lock();
            if let Some(pipe) = hub.pipes.get_mut(&self.writes) {
                pipe.ended = true;
                wakers.extend(pipe.reader.take());
                if pipe.unread {
                    hub.pipes.remove(&self.writes);
                }
            }
            if let Some(pipe) = hub.pipes.get_mut(&self.reads) {
                pipe.unread = true;
                wakers.extend(pipe.writer.take());
                if pipe.ended {
                    hub.pipes.remove(&self.reads);
                }
            }
        }
        wakers.into_iter().for_each(Waker::wake);
    }
}
