//! Fees, taxes, discounts and their rounding: the only arithmetic of money. Integers throughout.
//!
//! Where is rounded, each time half up to a minor unit, and nowhere else:
//! 1. a discount by per cent, of one ticket or of all that it covers together; the latter is then shared out in whole
//!    minor units that add up to it;
//! 2. a fee by per cent, of one ticket's price after its discount, or of the prices of all tickets of a hold;
//! 3. each tax by itself: of one ticket's price, of one ticket's fees together, of a hold's own fees together.
//!
//! What tickets share is reckoned once and multiplied, so any number of equal tickets costs so many times what one does.
//! A tax that prices contain is found in them (`price × rate / (1 + all such rates)`) and changes no total.
//! Bounds: with those of `limits` no sum here exceeds 3 × 10¹⁴; `tests/rules/money.rs` reckons at them.

use crate::money::Money;
use crate::prices::{FeeAmount, Per, PriceTier, Prices, Tax};
use serde::{Deserialize, Serialize};

/// A whole in basis points.
pub const WHOLE: u32 = 10_000;

/// `amount × numerator / denominator`, rounded half up; for amounts that are not negative.
fn fraction(amount: i64, numerator: u32, denominator: u32) -> i64 {
    let (numerator, denominator) = (i64::from(numerator), i64::from(denominator.max(1)));
    (amount.saturating_mul(numerator).saturating_mul(2).saturating_add(denominator)) / denominator.saturating_mul(2)
}

/// A share of an amount in basis points, rounded half up.
pub fn share(amount: i64, basis_points: u32) -> i64 {
    fraction(amount, basis_points, WHOLE)
}

/// By how much a price is lowered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Discount {
    /// By a share of it, in basis points.
    Share(u32),
    /// By so much, to nothing at most.
    Amount(Money),
    /// To so much, if it is more.
    Fixed(Money),
}

impl Discount {
    /// The currency that it is in; none if it fits any.
    pub fn currency(&self) -> Option<crate::money::Currency> {
        match self {
            Self::Share(_) => None,
            Self::Amount(money) | Self::Fixed(money) => Some(money.currency),
        }
    }

    /// By how much it lowers an amount: never below nothing, never up.
    pub fn of(&self, amount: i64) -> i64 {
        match self {
            Self::Share(basis_points) => share(amount, *basis_points).min(amount),
            Self::Amount(money) => money.amount.min(amount),
            Self::Fixed(money) => (amount - money.amount).max(0),
        }
    }
}

/// Fees and taxes of a ticket, or of a hold besides its tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Extra {
    /// All fees, in minor units.
    pub fees: i64,
    /// All taxes that come on top, in minor units.
    pub tax: i64,
}

impl Extra {
    /// Both together.
    pub const fn total(self) -> i64 {
        self.fees.saturating_add(self.tax)
    }
}

/// A part of what is paid besides prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The tier's fee without a name.
    TierFee,
    /// A fee by its index.
    Fee(u16),
    /// A tax by its index.
    Tax(u16),
}

impl Prices {
    /// Tells the parts of one ticket of a tier at a price (its discount taken off), and returns what they add to it.
    pub fn ticket_parts(&self, tier: &PriceTier, price: i64, each: &mut dyn FnMut(Part, i64)) -> Extra {
        let mut extra = Extra { fees: tier.fees, tax: 0 };
        if tier.fees != 0 {
            each(Part::TierFee, tier.fees);
        }
        if self.fees.is_empty() && self.taxes.is_empty() {
            return extra;
        }
        for (fee, amount) in self.fees_per(Per::Ticket, price, false) {
            each(Part::Fee(fee), amount);
            extra.fees = extra.fees.saturating_add(amount);
        }
        let fees = extra.fees;
        extra.tax = self.taxes_on(price, |tax| tax.on_tickets, each).saturating_add(self.taxes_on(
            fees,
            |tax| tax.on_fees,
            each,
        ));
        extra
    }

    /// Tells the parts of a hold besides its tickets, whose prices together are given, and returns what they add.
    /// `waived`: another hold of the same order pays the absolute fees.
    pub fn order_parts(&self, prices: i64, waived: bool, each: &mut dyn FnMut(Part, i64)) -> Extra {
        let mut extra = Extra::default();
        for (fee, amount) in self.fees_per(Per::Order, prices, waived) {
            each(Part::Fee(fee), amount);
            extra.fees = extra.fees.saturating_add(amount);
        }
        extra.tax = self.taxes_on(extra.fees, |tax| tax.on_fees, each);
        extra
    }

    /// What a ticket at a price (its discount taken off) costs without any fee, taxes on top of it included, in minor units.
    pub fn without_fees(&self, price: i64) -> i64 {
        price.saturating_add(self.taxes_on(price, |tax| tax.on_tickets, &mut |_, _| {}))
    }

    /// What one ticket of a tier at a price costs with its own fees and taxes, in minor units.
    pub fn ticket(&self, tier: u16, price: i64) -> i64 {
        let extra = self.tier(tier).map_or_else(Extra::default, |tier| self.ticket_parts(tier, price, &mut |_, _| {}));
        price.saturating_add(extra.total())
    }

    /// What a hold adds to its tickets; nothing for a hold without any.
    pub fn order(&self, prices: i64, tickets: u32, waived: bool) -> Extra {
        if tickets == 0 || self.fees.is_empty() {
            return Extra::default();
        }
        self.order_parts(prices, waived, &mut |_, _| {})
    }

    fn fees_per(&self, per: Per, prices: i64, waived: bool) -> impl Iterator<Item = (u16, i64)> {
        let of = (0_u16..).zip(&self.fees).filter(move |(_, fee)| fee.per == per);
        of.filter_map(move |(index, fee)| match fee.amount {
            FeeAmount::Absolute(_) if waived => None,
            FeeAmount::Absolute(amount) => Some((index, amount)),
            FeeAmount::Share(basis_points) => Some((index, share(prices, basis_points))),
        })
    }

    /// Tells the taxes on an amount, and returns those that come on top of it.
    fn taxes_on(&self, amount: i64, on: impl Fn(&Tax) -> bool, each: &mut dyn FnMut(Part, i64)) -> i64 {
        let taxes = || (0_u16..).zip(&self.taxes).filter(|(_, tax)| on(tax));
        let contained: u32 = taxes().filter(|(_, tax)| tax.included).map(|(_, tax)| tax.rate).sum();
        let mut on_top = 0_i64;
        for (index, tax) in taxes() {
            let base = if tax.included { WHOLE.saturating_add(contained) } else { WHOLE };
            let due = fraction(amount, tax.rate, base);
            each(Part::Tax(index), due);
            if !tax.included {
                on_top = on_top.saturating_add(due);
            }
        }
        on_top
    }
}

/// Shares a discount out among prices in whole minor units that add up to it, each in proportion and none above its price.
pub(crate) fn share_out(discount: i64, prices: &[i64]) -> Vec<i64> {
    let all: i64 = prices.iter().sum();
    let (mut before, mut given) = (0_i64, 0_i64);
    let each = prices.iter().map(|price| {
        before = before.saturating_add(*price);
        // In 128 bits: both factors may be a hundred of the highest price.
        let upto = i128::from(discount) * i128::from(before) / i128::from(all.max(1));
        let upto = i64::try_from(upto).unwrap_or(given);
        let mine = upto.saturating_sub(given);
        given = upto;
        mine
    });
    each.collect()
}
