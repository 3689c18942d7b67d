//! `/api/v1/vouchers`: vouchers and promo codes, for staff. Buyers name a code in a hold or an order.
//! Deliberately not here: what a voucher does (see `booking::vouchers`).

use axum::extract::State as Shared;
use booking::command::{CreateVouchers, DeleteVoucher, UpdateVoucher};
use booking::ids::{BlockId, EventId, OrganizationId, ShowtimeId, VoucherId};
use booking::keys::Scope;
use booking::money::Money;
use booking::prices::reckoning::Discount;
use booking::vouchers::{Code, Voucher, VoucherDetails, VoucherScope};
use booking::{Command, Reply as Done, limits};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::action::Action;
use crate::app::{App, draw};
use crate::caller::Caller;
use crate::lists::{ListQuery, Page};
use crate::money::MoneyJson;
use crate::prices::PerJson;
use crate::problem::{Kind, Problem};
use crate::reading::{Consistency, Id, Reading, fresh};
use crate::reply::Reply;
use crate::time::Time;
use crate::{conditional, patch};

/// Vouchers looked at for one page of a list: bounds the time that the state is held.
const LOOKED_AT_MAX: usize = 5_000;
/// Letters and digits of generated codes: none that is taken for another. 12 of them are 60 bits: not to be guessed.
const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const DRAWN: usize = 12;
/// Longest prefix of generated codes: with a hyphen between, all of it fits a code.
const PREFIX_MAX: usize = limits::VOUCHER_CODE_CHARS_MAX - DRAWN - 1;

/// What a voucher takes off: exactly one of `basis_points`, `amount` and `fixed_price`.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Discount)]
pub(crate) struct DiscountJson {
    /// Hundredths of a per cent of the price, rounded half up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 10_000, examples(1000))]
    basis_points: Option<u32>,
    /// So much, to nothing at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amount: Option<MoneyJson>,
    /// The price becomes this, if it is more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fixed_price: Option<MoneyJson>,
    #[serde(default)]
    per: PerJson,
}

/// What staff say of a voucher. Empty lists do not narrow it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VoucherBody {
    /// What its bearer types in, whatever the case of its letters: 3 to 32 of A–Z, 0–9, `-`, `_`. Drawn if absent. It
    /// cannot change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 3, max_length = 32, examples("SUMMER-26"))]
    code: Option<Box<str>>,
    /// What it is for; staff see it.
    #[serde(default)]
    #[schema(value_type = String, max_length = 200)]
    note: Box<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    discount: Option<DiscountJson>,
    /// Only at showtimes of these events.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 100)]
    events: Vec<EventId>,
    /// Only at these showtimes, besides those of `events`.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 100)]
    showtimes: Vec<ShowtimeId>,
    /// Only for places of price tiers with these ids.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 100)]
    tiers: Vec<Box<str>>,
    /// Only for ticket types with these ids.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 100)]
    ticket_types: Vec<Box<str>>,
    /// Whether hidden ticket types among those are sold to its bearer.
    #[serde(default)]
    unlocks_hidden: bool,
    /// The block that its bearer may hold places of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    block: Option<BlockId>,
    /// How many holds and orders may use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_000_000)]
    max_uses: Option<u32>,
    /// How many times one buyer may use it: told apart in orders, by e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_000_000)]
    max_uses_per_buyer: Option<u32>,
    /// How many tickets one use covers: the first ones asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 100)]
    max_tickets: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    valid_from: Option<Time>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    valid_until: Option<Time>,
}

/// How often a voucher is used.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VoucherUses)]
struct UsesJson {
    /// By active holds: given back when they end without an order.
    held: u32,
    /// By orders.
    ordered: u32,
    /// What is left; absent without a limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<u32>,
}

/// A voucher.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Voucher)]
pub(crate) struct VoucherJson {
    #[schema(value_type = String)]
    id: VoucherId,
    #[schema(value_type = String)]
    organization: OrganizationId,
    #[serde(flatten)]
    body: VoucherBody,
    uses: UsesJson,
    /// It was deleted after it had been used.
    ended: bool,
    created_at: Time,
}

/// Vouchers that differ in their codes only, all or none.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkBody {
    #[schema(minimum = 1, maximum = 1_000)]
    count: u32,
    /// What all codes begin with, before a hyphen.
    #[serde(default)]
    #[schema(max_length = 19, examples("PRESS"))]
    prefix: String,
    /// All of them; without `code`.
    voucher: VoucherBody,
}

