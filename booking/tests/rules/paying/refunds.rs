//! What goes back: by ticket, with fees or without, by staff or by the buyer's own wish; and carts that fail together.

use std::sync::Arc;

use booking::catalogue::{ShowtimeDetails, ShowtimeState};
use booking::command::{
    CancelOrder, Fact, Pay, PlaceOrder, RefundFact, RefundOrder, RefundShowtime, ReportPayment, ReportRefund,
    ResolveTask, RetryTask, UpdateEvent, UpdateShowtime,
};
use booking::ids::{
    EventId, HoldId, OrderId, OrganizationId, PaymentId, PlanId, RefundId, ShowtimeId, TaskId, VenueId,
};
use booking::inventory::PlaceState;
use booking::money::Money;
use booking::orders::{Buyer, Order, OrderState, OrderStep};
use booking::payments::OnlineState;
use booking::prices::{Fee, FeeAmount, Per};
use booking::refunds::RefundState;
use booking::tasks::Duty;
use booking::{Actor, Command, Rejection, Reply, invariants};

use super::super::house::{CURTAIN_MS, House, RowOf, SHOP, event_details, place_hold, plan};

pub(super) struct Till {
    pub(super) house: House,
    made: u128,
}

impl Till {
    pub(super) fn new() -> Self {
        let rows = [RowOf { section: "s", label: "A", seats: 8, category: "c", gap: None, special: &[] }];
        let plan = plan(PlanId(1), (SHOP, VenueId(1)), &rows, &[]);
        let mut house = House::new();
        house.open(1, &plan);
        house.open(2, &plan);
        Self { house, made: 100 }
    }

    pub(super) fn change(&mut self, showtime: u128, with: impl FnOnce(&mut ShowtimeDetails)) {
        let id = ShowtimeId(showtime);
        let showtime = self.house.state.showtime(id).unwrap().clone();
        let mut details = showtime.details.clone();
        with(&mut details);
        let update = UpdateShowtime { organization: SHOP, id, expected: showtime.version, details };
        self.house.must(Command::UpdateShowtime(update.into()));
    }

    /// An order for seats of showtimes, to be paid by the provider.
    pub(super) fn order(&mut self, wanted: &[(u128, &[u32])]) -> OrderId {
        let mut holds = Vec::new();
        for (showtime, seats) in wanted {
            self.made += 1;
            self.house.must(place_hold(self.made, ShowtimeId(*showtime), PlanId(1), seats));
            holds.push(HoldId(self.made));
        }
        let id = OrderId(self.made);
        let buyer = Buyer { name: "Ada".into(), email: "ada@example.org".into(), ..Buyer::default() };
        let pay = Pay::Online { id: PaymentId(self.made), return_url: None, token: None };
        let place = PlaceOrder { id, organization: None, holds, buyer, pay, voucher: None };
        self.house.must(Command::PlaceOrder(place.into()));
        id
    }

    pub(super) fn say(&mut self, order: OrderId, fact: Fact) {
        let intent = Some("pi_1".into());
        let report = ReportPayment { organization: SHOP, order, intent, fact };
        self.house.must(Command::ReportPayment(report.into()));
        assert_eq!(invariants::check(&self.house.state), Vec::<String>::new());
    }

    pub(super) fn paid(&mut self, wanted: &[(u128, &[u32])]) -> OrderId {
        let id = self.order(wanted);
        let amount = self.get(id).total;
        self.say(id, Fact::Authorised { amount });
        self.say(id, Fact::Captured { amount });
        assert_eq!(self.get(id).state, OrderState::Paid);
        id
    }

    pub(super) fn get(&self, id: OrderId) -> Arc<Order> {
        self.house.state.order(id).unwrap().clone()
    }

    /// Gives tickets back by their place in the order; all if none.
    pub(super) fn refund(
        &mut self,
        order: OrderId,
        who: Option<OrganizationId>,
        tickets: &[usize],
        keeps_fees: bool,
    ) -> Result<Arc<Order>, Rejection> {
        self.made += 1;
        let of = self.get(order);
        let tickets = tickets.iter().map(|n| of.tickets[*n].id).collect();
        let id = RefundId(self.made);
        let command = RefundOrder { id, order, organization: who, tickets, keeps_fees, reason: "ill".into() };
        let applied = self.house.apply(Command::RefundOrder(command.into()), None);
        assert_eq!(invariants::check(&self.house.state), Vec::<String>::new());
        applied.reply.map(|reply| if let Reply::Order(order) = reply { order } else { panic!("{reply:?}") })
    }

