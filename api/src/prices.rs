//! Prices of a showtime as JSON: what staff say, and what a ticket costs in the end.
//! Deliberately not here: any reckoning (see `booking::prices`); what a hold costs (see `places`).

use std::sync::Arc;

use booking::catalogue::ShowtimeDetails;
use booking::limits;
use booking::money::Currency;
use booking::prices::{EarlyPrice, Fee, FeeAmount, Per, PriceTier, Prices, Tax, TicketType};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::money::MoneyJson;
use crate::problem::{Kind, Problem};
use crate::time::Time;

/// A price until a time.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EarlyPrice)]
pub(crate) struct EarlyJson {
    /// In force before this.
    until: Time,
    price: MoneyJson,
}

/// A kind of ticket of a tier: adult, child, concession.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TicketType)]
pub(crate) struct TypeJson {
    /// Unique in the tier; names the type in holds.
    #[schema(min_length = 1, max_length = 64, examples("child"))]
    id: Box<str>,
    #[schema(min_length = 1, max_length = 200, examples("Children up to 14"))]
    name: Box<str>,
    /// Who may have it.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    #[schema(max_length = 500)]
    description: Box<str>,
    price: MoneyJson,
    /// Other prices for a time, the earliest end first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10)]
    early_prices: Vec<EarlyJson>,
    /// Fewest tickets of it in a hold that has any.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 100)]
    min_per_order: u32,
    /// Most tickets of it in a hold, and in all holds of an order together.
    #[serde(default = "many")]
    #[schema(minimum = 1, maximum = 100)]
    max_per_order: u32,
    /// Seen by staff only, and sold only by them or with a voucher that unlocks it.
    #[serde(default)]
    hidden: bool,
}

const fn one() -> u32 {
    1
}
const fn many() -> u32 {
    limits::PLACES_PER_ORDER_MAX
}

/// Prices for some categories of the plan: `price` for one kind of ticket, or `ticket_types` for several. Whoever names
/// no ticket type gets the first that is not hidden.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PriceTier)]
pub(crate) struct TierJson {
    /// Unique in the showtime.
    #[schema(min_length = 1, max_length = 64)]
    id: Box<str>,
    #[schema(min_length = 1, max_length = 200)]
    name: Box<str>,
    /// Price of a place, if there is one kind of ticket only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    price: Option<MoneyJson>,
    /// Other prices for a time, besides `price`, the earliest end first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10)]
    early_prices: Vec<EarlyJson>,
    /// Fees of a place on top of the price; nothing if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fees: Option<MoneyJson>,
    /// Names of the plan's categories it covers.
    #[schema(value_type = Vec<String>)]
    categories: Vec<Box<str>>,
    /// Instead of `price`: several kinds of ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 20)]
    ticket_types: Option<Vec<TypeJson>>,
}

/// What a fee is counted by.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Per)]
pub(crate) enum PerJson {
    /// Each ticket.
    #[default]
    Ticket,
    /// All tickets of a hold together; an absolute fee is paid once by an order of several holds, the highest.
    Order,
}

impl From<Per> for PerJson {
    fn from(per: Per) -> Self {
        match per {
            Per::Ticket => Self::Ticket,
            Per::Order => Self::Order,
        }
    }
}

impl From<PerJson> for Per {
    fn from(per: PerJson) -> Self {
        match per {
            PerJson::Ticket => Self::Ticket,
            PerJson::Order => Self::Order,
        }
    }
}

/// A fee on top of prices: `amount`, or `basis_points` of the price.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Fee)]
pub(crate) struct FeeJson {
    /// What receipts call it; unique in the showtime.
    #[schema(min_length = 1, max_length = 64, examples("Booking fee"))]
    name: Box<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amount: Option<MoneyJson>,
    /// Hundredths of a per cent of the price after its discount, rounded half up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 10_000, examples(250))]
    basis_points: Option<u32>,
    #[serde(default)]
    per: PerJson,
}

/// What is taxed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Taxed)]
pub(crate) enum TaxedJson {
    /// Prices of tickets.
    Tickets,
    /// Fees.
    Fees,
}

/// A tax. Those on tickets are all included in prices or all on top of them, and so are those on fees.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Tax)]
pub(crate) struct TaxJson {
    /// What receipts call it; unique in the showtime.
    #[schema(min_length = 1, max_length = 64, examples("VAT"))]
    name: Box<str>,
    /// Its rate in hundredths of a per cent.
    #[schema(maximum = 10_000, examples(1900))]
    basis_points: u32,
    /// Whether prices and fees contain it; else it comes on top.
    #[serde(default)]
    included: bool,
    /// What it is on; on both if absent.
    #[serde(default = "both")]
    on: Vec<TaxedJson>,
}

