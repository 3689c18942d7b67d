//! The caller's end of a control or forward stream: many questions at a time, answered in any order.
//! A stream is opened when first needed and again when it broke. Not for the log nor for snapshots.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::codec;
use crate::network::Stream;
use crate::node::Node;
use crate::peers::frame::{FRAME_BYTES_MAX, FrameReader, Outbox, broken, kind};
use crate::peers::handshake::{self, Hello, PROTOCOL, Party, Purpose};
use crate::peers::message::{Ask, Reply};
use crate::sync::lock;

/// Connecting and both handshakes take at most this.
const CONNECT_WITHIN: Duration = Duration::from_secs(1);
/// A stream on which nothing came for so long, while a question waits, is broken.
const SILENCE_MAX: Duration = Duration::from_secs(2);

/// An open stream.
struct Channel {
    outbox: Arc<Outbox>,
    state: Mutex<Pending>,
}

struct Pending {
    asked: BTreeMap<u64, (Instant, oneshot::Sender<Bytes>)>,
    heard_at: Instant,
}

impl Channel {
    fn close(&self) {
        // First closed, then emptied: who registers a question after that finds the outbox closed.
        self.outbox.close();
        lock(&self.state).asked.clear();
    }

    /// Whether the peer has been silent although a question waits.
    fn is_silent(&self) -> bool {
        let state = lock(&self.state);
        state.asked.first_key_value().is_some_and(|(_, (asked_at, _))| {
            asked_at.elapsed() > SILENCE_MAX && state.heard_at.elapsed() > SILENCE_MAX
        })
    }
}

enum Slot {
    Idle,
    Opening(Vec<oneshot::Sender<Arc<Channel>>>),
    Open(Arc<Channel>),
}

/// See the module.
pub(crate) struct Link {
    to: u64,
    purpose: Purpose,
    slot: Mutex<Slot>,
    next: AtomicU64,
}

impl Link {
    pub(crate) fn control(to: u64) -> Arc<Self> {
        Self::new(to, Purpose::Control)
    }

    pub(crate) fn forward(to: u64) -> Arc<Self> {
        Self::new(to, Purpose::Forward)
    }

    fn new(to: u64, purpose: Purpose) -> Arc<Self> {
        Arc::new(Self { to, purpose, slot: Mutex::new(Slot::Idle), next: AtomicU64::new(0) })
    }

    /// The open channel, or one that is opened now. Opening goes on when the caller stops waiting: openraft gives a
    /// heartbeat less time than a connection may need.
    async fn channel(self: &Arc<Self>, node: &Arc<Node>) -> io::Result<Arc<Channel>> {
        let opened = {
            let mut slot = lock(&self.slot);
            if let Slot::Open(channel) = &*slot {
                if channel.outbox.is_closed() || channel.is_silent() {
                    channel.close();
                    *slot = Slot::Idle;
                } else {
                    return Ok(Arc::clone(channel));
                }
            }
            let (sender, opened) = oneshot::channel();
            match &mut *slot {
                Slot::Opening(waiting) => waiting.push(sender),
                Slot::Idle | Slot::Open(_) => {
                    *slot = Slot::Opening(vec![sender]);
                    node.tasks.spawn(Arc::clone(self).open(Arc::clone(node)));
                }
            }
            opened
        };
        opened.await.map_err(|_| io::ErrorKind::NotConnected.into())
    }

    async fn open(self: Arc<Self>, node: Arc<Node>) {
        let stream = dial(&node, self.purpose, self.to).await;
        let Ok(stream) = stream else {
            *lock(&self.slot) = Slot::Idle;
            return;
        };
        let (reader, writer) = tokio::io::split(stream);
        let outbox = Arc::new(Outbox::default());
        let pending = Pending { asked: BTreeMap::new(), heard_at: Instant::now() };
        let channel = Arc::new(Channel { outbox: Arc::clone(&outbox), state: Mutex::new(pending) });
        let before = std::mem::replace(&mut *lock(&self.slot), Slot::Open(Arc::clone(&channel)));
        if let Slot::Opening(waiting) = before {
            for sender in waiting {
                drop(sender.send(Arc::clone(&channel)));
            }
        }
        let writing = {
            let channel = Arc::clone(&channel);
            node.tasks.scoped(async move {
                drop(outbox.write_to(writer).await);
                channel.close();
            })
        };
        let mut frames = FrameReader::new(reader, FRAME_BYTES_MAX);
        while let Ok(Some((kind::ANSWER, mut body))) = frames.next().await {
            let Ok(id) = body.try_get_u64_le() else { break };
            let mut state = lock(&channel.state);
            state.heard_at = Instant::now();
            if let Some((_, sender)) = state.asked.remove(&id) {
                drop(state);
                drop(sender.send(body));
            }
        }
        channel.close();
        drop(writing);
    }

