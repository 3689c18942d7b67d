//! The checker against histories that are known to be right and to be wrong. The wrong ones name what they break.

use std::path::Path;
use std::time::Duration;

use super::{Verdict, judge, judge_within};
use crate::dice::Dice;
use crate::history::{Asked, Fresh, House, Life, Op, Outcome, Recorded, Told, Way};

const TTL_MS: u64 = 30_000;
/// Cluster time (ms) when a history begins.
const DAWN_MS: u64 = 1_000_000;
const CAPACITY: u32 = 5;

/// A history of one showtime with two seats, written down step by step; µs of the clock are given in ms.
struct Script(Recorded);

impl Script {
    fn new() -> Self {
        let places = vec!["A-1".to_owned(), "A-2".to_owned()];
        let house = House { showtime: "sht_1".to_owned(), places, capacity: CAPACITY, hold_ttl_ms: TTL_MS };
        Self(Recorded { houses: vec![house], ops: Vec::new() })
    }

    fn op(mut self, span: (u64, u64), asked: Asked, index: u64, told: Told) -> Self {
        let client = self.0.ops.len() as u64;
        let outcome = Outcome::Answered { index, replayed: false, told };
        let (asked_us, returned_us) = (span.0 * 1_000, Some(span.1 * 1_000));
        self.0.ops.push(Op { client, node: 1, asked_us, sent_us: asked_us, returned_us, asked, outcome });
        self
    }

    /// The last one was answered by a repeat of an earlier answer.
    fn replayed(mut self) -> Self {
        if let Some(Op { outcome: Outcome::Answered { replayed, .. }, .. }) = self.0.ops.last_mut() {
            *replayed = true;
        }
        self
    }

    fn unknown(mut self, from_ms: u64, asked: Asked) -> Self {
        let (client, asked_us) = (self.0.ops.len() as u64, from_ms * 1_000);
        let outcome = Outcome::Unknown;
        self.0.ops.push(Op { client, node: 1, asked_us, sent_us: asked_us, returned_us: None, asked, outcome });
        self
    }

    /// Cluster time runs as the clock does, from dawn on, and is that of the call.
    fn hold(self, span: (u64, u64), hold: &str, places: &[&str], index: u64) -> Self {
        let now_ms = DAWN_MS + span.0;
        let told = Told::Held { hold: hold.to_owned(), now_ms, until_ms: now_ms + TTL_MS };
        self.op(span, hold_of(places), index, told)
    }

    fn taken(self, span: (u64, u64), places: &[&str], taken: &[&str], index: u64) -> Self {
        let taken = taken.iter().map(|p| (*p).to_owned()).collect();
        let told = Told::Refused { status: 409, code: "seats-taken".to_owned(), taken, free: None };
        self.op(span, hold_of(places), index, told)
    }

    fn area(self, span: (u64, u64), hold: &str, area: u32, index: u64) -> Self {
        let now_ms = DAWN_MS + span.0;
        let told = Told::Held { hold: hold.to_owned(), now_ms, until_ms: now_ms + TTL_MS };
        self.op(span, area_of(area), index, told)
    }

    fn full(self, span: (u64, u64), area: u32, free: u32, index: u64) -> Self {
        let (code, taken) = ("not-enough-places".to_owned(), Vec::new());
        self.op(span, area_of(area), index, Told::Refused { status: 409, code, taken, free: Some(free) })
    }

    fn release(self, span: (u64, u64), hold: &str, index: u64) -> Self {
        self.op(span, Asked::Release { hold: hold.to_owned() }, index, Told::Released { life: Life::Released })
    }

    fn extend(self, span: (u64, u64), hold: &str, index: u64) -> Self {
        let until_ms = DAWN_MS + span.0 + TTL_MS;
        self.op(span, Asked::Extend { hold: hold.to_owned() }, index, Told::Extended { until_ms })
    }