    fn seat(&self, showtime: u128, seat: u32) -> PlaceState {
        self.house.state.inventory(ShowtimeId(showtime)).unwrap().seat(seat).unwrap().state()
    }

    fn refund_fact(&mut self, order: OrderId, fact: RefundFact) {
        let refund = self.get(order).refunds.last().unwrap().clone();
        let report = ReportRefund {
            organization: SHOP,
            order,
            refund: refund.id,
            attempt: refund.attempt,
            reference: Some(format!("re_{}", refund.attempt).into()),
            fact,
        };
        self.house.must(Command::ReportRefund(report.into()));
        assert_eq!(invariants::check(&self.house.state), Vec::<String>::new());
    }
}

#[test]
fn a_ticket_goes_back_alone_and_its_seat_is_sold_again() {
    let mut till = Till::new();
    let id = till.paid(&[(1, &[0, 1, 2])]);
    let order = till.refund(id, Some(SHOP), &[1], true).unwrap();
    // 45.00 each without the fee of 2.50.
    assert_eq!((order.state, order.refunds[0].amount), (OrderState::PartlyRefunded, 4_500));
    assert_eq!([0, 1, 2].map(|seat| till.seat(1, seat)), [PlaceState::Sold, PlaceState::Free, PlaceState::Sold]);
    let again = till.paid(&[(1, &[1])]);
    assert_eq!(
        till.refund(id, Some(SHOP), &[1], false),
        Err(Rejection::Conflict("a ticket was given back already".into()))
    );
    let order = till.refund(id, Some(SHOP), &[], false).unwrap();
    assert_eq!((order.state, order.refunds[1].amount), (OrderState::Refunded, 9_500));
    assert_eq!(till.seat(1, 1), PlaceState::Sold, "the other's");
    assert_eq!(till.get(again).state, OrderState::Paid);
    assert!(matches!(till.refund(id, Some(SHOP), &[], false), Err(Rejection::Conflict(_))), "nothing is left");
    assert_eq!(till.refund(id, Some(OrganizationId(9)), &[], false), Err(Rejection::NotFound(booking::Thing::Order)));
}

#[test]
fn fees_of_the_order_go_back_with_its_last_ticket() {
    let mut till = Till::new();
    till.change(1, |details| {
        let fee = Fee { name: "handling".into(), amount: FeeAmount::Absolute(300), per: Per::Order };
        Arc::make_mut(&mut details.prices).fees.push(fee);
    });
    let id = till.paid(&[(1, &[0, 1])]);
    assert_eq!(till.get(id).total.amount, 2 * 4_750 + 300);
    assert_eq!(till.refund(id, Some(SHOP), &[0], false).unwrap().refunds[0].amount, 4_750);
    let order = till.refund(id, Some(SHOP), &[1], false).unwrap();
    assert_eq!(order.refunds[1].amount, 4_750 + 300);
    assert_eq!(order.given_back(), order.total.amount);
}

#[test]
fn buyers_give_tickets_back_by_the_rule_of_the_event() {
    let mut till = Till::new();
    let (first, second) = (till.paid(&[(1, &[0])]), till.paid(&[(1, &[1])]));
    // Whether fees stay is not theirs to say.
    assert_eq!(till.refund(first, None, &[], true).unwrap().refunds[0].amount, 4_750);
    till.house.now_ms = CURTAIN_MS - 3_600_000 + 1;
    assert!(matches!(till.refund(second, None, &[], false), Err(Rejection::RuleViolated(_))), "too late");
    till.house.now_ms = CURTAIN_MS - 3_600_000;
    let event = till.house.state.event(EventId(1)).unwrap().clone();
    let mut set = |refunds| {
        let expected = till.house.state.event(EventId(1)).unwrap().version;
        let details = booking::catalogue::EventDetails { refunds, ..event_details() };
        till.house.must(Command::UpdateEvent(UpdateEvent { organization: SHOP, id: event.id, expected, details }));
    };
    set(None);
    let none = |till: &mut Till| till.refund(second, None, &[], false);
    assert!(matches!(none(&mut till), Err(Rejection::RuleViolated(_))), "no rule: never");
}

