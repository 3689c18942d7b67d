//! Random orders, and whatever a payment provider might say of them, in any order.

use std::sync::Arc;

use booking::admission::{Holder, Way};
use booking::command::{
    CancelOrder, Fact, Pay, PlaceOrder, RefundFact, RefundOrder, RefundShowtime, ReportPayment, ReportRefund,
    ReportTrouble, ResolveTask, RetryTask, RotateTicketKey, ScanTicket, TransferTicket, UpdateOrder,
};
use booking::ids::{OrderId, PaymentId, RefundId, ShowtimeId, TaskId, TicketId};
use booking::money::Money;
use booking::orders::{Buyer, Order};
use booking::{Command, State};

use super::super::house::SHOP;
use super::Asker;

impl Asker {
    pub(super) fn order(&mut self) -> Command {
        let n = 1 + self.dice.below(3);
        let pay = match self.dice.below(8) {
            0 => Pay::Cash,
            1 => Pay::Comp,
            _ => Pay::Online {
                id: PaymentId(self.made),
                return_url: None,
                token: self.dice.one_in(4).then(|| "t".into()),
            },
        };
        let email = self.dice.of(&["", "a@b", " A@B", "c@d", "e@f", "g@h"]).into();
        let name = self.dice.of(&["", "Ada", "Ben", "Cy"]).into();
        let organization = self.organization();
        Command::PlaceOrder(Box::new(PlaceOrder {
            id: OrderId(self.made),
            organization: self.dice.one_in(3).then_some(organization),
            holds: (0..n).map(|_| self.some_hold()).collect(),
            buyer: Buyer { email, name, ..Buyer::default() },
            pay,
            voucher: self.dice.code(),
        }))
    }

    fn some_order(&mut self, state: &State) -> Option<Arc<Order>> {
        let back = self.dice.below(8) as usize;
        state.orders_of(SHOP, OrderId(0)).rev().nth(back).cloned()
    }

    /// Something about an order's money: what its buyer or staff ask, what the provider says.
    pub(super) fn paying(&mut self, state: &State) -> Command {
        let Some(order) = self.some_order(state) else { return self.order() };
        let tickets: Vec<TicketId> = order.tickets.iter().map(|t| t.id).filter(|_| self.dice.one_in(3)).collect();
        match self.dice.below(22) {
            21 => Command::RotateTicketKey(RotateTicketKey { organization: self.caller().unwrap_or(SHOP) }),
            20 => self.at_the_desk(&order),
            16..=18 => self.at_the_door(state, &order),
            19 => {
                let ticket = order.tickets.first().map_or(TicketId(1), |ticket| ticket.id);
                let holder = Holder { name: self.dice.of(&["", "Zoe"]).into(), email: "z@y".into() };
                Command::TransferTicket(Box::new(TransferTicket { organization: self.caller(), ticket, holder }))
            }
            0 => Command::CancelOrder(CancelOrder {
                order: order.id,
                organization: self.caller(),
                refund: RefundId(self.made),
                reason: "ill".into(),
            }),
            1 | 2 => Command::RefundOrder(Box::new(RefundOrder {
                id: RefundId(self.made),
                order: order.id,
                organization: self.caller(),
                tickets: if self.dice.one_in(3) { Vec::new() } else { tickets },
                keeps_fees: self.dice.one_in(3),
                reason: "ill".into(),
            })),
            3 => Command::RefundShowtime(RefundShowtime {
                organization: self.organization(),
                showtime: self.showtime(),
                keeps_fees: self.dice.one_in(3),
                reason: "it was cancelled".into(),
            }),
            4 | 5 => self.refund_fact(&order),
            6 | 7 => self.of_a_task(state),
            _ => self.fact(&order),
        }
    }

    fn at_the_desk(&mut self, order: &Order) -> Command {
        let mut perhaps = |of: &[&str]| self.dice.one_in(2).then(|| self.dice.of(of).into());
        let (name, email) = (perhaps(&["", "Ada", "Ben"]), perhaps(&["a@b", "c@d", " C@D", "?"]));
        let (phone, note) = (perhaps(&["", "12"]), perhaps(&["", "call back"]));
        Command::UpdateOrder(Box::new(UpdateOrder {
            order: order.id,
            organization: self.caller(),
            expected: self.dice.one_in(4).then_some(order.version),
            name,
            email,
            phone,
            language: None,
            note,
        }))
    }

    fn at_the_door(&mut self, state: &State, order: &Order) -> Command {
        let nth = self.dice.below(1 + order.tickets.len() as u64) as usize;
        let ticket = order.tickets.get(nth).map_or(TicketId(1), |ticket| ticket.id);
        let here = order.parts.first().map_or(ShowtimeId(1), |part| part.showtime);
        Command::ScanTicket(ScanTicket {
            organization: self.organization(),
            showtime: if self.dice.one_in(6) { self.showtime() } else { here },
            ticket,
            generation: u16::from(self.dice.one_in(6)),
            way: self.dice.of(&[Way::In, Way::In, Way::Out]),
            gate: "north".into(),
            at_ms: self.dice.one_in(3).then(|| state.now_ms().saturating_sub(self.dice.below(60_000))),
        })
    }

    fn fact(&mut self, order: &Order) -> Command {
        let amount = Money { amount: order.total.amount + i64::from(self.dice.one_in(30)), ..order.total };
        let why = "because".into();
        let fact = match self.dice.below(12) {
            0 => Fact::Created { page: Some("https://p".into()) },
            1 if self.dice.one_in(3) => Fact::Refused { why },
            1 | 2 => Fact::Declined { why, page: None },
            3..=6 => Fact::Authorised { amount },
            7..=10 => Fact::Captured { amount },
            _ => Fact::Cancelled { why },
        };
        let intent = Some(if self.dice.one_in(40) { "pi_other".into() } else { "pi_1".into() });
        Command::ReportPayment(Box::new(ReportPayment { organization: SHOP, order: order.id, intent, fact }))
    }

    fn refund_fact(&mut self, order: &Order) -> Command {
        let n = self.dice.below(1 + order.refunds.len() as u64) as usize;
        let (refund, attempt) = order.refunds.get(n).map_or((RefundId(1), 0), |r| (r.id, r.attempt));
        let why = "because".into();
        let fact = match self.dice.below(4) {
            0 => RefundFact::Sent,
            1 => RefundFact::Failed { why },
            _ => RefundFact::Done,
        };
        // Of the newest attempt, mostly.
        let attempt = if self.dice.one_in(6) { 0 } else { attempt };
        let reference = self.dice.one_in(2).then(|| format!("re_{attempt}").into());
        let report = ReportRefund { organization: SHOP, order: order.id, refund, attempt, reference, fact };
        Command::ReportRefund(Box::new(report))
    }

    fn of_a_task(&mut self, state: &State) -> Command {
        let back = self.dice.below(6) as usize;
        let id = state.tasks(TaskId(0)).nth(back).map_or(TaskId(9), |task| task.id);
        let organization = self.organization();
        match self.dice.below(4) {
            0 => Command::RetryTask(RetryTask { organization, id }),
            1 => {
                let done = self.dice.one_in(2);
                Command::ResolveTask(ResolveTask { organization, id, done, note: "seen there".into() })
            }
            _ => Command::ReportTrouble(ReportTrouble { id, why: "no answer".into(), for_good: self.dice.one_in(3) }),
        }
    }
}