    fn sell(self, span: (u64, u64), hold: &str, index: u64) -> Self {
        let told = Told::Sold { order: format!("ord of {hold}"), now_ms: DAWN_MS + span.0 };
        self.op(span, Asked::Sell { hold: hold.to_owned() }, index, told)
    }

    /// A sale that is refused because the hold is over.
    fn too_late(self, span: (u64, u64), hold: &str, index: u64) -> Self {
        let told = Told::Refused { status: 410, code: "hold-expired".to_owned(), taken: Vec::new(), free: None };
        self.op(span, Asked::Sell { hold: hold.to_owned() }, index, told)
    }

    fn read(self, span: (u64, u64), hold: &str, life: Life, until_ms: u64, index: u64) -> Self {
        let asked = Asked::ReadHold { hold: hold.to_owned(), fresh: Fresh::Linearizable };
        self.op(span, asked, index, Told::Hold { life, until_ms: DAWN_MS + until_ms })
    }

    fn map(self, span: (u64, u64), states: &str, fresh: Fresh, index: u64) -> Self {
        let asked = Asked::ReadMap { showtime: "sht_1".to_owned(), fresh };
        self.op(span, asked, index, Told::Map { states: states.to_owned() })
    }

    fn verdict(&self) -> Verdict {
        judge(&self.0)
    }

    #[track_caller]
    fn is_right(&self) {
        let verdict = self.verdict();
        assert!(verdict.good() && verdict.legal > 0, "{verdict}");
    }

    #[track_caller]
    fn is_wrong(&self) {
        let verdict = self.verdict();
        assert!(!verdict.illegal.is_empty(), "{verdict}");
        assert!(!verdict.good());
    }
}

fn hold_of(places: &[&str]) -> Asked {
    let places = places.iter().map(|p| (*p).to_owned()).collect();
    Asked::Hold { showtime: "sht_1".to_owned(), places, area: 0 }
}

fn area_of(area: u32) -> Asked {
    Asked::Hold { showtime: "sht_1".to_owned(), places: Vec::new(), area }
}

const BOTH: [&str; 2] = ["A-1", "A-2"];
const ONE: [&str; 1] = ["A-1"];

#[test]
fn a_house_at_work_is_right() {
    Script::new()
        .hold((10, 12), "h1", &BOTH, 5)
        .taken((13, 15), &BOTH, &BOTH, 6)
        .read((14, 16), "h1", Life::Active, 10 + TTL_MS, 6)
        .map((14, 15), "11", Fresh::Linearizable, 5)
        .extend((20, 22), "h1", 7)
        .read((23, 24), "h1", Life::Active, 20 + TTL_MS, 7)
        .release((30, 33), "h1", 8)
        .hold((31, 35), "h2", &ONE, 8)
        .map((36, 37), "10", Fresh::Linearizable, 8)
        .sell((38, 40), "h2", 9)
        .taken((41, 42), &BOTH, &ONE, 10)
        .map((43, 44), "20", Fresh::Linearizable, 10)
        .map((45, 46), "11", Fresh::AtLeast(3), 7)
        .area((50, 51), "h3", 3, 11)
        .full((52, 53), 3, 2, 12)
        .area((54, 55), "h4", 2, 13)
        .is_right();
}

#[test]
fn a_hold_that_ran_out_is_free_again() {
    let over = 10 + TTL_MS;
    Script::new()
        .hold((10, 12), "h1", &BOTH, 5)
        .taken((over - 2, over - 1), &ONE, &ONE, 6)
        .hold((over, over + 1), "h2", &ONE, 7)
        .too_late((over + 2, over + 3), "h1", 8)
        .read((over + 4, over + 5), "h1", Life::Expired, over, 8)
        .is_right();
}

#[test]
fn held_by_two() {
    Script::new().hold((10, 12), "h1", &ONE, 5).hold((13, 15), "h2", &ONE, 6).is_wrong();
    // At once too: whatever came first, the other could not.
    Script::new().hold((10, 15), "h1", &ONE, 5).hold((10, 15), "h2", &ONE, 5).is_wrong();
}

