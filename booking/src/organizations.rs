//! Organizations (tenants). Deliberately not here: members (see `accounts`).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::census::Kind;
use crate::change::{Change, Reply};
use crate::command::{CreateApiKey, CreateOrganization, RevokeApiKey, RotateTicketKey};
use crate::ids::OrganizationId;
use crate::keys::ApiKey;
use crate::rejection::{Rejection, Thing};
use crate::state::{Context, State};
use crate::text;

/// A tenant: everything a venue owns belongs to one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// Its name.
    pub name: Box<str>,
    /// Made at, in ms.
    pub created_at_ms: u64,
    /// Number of the key that new ticket codes are signed with; counted up when it is changed.
    pub ticket_key: u16,
}

pub(crate) fn create(state: &mut State, cx: &mut Context, c: &CreateOrganization) -> Result<Reply, Rejection> {
    text::name("name", &c.name)?;
    if state.organizations.contains(&c.id) {
        return Err(Rejection::Conflict("an organization with this id exists".into()));
    }
    let organization = Organization { id: c.id, name: c.name.clone(), created_at_ms: cx.now_ms, ticket_key: 0 };
    state.organizations.insert(&mut cx.journal, c.id, Arc::new(organization));
    cx.changes.push(Change::OrganizationCreated(c.id));
    Ok(Reply::Organization(c.id))
}

/// Has new ticket codes signed with another key. Codes of the keys before stay good for as long as doors take them.
pub(crate) fn rotate_ticket_key(state: &mut State, cx: &mut Context, c: &RotateTicketKey) -> Result<Reply, Rejection> {
    let mut organization =
        state.organizations.get(&c.organization).ok_or(Rejection::NotFound(Thing::Organization))?.clone();
    let after = Arc::make_mut(&mut organization);
    let used_up = || Rejection::Conflict("the ticket key was changed as often as it can be".into());
    after.ticket_key = after.ticket_key.checked_add(1).ok_or_else(used_up)?;
    state.organizations.insert(&mut cx.journal, c.organization, organization);
    Ok(Reply::Organization(c.organization))
}

pub(crate) fn create_key(state: &mut State, cx: &mut Context, c: &CreateApiKey) -> Result<Reply, Rejection> {
    if !state.organizations.contains(&c.organization) {
        return Err(Rejection::NotFound(Thing::Organization));
    }
    text::name("name", &c.name)?;
    if c.scopes.is_empty() {
        return Err(Rejection::RuleViolated("scopes must name at least one scope".into()));
    }
    if state.api_keys.contains(&c.id) || state.keys_by_hash.contains(&c.hash) {
        return Err(Rejection::Conflict("an API key with this id exists".into()));
    }
    state.census.room_for(c.organization, Kind::ApiKey, 1)?;
    let mut scopes = c.scopes.clone();
    scopes.sort_unstable();
    scopes.dedup();
    let key = ApiKey {
        id: c.id,
        organization: c.organization,
        name: c.name.clone(),
        scopes,
        hash: c.hash,
        expires_at_ms: c.expires_at_ms,
        created_at_ms: cx.now_ms,
    };
    state.census.add(c.organization, Kind::ApiKey);
    state.keys_by_hash.insert(c.hash, c.id);
    state.api_keys.insert(&mut cx.journal, c.id, Arc::new(key));
    cx.changes.push(Change::ApiKeyChanged(c.id));
    Ok(Reply::ApiKey(c.id))
}

pub(crate) fn revoke_key(state: &mut State, cx: &mut Context, c: &RevokeApiKey) -> Result<Reply, Rejection> {
    let key = state.api_keys.get(&c.id).filter(|k| k.organization == c.organization);
    let Some(hash) = key.map(|k| k.hash) else { return Err(Rejection::NotFound(Thing::ApiKey)) };
    state.census.remove(c.organization, Kind::ApiKey);
    state.keys_by_hash.remove(&hash);
    state.api_keys.remove(&mut cx.journal, c.id);
    cx.changes.push(Change::ApiKeyChanged(c.id));
    Ok(Reply::ApiKey(c.id))
}
