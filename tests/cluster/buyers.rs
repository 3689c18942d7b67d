//! Load: buyers who hold two neighbouring seats, then sell or give back, each step under a key of its own, repeated
//! through any node until it is answered. Deliberately closed-loop: it looks for wrong answers, not for speed.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::harness::{Cluster, draw_key};
use crate::http::{Answer, Call, Client};
use crate::oracle::{Done, End, History, Step, Visit};
use crate::stage::{Stage, hold, release, sell, text};

/// A step is repeated for so long before it counts as unknown.
const REPEATED_FOR: Duration = Duration::from_secs(25);

/// Buyers at work.
pub(crate) struct Buyers {
    pub(crate) history: Arc<History>,
    stop: Arc<AtomicBool>,
    tasks: JoinSet<()>,
}

/// Numbers from a seed; the seed is printed and can be given as `USHER_SEED`.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(salt: u64) -> Self {
        static SEED: AtomicU64 = AtomicU64::new(0);
        if SEED.load(Ordering::SeqCst) == 0 {
            let given = std::env::var("USHER_SEED").ok().and_then(|s| s.parse().ok());
            let seed = given.unwrap_or_else(|| {
                u64::try_from(rustix::time::clock_gettime(rustix::time::ClockId::Boottime).tv_nsec).unwrap_or(0) | 1
            });
            if SEED.compare_exchange(0, seed, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
                eprintln!("USHER_SEED={seed}");
            }
        }
        Self(SEED.load(Ordering::SeqCst) ^ salt.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }
    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % bound as u64).unwrap_or(0)
    }
}

/// Sends one request to one node after the other until it is answered with 2xx or a refusal.
pub(crate) async fn insist(nodes: Vec<SocketAddr>, first: usize, call: Call) -> Answer {
    let mut clients: Vec<Client> = nodes.into_iter().map(Client::new).collect();
    let (mut turn, until) = (first % clients.len(), Instant::now() + REPEATED_FOR);
    let mut pause = tokio::time::interval(Duration::from_millis(20));
    loop {
        if let Ok(answer) = clients[turn].send(&call).await
            && answer.status < 500
            && answer.status != 429
        {
            return answer;
        }
        assert!(Instant::now() < until, "{} {} is never answered", call.method, call.path);
        turn = (turn + 1) % clients.len();
        pause.tick().await;
    }
}

struct Buyer {
    clients: Vec<Client>,
    dice: Dice,
    at: usize,
}

impl Buyer {
    /// Sends until there is an answer that is one: from the node it is at, from the next after a failure.
    async fn step(&mut self, call: &Call) -> Step {
        let asked = Instant::now();
        let mut pause = tokio::time::interval(Duration::from_millis(20));
        while asked.elapsed() < REPEATED_FOR {
            let sent = Instant::now();
            let answer = self.clients[self.at].send(call).await;
            match answer {
                Ok(answer) if answer.status / 100 == 2 => return Step::Done(Done::new(asked, sent, &answer)),
                Ok(answer) if answer.status / 100 == 4 && answer.status != 429 => {
                    return Step::Refused(answer.status, answer.code());
                }
                Ok(answer) => {
                    let honest = matches!(answer.status, 429 | 503 | 504);
                    assert!(honest, "{} {}: {}", call.method, call.path, answer.told());
                }
                Err(_) => {}
            }
            self.at = self.dice.below(self.clients.len());
            pause.tick().await;
        }
        Step::Unknown
    }

    /// A linearizable read through any node, after an answer, must reflect it; no answer is no wrong one.
    async fn look(&mut self, held: &Step, end: &End, staff: &str) {
        let Step::Done(held) = held else { return };
        let id = text(&held.body, "id");
        let (path, expected) = match end {
            End::Sold(Step::Done(sold)) => (format!("/api/v1/orders/{}", text(&sold.body, "id")), "paid"),
            End::Released(Step::Done(_)) => (format!("/api/v1/holds/{id}"), "released"),
            End::Kept => (format!("/api/v1/holds/{id}"), "active"),
            End::Sold(_) | End::Released(_) => return,
        };
        let node = self.dice.below(self.clients.len());
        let read = Call::get(&format!("{path}?consistency=linearizable")).bearer(staff);
        if let Ok(answer) = self.clients[node].send(&read).await
            && answer.status < 500
        {
            assert_eq!(answer.json()["state"], expected, "stale, after {end:?}: {}", answer.told());
        }
    }

