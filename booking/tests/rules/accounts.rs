//! Who people are: links that prove addresses, sessions, members.

use booking::accounts::{Letter, Purpose, Role};
use booking::command::{
    AskLink, BeginSession, DeleteUser, EndSessions, FollowLink, Invite, RevokeInvitation, SetOperator, SetPassword,
    SetRole, UpdateUser,
};
use booking::ids::{LinkId, MailId, OrganizationId, SessionId, UserId};
use booking::keys::Scope;
use booking::limits::{INVITATION_MS, LINK_MS, LINKS_PER_ADDRESS_MAX, SESSION_MS, SESSIONS_PER_USER_MAX};
use booking::{Actor, Command, Rejection, Reply, State, Thing, invariants};

use super::house::{House, SHOP};

const ADA: UserId = UserId(1);
const GRACE: UserId = UserId(2);

fn ask(id: u128, email: &str) -> Command {
    Command::AskLink(AskLink { id: LinkId(id), email: email.into(), of: None })
}

fn invite(id: u128, email: &str, role: Role) -> Command {
    Command::Invite(Invite { id: LinkId(id), organization: SHOP, email: email.into(), role })
}

fn follow(link: u128, user: UserId, password: &str) -> Command {
    let (name, password) = (Some("Somebody".into()), Some(password.into()));
    Command::FollowLink(Box::new(FollowLink { link: LinkId(link), user, name, password }))
}

fn begin(state: &State, id: u128, user: UserId) -> Command {
    let password_at = state.user(user).map_or(0, |user| user.password_at);
    Command::BeginSession(BeginSession { id: SessionId(id), user, password_at, device: "phone".into() })
}

fn set_role(user: UserId, role: Option<Role>) -> Command {
    Command::SetRole(SetRole { organization: SHOP, user, role })
}

/// A house where Ada, an owner, and Grace, a customer, have accounts.
fn house() -> House {
    let mut house = House::new();
    house.must(invite(1, "ada@x.org", Role::Owner));
    house.must(follow(1, ADA, "hash"));
    house.must(ask(2, "grace@x.org"));
    house.must(follow(2, GRACE, "hash"));
    house
}

fn refused(house: &mut House, command: Command) -> Rejection {
    house.apply(command, None).reply.unwrap_err()
}

fn is_sound(house: &House) {
    assert_eq!(invariants::check(&house.state), Vec::<String>::new());
}

#[test]
fn a_link_makes_an_account_once() {
    let mut house = house();
    let ada = house.state.user_by_address(" ADA@X.org ").unwrap();
    assert_eq!((ada.id, ada.role(SHOP), &*ada.name), (ADA, Some(Role::Owner), "Somebody"));
    assert_eq!(house.state.user(GRACE).unwrap().roles, []);
    let gone = refused(&mut house, follow(2, UserId(9), "other"));
    assert_eq!(gone, Rejection::NotFound(Thing::Link));
    is_sound(&house);
}

#[test]
fn a_link_to_an_account_that_is_there_sets_its_password_and_ends_its_sessions() {
    let mut house = house();
    house.must(begin(&house.state.clone(), 1, ADA));
    house.must(ask(3, "Ada@x.org"));
    house.must(ask(4, "ada@x.org"));
    let before = house.state.user(ADA).unwrap().clone();
    house.must(follow(4, UserId(9), "another"));
    let after = house.state.user(ADA).unwrap();
    assert_eq!((&*after.password, after.roles == before.roles, &after.name), ("another", true, &before.name));
    assert!(house.state.session(SessionId(1)).is_none());
    assert!(house.state.user(UserId(9)).is_none());
    // What was compared before is no longer the password.
    let late = Command::BeginSession(BeginSession {
        id: SessionId(2),
        user: ADA,
        password_at: before.password_at,
        device: "phone".into(),
    });
    assert!(matches!(refused(&mut house, late), Rejection::Conflict(_)));
    // The other link was for the same end: it is none any more.
    assert_eq!(refused(&mut house, follow(3, UserId(9), "third")), Rejection::NotFound(Thing::Link));
    assert!(house.state.mails(MailId(0)).any(|mail| mail.letter == Letter::PasswordSet && &*mail.to == "ada@x.org"));
    is_sound(&house);
}

