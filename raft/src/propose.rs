//! A request's way to the leader and back: by whichever node it came in, over elections, within its deadline.
//!
//! What may have been logged is repeated only under its idempotency mark, under which it happens once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::{Bytes, BytesMut};
use tokio::sync::oneshot;
use tokio::time::{Duration, Instant};

use crate::admission::Errand;
use crate::answer::{Answer, Ended};
use crate::codec;
use crate::error::Error;
use crate::node::{Leadership, Node, count};
use crate::peers::put_forward;
use crate::proposer::{ReplyTo, Waiting};
use crate::watched;

/// A leader that refuses (it has just been elected, or steps down) is asked again after this, unless something changes
/// before.
const ASK_AGAIN: Duration = Duration::from_millis(10);

/// An encoded request.
struct Encoded {
    lane: u128,
    weight: u16,
    errand: Errand,
    bytes: Bytes,
}

impl Node {
    /// See [`crate::Cluster::propose`].
    pub(crate) async fn propose(self: &Arc<Self>, lane: u128, request: &booking::Request) -> Result<Answer, Error> {
        self.core()?;
        count(&self.counters.proposals);
        let encoded = Encoded {
            lane,
            weight: codec::weight(&request.command),
            errand: Errand::of(request),
            bytes: codec::encode_request(request),
        };
        if encoded.bytes.len() > codec::REQUEST_BYTES_MAX {
            return Err(Error::TooLarge);
        }
        // A tick twice is a tick.
        let repeatable = request.idempotency.is_some() || matches!(request.command, booking::Command::Tick);
        let deadline = Instant::now() + self.options.request_deadline;
        let mut role = self.leadership.subscribe();
        let mut maybe_logged = false;
        loop {
            let seen = *role.borrow_and_update();
            let ended = match seen.leader {
                Some(leader) => self.attempt(leader, &encoded, repeatable, &mut role, deadline).await,
                None => Ended::NotLogged,
            };
            match ended {
                Ended::Answered(answer) => return Ok(answer),
                Ended::Busy if !maybe_logged => {
                    count(&self.counters.busy);
                    return Err(Error::Busy { writes_per_s: self.options.writes_per_s });
                }
                Ended::Unknown => maybe_logged = true,
                // An earlier attempt may have been logged: that this one was not says nothing of it.
                Ended::NotLogged | Ended::Busy => {}
            }
            self.core()?;
            if (maybe_logged && !repeatable) || Instant::now() >= deadline {
                return Err(if maybe_logged {
                    count(&self.counters.unknown);
                    Error::Unknown
                } else {
                    Error::NoLeader
                });
            }
            count(&self.counters.retried);
            let again = if seen.leader.is_some() { Instant::now() + ASK_AGAIN } else { deadline };
            // Either way the loop looks again.
            drop(tokio::time::timeout_at(again.min(deadline), role.changed()).await);
        }
    }

    async fn attempt(
        self: &Arc<Self>,
        leader: u64,
        request: &Encoded,
        repeatable: bool,
        role: &mut watched::Receiver<Leadership>,
        deadline: Instant,
    ) -> Ended {
        let here = leader == self.party().node_id;
        let left = AtomicBool::new(here);
        let attempt = async {
            if here { self.attempt_here(request).await } else { self.attempt_there(leader, request, &left).await }
        };
        tokio::select! {
            biased;
            ended = attempt => return ended,
            () = other_leader(role, leader), if repeatable => {}
            () = tokio::time::sleep_until(deadline) => {}
        }
        // While the stream to the leader is still being opened, nobody can have logged it.
        if left.into_inner() { Ended::Unknown } else { Ended::NotLogged }
    }

    async fn attempt_here(&self, request: &Encoded) -> Ended {
        let (sender, ended) = oneshot::channel();
        self.proposer.push(Waiting {
            lane: request.lane,
            weight: request.weight,
            errand: request.errand,
            bytes: request.bytes.clone(),
            reply: ReplyTo::Local(sender),
        });
        self.proposer.pump().await;
        #[cfg(feature = "planted")]
        if storage::planted::planted(storage::planted::Defect::AnsweredUncommitted) {
            return self.foretell(request);
        }
        ended.await.unwrap_or(Ended::Unknown)
    }

    /// The answer as it will be if nothing comes between.
    #[cfg(feature = "planted")]
    fn foretell(&self, request: &Encoded) -> Ended {
        let (Some(last), mut held) = (self.last_log(), self.replica.held()) else { return Ended::NotLogged };
        let index = last.index.max(held.index()) + 1;
        let batch = codec::pack(self.time.now_ms(), std::iter::once(&request.bytes));
        let Ok((at_ms, mut requests)) = codec::unpack(&batch) else { return Ended::Unknown };
        let Some(request) = requests.pop() else { return Ended::Unknown };
        let applied = held.state.apply(booking::Position { index, offset: 0 }, &booking::Proposal { at_ms, request });
        let (term, replayed, outcome) = (last.leader_id.term, applied.replayed, applied.reply);
        Ended::Answered(Answer { index, term, at_ms, replayed, outcome })
    }

    /// `left` is set once the request is on its way.
    async fn attempt_there(self: &Arc<Self>, leader: u64, request: &Encoded, left: &AtomicBool) -> Ended {
        use crate::peers::NoAnswer;
        count(&self.counters.forwarded);
        let link = self.forward(leader);
        let put = |frame: &mut BytesMut| {
            left.store(true, Ordering::Relaxed);
            put_forward(frame, request.lane, &request.bytes);
        };
        match link.ask_bytes(self, put).await {
            Ok(bytes) => codec::decode(&bytes).unwrap_or(Ended::Unknown),
            Err(NoAnswer::NotSent) => Ended::NotLogged,
            Err(NoAnswer::Lost) => Ended::Unknown,
        }
    }
}

/// Waits until another node than `leader` is known to lead.
async fn other_leader(role: &mut watched::Receiver<Leadership>, leader: u64) {
    let other = |now: &Leadership| now.leader.is_some_and(|now| now != leader);
    if role.wait_for(other).await.is_err() {
        std::future::pending::<()>().await;
    }
}
