//! openraft's way to its peers. Not a place for decisions: it translates.
#![expect(clippy::wildcard_enum_match_arm, reason = "any other reply is wrong")]

use std::io;
use std::sync::Arc;

use futures_util::{FutureExt, Stream, StreamExt};
use openraft::base::{BoxFuture, BoxStream};
use openraft::errors::{RPCError, ReplicationClosed, StreamingError, Unreachable};
use openraft::network::{
    Backoff, NetBackoff, NetSnapshot, NetStreamAppend, NetTransferLeader, NetVote, RPCOption, RaftNetworkFactory,
};
use openraft::raft::{
    AppendEntriesRequest, SnapshotResponse, StreamAppendResult, TransferLeaderRequest, TransferLeaderResponse,
    VoteRequest, VoteResponse,
};

use crate::node::Node;
use crate::peers::append::Appends;
use crate::peers::handshake::Purpose;
use crate::peers::link::dial;
use crate::peers::message::{Ask, Reply};
use crate::peers::plausible;
use crate::peers::snapshot_stream;
use crate::snapshot::SnapshotFile;
use crate::types::{Peer, Snapshot, Types, Vote};

/// Makes clients for openraft.
pub(crate) struct Clients(pub(crate) Arc<Node>);

/// openraft's client of one peer.
pub(crate) struct Client {
    node: Arc<Node>,
    to: u64,
    heartbeats: bool,
}

impl RaftNetworkFactory<Types> for Clients {
    type Network = Client;

    async fn new_client(&mut self, to: u64, _peer: &Peer) -> Client {
        Client { node: Arc::clone(&self.0), to, heartbeats: false }
    }

    async fn new_heartbeat_client(&mut self, to: u64, _peer: &Peer) -> Client {
        Client { node: Arc::clone(&self.0), to, heartbeats: true }
    }
}

fn unreachable_peer(error: &io::Error) -> RPCError<Types> {
    RPCError::Unreachable(Unreachable::new(error))
}

fn unexpected(reply: &Reply) -> RPCError<Types> {
    let why = match reply {
        Reply::Refused(why) => why.clone(),
        _ => "an answer of another kind".to_owned(),
    };
    unreachable_peer(&io::Error::other(why))
}

impl Client {
    async fn ask(&self, ask: &Ask, option: &RPCOption) -> Result<Reply, RPCError<Types>> {
        let link = self.node.control(self.to);
        let within = option.hard_ttl();
        match tokio::time::timeout(within, link.ask(&self.node, ask)).await {
            Ok(answer) => answer.map_err(|error| unreachable_peer(&error)),
            Err(_) => Err(unreachable_peer(&io::ErrorKind::TimedOut.into())),
        }
    }

    async fn heartbeat(
        &self,
        request: AppendEntriesRequest<Types>,
        option: &RPCOption,
    ) -> Result<StreamAppendResult<Types>, RPCError<Types>> {
        let ask = Ask::Heartbeat {
            vote: request.vote,
            previous: request.prev_log_id,
            committed: request.leader_commit,
            time: self.node.time.note(),
        };
        match self.ask(&ask, option).await? {
            Reply::Heartbeat { result, time } => {
                plausible::time(time).map_err(|error| unreachable_peer(&error))?;
                self.node.time.heard_peer(self.to, time);
                self.node.proposer.wake_if_waiting();
                Ok(result)
            }
            other => Err(unexpected(&other)),
        }
    }
}

type AppendStream<'s> = BoxStream<'s, Result<StreamAppendResult<Types>, RPCError<Types>>>;

impl NetStreamAppend<Types> for Client {
    fn stream_append<'s, S>(
        &'s mut self,
        mut input: S,
        option: RPCOption,
    ) -> BoxFuture<'s, Result<AppendStream<'s>, RPCError<Types>>>
    where
        S: Stream<Item = AppendEntriesRequest<Types>> + Send + Unpin + 'static,
    {
        Box::pin(async move {
            // openraft backs off inside the request stream: an error before the first request is taken is repeated
            // at once, for ever. So the request comes first, then the connection.
            let Some(first) = input.next().await else {
                return Ok(Box::pin(futures_util::stream::empty()) as AppendStream<'s>);
            };
            if self.heartbeats {
                let result = self.heartbeat(first, &option).await?;
                return Ok(Box::pin(futures_util::stream::iter([Ok(result)])) as AppendStream<'s>);
            }
            let stream = dial(&self.node, Purpose::Append, self.to).await.map_err(|e| unreachable_peer(&e))?;
            let appends = Appends::new(Arc::clone(&self.node), self.to, stream, first, input);
            Ok(Box::pin(appends.map(|item| item.map_err(|e| unreachable_peer(&e)))) as AppendStream<'s>)
        })
    }
}

impl NetVote<Types> for Client {
    async fn vote(
        &mut self,
        rpc: VoteRequest<Types>,
        option: RPCOption,
    ) -> Result<VoteResponse<Types>, RPCError<Types>> {
        match self.ask(&Ask::Vote(rpc), &option).await? {
            Reply::Vote(response) => Ok(response),
            other => Err(unexpected(&other)),
        }
    }

    async fn pre_vote(
        &mut self,
        rpc: VoteRequest<Types>,
        option: RPCOption,
    ) -> Result<VoteResponse<Types>, RPCError<Types>> {
        match self.ask(&Ask::PreVote(rpc), &option).await? {
            Reply::Vote(response) => Ok(response),
            other => Err(unexpected(&other)),
        }
    }
}

impl NetTransferLeader<Types> for Client {
    async fn transfer_leader(
        &mut self,
        req: TransferLeaderRequest<Types>,
        option: RPCOption,
    ) -> Result<TransferLeaderResponse<Types>, RPCError<Types>> {
        match self.ask(&Ask::TransferLeader(req), &option).await? {
            Reply::Transfer(response) => Ok(response),
            other => Err(unexpected(&other)),
        }
    }
}

impl NetBackoff<Types> for Client {
    fn backoff(&self) -> Option<Backoff> {
        None
    }
}

impl NetSnapshot<Types> for Client {
    type SnapshotData = SnapshotFile;

    async fn full_snapshot(
        &mut self,
        vote: Vote,
        snapshot: Snapshot,
        cancel: impl Future<Output = ReplicationClosed> + Send + 'static,
        _option: RPCOption,
    ) -> Result<SnapshotResponse<Types>, StreamingError<Types>> {
        let sending = snapshot_stream::send(&self.node, self.to, vote, snapshot);
        let cancel = cancel.fuse();
        tokio::pin!(sending, cancel);
        match futures_util::future::select(cancel, sending).await {
            futures_util::future::Either::Left((closed, _)) => Err(StreamingError::Closed(closed)),
            futures_util::future::Either::Right((Ok(vote), _)) => Ok(SnapshotResponse::new(vote)),
            futures_util::future::Either::Right((Err(error), _)) => {
                Err(StreamingError::Unreachable(Unreachable::new(&error)))
            }
        }
    }
}
