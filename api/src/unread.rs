//! What an answer leaves unread of its request. A request refused early (unknown id, bad credentials, too large) leaves
//! its body on the wire: a socket closed with bytes unread takes the answer with it, and a caller who was not told
//! that the connection ends loses its next request. So the rest is read and thrown away, or the end is announced.
//! Deliberately not here: how a body that is wanted is read (see `action`).

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use futures_util::StreamExt;
use hyper::body::{Frame, SizeHint};
use tokio::sync::oneshot;

/// Most bytes that are read and thrown away.
const THROWN_AWAY_MAX: usize = 512 * 1024;
/// Longest time spent on them: a caller that was refused may not keep a task for long.
const THROWN_AWAY_FOR: Duration = Duration::from_secs(1);

/// What may come back of a body that was lent to a route.
pub(crate) struct Unread(Option<oneshot::Receiver<Body>>);

/// A body that gives itself back when it is dropped before its end.
struct Lent {
    body: Body,
    back: Option<oneshot::Sender<Body>>,
}

/// Lends a body; one that is empty needs no care.
pub(crate) fn lend(body: Body) -> (Body, Unread) {
    if body.is_end_stream() {
        return (body, Unread(None));
    }
    let (back, unread) = oneshot::channel();
    (Body::new(Lent { body, back: Some(back) }), Unread(Some(unread)))
}

impl Unread {
    /// Reads what is left, within bounds. False if some still is: the connection cannot be used again.
    pub(crate) async fn throw_away(self) -> bool {
        let Some(rest) = self.0.and_then(|mut unread| unread.try_recv().ok()) else { return true };
        let mut rest = rest.into_data_stream();
        let mut bytes = 0;
        let all = async {
            while bytes < THROWN_AWAY_MAX {
                match rest.next().await {
                    Some(Ok(chunk)) => bytes += chunk.len(),
                    Some(Err(_)) => return false,
                    None => return true,
                }
            }
            false
        };
        tokio::time::timeout(THROWN_AWAY_FOR, all).await.unwrap_or(false)
    }
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if matches!(frame, Poll::Ready(None | Some(Err(_)))) {
            self.back = None;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(back) = self.back.take().filter(|_| !self.body.is_end_stream()) {
            // Nobody waits for it once the answer is under way.
            drop(back.send(std::mem::take(&mut self.body)));
        }
    }
}