fn both() -> Vec<TaxedJson> {
    vec![TaxedJson::Tickets, TaxedJson::Fees]
}

fn early_json(of: &TicketType, currency: Currency) -> Vec<EarlyJson> {
    let one = |e: &EarlyPrice| EarlyJson { until: Time(e.until_ms), price: MoneyJson::new(e.price, currency) };
    of.early.iter().map(one).collect()
}

fn early(json: Vec<EarlyJson>) -> Vec<EarlyPrice> {
    json.into_iter().map(|e| EarlyPrice { until_ms: e.until.0, price: e.price.amount }).collect()
}

impl TypeJson {
    fn of(of: &TicketType, currency: Currency) -> Self {
        Self {
            id: of.id.clone(),
            name: of.name.clone(),
            description: of.description.clone(),
            price: MoneyJson::new(of.price, currency),
            early_prices: early_json(of, currency),
            min_per_order: of.min_per_order,
            max_per_order: of.max_per_order,
            hidden: of.hidden,
        }
    }

    fn ticket_type(self) -> TicketType {
        TicketType {
            id: self.id,
            name: self.name,
            description: self.description,
            price: self.price.amount,
            early: early(self.early_prices),
            min_per_order: self.min_per_order,
            max_per_order: self.max_per_order,
            hidden: self.hidden,
        }
    }
}

/// The tiers as staff said them, or as everybody may see them: without hidden types.
pub(crate) fn tiers(d: &ShowtimeDetails, staff: bool) -> Vec<TierJson> {
    let money = |amount| MoneyJson::new(amount, d.currency);
    let tier = |t: &PriceTier| {
        let unnamed = t.types.first().filter(|of| of.id.is_empty());
        let types = t.types.iter().filter(|of| staff || !of.hidden).map(|of| TypeJson::of(of, d.currency));
        TierJson {
            id: t.id.clone(),
            name: t.name.clone(),
            price: unnamed.map(|of| money(of.price)),
            early_prices: unnamed.map_or_else(Vec::new, |of| early_json(of, d.currency)),
            fees: Some(money(t.fees)),
            categories: t.categories.clone(),
            ticket_types: unnamed.is_none().then(|| types.collect()),
        }
    };
    d.prices.tiers.iter().map(tier).collect()
}

/// The fees as staff said them.
pub(crate) fn fees(d: &ShowtimeDetails) -> Vec<FeeJson> {
    let fee = |fee: &Fee| {
        let (amount, basis_points) = match fee.amount {
            FeeAmount::Absolute(amount) => (Some(MoneyJson::new(amount, d.currency)), None),
            FeeAmount::Share(basis_points) => (None, Some(basis_points)),
        };
        FeeJson { name: fee.name.clone(), amount, basis_points, per: fee.per.into() }
    };
    d.prices.fees.iter().map(fee).collect()
}

/// The taxes as staff said them.
pub(crate) fn taxes(d: &ShowtimeDetails) -> Vec<TaxJson> {
    let tax = |tax: &Tax| {
        let on = [(tax.on_tickets, TaxedJson::Tickets), (tax.on_fees, TaxedJson::Fees)];
        TaxJson {
            name: tax.name.clone(),
            basis_points: tax.rate,
            included: tax.included,
            on: on.into_iter().filter_map(|(is, what)| is.then_some(what)).collect(),
        }
    };
    d.prices.taxes.iter().map(tax).collect()
}

fn wrong(detail: &'static str, pointer: String) -> Problem {
    Kind::RuleViolated.detail(detail).with("pointer", pointer)
}

/// As the rules take them, with their one currency.
pub(crate) fn prices(
    tiers: Vec<TierJson>,
    fees: Vec<FeeJson>,
    taxes: Vec<TaxJson>,
) -> Result<(Arc<Prices>, Currency), Problem> {
    let currency = currency(&tiers, &fees)?;
    let tier = |(nth, t): (usize, TierJson)| {
        let types = match (t.price, t.ticket_types) {
            (Some(price), None) => {
                vec![TicketType { early: early(t.early_prices), ..TicketType::unnamed(price.amount) }]
            }
            (None, Some(types)) if t.early_prices.is_empty() => types.into_iter().map(TypeJson::ticket_type).collect(),
            (None, Some(_)) => {
                let pointer = format!("/price_tiers/{nth}/early_prices");
                return Err(wrong("a tier with ticket_types has its early_prices in them", pointer));
            }
            (Some(_), Some(_)) | (None, None) => {
                return Err(wrong("a tier has either a price or ticket_types", format!("/price_tiers/{nth}")));
            }
        };
        let fees = t.fees.map_or(0, |m| m.amount);
        Ok(PriceTier { id: t.id, name: t.name, fees, categories: t.categories, types })
    };
    let fee = |(nth, f): (usize, FeeJson)| {
        let amount = match (f.amount, f.basis_points) {
            (Some(money), None) => FeeAmount::Absolute(money.amount),
            (None, Some(basis_points)) => FeeAmount::Share(basis_points),
            (Some(_), Some(_)) | (None, None) => {
                return Err(wrong("a fee has either an amount or basis_points", format!("/fees/{nth}")));
            }
        };
        Ok(Fee { name: f.name, amount, per: f.per.into() })
    };
    let tax = |t: TaxJson| Tax {
        name: t.name,
        rate: t.basis_points,
        included: t.included,
        on_tickets: t.on.contains(&TaxedJson::Tickets),
        on_fees: t.on.contains(&TaxedJson::Fees),
    };
    let prices = Prices {
        tiers: tiers.into_iter().enumerate().map(tier).collect::<Result<_, _>>()?,
        fees: fees.into_iter().enumerate().map(fee).collect::<Result<_, _>>()?,
        taxes: taxes.into_iter().map(tax).collect(),
    };
    Ok((Arc::new(prices), currency))
}

