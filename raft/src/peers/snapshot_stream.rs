//! Snapshots on their way to a peer, on a stream of their own, resumed where it broke. Disk work is done on threads.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use storage::{ReceiveWriter, SnapshotReader};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;

use crate::codec;
use crate::network::Stream;
use crate::node::{Node, count};
use crate::peers::frame::{FRAME_BYTES_MAX, FrameReader, broken, kind, put_frame};
use crate::peers::handshake::Purpose;
use crate::peers::link::dial;
use crate::peers::plausible;
use crate::snapshot::{SnapshotFile, meta, offered, other};
use crate::types::{Snapshot, Vote};
use crate::work::{Work, on_thread};

/// Bytes of a snapshot in one frame.
const PART_BYTES: usize = 256 << 10;
/// Parts that wait for disk or network.
const PARTS_WAITING: usize = 8;
/// Without progress for so long the stream is given up.
const PROGRESS_WITHIN: Duration = Duration::from_secs(10);
/// The peer checks, loads and installs within this.
const INSTALL_WITHIN: Duration = Duration::from_mins(10);

#[derive(Serialize, Deserialize)]
pub(crate) struct Offer {
    pub(crate) vote: Vote,
    /// Tells this very file from any other.
    pub(crate) id: String,
    pub(crate) bytes: u64,
}

async fn say(io: &mut (impl AsyncWrite + Unpin), kind: u8, body: &[u8]) -> io::Result<()> {
    let mut frame = BytesMut::with_capacity(body.len() + 8);
    put_frame(&mut frame, kind, |out| out.put_slice(body));
    let write = async {
        io.write_all(&frame).await?;
        io.flush().await
    };
    tokio::time::timeout(PROGRESS_WITHIN, write).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

async fn hear<R: AsyncRead + Unpin>(frames: &mut FrameReader<R>, within: Duration) -> io::Result<(u8, Bytes)> {
    let next = tokio::time::timeout(within, frames.next()).await;
    next.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

/// Reads a file's parts ahead of the network.
async fn read_parts(
    work: Arc<dyn Work>,
    reader: Arc<SnapshotReader>,
    mut offset: u64,
    parts: mpsc::Sender<io::Result<Vec<u8>>>,
) {
    while offset < reader.len() {
        let from = Arc::clone(&reader);
        let part = on_thread(&work, "snapshot-read", move || from.read_raw(offset, PART_BYTES)).await;
        let part = match part {
            None => Err(other("no thread")),
            Some(Ok(bytes)) if bytes.is_empty() => Err(broken("the file is short")),
            Some(part) => part,
        };
        offset += part.as_ref().map_or(0, |part| part.len() as u64);
        let failed = part.is_err();
        // The network's end has gone, or the file cannot be read.
        if parts.send(part).await.is_err() || failed {
            return;
        }
    }
}

/// Sends a snapshot and waits until it is installed; returns the peer's vote.
pub(crate) async fn send(node: &Arc<Node>, to: u64, vote: Vote, snapshot: Snapshot) -> io::Result<Vote> {
    let SnapshotFile(reader) = snapshot.snapshot;
    let (input, mut output) = tokio::io::split(dial(node, Purpose::Snapshot, to).await?);
    let mut frames = FrameReader::new(input, FRAME_BYTES_MAX);
    let offer = Offer { vote, id: reader.id(), bytes: reader.len() };
    say(&mut output, kind::SNAPSHOT_OFFER, &codec::encode(&offer)).await?;
    let offset = match hear(&mut frames, PROGRESS_WITHIN).await? {
        (kind::SNAPSHOT_WANT, body) => codec::decode::<u64>(&body)?,
        (kind::SNAPSHOT_DONE, body) => return Ok(codec::decode(&body)?),
        _ => return Err(broken("an answer to the offer was expected")),
    };
    let (sender, mut parts) = mpsc::channel(PARTS_WAITING);
    node.tasks.spawn(read_parts(Arc::clone(&node.parts.work), reader, offset, sender));
    while let Some(part) = parts.recv().await {
        say(&mut output, kind::SNAPSHOT_BYTES, &part?).await?;
    }
    match hear(&mut frames, INSTALL_WITHIN).await? {
        (kind::SNAPSHOT_DONE, body) => Ok(codec::decode(&body)?),
        _ => Err(broken("the end of the snapshot was expected")),
    }
}

/// Writes parts as they come; whole at the end or an error.
async fn write_parts(
    work: &Arc<dyn Work>,
    mut writer: ReceiveWriter,
    bytes: u64,
    mut parts: mpsc::Receiver<Bytes>,
) -> io::Result<SnapshotReader> {
    let gone = || other("no thread");
    while writer.have() < bytes {
        let part = parts.recv().await.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        let written = on_thread(work, "snapshot-write", move || {
            let offset = writer.have();
            writer.write_raw(offset, &part).map(|()| writer).map_err(other)
        });
        writer = written.await.ok_or_else(gone)??;
    }
    on_thread(work, "snapshot-name", move || writer.finish().map_err(other)).await.ok_or_else(gone)?
}

/// Receives a snapshot, has it installed, and tells the sender.
pub(crate) async fn receive(node: &Arc<Node>, caller: u64, stream: Stream) -> io::Result<()> {
    let core = node.core.get().ok_or_else(|| broken("this node is not ready"))?;
    let (input, mut output) = tokio::io::split(stream);
    let mut frames = FrameReader::new(input, FRAME_BYTES_MAX);
    let (kind::SNAPSHOT_OFFER, body) = hear(&mut frames, PROGRESS_WITHIN).await? else {
        return Err(broken("an offer was expected"));
    };
    let offer: Offer = codec::decode(&body)?;
    plausible::offer(node, caller, &offer.vote)?;
    // Two leaders may offer at a time; the file's parts have one place.
    let _one = node.receiving.lock().await;
    let vote = node.vote().ok_or_else(|| broken("this node is not ready"))?;
    if vote > offer.vote {
        return say(&mut output, kind::SNAPSHOT_DONE, &codec::encode(&vote)).await;
    }
    let snapshots = core.snapshots.clone();
    let (id, bytes) = (offer.id, offer.bytes);
    let work = &node.parts.work;
    let writer = on_thread(work, "snapshot-open", move || snapshots.receive(&id, bytes)).await;
    let writer = writer.ok_or_else(|| other("no thread"))?.map_err(other)?;
    say(&mut output, kind::SNAPSHOT_WANT, &codec::encode(&writer.have())).await?;
    let (sender, parts) = mpsc::channel(PARTS_WAITING);
    let mut missing = bytes.saturating_sub(writer.have());
    let written = write_parts(work, writer, bytes, parts);
    let reading = async {
        while missing > 0 {
            let (kind::SNAPSHOT_BYTES, part) = hear(&mut frames, PROGRESS_WITHIN).await? else {
                return Err(broken("bytes of the snapshot were expected"));
            };
            missing = missing.saturating_sub(part.len() as u64);
            if sender.send(part).await.is_err() {
                break;
            }
        }
        drop(sender);
        Ok(())
    };
    let (written, read) = tokio::join!(written, reading);
    read?;
    let reader = written?;
    tracing::info!(index = reader.header().last.index, "a snapshot was received");
    count(&node.counters.snapshots_received);
    let last = meta(reader.header())?.last_log_id.ok_or_else(|| broken("a snapshot of nothing"))?;
    plausible::snapshot(node, last, &offer.vote)?;
    let response = core.raft.install_full_snapshot(offer.vote, offered(reader)?).await.map_err(other)?;
    say(&mut output, kind::SNAPSHOT_DONE, &codec::encode(&response.vote)).await
}
