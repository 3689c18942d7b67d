//! Users: made and changed by whoever proved the address, removed with all that is personal of them.

use std::sync::Arc;

use crate::accounts::{Letter, Purpose, User, letters, links, sessions};
use crate::change::{Change, Reply};
use crate::command::{DeleteUser, FollowLink, SetPassword, UpdateUser};
use crate::ids::{LinkId, UserId};
use crate::limits;
use crate::rejection::{Rejection, Thing};
use crate::state::{Context, State};
use crate::text;

/// Makes a user at an address that was proved.
pub(crate) fn make(state: &mut State, cx: &mut Context, email: &str, c: &FollowLink) -> Result<UserId, Rejection> {
    let name = c.name.as_deref().ok_or_else(|| text::violated("name is needed".to_owned()))?;
    text::name("name", name)?;
    let password = c.password.as_deref().ok_or_else(|| text::violated("password is needed".to_owned()))?;
    check_hash(password)?;
    if state.users.contains(&c.user) {
        return Err(Rejection::Conflict("a user with this id exists".into()));
    }
    if state.users.len() >= limits::USERS_MAX {
        return Err(text::violated(format!("there can be at most {} users", limits::USERS_MAX)));
    }
    // Another address with the same key is as good as impossible, and must not be taken for this one.
    let key = text::address_key(email);
    if key.is_none_or(|key| state.users_by_address.contains(&key)) {
        return Err(Rejection::Conflict("another account has this address".into()));
    }
    let user = User {
        id: c.user,
        email: email.into(),
        name: name.trim().into(),
        password: password.into(),
        password_at: cx.at.index,
        roles: Vec::new(),
        is_operator: false,
        created_at_ms: cx.now_ms,
        version: cx.at.index,
    };
    state.index_user(&user);
    state.users.insert(&mut cx.journal, c.user, Arc::new(user));
    cx.changes.push(Change::UserChanged(c.user));
    Ok(c.user)
}

fn check_hash(hash: &str) -> Result<(), Rejection> {
    if hash.is_empty() {
        return Err(text::violated("password must not be empty".to_owned()));
    }
    text::at_most("the password's hash", hash, limits::PASSWORD_HASH_CHARS_MAX)
}

/// Changes a user, and what is derived.
pub(crate) fn change(state: &mut State, cx: &mut Context, id: UserId, change: impl FnOnce(&mut User)) {
    let Some(before) = state.users.get(&id).cloned() else { return };
    state.unindex_user(&before);
    let index = cx.at.index;
    state.users.update(&mut cx.journal, id, |user| {
        change(user);
        user.version = index;
    });
    if let Some(after) = state.users.get(&id).cloned() {
        state.index_user(&after);
    }
    cx.changes.push(Change::UserChanged(id));
}

pub(crate) fn replace_password(
    state: &mut State,
    cx: &mut Context,
    id: UserId,
    password: &str,
) -> Result<(), Rejection> {
    check_hash(password)?;
    let index = cx.at.index;
    change(state, cx, id, |user| {
        user.password = password.into();
        user.password_at = index;
    });
    if let Some(to) = state.users.get(&id).map(|user| user.email.clone()) {
        letters::write(state, cx, &to, Letter::PasswordSet);
    }
    Ok(())
}

pub(crate) fn set_password(state: &mut State, cx: &mut Context, c: &SetPassword) -> Result<Reply, Rejection> {
    let user = state.users.get(&c.user).ok_or(Rejection::NotFound(Thing::User))?;
    if user.password_at != c.password_at {
        return Err(Rejection::Conflict("the password was changed meanwhile".into()));
    }
    if c.renewed {
        check_hash(&c.password)?;
        // Who compared the old hash compared the same password: `password_at` stays.
        change(state, cx, c.user, |user| user.password = c.password.clone());
    } else {
        replace_password(state, cx, c.user, &c.password)?;
        sessions::end_all(state, cx, c.user, c.session);
    }
    Ok(Reply::User(c.user))
}

pub(crate) fn update(state: &mut State, cx: &mut Context, c: &UpdateUser) -> Result<Reply, Rejection> {
    let user = state.users.get(&c.user).ok_or(Rejection::NotFound(Thing::User))?;
    if user.version != c.expected {
        return Err(Rejection::VersionConflict { version: user.version });
    }
    text::name("name", &c.name)?;
    change(state, cx, c.user, |user| user.name = c.name.trim().into());
    Ok(Reply::User(c.user))
}

/// Gives a user an address that was proved; the old one is told.
pub(crate) fn change_address(
    state: &mut State,
    cx: &mut Context,
    id: UserId,
    email: &str,
) -> Result<UserId, Rejection> {
    let before = state.users.get(&id).ok_or(Rejection::NotFound(Thing::User))?.clone();
    let key = text::address_key(email).ok_or_else(|| text::violated("email must not be empty".to_owned()))?;
    if state.users_by_address.get(&key).is_some_and(|other| *other != id) {
        return Err(Rejection::Conflict("another account has this address".into()));
    }
    change(state, cx, id, |user| user.email = email.into());
    letters::write(state, cx, &before.email, Letter::AddressChanged);
    Ok(id)
}

/// Removes a user with all sessions, links, and letters to the address.
pub(crate) fn delete(state: &mut State, cx: &mut Context, c: &DeleteUser) -> Result<Reply, Rejection> {
    let user = state.users.get(&c.user).ok_or(Rejection::NotFound(Thing::User))?.clone();
    if let Some((organization, _)) = user.roles.iter().find(|(of, _)| user.is_last_owner(state, *of)) {
        let why = format!("this is the last owner of {organization}: make somebody else one first");
        return Err(Rejection::Conflict(why.into()));
    }
    sessions::end_all(state, cx, c.user, None);
    let links = state.links.iter().map(|(_, link)| link);
    let theirs = links.filter(|link| user.has(&link.email) || link.purpose == Purpose::Address(c.user));
    let theirs: Vec<LinkId> = theirs.map(|link| link.id).collect();
    for id in theirs {
        links::take_out(state, cx, id);
    }
    let letters: Vec<_> = state.mails.iter().filter(|(_, mail)| user.has(&mail.to)).map(|(id, _)| *id).collect();
    for id in letters {
        state.mails.remove(&mut cx.journal, id);
    }
    state.unindex_user(&user);
    state.users.remove(&mut cx.journal, c.user);
    cx.changes.push(Change::UserChanged(c.user));
    Ok(Reply::Done)
}

/// Reading, and what is derived.
impl State {
    /// A user.
    pub fn user(&self, id: UserId) -> Option<&Arc<User>> {
        self.users.get(&id)
    }

    /// The user who has this address.
    pub fn user_by_address(&self, email: &str) -> Option<&Arc<User>> {
        let id = self.users_by_address.get(&text::address_key(email)?)?;
        self.users.get(id).filter(|user| user.has(email))
    }

    pub(crate) fn index_user(&mut self, user: &User) {
        if let Some(key) = text::address_key(&user.email) {
            self.users_by_address.insert(key, user.id);
        }
        for (organization, _) in &user.roles {
            self.members.insert((*organization, user.id), ());
        }
        if user.is_operator {
            self.operators.insert(user.id, ());
        }
    }

    fn unindex_user(&mut self, user: &User) {
        if let Some(key) = text::address_key(&user.email) {
            self.users_by_address.remove(&key);
        }
        for (organization, _) in &user.roles {
            self.members.remove(&(*organization, user.id));
        }
        self.operators.remove(&user.id);
    }
}
