//! `/api/v1/events/{event}/showtimes/series`: the showtimes of a run from a rule, up to 500 at once, all or none.
//!
//! Times are wall times in the showtimes' zone: what is at 20:00 stays at 20:00 when clocks change. A time that clocks jump
//! over is taken as much later as they jump; a time that there is twice is the first of the two. Both are named.

use std::collections::BTreeSet;

use axum::extract::State as Shared;
use booking::command::{CreateShowtimes, ShowtimeTimes};
use booking::ids::{EventId, ShowtimeId};
use booking::keys::Scope;
use booking::{Command, Reply as Done, limits};
use jiff::civil::{Date, DateTime, Time as WallTime, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::ShowtimeBody;
use crate::action::{Action, explain};
use crate::app::{App, draw};
use crate::problem::{Kind, Problem};
use crate::reading::Id;
use crate::reply::Reply;
use crate::time::{Time, local};

/// Days from a rule's first to its last: three years.
const DAYS_MAX: i32 = 1_096;
/// Times of day, and named dates.
const TIMES_MAX: usize = 24;
const NAMED_MAX: usize = 500;

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Weekday)]
pub(crate) enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Day {
    fn weekday(self) -> Weekday {
        match self {
            Self::Mon => Weekday::Monday,
            Self::Tue => Weekday::Tuesday,
            Self::Wed => Weekday::Wednesday,
            Self::Thu => Weekday::Thursday,
            Self::Fri => Weekday::Friday,
            Self::Sat => Weekday::Saturday,
            Self::Sun => Weekday::Sunday,
        }
    }
}

/// On which days at which times.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SeriesRule)]
pub(crate) struct Rule {
    /// The first day.
    #[schema(examples("2026-12-01"))]
    from: String,
    /// The last day, which is one of them.
    until: String,
    /// Every day if absent.
    #[serde(default)]
    weekdays: Vec<Day>,
    /// Wall times of each day.
    #[schema(examples(json!(["15:00", "19:30"])))]
    times: Vec<String>,
    /// Days (`2026-12-24`), or single showtimes (`2026-12-26T15:00`), that are left out.
    #[serde(default)]
    except: Vec<String>,
}

/// The showtimes of a run.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeriesBody {
    /// What they have in common: a showtime's body without `starts_at`, `ends_at` and `on_sale_until`.
    #[schema(value_type = Object)]
    showtime: Map<String, Value>,
    #[serde(default)]
    rule: Option<Rule>,
    /// Further showtimes, as wall times.
    #[serde(default)]
    #[schema(examples(json!(["2026-12-31T22:00"])))]
    extra: Vec<String>,
    /// How long each of them is.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 10080)]
    duration_minutes: Option<u32>,
    /// Sales end so long before each begins; when it begins if absent.
    #[serde(default)]
    #[schema(maximum = 100_000)]
    sales_end_minutes_before: Option<u32>,
}

/// The query of a series.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeriesQuery {
    #[serde(default)]
    preview: bool,
}

/// A showtime of the series.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SeriesShowtime)]
pub(crate) struct OneJson {
    /// Absent in a preview.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    id: Option<ShowtimeId>,
    starts_at: Time,
    /// The wall time in its zone, with its offset.
    local_starts_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<Time>,
}

/// A wall time that there is not, or twice.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AdjustedTime)]
pub(crate) struct AdjustedJson {
    /// As the rule says it.
    wall_time: String,
    /// `skipped` (clocks jump over it) or `repeated` (there are two; this is the first).
    why: &'static str,
    local_starts_at: String,
}

/// The showtimes of the series, in the order of their times.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Series)]
pub(crate) struct SeriesJson {
    zone: String,
    showtimes: Vec<OneJson>,
    adjusted: Vec<AdjustedJson>,
    /// Exceptions that left nothing out: perhaps they are mistyped.
    unused_exceptions: Vec<String>,
}

fn wrong(pointer: &str, detail: &str) -> Problem {
    Problem::malformed("body", pointer, detail)
}

fn date(text: &str, pointer: &str) -> Result<Date, Problem> {
    let plain = text.len() == 10;
    text.parse().ok().filter(|_| plain).ok_or_else(|| wrong(pointer, "expected a day such as 2026-12-24"))
}