#[test]
fn sold_to_two() {
    let script = Script::new().hold((10, 12), "h1", &ONE, 5).sell((13, 15), "h1", 6);
    script.hold((16, 17), "h2", &ONE, 7).sell((18, 19), "h2", 8).is_wrong();
}

#[test]
fn a_sale_that_was_lost() {
    let sold = || Script::new().hold((10, 12), "h1", &ONE, 5).sell((13, 15), "h1", 6);
    sold().map((16, 17), "00", Fresh::Linearizable, 7).is_wrong();
    sold().read((16, 17), "h1", Life::Active, 10 + TTL_MS, 7).is_wrong();
    sold().taken((16, 17), &BOTH, &["A-2"], 7).is_wrong();
    let missing = Told::Refused { status: 404, code: "not-found".to_owned(), taken: Vec::new(), free: None };
    let asked = Asked::ReadOrder { order: "ord of h1".to_owned(), fresh: Fresh::Linearizable };
    sold().op((16, 17), asked, 7, missing).is_wrong();
}

#[test]
fn a_read_of_the_past() {
    let script = || Script::new().hold((10, 12), "h1", &ONE, 5).release((13, 15), "h1", 6);
    script().read((16, 17), "h1", Life::Active, 10 + TTL_MS, 6).is_wrong();
    // Its index says so by itself.
    script().read((16, 17), "h1", Life::Active, 10 + TTL_MS, 5).is_wrong();
    script().map((16, 17), "10", Fresh::Linearizable, 5).is_wrong();
    // Who asks for no more than that may have it, but not less.
    script().map((16, 17), "10", Fresh::AtLeast(5), 5).is_right();
    script().map((16, 17), "10", Fresh::AtLeast(6), 5).is_wrong();
    script().map((16, 17), "10", Fresh::AtLeast(6), 6).is_wrong();
}

#[test]
fn a_release_that_nobody_sees() {
    let script = Script::new().hold((10, 12), "h1", &ONE, 5).release((13, 15), "h1", 6);
    script.taken((16, 17), &ONE, &ONE, 7).is_wrong();
}

#[test]
fn a_hold_that_ends_early_or_comes_back() {
    let over = 10 + TTL_MS;
    let held = || Script::new().hold((10, 12), "h1", &ONE, 5);
    held().hold((over - 1, over), "h2", &ONE, 6).is_wrong();
    // Its entry's time lies before that of an entry that is known to be early.
    held().taken((100, 101), &BOTH, &["A-2"], 6).area((200, 201), "h9", 1, 7).is_wrong();
    held().too_late((over + 1, over + 2), "h1", 6).sell((over + 3, over + 4), "h1", 7).is_wrong();
    held().read((over + 1, over + 2), "h1", Life::Expired, over, 6).sell((over - 1, over + 4), "h1", 7).is_wrong();
    held()
        .read((over + 1, over + 2), "h1", Life::Expired, over, 6)
        .read((over + 3, over + 4), "h1", Life::Active, over, 7)
        .is_wrong();
    held().sell((over, over + 1), "h1", 6).is_wrong();
    held().extend((over, over + 1), "h1", 6).is_wrong();
}

#[test]
fn a_hold_that_does_not_end() {
    let over = 10 + TTL_MS;
    let script = Script::new().hold((10, 12), "h1", &ONE, 5).area((over, over + 1), "h9", 1, 6);
    script.taken((over + 2, over + 3), &ONE, &ONE, 7).is_wrong();
}

#[test]
fn an_extension_that_was_lost() {
    let script = Script::new().hold((10, 12), "h1", &ONE, 5).extend((20, 22), "h1", 6);
    script.read((23, 24), "h1", Life::Active, 10 + TTL_MS, 7).is_wrong();
}

