//! `/api/v1/organizations/{organization}/ticket-keys`: the keys that ticket codes are signed with. The public halves are for
//! everybody: with them a door checks codes without asking anybody.

use axum::extract::State as Shared;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use booking::Command;
use booking::command::RotateTicketKey;
use booking::ids::OrganizationId;
use booking::keys::Scope;
use serde::Serialize;
use utoipa::ToSchema;

use super::code::{KEYS_GOOD, public_key};
use crate::action::Action;
use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::reading::{Consistency, Id, Reading};
use crate::reply::Reply;

/// A public key as a JSON Web Key (RFC 8037).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TicketKey)]
struct KeyJson {
    /// `OKP`.
    kty: &'static str,
    /// `Ed25519`.
    crv: &'static str,
    /// `sig`.
    r#use: &'static str,
    /// Its number, as codes name it.
    kid: String,
    /// The key, base64url.
    x: String,
}

/// The keys whose codes doors take.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TicketKeys)]
struct KeysJson {
    /// The newest first: new codes are signed with it.
    keys: Vec<KeyJson>,
}

fn keys(app: &App, id: OrganizationId) -> Option<(KeysJson, u64)> {
    let (newest, index) = {
        let state = app.cluster.state();
        (state.organization(id)?.ticket_key, state.index())
    };
    let good = newest.saturating_sub(KEYS_GOOD - 1)..=newest;
    let keys = good.rev().filter_map(|number| {
        let x = URL_SAFE_NO_PAD.encode(public_key(&app.tokens, id, number)?);
        Some(KeyJson { kty: "OKP", crv: "Ed25519", r#use: "sig", kid: number.to_string(), x })
    });
    Some((KeysJson { keys: keys.collect() }, index))
}

#[utoipa::path(get, path = "/api/v1/organizations/{organization}/ticket-keys", tag = "At the door",
    summary = "Public keys of ticket codes",
    description = "For everybody: whoever has them tells good codes from forged ones without asking anybody.",
    responses((status = 200, description = "The newest 16", body = KeysJson)))]
pub(crate) async fn list(
    Shared(app): Shared<App>,
    Id(id): Id<OrganizationId>,
    reading: Reading,
) -> Result<Reply, Problem> {
    reading.fresh(&app, Consistency::Local).await?;
    app.must_find(|state| state.organization(id).map(|_| ())).await?;
    let (json, index) = keys(&app, id).ok_or_else(|| Kind::Internal.problem())?;
    Ok(Reply::ok(&json)?.at(index).hashed())
}

#[utoipa::path(post, path = "/api/v1/organizations/{organization}/ticket-keys", tag = "At the door",
    summary = "Sign new ticket codes with a new key",
    description = "Needs the scope `keys` of that organization. Codes of the 15 keys before stay good; whoever opens a \
        ticket afterwards gets a code of the new key.",
    responses((status = 201, description = "The keys as they are now", body = KeysJson)))]
pub(crate) async fn create(
    Shared(app): Shared<App>,
    Id(id): Id<OrganizationId>,
    action: Action,
) -> Result<Reply, Problem> {
    if action.caller.staff(Scope::Keys)?.organization != id {
        return Err(Kind::NotFound.problem());
    }
    let command = Command::RotateTicketKey(RotateTicketKey { organization: id });
    let answer = app.propose(&action, id.0, command).await?;
    if let Err(rejection) = &answer.outcome {
        return Err(Problem::rejected(rejection, None).answered(&answer));
    }
    app.cluster.wait_applied(answer.index, crate::app::BEHIND).await?;
    let (json, _) = keys(&app, id).ok_or_else(|| Kind::Internal.problem())?;
    Ok(Reply::created(&json)?.answered(&answer))
}
