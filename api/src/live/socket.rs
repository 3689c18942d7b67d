//! One viewer's socket: what it asks for, and its queue on its way out. A slow one starts over and delays nobody.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use booking::ids::ShowtimeId;
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::frames;
use super::hub::{Entered, Viewer};
use crate::app::{App, BEHIND};
use crate::caller::Caller;
use crate::serve::is_true;
use crate::visibility;

/// Showtimes that one viewer may watch at a time.
const SUBSCRIPTIONS_MAX: usize = 64;
/// A viewer that takes nothing for so long is let go.
const STALLED: Duration = Duration::from_secs(20);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Subscribe {
    showtime: String,
    from_index: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unsubscribe {
    showtime: String,
}

/// What a viewer sends.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Asked {
    Subscribe(Subscribe),
    Unsubscribe(Unsubscribe),
}

struct Session {
    app: App,
    caller: Caller,
    viewer: Arc<Viewer>,
    showtimes: BTreeSet<ShowtimeId>,
}

/// Serves a socket until either side closes it.
pub(super) async fn run<S: AsyncRead + AsyncWrite + Unpin>(
    app: App,
    caller: Caller,
    mut stream: WebSocketStream<S>,
    packed: bool,
    _place: Entered,
) {
    let hub = app.hub.clone();
    let (viewer, mut queue) = hub.viewer(packed);
    let mut closing = hub.closing();
    let mut session = Session { app, caller, viewer, showtimes: BTreeSet::new() };
    loop {
        tokio::select! {
            biased;
            () = is_true(&mut closing) => {
                let hint = Some(CloseFrame { code: CloseCode::Restart, reason: "reconnect to another node".into() });
                drop(tokio::time::timeout(Duration::from_secs(1), stream.close(hint)).await);
                break;
            }
            message = queue.recv() => {
                let Some(message) = message else { break };
                let sent = send(&mut stream, message).await;
                hub.written();
                if !sent {
                    break;
                }
                if queue.is_empty() {
                    session.start_over();
                }
            }
            asked = stream.next() => match asked {
                Some(Ok(Message::Text(text))) => session.ask(&text).await,
                Some(Ok(Message::Binary(_))) => {
                    let error = frames::error(None, "malformed-request", "expected text");
                    hub.hand(&session.viewer, error);
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
            },
            () = session.viewer.wake.notified() => {
                if queue.is_empty() {
                    session.start_over();
                }
            }
        }
    }
    // What still waits is nobody's any more.
    queue.close();
    while queue.try_recv().is_ok() {
        hub.written();
    }
    hub.leave(&session.viewer, session.showtimes.into_iter());
}

async fn send<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut WebSocketStream<S>, message: Message) -> bool {
    matches!(tokio::time::timeout(STALLED, stream.send(message)).await, Ok(Ok(())))
}

impl Session {
    async fn ask(&mut self, text: &Utf8Bytes) {
        match serde_json::from_str::<Asked>(text) {
            Ok(Asked::Subscribe(asked)) => self.subscribe(&asked).await,
            Ok(Asked::Unsubscribe(asked)) => {
                if let Ok(showtime) = asked.showtime.parse()
                    && self.showtimes.remove(&showtime)
                {
                    self.app.hub.unsubscribe(&self.viewer, showtime);
                }
            }
            Err(error) => self.say(frames::error(None, "malformed-request", &error.to_string())),
        }
    }

    fn say(&self, message: Message) {
        self.app.hub.hand(&self.viewer, message);
    }

    fn sees(&self, showtime: ShowtimeId) -> bool {
        visibility::showtime(&self.app.cluster.state(), &self.caller, showtime).is_some()
    }

    async fn subscribe(&mut self, asked: &Subscribe) {
        let missing = || frames::error(Some(&asked.showtime), "not-found", "there is no such showtime");
        let Ok(showtime) = asked.showtime.parse::<ShowtimeId>() else { return self.say(missing()) };
        if self.showtimes.len() >= SUBSCRIPTIONS_MAX && !self.showtimes.contains(&showtime) {
            let error = frames::error(Some(&asked.showtime), "too-many-places", "at most 64 showtimes at a time");
            return self.say(error);
        }
        // A viewer that comes from another node may know more than this one does yet.
        let mut from_index = asked.from_index;
        let behind = match from_index {
            Some(index) if index > self.app.cluster.applied() => {
                self.app.cluster.wait_applied(index, BEHIND).await.is_err()
            }
            _ => false,
        };
        if !self.sees(showtime) && (self.app.cluster.linearizable().await.is_err() || !self.sees(showtime)) {
            return self.say(missing());
        }
        if behind {
            self.app.hub.resyncs.fetch_add(1, Ordering::Relaxed);
            self.say(frames::resync(showtime));
            from_index = None;
        }
        self.showtimes.insert(showtime);
        self.app.hub.subscribe(&self.viewer, showtime, from_index);
    }

    /// A viewer that lost frames starts over with each of its showtimes, now that its queue is empty.
    fn start_over(&self) {
        if !self.viewer.has_lost() {
            return;
        }
        let hub = &self.app.hub;
        // Out of all channels first: no frame of the old chain may come between.
        for showtime in &self.showtimes {
            hub.unsubscribe(&self.viewer, *showtime);
        }
        self.viewer.starts_over();
        for showtime in &self.showtimes {
            hub.resyncs.fetch_add(1, Ordering::Relaxed);
            self.say(frames::resync(*showtime));
            hub.subscribe(&self.viewer, *showtime, None);
        }
    }
}
