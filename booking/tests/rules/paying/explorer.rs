//! Every order of what can happen to one payment, explored to the end: a model of the provider beside the real rules.
//!
//! At each point any of these may be next: a leader, or one that was deposed long ago, calls the provider for any task
//! that there ever was; anything that the provider ever said arrives, again or at last; the buyer pays, fails to pay, or
//! gives the order up; time runs out; a rival takes the places if they are free; the provider breaks its promise.
//! Not delivering something is losing it, delivering it twice repeats it, and a call whose answer does not arrive is one
//! that a crash cut off: so crashes of leader and provider between any two steps are among the orders explored.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use booking::command::{CancelOrder, Fact, Pay, PlaceOrder, RefundFact, ReportPayment, ReportRefund, RetryTask};
use booking::ids::{HoldId, OrderId, PaymentId, PlanId, RefundId, ShowtimeId, TaskId, VenueId};
use booking::inventory::PlaceState;
use booking::money::Money;
use booking::orders::{Buyer, Order, OrderState};
use booking::payments::OnlineState;
use booking::refunds::RefundState;
use booking::tasks::Duty;
use booking::{Command, invariants};

use super::super::house::{House, RowOf, SHOP, place_hold, plan};

const ORDER: OrderId = OrderId(77);
const SEATS: [u32; 2] = [3, 4];

/// The provider's intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Intent {
    Awaiting,
    Authorised,
    Captured,
    Cancelled,
}

/// What the provider says, to be delivered any number of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Said {
    Created,
    Refused,
    Declined,
    Authorised,
    Captured,
    Cancelled,
    RefundSent(Attempt),
    RefundDone(Attempt),
    RefundRefused(Attempt),
    RefundFailed(Attempt),
}

/// A refund, and which attempt at it.
type Attempt = (RefundId, u16);

/// What became of an attempt at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Back {
    Refused,
    Done,
    /// Also after it was done.
    Failed,
}

/// What the world besides the rules is like.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
struct World {
    intent: Option<Intent>,
    refunds: BTreeMap<Attempt, Back>,
    said: BTreeSet<Said>,
    /// Every task that there ever was: any of them may still be under way on some node.
    asked: BTreeSet<(Duty, u16)>,
    lapsed: bool,
    rival: bool,
    given_up: bool,
}

/// What may happen next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Move {
    Call(Duty, u16),
    Refuse,
    Deliver(Said),
    Pay,
    /// A provider that takes the money without being asked.
    PayAtOnce,
    FailToPay,
    BreakPromise,
    RefuseRefund(Attempt),
    FailRefund(Attempt),
    /// Staff has a refund that failed tried again.
    Retry(RefundId),
    TimeRunsOut,
    RivalTakes,
    GiveUp,
}

#[derive(Clone)]
struct Point {
    house: House,
    world: World,
    /// How it came to be, for a failure's message.
    path: Vec<Move>,
}

/// What two points have in common that have the same future.
type Likeness = (World, OrderState, OnlineState, Vec<(RefundId, RefundState, i64, u16)>, Vec<PlaceState>, usize);

impl Point {
    fn start() -> Self {
        let rows = [RowOf { section: "s", label: "A", seats: 8, category: "c", gap: None, special: &[] }];
        let plan = plan(PlanId(1), (SHOP, VenueId(1)), &rows, &[]);
        let mut house = House::new();
        let showtime = house.open(1, &plan);
        house.must(place_hold(5, showtime, plan.id, &SEATS));
        let buyer = Buyer { name: "Ada".into(), email: "ada@example.org".into(), ..Buyer::default() };
        house.must(Command::PlaceOrder(Box::new(PlaceOrder {
            id: ORDER,
            organization: None,
            holds: vec![HoldId(5)],
            buyer,
            pay: Pay::Online { id: PaymentId(9), return_url: None, token: None },
            voucher: None,
        })));
        let mut point = Self { house, world: World::default(), path: Vec::new() };
        point.note_tasks();
        point
    }

    fn order(&self) -> &Order {
        self.house.state.order(ORDER).unwrap()
    }

    fn seats(&self) -> Vec<PlaceState> {
        let inventory = self.house.state.inventory(ShowtimeId(1)).unwrap();
        SEATS.map(|seat| inventory.seat(seat).unwrap().state()).to_vec()
    }