/// A voucher's id and code.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VoucherCode)]
pub(crate) struct CodeJson {
    #[schema(value_type = String)]
    id: VoucherId,
    #[schema(value_type = String)]
    code: Box<str>,
}

/// Vouchers that were made together.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Vouchers)]
pub(crate) struct BulkJson {
    items: Vec<CodeJson>,
}

impl VoucherBody {
    fn of(d: &VoucherDetails) -> Self {
        let discount = d.discount.as_ref().map(|(discount, per)| {
            let mut json = DiscountJson { basis_points: None, amount: None, fixed_price: None, per: (*per).into() };
            match discount {
                Discount::Share(basis_points) => json.basis_points = Some(*basis_points),
                Discount::Amount(money) => json.amount = Some((*money).into()),
                Discount::Fixed(money) => json.fixed_price = Some((*money).into()),
            }
            json
        });
        Self {
            code: None,
            note: d.note.clone(),
            discount,
            events: d.scope.events.clone(),
            showtimes: d.scope.showtimes.clone(),
            tiers: d.scope.tiers.clone(),
            ticket_types: d.scope.ticket_types.clone(),
            unlocks_hidden: d.unlocks,
            block: d.block,
            max_uses: d.max_uses,
            max_uses_per_buyer: d.max_uses_per_buyer,
            max_tickets: d.max_tickets,
            valid_from: d.from_ms.map(Time),
            valid_until: d.until_ms.map(Time),
        }
    }

    fn details(self) -> Result<Box<VoucherDetails>, Problem> {
        let money = |m: MoneyJson| Money { amount: m.amount, currency: m.currency };
        let discount = match self.discount {
            None => None,
            Some(d) => {
                let given = [
                    d.basis_points.map(Discount::Share),
                    d.amount.map(|m| Discount::Amount(money(m))),
                    d.fixed_price.map(|m| Discount::Fixed(money(m))),
                ];
                let mut given = given.into_iter().flatten();
                let (Some(discount), None) = (given.next(), given.next()) else {
                    let detail = "a discount has one of basis_points, amount and fixed_price";
                    return Err(Kind::RuleViolated.detail(detail).with("pointer", "/discount"));
                };
                Some((discount, d.per.into()))
            }
        };
        let scope = VoucherScope {
            events: self.events,
            showtimes: self.showtimes,
            tiers: self.tiers,
            ticket_types: self.ticket_types,
        };
        Ok(Box::new(VoucherDetails {
            note: self.note,
            discount,
            scope,
            unlocks: self.unlocks_hidden,
            block: self.block,
            max_uses: self.max_uses,
            max_uses_per_buyer: self.max_uses_per_buyer,
            max_tickets: self.max_tickets,
            from_ms: self.valid_from.map(|t| t.0),
            until_ms: self.valid_until.map(|t| t.0),
        }))
    }
}

fn view(v: &Voucher) -> VoucherJson {
    VoucherJson {
        id: v.id,
        organization: v.organization,
        body: VoucherBody { code: Some(v.code.clone()), ..VoucherBody::of(&v.details) },
        uses: UsesJson { held: v.held, ordered: v.ordered, left: v.uses_left() },
        ended: v.ended,
        created_at: Time(v.created_at_ms),
    }
}

/// A code that nobody can guess.
fn drawn(prefix: &str) -> Box<str> {
    let mut bits = draw();
    let mut code = if prefix.is_empty() { String::new() } else { format!("{prefix}-") };
    for _ in 0..DRAWN {
        code.push(char::from(ALPHABET.get((bits & 31) as usize).copied().unwrap_or(b'2')));
        bits >>= 5;
    }
    code.into()
}

fn staff(caller: &Caller) -> Result<OrganizationId, Problem> {
    match caller.staff(Scope::Read) {
        Ok(key) => Ok(key.organization),
        Err(problem) => Ok(caller.staff(Scope::Catalogue).map_err(|_| problem)?.organization),
    }
}

#[utoipa::path(post, path = "/api/v1/vouchers", tag = "Vouchers", summary = "Make a voucher",
    description = "A voucher has a discount, unlocks hidden ticket types, opens a block, or several of these. Without a \
        `code` one of 12 characters is drawn that nobody can guess; choose codes of your own only for what may be known.",
    request_body = VoucherBody, responses((status = 201, description = "The voucher", body = VoucherJson)))]
