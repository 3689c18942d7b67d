//! Samples of orders, their money, and what is to be done about it.

use booking::Actor;
use booking::Command;
use booking::admission::{Admission, Holder, Scan, Scanned, Verdict, Way};
use booking::command::{
    CancelOrder, Fact, Pay, PlaceOrder, RefundFact, RefundOrder, RefundShowtime, ReportPayment, ReportRefund,
    ReportTrouble, ResolveTask, RetryTask, RotateTicketKey, ScanTicket, TransferTicket, UpdateOrder,
};
use booking::holds::FromBlock;
use booking::ids::{PaymentId, RefundId, TaskId, TicketId};
use booking::money::Money;
use booking::orders::{Order, OrderPart, OrderState, OrderStep, Payment, Ticket, TicketPlace, TicketState};
use booking::payments::{Online, OnlineState};
use booking::refunds::showtime::Refunding;
use booking::refunds::{Refund, RefundState};
use booking::tasks::{Duty, Task, Trouble};

use super::{BLOCK, FLOOR, HOLD, KEY, ORDER, ORG, SHOW, buyer, hold};

const REFUND: RefundId = RefundId(0x1d);
pub(super) const TASK: TaskId = TaskId(0x1e);

pub(super) fn order() -> Order {
    let from_block = Some(Box::new(FromBlock { block: BLOCK, serial: 9, seats: [1].into(), areas: [FLOOR].into() }));
    let part = OrderPart { hold: HOLD, showtime: SHOW, serial: 5, places: hold().places, from_block };
    let admission = Admission { way: Way::Out, at_ms: 4, gate: "G".into(), entries: 2 };
    let ticket = |place, state| Ticket {
        id: TicketId(0x1a),
        part: 0,
        line: 2,
        place,
        state,
        generation: 1,
        holder: Some(Box::new(holder())),
        admission: Some(Box::new(admission.clone())),
        scans: verdicts().map(scan).to_vec(),
    };
    let tickets = [ticket(TicketPlace::Seat(1), TicketState::Valid), ticket(TicketPlace::Area(1), TicketState::Void)];
    let steps = vec![
        OrderStep::Placed,
        OrderStep::Paid,
        OrderStep::Declined("d".into()),
        OrderStep::Authorised,
        OrderStep::Lapsed,
        OrderStep::PlacesTakenAgain,
        OrderStep::PlacesGone,
        OrderStep::Failed("f".into()),
        OrderStep::Cancelled,
        OrderStep::Refunding(REFUND),
        OrderStep::Refunded(REFUND),
        OrderStep::RefundFailed(REFUND, "g".into()),
        OrderStep::Transferred(TicketId(0x1a)),
        OrderStep::RefundedTwice(RefundId(0x1c), "re_2".into()),
        OrderStep::Resolved(true, "in cash".into()),
        OrderStep::BuyerChanged,
        OrderStep::NoteChanged,
    ];
    let refund = |state| Refund {
        id: REFUND,
        state,
        amount: 7,
        tickets: [TicketId(0x1a)].into(),
        keeps_fees: true,
        reason: "r".into(),
        reference: Some("re_1".into()),
        over: vec!["re_0".into()],
        attempt: 2,
        task: Some(TASK),
        asked_at_ms: 9,
    };
    Order {
        id: ORDER,
        organization: ORG,
        state: OrderState::PartlyRefunded,
        buyer: buyer(),
        parts: [part].into(),
        total: Money { amount: 4_750, currency: "EUR".parse().unwrap() },
        payment: Payment::Online(Box::new(online())),
        tickets: tickets.into(),
        refunds: [RefundState::Pending, RefundState::Sent, RefundState::Done, RefundState::Failed].map(refund).to_vec(),
        placed_at_ms: 1,
        history: steps.into_iter().zip(1..).map(|(step, at)| (at, Actor::Key(KEY), step)).collect(),
        version: 7,
        note: "n".into(),
    }
}

fn online() -> Online {
    Online {
        id: PaymentId(0x1b),
        state: OnlineState::Voided,
        pays_until_ms: 4,
        return_url: Some("https://s".into()),
        token: Some("t".into()),
        description: Some("e".into()),
        intent: Some("pi_1".into()),
        page: Some("https://p".into()),
        declined: Some("no".into()),
        captured: 3,
        task: Some(TASK),
    }
}

fn holder() -> Holder {
    Holder { name: "H".into(), email: "h@i".into() }
}

