//! How much the leader takes: so many requests a second, and who comes first when there are more.
//! Not fairness between organizations (the proposer's lanes), nor limits of single clients (`api`).
//!
//! A token bucket (ITU-T I.371's generic cell rate algorithm, as a counter): it fills with the rate, and each request
//! takes one. It holds a tenth of a second's worth, so that what is taken never queues for longer than that.

use std::sync::{Arc, Mutex};

use booking::{Actor, Command, Request};

use crate::clock::Clock;
use crate::sync::lock;

/// What a request is to whoever sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Errand {
    /// The cluster's own: time, versions. Always taken.
    Duty,
    /// Carries on what somebody holds or owns already: pays, extends, lets go, gets in, gives back, passes on. May
    /// overdraw the bucket by a second's worth, so that whoever got seats gets to keep them, and nobody who bought stands
    /// outside because others are buying.
    GoesOn,
    /// Begins something.
    Begins,
}

impl Errand {
    /// What a request is.
    pub(crate) fn of(request: &Request) -> Self {
        if matches!(request.actor, Actor::Node) && request.idempotency.is_none() {
            return Self::Duty;
        }
        let goes_on = matches!(
            request.command,
            Command::PlaceOrder(_)
                | Command::ExtendHold(_)
                | Command::ReleaseHold(_)
                | Command::UnblockPlaces(_)
                | Command::CancelOrder(_)
                | Command::RefundOrder(_)
                | Command::ReportPayment(_)
                | Command::ReportRefund(_)
                | Command::ScanTicket(_)
                | Command::TransferTicket(_)
        );
        if goes_on { Self::GoesOn } else { Self::Begins }
    }
}

/// See the module.
pub(crate) struct Admission {
    /// Requests a second; 0: as many as come.
    per_s: u64,
    clock: Arc<dyn Clock>,
    bucket: Mutex<Bucket>,
}

#[derive(Clone, Copy)]
struct Bucket {
    /// Thousandths of a request; below 0 what was overdrawn.
    left: i64,
    at_ms: u64,
}

impl Admission {
    pub(crate) fn new(per_s: u64, clock: Arc<dyn Clock>) -> Self {
        let bucket = Mutex::new(Bucket { left: full(per_s), at_ms: clock.boot_ms() });
        Self { per_s, clock, bucket }
    }

    /// Whether to take a request now.
    pub(crate) fn take(&self, errand: Errand) -> bool {
        if self.per_s == 0 || errand == Errand::Duty {
            return true;
        }
        let now_ms = self.clock.boot_ms();
        let mut bucket = lock(&self.bucket);
        let passed_ms = now_ms.saturating_sub(bucket.at_ms);
        // A rate a second is as many thousandths a millisecond.
        let filled = i64::try_from(passed_ms.saturating_mul(self.per_s)).unwrap_or(i64::MAX);
        bucket.left = bucket.left.saturating_add(filled).min(full(self.per_s));
        bucket.at_ms = bucket.at_ms.max(now_ms);
        let floor = if errand == Errand::GoesOn { -thousandths(self.per_s) } else { 0 };
        let taken = bucket.left - 1_000 >= floor;
        if taken {
            bucket.left -= 1_000;
        }
        taken
    }
}

fn thousandths(requests: u64) -> i64 {
    i64::try_from(requests.saturating_mul(1_000)).unwrap_or(i64::MAX)
}

/// What the bucket holds: a tenth of a second's worth, at least one request.
fn full(per_s: u64) -> i64 {
    thousandths(per_s / 10).max(1_000)
}

#[cfg(test)]
mod tests {
    use booking::admission::Way;
    use booking::command::{CancelOrder, DeleteVenue, RefundOrder, ScanTicket};
    use booking::ids::{KeyId, OrderId, OrganizationId, RefundId, ShowtimeId, TicketId, VenueId};

    use super::*;
    use crate::clock::ManualClock;

    fn started(per_s: u64) -> (Arc<ManualClock>, Admission) {
        let clock = Arc::new(ManualClock::new(0));
        let admission = Admission::new(per_s, Arc::<ManualClock>::clone(&clock));
        (clock, admission)
    }

    fn taken(admission: &Admission, errand: Errand, offered: usize) -> usize {
        (0..offered).filter(|_| admission.take(errand)).count()
    }

    #[test]
    fn five_times_too_much_gets_the_rate() {
        let (clock, admission) = started(2_000);
        let mut sum = 0;
        for _ in 0..=1_000 {
            sum += taken(&admission, Errand::Begins, 10);
            clock.pass(1);
        }
        assert_eq!(sum, 200 + 2_000, "what the full bucket held, and a second's worth");
    }

    #[test]
    fn idle_time_is_not_saved_up() {
        let (clock, admission) = started(2_000);
        clock.pass(3_600_000);
        assert_eq!(taken(&admission, Errand::Begins, 10_000), 200);
    }

    #[test]
    fn whoever_holds_something_comes_first() {
        let (clock, admission) = started(100);
        taken(&admission, Errand::Begins, 1_000);
        assert_eq!(taken(&admission, Errand::GoesOn, 1_000), 100, "a second's worth on account");
        clock.pass(500);
        assert_eq!(taken(&admission, Errand::Begins, 1_000), 0, "which is made good first");
        assert_eq!(taken(&admission, Errand::GoesOn, 1_000), 50);
        clock.pass(1_010);
        assert_eq!(taken(&admission, Errand::Begins, 1_000), 1);
        assert_eq!(taken(&admission, Errand::Duty, 1_000), 1_000);
    }

    #[test]
    fn whoever_owns_a_ticket_gets_in_when_nobody_can_begin_to_buy() {
        let key = Actor::Key(KeyId(1));
        let scan = Command::ScanTicket(ScanTicket {
            organization: OrganizationId(1),
            showtime: ShowtimeId(1),
            ticket: TicketId(1),
            generation: 0,
            way: Way::In,
            gate: "".into(),
            at_ms: None,
        });
        let cancel = Command::CancelOrder(CancelOrder {
            order: OrderId(1),
            organization: None,
            refund: RefundId(1),
            reason: "".into(),
        });
        let refund = Command::RefundOrder(Box::new(RefundOrder {
            id: RefundId(1),
            order: OrderId(1),
            organization: None,
            tickets: Vec::new(),
            keeps_fees: false,
            reason: "".into(),
        }));
        let begin = Command::DeleteVenue(DeleteVenue { id: VenueId(1), organization: OrganizationId(1) });
        let (_clock, admission) = started(100);
        taken(&admission, Errand::Begins, 1_000);
        let asked = |command| Errand::of(&Request { actor: key, idempotency: None, command });
        assert!(!admission.take(asked(begin)));
        for command in [scan, cancel, refund] {
            assert!(admission.take(asked(command.clone())), "{command:?}");
        }
    }

    #[test]
    fn without_a_rate_all_is_taken() {
        let (_clock, admission) = started(0);
        assert_eq!(taken(&admission, Errand::Begins, 100_000), 100_000);
    }

    #[test]
    fn a_small_rate_lets_single_requests_in() {
        let (clock, admission) = started(1);
        assert_eq!(taken(&admission, Errand::Begins, 10), 1);
        clock.pass(999);
        assert_eq!(taken(&admission, Errand::Begins, 10), 0);
        clock.pass(1);
        assert_eq!(taken(&admission, Errand::Begins, 10), 1);
    }
}
