//! What staff may say of prices: bounds, names, categories. Each refusal names the member that is wrong.

use crate::limits;
use crate::plan::Plan;
use crate::prices::reckoning::WHOLE;
use crate::prices::{Fee, FeeAmount, PriceTier, Prices, Tax, TicketType};
use crate::rejection::Rejection;
use crate::text;

/// Which tier covers each category of the plan, if all of it may be said.
pub(crate) fn check(prices: &Prices, plan: &Plan) -> Result<Vec<Option<u16>>, Rejection> {
    fees(&prices.fees)?;
    taxes(&prices.taxes)?;
    text::between("the number of price_tiers", prices.tiers.len(), 1, limits::TIERS_MAX)?;
    let mut of_category = vec![None; plan.categories.len()];
    for (index, tier) in prices.tiers.iter().enumerate() {
        id("price_tiers.id", &tier.id)?;
        text::name("price_tiers.name", &tier.name)?;
        text::between("price_tiers.fees", tier.fees, 0, limits::AMOUNT_MAX)?;
        if prices.tiers.iter().skip(index + 1).any(|other| other.id == tier.id) {
            return Err(text::violated(format!("two price_tiers have the id {}", tier.id)));
        }
        types(tier)?;
        for name in &tier.categories {
            let at = plan.categories.iter().position(|c| c.name == *name);
            let slot = at.and_then(|at| of_category.get_mut(at));
            let slot = slot.ok_or_else(|| text::violated(format!("the plan has no category {name}")))?;
            if slot.replace(index as u16).is_some() {
                return Err(text::violated(format!("two price_tiers cover the category {name}")));
            }
        }
    }
    Ok(of_category)
}

fn id(member: &str, value: &str) -> Result<(), Rejection> {
    text::name(member, value)?;
    text::at_most(member, value, limits::LABEL_CHARS_MAX)
}

fn types(tier: &PriceTier) -> Result<(), Rejection> {
    text::between("the number of price_tiers.ticket_types", tier.types.len(), 1, limits::TICKET_TYPES_MAX)?;
    if let [only] = &tier.types[..]
        && only.id.is_empty()
        && !only.hidden
    {
        return amounts(only, "price_tiers");
    }
    for (index, of) in tier.types.iter().enumerate() {
        id("price_tiers.ticket_types.id", &of.id)?;
        text::name("price_tiers.ticket_types.name", &of.name)?;
        let described = "price_tiers.ticket_types.description";
        text::at_most(described, &of.description, limits::TICKET_TYPE_TEXT_CHARS_MAX)?;
        amounts(of, "price_tiers.ticket_types")?;
        if tier.types.iter().skip(index + 1).any(|other| other.id == of.id) {
            return Err(text::violated(format!("two ticket_types of the tier {} have the id {}", tier.id, of.id)));
        }
    }
    Ok(())
}

fn amounts(of: &TicketType, at: &str) -> Result<(), Rejection> {
    text::between(&format!("{at}.price"), of.price, 0, limits::AMOUNT_MAX)?;
    text::between(&format!("{at}.min_per_order"), of.min_per_order, 1, limits::PLACES_PER_ORDER_MAX)?;
    let (min, max) = (of.min_per_order, limits::PLACES_PER_ORDER_MAX);
    text::between(&format!("{at}.max_per_order"), of.max_per_order, min, max)?;
    let early = format!("{at}.early_prices");
    text::between(&format!("the number of {early}"), of.early.len(), 0, limits::EARLY_PRICES_MAX)?;
    for price in &of.early {
        text::between(&format!("{early}.price"), price.price, 0, limits::AMOUNT_MAX)?;
    }
    if of.early.windows(2).any(|pair| matches!(pair, [a, b] if a.until_ms >= b.until_ms)) {
        return Err(text::violated(format!("{early} must end one after the other")));
    }
    Ok(())
}

fn fees(fees: &[Fee]) -> Result<(), Rejection> {
    text::between("the number of fees", fees.len(), 0, limits::FEES_MAX)?;
    for (index, fee) in fees.iter().enumerate() {
        id("fees.name", &fee.name)?;
        match fee.amount {
            FeeAmount::Absolute(amount) => text::between("fees.amount", amount, 0, limits::AMOUNT_MAX)?,
            FeeAmount::Share(basis_points) => text::between("fees.basis_points", basis_points, 0, WHOLE)?,
        }
        if fees.iter().skip(index + 1).any(|other| other.name == fee.name) {
            return Err(text::violated(format!("two fees have the name {}", fee.name)));
        }
    }
    Ok(())
}

fn taxes(taxes: &[Tax]) -> Result<(), Rejection> {
    text::between("the number of taxes", taxes.len(), 0, limits::TAXES_MAX)?;
    for (index, tax) in taxes.iter().enumerate() {
        id("taxes.name", &tax.name)?;
        text::between("taxes.basis_points", tax.rate, 0, WHOLE)?;
        if !tax.on_tickets && !tax.on_fees {
            return Err(text::violated(format!("the tax {} must be on tickets, on fees, or on both", tax.name)));
        }
        if taxes.iter().skip(index + 1).any(|other| other.name == tax.name) {
            return Err(text::violated(format!("two taxes have the name {}", tax.name)));
        }
    }
    // What a tax on top of a price would be a share of, if the price contains another, differs from law to law.
    for (what, on) in [("tickets", (|t: &Tax| t.on_tickets) as fn(&Tax) -> bool), ("fees", |t: &Tax| t.on_fees)] {
        let mut included = taxes.iter().filter(|t| on(t)).map(|t| t.included);
        if let Some(first) = included.next()
            && included.any(|other| other != first)
        {
            return Err(text::violated(format!(
                "taxes on {what} must all be included in prices, or all on top of them"
            )));
        }
    }
    Ok(())
}

/// Once places were held, tiers may be added at the end and change what they cost, but keep their ids in order: tickets,
/// counts and vouchers name them.
pub(crate) fn keeps_tiers(old: &Prices, new: &Prices) -> Result<(), Rejection> {
    let kept = old.tiers.len() <= new.tiers.len() && old.tiers.iter().zip(&new.tiers).all(|(a, b)| a.id == b.id);
    if kept {
        return Ok(());
    }
    Err(Rejection::Conflict("price_tiers in use keep their ids and order; add new ones at the end".into()))
}