#[test]
fn the_answer_is_the_same_whoever_asks_and_few_links_are_on_their_way() {
    let mut house = house();
    for n in 0..2 * LINKS_PER_ADDRESS_MAX as u128 {
        for (id, email) in [(100 + n, "ada@x.org"), (200 + n, "nobody@x.org")] {
            assert_eq!(house.must(ask(id, email)).reply, Ok(Reply::Link(LinkId(id))));
        }
    }
    let to = |email: &str| house.state.mails(MailId(0)).filter(|mail| &*mail.to == email).count();
    assert_eq!((to("ada@x.org"), to("nobody@x.org")), (LINKS_PER_ADDRESS_MAX + 1, LINKS_PER_ADDRESS_MAX));
    for bad in ["", "ada", "@x.org", "ada@", "a b@x.org", "<ada@x.org>", "a@x.org,b@x.org", "a@x\n.org"] {
        assert!(matches!(refused(&mut house, ask(300, bad)), Rejection::RuleViolated(_)), "{bad}");
    }
    is_sound(&house);
}

#[test]
fn links_and_sessions_end() {
    let mut house = house();
    house.must(ask(3, "alan@x.org"));
    house.must(begin(&house.state.clone(), 1, GRACE));
    house.now_ms += LINK_MS;
    assert_eq!(refused(&mut house, follow(3, UserId(9), "hash")), Rejection::NotFound(Thing::Link));
    assert!(house.state.link(LinkId(3)).is_none());
    house.must(invite(4, "alan@x.org", Role::Staff));
    house.now_ms += INVITATION_MS;
    assert_eq!(refused(&mut house, follow(4, UserId(9), "hash")), Rejection::NotFound(Thing::Link));
    assert!(house.state.session(SessionId(1)).is_some());
    house.now_ms += SESSION_MS;
    house.must(Command::Tick);
    assert!(house.state.session(SessionId(1)).is_none());
    is_sound(&house);
}

#[test]
fn a_further_session_ends_the_oldest_and_a_new_password_all_others() {
    let mut house = house();
    for n in 1..=SESSIONS_PER_USER_MAX as u128 + 1 {
        house.must(begin(&house.state.clone(), n, ADA));
    }
    house.must(begin(&house.state.clone(), 99, GRACE));
    assert_eq!(house.state.sessions_of(ADA).count(), SESSIONS_PER_USER_MAX);
    assert!(house.state.session(SessionId(1)).is_none());
    let other = Command::EndSessions(EndSessions { user: GRACE, id: Some(SessionId(5)), but: None });
    assert_eq!(refused(&mut house, other), Rejection::NotFound(Thing::Session));
    house.must(Command::EndSessions(EndSessions { user: ADA, id: Some(SessionId(5)), but: None }));
    assert!(house.state.session(SessionId(5)).is_none());

    let password_at = house.state.user(ADA).unwrap().password_at;
    let set = |password: &str, renewed, session| {
        let password = password.into();
        Command::SetPassword(SetPassword { user: ADA, password_at, password, renewed, session })
    };
    house.must(set("renewed", true, None));
    assert_eq!(house.state.sessions_of(ADA).count(), SESSIONS_PER_USER_MAX - 1);
    house.must(set("another", false, Some(SessionId(7))));
    assert_eq!(house.state.sessions_of(ADA).map(|s| s.id.0).collect::<Vec<_>>(), [7]);
    assert!(matches!(refused(&mut house, set("late", false, None)), Rejection::Conflict(_)));
    assert_eq!(house.state.sessions_of(GRACE).count(), 1);
    is_sound(&house);
}

#[test]
fn an_address_is_changed_by_its_link_and_never_taken_from_another() {
    let mut house = house();
    let to = |id, email: &str| Command::AskLink(AskLink { id: LinkId(id), email: email.into(), of: Some(ADA) });
    house.must(to(3, "lovelace@x.org"));
    assert_eq!(house.state.link(LinkId(3)).unwrap().purpose, Purpose::Address(ADA));
    house.must(follow(3, UserId(9), "hash"));
    let ada = house.state.user_by_address("lovelace@x.org").unwrap();
    assert_eq!((ada.id, house.state.user_by_address("ada@x.org")), (ADA, None));
    assert!(house.state.mails(MailId(0)).any(|m| m.letter == Letter::AddressChanged && &*m.to == "ada@x.org"));
    house.must(to(4, "grace@x.org"));
    assert!(matches!(refused(&mut house, follow(4, UserId(9), "hash")), Rejection::Conflict(_)));
    // Only the letters' case.
    house.must(to(5, "Lovelace@x.org"));
    house.must(follow(5, UserId(9), "hash"));
    assert_eq!(&*house.state.user(ADA).unwrap().email, "Lovelace@x.org");
    is_sound(&house);
}

