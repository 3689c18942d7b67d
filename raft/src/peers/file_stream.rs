//! Files on their way between nodes, one after the other on a stream of their own, so that no vote waits behind one.
//! Whoever receives a file names it by its own reckoning: a peer's word is not taken for it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use storage::{FILE_BYTES_MAX, FileHash, file_hash};
use tokio::io::{AsyncWriteExt, ReadHalf, WriteHalf};

use crate::network::Stream;
use crate::node::Node;
use crate::peers::frame::{FrameReader, broken, kind, put_frame};
use crate::peers::handshake::Purpose;
use crate::peers::link::dial;
use crate::sync::lock;

/// A file in its frame.
const FRAME_BYTES: usize = FILE_BYTES_MAX + 64;
/// A frame is written, and an answer comes, within this.
const PROGRESS_WITHIN: Duration = Duration::from_secs(5);
/// Longest reason for a refusal, in bytes.
const REFUSAL_BYTES_MAX: usize = 512;

/// An open stream to a peer.
pub(crate) struct FileStream {
    frames: FrameReader<ReadHalf<Stream>>,
    output: WriteHalf<Stream>,
}

async fn say(output: &mut WriteHalf<Stream>, kind: u8, body: &[u8]) -> io::Result<()> {
    let mut frame = BytesMut::with_capacity(body.len() + 8);
    put_frame(&mut frame, kind, |out| out.put_slice(body));
    let write = async {
        output.write_all(&frame).await?;
        output.flush().await
    };
    tokio::time::timeout(PROGRESS_WITHIN, write).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// Asks something of a peer, on the stream that is open or on a new one.
async fn ask(node: &Arc<Node>, to: u64, kind: u8, body: &[u8]) -> io::Result<(u8, Bytes)> {
    let stream = Arc::clone(lock(&node.file_streams).entry(to).or_default());
    let mut slot = stream.lock().await;
    // One that broke since is noticed by its first use; a fresh one tells whether the peer is there.
    for fresh in [false, true] {
        let mut open = match slot.take().filter(|_| !fresh) {
            Some(open) => open,
            None if !fresh => continue,
            None => {
                let (input, output) = tokio::io::split(dial(node, Purpose::Files, to).await?);
                FileStream { frames: FrameReader::new(input, FRAME_BYTES), output }
            }
        };
        let asked = async {
            say(&mut open.output, kind, body).await?;
            let next = tokio::time::timeout(PROGRESS_WITHIN, open.frames.next()).await;
            next.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??
                .ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
        };
        match asked.await {
            Ok(answer) => {
                *slot = Some(open);
                return Ok(answer);
            }
            Err(error) if fresh => return Err(error),
            Err(_) => {}
        }
    }
    Err(io::ErrorKind::NotConnected.into())
}

/// Gives a file to a peer; when this returns the peer has it durable.
pub(crate) async fn give(node: &Arc<Node>, to: u64, bytes: Bytes) -> io::Result<()> {
    match ask(node, to, kind::FILE_GIVE, &bytes).await? {
        (kind::FILE_KEPT, hash) if *hash == file_hash(&bytes) => Ok(()),
        (kind::FILE_REFUSED, why) => Err(io::Error::other(String::from_utf8_lossy(&why).into_owned())),
        _ => Err(broken("a file was given; its hash was expected")),
    }
}

/// Takes a file from a peer, if it has it.
pub(crate) async fn take(node: &Arc<Node>, from: u64, hash: FileHash) -> io::Result<Option<Bytes>> {
    match ask(node, from, kind::FILE_WANT, &hash).await? {
        (kind::FILE_HERE, bytes) if file_hash(&bytes) == hash => Ok(Some(bytes)),
        (kind::FILE_MISSING, _) => Ok(None),
        (kind::FILE_REFUSED, why) => Err(io::Error::other(String::from_utf8_lossy(&why).into_owned())),
        _ => Err(broken("another file was sent than was asked for")),
    }
}

/// Answers a peer until it closes the stream.
pub(crate) async fn serve(node: &Arc<Node>, stream: Stream) -> io::Result<()> {
    let (input, mut output) = tokio::io::split(stream);
    let mut frames = FrameReader::new(input, FRAME_BYTES);
    while let Some((kind, body)) = frames.next().await? {
        let refused = |error: crate::Error| {
            let mut why = error.to_string();
            why.truncate(why.floor_char_boundary(REFUSAL_BYTES_MAX));
            (kind::FILE_REFUSED, Bytes::from(why))
        };
        let (kind, body) = match kind {
            kind::FILE_GIVE => match node.keep_here(body).await {
                Ok(hash) => (kind::FILE_KEPT, Bytes::copy_from_slice(&hash)),
                Err(error) => refused(error),
            },
            kind::FILE_WANT => {
                let hash = FileHash::try_from(&body[..]).map_err(|_| broken("a file's hash was expected"))?;
                match node.file_here(hash).await {
                    Ok(Some(bytes)) => (kind::FILE_HERE, bytes),
                    Ok(None) => (kind::FILE_MISSING, Bytes::new()),
                    Err(error) => refused(error),
                }
            }
            _ => return Err(broken("a file or its name was expected")),
        };
        say(&mut output, kind, &body).await?;
    }
    Ok(())
}
