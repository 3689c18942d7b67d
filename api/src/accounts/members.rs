//! `/api/v1/organizations/{organization}/members` and `…/invitations`: who works for an organization, and as what.

use axum::extract::State as Shared;
use booking::accounts::{Link, User, invited_as};
use booking::command::{Invite, RevokeInvitation, SetRole};
use booking::ids::{LinkId, OrganizationId, UserId};
use booking::keys::Scope;
use booking::{Command, Reply as Done};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::RoleJson;
use crate::action::Action;
use crate::app::{App, draw};
use crate::caller::Caller;
use crate::lists::{ListQuery, Page, page};
use crate::problem::{Kind, Problem};
use crate::reading::{Consistency, Id, Reading, fresh};
use crate::reply::Reply;
use crate::time::Time;

/// A member.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Member)]
pub(crate) struct MemberJson {
    #[schema(value_type = String)]
    id: UserId,
    #[schema(value_type = String)]
    name: Box<str>,
    #[schema(value_type = String)]
    email: Box<str>,
    role: RoleJson,
}

fn member(user: &User, organization: OrganizationId) -> Option<MemberJson> {
    let role = RoleJson::of(user.role(organization)?);
    Some(MemberJson { id: user.id, name: user.name.clone(), email: user.email.clone(), role })
}

/// Somebody who was invited and has not come yet.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Invitation)]
pub(crate) struct InvitationJson {
    #[schema(value_type = String)]
    id: LinkId,
    #[schema(value_type = String)]
    email: Box<str>,
    role: Option<RoleJson>,
    sent_at: Time,
    ends_at: Time,
}

fn invitation(link: &Link) -> InvitationJson {
    InvitationJson {
        id: link.id,
        email: link.email.clone(),
        role: invited_as(link).map(|(_, role)| RoleJson::of(role)),
        sent_at: Time(link.sent_at_ms),
        ends_at: Time(link.ends_at_ms),
    }
}

/// The organization, if the caller decides who works there; 404 for another's.
fn of(caller: &Caller, organization: OrganizationId) -> Result<(), Problem> {
    let own = caller.staff(Scope::Members)?.organization;
    if own == organization { Ok(()) } else { Err(Kind::NotFound.problem()) }
}

#[utoipa::path(get, path = "/api/v1/organizations/{organization}/members", tag = "Organization", summary = "List members",
    responses((status = 200, description = "A page of members", body = Page<MemberJson>)))]
pub(crate) async fn list(
    Shared(app): Shared<App>,
    Id(id): Id<OrganizationId>,
    reading: Reading,
) -> Result<Reply, Problem> {
    of(&reading.caller, id)?;
    let query: ListQuery = reading.query()?;
    fresh(&app, query.consistency.unwrap_or(Consistency::Local)).await?;
    let (limit, after) = (query.limit()?, query.after::<UserId>()?);
    query.only(&[])?;
    let state = app.cluster.state();
    let members = state.members_of(id).filter(|user| after.is_none_or(|a| user.id > a));
    Ok(Reply::ok(&page(members, limit, |user| user.id, |user| member(user, id)))?.at(state.index()).hashed())
}

/// What a member is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemberPatch {
    role: RoleJson,
}

#[utoipa::path(patch, path = "/api/v1/organizations/{organization}/members/{user}", tag = "Organization",
    summary = "Change what a member is", description = "Acts at once. The last owner cannot become anything else.",
    request_body = MemberPatch, responses((status = 200, description = "The member", body = MemberJson)))]
pub(crate) async fn update(
    Shared(app): Shared<App>,
    Id((organization, user)): Id<(OrganizationId, UserId)>,
    action: Action,
) -> Result<Reply, Problem> {
    of(&action.caller, organization)?;
    let body: MemberPatch = action.json()?;
    let command = Command::SetRole(SetRole { organization, user, role: Some(body.role.role()) });
    let answer = app.propose(&action, organization.0, command).await?;
    match &answer.outcome {
        Ok(_) => {
            let look = |state: &booking::State| state.user(user).and_then(|user| member(user, organization));
            Ok(Reply::ok(&app.after(answer.index, look).await?)?.answered(&answer))
        }
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(&answer)),
    }
}

