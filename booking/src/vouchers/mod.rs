//! Vouchers and promo codes, one concept: a code that lowers prices, unlocks hidden ticket types or opens a block.
//! Types and staff's rules here; what a hold or order makes of one in `redemption`.
//! Deliberately not here: gift cards (they are money), who may guess how often (`api`).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::census::Kind;
use crate::change::{Change, Reply};
use crate::command::{CreateVouchers, DeleteVoucher, UpdateVoucher};
use crate::ids::{BlockId, EventId, OrganizationId, ShowtimeId, VoucherId};
use crate::limits;
use crate::prices::Per;
use crate::prices::reckoning::{Discount, WHOLE};
use crate::rejection::{Rejection, Thing};
use crate::state::{Context, State};
use crate::text;

pub(crate) mod redemption;

/// A code as it is compared: ASCII capitals, digits, `-` and `_`, padded with zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code([u8; limits::VOUCHER_CODE_CHARS_MAX]);

impl Code {
    /// Reads a code as people type it: blanks around it and the case of its letters do not matter. None if it cannot
    /// be one.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim_ascii().as_bytes();
        let mut code = [0; limits::VOUCHER_CODE_CHARS_MAX];
        if text.len() < limits::VOUCHER_CODE_CHARS_MIN {
            return None;
        }
        for (slot, byte) in code.get_mut(..text.len())?.iter_mut().zip(text) {
            *slot = byte.to_ascii_uppercase();
            if !matches!(*slot, b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_') {
                return None;
            }
        }
        Some(Self(code))
    }

    /// Its text.
    pub fn text(&self) -> &str {
        let len = self.0.iter().position(|byte| *byte == 0).unwrap_or(self.0.len());
        self.0.get(..len).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default()
    }
}

/// What a voucher is good for; an empty list does not narrow it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
pub struct VoucherScope {
    /// Showtimes of these events.
    pub events: Vec<EventId>,
    /// These showtimes, besides those of the events.
    pub showtimes: Vec<ShowtimeId>,
    /// Places of the tiers with these ids.
    pub tiers: Vec<Box<str>>,
    /// Ticket types with these ids.
    pub ticket_types: Vec<Box<str>>,
}

impl VoucherScope {
    /// Whether it is good at a showtime of an event.
    pub fn is_good_at(&self, event: EventId, showtime: ShowtimeId) -> bool {
        self.events.is_empty() && self.showtimes.is_empty()
            || self.events.contains(&event)
            || self.showtimes.contains(&showtime)
    }

    /// Whether it is good for a ticket type of a tier.
    pub fn is_good_for(&self, tier: &str, ticket_type: &str) -> bool {
        let has = |all: &[Box<str>], one: &str| all.is_empty() || all.iter().any(|id| **id == *one);
        has(&self.tiers, tier) && has(&self.ticket_types, ticket_type)
    }
}

/// What staff say of a voucher.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VoucherDetails {
    /// What it is for; staff see it.
    pub note: Box<str>,
    /// What it takes off, and of what.
    pub discount: Option<(Discount, Per)>,
    /// Where it is good.
    pub scope: VoucherScope,
    /// Whether it unlocks the hidden ticket types in its scope.
    pub unlocks: bool,
    /// The block that its bearer may hold places of.
    pub block: Option<BlockId>,
    /// How many holds and orders may use it; any number if none.
    pub max_uses: Option<u32>,
    /// How many times one buyer may use it, told apart by e-mail address; any number if none.
    pub max_uses_per_buyer: Option<u32>,
    /// How many tickets one use covers, the first ones asked for; all if none.
    pub max_tickets: Option<u32>,
    /// Good from, in ms; at once if none.
    pub from_ms: Option<u64>,
    /// Good until, in ms; for ever if none.
    pub until_ms: Option<u64>,
}

