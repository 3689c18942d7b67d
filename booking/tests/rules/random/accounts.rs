//! Random people for the random commands: few addresses, so that they meet.

use booking::accounts::Role;
use booking::command::{
    AskLink, BeginSession, DeleteUser, EndSessions, FollowLink, Invite, RevokeInvitation, SetOperator, SetPassword,
    SetRole, UpdateUser,
};
use booking::ids::{LinkId, MailId, SessionId, UserId};
use booking::{Command, State};

use super::Asker;

const ADDRESSES: [&str; 6] = ["ada@x.org", "ADA@x.org", "grace@x.org", "alan@x.org", "joan@x.org", "no address"];

impl Asker {
    fn some_user(&mut self, state: &State) -> UserId {
        let address = self.dice.of(&ADDRESSES);
        state.user_by_address(address).map_or(UserId(self.made), |user| user.id)
    }

    fn some_link(&mut self, state: &State) -> LinkId {
        let links = state.mails(MailId(0)).rev().take(8).filter_map(|mail| match mail.letter {
            booking::accounts::Letter::Link(id, _) => Some(id),
            booking::accounts::Letter::PasswordSet | booking::accounts::Letter::AddressChanged => None,
        });
        let links: Vec<LinkId> = links.collect();
        if links.is_empty() { LinkId(self.made) } else { self.dice.of(&links) }
    }

    pub(super) fn accounts(&mut self, state: &State) -> Command {
        let (organization, user) = (self.organization(), self.some_user(state));
        let role = self.dice.of(&[Role::Scanner, Role::Staff, Role::Owner]);
        let email: Box<str> = self.dice.of(&ADDRESSES).into();
        let known = state.user(user);
        let (version, mut password_at) = known.map_or((0, 0), |user| (user.version, user.password_at));
        if self.dice.one_in(10) {
            password_at += 1;
        }
        let sessions: Vec<SessionId> = state.sessions_of(user).map(|session| session.id).collect();
        let session = if sessions.is_empty() { SessionId(self.made) } else { self.dice.of(&sessions) };
        match self.dice.below(16) {
            0 | 1 => {
                let of = self.dice.one_in(3).then_some(user);
                Command::AskLink(AskLink { id: LinkId(self.made), email, of })
            }
            2 | 3 => Command::Invite(Invite { id: LinkId(self.made), organization, email, role }),
            4 => Command::RevokeInvitation(RevokeInvitation { organization, id: self.some_link(state) }),
            5..=8 => Command::FollowLink(Box::new(FollowLink {
                link: self.some_link(state),
                user: UserId(self.made),
                name: (!self.dice.one_in(5)).then(|| "name".into()),
                password: (!self.dice.one_in(5)).then(|| "hash".into()),
            })),
            9 | 10 => Command::BeginSession(BeginSession {
                id: SessionId(self.made),
                user,
                password_at,
                device: "phone".into(),
            }),
            11 => Command::EndSessions(EndSessions {
                user,
                id: self.dice.one_in(2).then_some(session),
                but: Some(session),
            }),
            12 => Command::SetPassword(SetPassword {
                user,
                password_at,
                password: "other".into(),
                renewed: self.dice.one_in(2),
                session: Some(session),
            }),
            13 if self.dice.one_in(3) => Command::DeleteUser(DeleteUser { user }),
            13 => Command::UpdateUser(UpdateUser { user, expected: version, name: "other".into() }),
            14 => Command::SetRole(SetRole { organization, user, role: (!self.dice.one_in(3)).then_some(role) }),
            _ => Command::SetOperator(SetOperator { user, is_operator: self.dice.one_in(2) }),
        }
    }
}
