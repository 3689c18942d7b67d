//! Letters that are written, and forgotten again. Deliberately not here: their words, and sending them.

use std::sync::Arc;

use crate::accounts::{Letter, Mail};
use crate::change::Change;
use crate::ids::MailId;
use crate::limits;
use crate::orders::tickets::nth;
use crate::state::{Context, State};

/// Writes a letter to an address.
pub(crate) fn write(state: &mut State, cx: &mut Context, to: &str, letter: Letter) {
    let id = MailId(nth(cx.now_ms, cx.at, cx.mails_made));
    cx.mails_made += 1;
    let mail = Mail { id, to: to.into(), letter, at_ms: cx.now_ms };
    state.mails.insert(&mut cx.journal, id, Arc::new(mail));
    cx.changes.push(Change::MailWritten(id));
}

/// Forgets letters that are old, a bounded number at a time. Ids are in the order of their time.
pub(crate) fn forget_old(state: &mut State, cx: &mut Context) {
    for _ in 0..limits::CLEARED_PER_PROPOSAL_MAX {
        let Some(mail) = state.mails.range(..).next().map(|(_, mail)| mail) else { return };
        let is_old = mail.at_ms.saturating_add(limits::MAIL_KEPT_MS) <= cx.now_ms;
        if !is_old && state.mails.len() <= limits::MAILS_MAX {
            return;
        }
        let id = mail.id;
        state.mails.remove(&mut cx.journal, id);
    }
}

/// Reading.
impl State {
    /// The letters from an id on, the oldest first.
    pub fn mails(&self, from: MailId) -> impl DoubleEndedIterator<Item = &Arc<Mail>> {
        self.mails.range(from..).map(|(_, mail)| mail)
    }
}
