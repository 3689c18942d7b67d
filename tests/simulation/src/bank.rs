//! The payment provider: a party of its own, which no fault of the cluster touches and which has faults of its own. It
//! keeps a ledger that is compared with the orders at the end: promise 5.
//!
//! A call reaches it late, or never; what it does stands though the answer is lost, and though its caller is gone. It
//! tells what happened late, twice, out of order, or never. Its buyers pay soon, after a decline, too late, or never.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use booking::command::{RefundFact, ReportPayment, ReportRefund, RetryTask};
use booking::ids::{OrderId, OrganizationId, PaymentId, RefundId, TaskId};
use booking::inventory::PlaceState;
use booking::orders::OrderState;
use booking::refunds::RefundState;
use booking::tasks::Duty;
use booking::{Actor, Command, Request, State};
use effects::{Failure, Intent, IntentStatus, NewIntent, NewRefund, Pace, Provider, RefundStatus, Refunded};
use futures_util::FutureExt;
use raft::Cluster;
use tokio::sync::oneshot;

use crate::draw::Draw;
use crate::house::SHOP;
use crate::life::Life;
use crate::machines::Machines;
use crate::trace::Trace;

/// As eager as a run is short.
const PACE: Pace = Pace {
    calls_max: 16,
    calls_per_organization_max: 8,
    pause_first: Duration::from_millis(100),
    pause_last: Duration::from_secs(2),
    trouble_after: Duration::from_secs(5),
    ask_first: Duration::from_secs(1),
    ask_last: Duration::from_secs(4),
    sent_trouble_after: Duration::from_mins(10),
    asks_max: 4,
    ask_every: Duration::from_millis(500),
    strays_every: Duration::from_secs(5),
    strays_after: Duration::from_secs(5),
};

/// An intent as the bank keeps it.
#[derive(Debug, Clone)]
struct Kept {
    intent: Intent,
    /// What was asked for under its key: a call that asks for something else under it is a mistake of the caller's.
    asked: NewIntent,
    /// It breaks its promise when it is to be captured.
    breaks: bool,
    refunded: i64,
}

/// A refund as the bank keeps it.
#[derive(Debug, Clone)]
struct KeptRefund {
    new: NewRefund,
    status: RefundStatus,
}

#[derive(Default)]
struct Ledger {
    intents: BTreeMap<PaymentId, Kept>,
    refunds: BTreeMap<(RefundId, u16), KeptRefund>,
}

/// See the module.
pub(crate) struct Bank {
    ledger: Mutex<Ledger>,
    draw: Mutex<Draw>,
    trace: Trace,
    mended: AtomicBool,
    /// What it, or staff, will still do without being asked.
    busy: AtomicUsize,
}

/// Has a node carry tasks out for as long as it lives.
pub(crate) async fn serve(machines: Arc<Machines>, node: Cluster, life: Arc<Life>) {
    let counter = Arc::new(Counter { bank: Arc::clone(&machines.bank), machines });
    tokio::select! {
        biased;
        _ = life.over() => {}
        () = effects::run(node, counter, PACE) => {}
    }
}

