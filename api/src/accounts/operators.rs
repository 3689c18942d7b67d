//! `/api/v1/cluster/operators`: users who run the cluster. The first is made with an API key that may.

use axum::extract::State as Shared;
use booking::Command;
use booking::command::SetOperator;
use booking::ids::UserId;
use booking::keys::Scope;
use serde::Serialize;
use utoipa::ToSchema;

use crate::action::Action;
use crate::app::App;
use crate::lists::{ListQuery, Page, page};
use crate::problem::Problem;
use crate::reading::{Consistency, Id, Reading, fresh};
use crate::reply::Reply;

/// Somebody who runs the cluster.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Operator)]
pub(crate) struct OperatorJson {
    #[schema(value_type = String)]
    id: UserId,
    #[schema(value_type = String)]
    name: Box<str>,
    #[schema(value_type = String)]
    email: Box<str>,
}

fn view(user: &booking::accounts::User) -> OperatorJson {
    OperatorJson { id: user.id, name: user.name.clone(), email: user.email.clone() }
}

#[utoipa::path(get, path = "/api/v1/cluster/operators", tag = "Cluster", summary = "List operators",
    responses((status = 200, description = "A page of operators", body = Page<OperatorJson>)))]
pub(crate) async fn list(Shared(app): Shared<App>, reading: Reading) -> Result<Reply, Problem> {
    reading.caller.staff(Scope::Cluster)?;
    let query: ListQuery = reading.query()?;
    fresh(&app, query.consistency.unwrap_or(Consistency::Local)).await?;
    let (limit, after) = (query.limit()?, query.after::<UserId>()?);
    query.only(&[])?;
    let state = app.cluster.state();
    let operators = state.operators().filter(|user| after.is_none_or(|a| user.id > a));
    Ok(Reply::ok(&page(operators, limit, |user| user.id, |user| view(user)))?.at(state.index()).hashed())
}

#[utoipa::path(put, path = "/api/v1/cluster/operators/{user}", tag = "Cluster", summary = "Make a user an operator",
    responses((status = 200, description = "The operator", body = OperatorJson)))]
pub(crate) async fn create(Shared(app): Shared<App>, Id(id): Id<UserId>, action: Action) -> Result<Reply, Problem> {
    let answer = set(&app, id, &action, true).await?;
    let operator = app.after(answer.index, |state| state.user(id).map(|user| view(user))).await?;
    Ok(Reply::ok(&operator)?.answered(&answer))
}

#[utoipa::path(delete, path = "/api/v1/cluster/operators/{user}", tag = "Cluster",
    summary = "Make an operator an ordinary user", description = "Acts at once.",
    responses((status = 204, description = "No operator any more")))]
pub(crate) async fn delete(Shared(app): Shared<App>, Id(id): Id<UserId>, action: Action) -> Result<Reply, Problem> {
    Ok(Reply::none().answered(&set(&app, id, &action, false).await?))
}

async fn set(app: &App, user: UserId, action: &Action, is_operator: bool) -> Result<raft::Answer, Problem> {
    action.caller.staff(Scope::Cluster)?;
    action.no_body()?;
    let answer = app.propose(action, 0, Command::SetOperator(SetOperator { user, is_operator })).await?;
    match &answer.outcome {
        Ok(_) => Ok(answer),
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(&answer)),
    }
}
