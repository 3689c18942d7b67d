//! Money and seats agree: what came in, what went back, and what tickets are there for it.

use crate::admission::scans_agree;
use crate::orders::{Order, OrderState, TicketState};
use crate::payments::OnlineState;
use crate::refunds::RefundState;
use crate::state::State;
use crate::tasks::Duty;

/// Names each rule that is broken.
pub(crate) fn check(state: &State) -> Vec<String> {
    let mut broken = Vec::new();
    for (id, order) in state.orders.iter() {
        let mut wrong: Vec<&str> = Vec::new();
        wrong.extend(tickets(state, order));
        wrong.extend(sums(order));
        wrong.extend(saga(order));
        wrong.extend(duties(state, order));
        broken.extend(wrong.into_iter().map(|what| format!("{id}: {what}: {order:?}")));
    }
    let wanted: usize = state.orders.iter().map(|(_, order)| tasks_of(order).count()).sum();
    if wanted != state.tasks.len() {
        broken.push(format!("orders ask for {wanted} tasks, the outbox has {}", state.tasks.len()));
    }
    broken
}

fn tickets(state: &State, order: &Order) -> Option<&'static str> {
    let places: u32 = order.parts.iter().map(|p| p.places.count()).sum();
    let issued = order.tickets.len();
    let valid = order.tickets.iter().filter(|t| t.is_valid()).count();
    let given_back: usize = order.refunds.iter().map(|refund| refund.tickets.len()).sum();
    let as_many = match order.state {
        OrderState::Pending | OrderState::Cancelled | OrderState::Failed => issued == 0,
        OrderState::Paid => issued == places as usize && valid == issued,
        OrderState::PartlyRefunded => issued == places as usize && valid > 0 && valid < issued,
        OrderState::Refunded => issued == places as usize && valid == 0,
    };
    let void = |t: &crate::orders::Ticket| {
        order.refunds.iter().filter(|r| r.tickets.contains(&t.id)).count() == usize::from(t.state == TicketState::Void)
    };
    if !as_many || issued - valid != given_back || !order.tickets.iter().all(void) {
        return Some("its tickets are not those of its places, or not those that were given back");
    }
    let found = order.tickets.iter().all(|t| state.tickets.get(&t.id) == Some(&order.id));
    if !order.tickets.iter().all(scans_agree) {
        return Some("what is kept of a ticket's scans does not agree");
    }
    (!found).then_some("a ticket is not found by its id")
}

fn sums(order: &Order) -> Option<&'static str> {
    let total: i64 = order.parts.iter().map(|p| p.places.total()).sum();
    if total != order.total.amount {
        return Some("its total is not the sum of its parts");
    }
    let (received, given_back) = (order.received(), order.given_back());
    let agree = match order.state {
        OrderState::Pending => received == 0 && given_back == 0,
        OrderState::Paid => received == total && given_back == 0,
        OrderState::PartlyRefunded | OrderState::Refunded => {
            let all_fees_back = order.refunds.iter().all(|refund| !refund.keeps_fees);
            let all = order.state == OrderState::Refunded && all_fees_back;
            received == total && given_back <= total && (!all || given_back == total)
        }
        // Whatever came of it goes back.
        OrderState::Cancelled | OrderState::Failed => received == given_back,
    };
    // What is left is what its valid tickets cost, and fees that were kept.
    let left: i64 = order.tickets.iter().filter(|t| t.is_valid()).filter_map(|t| Some(t.line(order)?.each())).sum();
    let worth_it = received - given_back >= left;
    (!agree || !worth_it).then_some("what came in and what went back do not agree with its places")
}

fn saga(order: &Order) -> Option<&'static str> {
    use OnlineState::{Awaiting, Captured, Capturing, Creating, Lapsing, Voided, Voiding};
    let online = order.online()?;
    let agree = match (online.state, order.state) {
        (Creating | Awaiting | Capturing, state) => state == OrderState::Pending,
        (Lapsing, state) => state == OrderState::Failed,
        (Voiding | Voided, state) => matches!(state, OrderState::Failed | OrderState::Cancelled),
        (Captured, state) => state != OrderState::Pending,
    };
    (!agree || (online.captured != 0) != (online.state == Captured)).then_some("it and its payment do not agree")
}

/// What an order asks to be done, by the tasks that it names.
fn tasks_of(order: &Order) -> impl Iterator<Item = (crate::ids::TaskId, Duty)> {
    let payment = order.online().and_then(|online| {
        let duty = match online.state {
            OnlineState::Creating => Duty::CreateIntent,
            OnlineState::Capturing => Duty::Capture,
            OnlineState::Lapsing => Duty::Settle,
            OnlineState::Voiding => Duty::Void,
            OnlineState::Awaiting | OnlineState::Captured | OnlineState::Voided => return None,
        };
        Some((online.task.unwrap_or_default(), duty))
    });
    let refunds = order.refunds.iter().filter_map(|refund| Some((refund.task?, Duty::Refund(refund.id))));
    payment.into_iter().chain(refunds)
}

fn duties(state: &State, order: &Order) -> Option<&'static str> {
    let there = tasks_of(order).all(|(id, duty)| {
        state.tasks.get(&id).is_some_and(|t| (t.order, t.organization, t.duty) == (order.id, order.organization, duty))
    });
    let none = order.online().is_none_or(|o| {
        let asks = !matches!(o.state, OnlineState::Awaiting | OnlineState::Captured | OnlineState::Voided);
        o.task.is_some() == asks
    });
    let refunds = order.refunds.iter().all(|r| match r.state {
        RefundState::Pending | RefundState::Sent => r.task.is_some(),
        // What went twice waits for staff.
        RefundState::Done => r.task.is_none_or(|id| {
            state.tasks.get(&id).is_some_and(|task| task.trouble.as_ref().is_some_and(|trouble| trouble.for_good))
        }),
        RefundState::Failed => true,
    });
    (!there || !none || !refunds).then_some("the outbox does not have what it asks for")
}