/// The one currency of all prices and fees.
fn currency(tiers: &[TierJson], fees: &[FeeJson]) -> Result<Currency, Problem> {
    let types = tiers.iter().flat_map(|t| t.ticket_types.iter().flatten());
    let early = tiers.iter().flat_map(|t| &t.early_prices).chain(types.clone().flat_map(|of| &of.early_prices));
    let mut all = tiers
        .iter()
        .flat_map(|t| t.price.into_iter().chain(t.fees))
        .chain(types.map(|of| of.price))
        .chain(early.map(|e| e.price))
        .chain(fees.iter().filter_map(|f| f.amount))
        .map(|m| m.currency);
    let Some(first) = all.next() else {
        return Err(wrong("price_tiers must have at least one tier", "/price_tiers".to_owned()));
    };
    if all.any(|c| c != first) {
        return Err(Kind::RuleViolated.detail("all prices and fees of a showtime must have one currency"));
    }
    Ok(first)
}

/// What a ticket type costs now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TicketPrice)]
pub(crate) struct TicketPriceJson {
    /// The ticket type's id; absent in a tier with one kind of ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    ticket_type: Option<Box<str>>,
    /// Its price now.
    price: MoneyJson,
    /// What one ticket bought alone costs in the end, all fees and taxes in it.
    total: MoneyJson,
}

/// What tickets of a tier cost now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TierPrices)]
pub(crate) struct TierPricesJson {
    /// The tier's id.
    #[schema(value_type = String)]
    tier: Box<str>,
    /// The lowest `total`; absent if no type is for sale to everybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<MoneyJson>,
    /// The highest `total`.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<MoneyJson>,
    ticket_types: Vec<TicketPriceJson>,
}

/// The range of a tier's prices now, everything in it.
pub(crate) fn range(d: &ShowtimeDetails, tier: u16, now_ms: u64) -> (Option<MoneyJson>, Option<MoneyJson>) {
    let range = d.prices.range(tier, now_ms);
    let money = |amount| MoneyJson::new(amount, d.currency);
    (range.map(|(from, _)| money(from)), range.map(|(_, to)| money(to)))
}

/// What everything costs now.
pub(crate) fn now(d: &ShowtimeDetails, staff: bool, now_ms: u64) -> Vec<TierPricesJson> {
    let money = |amount| MoneyJson::new(amount, d.currency);
    let tier = |(index, tier): (u16, &PriceTier)| {
        let (from, to) = range(d, index, now_ms);
        let seen = (0_u16..).zip(&tier.types).filter(|(_, of)| staff || !of.hidden);
        let price = |(nth, of): (u16, &TicketType)| TicketPriceJson {
            ticket_type: (!of.id.is_empty()).then(|| of.id.clone()),
            price: money(of.price_at(now_ms)),
            total: money(d.prices.alone(index, nth, now_ms).unwrap_or_default()),
        };
        TierPricesJson { tier: tier.id.clone(), from, to, ticket_types: seen.map(price).collect() }
    };
    (0_u16..).zip(&d.prices.tiers).map(tier).collect()
}

/// What an answer about a showtime depends on besides its version, for the entity tag: who asks, if something is hidden,
/// and which early prices are over. Nothing for most.
pub(crate) fn variant(d: &ShowtimeDetails, staff: bool, now_ms: u64) -> Option<String> {
    let types = || d.prices.tiers.iter().flat_map(|t| &t.types);
    let over = types().flat_map(|of| &of.early).filter(|e| e.until_ms <= now_ms).count();
    let hides = !staff && types().any(|of| of.hidden);
    (hides || over > 0).then(|| format!("{over}{}", if hides { "p" } else { "" }))
}
