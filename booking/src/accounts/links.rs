//! Links that prove an address: asked for, sent, followed once, forgotten.

use std::sync::Arc;

use crate::accounts::{Letter, Link, Purpose, Role, User, check_email, letters, members, sessions, users};
use crate::change::Reply;
use crate::command::{AskLink, FollowLink, Invite, RevokeInvitation};
use crate::ids::{LinkId, OrganizationId};
use crate::limits;
use crate::rejection::{Rejection, Thing};
use crate::state::{Context, State};
use crate::text;

/// Sends a link. The answer is the same whether there is an account, and whether too many links are on their way already.
pub(crate) fn ask(state: &mut State, cx: &mut Context, c: &AskLink) -> Result<Reply, Rejection> {
    check_email("email", &c.email)?;
    if let Some(user) = c.of {
        state.users.get(&user).ok_or(Rejection::NotFound(Thing::User))?;
    }
    let purpose = c.of.map_or(Purpose::Account, Purpose::Address);
    if state.links_to(&c.email) < limits::LINKS_PER_ADDRESS_MAX {
        send(state, cx, (c.id, &c.email), purpose, limits::LINK_MS)?;
    }
    Ok(Reply::Link(c.id))
}

pub(crate) fn invite(state: &mut State, cx: &mut Context, c: &Invite) -> Result<Reply, Rejection> {
    state.organizations.get(&c.organization).ok_or(Rejection::NotFound(Thing::Organization))?;
    check_email("email", &c.email)?;
    if state.user_by_address(&c.email).is_some_and(|user| user.role(c.organization).is_some()) {
        return Err(Rejection::Conflict(
            "a member of the organization has this address: change the role instead".into(),
        ));
    }
    if state.invitations_of(c.organization).any(|link| link.email.eq_ignore_ascii_case(c.email.trim_ascii())) {
        return Err(Rejection::Conflict("this address is invited already: take that invitation back first".into()));
    }
    if members::count(state, c.organization) + state.invitations_of(c.organization).count() >= limits::MEMBERS_MAX {
        return Err(text::too_many("members and invitations", limits::MEMBERS_MAX));
    }
    send(state, cx, (c.id, &c.email), Purpose::Invitation(c.organization, c.role), limits::INVITATION_MS)?;
    Ok(Reply::Link(c.id))
}

fn send(
    state: &mut State,
    cx: &mut Context,
    (id, email): (LinkId, &str),
    purpose: Purpose,
    for_ms: u64,
) -> Result<(), Rejection> {
    if state.links.contains(&id) {
        return Err(Rejection::Conflict("a link with this id exists".into()));
    }
    let email: Box<str> = email.trim_ascii().into();
    let link = Link { id, email: email.clone(), purpose, sent_at_ms: cx.now_ms, ends_at_ms: cx.now_ms + for_ms };
    state.index_link(&link);
    state.links.insert(&mut cx.journal, id, Arc::new(link));
    letters::write(state, cx, &email, Letter::Link(id, purpose));
    Ok(())
}

pub(crate) fn revoke(state: &mut State, cx: &mut Context, c: &RevokeInvitation) -> Result<Reply, Rejection> {
    if !state.invitations.contains(&(c.organization, c.id)) {
        return Err(Rejection::NotFound(Thing::Link));
    }
    take_out(state, cx, c.id);
    Ok(Reply::Done)
}

pub(crate) fn take_out(state: &mut State, cx: &mut Context, id: LinkId) {
    if let Some(link) = state.links.remove(&mut cx.journal, id) {
        state.unindex_link(&link);
    }
}