fn verdicts() -> [Verdict; 9] {
    let gate = || "G".into();
    [
        Verdict::Admitted,
        Verdict::Left,
        Verdict::AlreadyInside { at_ms: 4, gate: gate() },
        Verdict::NotInside,
        Verdict::WrongShowtime(SHOW),
        Verdict::Void,
        Verdict::Replaced,
        Verdict::Unknown,
        Verdict::LetInSince { at_ms: 4, gate: gate() },
    ]
}

fn scan(verdict: Verdict) -> Scan {
    let by = Actor::Key(KEY);
    Scan { at_ms: 2, recorded_at_ms: 3, showtime: SHOW, gate: "G".into(), way: Way::In, verdict, by }
}

pub(super) fn scanned() -> Scanned {
    let verdict = Verdict::AlreadyInside { at_ms: 4, gate: "G".into() };
    Scanned { verdict, ticket: TicketId(0x1a), order: Some(ORDER) }
}

pub(super) fn refunding() -> Refunding {
    Refunding {
        keeps_fees: true,
        reason: "r".into(),
        by: Actor::Key(KEY),
        upto: ORDER,
        orders: 3,
        tickets: 4,
        since_ms: 5,
        done_at_ms: Some(6),
    }
}

pub(super) fn task() -> Task {
    let trouble = Trouble { since_ms: 3, why: "w".into(), for_good: true };
    Task { id: TASK, organization: ORG, order: ORDER, duty: Duty::Refund(REFUND), since_ms: 2, trouble: Some(trouble) }
}

/// Commands about orders and their money; each fact of the provider's.
pub(super) fn order_commands() -> Vec<Command> {
    let amount = Money { amount: 4_750, currency: "EUR".parse().unwrap() };
    let place = |pay| {
        Command::PlaceOrder(Box::new(PlaceOrder {
            id: ORDER,
            organization: Some(ORG),
            holds: vec![HOLD],
            buyer: buyer(),
            pay,
            voucher: Some("V".into()),
        }))
    };
    let payment = |fact| {
        let intent = Some("pi_1".into());
        Command::ReportPayment(Box::new(ReportPayment { organization: ORG, order: ORDER, intent, fact }))
    };
    let refund = |fact| {
        Command::ReportRefund(Box::new(ReportRefund {
            organization: ORG,
            order: ORDER,
            refund: REFUND,
            attempt: 2,
            reference: Some("re_1".into()),
            fact,
        }))
    };
    vec![
        place(Pay::Comp),
        place(Pay::Cash),
        place(Pay::Online { id: PaymentId(0x1b), return_url: Some("https://s".into()), token: Some("t".into()) }),
        Command::CancelOrder(CancelOrder { order: ORDER, organization: None, refund: REFUND, reason: "r".into() }),
        Command::RefundOrder(Box::new(RefundOrder {
            id: REFUND,
            order: ORDER,
            organization: Some(ORG),
            tickets: vec![TicketId(0x1a)],
            keeps_fees: true,
            reason: "r".into(),
        })),
        payment(Fact::Created { page: Some("https://p".into()) }),
        payment(Fact::Refused { why: "w".into() }),
        payment(Fact::Declined { why: "w".into(), page: Some("https://p".into()) }),
        payment(Fact::Authorised { amount }),
        payment(Fact::Captured { amount }),
        payment(Fact::Cancelled { why: "w".into() }),
        refund(RefundFact::Sent),
        refund(RefundFact::Done),
        refund(RefundFact::Failed { why: "w".into() }),
        Command::ReportTrouble(ReportTrouble { id: TASK, why: "w".into(), for_good: true }),
        Command::RetryTask(RetryTask { organization: ORG, id: TASK }),
        Command::ScanTicket(ScanTicket {
            organization: ORG,
            showtime: SHOW,
            ticket: TicketId(0x1a),
            generation: 1,
            way: Way::Out,
            gate: "G".into(),
            at_ms: Some(4),
        }),
        Command::TransferTicket(Box::new(TransferTicket {
            organization: None,
            ticket: TicketId(0x1a),
            holder: holder(),
        })),
        Command::RefundShowtime(RefundShowtime {
            organization: ORG,
            showtime: SHOW,
            keeps_fees: true,
            reason: "r".into(),
        }),
        Command::ResolveTask(ResolveTask { organization: ORG, id: TASK, done: true, note: "n".into() }),
        Command::RotateTicketKey(RotateTicketKey { organization: ORG }),
        Command::UpdateOrder(Box::new(update())),
    ]
}

fn update() -> UpdateOrder {
    UpdateOrder {
        order: ORDER,
        organization: Some(ORG),
        expected: Some(7),
        name: Some("B".into()),
        email: Some("b@i".into()),
        phone: Some("1".into()),
        language: Some("de".into()),
        note: Some("n".into()),
    }
}
