//! The log's stream: append requests one way, pipelined; what came of each the other way, in order.
//! Sending and receiving share one task on the caller's side: each wake-up counts.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{BufMut, BytesMut};
use futures_util::{FutureExt, Stream, StreamExt};
use openraft::raft::{AppendEntriesRequest, StreamAppendResult};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;

use crate::clock::TimeNote;
use crate::codec;
use crate::network::Stream as Bytestream;
use crate::node::Node;
use crate::peers::frame::{FRAME_BYTES_MAX, FrameReader, broken, kind, put_frame};
use crate::peers::message::{get_append, put_append};
use crate::peers::plausible;
use crate::types::{Raft, Types};

/// An append that is not answered for so long breaks the stream; the answer waits for the peer's disk.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// Requests put into one write.
const WRITE_BYTES: usize = 256 << 10;

#[derive(Serialize, Deserialize)]
pub(crate) struct Appended {
    pub(crate) result: StreamAppendResult<Types>,
    pub(crate) time: TimeNote,
}

type Written = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;
type Answers = Pin<Box<dyn Stream<Item = io::Result<StreamAppendResult<Types>>> + Send>>;

/// The caller's side.
pub(crate) struct Appends {
    writing: Option<Written>,
    answers: Answers,
    progress: Arc<Progress>,
    patience: Pin<Box<tokio::time::Sleep>>,
    /// Whether `patience` runs: from the first unanswered request on.
    waiting: bool,
    ended: bool,
}

/// Requests sent and answers received.
#[derive(Default)]
struct Progress {
    sent: std::sync::atomic::AtomicU64,
    answered: std::sync::atomic::AtomicU64,
}

impl Progress {
    fn open(&self) -> u64 {
        use std::sync::atomic::Ordering::Relaxed;
        self.sent.load(Relaxed).saturating_sub(self.answered.load(Relaxed))
    }
}

impl Appends {
    /// Sends `first` and what `rest` yields on a stream.
    pub(crate) fn new<S>(
        node: Arc<Node>,
        to: u64,
        stream: Bytestream,
        first: AppendEntriesRequest<Types>,
        rest: S,
    ) -> Self
    where
        S: Stream<Item = AppendEntriesRequest<Types>> + Send + Unpin + 'static,
    {
        let (reader, writer) = tokio::io::split(stream);
        let progress = Arc::new(Progress::default());
        let writing = write(Arc::clone(&node), writer, first, rest, Arc::clone(&progress));
        let answers = futures_util::stream::unfold(FrameReader::new(reader, FRAME_BYTES_MAX), move |mut frames| {
            let node = Arc::clone(&node);
            async move {
                let answer = match frames.next().await {
                    Ok(Some((kind::APPENDED, body))) => codec::decode::<Appended>(&body).map_err(io::Error::from),
                    Ok(Some(_)) => Err(broken("an answer was expected")),
                    Ok(None) => return None,
                    Err(error) => Err(error),
                };
                let answer = answer.and_then(|appended| {
                    plausible::time(appended.time)?;
                    node.time.heard_peer(to, appended.time);
                    node.proposer.wake_if_waiting();
                    Ok(appended.result)
                });
                Some((answer, frames))
            }
        });
        Self {
            writing: Some(Box::pin(writing)),
            answers: Box::pin(answers),
            progress,
            patience: Box::pin(tokio::time::sleep(ANSWER_WITHIN)),
            waiting: false,
            ended: false,
        }
    }
}

