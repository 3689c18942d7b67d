//! `/api/v1/sessions`: signing in and out. A session is shown by a cookie that the browser keeps from scripts.

use axum::extract::State as Shared;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use booking::accounts::Session;
use booking::command::{BeginSession, EndSessions, SetPassword};
use booking::ids::{SessionId, UserId};
use booking::{Command, Reply as Done, Request, limits};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::passwords::{self, Compared};
use super::{AccountJson, signed_in, view};
use crate::action::Action;
use crate::app::{App, draw};
use crate::idempotency;
use crate::problem::{Kind, Problem};
use crate::reading::{Consistency, Id, Reading};
use crate::reply::Reply;
use crate::time::Time;

/// Who signs in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignInBody {
    email: String,
    password: String,
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionJson {
    #[schema(value_type = String)]
    id: SessionId,
    /// What the browser calls itself.
    #[schema(value_type = String)]
    device: Box<str>,
    began_at: Time,
    ends_at: Time,
    /// Whether it is the one that asks.
    current: bool,
}

/// The sessions of a user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Sessions)]
pub(crate) struct SessionsJson {
    items: Vec<SessionJson>,
}

#[utoipa::path(post, path = "/api/v1/sessions", tag = "Accounts", summary = "Sign in",
    description = "Sets the session's cookie, which lasts 30 days. A wrong password and an address without an account are \
        answered alike. A user has at most 20 sessions: a further one ends the oldest.",
    request_body = SignInBody, responses((status = 201, description = "Signed in", body = AccountJson)))]
pub(crate) async fn create(Shared(app): Shared<App>, action: Action) -> Result<Response, Problem> {
    let body: SignInBody = action.json()?;
    app.attempts.admit(&body.email, action.peer())?;
    // A password that was set a moment ago through another node counts.
    app.cluster.linearizable().await?;
    let found = app.cluster.state().user_by_address(&body.email).cloned();
    let hash = found.as_ref().map(|user| (*user.password).into());
    let compared = passwords::compare(&app, body.password, hash).await?;
    let (Some(user), false) = (found, compared == Compared::Wrong) else {
        return Err(Kind::SignInFailed.problem());
    };
    app.attempts.forgive(&body.email, action.peer());
    if let Compared::Renewed(password) = compared {
        let command =
            SetPassword { user: user.id, password_at: user.password_at, password, renewed: true, session: None };
        // Another time, if it cannot be done now: signing in does not depend on it.
        let actor = action.caller.actor();
        let request =
            Request { actor, idempotency: Some(idempotency::minted()), command: Command::SetPassword(command) };
        drop(app.cluster.propose(0, request).await);
    }
    let json = view(&app.cluster.state(), &user);
    let mut response = Reply::created(&json)?.into_response();
    begin(&app, &action, (user.id, user.password_at), &mut response).await?;
    Ok(response)
}

/// Begins a session, whose cookie goes with the response. A repeat begins another one: nothing is lost by it.
pub(super) async fn begin(
    app: &App,
    action: &Action,
    (user, password_at): (UserId, u64),
    response: &mut Response,
) -> Result<(), Problem> {
    let id = SessionId::mint(app.now_ms(), draw());
    let agent = action.headers().get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let device = agent.chars().filter(|c| !c.is_control()).take(limits::NAME_CHARS_MAX).collect();
    let command = Command::BeginSession(BeginSession { id, user, password_at, device });
    let request = Request { actor: action.caller.actor(), idempotency: Some(idempotency::minted()), command };
    let answer = app.cluster.propose(0, request).await?;
    match &answer.outcome {
        Ok(Done::Session(id)) => {
            set(app, response.headers_mut(), &app.tokens.session(*id), limits::SESSION_MS / 1_000);
            response.headers_mut().insert(crate::edge::LOG_INDEX, answer.index.into());
            Ok(())
        }
        Ok(_) => Err(Kind::Internal.problem()),
        // The password was changed, or the user deleted, while it was compared.
        Err(_) => Err(Kind::SignInFailed.problem().answered(&answer)),
    }
}