#[test]
fn a_refund_that_fails_is_for_staff_to_see_to() {
    let mut till = Till::new();
    let id = till.paid(&[(1, &[0])]);
    till.refund(id, Some(SHOP), &[], false).unwrap();
    till.refund_fact(id, RefundFact::Sent);
    till.refund_fact(id, RefundFact::Failed { why: "the account is closed".into() });
    let task = till.house.state.tasks(TaskId(0)).next().unwrap().clone();
    assert!(task.trouble.as_ref().is_some_and(|t| t.for_good), "{task:?}");
    till.house.must(Command::RetryTask(RetryTask { organization: SHOP, id: task.id }));
    let refund = till.get(id).refunds[0].clone();
    assert_eq!((refund.state, refund.attempt), (RefundState::Pending, 1));
    till.refund_fact(id, RefundFact::Failed { why: "still closed".into() });
    let resolve = ResolveTask { organization: SHOP, id: task.id, done: true, note: "paid in cash".into() };
    till.house.must(Command::ResolveTask(resolve));
    assert_eq!(till.get(id).refunds[0].state, RefundState::Done);
    assert_eq!(till.house.state.tasks(TaskId(0)).count(), 0);
    assert_eq!(invariants::check(&till.house.state), Vec::<String>::new());
}

#[test]
fn a_cart_succeeds_or_fails_together() {
    let mut till = Till::new();
    let id = till.order(&[(1, &[0, 1]), (2, &[5])]);
    let seats = |till: &Till| [till.seat(1, 0), till.seat(1, 1), till.seat(2, 5)];
    assert_eq!(seats(&till), [PlaceState::Held; 3], "kept while it is paid");
    till.house.now_ms += 600_000 - 1;
    till.house.must(Command::Tick);
    assert_eq!(seats(&till), [PlaceState::Held; 3]);
    till.house.now_ms += 1;
    // Touching one of its showtimes ends it in both.
    till.house.must(place_hold(900, ShowtimeId(1), PlanId(1), &[0]));
    assert_eq!(seats(&till), [PlaceState::Held, PlaceState::Free, PlaceState::Free]);
    assert_eq!(till.get(id).state, OrderState::Failed);
    assert_eq!(till.house.state.tasks(TaskId(0)).map(|t| t.duty).collect::<Vec<_>>(), [Duty::Settle]);

    // The payment comes late: one place is another's, so all the money stays where it was.
    let amount = till.get(id).total;
    till.say(id, Fact::Authorised { amount });
    let order = till.get(id);
    assert_eq!(order.online().unwrap().state, OnlineState::Voiding);
    assert_eq!(order.history.last().unwrap().2, OrderStep::PlacesGone);
    till.say(id, Fact::Cancelled { why: "".into() });

    // Late again, but all places are free: it is as if it had come in time.
    let second = till.order(&[(1, &[2, 3]), (2, &[6])]);
    till.house.now_ms += 600_000;
    till.house.must(Command::Tick);
    assert_eq!(till.get(second).state, OrderState::Failed);
    let amount = till.get(second).total;
    till.say(second, Fact::Authorised { amount });
    assert_eq!(till.get(second).state, OrderState::Pending);
    till.say(second, Fact::Captured { amount });
    assert_eq!((till.get(second).state, till.get(second).tickets.len()), (OrderState::Paid, 3));
}

#[test]
fn another_amount_than_was_asked_for_buys_nothing() {
    let mut till = Till::new();
    let id = till.order(&[(1, &[0])]);
    let less = Money { amount: 4_749, ..till.get(id).total };
    till.say(id, Fact::Authorised { amount: less });
    let order = till.get(id);
    assert_eq!((order.state, order.online().unwrap().state), (OrderState::Failed, OnlineState::Voiding));
    let id = till.order(&[(1, &[1])]);
    till.say(id, Fact::Captured { amount: less });
    let order = till.get(id);
    assert_eq!((order.state, order.refunds[0].amount), (OrderState::Failed, 4_749), "all that came goes back");
    assert_eq!(till.seat(1, 1), PlaceState::Free);
}

