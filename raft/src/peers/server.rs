//! The answerer's end of streams: who may come in, and what is done with what they ask.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use booking::Request;
use bytes::{Buf, BufMut};
use openraft::raft::AppendEntriesRequest;
use tokio::time::Instant;

use crate::admission::Errand;
use crate::answer::Ended;
use crate::codec;
use crate::network::{Listener, Stream};
use crate::node::{Node, count};
use crate::peers::frame::{FrameReader, Outbox, QUESTION_BYTES_MAX, broken, kind};
use crate::peers::handshake::{self, Hello, Purpose};
use crate::peers::message::{Ask, Reply, get_forward};
use crate::peers::tls::CallerCertificate;
use crate::peers::unproven::Unproven;
use crate::peers::{append, file_stream, plausible, snapshot_stream};
use crate::proposer::{ReplyTo, Waiting};
use crate::sync::lock;

/// Questions of one stream that wait for their answers. A peer asks some 20 a second and gives up after 2 s of silence.
const QUESTIONS_MAX: usize = 1_024;
/// A forwarded request in its frame: kind, id, lane, weight, request.
const FORWARD_BYTES_MAX: usize = codec::REQUEST_BYTES_MAX + 64;
/// Streams kept of callers that are no members, as far as this node knows: it may have missed that they were added.
const STRANGERS_MAX: usize = 64;
/// Refused callers are told of so often.
const TOLD_EACH: Duration = Duration::from_secs(1);

