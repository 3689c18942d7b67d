//! Members: users who are something in an organization. An organization that ever had an owner keeps one.

use std::sync::Arc;

use crate::accounts::{OPERATOR, Role, User, users};
use crate::change::Reply;
use crate::command::{Actor, SetOperator, SetRole};
use crate::ids::{OrganizationId, UserId};
use crate::keys::Scope;
use crate::limits;
use crate::rejection::{Rejection, Thing};
use crate::state::{Context, State};
use crate::text;

pub(crate) fn set_role(state: &mut State, cx: &mut Context, c: &SetRole) -> Result<Reply, Rejection> {
    let user = state.users.get(&c.user).filter(|user| user.role(c.organization).is_some());
    let user = user.ok_or(Rejection::NotFound(Thing::User))?;
    if c.role != Some(Role::Owner) && user.is_last_owner(state, c.organization) {
        return Err(Rejection::Conflict("this is the organization's last owner: make somebody else one first".into()));
    }
    users::change(state, cx, c.user, |user| {
        user.roles.retain(|(organization, _)| *organization != c.organization);
        user.roles.extend(c.role.map(|role| (c.organization, role)));
        user.roles.sort_unstable();
    });
    Ok(Reply::User(c.user))
}

pub(crate) fn set_operator(state: &mut State, cx: &mut Context, c: &SetOperator) -> Result<Reply, Rejection> {
    state.users.get(&c.user).ok_or(Rejection::NotFound(Thing::User))?;
    users::change(state, cx, c.user, |user| user.is_operator = c.is_operator);
    Ok(Reply::User(c.user))
}

/// Makes a user a member; one who is more already stays that.
pub(crate) fn join(
    state: &mut State,
    cx: &mut Context,
    id: UserId,
    (organization, role): (OrganizationId, Role),
) -> Result<(), Rejection> {
    let user = state.users.get(&id).ok_or(Rejection::NotFound(Thing::User))?;
    if user.role(organization) >= Some(role) {
        return Ok(());
    }
    if user.role(organization).is_none() && user.roles.len() >= limits::ROLES_PER_USER_MAX {
        let max = limits::ROLES_PER_USER_MAX;
        return Err(text::violated(format!("a user can be a member of at most {max} organizations")));
    }
    users::change(state, cx, id, |user| {
        user.roles.retain(|(of, _)| *of != organization);
        user.roles.push((organization, role));
        user.roles.sort_unstable();
    });
    Ok(())
}

pub(crate) fn count(state: &State, organization: OrganizationId) -> usize {
    state.members_of(organization).count()
}

/// Reading.
impl State {
    /// The members of an organization, in the order of their ids.
    pub fn members_of(&self, organization: OrganizationId) -> impl DoubleEndedIterator<Item = &Arc<User>> {
        let range = (organization, UserId(0))..=(organization, UserId(u128::MAX));
        self.members.range(range).filter_map(|((_, id), ())| self.users.get(id))
    }

    /// Those who run the cluster, in the order of their ids.
    pub fn operators(&self) -> impl DoubleEndedIterator<Item = &Arc<User>> {
        self.operators.iter().filter_map(|(id, ())| self.users.get(id))
    }

    /// Whether whoever asks may do this for the organization.
    pub fn may(&self, actor: Actor, organization: OrganizationId, scope: Scope) -> bool {
        match actor {
            Actor::Key(id) => self
                .api_keys
                .get(&id)
                .is_some_and(|key| key.organization == organization && key.scopes.contains(&scope)),
            Actor::User(id) => self.users.get(&id).is_some_and(|user| user.may(organization, scope)),
            Actor::Node | Actor::Buyer => false,
        }
    }
}

impl State {
    /// Whether whoever asks works for the organization, whatever the task; an API key is shown by programs of staff only.
    pub(crate) fn works_for(&self, actor: Actor, organization: OrganizationId) -> bool {
        match actor {
            Actor::Key(_) => true,
            Actor::User(id) => self.users.get(&id).is_some_and(|user| user.role(organization).is_some()),
            Actor::Node | Actor::Buyer => false,
        }
    }
}

impl User {
    /// Whether the user may do this for the organization.
    pub fn may(&self, organization: OrganizationId, scope: Scope) -> bool {
        self.role(organization).is_some_and(|role| role.scopes().contains(&scope))
            || (self.is_operator && OPERATOR.contains(&scope))
    }
}
