//! Who calls: an API key, somebody who is signed in, hold tokens, or nobody in particular. Extracted from headers before
//! anything else is read; what the caller may do is looked up in this node's state each time, so that a member who was
//! removed, or a session that was ended, acts no more.
//! Deliberately not here: what a hold token opens (see `tokens`); what a role may do (`booking::accounts::roles`).

use std::sync::Arc;

use axum::http::{HeaderMap, header};
use booking::State;
use booking::accounts::OPERATOR;
use booking::command::Actor;
use booking::ids::{HoldId, OrganizationId, SessionId, UserId};
use booking::keys::{ApiKey, Scope};
use booking::orders::Ticket;

use crate::accounts::sessions;
use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::tokens::{HoldToken, TicketToken, api_key_hash};

/// Tokens of one request at most: as many as an order may take over holds.
const TOKENS_MAX: usize = booking::limits::HOLDS_PER_ORDER_MAX;

/// Who calls.
#[derive(Debug, Clone, Default)]
pub(crate) struct Caller {
    staff: Option<Staff>,
    signed_in: Option<SignedIn>,
    tokens: Vec<HoldToken>,
    /// Of tickets that were passed on.
    tickets: Vec<TicketToken>,
}

/// For whom the caller works, and what it may do there.
#[derive(Debug, Clone)]
pub(crate) struct Staff {
    pub(crate) organization: OrganizationId,
    pub(crate) scopes: Vec<Scope>,
    actor: Actor,
}

/// Who is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SignedIn {
    pub(crate) user: UserId,
    pub(crate) session: SessionId,
}

impl Caller {
    /// Reads `Authorization`, `X-Hold-Token`, and the session's cookie if no API key is shown. A token that is not one of
    /// this cluster's is an error wherever it is shown; a session that has ended is nobody's.
    pub(crate) async fn read(app: &App, headers: &HeaderMap) -> Result<Self, Problem> {
        let mut caller = Self::default();
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            let text = value.to_str().unwrap_or_default();
            let bearer = text.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("bearer ")).map(|_| text);
            let token = bearer.and_then(|t| t.get(7..)).map(str::trim).unwrap_or_default();
            if token.starts_with("usk_") {
                let key = find_key(app, token).await?;
                caller.staff = Some(Staff {
                    organization: key.organization,
                    scopes: key.scopes.clone(),
                    actor: Actor::Key(key.id),
                });
            } else if token.starts_with("utt_") {
                caller.tickets.push(app.tokens.read_ticket(token).ok_or_else(|| Kind::TokenInvalid.problem())?);
            } else {
                caller.tokens.push(app.tokens.read_hold(token).ok_or_else(|| Kind::TokenInvalid.problem())?);
            }
        }
        if caller.staff.is_none()
            && let Some(session) = sessions::shown(app, headers)
        {
            caller.sign_in(app, session, headers).await?;
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

    async fn sign_in(&mut self, app: &App, shown: &str, headers: &HeaderMap) -> Result<(), Problem> {
        let Some(id) = app.tokens.read_session(shown) else { return Ok(()) };
        // It may have begun a moment ago through another node.
        let look = |state: &State| {
            let session = state.session(id)?;
            Some((session.clone(), state.user(session.user)?.clone()))
        };
        let Some((session, user)) = app.find(look).await? else { return Ok(()) };
        if session.ends_at_ms <= app.now_ms() {
            return Ok(());
        }
        self.signed_in = Some(SignedIn { user: user.id, session: id });
        let named = headers.get("x-organization").map(|value| value.to_str().unwrap_or_default().parse());
        let organization: Option<OrganizationId> = match named {
            Some(Ok(id)) => Some(id),
            Some(Err(_)) => {
                return Err(Problem::malformed("header", "X-Organization", "expected an organization's id"));
            }
            // Whoever works for one need not say for which.
            None => user.roles.first().filter(|_| user.roles.len() == 1).map(|(id, _)| *id),
        };
        let role = organization.and_then(|id| user.role(id));
        let mut scopes: Vec<Scope> = role.map(|role| role.scopes().to_vec()).unwrap_or_default();
        if user.is_operator {
            scopes.extend(OPERATOR);
        }
        if !scopes.is_empty() {
            // An operator who works for none has none: no id of an organization is 0.
            let organization = organization.filter(|_| role.is_some()).unwrap_or(OrganizationId(0));
            self.staff = Some(Staff { organization, scopes, actor: Actor::User(user.id) });
        }
        Ok(())
    }

    /// For the history.
    pub(crate) fn actor(&self) -> Actor {
        let user = self.signed_in.map(|who| Actor::User(who.user));
        self.staff.as_ref().map(|staff| staff.actor).or(user).unwrap_or(Actor::Buyer)
    }

    /// Who is signed in.
    pub(crate) fn signed_in(&self) -> Option<&SignedIn> {
        self.signed_in.as_ref()
    }

    /// Whether it works for any organization, or runs the cluster.
    pub(crate) fn is_staff(&self) -> bool {
        self.staff.is_some()
    }

    /// For whom it works; 401 if for nobody.
    pub(crate) fn anywhere(&self) -> Result<&Staff, Problem> {
        self.staff.as_ref().ok_or_else(|| Kind::TokenMissing.problem())
    }

    /// Whether nothing was shown.
    pub(crate) fn is_nobody(&self) -> bool {
        self.staff.is_none() && self.signed_in.is_none() && self.tokens.is_empty() && self.tickets.is_empty()
    }

    /// For whom it works, which must let it do this.
    pub(crate) fn staff(&self, scope: Scope) -> Result<&Staff, Problem> {
        match &self.staff {
            None if self.is_nobody() => Err(Kind::TokenMissing.problem()),
            Some(staff) if staff.scopes.contains(&scope) => Ok(staff),
            Some(_) | None => {
                let name = Scope::NAMES.iter().find(|(s, _)| *s == scope).map_or("", |(_, name)| name);
                Err(Kind::RoleRequired.detail(format!("this needs the scope {name}")).with("scope", name))
            }
        }
    }

    /// The organization that it works for, if it has one of the scopes there.
    pub(crate) fn organization_with(&self, scopes: &[Scope]) -> Option<OrganizationId> {
        self.staff.as_ref().filter(|k| k.scopes.iter().any(|s| scopes.contains(s))).map(|k| k.organization)
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
    let look = |state: &State| state.api_key_by_hash(&hash).cloned();
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
