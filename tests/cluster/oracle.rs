//! What buyers did and were told, and whether the cluster agrees: every step is done, refused or unknown, and each
//! promise is checked against what is read back from every node.
//! Deliberately not a search over interleavings: answers carry their log index, so order decides in linear time.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Mutex;

use serde_json::Value;
use tokio::time::{Duration, Instant};

use crate::harness::{Cluster, PATIENCE};
use crate::http::{Answer, Call};
use crate::stage::{Stage, text};
use crate::waiting::until;

/// An acknowledged step.
#[derive(Debug, Clone)]
pub(crate) struct Done {
    /// When it was sent first: from then on it may have happened, whatever became of the answer.
    pub(crate) asked: Instant,
    /// When the attempt was sent that was answered.
    pub(crate) sent: Instant,
    pub(crate) answered: Instant,
    pub(crate) index: u64,
    pub(crate) replayed: bool,
    pub(crate) body: Value,
}

impl Done {
    pub(crate) fn new(asked: Instant, sent: Instant, answer: &Answer) -> Self {
        let (index, replayed) = (answer.index(), answer.replayed());
        Self { asked, sent, answered: Instant::now(), index, replayed, body: answer.json() }
    }
}

/// How a step ended.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Done(Done),
    /// Status and code.
    Refused(u16, String),
    /// Sent, perhaps several times, and never answered.
    Unknown,
}

/// What became of a hold.
#[derive(Debug, Clone)]
pub(crate) enum End {
    Kept,
    Sold(Step),
    Released(Step),
}

/// One hold of a buyer, from its request to its end.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    pub(crate) showtime: String,
    pub(crate) places: Vec<String>,
    pub(crate) hold: Step,
    pub(crate) end: End,
}

impl Visit {
    fn held(&self) -> Option<&Done> {
        match &self.hold {
            Step::Done(done) => Some(done),
            Step::Refused(..) | Step::Unknown => None,
        }
    }
    fn sold(&self) -> Option<&Done> {
        match &self.end {
            End::Sold(Step::Done(done)) => Some(done),
            End::Kept | End::Sold(_) | End::Released(_) => None,
        }
    }
}

/// What all buyers did.
#[derive(Default)]
pub(crate) struct History {
    visits: Mutex<Vec<Visit>>,
    /// When holds were acknowledged: sent at, answered at.
    acknowledged: Mutex<Vec<(Instant, Instant)>>,
}

impl History {
    pub(crate) fn acknowledge(&self, done: &Done) {
        self.acknowledged.lock().unwrap().push((done.sent, done.answered));
    }
    pub(crate) fn add(&self, visit: Visit) {
        self.visits.lock().unwrap().push(visit);
    }
    pub(crate) fn visits(&self) -> Vec<Visit> {
        self.visits.lock().unwrap().clone()
    }
    /// Acknowledged holds so far.
    pub(crate) fn holds(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }
    /// When the first hold that was sent after a moment was acknowledged.
    pub(crate) fn first_after(&self, moment: Instant) -> Option<Instant> {
        let seen = self.acknowledged.lock().unwrap();
        seen.iter().filter(|(sent, _)| *sent > moment).map(|(_, answered)| *answered).min()
    }

    /// One line for people.
    pub(crate) fn summary(&self) -> String {
        let visits = self.visits();
        let held = visits.iter().filter(|v| v.held().is_some()).count();
        let sold = visits.iter().filter(|v| v.sold().is_some()).count();
        let unknown = visits.iter().filter(|v| matches!(v.hold, Step::Unknown)).count();
        let refused = visits.len() - held - unknown;
        format!("{held} holds acknowledged, {refused} refused, {unknown} unknown; {sold} sold")
    }