/// Does what the link is for, and ends all links of its kind to the address.
pub(crate) fn follow(state: &mut State, cx: &mut Context, c: &FollowLink) -> Result<Reply, Rejection> {
    let link = state.links.get(&c.link).filter(|link| link.ends_at_ms > cx.now_ms).cloned();
    let link = link.ok_or(Rejection::NotFound(Thing::Link))?;
    let known = state.user_by_address(&link.email).cloned();
    let user = match (link.purpose, known) {
        (Purpose::Account, Some(user)) => {
            let password = c.password.as_deref().ok_or_else(|| text::violated("password is needed".to_owned()))?;
            users::replace_password(state, cx, user.id, password)?;
            sessions::end_all(state, cx, user.id, None);
            user.id
        }
        (Purpose::Account, None) => users::make(state, cx, &link.email, c)?,
        (Purpose::Invitation(organization, role), known) => {
            let organization = state.organizations.get(&organization).map(|of| of.id);
            let organization = organization.ok_or(Rejection::NotFound(Thing::Organization))?;
            let user = match known {
                Some(user) => user.id,
                None => users::make(state, cx, &link.email, c)?,
            };
            members::join(state, cx, user, (organization, role))?;
            user
        }
        (Purpose::Address(user), Some(other)) if other.id != user => {
            return Err(Rejection::Conflict("another account has this address".into()));
        }
        (Purpose::Address(user), _) => users::change_address(state, cx, user, &link.email)?,
    };
    end_like(state, cx, &link);
    Ok(Reply::User(user))
}

/// Whoever followed a link needs none of those that were sent for the same end.
fn end_like(state: &mut State, cx: &mut Context, followed: &Link) {
    let to = state.links_at(&followed.email);
    let like: Vec<LinkId> = to.filter(|link| link.purpose == followed.purpose).map(|link| link.id).collect();
    for id in like {
        take_out(state, cx, id);
    }
}

/// Forgets links that cannot be followed any more, a bounded number at a time.
pub(crate) fn forget_ended(state: &mut State, cx: &mut Context) {
    for _ in 0..limits::CLEARED_PER_PROPOSAL_MAX {
        let ended = state.links_end.first().and_then(|(&(at_ms, id), ())| (at_ms <= cx.now_ms).then_some(id));
        let Some(id) = ended else { return };
        take_out(state, cx, id);
    }
}

/// Reading, and what is derived.
impl State {
    /// A link that was not followed yet; one that has ended may still be known: compare its end.
    pub fn link(&self, id: LinkId) -> Option<&Arc<Link>> {
        self.links.get(&id)
    }

    /// Invitations of an organization that nobody followed yet, the oldest first.
    pub fn invitations_of(&self, organization: OrganizationId) -> impl DoubleEndedIterator<Item = &Arc<Link>> {
        let range = (organization, LinkId(0))..=(organization, LinkId(u128::MAX));
        self.invitations.range(range).filter_map(|((_, id), ())| self.links.get(id))
    }

    fn links_at<'a>(&'a self, email: &'a str) -> impl Iterator<Item = &'a Arc<Link>> {
        let key = text::address_key(email).unwrap_or_default();
        let links = self.links_by_address.range((key, LinkId(0))..=(key, LinkId(u128::MAX)));
        let links = links.filter_map(|((_, id), ())| self.links.get(id));
        links.filter(move |link| link.email.trim_ascii().eq_ignore_ascii_case(email.trim_ascii()))
    }

    /// Links to accounts that are on their way to an address.
    fn links_to(&self, email: &str) -> usize {
        self.links_at(email).filter(|link| !matches!(link.purpose, Purpose::Invitation(..))).count()
    }

    pub(crate) fn index_link(&mut self, link: &Link) {
        self.links_by_address.insert((text::address_key(&link.email).unwrap_or_default(), link.id), ());
        self.links_end.insert((link.ends_at_ms, link.id), ());
        if let Purpose::Invitation(organization, _) = link.purpose {
            self.invitations.insert((organization, link.id), ());
        }
    }

    fn unindex_link(&mut self, link: &Link) {
        self.links_by_address.remove(&(text::address_key(&link.email).unwrap_or_default(), link.id));
        self.links_end.remove(&(link.ends_at_ms, link.id));
        if let Purpose::Invitation(organization, _) = link.purpose {
            self.invitations.remove(&(organization, link.id));
        }
    }
}

/// What whoever follows an invitation will be, and where; none for other links.
pub fn invited_as(link: &Link) -> Option<(OrganizationId, Role)> {
    match link.purpose {
        Purpose::Invitation(organization, role) => Some((organization, role)),
        Purpose::Account | Purpose::Address(_) => None,
    }
}

impl User {
    /// The last owner of an organization cannot go.
    pub(crate) fn is_last_owner(&self, state: &State, organization: OrganizationId) -> bool {
        self.role(organization) == Some(Role::Owner)
            && state.members_of(organization).filter(|user| user.role(organization) == Some(Role::Owner)).count() < 2
    }
}
