//! Tests: hostile peers on real sockets before real nodes. What they say is said with this crate's own encoders, so that
//! it gets as far as it can; what strangers can do to whole processes is in `tests/cluster`.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use booking::command::{Actor, Command, CreateOrganization, Idempotency, Request};
use booking::ids::OrganizationId;
use bytes::{Buf, BufMut, Bytes, BytesMut};
use futures_util::future::BoxFuture;
use openraft::raft::{AppendEntriesRequest, TransferLeaderRequest, VoteRequest};
use storage::MemDisk;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::clock::TimeNote;
use crate::codec;
use crate::network::{Listener, Network, Stream, TcpNetwork};
use crate::peers::frame::{FRAME_BYTES_MAX, FrameReader, kind, put_frame};
use crate::peers::handshake::{self, HELLO_BYTES, Hello, PROTOCOL, Party, Purpose};
use crate::peers::message::{Ask, Reply, put_append, put_forward};
use crate::peers::snapshot_stream::Offer;
use crate::sync::lock;
use crate::types::{Entry, LeaderId, LogId, Payload, Vote};
use crate::{Cluster, Options, Parts, Role, Secret, SystemClock, Threads};

const SECRET: &[u8] = b"a secret of the tests";
const PATIENCE: Duration = Duration::from_secs(20);

/// TCP that keeps what each connection said, for a replay.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<Said>>>);

/// A connection's far end, and the bytes said on it.
type Said = (String, Arc<Mutex<Vec<u8>>>);