fn time(text: &str, pointer: &str) -> Result<WallTime, Problem> {
    let plain = text.len() == 5;
    text.parse().ok().filter(|_| plain).ok_or_else(|| wrong(pointer, "expected a time of day such as 19:30"))
}

fn date_time(text: &str, pointer: &str) -> Result<DateTime, Problem> {
    let plain = text.len() == 16 && text.as_bytes().get(10) == Some(&b'T');
    text.parse().ok().filter(|_| plain).ok_or_else(|| wrong(pointer, "expected a wall time such as 2026-12-24T19:30"))
}

/// Wall times by the rule, without exceptions; and the exceptions that left nothing out.
fn wall_times(body: &SeriesBody) -> Result<(BTreeSet<DateTime>, Vec<String>), Problem> {
    let mut all = BTreeSet::new();
    let mut unused = Vec::new();
    if body.extra.len() > NAMED_MAX {
        return Err(wrong("/extra", "at most 500 times"));
    }
    if let Some(rule) = &body.rule {
        let (from, until) = (date(&rule.from, "/rule/from")?, date(&rule.until, "/rule/until")?);
        if until < from || from.until(until).map_or(i32::MAX, |span| span.get_days()) >= DAYS_MAX {
            return Err(wrong("/rule/until", "expected a day from `from` on, within three years"));
        }
        if rule.times.is_empty() || rule.times.len() > TIMES_MAX || rule.except.len() > NAMED_MAX {
            return Err(wrong("/rule/times", "expected 1 to 24 times of day, and at most 500 exceptions"));
        }
        let times = rule.times.iter().enumerate().map(|(i, t)| time(t, &format!("/rule/times/{i}")));
        let times = times.collect::<Result<Vec<_>, _>>()?;
        let days = from.series(jiff::Span::new().days(1)).take_while(|day| *day <= until);
        for day in days.filter(|d| rule.weekdays.is_empty() || rule.weekdays.iter().any(|w| w.weekday() == d.weekday()))
        {
            all.extend(times.iter().map(|t| day.to_datetime(*t)));
        }
        for (i, text) in rule.except.iter().enumerate() {
            let pointer = format!("/rule/except/{i}");
            let before = all.len();
            if text.contains('T') {
                all.remove(&date_time(text, &pointer)?);
            } else {
                let day = date(text, &pointer)?;
                all.retain(|at| at.date() != day);
            }
            if all.len() == before {
                unused.push(text.clone());
            }
        }
    }
    for (i, text) in body.extra.iter().enumerate() {
        all.insert(date_time(text, &format!("/extra/{i}"))?);
    }
    if all.is_empty() {
        return Err(Kind::RuleViolated.detail("the rule makes no showtime"));
    }
    if all.len() > limits::SERIES_MAX {
        let detail = format!("the rule makes {} showtimes, at most {} are made at once", all.len(), limits::SERIES_MAX);
        return Err(Kind::RuleViolated.detail(detail));
    }
    Ok((all, unused))
}

/// The moment of a wall time in ms, and whether there is none or two of it.
fn moment(at: DateTime, zone: &TimeZone) -> Result<(u64, Option<&'static str>), Problem> {
    let ambiguous = zone.to_ambiguous_zoned(at);
    let odd = match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => None,
        AmbiguousOffset::Gap { .. } => Some("skipped"),
        AmbiguousOffset::Fold { .. } => Some("repeated"),
    };
    let ms = ambiguous.compatible().ok().and_then(|zoned| u64::try_from(zoned.timestamp().as_millisecond()).ok());
    ms.map(|ms| (ms, odd)).ok_or_else(|| wrong("", "expected times from 1970 to 9999"))
}

/// The common part, read as strictly as a showtime's body. Its own times are those of the series.
fn common(members: &Map<String, Value>) -> Result<ShowtimeBody, Problem> {
    if let Some(name) = ["starts_at", "ends_at", "on_sale_until"].iter().find(|name| members.contains_key(**name)) {
        return Err(wrong(&format!("/showtime/{name}"), "the series says when; see rule, extra and the minutes"));
    }
    let mut members = members.clone();
    members.insert("starts_at".to_owned(), "1970-01-01T00:00:00Z".into());
    let bytes = serde_json::to_vec(&members).map_err(|_| Kind::Internal.problem())?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let (pointer, detail) = explain::<ShowtimeBody>(&bytes).unwrap_or_else(|| (String::new(), error.to_string()));
        wrong(&format!("/showtime{pointer}"), &detail)
    })
}

