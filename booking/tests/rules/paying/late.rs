//! What comes late: news of refunds that were settled, payments for what was called off; and orders that are never paid.

use booking::catalogue::ShowtimeState;
use booking::command::{Fact, RefundFact, RefundShowtime, ReportRefund, ResolveTask, RetryTask};
use booking::ids::{OrderId, ShowtimeId, TaskId};
use booking::inventory::PlaceState;
use booking::limits;
use booking::orders::{OrderState, OrderStep};
use booking::payments::OnlineState;
use booking::refunds::{Refund, RefundState};
use booking::tasks::{Duty, Task};
use booking::{Command, Rejection, Reply, invariants};

use super::super::house::SHOP;
use super::refunds::Till;

/// The provider says something of an attempt, by the name of its own refund.
fn say(till: &mut Till, order: OrderId, (attempt, name): (u16, Option<&str>), fact: RefundFact) -> Refund {
    let refund = till.get(order).refunds.last().unwrap().id;
    let reference = name.map(Into::into);
    let report = ReportRefund { organization: SHOP, order, refund, attempt, reference, fact };
    till.house.must(Command::ReportRefund(report.into()));
    assert_eq!(invariants::check(&till.house.state), Vec::<String>::new());
    till.get(order).refunds.last().unwrap().clone()
}

fn failed() -> RefundFact {
    RefundFact::Failed { why: "the account is closed".into() }
}

fn tasks(till: &Till) -> Vec<Task> {
    till.house.state.tasks(TaskId(0)).map(|task| Task::clone(task)).collect()
}

fn resolve(till: &mut Till, done: bool) -> Result<Reply, Rejection> {
    let id = tasks(till)[0].id;
    let note = "seen to".into();
    let applied = till.house.apply(Command::ResolveTask(ResolveTask { organization: SHOP, id, done, note }), None);
    assert_eq!(invariants::check(&till.house.state), Vec::<String>::new());
    applied.reply
}

#[test]
fn a_refund_that_fails_after_it_arrived_is_for_staff_again() {
    let mut till = Till::new();
    let id = till.paid(&[(1, &[0])]);
    till.refund(id, Some(SHOP), &[], false).unwrap();
    let first = (0, Some("re_a"));
    assert_eq!(say(&mut till, id, first, RefundFact::Done).state, RefundState::Done);
    assert_eq!(tasks(&till), []);
    assert_eq!(say(&mut till, id, first, failed()).state, RefundState::Failed);
    let task = tasks(&till)[0].clone();
    assert!(task.trouble.is_some_and(|trouble| trouble.for_good));
    // What comes late of the attempt that failed is old, before and after staff try again.
    assert_eq!(say(&mut till, id, first, RefundFact::Done).state, RefundState::Failed);
    till.house.must(Command::RetryTask(RetryTask { organization: SHOP, id: task.id }));
    assert_eq!(say(&mut till, id, first, RefundFact::Done).state, RefundState::Pending);
    let done = say(&mut till, id, (1, Some("re_b")), RefundFact::Done);
    assert_eq!((done.state, done.reference.as_deref(), tasks(&till).len()), (RefundState::Done, Some("re_b"), 0));
}

#[test]
fn money_that_went_by_an_earlier_attempt_went() {
    let mut till = Till::new();
    let id = till.paid(&[(1, &[0])]);
    till.refund(id, Some(SHOP), &[], false).unwrap();
    // Refused, as far as anybody knew.
    assert_eq!(say(&mut till, id, (0, None), failed()).state, RefundState::Failed);
    let task = tasks(&till)[0].id;
    till.house.must(Command::RetryTask(RetryTask { organization: SHOP, id: task }));
    let done = say(&mut till, id, (0, Some("re_a")), RefundFact::Done);
    assert_eq!(
        (done.state, done.attempt, tasks(&till).len()),
        (RefundState::Done, 1, 0),
        "nothing is sent a second time"
    );
    // It was sent a second time all the same: only people can get that back.
    let twice = say(&mut till, id, (1, Some("re_b")), RefundFact::Done);
    assert_eq!((twice.state, twice.reference.as_deref()), (RefundState::Done, Some("re_a")));
    let told = tasks(&till)[0].trouble.clone().unwrap();
    assert!(told.for_good && told.why.contains("re_b"), "{told:?}");
    assert!(matches!(till.get(id).history.last().unwrap().2, OrderStep::RefundedTwice(..)));
    say(&mut till, id, (1, Some("re_b")), RefundFact::Done);
    assert_eq!(tasks(&till).len(), 1, "told once");
    let again = Command::RetryTask(RetryTask { organization: SHOP, id: tasks(&till)[0].id });
    assert!(matches!(till.house.apply(again, None).reply, Err(Rejection::Conflict(_))), "not a third time");
    resolve(&mut till, false).unwrap();
    assert_eq!((till.get(id).refunds[0].state, tasks(&till).len()), (RefundState::Done, 0));
    assert_eq!(till.get(id).history.last().unwrap().2, OrderStep::Resolved(false, "seen to".into()));
}

#[test]
fn money_given_back_by_hand_and_by_the_provider_too_is_told() {
    let mut till = Till::new();
    let id = till.paid(&[(1, &[0])]);
    till.refund(id, Some(SHOP), &[], false).unwrap();
    say(&mut till, id, (0, None), failed());
    resolve(&mut till, true).unwrap();
    assert_eq!((till.get(id).refunds[0].state, tasks(&till).len()), (RefundState::Done, 0));
    say(&mut till, id, (0, Some("re_a")), RefundFact::Done);
    assert!(tasks(&till)[0].trouble.as_ref().unwrap().why.contains("twice"));
}

