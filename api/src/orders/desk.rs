//! `PATCH /api/v1/orders/{order}`: who buys, and what staff note of it.

use axum::extract::State as Shared;
use booking::Command;
use booking::command::UpdateOrder;
use booking::ids::OrderId;
use booking::keys::Scope;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::view::{For, OrderJson};
use super::{acting, changed};
use crate::action::Action;
use crate::app::App;
use crate::conditional;
use crate::problem::Problem;
use crate::reading::Id;
use crate::reply::Reply;

/// What to change about who buys; what is absent stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BuyerChange)]
pub(crate) struct BuyerChangeBody {
    #[schema(value_type = Option<String>, max_length = 200)]
    name: Option<Box<str>>,
    /// By staff only.
    #[schema(value_type = Option<String>, max_length = 200)]
    email: Option<Box<str>>,
    /// Null takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 64)]
    phone: Option<Box<str>>,
    /// BCP 47 language tag; null takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 64)]
    language: Option<Box<str>>,
}

/// What to change about an order; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OrderChange)]
pub(crate) struct OrderChangeBody {
    buyer: Option<BuyerChangeBody>,
    /// By staff, for staff: buyers never see it.
    #[schema(value_type = Option<String>, max_length = 2000)]
    note: Option<Box<str>>,
}

/// A member that is there: null is empty text.
fn given<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Box<str>>, D::Error> {
    Option::<Box<str>>::deserialize(from).map(|given| Some(given.unwrap_or_default()))
}

#[utoipa::path(patch, path = "/api/v1/orders/{order}", tag = "Holds and orders", summary = "Change an order",
    description = "Staff with the scope `sell` change who buys and the note; whoever bears the order's token changes the \
        buyer's name, telephone and language, while the order is not over. Each change is a step of its history.",
    request_body = OrderChangeBody, responses((status = 200, description = "The order", body = OrderJson)))]
pub(crate) async fn update(Shared(app): Shared<App>, Id(id): Id<OrderId>, action: Action) -> Result<Reply, Problem> {
    let (organization, lane) = acting(&app, &action, id).await?;
    let OrderChangeBody { buyer, note } = action.json()?;
    let buyer = buyer.unwrap_or_default();
    if organization.is_none() && (buyer.email.is_some() || note.is_some()) {
        action.caller.staff(Scope::Sell)?;
    }
    let named = conditional::expected(action.headers())?;
    let update = UpdateOrder {
        order: id,
        organization,
        expected: named,
        name: buyer.name,
        email: buyer.email,
        phone: buyer.phone,
        language: buyer.language,
        note,
    };
    let answer = app.propose(&action, lane.0, Command::UpdateOrder(Box::new(update))).await?;
    changed(&app, &answer, For::acting(organization), |order| Reply::ok(order))
        .map_err(|problem| problem.unless_named(named))
}
