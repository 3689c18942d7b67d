//! Sessions: begun with a password, ended by the user, by a new password, by time.

use std::sync::Arc;

use crate::accounts::Session;
use crate::change::{Change, Reply};
use crate::command::{BeginSession, EndSessions};
use crate::ids::{SessionId, UserId};
use crate::limits;
use crate::rejection::{Rejection, Thing};
use crate::state::{Context, State};

pub(crate) fn begin(state: &mut State, cx: &mut Context, c: &BeginSession) -> Result<Reply, Rejection> {
    let user = state.users.get(&c.user).ok_or(Rejection::NotFound(Thing::User))?;
    if user.password_at != c.password_at {
        return Err(Rejection::Conflict("the password was changed meanwhile".into()));
    }
    if state.sessions.contains(&c.id) {
        return Err(Rejection::Conflict("a session with this id exists".into()));
    }
    while state.sessions_of(c.user).count() >= limits::SESSIONS_PER_USER_MAX {
        let Some(oldest) = state.sessions_of(c.user).next().map(|session| session.id) else { break };
        take_out(state, cx, oldest);
    }
    let session = Session {
        id: c.id,
        user: c.user,
        device: c.device.chars().take(limits::NAME_CHARS_MAX).collect(),
        began_at_ms: cx.now_ms,
        ends_at_ms: cx.now_ms + limits::SESSION_MS,
    };
    state.index_session(&session);
    state.sessions.insert(&mut cx.journal, c.id, Arc::new(session));
    cx.changes.push(Change::SessionChanged(c.id));
    Ok(Reply::Session(c.id))
}

/// Ends one or all; one that is not there is ended already, unless it is somebody else's.
pub(crate) fn end(state: &mut State, cx: &mut Context, c: &EndSessions) -> Result<Reply, Rejection> {
    match c.id {
        Some(id) => {
            state.sessions.get(&id).filter(|s| s.user == c.user).ok_or(Rejection::NotFound(Thing::Session))?;
            take_out(state, cx, id);
        }
        None => end_all(state, cx, c.user, c.but),
    }
    Ok(Reply::Done)
}

/// Ends all sessions of a user but one.
pub(crate) fn end_all(state: &mut State, cx: &mut Context, user: UserId, but: Option<SessionId>) {
    let sessions: Vec<SessionId> = state.sessions_of(user).map(|s| s.id).filter(|id| Some(*id) != but).collect();
    for id in sessions {
        take_out(state, cx, id);
    }
}

fn take_out(state: &mut State, cx: &mut Context, id: SessionId) {
    if let Some(session) = state.sessions.remove(&mut cx.journal, id) {
        state.sessions_by_user.remove(&(session.user, id));
        state.sessions_end.remove(&(session.ends_at_ms, id));
        cx.changes.push(Change::SessionChanged(id));
    }
}

/// Forgets sessions that have ended, a bounded number at a time.
pub(crate) fn forget_ended(state: &mut State, cx: &mut Context) {
    for _ in 0..limits::CLEARED_PER_PROPOSAL_MAX {
        let ended = state.sessions_end.first().and_then(|(&(at_ms, id), ())| (at_ms <= cx.now_ms).then_some(id));
        let Some(id) = ended else { return };
        take_out(state, cx, id);
    }
}

/// Reading, and what is derived.
impl State {
    /// A session; one that has ended may still be known: compare its end.
    pub fn session(&self, id: SessionId) -> Option<&Arc<Session>> {
        self.sessions.get(&id)
    }

    /// The sessions of a user, the oldest first.
    pub fn sessions_of(&self, user: UserId) -> impl DoubleEndedIterator<Item = &Arc<Session>> {
        let range = (user, SessionId(0))..=(user, SessionId(u128::MAX));
        self.sessions_by_user.range(range).filter_map(|((_, id), ())| self.sessions.get(id))
    }

    pub(crate) fn index_session(&mut self, session: &Session) {
        self.sessions_by_user.insert((session.user, session.id), ());
        self.sessions_end.insert((session.ends_at_ms, session.id), ());
    }
}
