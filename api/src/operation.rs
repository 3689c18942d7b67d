//! `/healthz`, `/readyz`, `/metrics`: for supervisors, load balancers and monitoring. No token needed.

use axum::extract::State as Shared;
use axum::http::StatusCode;
use raft::Role;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::problem::Problem;
use crate::reply::Reply;

/// Entries that a node may be behind and still take traffic.
const BEHIND_MAX: u64 = 4_096;

/// Whether the process is alive.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `alive`.
    status: &'static str,
}

/// Whether the node may take traffic.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Readiness {
    ready: bool,
    /// Why not: `draining`, `not-joined`, `damaged`, `no-leader`, `behind`, `stopped`.
    reasons: Vec<&'static str>,
}

#[utoipa::path(get, path = "/healthz", tag = "Operation", summary = "Whether the process is alive",
    responses((status = 200, description = "It is", body = Health)))]
pub(crate) async fn healthz() -> Result<Reply, Problem> {
    Reply::ok(&Health { status: "alive" })
}

#[utoipa::path(get, path = "/readyz", tag = "Operation", summary = "Whether the node may take traffic",
    responses((status = 200, description = "It may", body = Readiness),
        (status = 503, description = "It may not", body = Readiness)))]
pub(crate) async fn readyz(Shared(app): Shared<App>) -> Result<Reply, Problem> {
    let status = app.cluster.status();
    let mut reasons = Vec::new();
    if app.is_draining() {
        reasons.push("draining");
    }
    match status.role {
        Role::Unjoined => reasons.push("not-joined"),
        Role::Damaged => reasons.push("damaged"),
        Role::Stopped => reasons.push("stopped"),
        Role::Learner | Role::Follower | Role::Candidate | Role::Leader => {
            if status.leader.is_none() {
                reasons.push("no-leader");
            }
            if status.committed > status.applied + BEHIND_MAX {
                reasons.push("behind");
            }
        }
    }
    let ready = reasons.is_empty();
    let code = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Ok(Reply::json(code, &Readiness { ready, reasons })?.at(status.applied))
}

#[utoipa::path(get, path = "/metrics", tag = "Operation", summary = "Counters and gauges for Prometheus",
    responses((status = 200, description = "Prometheus text", body = String, content_type = "text/plain")))]
pub(crate) async fn metrics(Shared(app): Shared<App>) -> Reply {
    Reply::bytes("text/plain; version=0.0.4; charset=utf-8", app.metrics.write(&app).into())
}