#[test]
fn a_refund_is_tried_again_a_bounded_number_of_times() {
    let mut till = Till::new();
    let id = till.paid(&[(1, &[0])]);
    till.refund(id, Some(SHOP), &[], false).unwrap();
    let retry = |till: &Till| Command::RetryTask(RetryTask { organization: SHOP, id: tasks(till)[0].id });
    for attempt in 0..limits::REFUND_ATTEMPTS_MAX as u16 {
        say(&mut till, id, (attempt, Some(&format!("re_{attempt}"))), failed());
        till.house.must(retry(&till));
    }
    let last = say(&mut till, id, (limits::REFUND_ATTEMPTS_MAX as u16, Some("re_last")), failed());
    assert_eq!((last.state, last.over.len()), (RefundState::Failed, limits::REFUND_ATTEMPTS_MAX));
    assert!(matches!(till.house.apply(retry(&till), None).reply, Err(Rejection::Conflict(_))));
    resolve(&mut till, true).unwrap();
}

#[test]
fn what_is_called_off_is_not_paid_for_any_more_and_what_was_is_refunded_whenever_it_came() {
    let mut till = Till::new();
    let (waiting, capturing) = (till.order(&[(1, &[0])]), till.order(&[(1, &[1])]));
    let (both, late) = (till.order(&[(1, &[2]), (2, &[2])]), till.order(&[(1, &[3])]));
    let amount = till.get(capturing).total;
    till.say(capturing, Fact::Authorised { amount });
    till.change(1, |details| details.state = ShowtimeState::Cancelled);
    let refund = RefundShowtime { organization: SHOP, showtime: ShowtimeId(1), keeps_fees: false, reason: "".into() };
    till.house.must(Command::RefundShowtime(refund));
    till.house.must(Command::Tick);
    let refunding = |till: &Till| till.house.state.showtime(ShowtimeId(1)).unwrap().refunding.clone().unwrap();
    assert!(refunding(&till).done_at_ms.is_some(), "there was nothing to refund yet");

    till.say(waiting, Fact::Authorised { amount });
    let order = till.get(waiting);
    assert_eq!((order.state, order.online().unwrap().state), (OrderState::Cancelled, OnlineState::Voiding));
    assert_eq!(tasks(&till).iter().filter(|task| task.duty == Duty::Void).count(), 1);
    // What had been asked for comes, and goes back though the refunds had passed it.
    till.say(capturing, Fact::Captured { amount });
    till.say(late, Fact::Captured { amount });
    assert_eq!(refunding(&till).done_at_ms, None);
    till.house.must(Command::Tick);
    assert_eq!([capturing, late].map(|id| till.get(id).state), [OrderState::Refunded; 2]);
    assert_eq!((refunding(&till).orders, refunding(&till).done_at_ms.is_some()), (2, true));
    // A part of an order takes place: it is paid, and the other part refunded.
    let amount = till.get(both).total;
    till.say(both, Fact::Authorised { amount });
    till.say(both, Fact::Captured { amount });
    till.house.must(Command::Tick);
    assert_eq!(till.get(both).state, OrderState::PartlyRefunded);
    assert_eq!(invariants::check(&till.house.state), Vec::<String>::new());
}

#[test]
fn an_order_that_nobody_paid_is_forgotten_after_a_day_and_one_that_was_paid_never() {
    let mut till = Till::new();
    let (given_up, paid) = (till.order(&[(1, &[0])]), till.paid(&[(1, &[1])]));
    let pays_until_ms = till.get(given_up).online().unwrap().pays_until_ms;
    till.house.now_ms = pays_until_ms;
    till.house.must(Command::Tick);
    till.house.now_ms += limits::UNPAID_KEPT_MS;
    till.house.must(Command::Tick);
    assert_eq!(till.get(given_up).online().unwrap().state, OnlineState::Lapsing, "not before all is settled");
    till.say(given_up, Fact::Cancelled { why: "".into() });
    let order = till.get(given_up);
    let online = order.online().unwrap();
    assert_eq!((online.state, &online.return_url, &online.page), (OnlineState::Voided, &None, &None));
    till.house.must(Command::Tick);
    assert!(till.house.state.order(given_up).is_none());
    assert_eq!(till.house.state.orders_of_showtime(ShowtimeId(1)).count(), 1);
    assert!(till.house.state.order(paid).is_some());
    assert_eq!(till.house.state.inventory(ShowtimeId(1)).unwrap().seat(0).unwrap().state(), PlaceState::Free);
    assert_eq!(invariants::check(&till.house.state), Vec::<String>::new());
}

#[test]
fn an_intent_that_may_bring_money_is_not_resolved_as_left_open() {
    let mut till = Till::new();
    let id = till.order(&[(1, &[0])]);
    till.house.now_ms = till.get(id).online().unwrap().pays_until_ms;
    till.house.must(Command::Tick);
    let task = tasks(&till)[0].id;
    let trouble = booking::command::ReportTrouble { id: task, why: "no answer".into(), for_good: false };
    till.house.must(Command::ReportTrouble(trouble));
    assert!(matches!(resolve(&mut till, false), Err(Rejection::Conflict(_))));
    resolve(&mut till, true).unwrap();
    assert_eq!(till.get(id).online().unwrap().state, OnlineState::Voided);
    let steps: Vec<OrderStep> = till.get(id).history.iter().map(|(_, _, step)| step.clone()).collect();
    assert!(steps.contains(&OrderStep::Resolved(true, "seen to".into())), "{steps:?}");
}
