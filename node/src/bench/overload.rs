//! Far more holds asked for than the cluster takes: what is taken must stay fast, the rest be refused early, memory stay
//! bounded, and all be well again soon after. Open loop: buyers arrive by the clock, whether or not earlier ones were
//! answered, and a buyer's time counts from when it was due.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::load::{Buyer, Floor};
use super::machine::resident_bytes;
use super::stage::Target;
use super::{Latency, histogram, ratio, us};
use crate::cli::{Output, Refused, table};

/// Connections, over all nodes.
const CONNECTIONS: usize = 1_024;
/// Buyers that wait for a connection; more go away unserved and count as failed.
const WAITING_MAX: usize = 50_000;
const WARMUP: Duration = Duration::from_secs(5);
/// Of usual load, before and after.
const USUAL: Duration = Duration::from_secs(20);
/// Usual load is so many percent of the limit. Each hold has an end of its own, which is a change as well.
const USUAL_PERCENT: u64 = 80;
/// What is taken may be so many times slower than usual.
const SLOWER_MAX: f64 = 3.0;
/// And all is well again within this.
const RECOVERED_WITHIN_S: u64 = 5;

/// What is asked of the cluster.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    /// Changes a second that it takes.
    pub(super) limit_per_s: u64,
    /// Holds a second that are asked for.
    pub(super) offered_per_s: u64,
    pub(super) length: Duration,
}

/// What buyers of one phase saw.
struct Seen {
    name: &'static str,
    began: Instant,
    seconds: f64,
    offered: u64,
    taken: Histogram<u64>,
    refused: Histogram<u64>,
    failed: u64,
    first_failure: Option<String>,
    resident_bytes_max: u64,
    /// By the second in which they were due: times of those taken, in µs, and how many were refused or failed.
    by_second: BTreeMap<u64, (Vec<u64>, u64)>,
}

impl Seen {
    fn new(name: &'static str) -> anyhow::Result<Self> {
        Ok(Self {
            name,
            began: Instant::now(),
            seconds: 0.0,
            offered: 0,
            taken: histogram()?,
            refused: histogram()?,
            failed: 0,
            first_failure: None,
            resident_bytes_max: 0,
            by_second: BTreeMap::new(),
        })
    }

    /// The second in which somebody was due.
    fn second(&mut self, due: Instant) -> &mut (Vec<u64>, u64) {
        self.by_second.entry(due.saturating_duration_since(self.began).as_secs()).or_default()
    }

    fn took(&mut self, due: Instant) {
        let took = us(due.elapsed());
        self.taken.saturating_record(took);
        self.second(due).0.push(took);
    }

    fn refused(&mut self, due: Instant) {
        self.refused.saturating_record(us(due.elapsed()));
        self.second(due).1 += 1;
    }

    fn failed(&mut self, due: Instant, why: String) {
        self.failed += 1;
        self.first_failure.get_or_insert(why);
        self.second(due).1 += 1;
    }

    fn value(&self) -> Value {
        let per_s = |n: u64| (ratio(n, 1) / self.seconds).round();
        json!({
            "phase": self.name,
            "offered_per_s": per_s(self.offered),
            "taken_per_s": per_s(self.taken.len()),
            "refused_per_s": per_s(self.refused.len()),
            "failed": self.failed,
            "first_failure": self.first_failure,
            "taken": Latency::of(&self.taken),
            "refused": Latency::of(&self.refused),
            "resident_mib_max": self.resident_bytes_max >> 20,
        })
    }
}

/// Buyers who are due and the connections they take. All in one thread.
struct Queue {
    due: RefCell<VecDeque<Instant>>,
    come: Notify,
    seen: RefCell<Seen>,
    stopping: Cell<bool>,
}

impl Queue {
    async fn next(&self) -> Option<Instant> {
        loop {
            if self.stopping.get() {
                return None;
            }
            if let Some(due) = self.due.borrow_mut().pop_front() {
                return Some(due);
            }
            self.come.notified().await;
        }
    }

