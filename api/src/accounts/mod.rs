//! `/api/v1/account`, `/api/v1/sessions`, members and letters: who people are.
//!
//! One way leads to an account and back to it: `POST /account/links` sends a link to an address, and whoever follows it
//! (`POST /account/links/follow`) sets a password. A session is a cookie that no script can read; `passwords` hashes,
//! `attempts` slows down who guesses. Deliberately not here: what a role may do (`booking::accounts::roles`), who calls
//! (`caller`).

use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use booking::accounts::{Role, User};
use booking::command::{AskLink, DeleteUser, FollowLink, SetPassword, UpdateUser};
use booking::ids::{LinkId, OrganizationId, UserId};
use booking::{Command, Reply as Done, Request};
use raft::Answer;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::action::Action;
use crate::app::{App, draw};
use crate::caller::SignedIn;
use crate::problem::{Kind, Problem};
use crate::reading::{Consistency, Reading};
use crate::reply::Reply;
use crate::time::Time;

pub(crate) mod attempts;
pub(crate) mod mails;
pub(crate) mod members;
pub(crate) mod operators;
pub(crate) mod passwords;
pub(crate) mod sessions;

/// What a member is in an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Role)]
pub(crate) enum RoleJson {
    /// Lets people in at a door.
    Scanner,
    /// Runs the catalogue and the box office.
    Staff,
    /// Decides who works here, too.
    Owner,
}

impl RoleJson {
    pub(crate) fn role(self) -> Role {
        match self {
            Self::Scanner => Role::Scanner,
            Self::Staff => Role::Staff,
            Self::Owner => Role::Owner,
        }
    }

    pub(crate) fn of(role: Role) -> Self {
        match role {
            Role::Scanner => Self::Scanner,
            Role::Staff => Self::Staff,
            Role::Owner => Self::Owner,
        }
    }
}

/// What a user is in an organization.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Membership)]
pub(crate) struct MembershipJson {
    #[schema(value_type = String)]
    organization: OrganizationId,
    #[schema(value_type = String)]
    name: Box<str>,
    role: RoleJson,
}

/// The one who is signed in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub(crate) struct AccountJson {
    #[schema(value_type = String)]
    id: UserId,
    #[schema(value_type = String)]
    email: Box<str>,
    #[schema(value_type = String)]
    name: Box<str>,
    /// Whether he or she runs the cluster.
    operator: bool,
    organizations: Vec<MembershipJson>,
    created_at: Time,
}

pub(crate) fn view(state: &booking::State, user: &User) -> AccountJson {
    let organizations = user.roles.iter().filter_map(|(id, role)| {
        let name = state.organization(*id)?.name.clone();
        Some(MembershipJson { organization: *id, name, role: RoleJson::of(*role) })
    });
    AccountJson {
        id: user.id,
        email: user.email.clone(),
        name: user.name.clone(),
        operator: user.is_operator,
        organizations: organizations.collect(),
        created_at: Time(user.created_at_ms),
    }
}

/// The one who is signed in; 401 if nobody is.
pub(crate) fn signed_in(caller: &crate::caller::Caller) -> Result<&SignedIn, Problem> {
    caller.signed_in().ok_or_else(|| Kind::TokenMissing.detail("sign in first"))
}

/// The account as it is at an answer.
async fn account(app: &App, answer: &Answer, user: UserId) -> Result<(Reply, u64), Problem> {
    let (view, version) =
        app.after(answer.index, |state| state.user(user).map(|user| (view(state, user), user.version))).await?;
    Ok((Reply::ok(&view)?.answered(answer).version(version), version))
}

/// Where to send a link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkBody {
    #[schema(value_type = String, format = "email", max_length = 200)]
    email: Box<str>,
}

