//! `/api/v1/keys`: API keys of the caller's organization. The secret is shown once and kept nowhere.

use axum::extract::State as Shared;
use booking::command::{CreateApiKey, RevokeApiKey};
use booking::ids::{KeyId, OrganizationId};
use booking::keys::{ApiKey, Scope};
use booking::{Command, Reply as Done};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::action::Action;
use crate::app::{App, draw};
use crate::lists::{ListQuery, Page, page};
use crate::problem::{Kind, Problem};
use crate::reading::{Consistency, Id, Reading, fresh};
use crate::reply::Reply;
use crate::time::Time;
use crate::tokens::api_key_hash;

/// What an API key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Scope)]
pub(crate) enum ScopeJson {
    /// Read what staff see.
    Read,
    /// Change venues, plans, events, showtimes, blocks.
    Catalogue,
    /// Act on holds and orders, sell at the box office.
    Sell,
    /// Make and end API keys.
    Keys,
    /// See and change the cluster itself.
    Cluster,
    /// Scan tickets at a door, and see how many came.
    Scan,
    /// Invite members, change what they are, remove them.
    Members,
}

impl ScopeJson {
    pub(crate) fn scope(self) -> Scope {
        match self {
            Self::Read => Scope::Read,
            Self::Catalogue => Scope::Catalogue,
            Self::Sell => Scope::Sell,
            Self::Keys => Scope::Keys,
            Self::Cluster => Scope::Cluster,
            Self::Scan => Scope::Scan,
            Self::Members => Scope::Members,
        }
    }

    fn of(scope: Scope) -> Self {
        match scope {
            Scope::Read => Self::Read,
            Scope::Catalogue => Self::Catalogue,
            Scope::Sell => Self::Sell,
            Scope::Keys => Self::Keys,
            Scope::Cluster => Self::Cluster,
            Scope::Scan => Self::Scan,
            Scope::Members => Self::Members,
        }
    }
}

/// What a key is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyBody {
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    name: Box<str>,
    /// Of those that the caller has.
    #[schema(min_items = 1)]
    scopes: Vec<ScopeJson>,
    expires_at: Option<Time>,
}

/// An API key.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub(crate) struct KeyJson {
    #[schema(value_type = String)]
    id: KeyId,
    #[schema(value_type = String)]
    organization: OrganizationId,
    #[schema(value_type = String)]
    name: Box<str>,
    scopes: Vec<ScopeJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Time>,
    /// What to send as `Authorization: Bearer …`; shown only in the answer that made the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Time>,
}

fn view(key: &ApiKey) -> KeyJson {
    KeyJson {
        id: key.id,
        organization: key.organization,
        name: key.name.clone(),
        scopes: key.scopes.iter().copied().map(ScopeJson::of).collect(),
        expires_at: key.expires_at_ms.map(Time),
        secret: None,
        created_at: Some(Time(key.created_at_ms)),
    }
}

/// The command that makes a key whose secret any node can derive again.
pub(crate) fn make(app: &App, organization: OrganizationId, name: &str, scopes: Vec<Scope>) -> CreateApiKey {
    let id = KeyId::mint(app.now_ms(), draw());
    let hash = api_key_hash(&app.tokens.api_key(id));
    CreateApiKey { id, organization, name: name.into(), scopes, hash, expires_at_ms: None }
}

#[utoipa::path(post, path = "/api/v1/keys", tag = "Organization", summary = "Make an API key", request_body = KeyBody,
    responses((status = 201, description = "The key with its secret", body = KeyJson)))]
pub(crate) async fn create(Shared(app): Shared<App>, action: Action) -> Result<Reply, Problem> {
    let caller = action.caller.staff(Scope::Keys)?;
    let (organization, own) = (caller.organization, caller.scopes.clone());
    let body: KeyBody = action.json()?;
    if let Some(scope) = body.scopes.iter().find(|s| !own.contains(&s.scope())) {
        // Nobody gives away what they do not have.
        action.caller.staff(scope.scope())?;
    }
    let mut scopes = body.scopes;
    scopes.sort_by_key(|s| s.scope());
    scopes.dedup();
    let mut command = make(&app, organization, &body.name, scopes.iter().map(|s| s.scope()).collect());
    command.expires_at_ms = body.expires_at.map(|t| t.0);
    let answer = app.propose(&action, organization.0, Command::CreateApiKey(command)).await?;
    match &answer.outcome {
        Ok(Done::ApiKey(id)) => {
            let secret = Some(app.tokens.api_key(*id));
            let (name, expires_at) = (body.name, body.expires_at);
            let view = KeyJson { id: *id, organization, name, scopes, expires_at, secret, created_at: None };
            Ok(Reply::created(&view)?.answered(&answer))
        }
        Ok(_) => Err(Kind::Internal.problem()),
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(&answer)),
    }
}

#[utoipa::path(get, path = "/api/v1/keys", tag = "Organization", summary = "List API keys",
    responses((status = 200, description = "A page of keys, without secrets", body = Page<KeyJson>)))]
pub(crate) async fn list(Shared(app): Shared<App>, reading: Reading) -> Result<Reply, Problem> {
    let organization = reading.caller.staff(Scope::Keys)?.organization;
    let query: ListQuery = reading.query()?;
    fresh(&app, query.consistency.unwrap_or(Consistency::Local)).await?;
    let (limit, after) = (query.limit()?, query.after::<KeyId>()?);
    query.only(&[])?;
    let state = app.cluster.state();
    let keys = state.api_keys(organization).filter(|k| after.is_none_or(|a| k.id > a));
    Ok(Reply::ok(&page(keys, limit, |k| k.id, |k| view(k)))?.at(state.index()).hashed())
}

#[utoipa::path(delete, path = "/api/v1/keys/{key}", tag = "Organization", summary = "End an API key",
    responses((status = 204, description = "Ended")))]
pub(crate) async fn delete(Shared(app): Shared<App>, Id(id): Id<KeyId>, action: Action) -> Result<Reply, Problem> {
    let organization = action.caller.staff(Scope::Keys)?.organization;
    action.no_body()?;
    let command = Command::RevokeApiKey(RevokeApiKey { organization, id });
    let answer = app.propose(&action, organization.0, command).await?;
    match &answer.outcome {
        Ok(_) => Ok(Reply::none().answered(&answer)),
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(&answer)),
    }
}