#[utoipa::path(delete, path = "/api/v1/organizations/{organization}/members/{user}", tag = "Organization",
    summary = "Remove a member", description = "Acts at once. The last owner cannot go. Members may always leave.",
    responses((status = 204, description = "No member any more")))]
pub(crate) async fn delete(
    Shared(app): Shared<App>,
    Id((organization, user)): Id<(OrganizationId, UserId)>,
    action: Action,
) -> Result<Reply, Problem> {
    if action.caller.signed_in().is_none_or(|who| who.user != user) {
        of(&action.caller, organization)?;
    }
    action.no_body()?;
    let command = Command::SetRole(SetRole { organization, user, role: None });
    done(&app.propose(&action, organization.0, command).await?)
}

fn done(answer: &raft::Answer) -> Result<Reply, Problem> {
    match &answer.outcome {
        Ok(_) => Ok(Reply::none().answered(answer)),
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(answer)),
    }
}

/// Whom to invite.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InvitationBody {
    #[schema(value_type = String, max_length = 200)]
    email: Box<str>,
    role: RoleJson,
}

#[utoipa::path(post, path = "/api/v1/organizations/{organization}/invitations", tag = "Organization",
    summary = "Invite a member",
    description = "A link is sent to the address, good for a week. Whoever follows it is a member, and has an account.",
    request_body = InvitationBody, responses((status = 201, description = "The invitation", body = InvitationJson)))]
pub(crate) async fn invite(
    Shared(app): Shared<App>,
    Id(organization): Id<OrganizationId>,
    action: Action,
) -> Result<Reply, Problem> {
    of(&action.caller, organization)?;
    let body: InvitationBody = action.json()?;
    let id = LinkId::mint(app.now_ms(), draw());
    let command = Command::Invite(Invite { id, organization, email: body.email, role: body.role.role() });
    let answer = app.propose(&action, organization.0, command).await?;
    match &answer.outcome {
        Ok(Done::Link(id)) => {
            let link = app.after(answer.index, |state| state.link(*id).map(|link| invitation(link))).await?;
            Ok(Reply::created(&link)?.answered(&answer))
        }
        Ok(_) => Err(Kind::Internal.problem()),
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(&answer)),
    }
}

#[utoipa::path(get, path = "/api/v1/organizations/{organization}/invitations", tag = "Organization",
    summary = "List invitations that nobody has followed yet",
    responses((status = 200, description = "A page of invitations", body = Page<InvitationJson>)))]
pub(crate) async fn invitations(
    Shared(app): Shared<App>,
    Id(id): Id<OrganizationId>,
    reading: Reading,
) -> Result<Reply, Problem> {
    of(&reading.caller, id)?;
    let query: ListQuery = reading.query()?;
    fresh(&app, query.consistency.unwrap_or(Consistency::Local)).await?;
    let (limit, after) = (query.limit()?, query.after::<LinkId>()?);
    query.only(&[])?;
    let (state, now_ms) = (app.cluster.state(), app.now_ms());
    let open = state.invitations_of(id).filter(|l| l.ends_at_ms > now_ms && after.is_none_or(|a| l.id > a));
    Ok(Reply::ok(&page(open, limit, |link| link.id, |link| invitation(link)))?.at(state.index()).hashed())
}

#[utoipa::path(delete, path = "/api/v1/organizations/{organization}/invitations/{link}", tag = "Organization",
    summary = "Take an invitation back", responses((status = 204, description = "Its link leads nowhere now")))]
pub(crate) async fn revoke(
    Shared(app): Shared<App>,
    Id((organization, id)): Id<(OrganizationId, LinkId)>,
    action: Action,
) -> Result<Reply, Problem> {
    of(&action.caller, organization)?;
    action.no_body()?;
    let command = Command::RevokeInvitation(RevokeInvitation { organization, id });
    done(&app.propose(&action, organization.0, command).await?)
}
