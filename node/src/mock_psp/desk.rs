//! The desk that requests come to: one at a time they see the books, change them by an entry, and leave when that is on
//! the disk. Idempotency keys are honoured here. Not HTTP (see `api`), not the rules (see `intent`).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use raft::{Clock as _, SystemClock};
use tokio::sync::Notify;

use super::book::{Answer, Book};
use super::cards::Card;
use super::entry::{Answered, Change, Entry, Mark};
use super::event::{EventKind, Object};
use super::intent::{Intent, Terms, Unfit};
use super::journal::Journal;
use super::refund::{Refund, RefundStatus};
use super::refusal::Refusal;

/// An idempotency key with what was asked under it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Once {
    pub(super) key: Mark,
    pub(super) request: Mark,
}

/// An answer, and whether it was given before.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) answer: Answer,
    pub(super) replayed: bool,
}

/// What a request makes of the books.
struct Draft {
    now_ms: u64,
    changes: Vec<Change>,
}

impl Draft {
    fn now_s(&self) -> u64 {
        self.now_ms / 1_000
    }

    /// The intent as it is now, once for each event.
    fn intent(&mut self, intent: &Intent, events: Vec<EventKind>) -> Arc<Intent> {
        let shared = Arc::new(intent.clone());
        let object = || Object::Intent(Arc::clone(&shared));
        self.changes.extend(events.into_iter().map(|event| Change { object: object(), event: Some(event) }));
        shared
    }
}

/// What came of a request: the object that is shown, and the refusal, if it is one.
type Outcome = Result<Object, (Refusal, Option<Object>)>;

fn refused<T>(refusal: impl Into<Refusal>) -> Result<T, (Refusal, Option<Object>)> {
    Err((refusal.into(), None))
}

/// See the file.
pub(super) struct Desk {
    book: Mutex<Book>,
    journal: Journal,
    /// Told after each entry that has events.
    pub(super) news: Notify,
}