/// Takes streams until the node ends.
pub(crate) async fn serve(node: Arc<Node>, mut listener: Box<dyn Listener>) {
    let unproven = Unproven::default();
    let told = Arc::new(Mutex::new(Told::default()));
    loop {
        match listener.accept().await {
            Ok((stream, from)) => {
                let (place, told) = (unproven.enter(), Arc::clone(&told));
                let tasks = node.tasks.clone();
                let node = Arc::clone(&node);
                tasks.spawn(async move {
                    match place.prove(prove(&node, stream)).await {
                        Ok((stream, hello)) => take(&node, stream, hello, from),
                        Err(error) => {
                            count(&node.counters.callers_refused);
                            lock(&told).tell(&error, &from);
                        }
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "no stream could be taken");
                // Out of file descriptors, most likely: others have to close first.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Refused callers, told of in the log one by one unless they come in crowds: whoever can connect could fill the disk.
#[derive(Default)]
struct Told {
    last: Option<Instant>,
    /// Not told of since.
    others: u64,
}

impl Told {
    fn tell(&mut self, error: &io::Error, from: &str) {
        let now = Instant::now();
        if self.last.is_some_and(|last| now - last < TOLD_EACH) {
            self.others += 1;
            return;
        }
        self.last = Some(now);
        let others = std::mem::take(&mut self.others);
        tracing::warn!(%error, from, others, "a caller was refused");
    }
}

/// Begins to serve a proven caller.
fn take(node: &Arc<Node>, stream: Stream, hello: Hello, from: String) {
    let (peer, purpose) = (hello.from.node_id, hello.purpose);
    let conversation = {
        let node = Arc::clone(node);
        async move {
            if let Err(error) = converse(&node, stream, hello).await {
                if error.kind() == io::ErrorKind::InvalidData {
                    tracing::warn!(%error, from, peer, "a peer's stream was cut off");
                } else if purpose == Purpose::Snapshot && error.kind() == io::ErrorKind::Other {
                    // Not the network's fault but this node's disk's: it stays behind until somebody reads this.
                    tracing::warn!(%error, peer, "a snapshot cannot be taken");
                } else {
                    tracing::debug!(%error, from, "a peer's stream ended");
                }
            }
        }
    };
    let conversation = node.tasks.scoped(conversation);
    let mut inbound = lock(&node.inbound);
    // A peer has one stream of a kind: an older one is a dead one, whose end nobody else would notice.
    inbound.insert((peer, purpose), conversation);
    let is_stranger = |id: u64| id != peer && node.peer(id).is_none();
    if inbound.len() > STRANGERS_MAX && inbound.keys().filter(|(id, _)| is_stranger(*id)).count() > STRANGERS_MAX {
        inbound.retain(|(id, _), _| !is_stranger(*id));
    }
}

async fn prove(node: &Arc<Node>, stream: Stream) -> io::Result<(Stream, Hello)> {
    let (mut stream, certificate) = match &node.tls {
        Some(tls) => {
            let (stream, certificate) = tls.accept(stream).await?;
            (stream, Some(certificate))
        }
        None => (stream, None),
    };
    let me = node.party();
    let hello =
        handshake::answer(&mut stream, &node.options.secret, me, |hello| admit(node, hello, certificate.as_ref()))
            .await?;
    Ok((stream, hello))
}

fn admit(node: &Node, hello: &Hello, certificate: Option<&CallerCertificate>) -> Result<(), String> {
    let me = node.party();
    if let Some(why) = node.damaged.get() {
        return Err(format!("this node's log is damaged ({why}); it takes no part until it joins anew"));
    }
    if hello.purpose == Purpose::Join {
        return if me.cluster_id == 0 || me.cluster_id == hello.from.cluster_id {
            Ok(())
        } else {
            Err("this node belongs to another cluster".to_owned())
        };
    }
    if me.cluster_id == 0 {
        return Err("this node has not joined a cluster yet".to_owned());
    }
    if me.cluster_id != hello.from.cluster_id {
        return Err("this node belongs to another cluster".to_owned());
    }
    if hello.to != me.node_id {
        return Err("another node is meant: this address has changed hands".to_owned());
    }
    if hello.from.node_id == me.node_id {
        return Err("this node does not call itself".to_owned());
    }
    if let Some(peer) = node.peer(hello.from.node_id) {
        if peer.disk_id != hello.from.disk_id {
            return Err("the disk is not the one that joined under this node id".to_owned());
        }
        if certificate.is_some_and(|c| !c.names(&peer.address)) {
            return Err("the certificate does not name the caller's address".to_owned());
        }
    } else if node.is_in_touch() {
        return Err("the caller is no member of this cluster".to_owned());
    }
    Ok(())
}

async fn converse(node: &Arc<Node>, stream: Stream, hello: Hello) -> io::Result<()> {
    let caller = hello.from.node_id;
    match hello.purpose {
        Purpose::Join | Purpose::Control => control(node, stream, caller, hello.purpose == Purpose::Join).await,
        Purpose::Forward => forward(node, stream).await,
        Purpose::Append => {
            let core = node.core.get().ok_or_else(|| broken("this node is not ready"))?;
            append::serve(node, core.raft.clone(), caller, stream).await
        }
        Purpose::Snapshot => snapshot_stream::receive(node, caller, stream).await,
        Purpose::Files => file_stream::serve(node, stream).await,
    }
}

/// Reads questions and answers them in whatever order they are done.
async fn control(node: &Arc<Node>, stream: Stream, caller: u64, joining: bool) -> io::Result<()> {
    let (reader, writer) = tokio::io::split(stream);
    let outbox = Arc::new(Outbox::default());
    let _writing = writing(node, &outbox, writer);
    let mut frames = FrameReader::new(reader, QUESTION_BYTES_MAX);
    let open = Arc::new(AtomicUsize::new(0));
    while let Some((kind, mut body)) = frames.next().await? {
        if kind != kind::ASK || body.len() < 8 {
            return Err(broken("a question was expected"));
        }
        let id = body.get_u64_le();
        let ask: Ask = codec::decode(&body)?;
        if joining != matches!(ask, Ask::Join { .. }) {
            return Err(broken("this question does not belong on this stream"));
        }
        plausible::ask(node, caller, &ask)?;
        if open.fetch_add(1, Ordering::Relaxed) >= QUESTIONS_MAX {
            return Err(broken("too many questions at a time"));
        }
        let (tasks, node, outbox) = (node.tasks.clone(), Arc::clone(node), Arc::clone(&outbox));
        let open = Arc::clone(&open);
        tasks.spawn(async move {
            let reply = answer(&node, ask).await.unwrap_or_else(Reply::Refused);
            outbox.push(kind::ANSWER, |frame| {
                frame.put_u64_le(id);
                frame.put_slice(&codec::encode(&reply));
            });
            open.fetch_sub(1, Ordering::Relaxed);
        });
    }
    Ok(())
}

fn writing(
    node: &Arc<Node>,
    outbox: &Arc<Outbox>,
    writer: impl tokio::io::AsyncWrite + Unpin + Send + 'static,
) -> crate::runtime::Scoped {
    let outbox = Arc::clone(outbox);
    node.tasks.scoped(async move {
        drop(outbox.write_to(writer).await);
        outbox.close();
    })
}

/// Takes requests that followers send on. All that came in together are packed together.
async fn forward(node: &Arc<Node>, stream: Stream) -> io::Result<()> {
    let (reader, writer) = tokio::io::split(stream);
    let outbox = Arc::new(Outbox::default());
    let _writing = writing(node, &outbox, writer);
    let mut frames = FrameReader::new(reader, FORWARD_BYTES_MAX);
    while let Some(mut frame) = frames.next().await? {
        loop {
            let (kind, mut body) = frame;
            if kind != kind::ASK || body.len() < 8 {
                return Err(broken("a request was expected"));
            }
            let id = body.get_u64_le();
            let (lane, bytes) = get_forward(body)?;
            let reply = ReplyTo::Peer(Arc::clone(&outbox), id);
            // What is logged must be understood by whoever applies it: a peer's word is not enough.
            match codec::decode::<Request>(&bytes) {
                Ok(request) => {
                    let (weight, errand) = (codec::weight(&request.command), Errand::of(&request));
                    node.proposer.push(Waiting { lane, weight, errand, bytes, reply });
                }
                Err(error) => {
                    tracing::warn!(%error, "a peer sent on a request that this program does not understand");
                    reply.end(Ended::NotLogged);
                }
            }
            match frames.ready()? {
                Some(next) => frame = next,
                None => break,
            }
        }
        node.proposer.pump().await;
    }
    Ok(())
}

async fn answer(node: &Arc<Node>, ask: Ask) -> Result<Reply, String> {
    if let Ask::Join { cluster_id } = ask {
        let identity = node.join(cluster_id).await.map_err(|e| e.to_string())?;
        let public_url = node.options.public_url.clone();
        let rules_version = node.options.rules_version;
        return Ok(Reply::Joined { node_id: identity.node_id, disk_id: identity.disk_id, public_url, rules_version });
    }
    let raft = &node.core.get().ok_or("this node is not ready")?.raft;
    match ask {
        Ask::Vote(request) => raft.vote(request).await.map(Reply::Vote).map_err(|e| e.to_string()),
        Ask::PreVote(request) => raft.pre_vote(request).await.map(Reply::Vote).map_err(|e| e.to_string()),
        Ask::Heartbeat { vote, previous, committed, time } => {
            node.heard_leader(&vote, time);
            let request =
                AppendEntriesRequest { vote, prev_log_id: previous, entries: Vec::new(), leader_commit: committed };
            let response = raft.append_entries(request).await.map_err(|e| e.to_string())?;
            let result = response.into_stream_result(previous, previous);
            Ok(Reply::Heartbeat { result, time: node.time.note() })
        }
        Ask::ReadIndex => match node.read_index_as_leader().await {
            Ok(index) => Ok(Reply::Index(index)),
            Err(_) => Ok(Reply::NotLeader),
        },
        Ask::TransferLeader(request) => {
            raft.handle_transfer_leader(request).await.map(Reply::Transfer).map_err(|e| e.to_string())
        }
        Ask::Change(change) => match node.change_as_leader(change).await {
            Ok(Some(id)) => Ok(Reply::Changed(id)),
            Ok(None) => Ok(Reply::NotLeader),
            Err(error) => Err(error.to_string()),
        },
        Ask::Members => Ok(Reply::Members(node.members())),
        Ask::LastLog => Ok(Reply::LastLog(node.last_log())),
        Ask::Rules => Ok(Reply::Rules(node.options.rules_version)),
        Ask::Join { .. } => Err("this node has joined already".to_owned()),
    }
}