    /// What is to be done, by which attempt.
    fn duties(&self) -> Vec<(Duty, u16)> {
        let attempt = |duty| match duty {
            Duty::Refund(id) => self.order().refunds.iter().find(|r| r.id == id).map_or(0, |r| r.attempt),
            Duty::CreateIntent | Duty::Capture | Duty::Settle | Duty::Void => 0,
        };
        self.house.state.tasks(TaskId(0)).map(|task| (task.duty, attempt(task.duty))).collect()
    }

    /// Whether the money of a refund went.
    fn went_back(&self, id: RefundId) -> bool {
        self.world.refunds.iter().any(|((of, _), back)| *of == id && *back == Back::Done)
    }

    fn note_tasks(&mut self) {
        let duties = self.duties();
        self.world.asked.extend(duties);
    }

    fn likeness(&self) -> Likeness {
        let order = self.order();
        let refunds = order.refunds.iter().map(|r| (r.id, r.state, r.amount, r.attempt)).collect();
        let online = order.online().unwrap().state;
        (self.world.clone(), order.state, online, refunds, self.seats(), self.duties().len())
    }

    fn moves(&self) -> Vec<Move> {
        let world = &self.world;
        let mut moves: Vec<Move> = world.asked.iter().map(|(duty, attempt)| Move::Call(*duty, *attempt)).collect();
        moves.extend(world.said.iter().map(|said| Move::Deliver(*said)));
        match world.intent {
            None => moves.push(Move::Refuse),
            Some(Intent::Awaiting) => moves.extend([Move::Pay, Move::PayAtOnce, Move::FailToPay]),
            Some(Intent::Authorised) => moves.push(Move::BreakPromise),
            Some(Intent::Captured | Intent::Cancelled) => {}
        }
        let asked = world.asked.iter().filter_map(|(duty, attempt)| match duty {
            Duty::Refund(id) => Some((*id, *attempt)),
            Duty::CreateIntent | Duty::Capture | Duty::Settle | Duty::Void => None,
        });
        moves.extend(asked.filter(|of| !world.refunds.contains_key(of)).map(Move::RefuseRefund));
        let done = world.refunds.iter().filter(|(_, back)| **back == Back::Done);
        moves.extend(done.map(|(of, _)| Move::FailRefund(*of)));
        let failed = self.order().refunds.iter().filter(|r| r.state == RefundState::Failed && r.attempt == 0);
        moves.extend(failed.map(|r| Move::Retry(r.id)));
        if !world.lapsed {
            moves.push(Move::TimeRunsOut);
        }
        if !world.rival && self.seats().contains(&PlaceState::Free) {
            moves.push(Move::RivalTakes);
        }
        if !world.given_up {
            moves.push(Move::GiveUp);
        }
        moves
    }

    fn after(&self, next: Move) -> Self {
        let mut point = self.clone();
        point.path.push(next);
        match next {
            Move::Call(duty, attempt) => point.call(duty, attempt),
            Move::Refuse => {
                point.world.said.insert(Said::Refused);
                // It will not make one later either.
                point.world.intent = Some(Intent::Cancelled);
            }
            Move::Deliver(said) => point.deliver(said),
            Move::Pay => point.becomes(Intent::Authorised, Said::Authorised),
            Move::PayAtOnce => point.becomes(Intent::Captured, Said::Captured),
            Move::FailToPay => {
                point.world.said.insert(Said::Declined);
            }
            Move::BreakPromise => point.becomes(Intent::Cancelled, Said::Cancelled),
            Move::RefuseRefund(of) => {
                point.world.refunds.insert(of, Back::Refused);
                point.world.said.insert(Said::RefundRefused(of));
            }
            Move::FailRefund(of) => {
                point.world.refunds.insert(of, Back::Failed);
                point.world.said.insert(Said::RefundFailed(of));
            }
            Move::Retry(id) => {
                let refund = point.order().refunds.iter().find(|r| r.id == id).unwrap();
                let retry = RetryTask { organization: SHOP, id: refund.task.unwrap() };
                point.house.must(Command::RetryTask(retry));
            }
            Move::TimeRunsOut => {
                point.world.lapsed = true;
                point.house.now_ms += 600_000;
                point.house.must(Command::Tick);
            }
            Move::RivalTakes => {
                point.world.rival = true;
                let free =
                    SEATS.into_iter().find(|seat| point.house.state.inventory(ShowtimeId(1)).unwrap().is_free(*seat));
                point.house.must(place_hold(6, ShowtimeId(1), PlanId(1), &[free.unwrap()]));
            }
            Move::GiveUp => {
                point.world.given_up = true;
                let (order, organization, refund) = (ORDER, None, RefundId(88));
                let cancel = CancelOrder { order, organization, refund, reason: "".into() };
                drop(point.house.apply(Command::CancelOrder(cancel), None));
            }
        }
        point.note_tasks();
        point
    }

