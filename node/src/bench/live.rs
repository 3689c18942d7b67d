//! Many live sockets on one node watching one showtime that changes all the time: how long from a commit to a socket.
//! A commit's time is when the buyer's answer came, which is a little after it; the time from before the request was
//! sent is told beside it: the truth lies between. Reads frames by hand: a library would measure itself.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

use super::machine::CpuSample;
use super::stage::{self, ROW_SEATS, Target};
use super::{Latency, facts, histogram, us};
use crate::cli::{Output, Refused};
use crate::client::{Address, Connection, Stream, new_key};

/// Seats that one request changes.
const SEATS_PER_CHANGE: u64 = 2;
/// Sockets are opened so many at a time.
const OPENING: usize = 50;
const WITHIN: Duration = Duration::from_mins(1);
const WARMUP: Duration = Duration::from_secs(3);
/// Goal for the time from commit to socket.
const GOAL_MS: f64 = 250.0;
const TEXT_FRAME: u8 = 0x81;
const CLOSE_OPCODE: u8 = 8;

/// What sockets and buyers share. They run in one thread.
#[derive(Default)]
struct Watch {
    /// Sockets that are subscribed.
    subscribed: Cell<usize>,
    frames: Cell<u64>,
    resyncs: Cell<u64>,
    lost: Cell<u64>,
    measuring: Cell<bool>,
    /// When each change was asked for and answered, by index: one entry of the log holds several.
    changes: RefCell<BTreeMap<u64, Vec<(Instant, Instant)>>>,
    /// `from`, `to` and arrival of every frame on every socket.
    arrivals: RefCell<Vec<(u64, u64, Instant)>>,
}

/// Opens the sockets, makes the changes, matches both.
pub(super) async fn run(
    target: &Target,
    sockets: usize,
    changes_per_s: u64,
    seconds: u64,
    output: Output,
) -> anyhow::Result<()> {
    let mut rest = target.rest().await?;
    let plan = stage::plan().to_string();
    let showtime = stage::set(&mut rest, plan.as_bytes(), &["All"], 1).await?.pop().context("no showtime")?;
    let node = target.nodes.get(target.leader().await?).context("no node")?.clone();
    let watch = Rc::new(Watch::default());
    let local = tokio::task::LocalSet::new();
    let used = local
        .run_until(async {
            open_all(&watch, &node, &showtime, sockets).await?;
            output.say(format!("{sockets} sockets watch {showtime} on {node}"));
            let pace = Pace { target: target.clone(), showtime: showtime.clone(), per_s: changes_per_s };
            for buyer in 0..pace.buyers() {
                tokio::task::spawn_local(pace.clone().change(Rc::clone(&watch), buyer));
            }
            tokio::time::sleep(WARMUP).await;
            let before = CpuSample::take(&target.pids);
            watch.measuring.set(true);
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            watch.measuring.set(false);
            let used = before.until(CpuSample::take(&target.pids));
            // The last frames are still on their way.
            tokio::time::sleep(Duration::from_secs(1)).await;
            anyhow::Ok(used)
        })
        .await?;
    let (from_answer, from_request, changes) = matched(&watch)?;
    #[expect(clippy::cast_precision_loss, reason = "for showing")]
    let per_s = |n: u64| n as f64 / seconds as f64;
    let value = json!({
        "sockets": sockets,
        "changes_per_s": per_s(changes * SEATS_PER_CHANGE),
        "frames_per_s": per_s(watch.frames.get()),
        "from_answer_to_socket": from_answer,
        "from_request_to_socket": from_request,
        "resyncs": watch.resyncs.get(),
        "lost_sockets": watch.lost.get(),
        "node_cpu_cores": used.nodes / per_s(seconds * seconds),
        "client_cpu_cores": used.client / per_s(seconds * seconds),
    });
    output.result(&value, || facts(&value));
    if from_answer.p99_ms > GOAL_MS || watch.lost.get() > 0 {
        return Err(Refused("slower than the goal of 250 ms, or sockets were lost".to_owned()).into());
    }
    Ok(())
}