#[utoipa::path(post, path = "/api/v1/account/links", tag = "Accounts", summary = "Have a link to an account sent",
    description = "The way to a new account, and back to one whose password is lost: whoever follows the link within half \
        an hour sets a password. To somebody who is signed in: the address becomes the account's when its link is followed. \
        The answer is the same whether there is an account; at most three links are on their way to an address.",
    request_body = LinkBody, responses((status = 202, description = "A link is on its way")))]
pub(crate) async fn ask(Shared(app): Shared<App>, action: Action) -> Result<Response, Problem> {
    let body: LinkBody = action.json()?;
    let of = action.caller.signed_in().map(|who| who.user);
    let id = LinkId::mint(app.now_ms(), draw());
    let answer = app.propose(&action, 0, Command::AskLink(AskLink { id, email: body.email, of })).await?;
    match &answer.outcome {
        Ok(_) => Ok(Reply::accepted().answered(&answer).into_response()),
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(&answer)),
    }
}

/// A link, and what it is followed with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FollowBody {
    /// `usl_…`
    token: String,
    /// What to call the user: for a new account.
    #[schema(value_type = Option<String>, max_length = 200)]
    name: Option<Box<str>>,
    /// For a new account, or a new password. At least 10 characters.
    #[schema(min_length = 10, max_length = 256)]
    password: Option<String>,
}

#[utoipa::path(post, path = "/api/v1/account/links/follow", tag = "Accounts", summary = "Follow a link",
    description = "Each can be followed once. Sets the password and ends all sessions, or makes the account, or gives it \
        its new address, or makes its user a member: what the link was sent for. Signs in whoever names the account's password.",
    request_body = FollowBody, responses((status = 200, description = "The account", body = AccountJson)))]
pub(crate) async fn follow(Shared(app): Shared<App>, action: Action) -> Result<Response, Problem> {
    let body: FollowBody = action.json()?;
    let gone = || Kind::NotFound.detail("the link was followed already, has ended, or was not copied whole");
    let link = app.tokens.read_link(&body.token).ok_or_else(gone)?;
    let password = match &body.password {
        Some(password) => Some(passwords::hash(&app, "/password", password.clone()).await?),
        None => None,
    };
    let user = UserId::mint(app.now_ms(), draw());
    let command = FollowLink { link, user, name: body.name, password };
    let request = secret_request(&app, &action, Command::FollowLink(Box::new(command)))?;
    let answer = app.cluster.propose(0, request).await?;
    let user = match &answer.outcome {
        Ok(Done::User(user)) => *user,
        Ok(_) => return Err(Kind::Internal.problem()),
        Err(booking::Rejection::NotFound(booking::Thing::Link)) => return Err(gone().answered(&answer)),
        Err(rejection) => return Err(Problem::rejected(rejection, None).answered(&answer)),
    };
    let (reply, _) = account(&app, &answer, user).await?;
    let mut response = reply.into_response();
    // Not every link sets a password: whoever named the account's is signed in, after a repeat too.
    if let Some(password) = body.password {
        let found = app.after(answer.index, |state| state.user(user).cloned()).await?;
        if passwords::compare(&app, password, Some((*found.password).into())).await? != passwords::Compared::Wrong {
            sessions::begin(&app, &action, (user, found.password_at), &mut response).await?;
        }
    }
    Ok(response)
}

/// A request whose body has a secret in it: what stands in the log for it gives no hint at it.
pub(crate) fn secret_request(app: &App, action: &Action, command: Command) -> Result<Request, Problem> {
    let body = app.tokens.request(&action.body);
    Ok(Request { actor: action.caller.actor(), idempotency: Some(action.mark_of(&body)?), command })
}

#[utoipa::path(get, path = "/api/v1/account", tag = "Accounts", summary = "Who is signed in",
    responses((status = 200, description = "The account", body = AccountJson)))]