#[test]
fn an_organization_keeps_its_last_owner() {
    let mut house = house();
    for command in
        [set_role(ADA, None), set_role(ADA, Some(Role::Staff)), Command::DeleteUser(DeleteUser { user: ADA })]
    {
        assert!(matches!(refused(&mut house, command), Rejection::Conflict(_)));
    }
    assert_eq!(refused(&mut house, set_role(GRACE, Some(Role::Owner))), Rejection::NotFound(Thing::User));
    house.must(invite(3, "grace@x.org", Role::Owner));
    house.must(follow(3, UserId(9), "ignored"));
    assert_eq!(house.state.user(GRACE).unwrap().role(SHOP), Some(Role::Owner));
    assert_eq!(&*house.state.user(GRACE).unwrap().password, "hash", "an invitation sets no password of an account");
    house.must(set_role(ADA, None));
    assert_eq!(house.state.members_of(SHOP).map(|user| user.id).collect::<Vec<_>>(), [GRACE]);
    house.must(Command::DeleteUser(DeleteUser { user: ADA }));
    assert!(house.state.user(ADA).is_none());
    is_sound(&house);
}

#[test]
fn an_invitation_is_one_of_its_organization() {
    let mut house = house();
    house.must(invite(3, "alan@x.org", Role::Scanner));
    assert!(matches!(refused(&mut house, invite(4, "ALAN@x.org", Role::Staff)), Rejection::Conflict(_)));
    assert!(matches!(refused(&mut house, invite(4, "ada@x.org", Role::Staff)), Rejection::Conflict(_)));
    let revoke = |organization| Command::RevokeInvitation(RevokeInvitation { organization, id: LinkId(3) });
    assert_eq!(refused(&mut house, revoke(OrganizationId(77))), Rejection::NotFound(Thing::Link));
    house.must(revoke(SHOP));
    assert_eq!(refused(&mut house, follow(3, UserId(9), "hash")), Rejection::NotFound(Thing::Link));
    let nowhere =
        Invite { id: LinkId(5), organization: OrganizationId(77), email: "a@x.org".into(), role: Role::Staff };
    assert_eq!(refused(&mut house, Command::Invite(nowhere)), Rejection::NotFound(Thing::Organization));
    is_sound(&house);
}

#[test]
fn what_a_user_may_do_follows_the_role_at_once() {
    let mut house = house();
    let may = |house: &House, user, scope| house.state.may(Actor::User(user), SHOP, scope);
    assert!(may(&house, ADA, Scope::Members) && may(&house, ADA, Scope::Sell) && !may(&house, ADA, Scope::Cluster));
    assert!(!may(&house, GRACE, Scope::Read));
    house.must(invite(3, "grace@x.org", Role::Scanner));
    house.must(follow(3, UserId(9), "hash"));
    assert!(may(&house, GRACE, Scope::Scan) && !may(&house, GRACE, Scope::Sell));
    house.must(set_role(GRACE, Some(Role::Staff)));
    assert!(may(&house, GRACE, Scope::Sell) && !may(&house, GRACE, Scope::Members));
    assert!(!house.state.may(Actor::User(GRACE), OrganizationId(77), Scope::Sell));
    house.must(set_role(GRACE, None));
    assert!(!may(&house, GRACE, Scope::Scan));
    house.must(Command::SetOperator(SetOperator { user: GRACE, is_operator: true }));
    assert!(may(&house, GRACE, Scope::Cluster) && !may(&house, GRACE, Scope::Sell));
    is_sound(&house);
}

#[test]
fn nothing_personal_is_left_of_a_user_who_goes() {
    let mut house = house();
    house.must(begin(&house.state.clone(), 1, GRACE));
    house.must(ask(3, "grace@x.org"));
    house.must(Command::AskLink(AskLink { id: LinkId(4), email: "new@x.org".into(), of: Some(GRACE) }));
    let version = house.state.user(GRACE).unwrap().version;
    house.must(Command::UpdateUser(UpdateUser { user: GRACE, expected: version, name: "Grace".into() }));
    let again = Command::UpdateUser(UpdateUser { user: GRACE, expected: version, name: "Other".into() });
    assert!(matches!(refused(&mut house, again), Rejection::VersionConflict { .. }));
    house.must(Command::DeleteUser(DeleteUser { user: GRACE }));
    let state = &house.state;
    assert!(state.user(GRACE).is_none() && state.session(SessionId(1)).is_none());
    assert!(state.link(LinkId(3)).is_none() && state.link(LinkId(4)).is_none());
    assert!(!state.mails(MailId(0)).any(|mail| mail.to.contains("grace")));
    is_sound(&house);
}