    /// Two owners at once, as the buyers themselves could see it: by the clock, and by the log's order.
    pub(crate) fn no_place_had_two_owners(&self) {
        let mut by_place: HashMap<(String, String), Vec<Visit>> = HashMap::new();
        for visit in self.visits().into_iter().filter(|v| v.held().is_some()) {
            for place in &visit.places {
                by_place.entry((visit.showtime.clone(), place.clone())).or_default().push(visit.clone());
            }
        }
        for ((_, place), mut owners) in by_place {
            owners.sort_by_key(|v| v.held().map(|d| d.answered));
            for pair in owners.windows(2) {
                let (first, second) = (&pair[0], &pair[1]);
                let (Some(a), Some(b)) = (first.held(), second.held()) else { continue };
                // A place is owned at least from the hold's answer until its release is sent for the first time: an
                // attempt whose answer was lost may have given it back.
                let given_back = match &first.end {
                    End::Kept => None,
                    End::Sold(step) => {
                        if matches!(step, Step::Refused(410, _)) {
                            Some(a.answered)
                        } else {
                            None
                        }
                    }
                    End::Released(Step::Done(done)) => Some(done.asked),
                    End::Released(_) => Some(a.answered),
                };
                let free_again = given_back.is_some_and(|asked| asked < b.answered);
                assert!(free_again, "{place} has two owners:\n{first:#?}\n{second:#?}");
                if let End::Released(Step::Done(done)) = &first.end
                    && !(a.replayed || b.replayed || done.replayed)
                {
                    assert!(
                        a.index <= done.index && done.index <= b.index,
                        "{place}: held at {}, released at {}, held again at {}",
                        a.index,
                        done.index,
                        b.index
                    );
                }
            }
        }
    }

    /// What was answered before another step was sent stands before it in the log.
    pub(crate) fn the_log_agrees_with_the_clock(&self) {
        let mut steps: Vec<Done> = Vec::new();
        for visit in self.visits() {
            let end = match visit.end {
                End::Sold(step) | End::Released(step) => Some(step),
                End::Kept => None,
            };
            steps.extend([Some(visit.hold), end].into_iter().flatten().filter_map(|step| match step {
                Step::Done(done) if !done.replayed => Some(done),
                Step::Done(_) | Step::Refused(..) | Step::Unknown => None,
            }));
        }
        // Greatest index answered so far, looked up by when the next was sent.
        let mut answered: Vec<(Instant, u64)> = steps.iter().map(|s| (s.answered, s.index)).collect();
        answered.sort_unstable();
        let mut greatest = 0;
        for (_, index) in &mut answered {
            greatest = greatest.max(*index);
            *index = greatest;
        }
        for step in &steps {
            let before = answered.partition_point(|(at, _)| *at < step.sent);
            let floor = before.checked_sub(1).map_or(0, |i| answered[i].1);
            assert!(step.index >= floor, "sent after {floor} was answered, and stands at {}", step.index);
        }
    }

    /// Greatest index that anybody was told of.
    fn newest(&self) -> u64 {
        let of = |step: &Step| if let Step::Done(done) = step { done.index } else { 0 };
        let ends = |v: &Visit| match &v.end {
            End::Kept => 0,
            End::Sold(step) | End::Released(step) => of(step),
        };
        self.visits().iter().map(|v| of(&v.hold).max(ends(v))).max().unwrap_or(0)
    }

    /// Reads everything back from every running node and compares it with what was acknowledged.
    pub(crate) async fn check(&self, cluster: &mut Cluster, stage: &Stage) {
        self.no_place_had_two_owners();
        self.the_log_agrees_with_the_clock();
        let newest = self.newest();
        for number in cluster.running() {
            for showtime in &stage.showtimes {
                self.check_showtime(cluster, number, showtime, stage, newest).await;
            }
        }
        let settled = cluster.settle().await;
        cluster.digests_agree_below(settled).await;
    }