pub(crate) async fn read(Shared(app): Shared<App>, reading: Reading) -> Result<Reply, Problem> {
    let who = signed_in(&reading.caller)?.user;
    reading.fresh(&app, Consistency::Local).await?;
    let state = app.cluster.state();
    let user = state.user(who).ok_or_else(|| Kind::TokenInvalid.problem())?;
    Ok(Reply::ok(&view(&state, user))?.at(state.index()).version(user.version))
}

/// What to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountPatch {
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    name: Box<str>,
}

#[utoipa::path(patch, path = "/api/v1/account", tag = "Accounts", summary = "Change one's name",
    description = "The address is changed by a link that is sent to the new one.",
    request_body = AccountPatch, responses((status = 200, description = "The account", body = AccountJson)))]
pub(crate) async fn update(Shared(app): Shared<App>, action: Action) -> Result<Reply, Problem> {
    let user = signed_in(&action.caller)?.user;
    let body: AccountPatch = action.json()?;
    let now = app.must_find(|s| s.user(user).map(|user| user.version)).await?;
    let expected = crate::conditional::expected(action.headers())?.unwrap_or(now);
    let answer = app.propose(&action, 0, Command::UpdateUser(UpdateUser { user, expected, name: body.name })).await?;
    changed(&app, &answer, user).await
}

async fn changed(app: &App, answer: &Answer, user: UserId) -> Result<Reply, Problem> {
    match &answer.outcome {
        Ok(_) => Ok(account(app, answer, user).await?.0),
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(answer)),
    }
}

/// A password in place of another.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordBody {
    /// As it is.
    current: String,
    /// As it is to be: at least 10 characters.
    #[schema(min_length = 10, max_length = 256)]
    new: String,
}

#[utoipa::path(put, path = "/api/v1/account/password", tag = "Accounts", summary = "Change one's password",
    description = "All other sessions end.",
    request_body = PasswordBody, responses((status = 200, description = "The account", body = AccountJson)))]
pub(crate) async fn password(Shared(app): Shared<App>, action: Action) -> Result<Reply, Problem> {
    let who = *signed_in(&action.caller)?;
    let body: PasswordBody = action.json()?;
    let found = app.must_find(|s| s.user(who.user).cloned()).await?;
    app.attempts.admit(&found.email, action.peer())?;
    if passwords::compare(&app, body.current, Some((*found.password).into())).await? == passwords::Compared::Wrong {
        return Err(Kind::RuleViolated.detail("current is not your password"));
    }
    let password = passwords::hash(&app, "/new", body.new).await?;
    let session = Some(who.session);
    let command = SetPassword { user: who.user, password_at: found.password_at, password, renewed: false, session };
    let request = secret_request(&app, &action, Command::SetPassword(command))?;
    let answer = app.cluster.propose(0, request).await?;
    changed(&app, &answer, who.user).await
}

/// Proof that it is the user who wants it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteBody {
    password: String,
}

#[utoipa::path(post, path = "/api/v1/account/delete", tag = "Accounts", summary = "Delete one's account",
    description = "With all that is personal of it. Orders stay with their organizations, which need them for their books.",
    request_body = DeleteBody, responses((status = 204, description = "Deleted")))]
pub(crate) async fn delete(Shared(app): Shared<App>, action: Action) -> Result<Response, Problem> {
    let who = *signed_in(&action.caller)?;
    let body: DeleteBody = action.json()?;
    let found = app.must_find(|s| s.user(who.user).cloned()).await?;
    app.attempts.admit(&found.email, action.peer())?;
    if passwords::compare(&app, body.password, Some((*found.password).into())).await? == passwords::Compared::Wrong {
        return Err(Kind::RuleViolated.detail("this is not your password"));
    }
    let request = secret_request(&app, &action, Command::DeleteUser(DeleteUser { user: who.user }))?;
    let answer = app.cluster.propose(0, request).await?;
    match &answer.outcome {
        Ok(_) => {
            let mut response = Reply::none().answered(&answer).into_response();
            sessions::forget(&app, response.headers_mut());
            Ok(response)
        }
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(&answer)),
    }
}