async fn write<S>(
    node: Arc<Node>,
    mut writer: impl tokio::io::AsyncWrite + Unpin + Send,
    first: AppendEntriesRequest<Types>,
    mut rest: S,
    progress: Arc<Progress>,
) -> io::Result<()>
where
    S: Stream<Item = AppendEntriesRequest<Types>> + Send + Unpin,
{
    let mut buffer = BytesMut::with_capacity(64 << 10);
    let mut next = Some(first);
    while let Some(request) = next {
        put_frame(&mut buffer, kind::APPEND, |frame| put_append(frame, &request, node.time.note()));
        progress.sent.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        // What is ready already goes in the same write.
        next = match rest.next().now_or_never() {
            Some(ready) if buffer.len() < WRITE_BYTES => ready,
            ready => {
                writer.write_all(&buffer).await?;
                writer.flush().await?;
                buffer.clear();
                match ready {
                    Some(ready) => ready,
                    None => rest.next().await,
                }
            }
        };
    }
    writer.write_all(&buffer).await?;
    writer.flush().await
}

impl Stream for Appends {
    type Item = io::Result<StreamAppendResult<Types>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.ended {
            return Poll::Ready(None);
        }
        if let Some(writing) = &mut this.writing
            && let Poll::Ready(written) = writing.as_mut().poll(cx)
        {
            this.writing = None;
            if let Err(error) = written {
                this.ended = true;
                return Poll::Ready(Some(Err(error)));
            }
        }
        match this.answers.as_mut().poll_next(cx) {
            Poll::Ready(Some(answer)) => {
                this.progress.answered.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                this.waiting = false;
                this.ended = !matches!(answer, Ok(Ok(_)));
                Poll::Ready(Some(answer))
            }
            Poll::Ready(None) => {
                this.ended = true;
                let whole = this.writing.is_none() && this.progress.open() == 0;
                Poll::Ready((!whole).then(|| Err(io::ErrorKind::UnexpectedEof.into())))
            }
            Poll::Pending if this.writing.is_none() && this.progress.open() == 0 => {
                this.ended = true;
                Poll::Ready(None)
            }
            Poll::Pending => {
                if this.progress.open() == 0 {
                    return Poll::Pending;
                }
                if !this.waiting {
                    this.waiting = true;
                    this.patience.as_mut().reset(tokio::time::Instant::now() + ANSWER_WITHIN);
                }
                if this.patience.as_mut().poll(cx).is_ready() {
                    this.ended = true;
                    return Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into())));
                }
                Poll::Pending
            }
        }
    }
}

/// The answerer's side: runs until the stream ends or something is wrong with it.
pub(crate) async fn serve(node: &Arc<Node>, raft: Raft, caller: u64, stream: Bytestream) -> io::Result<()> {
    let (reader, mut writer) = tokio::io::split(stream);
    let requests = {
        let node = Arc::clone(node);
        futures_util::stream::unfold(FrameReader::new(reader, FRAME_BYTES_MAX), move |mut frames| {
            let node = Arc::clone(&node);
            async move {
                let (kind::APPEND, body) = frames.next().await.ok()?? else { return None };
                let sound = get_append(body).map_err(io::Error::from).and_then(|(request, time)| {
                    plausible::append(&node, caller, &request, time)?;
                    node.heard_leader(&request.vote, time);
                    Ok(request)
                });
                let sound = sound.inspect_err(|error| tracing::warn!(%error, caller, "a peer's stream was cut off"));
                Some((sound.ok()?, frames))
            }
        })
    };
    // openraft reads requests in a task of its own, which must end with this one.
    let (_ends, ended) = tokio::sync::oneshot::channel::<()>();
    let mut results = Box::pin(raft.stream_append(requests.take_until(ended)).fuse());
    let mut buffer = BytesMut::new();
    // openraft's end of the stream, or its own end, ends ours.
    while let Some(Ok(result)) = results.next().await {
        let mut next = Some(result);
        while let Some(result) = next.take() {
            let appended = Appended { result, time: node.time.note() };
            put_frame(&mut buffer, kind::APPENDED, |frame| frame.put_slice(&codec::encode(&appended)));
            if let Some(Some(Ok(more))) = results.next().now_or_never() {
                next = Some(more);
            }
        }
        writer.write_all(&buffer).await?;
        writer.flush().await?;
        buffer.clear();
    }
    writer.shutdown().await
}