#[test]
fn an_area_with_more_than_it_has() {
    Script::new().area((10, 12), "h1", 3, 5).area((13, 15), "h2", 3, 6).is_wrong();
    Script::new().area((10, 12), "h1", 3, 5).full((13, 15), 3, 1, 6).is_wrong();
    let script = Script::new().area((10, 12), "h1", 3, 5).sell((13, 15), "h1", 6).area((16, 17), "h2", 2, 7);
    script.area((40_016, 40_017), "h3", 3, 8).is_wrong();
}

#[test]
fn indexes_and_times_that_go_back() {
    Script::new().hold((10, 12), "h1", &ONE, 5).hold((13, 15), "h2", &["A-2"], 5).is_wrong();
    Script::new().hold((10, 12), "h1", &ONE, 5).hold((13, 15), "h2", &["A-2"], 4).is_wrong();
    Script::new().hold((10, 25), "h1", &ONE, 6).hold((13, 15), "h2", &["A-2"], 5).is_wrong();
    Script::new().hold((10, 15), "h1", &ONE, 5).hold((11, 15), "h2", &["A-2"], 5).is_wrong();
    // By the clock they may have been either way round, and so they may in the log.
    Script::new().hold((10, 15), "h1", &ONE, 5).hold((11, 15), "h2", &["A-2"], 6).is_right();
}

#[test]
fn an_unknown_that_happened_or_did_not() {
    let release = || Asked::Release { hold: "h1".to_owned() };
    let held = || Script::new().hold((10, 12), "h1", &ONE, 5).unknown(13, release());
    held().taken((14, 15), &ONE, &ONE, 6).is_right();
    held().hold((14, 15), "h2", &ONE, 6).is_right();
    held().taken((14, 15), &ONE, &ONE, 6).hold((16, 17), "h2", &ONE, 7).is_right();
    // It happens once, and not before it was asked for.
    held().hold((14, 15), "h2", &ONE, 6).taken((16, 17), &ONE, &ONE, 7).hold((18, 19), "h3", &ONE, 8).is_wrong();
    Script::new().hold((10, 12), "h1", &ONE, 5).hold((13, 14), "h2", &ONE, 6).unknown(15, release()).is_wrong();
    let asked = || hold_of(&ONE);
    Script::new().unknown(10, asked()).taken((14, 15), &ONE, &ONE, 6).is_right();
    Script::new().unknown(10, asked()).hold((14, 15), "h2", &ONE, 6).is_right();
    Script::new().taken((14, 15), &ONE, &ONE, 6).unknown(16, asked()).is_wrong();
    let sell = Asked::Sell { hold: "h1".to_owned() };
    let sold = || Script::new().hold((10, 12), "h1", &ONE, 5).unknown(13, sell.clone());
    sold().map((14, 15), "20", Fresh::Linearizable, 6).is_right();
    sold().map((14, 15), "20", Fresh::Linearizable, 6).map((16, 17), "10", Fresh::Linearizable, 6).is_wrong();
}

#[test]
fn answered_again_it_happened_before() {
    // Its first answer was lost; another hold's refusal shows that it stood before.
    let seen = |index| Script::new().taken((11, 12), &ONE, &ONE, 5).hold((10, 20), "h1", &ONE, index);
    seen(7).replayed().is_right();
    seen(7).is_wrong();
}

#[test]
fn made_by_two_operations() {
    Script::new().hold((10, 12), "h1", &ONE, 5).hold((10, 12), "h1", &["A-2"], 6).is_wrong();
}

/// So many at once that no search ends in no time; none of it is a pass.
#[test]
fn undecided_is_counted_and_no_pass() {
    let mut script = Script::new();
    for nth in 0..400 {
        script = script.unknown(10, hold_of(&ONE));
        let told = Told::Map { states: if nth % 2 == 0 { "10" } else { "00" }.to_owned() };
        let asked = Asked::ReadMap { showtime: "sht_1".to_owned(), fresh: Fresh::Linearizable };
        script = script.op((20 + nth, 100_000), asked, 5, told);
    }
    let verdict = judge_within(&script.0, Duration::ZERO);
    assert!(verdict.illegal.is_empty() && !verdict.undecided.is_empty(), "{verdict}");
    assert!(!verdict.good());
    assert!(verdict.to_string().contains("UNDECIDED: A-1 of sht_1"), "{verdict}");
}