impl Bank {
    pub(crate) fn new(draw: Draw, trace: Trace) -> Arc<Self> {
        let (ledger, mended, busy) = (Mutex::default(), AtomicBool::new(false), AtomicUsize::new(0));
        Arc::new(Self { ledger, draw: Mutex::new(draw), trace, mended, busy })
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn draw(&self) -> MutexGuard<'_, Draw> {
        self.draw.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn one_in(&self, n: u64) -> bool {
        self.draw().one_in(n)
    }

    /// From now on it fails no more, and tells all that it is asked.
    pub(crate) fn mend(&self) {
        self.mended.store(true, Ordering::Relaxed);
    }

    fn fails(&self, one_in: u64) -> bool {
        !self.mended.load(Ordering::Relaxed) && self.one_in(one_in)
    }

    fn pause_ms(&self, below: u64) -> Duration {
        Duration::from_millis(self.draw().below(below))
    }

    /// Does something later, and is not done before.
    fn later(self: &Arc<Self>, machines: &Arc<Machines>, what: impl Future<Output = ()> + Send + 'static) {
        self.busy.fetch_add(1, Ordering::Relaxed);
        let bank = Arc::clone(self);
        machines.tasks.spawn(async move {
            what.await;
            bank.busy.fetch_sub(1, Ordering::Relaxed);
        });
    }

    /// Every order is final and nothing is left to be done, as the node knows that has come furthest.
    pub(crate) fn is_settled(machines: &Machines) -> bool {
        let idle = machines.bank.busy.load(Ordering::Relaxed) == 0;
        idle && Self::furthest(machines, |state| {
            let pending = state.orders_of(SHOP, OrderId(0)).any(|order| order.state == OrderState::Pending);
            // What failed for good waits for staff: none are here.
            let open = state.tasks(TaskId(0)).any(|task| task.trouble.as_ref().is_none_or(|t| !t.for_good));
            !pending && !open
        })
        .unwrap_or(false)
    }

    /// What is not settled, for the trace.
    pub(crate) fn open(machines: &Machines) -> String {
        let tell = |state: &State| {
            let orders = state.orders_of(SHOP, OrderId(0)).filter(|order| order.state == OrderState::Pending);
            let orders: Vec<_> = orders.map(|order| (order.id, order.online().map(|o| o.state))).collect();
            format!("{orders:?} {:?}", state.tasks(TaskId(0)).collect::<Vec<_>>())
        };
        Self::furthest(machines, tell).unwrap_or_default()
    }

    fn furthest<T>(machines: &Machines, look: impl Fn(&State) -> T) -> Option<T> {
        let running = machines.joined().into_iter().filter_map(|i| machines.running(i));
        let furthest = running.max_by_key(|running| running.node.applied())?;
        let state = furthest.node.state();
        Some(look(&state))
    }

    /// Both sides' books agree, and money with seats: promise 5.
    pub(crate) fn compare(&self, machine: usize, state: &State) {
        let wrong = |what: String| self.trace.wrong(format!("n{machine}: {what}"));
        let ledger = self.ledger();
        let mut known = BTreeMap::new();
        for order in state.orders_of(SHOP, OrderId(0)) {
            let Some(online) = order.online() else { continue };
            let at_bank = ledger.intents.get(&online.id);
            known.insert(online.id, order.id);
            let status = at_bank.map(|kept| kept.intent.status);
            let captured = if status == Some(IntentStatus::Captured) { order.total.amount } else { 0 };
            if captured != online.captured {
                wrong(format!("{} has {} captured, the bank {captured}", order.id, online.captured));
            }
            if matches!(status, Some(IntentStatus::Awaiting | IntentStatus::Authorised)) {
                wrong(format!("the bank is left waiting for {}: {order:?}", order.id));
            }
            let done = order.refunds.iter().filter(|refund| refund.state == RefundState::Done);
            let (ours, theirs) =
                (done.map(|refund| refund.amount).sum::<i64>(), at_bank.map_or(0, |kept| kept.refunded));
            if ours != theirs {
                wrong(format!("{} has {ours} refunded, the bank {theirs}", order.id));
            }
            // What came and is not to go back is there in tickets, or in fees that stay.
            let left = captured - order.given_back();
            if (left > 0) != (order.owns() == Some(PlaceState::Sold) || order.refunds.iter().any(|r| r.keeps_fees)) {
                wrong(format!("{} has places and money that do not agree: {order:?}", order.id));
            }
        }
        for (payment, kept) in &ledger.intents {
            if matches!(kept.intent.status, IntentStatus::Awaiting | IntentStatus::Authorised) {
                wrong(format!("the bank is left waiting: {:?}", kept.intent));
            }
            if !known.contains_key(payment) && kept.intent.status != IntentStatus::Cancelled {
                wrong(format!("the bank has an intent of no order: {:?}", kept.intent));
            }
        }
        let of = |status| ledger.intents.values().filter(|kept| kept.intent.status == status).count() as u64;
        self.trace.add("payments captured", of(IntentStatus::Captured));
        self.trace.add("payments cancelled", of(IntentStatus::Cancelled));
        self.trace.add("refunds made", ledger.refunds.len() as u64);
    }
}

/// Where nodes call, and where the bank calls nodes from.
struct Counter {
    bank: Arc<Bank>,
    machines: Arc<Machines>,
}

impl Counter {
    /// A call: what it does is done though nobody waits for the answer any more.
    async fn call<T: Send + 'static>(
        &self,
        what: &'static str,
        act: impl FnOnce(&Arc<Bank>, &Arc<Machines>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let (bank, machines) = (Arc::clone(&self.bank), Arc::clone(&self.machines));
        let (answer, answered) = oneshot::channel();
        let lost = || Failure::Passing("no answer".to_owned());
        if bank.fails(10) {
            bank.trace.count("calls to the bank that failed");
            tokio::time::sleep(bank.pause_ms(500)).await;
            return Err(Failure::Passing("it does not answer".to_owned()));
        }
        self.machines.tasks.spawn(async move {
            let slow = if bank.fails(20) { 8_000 } else { 150 };
            tokio::time::sleep(bank.pause_ms(slow)).await;
            let done = act(&bank, &machines);
            bank.trace.count(what);
            tokio::time::sleep(bank.pause_ms(150)).await;
            if bank.fails(10) {
                bank.trace.count("answers of the bank lost");
            } else {
                drop(answer.send(done));
            }
        });
        let answered = answered.map(|answer| answer.map_err(|_| lost()).flatten());
        tokio::time::timeout(Duration::from_secs(3), answered).await.unwrap_or_else(|_| Err(lost()))
    }
}

impl Bank {
    /// What happened to an intent is told, perhaps.
    fn tell(self: &Arc<Self>, machines: &Arc<Machines>, intent: &Intent) {
        let Some((organization, order)) = intent.of else { return };
        let report = ReportPayment { organization, order, intent: Some(intent.id.clone()), fact: intent.fact() };
        self.send(machines, organization, &Command::ReportPayment(Box::new(report)), false);
    }

