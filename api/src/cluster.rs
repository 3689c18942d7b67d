//! `/api/v1/cluster`: what an operator sees and changes of the cluster itself.
//! Deliberately not here: starting and stopping processes (see `node`).

use axum::extract::State as Shared;
use booking::command::{Actor, Idempotency};
use booking::ids::OrganizationId;
use booking::keys::Scope;
use booking::{Command, Request};
use raft::Member;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::action::Action;
use crate::app::App;
use crate::organizations;
use crate::problem::{Kind, Problem};
use crate::reading::{Id, Reading};
use crate::reply::Reply;
use crate::tokens::same;

/// A node as the membership knows it. Node ids are texts of digits: they do not fit every program's numbers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClusterNode)]
struct NodeJson {
    id: String,
    /// `leader`, `follower` or `learner`.
    role: &'static str,
    /// Host and port for peers.
    address: String,
    /// Base URL for clients.
    public_url: String,
    voter: bool,
    /// Last index known to equal the leader's log; null if the leader did not say.
    matched: Option<u64>,
    /// Entries between that and the leader's last; null if the leader did not say.
    lag: Option<u64>,
}

/// The node that answers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ThisNode)]
struct ThisNodeJson {
    id: String,
    role: &'static str,
    /// Why it takes no part, if it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    damaged: Option<String>,
    applied: u64,
    committed: u64,
    last_log: u64,
    /// Index of its newest snapshot; 0 if it has none.
    snapshot: u64,
    /// Its log begins after this index; 0 if it has all of it.
    purged: u64,
    /// Bytes of its log.
    log_bytes: u64,
    /// Bytes of its copy of the state on disk.
    state_bytes: u64,
    /// Rules version in force here. It rises by itself once every member knows a newer one.
    rules_version: u32,
    /// The newest rules version that this node's program knows.
    rules_known: u32,
    /// Version of the peer protocol.
    protocol: u16,
    /// Version of the program.
    version: &'static str,
}

/// The cluster.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Cluster)]
pub(crate) struct ClusterJson {
    /// The cluster's id.
    id: String,
    term: u64,
    /// Id of the node that leads, as far as this one knows.
    leader: Option<String>,
    /// Index that this node's state reflects.
    applied: u64,
    /// Index that this node knows to be committed.
    committed: u64,
    epoch: u64,
    nodes: Vec<NodeJson>,
    this_node: ThisNodeJson,
}

/// Where the node to add listens for peers.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddBody {
    /// Host and port.
    #[schema(examples("10.0.0.4:7001"))]
    address: String,
}

/// A node's id.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NodeIdJson {
    id: String,
}

/// Who is to lead.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeaderBody {
    /// A voter's id; the most advanced one if absent.
    node: Option<String>,
}

/// Who leads then.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LeaderJson {
    leader: String,
}

/// The digest of the state at an index: equal on all nodes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Digest)]
pub(crate) struct DigestJson {
    index: u64,
    digest: String,
}

/// The query of a digest.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DigestQuery {
    index: Option<u64>,
}

/// The first organization.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InitBody {
    /// Its name.
    #[schema(min_length = 1, max_length = 200)]
    organization: String,
}

/// A founded cluster.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FoundedCluster)]
pub(crate) struct FoundedJson {
    /// The cluster's id.
    cluster: String,
    /// Id of the first organization.
    #[schema(value_type = String)]
    organization: OrganizationId,
    /// Secret of its first API key, with every scope; shown only now.
    key: String,
}

fn node(member: Member, leader: Option<u64>) -> NodeJson {
    let role = match member {
        Member { voter: false, .. } => "learner",
        Member { id, .. } if Some(id) == leader => "leader",
        Member { .. } => "follower",
    };
    NodeJson {
        id: member.id.to_string(),
        role,
        address: member.address,
        public_url: member.public_url,
        voter: member.voter,
        matched: member.matched,
        lag: member.lag,
    }
}

#[utoipa::path(get, path = "/api/v1/cluster", tag = "Operation", summary = "The cluster and this node in it",
    responses((status = 200, description = "The cluster", body = ClusterJson)))]
pub(crate) async fn read(Shared(app): Shared<App>, reading: Reading) -> Result<Reply, Problem> {
    reading.caller.staff(Scope::Cluster)?;
    let members = app.cluster.members().await;
    let status = app.cluster.status();
    let body = ClusterJson {
        id: format!("{:032x}", status.cluster_id),
        term: status.term,
        leader: status.leader.map(|id| id.to_string()),
        applied: status.applied,
        committed: status.committed,
        epoch: app.cluster.state().meta().epoch,
        nodes: members.into_iter().map(|m| node(m, status.leader)).collect(),
        this_node: ThisNodeJson {
            id: status.id.to_string(),
            role: status.role.name(),
            damaged: status.damaged,
            applied: status.applied,
            committed: status.committed,
            last_log: status.last_log,
            snapshot: status.snapshot,
            purged: status.purged,
            log_bytes: status.log_bytes,
            state_bytes: status.state_bytes,
            rules_version: status.rules_version,
            rules_known: status.rules_known,
            protocol: status.protocol,
            version: status.version,
        },
    };
    Ok(Reply::ok(&body)?.at(body.applied))
}

#[utoipa::path(post, path = "/api/v1/cluster/nodes", tag = "Operation", summary = "Take a node in as a learner",
    description = "The node must be running and belong to no cluster.",
    request_body = AddBody, responses((status = 201, description = "Its id", body = NodeIdJson)))]
