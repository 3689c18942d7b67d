//! All that the provider knows, in memory: it is what the journal's entries add up to, and changes by entries alone.
//! Not what may be done (see `intent`), not who asks (see `desk`).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::entry::{Answered, Entry, Mark};
use super::event::{Event, Object};
use super::intent::{Intent, Status};
use super::refund::{Refund, RefundStatus};
use super::refusal::Refusal;

/// Most intents and most refunds that are kept.
const OBJECTS_MAX: usize = 2_000_000;
/// Most answers that are kept for their keys.
const ANSWERS_MAX: usize = 10_000_000;
/// An answer is kept for a day and an hour: whoever counts a day a little differently still finds it.
const ANSWER_KEPT_MS: u64 = 25 * 3_600_000;
/// The member of an intent's metadata that lists can be narrowed to.
const ORDER: &str = "order";

/// What was answered: an object, or a refusal with or without one.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) object: Option<Object>,
    pub(super) refusal: Option<Refusal>,
}

/// An answer under its idempotency key.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) request: Mark,
    pub(super) answer: Answer,
}

/// Sums of one currency, in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) intents: u64,
    /// Authorised and neither captured nor released.
    pub(super) capturable: u128,
    pub(super) captured: u128,
    /// Refunds that succeeded.
    pub(super) refunded: u128,
    pub(super) refund_pending: u128,
}

/// Which intents a list has.
#[derive(Debug, Clone, Default)]
pub(super) struct IntentFilter {
    /// Seconds since 1970.
    pub(super) created_gte: Option<u64>,
    /// Any of these; all if empty.
    pub(super) status: Vec<Status>,
    pub(super) order: Option<String>,
}

/// A part of a list, and whether there is more.
pub(super) type Page<T> = (Vec<T>, bool);

/// The books.
#[derive(Debug, Default)]
pub(super) struct Book {
    /// Tells this data from any other provider's.
    pub(super) name: String,
    /// In the order of their creation.
    intents: Vec<Arc<Intent>>,
    intent_places: BTreeMap<String, usize>,
    of_order: BTreeMap<String, Vec<usize>>,
    refunds: Vec<Arc<Refund>>,
    refund_places: BTreeMap<String, usize>,
    of_intent: BTreeMap<String, Vec<usize>>,
    events: Vec<Event>,
    /// Numbers of events whose webhook nobody has taken yet.
    unsent: BTreeSet<u64>,
    /// Pending refunds by when they end, in ms since 1970.
    due: BTreeSet<(u64, String)>,
    answers: BTreeMap<Mark, Known>,
    answers_by_age: VecDeque<(u64, Mark)>,
    totals: BTreeMap<String, Totals>,
}

impl Book {
    /// Writes an entry in: the only way anything changes.
    pub(super) fn apply(&mut self, entry: &Entry) {
        for change in &entry.changes {
            let object = self.put(&change.object);
            if let Some(kind) = change.event {
                let number = self.events.len() as u64 + 1;
                self.events.push(Event { number, kind, at_ms: entry.at_ms, object });
                self.unsent.insert(number);
            }
        }
        for number in &entry.delivered {
            self.unsent.remove(number);
        }
        if let Some(answered) = &entry.answered {
            self.remember(answered, entry.at_ms);
        }
    }

    fn put(&mut self, object: &Object) -> Object {
        match object {
            Object::Intent(intent) => Object::Intent(self.put_intent(intent)),
            Object::Refund(refund) => {
                self.put_refund(refund);
                object.clone()
            }
        }
    }

    fn put_intent(&mut self, intent: &Arc<Intent>) -> Arc<Intent> {
        let totals = self.totals.entry(intent.terms.currency.clone()).or_default();
        let Some(&place) = self.intent_places.get(&intent.terms.id) else {
            let place = self.intents.len();
            totals.intents += 1;
            totals.add(intent);
            self.intent_places.insert(intent.terms.id.clone(), place);
            if let Some(order) = intent.terms.metadata.get(ORDER) {
                self.of_order.entry(order.clone()).or_default().push(place);
            }
            self.intents.push(Arc::clone(intent));
            return Arc::clone(intent);
        };
        let Some(kept) = self.intents.get_mut(place) else { return Arc::clone(intent) };
        totals.remove(kept);
        totals.add(intent);
        // What never changes is kept once, also when it was read from the journal several times.
        *kept = if Arc::ptr_eq(&kept.terms, &intent.terms) {
            Arc::clone(intent)
        } else {
            Arc::new(Intent { terms: Arc::clone(&kept.terms), ..Intent::clone(intent) })
        };
        Arc::clone(kept)
    }

    fn put_refund(&mut self, refund: &Arc<Refund>) {
        let before = self.refund_places.get(&refund.id).copied();
        if let Some(kept) = before.and_then(|place| self.refunds.get_mut(place)) {
            if let Some((at, _)) = kept.ends {
                self.due.remove(&(at, kept.id.clone()));
            }
            *kept = Arc::clone(refund);
        } else {
            let place = self.refunds.len();
            self.refund_places.insert(refund.id.clone(), place);
            self.of_intent.entry(refund.payment_intent.clone()).or_default().push(place);
            self.refunds.push(Arc::clone(refund));
        }
        if let Some((at, _)) = refund.ends.filter(|_| refund.status == RefundStatus::Pending) {
            self.due.insert((at, refund.id.clone()));
        }
    }