    /// Asks; an error means that the question may or may not have arrived.
    pub(crate) async fn ask_bytes(
        self: &Arc<Self>,
        node: &Arc<Node>,
        body: impl FnOnce(&mut BytesMut),
    ) -> Result<Bytes, NoAnswer> {
        let channel = self.channel(node).await.map_err(|_| NoAnswer::NotSent)?;
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        lock(&channel.state).asked.insert(id, (Instant::now(), sender));
        let sent = channel.outbox.push(kind::ASK, |frame| {
            frame.put_u64_le(id);
            body(frame);
        });
        if !sent {
            lock(&channel.state).asked.remove(&id);
            return Err(NoAnswer::NotSent);
        }
        answer.await.map_err(|_| NoAnswer::Lost)
    }

    /// Asks a control question.
    pub(crate) async fn ask(self: &Arc<Self>, node: &Arc<Node>, ask: &Ask) -> io::Result<Reply> {
        let answer = self.ask_bytes(node, |frame| frame.put_slice(&codec::encode(ask))).await;
        let answer = answer.map_err(|_| io::Error::from(io::ErrorKind::NotConnected))?;
        Ok(codec::decode(&answer)?)
    }

    /// Whether the stream should be given up: something waits on it and nothing comes.
    pub(crate) fn drop_if_silent(&self) {
        let mut slot = lock(&self.slot);
        if let Slot::Open(channel) = &*slot
            && channel.is_silent()
        {
            channel.close();
            *slot = Slot::Idle;
        }
    }
}

/// No answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// The question never left.
    NotSent,
    /// The stream broke after it may have left.
    Lost,
}

/// A peer that knows no TLS just hangs up on it.
fn no_tls(error: io::Error) -> io::Error {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
    if [BrokenPipe, ConnectionReset, UnexpectedEof].contains(&error.kind()) {
        return io::Error::new(error.kind(), "the peer hung up on TLS; has it no certificates configured?");
    }
    error
}

async fn open_stream(node: &Node, address: &str, hello: &Hello) -> io::Result<(Stream, Party)> {
    let connect = async {
        let stream = node.parts.network.connect(address).await?;
        let mut stream = match &node.tls {
            Some(tls) => tls.connect(stream, address).await.map_err(no_tls)?,
            None => stream,
        };
        let party = handshake::call(&mut stream, &node.options.secret, hello).await?;
        Ok((stream, party))
    };
    match tokio::time::timeout(CONNECT_WITHIN, connect).await {
        Ok(Err(error)) => Err(error),
        Ok(Ok(open)) => Ok(open),
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// Opens a stream to a member of the cluster.
pub(crate) async fn dial(node: &Node, purpose: Purpose, to: u64) -> io::Result<Stream> {
    let peer = node.peer(to).ok_or_else(|| io::Error::other(format!("node {to} is not known here")))?;
    let hello = Hello { protocol: PROTOCOL, purpose, from: node.party(), to };
    let opened = open_stream(node, &peer.address, &hello).await.and_then(|(stream, party)| {
        let expected = Party { cluster_id: hello.from.cluster_id, node_id: to, disk_id: peer.disk_id };
        if party == expected { Ok(stream) } else { Err(broken("the peer is not the node that joined under this id")) }
    });
    node.note_dial(to, opened.as_ref().err());
    opened
}

/// Asks the node at an address, which belongs to no cluster yet, to join this one.
pub(crate) async fn dial_to_join(node: &Node, address: &str, cluster_id: u128) -> io::Result<Reply> {
    let hello = Hello { protocol: PROTOCOL, purpose: Purpose::Join, from: node.party(), to: 0 };
    let (stream, _) = open_stream(node, address, &hello).await?;
    let (reader, mut writer) = tokio::io::split(stream);
    let mut frame = BytesMut::new();
    super::frame::put_frame(&mut frame, kind::ASK, |body| {
        body.put_u64_le(0);
        body.put_slice(&codec::encode(&Ask::Join { cluster_id }));
    });
    tokio::io::AsyncWriteExt::write_all(&mut writer, &frame).await?;
    tokio::io::AsyncWriteExt::flush(&mut writer).await?;
    let mut frames = FrameReader::new(reader, FRAME_BYTES_MAX);
    let answer = tokio::time::timeout(CONNECT_WITHIN * 10, frames.next()).await;
    match answer.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?? {
        Some((kind::ANSWER, mut body)) if body.len() >= 8 => {
            body.advance(8);
            Ok(codec::decode(&body)?)
        }
        _ => Err(broken("no answer to the call to join")),
    }
}
