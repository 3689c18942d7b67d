//! Users, sessions, links: what is found by is what there is, and nobody is more than there may be.

use crate::accounts::Purpose;
use crate::limits;
use crate::state::State;
use crate::text;

pub(super) fn check(state: &State) -> Vec<String> {
    let mut broken = Vec::new();
    let mut members = 0;
    for (id, user) in state.users.iter() {
        if state.user_by_address(&user.email).map(|found| found.id) != Some(*id) {
            broken.push(format!("{id} is not found by the address"));
        }
        if user.roles.len() > limits::ROLES_PER_USER_MAX || !user.roles.is_sorted_by(|(a, _), (b, _)| a < b) {
            broken.push(format!("the roles of {id} are too many, not in order, or twice for an organization"));
        }
        for (organization, _) in &user.roles {
            members += 1;
            if !state.members.contains(&(*organization, *id)) || !state.organizations.contains(organization) {
                broken.push(format!("{id} is not found among the members of {organization}"));
            }
        }
        let sessions = state.sessions_of(*id).count();
        if sessions > limits::SESSIONS_PER_USER_MAX {
            broken.push(format!("{id} has {sessions} sessions"));
        }
    }
    for (id, session) in state.sessions.iter() {
        let known = state.sessions_by_user.contains(&(session.user, *id))
            && state.sessions_end.contains(&(session.ends_at_ms, *id));
        if !known || !state.users.contains(&session.user) {
            broken.push(format!("{id} is not found by its user or its end, or is nobody's"));
        }
    }
    let mut invitations = 0;
    for (id, link) in state.links.iter() {
        let key = text::address_key(&link.email).unwrap_or_default();
        let invites = if let Purpose::Invitation(organization, _) = link.purpose {
            invitations += 1;
            state.invitations.contains(&(organization, *id))
        } else {
            true
        };
        if !invites
            || !state.links_by_address.contains(&(key, *id))
            || !state.links_end.contains(&(link.ends_at_ms, *id))
        {
            broken.push(format!("{id} is not found by its address, its end or its organization"));
        }
    }
    let pairs = [
        ("users by address", state.users_by_address.len(), state.users.len()),
        ("members", state.members.len(), members),
        ("operators", state.operators.len(), state.users.iter().filter(|(_, user)| user.is_operator).count()),
        ("sessions by user", state.sessions_by_user.len(), state.sessions.len()),
        ("ends of sessions", state.sessions_end.len(), state.sessions.len()),
        ("links by address", state.links_by_address.len(), state.links.len()),
        ("ends of links", state.links_end.len(), state.links.len()),
        ("invitations", state.invitations.len(), invitations),
    ];
    for (what, found, there) in pairs.into_iter().filter(|(_, found, there)| found != there) {
        broken.push(format!("{found} {what} for {there}"));
    }
    broken
}