/// A voucher.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Voucher {
    /// Its id.
    pub id: VoucherId,
    /// Whose it is.
    pub organization: OrganizationId,
    /// What its bearer types in: the text of a [`Code`], unique among the organization's vouchers that have not ended.
    pub code: Box<str>,
    /// What staff say of it; those that were made together share it.
    pub details: Arc<VoucherDetails>,
    /// Active holds that use it: given back when they end without an order.
    pub held: u32,
    /// Orders that use it, for good.
    pub ordered: u32,
    /// It was deleted after it had been used: nobody can use it any more, receipts still name it.
    pub ended: bool,
    /// Log index of the last change by staff.
    pub version: u64,
    /// Made at, in ms.
    pub created_at_ms: u64,
}

impl Voucher {
    /// Uses that are left; none if there is no limit.
    pub fn uses_left(&self) -> Option<u32> {
        let used = self.held.saturating_add(self.ordered);
        self.details.max_uses.map(|max| max.saturating_sub(used))
    }
}

fn check(state: &State, d: &VoucherDetails, organization: OrganizationId) -> Result<(), Rejection> {
    text::at_most("note", &d.note, limits::NAME_CHARS_MAX)?;
    if d.discount.is_none() && !d.unlocks && d.block.is_none() {
        return Err(text::violated("a voucher must have a discount, unlock ticket types, or open a block".to_owned()));
    }
    match &d.discount {
        None => {}
        Some((Discount::Share(basis_points), _)) => text::between("discount.basis_points", *basis_points, 1, WHOLE)?,
        Some((Discount::Amount(money), _)) => {
            text::between("discount.amount", money.amount, 1, limits::AMOUNT_MAX)?;
        }
        Some((Discount::Fixed(money), _)) => {
            text::between("discount.fixed_price", money.amount, 0, limits::AMOUNT_MAX)?;
        }
    }
    for (member, value) in [("max_uses", d.max_uses), ("max_uses_per_buyer", d.max_uses_per_buyer)] {
        text::between(member, value.unwrap_or(1), 1, limits::VOUCHER_USES_MAX)?;
    }
    text::between("max_tickets", d.max_tickets.unwrap_or(1), 1, limits::PLACES_PER_ORDER_MAX)?;
    if let (Some(from), Some(until)) = (d.from_ms, d.until_ms)
        && until <= from
    {
        return Err(text::violated("valid_until must be after valid_from".to_owned()));
    }
    let scope = &d.scope;
    let sizes = [scope.events.len(), scope.showtimes.len(), scope.tiers.len(), scope.ticket_types.len()];
    for (member, size) in ["events", "showtimes", "tiers", "ticket_types"].into_iter().zip(sizes) {
        text::between(&format!("the number of {member}"), size, 0, limits::VOUCHER_SCOPE_MAX)?;
    }
    for id in scope.tiers.iter().chain(&scope.ticket_types) {
        text::at_most("the ids of tiers and ticket_types", id, limits::LABEL_CHARS_MAX)?;
    }
    if scope.events.iter().any(|id| state.events.get(id).is_none_or(|e| e.organization != organization)) {
        return Err(Rejection::NotFound(Thing::Event));
    }
    if scope.showtimes.iter().any(|id| state.showtimes.get(id).is_none_or(|s| s.organization != organization)) {
        return Err(Rejection::NotFound(Thing::Showtime));
    }
    Ok(())
}

/// A block that a voucher begins to open must be there; that it was given back later makes no mistake of a voucher.
fn check_block(state: &State, block: Option<BlockId>, organization: OrganizationId) -> Result<(), Rejection> {
    match block {
        Some(id) if state.blocks.get(&id).is_none_or(|b| b.organization != organization) => {
            Err(Rejection::NotFound(Thing::Block))
        }
        Some(_) | None => Ok(()),
    }
}