    fn becomes(&mut self, intent: Intent, said: Said) {
        self.world.intent = Some(intent);
        self.world.said.insert(said);
    }

    /// What a call does at the provider. Its answer is one of the things said: it arrives when it is delivered.
    fn call(&mut self, duty: Duty, attempt: u16) {
        use Intent::{Authorised, Awaiting, Cancelled, Captured};
        let intent = self.world.intent;
        match (duty, intent) {
            (Duty::CreateIntent, None) => self.becomes(Awaiting, Said::Created),
            (Duty::Capture, Some(Authorised)) => self.becomes(Captured, Said::Captured),
            // Whoever settles or cancels makes the intent first, under the same key, so that none is made later.
            (Duty::Settle | Duty::Void, None | Some(Awaiting)) | (Duty::Void, Some(Authorised)) => {
                self.becomes(Cancelled, Said::Cancelled);
            }
            // Whoever asks anew looks first whether an attempt of before went well after all.
            (Duty::Refund(id), Some(Captured)) => {
                let of = (id, attempt);
                if !self.went_back(id) && !self.world.refunds.contains_key(&of) {
                    self.world.refunds.insert(of, Back::Done);
                    self.world.said.extend([Said::RefundSent(of), Said::RefundDone(of)]);
                }
            }
            // Told how it stands.
            (_, Some(Cancelled)) => {
                self.world.said.insert(Said::Cancelled);
            }
            (_, Some(Captured)) => {
                self.world.said.insert(Said::Captured);
            }
            (Duty::CreateIntent | Duty::Settle, Some(Authorised)) => {
                self.world.said.insert(Said::Authorised);
            }
            (Duty::CreateIntent | Duty::Capture | Duty::Refund(_), _) => {}
        }
    }

    fn deliver(&mut self, said: Said) {
        self.house.must(report(said));
    }

    /// What is told to be old news changes nothing: the log may be spared it.
    fn check_old_news(&self) -> BTreeSet<Said> {
        let old = |said: &&Said| self.house.state.is_old_news(&report(**said));
        let old: BTreeSet<Said> = self.world.said.iter().filter(old).copied().collect();
        for said in &old {
            let after = self.after(Move::Deliver(*said));
            assert_eq!(after.order(), self.order(), "{said:?} was news after all {:?}", self.path);
            assert_eq!(after.duties(), self.duties(), "{said:?} was news after all {:?}", self.path);
        }
        old
    }

    /// What must hold at every point.
    fn check(&self) {
        let tell = || format!("after {:?}: {:?}", self.path, self.order());
        assert_eq!(invariants::check(&self.house.state), Vec::<String>::new(), "{}", tell());
        let order = self.order();
        if order.owns() == Some(PlaceState::Sold) {
            assert_eq!(self.world.intent, Some(Intent::Captured), "sold without money {}", tell());
        }
        let asked_back: i64 = order.refunds.iter().map(|r| r.amount).sum();
        assert!(asked_back <= order.received(), "more goes back than came {}", tell());
    }