    fn tell_refund(self: &Arc<Self>, machines: &Arc<Machines>, kept: &KeptRefund, surely: bool) {
        let NewRefund { organization, order, refund, attempt, .. } = kept.new;
        let fact = match &kept.status {
            RefundStatus::Sent => RefundFact::Sent,
            RefundStatus::Done => RefundFact::Done,
            RefundStatus::Failed(why) => RefundFact::Failed { why: why.clone() },
        };
        let reference = Some(name_of(refund, attempt));
        let report = ReportRefund { organization, order, refund, attempt, reference, fact };
        self.send(machines, organization, &Command::ReportRefund(Box::new(report)), surely);
    }

    fn send(self: &Arc<Self>, machines: &Arc<Machines>, lane: OrganizationId, command: &Command, surely: bool) {
        if !surely && self.fails(4) {
            return self.trace.count("calls of the bank that never came");
        }
        let counts = surely || matches!(command, Command::RetryTask(_));
        for _ in 0..if self.one_in(5) { 2 } else { 1 } {
            let (bank, machines, command) = (Arc::clone(self), Arc::clone(machines), command.clone());
            let below_ms = if self.one_in(8) { 20_000 } else { 800 };
            let wait = self.pause_ms(below_ms);
            let (of, tasks) = (Arc::clone(&bank), Arc::clone(&machines));
            let delivery = async move {
                tokio::time::sleep(wait).await;
                for _ in 0..if surely { 100 } else { 4 } {
                    let up = machines.up();
                    let chosen = bank.draw().index(up.len());
                    let running = up.get(chosen).and_then(|i| machines.running(*i));
                    if let Some(running) = running {
                        let request = Request { actor: Actor::Node, idempotency: None, command: command.clone() };
                        let taken = tokio::select! {
                            biased;
                            _ = running.life.over() => false,
                            answer = running.node.propose(lane.0, request) => answer.is_ok(),
                        };
                        if taken {
                            return bank.trace.count("calls of the bank");
                        }
                    }
                    tokio::time::sleep(bank.pause_ms(1_000)).await;
                }
            };
            if counts {
                of.later(&tasks, delivery);
            } else {
                tasks.tasks.spawn(delivery);
            }
        }
    }

    /// A refund comes back: its money is here again, and it stays failed.
    fn fail_refund(self: &Arc<Self>, machines: &Arc<Machines>, key: (RefundId, u16)) {
        let mut ledger = self.ledger();
        let Some(kept) = ledger.refunds.get_mut(&key) else { return };
        kept.status = RefundStatus::Failed("the account is closed".into());
        let failed = kept.clone();
        if let Ok(of) = ledger.by_name(&failed.new.intent) {
            of.refunded -= failed.new.amount.amount;
        }
        drop(ledger);
        self.trace.count("refunds that failed");
        // Of a refund that was done nobody asks any more: as in the field it is told until it is heard.
        self.tell_refund(machines, &failed, true);
        self.later(machines, Arc::clone(self).staff(Arc::clone(machines)));
    }

    /// Staff have refunds that failed tried again, mostly.
    async fn staff(self: Arc<Self>, machines: Arc<Machines>) {
        for _ in 0..3 {
            tokio::time::sleep(self.pause_ms(4_000)).await;
            let failed = Self::furthest(&machines, |state| {
                let theirs = state.tasks(TaskId(0)).filter(|task| task.trouble.as_ref().is_some_and(|t| t.for_good));
                let refunds = theirs.filter(|task| matches!(task.duty, Duty::Refund(_)));
                refunds.map(|task| task.id).collect::<Vec<_>>()
            });
            for id in failed.unwrap_or_default() {
                self.trace.count("refunds tried again by staff");
                self.send(&machines, SHOP, &Command::RetryTask(RetryTask { organization: SHOP, id }), false);
            }
        }
    }