async fn open_all(watch: &Rc<Watch>, node: &Address, showtime: &str, sockets: usize) -> anyhow::Result<()> {
    let until = Instant::now() + WITHIN;
    for first in (0..sockets).step_by(OPENING) {
        for _ in first..sockets.min(first + OPENING) {
            let (watch, node, showtime) = (Rc::clone(watch), node.clone(), showtime.to_owned());
            tokio::task::spawn_local(async move {
                if socket(&watch, &node, &showtime).await.is_err() {
                    watch.lost.set(watch.lost.get() + 1);
                }
            });
        }
        while watch.subscribed.get() < sockets.min(first + OPENING) {
            if Instant::now() > until || watch.lost.get() > 0 {
                bail!("{} of {sockets} sockets could be opened", watch.subscribed.get());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    Ok(())
}

/// One viewer: subscribes and notes when frames come.
async fn socket(watch: &Watch, node: &Address, showtime: &str) -> anyhow::Result<()> {
    let mut stream = Stream::connect(node).await?;
    let hello = format!(
        "GET /api/v1/live HTTP/1.1\r\nhost: {}:{}\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        node.host, node.port
    );
    stream.write_all(hello.as_bytes()).await?;
    let mut buffer: Vec<u8> = Vec::with_capacity(2_048);
    while !buffer.windows(4).any(|w| w == b"\r\n\r\n") {
        read(&mut stream, &mut buffer).await?;
    }
    if !buffer.starts_with(b"HTTP/1.1 101") {
        bail!("{}", String::from_utf8_lossy(&buffer));
    }
    let head = buffer.windows(4).position(|w| w == b"\r\n\r\n").map_or(0, |at| at + 4);
    buffer.drain(..head);
    stream.write_all(&masked(json!({"subscribe": {"showtime": showtime}}).to_string().as_bytes())).await?;
    loop {
        while let Some((opcode, body, end)) = frame(&buffer) {
            note(watch, opcode, body)?;
            buffer.drain(..end);
        }
        read(&mut stream, &mut buffer).await?;
    }
}

async fn read(stream: &mut Stream, buffer: &mut Vec<u8>) -> anyhow::Result<()> {
    if stream.read_buf(buffer).await? == 0 {
        bail!("closed");
    }
    Ok(())
}

fn note(watch: &Watch, opcode: u8, body: &[u8]) -> anyhow::Result<()> {
    if opcode == CLOSE_OPCODE {
        bail!("closed by the node");
    }
    if body.starts_with(b"{\"subscribed\"") {
        watch.subscribed.set(watch.subscribed.get() + 1);
    } else if body.starts_with(b"{\"resync\"") {
        watch.resyncs.set(watch.resyncs.get() + 1);
    } else if let (Some(from), Some(to)) = (number(body, b"\"from\":"), number(body, b"\"to\":")) {
        if watch.measuring.get() {
            watch.frames.set(watch.frames.get() + 1);
        }
        watch.arrivals.borrow_mut().push((from, to, Instant::now()));
    }
    Ok(())
}

/// Opcode, body and end of the frame that the bytes begin with; nothing while it is not whole. Servers do not mask.
fn frame(bytes: &[u8]) -> Option<(u8, &[u8], usize)> {
    let (first, second) = (*bytes.first()?, *bytes.get(1)?);
    let (len, head) = match second {
        126 => (usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)), 4),
        127 => (usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?, 10),
        len => (usize::from(len), 2),
    };
    Some((first & 0x0f, bytes.get(head..head + len)?, head + len))
}

/// A text frame of fewer than 126 bytes as a client must send it; a mask of zeros leaves the text as it is.
fn masked(text: &[u8]) -> Vec<u8> {
    let mut frame = vec![TEXT_FRAME, 0x80 | text.len() as u8, 0, 0, 0, 0];
    frame.extend_from_slice(text);
    frame
}

/// The number after a name, found without parsing the rest.
fn number(body: &[u8], name: &[u8]) -> Option<u64> {
    let at = body.windows(name.len()).position(|w| w == name)? + name.len();
    let digits = body.get(at..)?.iter().take_while(|c| c.is_ascii_digit());
    Some(digits.fold(0, |n, c| n * 10 + u64::from(c - b'0')))
}

/// Who makes the changes, and how fast.
#[derive(Clone)]
struct Pace {
    target: Target,
    showtime: String,
    per_s: u64,
}

impl Pace {
    /// Each makes a change of two seats 25 times a second.
    const PER_BUYER_S: u64 = 25;

    fn buyers(&self) -> u64 {
        (self.per_s / SEATS_PER_CHANGE).div_ceil(Self::PER_BUYER_S).max(1)
    }

    /// Holds and releases two seats of its own row, by turns, at an even pace.
    async fn change(self, watch: Rc<Watch>, buyer: u64) {
        let nodes = self.target.nodes.len() as u64;
        let Some(node) = self.target.nodes.get((buyer % nodes) as usize).cloned() else { return };
        let mut connection = Connection::new(node);
        let seat = buyer as u32 * ROW_SEATS;
        // Spread over the beat: buyers do not act in step.
        let beat = Duration::from_millis(1_000 / Self::PER_BUYER_S);
        let first = Instant::now() + beat * buyer as u32 / self.buyers() as u32;
        let mut beat = tokio::time::interval_at(first, beat);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut held: Option<(String, String)> = None;
        let holds = format!("/api/v1/showtimes/{}/holds", self.showtime);
        let body = format!(r#"{{"places":["{}","{}"]}}"#, stage::place(seat), stage::place(seat + 1));
        loop {
            beat.tick().await;
            let key = format!("idempotency-key: {}\r\n", new_key());
            let asked = Instant::now();
            let answer = match &held {
                None => connection.call("POST", &holds, &key, body.as_bytes(), WITHIN).await,
                Some((id, token)) => {
                    let headers = format!("{key}x-hold-token: {token}\r\n");
                    connection.call("DELETE", &format!("/api/v1/holds/{id}"), &headers, b"", WITHIN).await
                }
            };
            let Ok(answer) = answer else { continue };
            if !(200..300).contains(&answer.status) {
                continue;
            }
            let index = answer.header("x-log-index").and_then(|i| i.parse().ok()).unwrap_or(0);
            if watch.measuring.get() {
                watch.changes.borrow_mut().entry(index).or_default().push((asked, Instant::now()));
            }
            held = match held {
                None => serde_json::from_slice::<serde_json::Value>(answer.body)
                    .ok()
                    .map(|v| (crate::client::text(&v, "id"), crate::client::text(&v, "token"))),
                Some(_) => None,
            };
        }
    }
}

/// Every arrival against every change that the frame brought first.
fn matched(watch: &Watch) -> anyhow::Result<(Latency, Latency, u64)> {
    let (mut from_answer, mut from_request) = (histogram()?, histogram()?);
    let changes = watch.changes.borrow();
    for (from, to, at) in watch.arrivals.borrow().iter() {
        for (asked, answered) in changes.range(from + 1..=*to).flat_map(|(_, times)| times) {
            from_answer.saturating_record(us(at.saturating_duration_since(*answered)).max(1));
            from_request.saturating_record(us(at.saturating_duration_since(*asked)).max(1));
        }
    }
    if from_answer.is_empty() {
        bail!("no change reached a socket");
    }
    let made = changes.values().map(Vec::len).sum::<usize>() as u64;
    Ok((Latency::of(&from_answer), Latency::of(&from_request), made))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_taken_apart() {
        assert_eq!(frame(b"\x81\x02hi\x81"), Some((1, &b"hi"[..], 4)));
        let long = [&[0x81, 126, 0, 200][..], &[b'x'; 200]].concat();
        assert_eq!(frame(&long).map(|f| (f.1.len(), f.2)), Some((200, 204)));
        assert_eq!(frame(&long[..100]), None);
        assert_eq!(frame(b"\x81"), None);
        assert_eq!(number(br#"{"from":17,"to":23}"#, b"\"to\":"), Some(23));
    }
}
