//! At the door: in once, out, in again; and the newest code only.

use booking::admission::{Attendance, Holder, Verdict, Way};
use booking::command::{ScanTicket, TransferTicket};
use booking::ids::{OrganizationId, ShowtimeId, TicketId};
use booking::orders::OrderStep;
use booking::{Command, Rejection, Reply, Thing, invariants};

use super::super::house::SHOP;
use super::refunds::Till;

fn scan(till: &mut Till, ticket: TicketId, (showtime, generation): (u128, u16), way: Way) -> Verdict {
    let (organization, showtime, gate) = (SHOP, ShowtimeId(showtime), "north".into());
    let scan = ScanTicket { organization, showtime, ticket, generation, way, gate, at_ms: None };
    let applied = till.house.must(Command::ScanTicket(scan));
    assert_eq!(invariants::check(&till.house.state), Vec::<String>::new());
    if let Ok(Reply::Scanned(scanned)) = applied.reply { scanned.verdict } else { panic!("{applied:?}") }
}

#[test]
fn a_ticket_lets_one_in_at_a_time() {
    let mut till = Till::new();
    let order = till.paid(&[(1, &[0, 1])]);
    let [first, second] = [0, 1].map(|n| till.get(order).tickets[n].id);
    assert_eq!(scan(&mut till, first, (1, 0), Way::Out), Verdict::NotInside);
    assert_eq!(scan(&mut till, first, (1, 0), Way::In), Verdict::Admitted);
    let at_ms = till.house.now_ms;
    till.house.now_ms += 1_000;
    let again = Verdict::AlreadyInside { at_ms, gate: "north".into() };
    assert_eq!(scan(&mut till, first, (1, 0), Way::In), again, "when and where it was used");
    assert_eq!(scan(&mut till, first, (2, 0), Way::In), Verdict::WrongShowtime(ShowtimeId(1)));
    assert_eq!(scan(&mut till, TicketId(9), (1, 0), Way::In), Verdict::Unknown);
    assert_eq!(till.house.state.attendance(ShowtimeId(1)), Attendance { tickets: 2, came: 1, inside: 1 });
    assert_eq!(scan(&mut till, first, (1, 0), Way::Out), Verdict::Left);
    assert_eq!(scan(&mut till, first, (1, 0), Way::In), Verdict::Admitted, "out and in again");
    // What was used is given back by staff only, and lets nobody in afterwards.
    assert!(matches!(till.refund(order, None, &[0], false), Err(Rejection::RuleViolated(_))));
    till.refund(order, Some(SHOP), &[0], false).unwrap();
    assert_eq!(scan(&mut till, first, (1, 0), Way::In), Verdict::Void);
    assert_eq!(scan(&mut till, second, (1, 0), Way::In), Verdict::Admitted);
    assert_eq!(till.house.state.attendance(ShowtimeId(1)), Attendance { tickets: 1, came: 1, inside: 1 });
    let theirs = ScanTicket {
        organization: OrganizationId(9),
        showtime: ShowtimeId(1),
        ticket: second,
        generation: 0,
        way: Way::Out,
        gate: "".into(),
        at_ms: None,
    };
    let refused = till.house.apply(Command::ScanTicket(theirs), None).reply;
    assert_eq!(refused, Err(Rejection::NotFound(Thing::Showtime)));
}

#[test]
fn a_ticket_that_was_passed_on_is_good_in_its_newest_form_only() {
    let mut till = Till::new();
    let order = till.paid(&[(1, &[0])]);
    let ticket = till.get(order).tickets[0].id;
    let pass_on = |name: &str, organization| {
        let holder = Holder { name: name.into(), email: "zoe@example.org".into() };
        Command::TransferTicket(Box::new(TransferTicket { organization, ticket, holder }))
    };
    let refused = till.house.apply(pass_on("Zoe", Some(OrganizationId(9))), None).reply;
    assert_eq!(refused, Err(Rejection::NotFound(Thing::Ticket)));
    till.house.must(pass_on("Zoe", None));
    let now = till.get(order);
    assert_eq!((now.tickets[0].generation, &*now.tickets[0].holder.as_ref().unwrap().name), (1, "Zoe"));
    assert_eq!(now.history.last().unwrap().2, OrderStep::Transferred(ticket));
    assert_eq!(scan(&mut till, ticket, (1, 0), Way::In), Verdict::Replaced);
    assert_eq!(scan(&mut till, ticket, (1, 1), Way::In), Verdict::Admitted);
    let used = till.house.apply(pass_on("Yve", None), None).reply;
    assert!(matches!(used, Err(Rejection::Conflict(_))), "{used:?}");
}