#[test]
fn what_is_cancelled_before_it_is_paid_costs_nothing_and_after_it_is_refunded() {
    let mut till = Till::new();
    let cancel = |order, organization| {
        Command::CancelOrder(CancelOrder { order, organization, refund: RefundId(7), reason: "ill".into() })
    };
    let pending = till.order(&[(1, &[0])]);
    till.house.must(cancel(pending, None));
    assert_eq!((till.get(pending).state, till.seat(1, 0)), (OrderState::Cancelled, PlaceState::Free));
    till.house.must(cancel(pending, None));

    let paying = till.order(&[(1, &[0])]);
    let amount = till.get(paying).total;
    till.say(paying, Fact::Authorised { amount });
    assert!(matches!(till.house.apply(cancel(paying, None), None).reply, Err(Rejection::Conflict(_))), "not now");
    till.say(paying, Fact::Captured { amount });
    let staff = till.house.apply_of(Actor::Buyer, cancel(paying, Some(SHOP)), None);
    assert!(staff.reply.is_ok(), "{staff:?}");
    assert_eq!((till.get(paying).state, till.get(paying).given_back()), (OrderState::Refunded, 4_750));
    assert_eq!(invariants::check(&till.house.state), Vec::<String>::new());
}

#[test]
fn a_cancelled_showtime_is_refunded_bit_by_bit_and_no_faster_than_the_provider_is() {
    let rows = [RowOf { section: "s", label: "A", seats: 600, category: "c", gap: None, special: &[] }];
    let plan = plan(PlanId(1), (SHOP, VenueId(1)), &rows, &[]);
    let mut till = Till { house: House::new(), made: 100 };
    till.house.open(1, &plan);
    till.house.open(2, &plan);
    let orders: Vec<OrderId> = (0..290).map(|n| till.paid(&[(1, &[n])])).collect();
    let both = till.paid(&[(1, &[500]), (2, &[500])]);
    let begin =
        RefundShowtime { organization: SHOP, showtime: ShowtimeId(1), keeps_fees: false, reason: "fire".into() };
    let begin = Command::RefundShowtime(begin);
    assert!(matches!(till.house.apply(begin.clone(), None).reply, Err(Rejection::Conflict(_))), "it takes place");
    till.change(1, |details| details.state = ShowtimeState::Cancelled);
    till.house.must(begin.clone());
    assert!(matches!(till.house.apply(begin, None).reply, Err(Rejection::Conflict(_))), "it is under way");
    let (mut ticks, mut most) = (0, 0);
    while till.house.state.next_due_ms().is_some_and(|due| due <= till.house.now_ms) {
        till.house.must(Command::Tick);
        ticks += 1;
        most = most.max(till.house.state.tasks(TaskId(0)).count());
        assert!(ticks < 100, "it ends, or waits for the provider");
    }
    assert_eq!((ticks, most), (10, 200), "20 orders a tick, until the provider has enough to do");
    assert_eq!(invariants::check(&till.house.state), Vec::<String>::new());
    for id in &orders {
        if !till.get(*id).refunds.is_empty() {
            till.refund_fact(*id, RefundFact::Done);
        }
    }
    while till.house.state.next_due_ms().is_some_and(|due| due <= till.house.now_ms) {
        till.house.must(Command::Tick);
    }
    let showtime = till.house.state.showtime(ShowtimeId(1)).unwrap().clone();
    let refunding = showtime.refunding.as_ref().unwrap();
    assert_eq!((refunding.orders, refunding.tickets, refunding.done_at_ms.is_some()), (291, 291, true));
    assert!(orders.iter().all(|id| till.get(*id).state == OrderState::Refunded));
    assert_eq!(till.get(both).state, OrderState::PartlyRefunded, "the other showtime takes place");
    assert_eq!(invariants::check(&till.house.state), Vec::<String>::new());
}