impl Desk {
    pub(super) fn new(book: Book, journal: Journal) -> Self {
        Self { book: Mutex::new(book), journal, news: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the books; waits until all that was seen is on the disk, so that no answer can be taken back.
    pub(super) async fn read<T>(&self, look: impl FnOnce(&Book) -> T) -> T {
        let (seen, line) = {
            let book = self.lock();
            (look(&book), self.journal.last_wanted())
        };
        self.journal.synced(line).await;
        seen
    }

    /// Looks at the books as they are in memory: for this process's own use.
    pub(super) fn peek<T>(&self, look: impl FnOnce(&Book) -> T) -> T {
        look(&self.lock())
    }

    async fn write(&self, once: Option<Once>, work: impl FnOnce(&Book, &mut Draft) -> Outcome) -> Told {
        let (told, line) = {
            let mut book = self.lock();
            let told = self.decide(&mut book, once, work);
            (told, self.journal.last_wanted())
        };
        self.news.notify_one();
        self.journal.synced(line).await;
        told
    }

    fn decide(&self, book: &mut Book, once: Option<Once>, work: impl FnOnce(&Book, &mut Draft) -> Outcome) -> Told {
        let refusal = |refusal| Told { answer: Answer { object: None, refusal: Some(refusal) }, replayed: false };
        if let Some(known) = once.and_then(|once| book.known(once.key)) {
            if once.is_some_and(|once| once.request != known.request) {
                return refusal(Refusal::key_reused());
            }
            return Told { answer: known.answer.clone(), replayed: true };
        }
        if let Err(full) = book.check_room() {
            return refusal(full);
        }
        let mut draft = Draft { now_ms: SystemClock.wall_ms(), changes: Vec::new() };
        let answer = match work(book, &mut draft) {
            Ok(object) => Answer { object: Some(object), refusal: None },
            Err((refusal, object)) => Answer { object, refusal: Some(refusal) },
        };
        // What failed by the machine's fault may be tried again under the same key.
        let kept = answer.refusal.as_ref().is_none_or(|refusal| refusal.status < 500);
        let answered = once.filter(|_| kept).map(|once| Answered {
            key: once.key,
            request: once.request,
            about: answer.object.as_ref().map(|object| object.id().to_owned()),
            refusal: answer.refusal.clone(),
        });
        let entry = Entry { at_ms: draft.now_ms, changes: draft.changes, answered, delivered: Vec::new() };
        if !entry.changes.is_empty() || entry.answered.is_some() {
            if let Err(error) = self.journal.append(&entry) {
                // Nothing of ours fails to become JSON; if it did, nothing was done.
                tracing::error!(%error, "an entry cannot be written");
                return refusal(Refusal::full("entries like this one"));
            }
            book.apply(&entry);
        }
        Told { answer, replayed: false }
    }

    /// Makes an intent, and tries to pay it at once if a card comes with it.
    pub(super) async fn create(&self, terms: Terms, card: Option<Card>, once: Option<Once>) -> Told {
        let work = |_: &Book, draft: &mut Draft| {
            let mut intent = Intent::new(Terms { created_s: draft.now_s(), ..terms });
            let created = draft.intent(&intent, vec![EventKind::IntentCreated]);
            match card {
                Some(card) => confirm(&mut intent, card, draft),
                None => Ok(Object::Intent(created)),
            }
        };
        self.write(once, work).await
    }

    /// Tries to pay with a card.
    pub(super) async fn confirm(&self, id: &str, card: Card, once: Option<Once>) -> Told {
        self.change(id, once, |intent, draft| confirm(intent, card, draft)).await
    }

    /// Takes what is authorised, or a part.
    pub(super) async fn capture(&self, id: &str, amount: Option<u64>, once: Option<Once>) -> Told {
        let work = |intent: &mut Intent, draft: &mut Draft| step(intent, draft, |i, now_s| i.capture(amount, now_s));
        self.change(id, once, work).await
    }

    /// Releases what is authorised.
    pub(super) async fn cancel(&self, id: &str, once: Option<Once>) -> Told {
        self.change(id, once, |intent, draft| step(intent, draft, Intent::cancel)).await
    }

    /// The buyer's answer to the bank's question.
    pub(super) async fn answer(&self, id: &str, approved: bool) -> Told {
        let work = |intent: &mut Intent, draft: &mut Draft| step(intent, draft, |i, now_s| i.answer(approved, now_s));
        self.change(id, None, work).await
    }

    async fn change(
        &self,
        id: &str,
        once: Option<Once>,
        work: impl FnOnce(&mut Intent, &mut Draft) -> Outcome,
    ) -> Told {
        let found = |book: &Book, draft: &mut Draft| match book.intent(id) {
            Some(intent) => work(&mut Intent::clone(intent), draft),
            None => refused(Refusal::missing("payment_intent", id)),
        };
        self.write(once, found).await
    }

    /// Gives money back: all that is left if no amount is named. `refund` is what the caller wants and the id it gets.
    pub(super) async fn refund(&self, refund: Refund, amount: Option<u64>, delay_ms: u64, once: Option<Once>) -> Told {
        let work = |book: &Book, draft: &mut Draft| {
            let Some(intent) = book.intent(&refund.payment_intent) else {
                return refused(Refusal::missing("payment_intent", &refund.payment_intent));
            };
            let mut intent = Intent::clone(intent);
            let amount = match intent.begin_refund(amount) {
                Ok(amount) => amount,
                Err(unfit) => return Err((unfit.into(), Some(Object::Intent(Arc::new(intent))))),
            };
            let (currency, created_s) = (intent.terms.currency.clone(), draft.now_s());
            let mut refund = Refund { amount, currency, created_s, ..refund };
            refund.begin(intent.card.as_ref().map(|card| card.outcome), draft.now_ms, delay_ms);
            if refund.status == RefundStatus::Succeeded {
                intent.end_refund(amount, true);
            }
            draft.changes.push(Change { object: Object::Intent(Arc::new(intent)), event: None });
            let object = Object::Refund(Arc::new(refund));
            draft.changes.push(Change { object: object.clone(), event: Some(EventKind::RefundCreated) });
            Ok(object)
        };
        self.write(once, work).await
    }

    /// Ends pending refunds whose time has come.
    pub(super) async fn end_due_refunds(&self) {
        while self.peek(|book| book.next_due(SystemClock.wall_ms()).is_some()) {
            self.write(None, end_refund).await;
        }
    }

    /// Notes that an event was taken. A crash may forget it: it is sent once more then.
    pub(super) fn delivered(&self, number: u64) {
        self.need_not_be_sent(vec![number], Journal::append_lazily);
    }

    /// Notes that these events are never to be sent.
    pub(super) fn dropped(&self, numbers: Vec<u64>) {
        self.need_not_be_sent(numbers, Journal::append);
    }

    fn need_not_be_sent(&self, numbers: Vec<u64>, append: impl FnOnce(&Journal, &Entry) -> anyhow::Result<()>) {
        let entry = Entry { at_ms: SystemClock.wall_ms(), delivered: numbers, ..Entry::default() };
        let mut book = self.lock();
        match append(&self.journal, &entry) {
            Ok(()) => book.apply(&entry),
            Err(error) => tracing::error!(%error, "an entry cannot be written"),
        }
    }

    /// Writes what waits; nothing can be written after.
    pub(super) fn close(&self) {
        self.journal.close();
    }
}

fn confirm(intent: &mut Intent, card: Card, draft: &mut Draft) -> Outcome {
    step(intent, draft, |intent, now_s| intent.confirm(card, now_s))
}

/// Does it and tells what came of it; a decline is a refusal with a trace in the books.
fn step(
    intent: &mut Intent,
    draft: &mut Draft,
    rule: impl FnOnce(&mut Intent, u64) -> Result<Vec<EventKind>, Unfit>,
) -> Outcome {
    let done = rule(intent, draft.now_s());
    match done {
        Err(unfit) => Err((unfit.into(), Some(Object::Intent(Arc::new(intent.clone()))))),
        Ok(events) => {
            let failed = events.contains(&EventKind::IntentPaymentFailed);
            let object = Object::Intent(draft.intent(intent, events));
            match intent.last_error.as_ref().filter(|_| failed) {
                Some(error) => Err((Refusal::card(error), Some(object))),
                None => Ok(object),
            }
        }
    }
}

fn end_refund(book: &Book, draft: &mut Draft) -> Outcome {
    let due = book.next_due(draft.now_ms);
    let Some((refund, intent)) = due.and_then(|refund| Some((refund, book.intent(&refund.payment_intent)?))) else {
        return refused(Refusal::missing("refund", "due"));
    };
    let (mut refund, mut intent) = (Refund::clone(refund), Intent::clone(intent));
    let succeeded = refund.end();
    intent.end_refund(refund.amount, succeeded);
    let event = if succeeded { EventKind::RefundUpdated } else { EventKind::RefundFailed };
    draft.changes.push(Change { object: Object::Intent(Arc::new(intent)), event: None });
    let object = Object::Refund(Arc::new(refund));
    draft.changes.push(Change { object: object.clone(), event: Some(event) });
    Ok(object)
}