    async fn check_showtime(&self, cluster: &Cluster, number: usize, showtime: &str, stage: &Stage, newest: u64) {
        let visits: Vec<Visit> = self.visits().into_iter().filter(|v| v.showtime == showtime).collect();
        let orders = orders(cluster, number, showtime, newest).await;
        // Who owns what, by the orders.
        let mut sold: BTreeMap<String, String> = BTreeMap::new();
        for (order, places) in &orders {
            for place in places {
                let other = sold.insert(place.clone(), order.clone());
                assert!(other.is_none(), "node {number}: {place} is sold in {order} and in {other:?}");
            }
        }
        for visit in &visits {
            let Some(done) = visit.sold() else { continue };
            let order = text(&done.body, "id");
            let places = orders.get(&order);
            let places = places.unwrap_or_else(|| panic!("node {number} has lost {order}, sold at {}", done.index));
            let bought: BTreeSet<&String> = visit.places.iter().collect();
            assert_eq!(places.iter().collect::<BTreeSet<_>>(), bought, "node {number}: {order}");
        }
        let states = seats(cluster, number, showtime, newest).await;
        let on_map = |state: u8| -> BTreeSet<String> {
            let named = stage.places.iter().zip(states.bytes());
            named.filter(|(_, s)| *s == state).map(|(place, _)| place.clone()).collect()
        };
        assert_eq!(on_map(b'2'), sold.into_keys().collect(), "node {number}: the map's sold places are the orders'");
        let mut live: BTreeMap<String, String> = BTreeMap::new();
        let mut client = crate::http::Client::new(cluster.nodes[number - 1].http);
        for visit in visits.iter().filter(|v| matches!(v.end, End::Kept)) {
            let Some(done) = visit.held() else { continue };
            let (id, token) = (text(&done.body, "id"), text(&done.body, "token"));
            let read = Call::get(&format!("/api/v1/holds/{id}")).bearer(&token);
            let what = format!("node {number} reads a hold");
            let hold = until(&what, PATIENCE, async || client.send(&read).await.ok().filter(|a| a.status < 500)).await;
            let hold = hold.expect(200);
            assert_eq!(hold["state"], "active", "node {number}: {hold}");
            for place in &visit.places {
                let other = live.insert(place.clone(), id.clone());
                assert!(other.is_none(), "node {number}: {place} is held by {id} and by {other:?}");
            }
        }
        let held = on_map(b'1');
        let missing: Vec<&String> = live.keys().filter(|p| !held.contains(*p)).collect();
        assert!(missing.is_empty(), "node {number}: acknowledged and not on the map: {missing:?}");
        nothing_is_held_for_nobody(&visits, &held, &live, number);
    }
}

/// A held place belongs to a live hold, or to a step whose outcome nobody was told.
fn nothing_is_held_for_nobody(
    visits: &[Visit],
    held: &BTreeSet<String>,
    live: &BTreeMap<String, String>,
    number: usize,
) {
    let open = |v: &&Visit| {
        matches!(v.hold, Step::Unknown)
            || matches!(&v.end, End::Sold(s) | End::Released(s) if !matches!(s, Step::Done(_)))
    };
    let perhaps: BTreeSet<&String> = visits.iter().filter(open).flat_map(|v| &v.places).collect();
    let stray: Vec<&String> = held.iter().filter(|p| !live.contains_key(*p) && !perhaps.contains(p)).collect();
    assert!(stray.is_empty(), "node {number}: held for nobody: {stray:?}");
}

/// All orders of a showtime as one node reads them: id and places.
pub(crate) async fn orders(
    cluster: &Cluster,
    number: usize,
    showtime: &str,
    at_least: u64,
) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    let mut cursor: Option<String> = None;
    let mut client = crate::http::Client::new(cluster.nodes[number - 1].http);
    loop {
        let from = cursor.as_ref().map(|c| format!("&cursor={c}")).unwrap_or_default();
        let path = format!("/api/v1/orders?showtime={showtime}&limit=100&consistency=local{from}");
        let call = Call::get(&path).bearer(&cluster.key).header("x-min-log-index", at_least);
        let what = format!("node {number} lists orders");
        let page = until(&what, PATIENCE, async || client.send(&call).await.ok().filter(|a| a.status < 500)).await;
        let page = page.expect(200);
        for order in page["items"].as_array().expect("items") {
            let items = order["items"].as_array().expect("an order's items");
            let places = items.iter().flat_map(|i| i["places"].as_array().expect("an item's places"));
            let places = places.map(|p| text(p, "id")).collect();
            assert_eq!(order["state"], "paid", "{order}");
            found.insert(text(order, "id"), places);
        }
        cursor = page["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            return found;
        }
    }
}

