//! At the door: in once, out, in again; and the newest code only.

use booking::admission::{Attendance, Holder, Verdict, Way};
use booking::command::{ScanTicket, TransferTicket};
use booking::ids::{OrganizationId, ShowtimeId, TicketId};
use booking::limits::SCANS_PER_TICKET_MAX;
use booking::orders::OrderStep;
use booking::{Command, Rejection, Reply, Thing, invariants};

use super::super::house::SHOP;
use super::refunds::Till;

fn scan(till: &mut Till, ticket: TicketId, code: (u128, u16), way: Way) -> Verdict {
    scan_at(till, ticket, code, way, ("north", None))
}

fn scan_at(
    till: &mut Till,
    ticket: TicketId,
    (showtime, generation): (u128, u16),
    way: Way,
    (gate, at_ms): (&str, Option<u64>),
) -> Verdict {
    let (organization, showtime, gate) = (SHOP, ShowtimeId(showtime), gate.into());
    let scan = ScanTicket { organization, showtime, ticket, generation, way, gate, at_ms };
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

#[test]
fn late_scans_are_judged_when_they_were_made() {
    let mut till = Till::new();
    let order = till.paid(&[(1, &[0, 1])]);
    let [first, second] = [0, 1].map(|n| till.get(order).tickets[n].id);
    till.house.now_ms += 60_000;
    let now_ms = till.house.now_ms;
    let ago = |ms: u64| ("south", Some(now_ms - ms));
    // In, out and in again, brought in in another order.
    assert_eq!(scan_at(&mut till, first, (1, 0), Way::In, ago(9_000)), Verdict::Admitted);
    let since = Verdict::LetInSince { at_ms: now_ms - 9_000, gate: "south".into() };
    assert_eq!(scan_at(&mut till, first, (1, 0), Way::In, ago(20_000)), since, "two are in with one ticket");
    assert_eq!(scan_at(&mut till, first, (1, 0), Way::Out, ago(15_000)), Verdict::Left);
    assert_eq!(scan_at(&mut till, first, (1, 0), Way::Out, ago(14_000)), Verdict::NotInside);
    let by = Verdict::AlreadyInside { at_ms: now_ms - 9_000, gate: "south".into() };
    assert_eq!(scan(&mut till, first, (1, 0), Way::In), by);
    // A door with a network let somebody in, after one without had done so.
    assert_eq!(scan(&mut till, second, (1, 0), Way::In), Verdict::Admitted);
    let since = Verdict::LetInSince { at_ms: now_ms, gate: "north".into() };
    assert_eq!(scan_at(&mut till, second, (1, 0), Way::In, ago(1)), since);
    // One that was made later, though never later than now.
    let by = Verdict::AlreadyInside { at_ms: now_ms, gate: "north".into() };
    assert_eq!(scan_at(&mut till, second, (1, 0), Way::In, ("south", Some(now_ms + 9_000))), by);
    let kept: Vec<u64> = till.get(order).tickets[0].scans.iter().map(|scan| now_ms - scan.at_ms).collect();
    assert_eq!(kept, [20_000, 15_000, 14_000, 9_000, 0]);
    let admission = till.get(order).tickets[0].admission.clone().unwrap();
    assert_eq!((admission.entries, admission.at_ms), (2, now_ms - 9_000));
}

#[test]
fn of_many_scans_those_that_let_nobody_through_are_forgotten_first() {
    let mut till = Till::new();
    let order = till.paid(&[(1, &[0])]);
    let ticket = till.get(order).tickets[0].id;
    for n in 0..u64::try_from(SCANS_PER_TICKET_MAX).unwrap() {
        till.house.now_ms += 1;
        scan(&mut till, ticket, (1, 0), [Way::In, Way::In, Way::Out][n as usize % 3]);
    }
    till.house.now_ms += 1;
    scan(&mut till, ticket, (2, 0), Way::In);
    let ticket = till.get(order).tickets[0].clone();
    assert_eq!(ticket.scans.len(), SCANS_PER_TICKET_MAX);
    let refused = ticket.scans.iter().filter(|scan| !scan.passed()).count();
    let made = SCANS_PER_TICKET_MAX.div_ceil(3);
    assert_eq!((refused, usize::from(ticket.admission.unwrap().entries)), (made, made));
}