    async fn visit(&mut self, stage: &Stage, staff: &str, stop: &AtomicBool, history: &History) {
        self.at = self.dice.below(self.clients.len());
        let showtime = &stage.showtimes[self.dice.below(stage.showtimes.len())];
        let mut first = self.dice.below(stage.places.len());
        if (first + 1).is_multiple_of(stage.row) {
            first -= 1;
        }
        let places = [stage.places[first].as_str(), stage.places[first + 1].as_str()];
        let held = self.step(&hold(showtime, &places, &draw_key())).await;
        let end = match &held {
            Step::Done(done) => {
                history.acknowledge(done);
                let (id, token) = (text(&done.body, "id"), text(&done.body, "token"));
                if stop.load(Ordering::SeqCst) {
                    End::Kept
                } else if self.dice.below(2) == 0 {
                    End::Sold(self.step(&sell(&[&id], staff, &token, &draw_key())).await)
                } else {
                    End::Released(self.step(&release(&id, &token, &draw_key())).await)
                }
            }
            Step::Refused(status, code) => {
                assert_eq!((*status, code.as_str()), (409, "seats-taken"), "{places:?}");
                End::Kept
            }
            Step::Unknown => End::Kept,
        };
        if self.dice.below(4) == 0 {
            self.look(&held, &end, staff).await;
        }
        if let End::Sold(Step::Refused(status, code)) | End::Released(Step::Refused(status, code)) = &end {
            panic!("{held:?} was refused its end: {status} {code}");
        }
        history.add(Visit { showtime: showtime.clone(), places: places.map(str::to_owned).into(), hold: held, end });
    }
}

impl Buyers {
    /// Lets so many go at once, spread over the nodes.
    pub(crate) fn start(cluster: &Cluster, stage: &Stage, count: usize) -> Self {
        let nodes: Vec<SocketAddr> = cluster.nodes.iter().map(|n| n.http).collect();
        Self::at(&nodes, &cluster.key, stage, count)
    }

    /// The same, at some nodes only.
    pub(crate) fn at(nodes: &[SocketAddr], key: &str, stage: &Stage, count: usize) -> Self {
        let (history, stop) = (Arc::new(History::default()), Arc::new(AtomicBool::new(false)));
        let mut tasks = JoinSet::new();
        for number in 0..count {
            let clients = nodes.iter().map(|address| Client::within(*address, Duration::from_secs(8))).collect();
            let mut buyer = Buyer { clients, dice: Dice::new(number as u64 + 1), at: 0 };
            let (stage, key, history, stop) = (stage.clone(), key.to_owned(), history.clone(), stop.clone());
            tasks.spawn(async move {
                while !stop.load(Ordering::SeqCst) {
                    buyer.visit(&stage, &key, &stop, &history).await;
                }
            });
        }
        Self { history, stop, tasks }
    }

    /// Waits until so many more holds were acknowledged.
    pub(crate) async fn acknowledge(&mut self, more: usize, within: Duration) {
        let goal = self.history.holds() + more;
        let what = format!("{more} more holds are acknowledged");
        crate::waiting::until(&what, within, async || {
            self.nobody_failed();
            (self.history.holds() >= goal).then_some(())
        })
        .await;
    }

    /// Lets them go on for a while.
    pub(crate) async fn go_on_for(&mut self, span: Duration) {
        let end = Instant::now() + span;
        crate::waiting::until("time passes", span * 2 + span, async || {
            self.nobody_failed();
            (Instant::now() >= end).then_some(())
        })
        .await;
    }

    fn nobody_failed(&mut self) {
        while let Some(ended) = self.tasks.try_join_next() {
            ended.expect("a buyer met what must not happen");
        }
    }

    /// Lets each finish what it is at, and answers what they all did.
    pub(crate) async fn stop(mut self) -> Arc<History> {
        self.stop.store(true, Ordering::SeqCst);
        while let Some(ended) = self.tasks.join_next().await {
            ended.expect("a buyer met what must not happen");
        }
        println!("{}", self.history.summary());
        self.history
    }
}