    /// From here on nothing more is lost: every open task is carried out, all that was said arrives, time passes.
    fn complete(mut self) {
        for _ in 0..12 {
            let said: Vec<Said> = self.world.said.iter().copied().collect();
            for said in said {
                self = self.after(Move::Deliver(said));
            }
            let duties = self.duties();
            for (duty, attempt) in &duties {
                self = self.after(Move::Call(*duty, *attempt));
            }
            if duties.is_empty() && !self.world.lapsed {
                self = self.after(Move::TimeRunsOut);
            }
        }
        self.check();
        let tell = || format!("after {:?}: {:?} {:?}", self.path, self.world, self.order());
        let order = self.order();
        let online = order.online().unwrap();
        let failed = order.refunds.iter().filter(|r| r.state == RefundState::Failed).count();
        assert_ne!(order.state, OrderState::Pending, "it never ends {}", tell());
        assert_eq!(self.duties().len(), failed, "something stays to be done {}", tell());
        match self.world.intent {
            Some(Intent::Captured) => assert_eq!(online.state, OnlineState::Captured, "{}", tell()),
            Some(Intent::Cancelled) | None => assert_eq!(online.state, OnlineState::Voided, "{}", tell()),
            Some(Intent::Awaiting | Intent::Authorised) => panic!("the provider was left waiting {}", tell()),
        }
        // The ledgers agree: what came and did not go back is what the sold places cost.
        let at_provider = if self.world.intent == Some(Intent::Captured) { 9_500 } else { 0 };
        for refund in &order.refunds {
            let done = refund.state == RefundState::Done;
            assert_eq!(done, self.went_back(refund.id), "a refund is not as the provider has it {}", tell());
        }
        let sum = |back: bool| order.refunds.iter().filter(|r| self.went_back(r.id) == back).map(|r| r.amount).sum();
        let (went_back, owed): (i64, i64) = (sum(true), sum(false));
        let sold = if order.owns() == Some(PlaceState::Sold) { 9_500 } else { 0 };
        assert_eq!(at_provider - went_back - owed, sold, "money and seats do not agree {}", tell());
        assert!(owed == 0 || failed > 0, "money is owed that nobody sees to {}", tell());
    }
}

fn report(said: Said) -> Command {
    let amount = Money { amount: 9_500, currency: "EUR".parse().unwrap() };
    let why = "because".into();
    let fact = match said {
        Said::Created => Fact::Created { page: Some("https://pay".into()) },
        Said::Refused => Fact::Refused { why },
        Said::Declined => Fact::Declined { why, page: None },
        Said::Authorised => Fact::Authorised { amount },
        Said::Captured => Fact::Captured { amount },
        Said::Cancelled => Fact::Cancelled { why },
        Said::RefundSent(of) => return report_refund(of, true, RefundFact::Sent),
        Said::RefundDone(of) => return report_refund(of, true, RefundFact::Done),
        Said::RefundRefused(of) => return report_refund(of, false, RefundFact::Failed { why }),
        Said::RefundFailed(of) => return report_refund(of, true, RefundFact::Failed { why }),
    };
    let intent = (said != Said::Refused).then(|| "pi_1".into());
    Command::ReportPayment(Box::new(ReportPayment { organization: SHOP, order: ORDER, intent, fact }))
}

fn report_refund((refund, attempt): Attempt, named: bool, fact: RefundFact) -> Command {
    let reference = named.then(|| format!("re_{refund}_{attempt}").into());
    Command::ReportRefund(Box::new(ReportRefund { organization: SHOP, order: ORDER, refund, attempt, reference, fact }))
}

#[test]
fn money_and_seats_agree_in_every_order_of_what_can_happen() {
    let mut seen = BTreeSet::new();
    let mut ends: BTreeMap<(OrderState, OnlineState), usize> = BTreeMap::new();
    let mut todo = VecDeque::from([Point::start()]);
    let mut moves = 0_usize;
    let mut spared = 0;
    while let Some(point) = todo.pop_front() {
        let old = point.check_old_news();
        spared += old.len();
        for next in point.moves() {
            let after = point.after(next);
            moves += 1;
            for said in &old {
                assert!(after.house.state.is_old_news(&report(*said)), "{said:?} is news again {:?}", after.path);
            }
            if seen.insert(after.likeness()) {
                after.check();
                let order = after.order();
                *ends.entry((order.state, order.online().unwrap().state)).or_default() += 1;
                after.clone().complete();
                todo.push_back(after);
            }
        }
    }
    println!("{} points, {moves} moves, {spared} reports spared: {ends:?}", seen.len());
    assert!(spared > 1_000, "nothing is ever old: {spared}");
    // All states were met: also money that came though the order had failed, or was given up.
    let met: BTreeSet<OnlineState> = ends.keys().map(|(_, online)| *online).collect();
    assert_eq!(met.len(), 7, "{ends:?}");
    for state in [OrderState::Paid, OrderState::Refunded, OrderState::Failed, OrderState::Cancelled] {
        assert!(ends.contains_key(&(state, OnlineState::Captured)), "{state:?} was not met: {ends:?}");
    }
}