pub(crate) async fn create(Shared(app): Shared<App>, action: Action) -> Result<Reply, Problem> {
    let organization = action.caller.staff(Scope::Catalogue)?.organization;
    app.must_have_room()?;
    let mut body: VoucherBody = action.json()?;
    let code = body.code.take().unwrap_or_else(|| drawn(""));
    let first = VoucherId::mint(app.now_ms(), draw());
    let command = CreateVouchers { first, organization, codes: vec![code], details: body.details()? };
    let answer = app.propose(&action, organization.0, Command::CreateVouchers(Box::new(command))).await?;
    match &answer.outcome {
        Ok(Done::Voucher(voucher)) => Ok(Reply::created(&view(voucher))?.answered(&answer).version(voucher.version)),
        Ok(_) => Err(Kind::Internal.problem()),
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(&answer)),
    }
}

#[utoipa::path(post, path = "/api/v1/vouchers/bulk", tag = "Vouchers", summary = "Make many vouchers",
    description = "Up to 1,000 with drawn codes, all or none.",
    request_body = BulkBody, responses((status = 201, description = "Their ids and codes", body = BulkJson)))]
pub(crate) async fn bulk(Shared(app): Shared<App>, action: Action) -> Result<Reply, Problem> {
    let organization = action.caller.staff(Scope::Catalogue)?.organization;
    app.must_have_room()?;
    let body: BulkBody = action.json()?;
    let wrong = |detail: String, pointer: &str| Err(Kind::RuleViolated.detail(detail).with("pointer", pointer));
    if body.voucher.code.is_some() {
        return wrong("codes are drawn: leave code out".to_owned(), "/voucher/code");
    }
    let max = limits::VOUCHERS_PER_COMMAND_MAX;
    if body.count == 0 || body.count as usize > max {
        return wrong(format!("count must be 1 to {max}, not {}", body.count), "/count");
    }
    let prefix = body.prefix.trim();
    if prefix.len() > PREFIX_MAX {
        return wrong(format!("prefix must have at most {PREFIX_MAX} characters"), "/prefix");
    }
    let codes = (0..body.count).map(|_| drawn(prefix)).collect();
    let first = VoucherId::mint(app.now_ms(), draw());
    let command = CreateVouchers { first, organization, codes, details: body.voucher.details()? };
    let answer = app.propose(&action, organization.0, Command::CreateVouchers(Box::new(command))).await?;
    let (first, count) = match &answer.outcome {
        Ok(Done::Vouchers { first, count }) => (*first, *count),
        Ok(Done::Voucher(voucher)) => (voucher.id, 1),
        Ok(_) => return Err(Kind::Internal.problem()),
        Err(rejection) => return Err(Problem::rejected(rejection, None).answered(&answer)),
    };
    app.cluster.wait_applied(answer.index, crate::app::BEHIND).await?;
    let items = {
        let state = app.cluster.state();
        // One that was deleted since has no code any more.
        let made = (0..u128::from(count)).filter_map(|n| state.voucher(VoucherId(first.0.wrapping_add(n))));
        made.map(|v| CodeJson { id: v.id, code: v.code.clone() }).collect()
    };
    Ok(Reply::created(&BulkJson { items })?.answered(&answer))
}

#[utoipa::path(get, path = "/api/v1/vouchers", tag = "Vouchers", summary = "List vouchers",
    description = "The caller's organization's, the oldest first; with `code` the one that has it and has not ended. A \
        page may have fewer items than asked for; the list ends where `next_cursor` is null.",
    params(("code" = Option<String>, Query)),
    responses((status = 200, description = "A page of vouchers", body = Page<VoucherJson>)))]