/// A showtime's map as one node has it: one digit a seat.
pub(crate) async fn seats(cluster: &Cluster, number: usize, showtime: &str, at_least: u64) -> String {
    let path = format!("/api/v1/showtimes/{showtime}/seats");
    let call = Call::get(&path).header("accept", "application/json").header("x-min-log-index", at_least);
    let what = format!("node {number} shows the map at {at_least}");
    let map = until(&what, PATIENCE, async || cluster.call(number, &call).await.ok().filter(|a| a.status < 500));
    text(&map.await.expect(200), "states")
}

/// Longest that `first_after` may take for promise 8.
pub(crate) const INTERRUPTION_MAX: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A step that took from one moment to another, in seconds, and stands at an index.
    fn done(start: Instant, (sent, answered): (u64, u64), index: u64) -> Done {
        let at = |seconds| start + Duration::from_secs(seconds);
        Done { asked: at(sent), sent: at(sent), answered: at(answered), index, replayed: false, body: json!({}) }
    }

    fn visit(hold: Done, end: End) -> Visit {
        Visit { showtime: "sht_1".to_owned(), places: vec!["A-1".to_owned()], hold: Step::Done(hold), end }
    }

    fn history(visits: impl IntoIterator<Item = Visit>) -> History {
        let history = History::default();
        visits.into_iter().for_each(|v| history.add(v));
        history
    }

    #[test]
    fn one_after_the_other_is_right() {
        let t = Instant::now();
        let released = End::Released(Step::Done(done(t, (3, 4), 6)));
        let seen = history([visit(done(t, (1, 2), 5), released), visit(done(t, (3, 5), 7), End::Kept)]);
        seen.no_place_had_two_owners();
        seen.the_log_agrees_with_the_clock();
    }

    #[test]
    #[should_panic(expected = "two owners")]
    fn held_again_while_it_was_sold() {
        let t = Instant::now();
        let sold = End::Sold(Step::Done(done(t, (3, 4), 6)));
        history([visit(done(t, (1, 2), 5), sold), visit(done(t, (5, 6), 7), End::Kept)]).no_place_had_two_owners();
    }

    #[test]
    #[should_panic(expected = "two owners")]
    fn held_again_before_its_release_was_sent() {
        let t = Instant::now();
        let released = End::Released(Step::Done(done(t, (8, 9), 6)));
        history([visit(done(t, (1, 2), 5), released), visit(done(t, (5, 6), 7), End::Kept)]).no_place_had_two_owners();
    }

    #[test]
    fn given_back_by_an_attempt_whose_answer_was_lost() {
        let t = Instant::now();
        let mut again = done(t, (8, 9), 8);
        (again.asked, again.replayed) = (t + Duration::from_secs(3), true);
        let released = End::Released(Step::Done(again));
        history([visit(done(t, (1, 2), 5), released), visit(done(t, (4, 6), 7), End::Kept)]).no_place_had_two_owners();
    }

    #[test]
    #[should_panic(expected = "held again at 6")]
    fn held_again_before_its_release_in_the_log() {
        let t = Instant::now();
        let released = End::Released(Step::Done(done(t, (3, 5), 7)));
        history([visit(done(t, (1, 2), 5), released), visit(done(t, (3, 5), 6), End::Kept)]).no_place_had_two_owners();
    }

    #[test]
    #[should_panic(expected = "and stands at 4")]
    fn an_index_that_goes_back() {
        let t = Instant::now();
        let later = Visit { places: vec!["B-1".to_owned()], ..visit(done(t, (3, 4), 4), End::Kept) };
        history([visit(done(t, (1, 2), 5), End::Kept), later]).the_log_agrees_with_the_clock();
    }
}
