//! Who calls: an API key, hold tokens, or nobody in particular. Extracted from headers before anything else is read.
//! Deliberately not here: what a hold token opens (see `tokens`); members and roles, which accounts will bring.

use std::sync::Arc;

use axum::http::{HeaderMap, header};
use booking::command::Actor;
use booking::ids::{HoldId, OrganizationId};
use booking::keys::{ApiKey, Scope};
use booking::orders::Ticket;

use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::tokens::{HoldToken, TicketToken, api_key_hash};

/// Tokens of one request at most: as many as an order may take over holds.
const TOKENS_MAX: usize = booking::limits::HOLDS_PER_ORDER_MAX;

/// Who calls.
#[derive(Debug, Clone, Default)]
pub(crate) struct Caller {
    key: Option<Arc<ApiKey>>,
    tokens: Vec<HoldToken>,
    /// Of tickets that were passed on.
    tickets: Vec<TicketToken>,
}

impl Caller {
    /// Reads `Authorization` and `X-Hold-Token`. A token that is not one of this cluster's is an error wherever it
    /// is shown.
    pub(crate) async fn read(app: &App, headers: &HeaderMap) -> Result<Self, Problem> {
        let mut caller = Self::default();
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            let text = value.to_str().unwrap_or_default();
            let bearer = text.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("bearer ")).map(|_| text);
            let token = bearer.and_then(|t| t.get(7..)).map(str::trim).unwrap_or_default();
            if token.starts_with("usk_") {
                caller.key = Some(find_key(app, token).await?);
            } else if token.starts_with("utt_") {
                caller.tickets.push(app.tokens.read_ticket(token).ok_or_else(|| Kind::TokenInvalid.problem())?);
            } else {
                caller.tokens.push(app.tokens.read_hold(token).ok_or_else(|| Kind::TokenInvalid.problem())?);
            }
        }
        for value in headers.get_all("x-hold-token") {
            for token in value.to_str().unwrap_or_default().split(',').map(str::trim).filter(|t| !t.is_empty()) {
                let token = app.tokens.read_hold(token).ok_or_else(|| Kind::TokenInvalid.problem())?;
                if caller.tokens.len() >= TOKENS_MAX {
                    return Err(Problem::malformed("header", "X-Hold-Token", "too many tokens"));
                }
                caller.tokens.push(token);
            }
        }
        Ok(caller)
    }

    /// For the history.
    pub(crate) fn actor(&self) -> Actor {
        self.key.as_ref().map_or(Actor::Buyer, |k| Actor::Key(k.id))
    }

    /// The API key, if there is one.
    pub(crate) fn key(&self) -> Option<&ApiKey> {
        self.key.as_deref()
    }

    /// Whether nothing was shown.
    pub(crate) fn is_nobody(&self) -> bool {
        self.key.is_none() && self.tokens.is_empty() && self.tickets.is_empty()
    }

    /// The API key, which must have the scope.
    pub(crate) fn staff(&self, scope: Scope) -> Result<&ApiKey, Problem> {
        match &self.key {
            None if self.is_nobody() => Err(Kind::TokenMissing.problem()),
            Some(key) if key.scopes.contains(&scope) => Ok(key),
            Some(_) | None => {
                let name = Scope::NAMES.iter().find(|(s, _)| *s == scope).map_or("", |(_, name)| name);
                Err(Kind::RoleRequired.detail(format!("this needs the scope {name}")).with("scope", name))
            }
        }
    }

    /// The API key's organization if it has one of the scopes.
    pub(crate) fn organization_with(&self, scopes: &[Scope]) -> Option<OrganizationId> {
        self.key().filter(|k| k.scopes.iter().any(|s| scopes.contains(s))).map(|k| k.organization)
    }

    /// Whether it may see what only staff of the organization see of the catalogue.
    pub(crate) fn sees(&self, organization: OrganizationId) -> bool {
        self.organization_with(&[Scope::Read, Scope::Catalogue]) == Some(organization)
    }

    /// Whether it may act on the hold: by its token.
    pub(crate) fn opens(&self, app: &App, hold: HoldId) -> bool {
        app.tokens.opens(&self.tokens, hold)
    }

    /// Whether it has the ticket: by the token that the one who passed it on was given.
    pub(crate) fn has_ticket(&self, app: &App, ticket: &Ticket) -> bool {
        ticket.holder.is_some() && app.tokens.opens_ticket(&self.tickets, ticket.id, ticket.generation)
    }
}

async fn find_key(app: &App, secret: &str) -> Result<Arc<ApiKey>, Problem> {
    let hash = api_key_hash(secret);
    let look = |state: &booking::State| state.api_key_by_hash(&hash).cloned();
    let mut found = look(&app.cluster.state());
    // The key may have been made a moment ago through another node; a node that cannot know says so (503), for whoever
    // is told that a key is none throws it away.
    if found.is_none() {
        app.cluster.linearizable().await?;
        found = look(&app.cluster.state());
    }
    let key = found.ok_or_else(|| Kind::TokenInvalid.problem())?;
    if key.expires_at_ms.is_some_and(|end| end <= app.now_ms()) {
        return Err(Kind::TokenExpired.problem());
    }
    Ok(key)
}