impl Network for Recorder {
    fn connect<'a>(&'a self, address: &'a str) -> BoxFuture<'a, io::Result<Stream>> {
        Box::pin(async move {
            let stream = TcpNetwork.connect(address).await?;
            let said = Arc::new(Mutex::new(Vec::new()));
            lock(&self.0).push((address.to_owned(), Arc::clone(&said)));
            let (near, far) = tokio::io::duplex(1 << 16);
            let (mut from_node, mut to_node) = tokio::io::split(far);
            let (mut from_peer, mut to_peer) = tokio::io::split(stream);
            #[expect(clippy::disallowed_methods, reason = "a wire of the test, no task of a node")]
            tokio::spawn(async move {
                let outward = async {
                    let mut part = vec![0; 1 << 16];
                    while let Ok(n @ 1..) = from_node.read(&mut part).await {
                        lock(&said).extend_from_slice(&part[..n]);
                        to_peer.write_all(&part[..n]).await?;
                    }
                    to_peer.shutdown().await
                };
                drop(tokio::join!(outward, tokio::io::copy(&mut from_peer, &mut to_node)));
            });
            Ok(Box::new(near) as Stream)
        })
    }
    fn listen(&self, address: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Listener>>> {
        TcpNetwork.listen(address)
    }
}

/// Three voters on real sockets; the first leads.
struct Rig {
    nodes: Vec<Cluster>,
    addresses: Vec<SocketAddr>,
    recorder: Recorder,
    next: u128,
}

/// What must not change: leader, term, members, digest.
#[derive(Debug, PartialEq)]
struct Standing {
    leader: Option<u64>,
    term: u64,
    members: usize,
    index: u64,
    digest: u128,
}

impl Rig {
    async fn start(n: usize) -> Self {
        let free: Vec<_> = (0..n).map(|_| std::net::TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let addresses: Vec<SocketAddr> = free.iter().map(|listener| listener.local_addr().unwrap()).collect();
        drop(free);
        let recorder = Recorder::default();
        let mut nodes = Vec::new();
        for address in &addresses {
            let secret = Secret::new(SECRET).unwrap();
            let mut options = Options::new(*address, &address.to_string(), "http://node", "/nowhere".into(), secret);
            options.on_fatal = Arc::new(|why| eprintln!("fatal: {why}"));
            let parts = Parts {
                disk: Arc::new(MemDisk::new()),
                copy: false,
                clock: Arc::new(SystemClock),
                network: Arc::new(recorder.clone()),
                work: Arc::new(Threads),
            };
            nodes.push(Cluster::start(options, parts).await.unwrap());
        }
        nodes[0].initialize().await.unwrap();
        let rig = Self { nodes, addresses, recorder, next: 1 };
        for i in 1..n {
            let id = rig.nodes[0].add_learner(&rig.addresses[i].to_string()).await.unwrap();
            until("a vote", async || rig.nodes[0].promote(id).await.ok()).await;
        }
        rig
    }

    fn party(&self, i: usize) -> Party {
        self.nodes[i].node().party()
    }

    /// A stranger who has the secret.
    fn stranger(&self) -> Party {
        Party { node_id: 666, disk_id: 666, ..self.party(0) }
    }

    /// Proves to know the secret and says who one is.
    async fn open(&self, from: Party, to: usize, purpose: Purpose) -> io::Result<Stream> {
        let mut stream = TcpNetwork.connect(&self.addresses[to].to_string()).await?;
        let hello = Hello { protocol: PROTOCOL, purpose, from, to: self.party(to).node_id };
        handshake::call(&mut stream, &Secret::new(SECRET).unwrap(), &hello).await?;
        Ok(stream)
    }

    /// Another member's part is played. Streams of the member itself make room, and come again by themselves.
    async fn pose(&self, as_node: usize, to: usize, purpose: Purpose) -> Stream {
        until("a stream in a member's name", async || self.open(self.party(as_node), to, purpose).await.ok()).await
    }

    /// All nodes have applied the same and agree on everything.
    async fn standing(&self) -> Standing {
        until("nodes that agree", async || {
            let mut all = Vec::new();
            for node in &self.nodes {
                let status = node.status();
                let (index, digest) = node.digest(None).await.unwrap().unwrap();
                let (leader, term, members) = (status.leader, status.term, status.members.len());
                all.push(Standing { leader, term, members, index, digest });
            }
            let agreed = all.windows(2).all(|w| w[0] == w[1]) && all[0].leader.is_some();
            agreed.then(|| all.remove(0))
        })
        .await
    }

    /// A sale through each node in turn.
    async fn sells(&mut self) {
        for through in 0..self.nodes.len() {
            self.next += 1;
            let create = CreateOrganization { id: OrganizationId(self.next), name: "House".into() };
            let command = Command::CreateOrganization(create);
            // Marked, so that a stream that breaks under it does not matter.
            let mark = Some(Idempotency { key: self.next, fingerprint: 1, minted: false });
            let request = Request { actor: Actor::Node, idempotency: mark, command };
            self.nodes[through].propose(1, request).await.unwrap().outcome.unwrap();
        }
    }

    /// Nothing that concerns consensus has changed since, and sales go on.
    async fn unmoved_since(&mut self, before: &Standing) {
        let after = self.standing().await;
        assert_eq!((after.leader, after.term, after.members), (before.leader, before.term, before.members));
        assert_eq!((after.index, after.digest), (before.index, before.digest));
        self.sells().await;
        assert!(self.nodes.iter().all(|node| matches!(node.status().role, Role::Leader | Role::Follower)));
    }

    async fn end(self) {
        for node in self.nodes {
            node.shutdown().await;
        }
    }
}

async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The far end closes without having said anything but `allowed` bytes.
async fn closes(stream: &mut (impl AsyncReadExt + Unpin), allowed: usize) {
    let mut said = Vec::new();
    let closed = timeout(PATIENCE, stream.read_to_end(&mut said)).await;
    assert!(closed.is_ok(), "the stream stays open");
    assert!(said.len() <= allowed, "{} bytes were said: {:?}", said.len(), String::from_utf8_lossy(&said));
}

fn asked(asks: &[Ask]) -> BytesMut {
    let mut frames = BytesMut::new();
    for (number, ask) in (0_u64..).zip(asks) {
        put_frame(&mut frames, kind::ASK, |frame| {
            frame.put_u64_le(number);
            frame.put_slice(&codec::encode(ask));
        });
    }
    frames
}

fn now() -> TimeNote {
    TimeNote { wall_ms: 1_800_000_000_000, cluster_ms: 1_800_000_000_000 }
}

fn id(term: u64, node_id: u64, index: u64) -> LogId {
    LogId::new(LeaderId { term, node_id }, index)
}

fn heartbeat(vote: Vote, previous: Option<LogId>, time: TimeNote) -> Ask {
    Ask::Heartbeat { vote, previous, committed: previous, time }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_with_the_secret_is_refused_while_the_cluster_works() {
    let mut rig = Rig::start(3).await;
    rig.sells().await;
    let before = rig.standing().await;
    let refused = rig.nodes[0].metrics().callers_refused;
    for to in 0..3 {
        for purpose in [Purpose::Control, Purpose::Forward, Purpose::Append, Purpose::Snapshot, Purpose::Files] {
            let error = rig.open(rig.stranger(), to, purpose).await.err().expect("a stranger came in");
            assert!(error.to_string().contains("no member"), "{error}");
        }
        // A member's id with another disk; the node itself; another cluster's; another node meant.
        let me = rig.party(to);
        let other = rig.party((to + 1) % 3);
        for (from, why) in [
            (Party { disk_id: 1, ..other }, "disk"),
            (me, "call itself"),
            (Party { cluster_id: 1, ..other }, "another cluster"),
        ] {
            let error = rig.open(from, to, Purpose::Control).await.err().expect("an impostor came in");
            assert!(error.to_string().contains(why), "{error}");
        }
        // A wrong secret; a protocol that is none.
        let mut stream = TcpNetwork.connect(&rig.addresses[to].to_string()).await.unwrap();
        let hello = Hello { protocol: PROTOCOL, purpose: Purpose::Control, from: other, to: me.node_id };
        let wrong = Secret::new(b"quite another secret").unwrap();
        assert!(handshake::call(&mut stream, &wrong, &hello).await.unwrap_err().to_string().contains("secret"));
        for protocol in [2, 77, u16::MAX] {
            let mut stream = TcpNetwork.connect(&rig.addresses[to].to_string()).await.unwrap();
            let said = handshake::encode_hello(&Hello { protocol, ..hello }, &[7; 32]);
            stream.write_all(&said).await.unwrap();
            closes(&mut stream, 200).await;
        }
    }
    until("refusals that are counted", async || (rig.nodes[0].metrics().callers_refused >= refused + 10).then_some(()))
        .await;
    rig.unmoved_since(&before).await;
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_node_is_out_although_it_has_the_secret_and_its_disk() {
    let mut rig = Rig::start(3).await;
    rig.sells().await;
    let removed = rig.party(2);
    rig.nodes[0].remove(removed.node_id).await.unwrap();
    for to in 0..2 {
        for purpose in [Purpose::Control, Purpose::Forward, Purpose::Append, Purpose::Snapshot] {
            let refused = until("a refusal", async || rig.open(removed, to, purpose).await.err()).await;
            assert!(refused.to_string().contains("no member"), "{refused}");
        }
        // What it had open before is cut off, too.
        let is_gone = async || {
            let inbound = lock(&rig.nodes[to].node().inbound);
            inbound.keys().all(|(id, _)| *id != removed.node_id).then_some(())
        };
        until("the end of its streams", is_gone).await;
    }
    let out = rig.nodes.pop().unwrap();
    let before = rig.standing().await;
    let request = Request { actor: Actor::Node, idempotency: None, command: Command::Tick };
    assert!(out.propose(1, request).await.is_err(), "a node that was removed still sells");
    rig.unmoved_since(&before).await;
    out.shutdown().await;
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recorded_session_opens_nothing_again() {
    let mut rig = Rig::start(3).await;
    rig.sells().await;
    let before = rig.standing().await;
    let recorded: Vec<(String, Vec<u8>)> =
        lock(&rig.recorder.0).iter().map(|(to, said)| (to.clone(), lock(said).clone())).collect();
    assert!(recorded.iter().any(|(_, said)| said.len() > 1_000), "sessions with frames were recorded");
    for (_, said) in recorded.iter().filter(|(_, said)| said.len() >= HELLO_BYTES) {
        // To whom it was said, and to the others; all at once, and as whoever waits for the answers.
        for to in 0..3 {
            let mut stream = TcpStream::connect(rig.addresses[to]).await.unwrap();
            let (hello, rest) = said.split_at(HELLO_BYTES);
            stream.write_all(hello).await.unwrap();
            let mut welcome = [0; 107];
            // Refused, or asked for a proof that the recording does not have: the answerer's number is another one.
            if stream.read_exact(&mut welcome).await.is_ok() {
                drop(stream.write_all(rest).await);
            }
            closes(&mut stream, 200).await;
        }
    }
    rig.unmoved_since(&before).await;
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_speaks_in_another_nodes_name_nor_of_what_cannot_be() {
    let mut rig = Rig::start(3).await;
    rig.sells().await;
    let before = rig.standing().await;
    let (leader, me, other) = (rig.party(0).node_id, rig.party(1).node_id, rig.party(2).node_id);
    let (term, index) = (before.term, before.index);
    let last = Some(id(term, leader, index));
    let absurd = term + (1 << 40);
    let ask_for = |vote, last_log_id, leadership_transfer| VoteRequest { vote, last_log_id, leadership_transfer };
    let asks = [
        // Makes its hearer a leader whom nobody elected, if it is believed.
        heartbeat(Vote::new_committed(term + 1, me), last, now()),
        heartbeat(Vote::new_committed(term + 1, leader), last, now()),
        Ask::Vote(ask_for(Vote::new(term + 1, leader), last, true)),
        Ask::Vote(ask_for(Vote::new_committed(term + 1, other), last, true)),
        Ask::Vote(ask_for(Vote::new(absurd, other), last, true)),
        Ask::Vote(ask_for(Vote::new(u64::MAX, other), last, true)),
        Ask::Vote(ask_for(Vote::new(term + 1, other), Some(id(term, leader, u64::MAX)), true)),
        Ask::Vote(ask_for(Vote::new(term + 1, other), Some(id(u64::MAX, leader, index)), true)),
        Ask::PreVote(ask_for(Vote::new(absurd, other), last, false)),
        heartbeat(Vote::new(term, other), last, now()),
        heartbeat(Vote::new_committed(u64::MAX, other), last, now()),
        heartbeat(Vote::new_committed(term, other), Some(id(term, leader, u64::MAX)), now()),
        heartbeat(Vote::new_committed(term, other), last, TimeNote { cluster_ms: u64::MAX, ..now() }),
        Ask::TransferLeader(TransferLeaderRequest::new(Vote::new_committed(term, leader), me, last)),
        Ask::Join { cluster_id: 9 },
    ];
    for ask in &asks {
        // The third node's part, towards the second, who follows.
        let mut stream = rig.pose(2, 1, Purpose::Control).await;
        stream.write_all(&asked(std::slice::from_ref(ask))).await.unwrap();
        closes(&mut stream, 0).await;
    }
    // An old leader is answered, and has nothing to say of the time.
    let time = rig.nodes[1].node().time.now_ms();
    let mut stream = rig.pose(2, 1, Purpose::Control).await;
    let old = heartbeat(Vote::new_committed(0, other), None, TimeNote { wall_ms: 0, cluster_ms: time + 86_400_000 });
    stream.write_all(&asked(&[old])).await.unwrap();
    let (kind, mut body) = FrameReader::new(stream, FRAME_BYTES_MAX).next().await.unwrap().unwrap();
    assert_eq!((kind, body.get_u64_le()), (kind::ANSWER, 0));
    let Ok(Reply::Heartbeat { result: Err(_), .. }) = codec::decode::<Reply>(&body) else {
        panic!("an old leader was obeyed");
    };
    assert!(rig.nodes[1].node().time.now_ms() < time + 3_600_000, "a deposed leader set the clock");
    rig.unmoved_since(&before).await;
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_that_are_none_end_the_stream_and_nothing_else() {
    let mut rig = Rig::start(3).await;
    rig.sells().await;
    let before = rig.standing().await;
    let framed = |kind: u8, body: &[u8]| {
        let mut frame = BytesMut::new();
        put_frame(&mut frame, kind, |out| out.put_slice(body));
        frame.to_vec()
    };
    let giant = |length: u32| [&length.to_le_bytes()[..], &[kind::ASK, 1, 2, 3]].concat();
    let bad = [
        giant(0),
        giant(u32::MAX),
        giant((64 << 20) + 1),
        framed(77, b"of no kind"),
        framed(kind::ANSWER, &[0; 20]),
        framed(kind::ASK, b"short"),
        framed(kind::ASK, &[0xff; 40]),
        framed(kind::APPEND, &[0xff; 40]),
        framed(kind::SNAPSHOT_OFFER, &[0xff; 40]),
        framed(kind::SNAPSHOT_BYTES, &[1; 4_000]),
        framed(kind::ASK, &vec![0; 100_000]),
        framed(kind::FILE_WANT, b"no hash"),
        framed(kind::FILE_GIVE, &vec![7; storage::FILE_BYTES_MAX + 1_000]),
    ];
    for purpose in [Purpose::Control, Purpose::Forward, Purpose::Append, Purpose::Snapshot] {
        for bytes in &bad {
            // A request that cannot be read is answered, on a stream of requests; the rest of it is no frame.
            let mut stream = rig.pose(2, 1, purpose).await;
            // The far end may close before all of a long one is written.
            drop(stream.write_all(bytes).await);
            drop(stream.write_all(&giant(u32::MAX)).await);
            closes(&mut stream, 64).await;
        }
        // Cut off in the middle: the end of the stream, and no more.
        let mut stream = rig.pose(2, 1, purpose).await;
        stream.write_all(&[200, 0, 0, 0, kind::ASK, 1]).await.unwrap();
        stream.shutdown().await.unwrap();
        closes(&mut stream, 0).await;
    }
    rig.unmoved_since(&before).await;
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_nobody_can_read_does_not_reach_the_log() {
    let mut rig = Rig::start(3).await;
    rig.sells().await;
    let before = rig.standing().await;
    let mut stream = rig.pose(2, 0, Purpose::Forward).await;
    let newer: [&[u8]; 3] = [&[0, 0, 250], &[], &[1, 0, 0, 0]];
    for (number, request) in (0_u64..).zip(newer) {
        let mut frame = BytesMut::new();
        put_frame(&mut frame, kind::ASK, |out| {
            out.put_u64_le(number);
            put_forward(out, 7, request);
        });
        stream.write_all(&frame).await.unwrap();
    }
    let mut answers = FrameReader::new(stream, FRAME_BYTES_MAX);
    for _ in newer {
        let (_, mut body) = answers.next().await.unwrap().unwrap();
        body.advance(8);
        assert_eq!(codec::decode::<crate::answer::Ended>(&body), Ok(crate::answer::Ended::NotLogged));
    }
    rig.unmoved_since(&before).await;
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_that_cannot_be_end_the_stream() {
    let mut rig = Rig::start(3).await;
    rig.sells().await;
    let before = rig.standing().await;
    let (leader, other) = (rig.party(0).node_id, rig.party(2).node_id);
    let (term, index) = (before.term, before.index);
    let entry = |term, index| Entry { log_id: id(term, leader, index), payload: Payload::Blank };
    let last = Some(id(term, leader, index));
    let request = |vote, prev_log_id, entries| AppendEntriesRequest { vote, prev_log_id, entries, leader_commit: None };
    let theirs = Vote::new_committed(term, other);
    let bad = [
        request(Vote::new_committed(term, leader), last, vec![entry(term, index + 1)]),
        request(Vote::new(term, other), last, vec![entry(term, index + 1)]),
        request(theirs, last, vec![entry(term, index + 2)]),
        request(theirs, last, vec![entry(term, index + 1), entry(term, index + 1)]),
        request(theirs, last, vec![entry(term + 1, index + 1)]),
        request(theirs, last, vec![entry(term - 1, index + 1)]),
        request(theirs, Some(id(term, leader, u64::MAX)), vec![entry(term, 0)]),
        request(theirs, Some(id(term, leader, u64::MAX - 1)), vec![entry(term, u64::MAX)]),
        request(Vote::new_committed(u64::MAX, other), last, Vec::new()),
    ];
    for append in bad {
        let mut frame = BytesMut::new();
        put_frame(&mut frame, kind::APPEND, |out| put_append(out, &append, now()));
        let mut stream = rig.pose(2, 1, Purpose::Append).await;
        stream.write_all(&frame).await.unwrap();
        closes(&mut stream, 0).await;
    }
    rig.unmoved_since(&before).await;
    rig.end().await;
}

/// Offers a snapshot and sends bytes for it; what the far end said.
async fn offer(rig: &Rig, offer: &Offer, file: &[u8]) -> Vec<u8> {
    let mut stream = rig.pose(2, 1, Purpose::Snapshot).await;
    let mut frames = BytesMut::new();
    put_frame(&mut frames, kind::SNAPSHOT_OFFER, |out| out.put_slice(&codec::encode(offer)));
    for part in file.chunks(1_000) {
        put_frame(&mut frames, kind::SNAPSHOT_BYTES, |out| out.put_slice(part));
    }
    stream.write_all(&frames).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut said = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut said)).await.expect("the stream ends").unwrap();
    said
}

/// Whether any of the frames says that the snapshot is installed.
fn is_installed(said: Vec<u8>) -> bool {
    let mut rest = Bytes::from(said);
    while rest.len() > 4 {
        let length = rest.get_u32_le() as usize;
        if rest[0] == kind::SNAPSHOT_DONE {
            return true;
        }
        rest.advance(length);
    }
    false
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_that_is_none_is_refused() {
    let mut rig = Rig::start(3).await;
    rig.sells().await;
    let before = rig.standing().await;
    let other = rig.party(2).node_id;
    // The cluster's own state, as a whole file.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("backup");
    crate::snapshot::write_backup(&rig.nodes[1].node().replica.held(), &file).unwrap();
    let whole = std::fs::read(&file).unwrap();
    let leader = Vote::new_committed(before.term, rig.party(0).node_id);
    let theirs = Vote::new_committed(before.term, other);
    let of = |vote, id: &str, bytes| Offer { vote, id: id.to_owned(), bytes };
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 1;
    let len = whole.len() as u64;
    for (offered, bytes) in [
        (of(leader, "9-1-1-00000001", len), &whole[..]),
        (of(Vote::new_committed(u64::MAX, other), "9-1-1-00000002", len), &whole[..]),
        (of(theirs, "../../node.id", len), &whole[..]),
        (of(theirs, "", len), &whole[..]),
        (of(theirs, "9-1-1-00000003", 1 << 63), &whole[..]),
        (of(theirs, "9-1-1-00000004", u64::MAX), &whole[..]),
        (of(theirs, "9-1-1-00000005", 0), &[][..]),
        (of(theirs, "9-1-1-00000006", len), &damaged[..]),
        (of(theirs, "9-1-1-00000007", len), &whole[..whole.len() - 9]),
        (of(theirs, "9-1-1-00000008", len - 5), &whole[..]),
    ] {
        let said = offer(&rig, &offered, bytes).await;
        // An offer under a vote that is no better than its own a node may answer with that vote.
        assert!(!is_installed(said) || offered.vote == theirs, "{}", offered.id);
    }
    rig.unmoved_since(&before).await;
    rig.end().await;
}

/// Opens connections for ever, a few hundred a second, and says nothing on most of them, a part of a hello on some.
async fn crowd(address: SocketAddr, hello: &[u8]) {
    let mut waiting = VecDeque::new();
    for n in 0_usize.. {
        let mut stream = TcpStream::connect(address).await.unwrap();
        if n.is_multiple_of(3) {
            // It may have been pushed out already.
            drop(stream.write_all(&hello[..n % hello.len()]).await);
        }
        waiting.push_back(stream);
        if waiting.len() > 300 {
            waiting.pop_front();
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn crowds_that_say_nothing_keep_no_peer_out() {
    let mut rig = Rig::start(3).await;
    rig.sells().await;
    let before = rig.standing().await;
    let hello = Hello { protocol: PROTOCOL, purpose: Purpose::Control, from: rig.stranger(), to: 1 };
    let hello = handshake::encode_hello(&hello, &[1; 32]);
    let address = rig.addresses[0];
    let working = async {
        until("a crowd", async || (rig.nodes[0].metrics().callers_refused > 300).then_some(())).await;
        for _ in 0..3 {
            rig.sells().await;
            // All streams between the nodes break, and come again.
            for node in &rig.nodes {
                lock(&node.node().inbound).clear();
            }
            rig.sells().await;
        }
    };
    tokio::select! {
        () = crowd(address, &hello) => {}
        () = working => {}
    }
    // Nobody stays for long who says nothing, or a byte now and then.
    let mut slow = TcpStream::connect(address).await.unwrap();
    let mut silent = TcpStream::connect(address).await.unwrap();
    let trickle = async {
        for byte in &hello {
            if slow.write_all(&[*byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::join!(trickle, closes(&mut silent, 0));
    closes(&mut slow, 0).await;
    let after = rig.standing().await;
    assert_eq!(after.members, before.members);
    rig.sells().await;
    rig.end().await;
}