    /// Puts an intent into another state if it may be, and tells of it.
    fn turn(self: &Arc<Self>, machines: &Arc<Machines>, payment: PaymentId, from: &[IntentStatus], to: IntentStatus) {
        let mut ledger = self.ledger();
        let Some(kept) = ledger.intents.get_mut(&payment) else { return };
        if !from.contains(&kept.intent.status) {
            return;
        }
        kept.intent.status = to;
        kept.intent.why = None;
        let now = kept.intent.clone();
        drop(ledger);
        self.tell(machines, &now);
    }

    /// What the buyer does on the bank's page.
    async fn buyer(self: Arc<Self>, machines: Arc<Machines>, payment: PaymentId) {
        use IntentStatus::{Authorised, Awaiting, Captured};
        let (kind, more) = {
            let mut draw = self.draw();
            (draw.below(10), draw.below(5_000))
        };
        let wait = match kind {
            0 => return,
            1 | 2 => 9_000 + more,
            _ => more,
        };
        tokio::time::sleep(Duration::from_millis(wait / 2)).await;
        if self.one_in(5) {
            let mut ledger = self.ledger();
            let kept = ledger.intents.get_mut(&payment).filter(|kept| kept.intent.status == Awaiting);
            let declined = kept.map(|kept| {
                kept.intent.why = Some("declined".into());
                kept.intent.clone()
            });
            drop(ledger);
            if let Some(declined) = declined {
                self.tell(&machines, &declined);
            }
        }
        tokio::time::sleep(Duration::from_millis(wait / 2)).await;
        // Now and then it takes the money at once, whatever it was asked for.
        let to = if self.one_in(12) { Captured } else { Authorised };
        self.turn(&machines, payment, &[Awaiting], to);
    }
}

fn name_of(refund: RefundId, attempt: u16) -> Box<str> {
    format!("re_{:x}_{attempt}", refund.0).into()
}

fn unknown() -> Failure {
    Failure::Refused("there is no such thing".to_owned())
}

impl Ledger {
    fn by_name(&mut self, intent: &str) -> Result<&mut Kept, Failure> {
        self.intents.values_mut().find(|kept| *kept.intent.id == *intent).ok_or_else(unknown)
    }
}

impl Provider for Counter {
    async fn make(&self, new: &NewIntent) -> Result<Intent, Failure> {
        let new = new.clone();
        self.call("intents asked for", move |bank, machines| {
            let mut ledger = bank.ledger();
            if let Some(kept) = ledger.intents.get(&new.payment) {
                if kept.asked != new {
                    bank.trace.wrong(format!("{new:?} is asked for under the key of {:?}", kept.asked));
                }
                return Ok(kept.intent.clone());
            }
            let intent = Intent {
                id: format!("pi_{:x}", new.payment.0).into(),
                of: Some((new.organization, new.order)),
                status: IntentStatus::Awaiting,
                amount: new.amount,
                page: Some("https://bank".into()),
                why: None,
                made_at_ms: 0,
            };
            let kept = Kept { intent: intent.clone(), asked: new.clone(), breaks: bank.one_in(12), refunded: 0 };
            ledger.intents.insert(new.payment, kept);
            drop(ledger);
            bank.tell(machines, &intent);
            machines.tasks.spawn(Arc::clone(bank).buyer(Arc::clone(machines), new.payment));
            Ok(intent)
        })
        .await
    }

    async fn read(&self, intent: &str) -> Result<Intent, Failure> {
        let intent = intent.to_owned();
        self.call("intents read", move |bank, _| bank.ledger().by_name(&intent).map(|kept| kept.intent.clone())).await
    }

    async fn capture(&self, _: &str, payment: PaymentId) -> Result<Intent, Failure> {
        self.call("captures asked for", move |bank, machines| {
            use IntentStatus::{Authorised, Cancelled, Captured};
            let breaks = bank.ledger().intents.get(&payment).is_some_and(|kept| kept.breaks);
            bank.turn(machines, payment, &[Authorised], if breaks { Cancelled } else { Captured });
            let kept = bank.ledger().intents.get(&payment).cloned().ok_or_else(unknown)?;
            match kept.intent.status {
                Captured => Ok(kept.intent),
                other => Err(Failure::Refused(format!("it is {other:?}"))),
            }
        })
        .await
    }