pub(crate) fn create(state: &mut State, cx: &mut Context, c: &CreateVouchers) -> Result<Reply, Rejection> {
    if !state.organizations.contains(&c.organization) {
        return Err(Rejection::NotFound(Thing::Organization));
    }
    text::between("the number of vouchers", c.codes.len(), 1, limits::VOUCHERS_PER_COMMAND_MAX)?;
    check(state, &c.details, c.organization)?;
    check_block(state, c.details.block, c.organization)?;
    let mut codes = c.codes.iter().map(|code| read(code)).collect::<Result<Vec<Code>, _>>()?;
    let ids = (0..c.codes.len() as u128).map(|nth| VoucherId(c.first.0.wrapping_add(nth)));
    for (id, code) in ids.clone().zip(&codes) {
        if state.vouchers.contains(&id) {
            return Err(Rejection::Conflict("a voucher with this id exists".into()));
        }
        if state.vouchers_by_code.contains(&(c.organization, *code)) {
            return Err(Rejection::Conflict(format!("there is a voucher with the code {}", code.text()).into()));
        }
    }
    let all = codes.clone();
    codes.sort_unstable();
    if codes.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
        return Err(text::violated("a code is named twice".to_owned()));
    }
    state.census.room_for(c.organization, Kind::Voucher, all.len())?;

    let details = Arc::new((*c.details).clone());
    for (id, code) in ids.zip(all) {
        let voucher = Arc::new(Voucher {
            id,
            organization: c.organization,
            code: code.text().into(),
            details: details.clone(),
            held: 0,
            ordered: 0,
            ended: false,
            version: cx.at.index,
            created_at_ms: cx.now_ms,
        });
        state.census.add(c.organization, Kind::Voucher);
        state.index_voucher(&voucher);
        state.vouchers.insert(&mut cx.journal, id, voucher);
        cx.changes.push(Change::VoucherChanged(id));
    }
    match c.codes.len() {
        1 => reply(state, c.first),
        count => Ok(Reply::Vouchers { first: c.first, count: count as u32 }),
    }
}

fn read(code: &str) -> Result<Code, Rejection> {
    Code::read(code).ok_or_else(|| {
        let (min, max) = (limits::VOUCHER_CODE_CHARS_MIN, limits::VOUCHER_CODE_CHARS_MAX);
        text::violated(format!("code must be {min} to {max} letters A-Z, digits, - and _"))
    })
}

fn reply(state: &State, id: VoucherId) -> Result<Reply, Rejection> {
    state.vouchers.get(&id).map(|v| Reply::Voucher(v.clone())).ok_or(Rejection::NotFound(Thing::Voucher))
}

fn find(state: &State, id: VoucherId, organization: OrganizationId) -> Result<&Arc<Voucher>, Rejection> {
    state.vouchers.get(&id).filter(|v| v.organization == organization).ok_or(Rejection::NotFound(Thing::Voucher))
}

/// Changes what a voucher does from now on; holds and orders that used it stay as they are.
pub(crate) fn update(state: &mut State, cx: &mut Context, c: &UpdateVoucher) -> Result<Reply, Rejection> {
    let voucher = find(state, c.id, c.organization)?;
    let (version, ended, block) = (voucher.version, voucher.ended, voucher.details.block);
    if version != c.expected {
        return Err(Rejection::VersionConflict { version });
    }
    if ended {
        return Err(Rejection::Conflict("the voucher has ended".into()));
    }
    check(state, &c.details, c.organization)?;
    if block != c.details.block {
        check_block(state, c.details.block, c.organization)?;
    }
    state.vouchers.update(&mut cx.journal, c.id, |voucher| {
        voucher.details = Arc::new((*c.details).clone());
        voucher.version = cx.at.index;
    });
    cx.changes.push(Change::VoucherChanged(c.id));
    reply(state, c.id)
}

/// Removes a voucher that nobody uses; one that was used ends instead, for receipts name it. Its code is free again.
pub(crate) fn delete(state: &mut State, cx: &mut Context, c: &DeleteVoucher) -> Result<Reply, Rejection> {
    let voucher = find(state, c.id, c.organization)?;
    let (used, ended) = (voucher.held > 0 || voucher.ordered > 0, voucher.ended);
    if let Some(code) = Code::read(&voucher.code).filter(|_| !ended) {
        state.vouchers_by_code.remove(&(c.organization, code));
    }
    if used {
        state.vouchers.update(&mut cx.journal, c.id, |voucher| {
            voucher.ended = true;
            voucher.version = cx.at.index;
        });
    } else {
        state.census.remove(c.organization, Kind::Voucher);
        state.vouchers.remove(&mut cx.journal, c.id);
    }
    cx.changes.push(Change::VoucherChanged(c.id));
    Ok(Reply::Done)
}