pub(crate) async fn add(Shared(app): Shared<App>, action: Action) -> Result<Reply, Problem> {
    action.caller.staff(Scope::Cluster)?;
    let body: AddBody = action.json()?;
    let id = app.cluster.add_learner(&body.address).await?;
    Reply::created(&NodeIdJson { id: id.to_string() })
}

#[utoipa::path(delete, path = "/api/v1/cluster/nodes/{node}", tag = "Operation", summary = "Take a node out",
    responses((status = 204, description = "It is out")))]
pub(crate) async fn remove(Shared(app): Shared<App>, Id(node): Id<u64>, action: Action) -> Result<Reply, Problem> {
    action.caller.staff(Scope::Cluster)?;
    action.no_body()?;
    known(&app, node).await?;
    app.cluster.remove(node).await?;
    Ok(Reply::none())
}

#[utoipa::path(post, path = "/api/v1/cluster/nodes/{node}/promote", tag = "Operation", summary = "Give a node a vote",
    description = "409 `conflict` until it has caught up.",
    responses((status = 200, description = "It votes", body = NodeIdJson)))]
pub(crate) async fn promote(Shared(app): Shared<App>, Id(node): Id<u64>, action: Action) -> Result<Reply, Problem> {
    action.caller.staff(Scope::Cluster)?;
    action.no_body()?;
    known(&app, node).await?;
    app.cluster.promote(node).await?;
    Reply::ok(&NodeIdJson { id: node.to_string() })
}

async fn known(app: &App, node: u64) -> Result<(), Problem> {
    // The leader's word counts: this node may not have heard yet of one that has just joined.
    let known = app.cluster.members().await.iter().any(|m| m.id == node);
    if known { Ok(()) } else { Err(Kind::NotFound.detail("the cluster has no such node")) }
}

#[utoipa::path(post, path = "/api/v1/cluster/leader", tag = "Operation", summary = "Hand leadership over",
    request_body(content = Option<LeaderBody>),
    responses((status = 200, description = "Who leads then", body = LeaderJson)))]
pub(crate) async fn transfer(Shared(app): Shared<App>, action: Action) -> Result<Reply, Problem> {
    action.caller.staff(Scope::Cluster)?;
    let body: LeaderBody = if action.body.is_empty() { LeaderBody::default() } else { action.json()? };
    let wrong = |_| Problem::malformed("body", "/node", "expected a node id");
    let to = body.node.map(|n| n.parse::<u64>().map_err(wrong)).transpose()?;
    let leader = app.cluster.transfer_leader(to).await?;
    Reply::ok(&LeaderJson { leader: leader.to_string() })
}

#[utoipa::path(get, path = "/api/v1/cluster/digest", tag = "Operation", summary = "The digest of the state",
    description = "Without `index` at the applied one; else at each 1,024th of the last 256 such and the applied one. \
        Waits 2 s for a coming index.",
    params(("index" = Option<u64>, Query)),
    responses((status = 200, description = "The digest", body = DigestJson)))]
pub(crate) async fn digest(Shared(app): Shared<App>, reading: Reading) -> Result<Reply, Problem> {
    reading.caller.staff(Scope::Cluster)?;
    let query: DigestQuery = reading.query()?;
    let found = app.cluster.digest(query.index).await?;
    let (index, digest) = found.ok_or_else(|| Kind::NotFound.detail("the digest at this index is not known"))?;
    Ok(Reply::ok(&DigestJson { index, digest: format!("{digest:032x}") })?.at(index))
}

#[utoipa::path(post, path = "/api/v1/cluster/init", tag = "Operation", summary = "Found a cluster of this node",
    description = "Once, with the cluster's secret in `X-Cluster-Secret`. Makes the first organization and its first \
        API key. A founding that broke off may be repeated until there is a key.",
    params(("X-Cluster-Secret" = String, Header, description = "The cluster's secret")),
    request_body = InitBody,
    responses((status = 201, description = "The cluster is founded", body = FoundedJson)))]
pub(crate) async fn init(Shared(app): Shared<App>, action: Action) -> Result<Reply, Problem> {
    let Some(shown) = action.headers().get("x-cluster-secret") else {
        return Err(Kind::TokenMissing.problem());
    };
    if !same(shown.as_bytes(), &app.config.secret) {
        return Err(Kind::TokenInvalid.problem());
    }
    let body: InitBody = action.json()?;
    let name = body.organization.trim();
    if name.is_empty() || name.chars().count() > booking::limits::NAME_CHARS_MAX {
        return Err(Problem::malformed("body", "/organization", "expected 1 to 200 characters"));
    }
    match app.cluster.initialize().await {
        Ok(_) => {}
        Err(raft::Error::AlreadyJoined) => {
            app.cluster.linearizable().await?;
            let state = app.cluster.state();
            let founded = state.organizations().any(|o| state.api_keys(o.id).next().is_some());
            drop(state);
            if founded {
                return Err(Kind::Conflict.detail("the cluster has been founded already"));
            }
        }
        Err(error) => return Err(error.into()),
    }
    // Ids carry the time, which begins with the first entry.
    app.cluster.propose(0, Request { actor: Actor::Node, idempotency: None, command: Command::Tick }).await?;
    // One mark for all attempts: two at the same time found one organization.
    let mark = Idempotency { key: 0x666f_756e_6465_6400, fingerprint: 0, minted: false };
    let command = organizations::command(&app, name);
    let request = Request { actor: Actor::Node, idempotency: Some(mark), command };
    let scopes = Scope::NAMES.map(|(scope, _)| scope).to_vec();
    let (answer, organization, key) = organizations::found(&app, request, scopes).await?;
    let cluster = format!("{:032x}", app.cluster.status().cluster_id);
    Ok(Reply::created(&FoundedJson { cluster, organization, key })?.answered(&answer))
}