    async fn cancel(&self, intent: &str) -> Result<Intent, Failure> {
        let intent = intent.to_owned();
        self.call("cancellations asked for", move |bank, machines| {
            use IntentStatus::{Authorised, Awaiting, Cancelled};
            let mut ledger = bank.ledger();
            ledger.by_name(&intent)?;
            let payment = ledger.intents.iter().find(|(_, kept)| *kept.intent.id == *intent).map(|(id, _)| *id);
            drop(ledger);
            let payment = payment.ok_or_else(unknown)?;
            bank.turn(machines, payment, &[Awaiting, Authorised], Cancelled);
            let kept = bank.ledger().intents.get(&payment).cloned().ok_or_else(unknown)?;
            match kept.intent.status {
                Cancelled => Ok(kept.intent),
                other => Err(Failure::Refused(format!("it is {other:?}"))),
            }
        })
        .await
    }

    async fn refund(&self, new: &NewRefund) -> Result<Refunded, Failure> {
        let new = new.clone();
        self.call("refunds asked for", move |bank, machines| {
            let key = (new.refund, new.attempt);
            let mut ledger = bank.ledger();
            if let Some(kept) = ledger.refunds.get(&key) {
                return Ok(Refunded { id: name_of(key.0, key.1), status: kept.status.clone() });
            }
            let kept = ledger.by_name(&new.intent)?;
            let left = if kept.intent.status == IntentStatus::Captured { kept.intent.amount.amount } else { 0 };
            if new.amount.amount > left - kept.refunded {
                return Err(Failure::Refused("more than there is".to_owned()));
            }
            kept.refunded += new.amount.amount;
            let kept = KeptRefund { new, status: RefundStatus::Sent };
            ledger.refunds.insert(key, kept.clone());
            drop(ledger);
            bank.tell_refund(machines, &kept, false);
            let (bank, machines) = (Arc::clone(bank), Arc::clone(machines));
            Arc::clone(&bank).later(&Arc::clone(&machines), async move {
                tokio::time::sleep(bank.pause_ms(4_000)).await;
                if bank.fails(6) {
                    return bank.fail_refund(&machines, key);
                }
                let done = KeptRefund { status: RefundStatus::Done, ..kept };
                bank.ledger().refunds.insert(key, done.clone());
                bank.tell_refund(&machines, &done, false);
                // An account may turn out to be closed after the money arrived, as far as anybody knew.
                if bank.fails(6) {
                    tokio::time::sleep(bank.pause_ms(4_000)).await;
                    bank.fail_refund(&machines, key);
                }
            });
            Ok(Refunded { id: name_of(key.0, key.1), status: RefundStatus::Sent })
        })
        .await
    }

    async fn read_refund(&self, refund: &str) -> Result<Refunded, Failure> {
        let refund = refund.to_owned();
        self.call("refunds read", move |bank, _| {
            let ledger = bank.ledger();
            let found = ledger.refunds.iter().find(|((id, attempt), _)| *name_of(*id, *attempt) == *refund);
            let (_, kept) = found.ok_or_else(unknown)?;
            Ok(Refunded { id: refund.as_str().into(), status: kept.status.clone() })
        })
        .await
    }

    async fn refunds_of(&self, intent: &str) -> Result<Vec<(RefundId, Refunded)>, Failure> {
        let intent = intent.to_owned();
        self.call("refunds listed", move |bank, _| {
            let ledger = bank.ledger();
            let of = ledger.refunds.iter().filter(|(_, kept)| *kept.new.intent == *intent);
            let made = |((refund, attempt), kept): (&(RefundId, u16), &KeptRefund)| {
                (*refund, Refunded { id: name_of(*refund, *attempt), status: kept.status.clone() })
            };
            Ok(of.map(made).collect())
        })
        .await
    }

    async fn open_intents(&self, after: Option<&str>) -> Result<Vec<Intent>, Failure> {
        let after = after.map(str::to_owned);
        self.call("lists asked for", move |bank, _| {
            let ledger = bank.ledger();
            let open = ledger.intents.values().map(|kept| &kept.intent);
            let open = open.filter(|i| matches!(i.status, IntentStatus::Awaiting | IntentStatus::Authorised));
            let mut open: Vec<Intent> = open.cloned().collect();
            open.sort_by(|a, b| a.id.cmp(&b.id));
            Ok(open.into_iter().filter(|i| after.as_ref().is_none_or(|after| *i.id > **after)).take(100).collect())
        })
        .await
    }
}
