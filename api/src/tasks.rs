//! `/api/v1/tasks`: what is to be done in the outside world, and what staff do about what cannot be.

use axum::extract::State as Shared;
use booking::command::{ResolveTask, RetryTask};
use booking::ids::{OrderId, RefundId, TaskId};
use booking::keys::Scope;
use booking::tasks::{Duty, Task};
use booking::{Command, Reply as Done};
use raft::Answer;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::action::Action;
use crate::app::App;
use crate::lists::{ListQuery, Page, page};
use crate::problem::{Kind, Problem};
use crate::reading::{Consistency, Id, Reading, fresh};
use crate::reply::Reply;
use crate::time::Time;

/// Why a task is not done yet.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TaskTrouble)]
struct TroubleJson {
    since: Time,
    why: Box<str>,
    /// Whether it is no longer tried: retry it, or resolve it.
    for_good: bool,
}

/// A duty in the outside world.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Task)]
struct TaskJson {
    #[schema(value_type = String)]
    id: TaskId,
    #[schema(value_type = String)]
    order: OrderId,
    /// `create_intent`, `capture`, `settle` (find out whether money was promised before cancelling), `void` or `refund`.
    duty: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    refund: Option<RefundId>,
    since: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<TroubleJson>,
}

/// What staff found out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResolveBody {
    /// Whether what was to be done has been done: the money was captured, the intent is cancelled, the refund was made.
    done: bool,
    /// For the order's history.
    #[serde(default)]
    #[schema(value_type = String, max_length = 500)]
    note: Box<str>,
}

fn view(task: &Task) -> TaskJson {
    let (duty, refund) = match task.duty {
        Duty::CreateIntent => ("create_intent", None),
        Duty::Capture => ("capture", None),
        Duty::Settle => ("settle", None),
        Duty::Void => ("void", None),
        Duty::Refund(id) => ("refund", Some(id)),
    };
    TaskJson {
        id: task.id,
        order: task.order,
        duty,
        refund,
        since: Time(task.since_ms),
        trouble: task.trouble.as_ref().map(|trouble| TroubleJson {
            since: Time(trouble.since_ms),
            why: trouble.why.clone(),
            for_good: trouble.for_good,
        }),
    }
}

#[utoipa::path(get, path = "/api/v1/tasks", tag = "Holds and orders", summary = "List what is to be done",
    description = "The caller's organization's, the oldest first. With `state=trouble` those only that do not get done: \
        they are tried again now and then, unless `for_good`.",
    params(("state" = Option<String>, Query)),
    responses((status = 200, description = "A page of tasks", body = Page<TaskJson>)))]
pub(crate) async fn list(Shared(app): Shared<App>, reading: Reading) -> Result<Reply, Problem> {
    let organization = reading.caller.staff(Scope::Sell)?.organization;
    let query: ListQuery = reading.query()?;
    fresh(&app, query.consistency.unwrap_or(Consistency::Linearizable)).await?;
    let (limit, after) = (query.limit()?, query.after::<TaskId>()?);
    query.only(&["state"])?;
    let trouble = match query.state.as_deref() {
        None => false,
        Some("trouble") => true,
        Some(_) => return Err(Problem::malformed("query", "state", "expected trouble")),
    };
    let state = app.cluster.state();
    let from = after.map_or(TaskId(0), |a| TaskId(a.0.saturating_add(1)));
    let seen = state.tasks(from).filter(|t| t.organization == organization && (!trouble || t.trouble.is_some()));
    Ok(Reply::ok(&page(seen, limit, |t| t.id, |t| view(t)))?.at(state.index()).hashed())
}

fn changed(answer: &Answer) -> Result<Reply, Problem> {
    match &answer.outcome {
        Ok(Done::Task(task)) => Ok(Reply::ok(&view(task))?.answered(answer)),
        Ok(_) => Err(Kind::Internal.problem()),
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(answer)),
    }
}

#[utoipa::path(post, path = "/api/v1/tasks/{task}/retry", tag = "Holds and orders", summary = "Try a task again",
    description = "At once. A refund that the provider failed to make is asked for anew.",
    responses((status = 200, description = "The task", body = TaskJson)))]
pub(crate) async fn retry(Shared(app): Shared<App>, Id(id): Id<TaskId>, action: Action) -> Result<Reply, Problem> {
    let organization = action.caller.staff(Scope::Sell)?.organization;
    let command = Command::RetryTask(RetryTask { organization, id });
    changed(&app.propose(&action, organization.0, command).await?)
}

#[utoipa::path(post, path = "/api/v1/tasks/{task}/resolve", tag = "Holds and orders", summary = "Say what came of a task",
    description = "For a task in trouble, after looking it up at the provider. The order goes on as if the provider had \
        said so.",
    request_body = ResolveBody, responses((status = 200, description = "The task as it was", body = TaskJson)))]
pub(crate) async fn resolve(Shared(app): Shared<App>, Id(id): Id<TaskId>, action: Action) -> Result<Reply, Problem> {
    let organization = action.caller.staff(Scope::Sell)?.organization;
    let body: ResolveBody = action.json()?;
    let command = Command::ResolveTask(ResolveTask { organization, id, done: body.done, note: body.note });
    changed(&app.propose(&action, organization.0, command).await?)
}