/// Whether buyers reach this cluster by TLS, which the cookie then insists on.
fn is_secure(app: &App) -> bool {
    app.config.public_urls.iter().any(|url| url.starts_with("https://"))
}

/// The cookie's name. `__Host-`: a browser takes it from this host only, with TLS, for all paths.
fn name(app: &App) -> &'static str {
    if is_secure(app) { "__Host-usher_session" } else { "usher_session" }
}

fn set(app: &App, headers: &mut HeaderMap, value: &str, seconds: u64) {
    let secure = if is_secure(app) { "; Secure" } else { "" };
    let name = name(app);
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    if let Ok(mut cookie) = HeaderValue::try_from(cookie) {
        cookie.set_sensitive(true);
        headers.append(header::SET_COOKIE, cookie);
    }
}

/// Has the browser forget the session.
pub(super) fn forget(app: &App, headers: &mut HeaderMap) {
    set(app, headers, "", 0);
}

/// What the session's cookie says.
pub(crate) fn shown<'a>(app: &App, headers: &'a HeaderMap) -> Option<&'a str> {
    let name = name(app);
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, value)| *key == name && !value.is_empty()).map(|(_, value)| value)
}

#[utoipa::path(get, path = "/api/v1/sessions", tag = "Accounts", summary = "One's sessions",
    responses((status = 200, description = "All sessions, the oldest first", body = SessionsJson)))]
pub(crate) async fn list(Shared(app): Shared<App>, reading: Reading) -> Result<Reply, Problem> {
    let who = *signed_in(&reading.caller)?;
    reading.fresh(&app, Consistency::Local).await?;
    let state = app.cluster.state();
    let view = |session: &std::sync::Arc<Session>| SessionJson {
        id: session.id,
        device: session.device.clone(),
        began_at: Time(session.began_at_ms),
        ends_at: Time(session.ends_at_ms),
        current: session.id == who.session,
    };
    Ok(Reply::ok(&SessionsJson { items: state.sessions_of(who.user).map(view).collect() })?.at(state.index()))
}

#[utoipa::path(delete, path = "/api/v1/sessions/{session}", tag = "Accounts", summary = "End one of one's sessions",
    description = "At once on every node that has applied it.", responses((status = 204, description = "Ended")))]
pub(crate) async fn delete(
    Shared(app): Shared<App>,
    Id(id): Id<SessionId>,
    action: Action,
) -> Result<Response, Problem> {
    let who = *signed_in(&action.caller)?;
    action.no_body()?;
    end(&app, &action, EndSessions { user: who.user, id: Some(id), but: None }, id == who.session).await
}

#[utoipa::path(post, path = "/api/v1/sessions/sign-out", tag = "Accounts", summary = "Sign out",
    responses((status = 204, description = "The session has ended")))]
pub(crate) async fn sign_out(Shared(app): Shared<App>, action: Action) -> Result<Response, Problem> {
    action.no_body()?;
    // Whoever is signed in nowhere has nothing to end, and a cookie that is no use.
    let Some(who) = action.caller.signed_in().copied() else {
        let mut response = Reply::none().into_response();
        forget(&app, response.headers_mut());
        return Ok(response);
    };
    end(&app, &action, EndSessions { user: who.user, id: Some(who.session), but: None }, true).await
}

#[utoipa::path(delete, path = "/api/v1/sessions", tag = "Accounts", summary = "End all other sessions of one's own",
    responses((status = 204, description = "Ended")))]
pub(crate) async fn delete_others(Shared(app): Shared<App>, action: Action) -> Result<Response, Problem> {
    let who = *signed_in(&action.caller)?;
    action.no_body()?;
    end(&app, &action, EndSessions { user: who.user, id: None, but: Some(who.session) }, false).await
}

async fn end(app: &App, action: &Action, command: EndSessions, own: bool) -> Result<Response, Problem> {
    let answer = app.propose(action, 0, Command::EndSessions(command)).await?;
    match &answer.outcome {
        Ok(_) => {
            let mut response = Reply::none().answered(&answer).into_response();
            if own {
                forget(app, response.headers_mut());
            }
            Ok(response)
        }
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(&answer)),
    }
}
