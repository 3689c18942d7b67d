//! `/api/v1/organizations`: tenants, made by whoever runs the cluster.
//! Deliberately not here: members (see `accounts`).

use axum::extract::State as Shared;
use booking::command::{CreateOrganization, Idempotency};
use booking::ids::OrganizationId;
use booking::keys::Scope;
use booking::{Command, Reply as Done, Request};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::action::Action;
use crate::app::{App, draw};
use crate::lists::{ListQuery, Page, page};
use crate::problem::{Kind, Problem};
use crate::reading::{Consistency, Reading, fresh};
use crate::reply::Reply;
use crate::{keys, time::Time};

/// What an organization is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrganizationBody {
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    pub(crate) name: Box<str>,
}

/// An organization.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Organization)]
pub(crate) struct OrganizationJson {
    #[schema(value_type = String)]
    id: OrganizationId,
    #[schema(value_type = String)]
    name: Box<str>,
    /// The secret of its first API key; shown only in the answer that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Time>,
}

/// Makes an organization and its first key. The key's command is marked after the organization's id, so that a repeat
/// makes both once.
pub(crate) async fn found(
    app: &App,
    request: Request,
    scopes: Vec<Scope>,
) -> Result<(raft::Answer, OrganizationId, String), Problem> {
    let actor = request.actor;
    let answer = app.cluster.propose(0, request).await?;
    let id = match &answer.outcome {
        Ok(Done::Organization(id)) => *id,
        Ok(_) => return Err(Kind::Internal.problem()),
        Err(rejection) => return Err(Problem::rejected(rejection, None).answered(&answer)),
    };
    let command = Command::CreateApiKey(keys::make(app, id, "first key", scopes));
    let key = id.0 ^ 0x6669_7273_7420_6b65_7920_6f66_2061_6e20;
    let mark = Idempotency { key, fingerprint: key, minted: false };
    let made = app.cluster.propose(0, Request { actor, idempotency: Some(mark), command }).await?;
    match &made.outcome {
        Ok(Done::ApiKey(key)) => Ok((answer, id, app.tokens.api_key(*key))),
        Ok(_) => Err(Kind::Internal.problem()),
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(&made)),
    }
}

/// The command that makes an organization.
pub(crate) fn command(app: &App, name: &str) -> Command {
    let id = OrganizationId::mint(app.now_ms(), draw());
    Command::CreateOrganization(CreateOrganization { id, name: name.into() })
}

#[utoipa::path(post, path = "/api/v1/organizations", tag = "Organization", summary = "Make an organization",
    description = "Needs the scope `cluster`. The answer has the organization's first API key, with every scope but \
        `cluster`.",
    request_body = OrganizationBody,
    responses((status = 201, description = "The organization with its first key", body = OrganizationJson)))]
pub(crate) async fn create(Shared(app): Shared<App>, action: Action) -> Result<Reply, Problem> {
    action.caller.staff(Scope::Cluster)?;
    let body: OrganizationBody = action.json()?;
    let command = command(&app, &body.name);
    let request = Request { actor: action.caller.actor(), idempotency: Some(action.mark()?), command };
    let scopes = vec![Scope::Read, Scope::Catalogue, Scope::Sell, Scope::Keys, Scope::Scan, Scope::Members];
    let (answer, id, key) = found(&app, request, scopes).await?;
    let view = OrganizationJson { id, name: body.name, key: Some(key), created_at: None };
    Ok(Reply::created(&view)?.answered(&answer))
}

#[utoipa::path(get, path = "/api/v1/organizations", tag = "Organization", summary = "List organizations",
    description = "The caller's own; all of them with the scope `cluster`.",
    responses((status = 200, description = "A page of organizations", body = Page<OrganizationJson>)))]
pub(crate) async fn list(Shared(app): Shared<App>, reading: Reading) -> Result<Reply, Problem> {
    let key = reading.caller.anywhere()?;
    let all = key.scopes.contains(&Scope::Cluster);
    let query: ListQuery = reading.query()?;
    fresh(&app, query.consistency.unwrap_or(Consistency::Local)).await?;
    let (limit, after) = (query.limit()?, query.after::<OrganizationId>()?);
    query.only(&[])?;
    let state = app.cluster.state();
    let seen = state.organizations().filter(|o| after.is_none_or(|a| o.id > a) && (all || o.id == key.organization));
    let view = |o: &std::sync::Arc<booking::organizations::Organization>| OrganizationJson {
        id: o.id,
        name: o.name.clone(),
        key: None,
        created_at: Some(Time(o.created_at_ms)),
    };
    Ok(Reply::ok(&page(seen, limit, |o| o.id, view))?.at(state.index()).hashed())
}