#[utoipa::path(post, path = "/api/v1/events/{event}/showtimes/series", tag = "Catalogue",
    summary = "Make the showtimes of a run",
    description = "From a rule and further times, up to 500 at once, all or none. Times are wall times in the showtimes' \
        zone (the venue's if absent): 20:00 stays 20:00 when clocks change. A time that clocks jump over is taken as much \
        later as they jump; of a time that there is twice, the first. Both are listed in `adjusted`. With `preview=true` \
        nothing is made.",
    params(("preview" = Option<bool>, Query, description = "Tell, make nothing")),
    request_body = SeriesBody,
    responses((status = 201, description = "The showtimes", body = SeriesJson),
        (status = 200, description = "With `preview=true`: those that it would be", body = SeriesJson)))]
pub(crate) async fn create(Shared(app): Shared<App>, Id(event): Id<EventId>, action: Action) -> Result<Reply, Problem> {
    let organization = action.caller.staff(Scope::Catalogue)?.organization;
    app.must_have_room()?;
    let query: SeriesQuery = action.query()?;
    let body: SeriesBody = action.json()?;
    let shared = common(&body.showtime)?;
    let stage = shared.stage(&app, organization).await.map_err(|problem| match problem.member("pointer") {
        Some(Value::String(pointer)) => {
            let pointer = format!("/showtime{pointer}");
            problem.with("pointer", pointer)
        }
        _ => problem,
    })?;
    let details = shared.details(stage.plan, stage.zone.as_deref())?;
    let (walls, unused_exceptions) = wall_times(&body)?;
    if body.duration_minutes.is_some_and(|m| !(1..=10_080).contains(&m)) {
        return Err(wrong("/duration_minutes", "expected 1 to 10080"));
    }
    if body.sales_end_minutes_before.is_some_and(|m| m > 100_000) {
        return Err(wrong("/sales_end_minutes_before", "expected at most 100000"));
    }
    let of_zone = TimeZone::get(&details.zone).map_err(|_| Kind::Internal.problem())?;
    // Ids that ascend with the times: the answer needs no more than ids.
    let first = (draw() << 16) & ((1 << 80) - 1);
    let (mut times, mut adjusted) = (Vec::new(), Vec::new());
    for (nth, wall) in (0_u128..).zip(&walls) {
        let (starts_at_ms, odd) = moment(*wall, &of_zone)?;
        if let Some(why) = odd {
            let wall_time = wall.strftime("%Y-%m-%dT%H:%M").to_string();
            adjusted.push(AdjustedJson { wall_time, why, local_starts_at: local(starts_at_ms, &details.zone) });
        }
        times.push(ShowtimeTimes {
            id: ShowtimeId::mint(app.now_ms(), first | nth),
            starts_at_ms,
            ends_at_ms: body.duration_minutes.map(|m| starts_at_ms + u64::from(m) * 60_000),
            on_sale_from_ms: details.on_sale_from_ms,
            on_sale_until_ms: body.sales_end_minutes_before.map(|m| starts_at_ms.saturating_sub(u64::from(m) * 60_000)),
        });
    }
    let told = |ids: Option<&[ShowtimeId]>| SeriesJson {
        zone: details.zone.to_string(),
        showtimes: times
            .iter()
            .enumerate()
            .map(|(n, t)| OneJson {
                id: ids.and_then(|ids| ids.get(n)).copied(),
                starts_at: Time(t.starts_at_ms),
                local_starts_at: local(t.starts_at_ms, &details.zone),
                ends_at: t.ends_at_ms.map(Time),
            })
            .collect(),
        adjusted,
        unused_exceptions,
    };
    if query.preview {
        let mine = |s: &booking::State| s.event(event).filter(|e| e.organization == organization).map(|_| ());
        app.must_find(mine).await?;
        if let Some(plan) = &stage.made {
            app.must_find(|s| s.venue(plan.venue).filter(|v| v.organization == organization).map(|_| ())).await?;
        } else {
            app.must_find(|s| s.plan(stage.plan).filter(|p| p.organization == organization).map(|_| ())).await?;
        }
        return Reply::ok(&told(None));
    }
    let command =
        CreateShowtimes { organization, event, details: details.clone(), times: times.clone(), plan: stage.made };
    let answer = app.propose(&action, organization.0, Command::CreateShowtimes(Box::new(command))).await?;
    match &answer.outcome {
        Ok(Done::Showtimes(ids)) => Ok(Reply::created(&told(Some(ids)))?.answered(&answer)),
        Ok(_) => Err(Kind::Internal.problem()),
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(&answer)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(wall: &str, zone: &str) -> (u64, Option<&'static str>) {
        let zone = TimeZone::get(zone).unwrap();
        moment(date_time(wall, "").map_err(|p| p.write("")).unwrap(), &zone).map_err(|p| p.write("")).unwrap()
    }

    #[test]
    fn eight_in_the_evening_stays_so_when_clocks_change() {
        let hours = |a: &str, b: &str| (ms(b, "Europe/Berlin").0 - ms(a, "Europe/Berlin").0) / 3_600_000;
        assert_eq!(hours("2027-03-27T20:00", "2027-03-28T20:00"), 23);
        assert_eq!(hours("2027-10-30T20:00", "2027-10-31T20:00"), 25);
        let (skipped, why) = ms("2027-03-28T02:30", "Europe/Berlin");
        assert_eq!((local(skipped, "Europe/Berlin").as_str(), why), ("2027-03-28T03:30:00+02:00", Some("skipped")));
        let (first, why) = ms("2027-10-31T02:30", "Europe/Berlin");
        assert_eq!((local(first, "Europe/Berlin").as_str(), why), ("2027-10-31T02:30:00+02:00", Some("repeated")));
        // Half an hour, in the other half of the year.
        let (skipped, why) = ms("2026-10-04T02:15", "Australia/Lord_Howe");
        assert_eq!(
            (local(skipped, "Australia/Lord_Howe").as_str(), why),
            ("2026-10-04T02:45:00+11:00", Some("skipped"))
        );
    }

    fn walls(body: &Value) -> Result<(Vec<String>, Vec<String>), Problem> {
        let body: SeriesBody = serde_json::from_value(body.clone()).unwrap();
        let (all, unused) = wall_times(&body)?;
        Ok((all.iter().map(|at| at.strftime("%a %d %H:%M").to_string()).collect(), unused))
    }

    #[test]
    fn a_rule_makes_its_days_less_the_exceptions_and_the_extra_ones() {
        let body = serde_json::json!({"showtime": {}, "extra": ["2026-12-31T22:00", "2026-12-05T19:30"],
            "rule": {"from": "2026-12-01", "until": "2026-12-13", "weekdays": ["sat", "sun"], "times": ["19:30", "15:00"],
                "except": ["2026-12-06", "2026-12-12T15:00", "2026-12-24"]}});
        let (all, unused) = walls(&body).map_err(|p| p.write("")).unwrap();
        assert_eq!(
            all,
            ["Sat 05 15:00", "Sat 05 19:30", "Sat 12 19:30", "Sun 13 15:00", "Sun 13 19:30", "Thu 31 22:00"]
        );
        assert_eq!(unused, ["2026-12-24"]);
    }

    #[test]
    fn a_rule_that_is_wrong_is_named_by_its_place() {
        for (pointer, value) in [
            ("/rule/from", "2026-13-01"),
            ("/rule/from", "tomorrow"),
            ("/rule/until", "2026-11-30"),
            ("/rule/until", "2036-11-30"),
            ("/rule/times/0", "25:00"),
            ("/rule/times/0", "19:30:15"),
            ("/rule/except/0", "24.12."),
            ("/extra/0", "2026-12-31"),
        ] {
            let mut body = serde_json::json!({"showtime": {}, "extra": ["2026-12-31T22:00"],
                "rule": {"from": "2026-12-01", "until": "2026-12-02", "times": ["19:30"], "except": ["2026-12-01"]}});
            *body.pointer_mut(pointer).unwrap() = value.into();
            let refused = walls(&body).err().unwrap();
            assert_eq!(refused.member("errors").unwrap()[0]["pointer"], pointer, "{value}");
        }
        let nothing = serde_json::json!({"showtime": {}});
        assert_eq!(walls(&nothing).err().unwrap().kind(), Kind::RuleViolated);
        let many = serde_json::json!({"showtime": {},
            "rule": {"from": "2026-01-01", "until": "2027-12-31", "times": ["10:00"]}});
        assert_eq!(walls(&many).err().unwrap().kind(), Kind::RuleViolated);
    }
}