/// What the search cannot decide in time, the log's order can: everybody at once by the clock, one by one in the log.
#[test]
fn the_log_decides_what_the_search_cannot() {
    let mut script = Script::new();
    for nth in 0..60 {
        let (id, at) = (format!("h{nth}"), nth * 10);
        script = script.hold((10, 9_000_000), &id, &ONE, 10 + at);
        script = script.release((10, 9_000_000), &id, 11 + at);
        script = script.taken((10, 9_000_000), &ONE, &ONE, 10 + at);
    }
    let verdict = judge_within(&script.0, Duration::from_millis(300));
    assert!(verdict.good() && verdict.by_log_alone + verdict.legal == 1, "{verdict}");
}

/// Span in ms, way, index, verdict, and where whoever is in came in.
type Scan = ((u64, u64), Way, u64, &'static str, Option<&'static str>);

/// Scans of one ticket, each at a gate that is named after its index.
fn at_the_door(scans: &[Scan]) -> Verdict {
    let mut script = Script::new();
    for (span, way, index, verdict, gate) in scans {
        let asked = Asked::Scan { ticket: "tkt_1".to_owned(), gate: format!("gate {index}"), way: *way };
        let told = Told::Scanned { verdict: (*verdict).to_owned(), gate: gate.map(str::to_owned) };
        script = script.op(*span, asked, *index, told);
    }
    judge(&script.0)
}

#[test]
fn a_ticket_lets_one_in_at_a_time() {
    let first = ((10, 20), Way::In, 5, "admitted", None);
    let right = at_the_door(&[
        ((1, 2), Way::Out, 2, "not_inside", None),
        first,
        ((15, 40), Way::In, 6, "already_inside", Some("gate 5")),
        ((30, 50), Way::Out, 7, "left", None),
        ((60, 70), Way::In, 8, "admitted", None),
    ]);
    assert!(right.good() && right.legal == 1, "{right}");
    let wrong = |other| {
        let verdict = at_the_door(&[first, other]);
        assert!(!verdict.illegal.is_empty(), "{other:?}");
    };
    wrong(((12, 40), Way::In, 6, "admitted", None));
    wrong(((30, 40), Way::In, 6, "already_inside", Some("gate 6")));
    wrong(((30, 40), Way::In, 6, "already_inside", None));
    wrong(((30, 40), Way::Out, 6, "not_inside", None));
    wrong(((30, 40), Way::Out, 6, "unknown", None));
    wrong(((1, 2), Way::Out, 3, "left", None));
}

#[test]
fn a_scan_that_nobody_answered_may_have_let_somebody_in() {
    let asked = |gate: &str, way| Asked::Scan { ticket: "tkt_1".to_owned(), gate: gate.to_owned(), way };
    let told = |gate: Option<&str>| {
        let verdict = if gate.is_some() { "already_inside" } else { "admitted" };
        Told::Scanned { verdict: verdict.to_owned(), gate: gate.map(str::to_owned) }
    };
    let lost = || Script::new().unknown(10, asked("a", Way::In));
    for found in [Some("a"), None] {
        let verdict = judge(&lost().op((20, 30), asked("b", Way::In), 5, told(found)).0);
        assert!(verdict.good(), "{verdict}");
    }
    let early = lost().op((1, 5), asked("b", Way::In), 5, told(Some("a")));
    assert!(!judge(&early.0).illegal.is_empty(), "it was let in before it was asked for");
}

/// A history of a real cluster that buyers and faults made.
fn recorded() -> Recorded {
    Recorded::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/checker/recorded.jsonl"))
}