    /// One connection: serves whoever is due.
    async fn serve(self: Rc<Self>, mut buyer: Buyer) {
        while let Some(due) = self.next().await {
            let Some(choice) = buyer.choose() else { return };
            match buyer.try_hold(&choice).await {
                Ok(answer) if answer.status == 201 => {
                    self.seen.borrow_mut().took(due);
                    buyer.finish(&choice, &answer).await;
                }
                // Somebody else has the seats: an answer like any other.
                Ok(answer) if answer.status == 409 => self.seen.borrow_mut().took(due),
                Ok(answer) if matches!(answer.status, 429 | 503) => self.seen.borrow_mut().refused(due),
                Ok(answer) => {
                    let told = format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body));
                    self.seen.borrow_mut().failed(due, told);
                }
                Err(failure) => self.seen.borrow_mut().failed(due, failure.to_string()),
            }
        }
    }

    /// Lets buyers come at a rate for a while; returns what they saw.
    async fn phase(&self, target: &Target, name: &'static str, per_s: u64, length: Duration) -> anyhow::Result<Seen> {
        *self.seen.borrow_mut() = Seen::new(name)?;
        let began = Instant::now();
        let (mut offered, mut sampled) = (0_u64, 0);
        while began.elapsed() < length {
            let goal = u64::try_from(began.elapsed().as_micros() * u128::from(per_s) / 1_000_000)?;
            while offered < goal {
                let due = began + Duration::from_micros(offered * 1_000_000 / per_s);
                offered += 1;
                if self.due.borrow().len() < WAITING_MAX {
                    self.due.borrow_mut().push_back(due);
                    self.come.notify_one();
                } else {
                    self.seen.borrow_mut().failed(due, "no connection was free".to_owned());
                }
            }
            if began.elapsed().as_secs() > sampled {
                sampled = began.elapsed().as_secs();
                let most = target.pids.iter().map(|pid| resident_bytes(*pid)).max().unwrap_or(0);
                let mut seen = self.seen.borrow_mut();
                seen.resident_bytes_max = seen.resident_bytes_max.max(most);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let mut seen = self.seen.replace(Seen::new("between")?);
        (seen.offered, seen.seconds) = (offered, began.elapsed().as_secs_f64());
        Ok(seen)
    }
}

/// Runs the phases and judges them.
pub(super) async fn run(target: &Target, load: Load, output: Output) -> anyhow::Result<()> {
    // Half of what is taken are holds, half of which become sales; a showtime serves some seconds.
    let floor = Floor::set(target, (load.length + WARMUP + 2 * USUAL) / 8).await?;
    let queue = Rc::new(Queue {
        due: RefCell::default(),
        come: Notify::new(),
        seen: RefCell::new(Seen::new("before")?),
        stopping: Cell::new(false),
    });
    let local = tokio::task::LocalSet::new();
    for i in 0..CONNECTIONS {
        let buyer = Buyer::new(Rc::clone(&floor), i, i % target.nodes.len());
        local.spawn_local(Rc::clone(&queue).serve(buyer));
    }
    let usual = load.limit_per_s * USUAL_PERCENT / 100 / 2;
    let phases = local
        .run_until(async {
            queue.phase(target, "warm-up", usual, WARMUP).await?;
            let before = queue.phase(target, "usual", usual, USUAL).await?;
            output.say(format!("{} holds/s for {} s", load.offered_per_s, load.length.as_secs()));
            let over = queue.phase(target, "overload", load.offered_per_s, load.length).await?;
            let after = queue.phase(target, "after", usual, USUAL).await?;
            anyhow::Ok([before, over, after])
        })
        .await?;
    queue.stopping.set(true);
    queue.come.notify_waiters();
    local.await;
    let checked = floor.check().await?;
    let (repeats, lost_holds) = floor.troubles();
    let [usual, over, after] = &phases;
    let p99 = |seen: &Seen| seen.taken.value_at_quantile(0.99);
    let slower = ratio(p99(over), p99(usual));
    let recovered_after_s = recovered(after, p99(usual));
    let value = json!({
        "limit_per_s": load.limit_per_s,
        "phases": phases.iter().map(Seen::value).collect::<Vec<_>>(),
        "p99_times_usual": (slower * 100.0).round() / 100.0,
        "recovered_after_s": recovered_after_s,
        "ends_of_holds_repeated": repeats,
        "holds_lost": lost_holds,
        "sound": checked.is_sound(),
        "checked": checked,
    });
    output.result(&value, || show(&phases, &value));
    let good = slower <= SLOWER_MAX
        && recovered_after_s.is_some_and(|s| s <= RECOVERED_WITHIN_S)
        && over.failed + lost_holds == 0
        && checked.is_sound();
    if good {
        Ok(())
    } else {
        Err(Refused("slower, later, or less sound than promised under overload".to_owned()).into())
    }
}

/// The second from which on nobody was refused and the 99th percentile was within what is promised.
fn recovered(after: &Seen, usual_p99_us: u64) -> Option<u64> {
    let slow = |took: &u64| ratio(*took, usual_p99_us) > SLOWER_MAX;
    let well = |(taken, refused): &(Vec<u64>, u64)| {
        *refused == 0 && taken.iter().filter(|took| slow(took)).count() <= taken.len() / 100
    };
    let last_bad = after.by_second.iter().rfind(|(_, seen)| !well(seen));
    let from = last_bad.map_or(0, |(second, _)| second + 1);
    after.by_second.range(from..).next().map(|_| from)
}

fn show(phases: &[Seen], value: &Value) -> String {
    let head =
        ["phase", "offered/s", "taken/s", "refused/s", "failed", "p50 ms", "p99 ms", "refused p99 ms", "node MiB"];
    let rows: Vec<Vec<String>> = phases
        .iter()
        .map(|seen| {
            let (v, taken, refused) = (seen.value(), Latency::of(&seen.taken), Latency::of(&seen.refused));
            let n = |name: &str| v.get(name).map(ToString::to_string).unwrap_or_default();
            vec![
                seen.name.to_owned(),
                n("offered_per_s"),
                n("taken_per_s"),
                n("refused_per_s"),
                n("failed"),
                format!("{:.2}", taken.p50_ms),
                format!("{:.2}", taken.p99_ms),
                format!("{:.2}", refused.p99_ms),
                n("resident_mib_max"),
            ]
        })
        .collect();
    let facts = ["p99_times_usual", "recovered_after_s", "ends_of_holds_repeated", "holds_lost", "sound"];
    let facts = facts.map(|name| format!("{name} {}", value.get(name).cloned().unwrap_or_default()));
    format!("{}\n{}", table(&head, &rows), facts.join("; "))
}
