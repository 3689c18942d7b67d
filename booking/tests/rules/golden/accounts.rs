//! Samples of what is stored of users, members and sessions.

use std::sync::Arc;

use booking::accounts::{Letter, Link, Mail, Purpose, Role, Session, User};
use booking::command::{
    AskLink, BeginSession, DeleteUser, EndSessions, FollowLink, Invite, RevokeInvitation, SetOperator, SetPassword,
    SetRole, UpdateUser,
};
use booking::ids::{LinkId, MailId, SessionId, UserId};
use booking::{Command, Record, RecordKey};

use super::ORG;

pub(super) const USER: UserId = UserId(0x21);
pub(super) const SESSION: SessionId = SessionId(0x22);
pub(super) const LINK: LinkId = LinkId(0x23);
const MAIL: MailId = MailId(0x24);

pub(super) fn account_commands() -> Vec<Command> {
    let (organization, user) = (ORG, USER);
    vec![
        Command::AskLink(AskLink { id: LINK, email: "a@b.cd".into(), of: Some(USER) }),
        Command::Invite(Invite { id: LINK, organization, email: "a@b.cd".into(), role: Role::Staff }),
        Command::RevokeInvitation(RevokeInvitation { organization, id: LINK }),
        Command::FollowLink(Box::new(FollowLink {
            link: LINK,
            user,
            name: Some("n".into()),
            password: Some("p".into()),
        })),
        Command::BeginSession(BeginSession { id: SESSION, user, password_at: 1, device: "d".into() }),
        Command::EndSessions(EndSessions { user, id: Some(SESSION), but: None }),
        Command::SetPassword(SetPassword {
            user,
            password_at: 1,
            password: "p".into(),
            renewed: false,
            session: Some(SESSION),
        }),
        Command::UpdateUser(UpdateUser { user, expected: 2, name: "n".into() }),
        Command::DeleteUser(DeleteUser { user }),
        Command::SetRole(SetRole { organization, user, role: Some(Role::Owner) }),
        Command::SetOperator(SetOperator { user, is_operator: true }),
    ]
}

pub(super) fn account_records() -> Vec<(RecordKey, Record)> {
    let user = User {
        id: USER,
        email: "a@b.cd".into(),
        name: "n".into(),
        password: "p".into(),
        password_at: 1,
        roles: vec![(ORG, Role::Scanner)],
        is_operator: true,
        created_at_ms: 2,
        version: 3,
    };
    let session = Session { id: SESSION, user: USER, device: "d".into(), began_at_ms: 1, ends_at_ms: 2 };
    let purpose = Purpose::Invitation(ORG, Role::Staff);
    let link = Link { id: LINK, email: "a@b.cd".into(), purpose, sent_at_ms: 1, ends_at_ms: 2 };
    let mail = Mail { id: MAIL, to: "a@b.cd".into(), letter: Letter::Link(LINK, Purpose::Address(USER)), at_ms: 1 };
    vec![
        (RecordKey::User(USER), Record::User(Arc::new(user))),
        (RecordKey::Session(SESSION), Record::Session(Arc::new(session))),
        (RecordKey::Link(LINK), Record::Link(Arc::new(link))),
        (RecordKey::Mail(MAIL), Record::Mail(Arc::new(mail))),
    ]
}
