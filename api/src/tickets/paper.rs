//! What stands on a printed ticket, in words. Deliberately not here: where on the page (see `pdf`).

use booking::State;
use booking::catalogue::ShowtimeState;
use booking::orders::{Order, Ticket, TicketPlace};

use super::qr::Squares;
use super::words::Words;
use crate::places::House;
use crate::programme::decimal;

/// A ticket as it is printed.
pub(crate) struct Paper {
    pub(crate) organizer: String,
    /// What it is: in the language of the buyer.
    pub(crate) kind: &'static str,
    pub(crate) title: String,
    pub(crate) moment: String,
    /// The house, and where it stands.
    pub(crate) venue: String,
    pub(crate) address: String,
    /// What to know at once, such as that the date is cancelled; may be empty.
    pub(crate) notice: String,
    /// What a place is called, and which it is.
    pub(crate) place: (&'static str, String),
    /// Names and values: kind of ticket, price, entrance, holder, numbers.
    pub(crate) facts: Vec<(String, String)>,
    pub(crate) terms: Vec<String>,
    pub(crate) squares: Squares,
    /// BCP 47.
    pub(crate) language: String,
}

/// The `entrance` of a seat, its row or its section, as the seating plan says.
fn entrance(house: &House, place: TicketPlace) -> Option<String> {
    let plan = &house.plan;
    let of = |extra: &str| {
        let extra: serde_json::Value = serde_json::from_str(extra).ok()?;
        extra.get("entrance")?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let section = |index: u16| plan.sections.get(usize::from(index)).and_then(|section| of(&section.extra));
    match place {
        TicketPlace::Seat(number) => {
            let seat = plan.seats.get(number as usize)?;
            let row = plan.rows.get(seat.row as usize)?;
            of(&seat.extra).or_else(|| of(&row.extra)).or_else(|| section(row.section))
        }
        TicketPlace::Area(index) => plan.areas.get(usize::from(index)).and_then(|area| section(area.section)),
    }
}

impl Paper {
    /// A ticket of an order with its code; none if something that it names is not there.
    pub(crate) fn of(state: &State, (order, house, ticket): (&Order, &House, &Ticket), code: &str) -> Option<Self> {
        let language = order.buyer.language.as_deref().unwrap_or("en");
        let words = Words::of(Some(language));
        let (details, line) = (&house.showtime.details, ticket.line(order)?);
        let event = &state.event(house.showtime.event)?.details;
        let venue = &state.venue(house.plan.venue)?.details;
        let zone = jiff::tz::TimeZone::get(&details.zone).unwrap_or(jiff::tz::TimeZone::UTC);
        let moment = |ms: u64| {
            let at = i64::try_from(ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
            at.map_or_else(String::new, |at| words.moment(&at.to_zoned(zone.clone())))
        };
        let notice = match details.state {
            ShowtimeState::Cancelled => words.cancelled,
            ShowtimeState::Postponed => words.postponed,
            ShowtimeState::Draft | ShowtimeState::OnSale | ShowtimeState::Closed => "",
        };
        let place = match ticket.place {
            TicketPlace::Seat(seat) => (words.seat, house.plan.label(seat)),
            TicketPlace::Area(index) => (words.area, house.area(index).1.to_owned()),
        };
        let kind = house.kind_of_ticket(line.tier, line.ticket_type);
        let money = booking::money::Money { amount: line.each(), ..order.total };
        let holder = ticket.holder.as_ref().map_or(&*order.buyer.name, |holder| &*holder.name);
        let facts = [
            (words.ticket, kind),
            (words.price, format!("{} {}", money.currency, decimal(money.amount, money.currency))),
            (words.entrance, entrance(house, ticket.place).unwrap_or_default()),
            (words.holder, holder.to_owned()),
            (words.order, order.id.to_string()),
            (words.number, ticket.id.to_string()),
        ];
        let mut terms = vec![words.at_the_door.to_owned(), words.passed_on.to_owned()];
        terms.push(match event.refunds {
            Some(rule) => {
                let until = details.starts_at_ms.saturating_sub(rule.until_before_start_ms);
                words.refund_until.replace("{}", &moment(until))
            }
            None => words.no_refund.to_owned(),
        });
        terms.extend(event.age_limit.map(|years| words.age.replace("{}", &years.to_string())));
        let address = [&*venue.address, &*venue.city].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>();
        Some(Self {
            organizer: state.organization(order.organization)?.name.to_string(),
            kind: words.ticket,
            title: event.title.to_string(),
            moment: moment(details.starts_at_ms),
            venue: venue.name.to_string(),
            address: address.join(", "),
            notice: notice.to_owned(),
            place,
            facts: facts
                .into_iter()
                .filter(|(_, value)| !value.is_empty())
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            terms,
            squares: Squares::of(code)?,
            language: language.to_owned(),
        })
    }
}
