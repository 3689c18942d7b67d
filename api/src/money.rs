//! Money as JSON: `{"amount": 4500, "currency": "EUR"}` in minor units.

use booking::money::{Currency, Money};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An amount in minor units (cents) of a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Money)]
pub(crate) struct MoneyJson {
    /// Minor units.
    #[schema(examples(4500))]
    pub(crate) amount: i64,
    /// ISO 4217 code of three capital letters.
    #[schema(value_type = String, pattern = "^[A-Z]{3}$", examples("EUR"))]
    pub(crate) currency: Currency,
}

impl MoneyJson {
    pub(crate) fn new(amount: i64, currency: Currency) -> Self {
        Self { amount, currency }
    }
}

impl From<Money> for MoneyJson {
    fn from(money: Money) -> Self {
        Self::new(money.amount, money.currency)
    }
}