    fn remember(&mut self, answered: &Answered, at_ms: u64) {
        while let Some((age, key)) = self.answers_by_age.front().copied()
            && age.saturating_add(ANSWER_KEPT_MS) < at_ms
        {
            self.answers_by_age.pop_front();
            self.answers.remove(&key);
        }
        let object = answered.about.as_deref().and_then(|id| self.object(id));
        let answer = Answer { object, refusal: answered.refusal.clone() };
        self.answers.insert(answered.key, Known { request: answered.request, answer });
        self.answers_by_age.push_back((at_ms, answered.key));
    }

    /// What was answered under a key.
    pub(super) fn known(&self, key: Mark) -> Option<&Known> {
        self.answers.get(&key)
    }

    /// Refuses what would not fit any more.
    pub(super) fn check_room(&self) -> Result<(), Refusal> {
        if self.intents.len() >= OBJECTS_MAX || self.refunds.len() >= OBJECTS_MAX {
            return Err(Refusal::full("intents or refunds"));
        }
        if self.answers.len() >= ANSWERS_MAX {
            return Err(Refusal::full("idempotency keys"));
        }
        Ok(())
    }

    pub(super) fn intent(&self, id: &str) -> Option<&Arc<Intent>> {
        self.intents.get(*self.intent_places.get(id)?)
    }

    pub(super) fn refund(&self, id: &str) -> Option<&Arc<Refund>> {
        self.refunds.get(*self.refund_places.get(id)?)
    }

    fn object(&self, id: &str) -> Option<Object> {
        let intent = self.intent(id).cloned().map(Object::Intent);
        intent.or_else(|| self.refund(id).cloned().map(Object::Refund))
    }

    /// Intents after one, oldest first; nothing if that one is not there.
    pub(super) fn intents(
        &self,
        after: Option<&str>,
        filter: &IntentFilter,
        limit: usize,
    ) -> Option<Page<Arc<Intent>>> {
        let from = match after {
            Some(id) => self.intent_places.get(id)? + 1,
            None => 0,
        };
        let fits = |intent: &&Arc<Intent>| {
            filter.created_gte.is_none_or(|at| intent.terms.created_s >= at)
                && (filter.status.is_empty() || filter.status.contains(&intent.status))
        };
        let Some(order) = &filter.order else {
            return Some(page(self.intents.iter().skip(from).filter(fits), limit));
        };
        let places = self.of_order.get(order).map(Vec::as_slice).unwrap_or_default();
        let found = places.iter().filter(|place| **place >= from).filter_map(|place| self.intents.get(*place));
        Some(page(found.filter(fits), limit))
    }

    /// Refunds after one, oldest first, of one intent or of all; nothing if that refund is not there.
    pub(super) fn refunds(&self, after: Option<&str>, intent: Option<&str>, limit: usize) -> Option<Page<Arc<Refund>>> {
        let from = match after {
            Some(id) => self.refund_places.get(id)? + 1,
            None => 0,
        };
        let Some(intent) = intent else {
            return Some(page(self.refunds.iter().skip(from), limit));
        };
        let places = self.of_intent.get(intent).map(Vec::as_slice).unwrap_or_default();
        let found = places.iter().filter(|place| **place >= from).filter_map(|place| self.refunds.get(*place));
        Some(page(found, limit))
    }

    /// Events after a number.
    pub(super) fn events(&self, after: u64, limit: usize) -> Page<Event> {
        let from = usize::try_from(after).unwrap_or(usize::MAX);
        page_of(self.events.iter().skip(from), limit, Event::clone)
    }

    pub(super) fn event(&self, number: u64) -> Option<&Event> {
        self.events.get(usize::try_from(number).ok()?.checked_sub(1)?)
    }

    /// The first event after a number that is still to be sent.
    pub(super) fn next_unsent(&self, after: u64) -> Option<u64> {
        self.unsent.range(after + 1..).next().copied()
    }

    pub(super) fn is_unsent(&self, number: u64) -> bool {
        self.unsent.contains(&number)
    }

    /// A pending refund that ends by now.
    pub(super) fn next_due(&self, now_ms: u64) -> Option<&Arc<Refund>> {
        let (at, id) = self.due.first()?;
        if *at <= now_ms { self.refund(id) } else { None }
    }

    pub(super) fn totals(&self) -> &BTreeMap<String, Totals> {
        &self.totals
    }
}

impl Totals {
    fn add(&mut self, intent: &Intent) {
        self.capturable += u128::from(intent.capturable());
        self.captured += u128::from(intent.captured);
        self.refunded += u128::from(intent.refunded);
        self.refund_pending += u128::from(intent.refund_pending);
    }

    fn remove(&mut self, intent: &Intent) {
        self.capturable -= u128::from(intent.capturable());
        self.captured -= u128::from(intent.captured);
        self.refunded -= u128::from(intent.refunded);
        self.refund_pending -= u128::from(intent.refund_pending);
    }
}

fn page<'a, T: 'a>(found: impl Iterator<Item = &'a Arc<T>>, limit: usize) -> Page<Arc<T>> {
    page_of(found, limit, Arc::clone)
}

fn page_of<'a, T: 'a, U>(found: impl Iterator<Item = &'a T>, limit: usize, take: impl Fn(&T) -> U) -> Page<U> {
    let mut found = found;
    let data: Vec<U> = found.by_ref().take(limit).map(take).collect();
    let has_more = data.len() == limit && found.next().is_some();
    (data, has_more)
}