#[test]
fn a_recorded_history_is_right() {
    let verdict = judge(&recorded());
    assert!(verdict.good() && verdict.legal > 10, "{verdict}");
}

/// One answer of the recorded history is replaced by one that cannot be: the checker objects each time.
#[test]
fn one_wrong_answer_in_a_recorded_history_is_found() {
    let (all, mut dice, mut done) = (recorded(), Dice::new(7), 0);
    while done < 150 {
        let mut other = all.clone();
        let nth = dice.below(other.ops.len());
        let Some(what) = falsify(&mut other, nth, &mut dice) else { continue };
        let verdict = judge(&other);
        assert!(!verdict.illegal.is_empty(), "{what} is not found: {:?} was {:?}", other.ops[nth], all.ops[nth]);
        done += 1;
    }
}

/// Makes an answer wrong, whatever else was answered; says how.
fn falsify(all: &mut Recorded, nth: usize, dice: &mut Dice) -> Option<&'static str> {
    let newest = all.newest();
    let op = &mut all.ops[nth];
    let linearizable = matches!(op.asked.fresh(), None | Some(Fresh::Linearizable));
    let Outcome::Answered { index, replayed, told } = &mut op.outcome else { return None };
    if dice.percent(20) && !*replayed && linearizable {
        // Into the future: what was asked after it is answered at lower indexes.
        *index = newest + 10;
        return (op.returned_us? + 5_000_000 < all.ops.iter().filter_map(|o| o.returned_us).max()?)
            .then_some("an index of the future");
    }
    match told {
        Told::Map { states } => {
            let seat = dice.below(states.len());
            let state = states.as_bytes()[seat];
            states.replace_range(seat..=seat, if state == b'2' { "0" } else { "2" });
            // That it was sold is wrong only if it never was, or if a later answer shows that it is not.
            let house = &all.houses[0];
            let place = house.places[seat].clone();
            (state == b'2' || !ever_sold(all, &place)).then_some("a map")
        }
        Told::Held { until_ms, .. } => {
            *until_ms += 1;
            Some("a deadline")
        }
        Told::Released { life: life @ Life::Released } => {
            // Long before its deadline.
            *life = Life::Expired;
            Some("a release")
        }
        Told::Hold { life: life @ Life::Active, .. } => {
            *life = Life::Confirmed;
            let Asked::ReadHold { hold, .. } = op.asked.clone() else { return None };
            (!all.ops.iter().any(|o| o.asked == Asked::Sell { hold: hold.clone() })).then_some("a life")
        }
        Told::Hold { life: life @ (Life::Released | Life::Confirmed), .. } => {
            *life = Life::Active;
            Some("a life after its end")
        }
        Told::Refused { taken, code, .. } if code == "seats-taken" && taken.len() == 1 => {
            let Asked::Hold { places, .. } = &op.asked else { return None };
            *taken = vec![places.iter().find(|p| **p != taken[0])?.clone()];
            Some("the other seat")
        }
        Told::Scanned { verdict, gate: None } => {
            let other = if verdict == "left" { "not_inside" } else { "left" };
            other.clone_into(verdict);
            Some("a scan")
        }
        Told::Scanned { gate, .. } => {
            *gate = Some("nowhere".to_owned());
            Some("who is in")
        }
        Told::Extended { .. }
        | Told::Released { .. }
        | Told::Sold { .. }
        | Told::Hold { .. }
        | Told::Order
        | Told::Area { .. }
        | Told::Refused { .. } => None,
    }
}

/// Whether a place was, or may have been, sold.
fn ever_sold(all: &Recorded, place: &str) -> bool {
    all.ops.iter().any(|op| {
        let (Asked::Hold { places, .. }, Some((_, Told::Held { hold, .. }))) = (&op.asked, op.told()) else {
            return false;
        };
        let sale = Asked::Sell { hold: hold.clone() };
        places.iter().any(|p| p == place) && all.ops.iter().any(|o| o.asked == sale)
    })
}