pub(crate) async fn list(Shared(app): Shared<App>, reading: Reading) -> Result<Reply, Problem> {
    let organization = staff(&reading.caller)?;
    let query: ListQuery = reading.query()?;
    fresh(&app, query.consistency.unwrap_or(Consistency::Local)).await?;
    let (limit, after) = (query.limit()?, query.after::<VoucherId>()?);
    query.only(&["code"])?;
    let state = app.cluster.state();
    if let Some(code) = &query.code {
        let found = Code::read(code).and_then(|code| state.voucher_by_code(organization, &code));
        let items = found.filter(|v| after.is_none_or(|a| v.id > a)).map(|v| view(v)).into_iter().collect();
        return Ok(Reply::ok(&Page { items, next_cursor: None })?.at(state.index()).hashed());
    }
    let from = after.map_or(VoucherId(0), |a| VoucherId(a.0.saturating_add(1)));
    let mut vouchers = state.vouchers(from);
    let (mut items, mut last) = (Vec::new(), None);
    for voucher in vouchers.by_ref().take(LOOKED_AT_MAX) {
        last = Some(voucher.id);
        if voucher.organization == organization {
            items.push(view(voucher));
        }
        if items.len() >= limit {
            break;
        }
    }
    let next_cursor = last.filter(|_| vouchers.next().is_some()).map(|id| id.to_string());
    Ok(Reply::ok(&Page { items, next_cursor })?.at(state.index()).hashed())
}

#[utoipa::path(get, path = "/api/v1/vouchers/{voucher}", tag = "Vouchers", summary = "Read a voucher",
    responses((status = 200, description = "The voucher", body = VoucherJson)))]
pub(crate) async fn read(Shared(app): Shared<App>, Id(id): Id<VoucherId>, reading: Reading) -> Result<Reply, Problem> {
    let organization = staff(&reading.caller)?;
    reading.fresh(&app, Consistency::Local).await?;
    let state = app.cluster.state();
    let voucher = state.voucher(id).filter(|v| v.organization == organization);
    let voucher = voucher.ok_or_else(|| Kind::NotFound.problem())?;
    // Uses are no change by staff: the version alone would hide them.
    let uses = format!("{}-{}", voucher.held, voucher.ordered);
    Ok(Reply::ok(&view(voucher))?.at(state.index()).variant(voucher.version, &uses))
}

#[utoipa::path(patch, path = "/api/v1/vouchers/{voucher}", tag = "Vouchers", summary = "Change a voucher",
    description = "A JSON merge patch: absent members stay, null clears optional ones. Holds and orders that used it stay \
        as they are.",
    request_body = VoucherBody, responses((status = 200, description = "The voucher", body = VoucherJson)))]
pub(crate) async fn update(Shared(app): Shared<App>, Id(id): Id<VoucherId>, action: Action) -> Result<Reply, Problem> {
    let organization = action.caller.staff(Scope::Catalogue)?.organization;
    app.cluster.linearizable().await?;
    let mine = |s: &booking::State| s.voucher(id).filter(|v| v.organization == organization).cloned();
    let voucher = app.must_find(mine).await?;
    let body = patch::merge(&action, &VoucherBody::of(&voucher.details))?;
    if body.code.is_some() {
        let detail = "a code cannot change: end this voucher and make another";
        return Err(Kind::RuleViolated.detail(detail).with("pointer", "/code"));
    }
    let details = body.details()?;
    let named = conditional::expected(action.headers())?;
    let expected = named.unwrap_or(voucher.version);
    let command = Command::UpdateVoucher(Box::new(UpdateVoucher { organization, id, expected, details }));
    let answer = app.propose(&action, organization.0, command).await?;
    match &answer.outcome {
        Ok(Done::Voucher(voucher)) => Ok(Reply::ok(&view(voucher))?.answered(&answer).version(voucher.version)),
        Ok(_) => Err(Kind::Internal.problem()),
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(&answer).unless_named(named)),
    }
}

#[utoipa::path(delete, path = "/api/v1/vouchers/{voucher}", tag = "Vouchers", summary = "End a voucher",
    description = "Nobody can use it any more; holds and orders that used it stay as they are. One that was never used \
        is gone, another remains to be read, as `ended`. Its code is free again.",
    responses((status = 204, description = "Ended")))]
pub(crate) async fn delete(Shared(app): Shared<App>, Id(id): Id<VoucherId>, action: Action) -> Result<Reply, Problem> {
    let organization = action.caller.staff(Scope::Catalogue)?.organization;
    action.no_body()?;
    let command = Command::DeleteVoucher(DeleteVoucher { organization, id });
    let answer = app.propose(&action, organization.0, command).await?;
    match &answer.outcome {
        Ok(_) => Ok(Reply::none().answered(&answer)),
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(&answer)),
    }
}
