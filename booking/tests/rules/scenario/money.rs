//! Prices, fees, taxes, vouchers and receipts in the words of scenarios.

use std::fmt::Write as _;
use std::sync::Arc;

use booking::Command;
use booking::command::{CreateVouchers, DeleteVoucher, UpdateVoucher};
use booking::ids::{BlockId, OrganizationId, ShowtimeId, VoucherId};
use booking::money::Money;
use booking::prices::places::PricedPlaces;
use booking::prices::reckoning::{Discount, Part};
use booking::prices::{EarlyPrice, Fee, FeeAmount, Per, Prices, Tax, TicketType};
use booking::vouchers::{Voucher, VoucherDetails, VoucherScope};

use super::{HoldId, OrderId, Stage, Words, clock_ms, money, number};

fn cents(text: &str) -> i64 {
    let (whole, part) = text.split_once('.').unwrap_or((text, "00"));
    number::<i64>(whole) * 100 + number::<i64>(&format!("{part:0<2}"))
}

/// `2.5%` in basis points.
fn basis_points(text: &str) -> Option<u32> {
    text.strip_suffix('%').map(|share| cents(share).unsigned_abs() as u32)
}

/// `tier/type:20.00[:2-6][:hidden]`, added to the tier; `tier/type@11:00:15.00` is an early price of one.
pub(super) fn add_types(prices: &mut Prices, text: &str) {
    for one in text.split(',') {
        let (tier, rest) = one.split_once('/').unwrap();
        let tier = prices.tiers.iter_mut().find(|t| &*t.id == tier).unwrap();
        if let Some((id, rest)) = rest.split_once('@') {
            let (until, price) = rest.rsplit_once(':').unwrap();
            let of = tier.types.iter_mut().find(|t| &*t.id == id).unwrap();
            of.early.push(EarlyPrice { until_ms: clock_ms(until), price: cents(price) });
            continue;
        }
        let mut words = rest.split(':');
        let id = words.next().unwrap();
        let price = cents(words.next().unwrap());
        let mut of = TicketType { id: id.into(), name: id.into(), ..TicketType::unnamed(price) };
        for word in words {
            match word.split_once('-') {
                Some((min, max)) => (of.min_per_order, of.max_per_order) = (number(min), number(max)),
                None => of.hidden = word == "hidden",
            }
        }
        tier.types.retain(|t| !t.id.is_empty());
        tier.types.push(of);
    }
}

/// `name:1.50/ticket` or `name:2.5%/order`, several with commas.
pub(super) fn fees(text: &str) -> Vec<Fee> {
    let fee = |one: &str| {
        let (name, rest) = one.split_once(':').unwrap();
        let (amount, per) = rest.split_once('/').unwrap();
        let per = if per == "order" { Per::Order } else { Per::Ticket };
        let amount = basis_points(amount).map_or_else(|| FeeAmount::Absolute(cents(amount)), FeeAmount::Share);
        Fee { name: name.into(), amount, per }
    };
    text.split(',').map(fee).collect()
}

/// `name:19%` on top or `name:19%in`, then `/tickets`, `/fees` or `/all`; several with commas.
pub(super) fn taxes(text: &str) -> Vec<Tax> {
    let tax = |one: &str| {
        let (name, rest) = one.split_once(':').unwrap();
        let (rate, on) = rest.split_once('/').unwrap();
        let included = rate.ends_with("in");
        let rate = basis_points(rate.trim_end_matches("in")).unwrap();
        Tax { name: name.into(), rate, included, on_tickets: on != "fees", on_fees: on != "tickets" }
    };
    text.split(',').map(tax).collect()
}

impl Stage {
    fn voucher_details(&self, words: &Words) -> VoucherDetails {
        let money = |text: &str| Money { amount: cents(text), currency: "EUR".parse().unwrap() };
        let get = |name: &str| words.named.get(name).copied();
        let discount = match get("off") {
            Some(off) if off.ends_with('%') => basis_points(off).map(Discount::Share),
            Some(off) => Some(Discount::Amount(money(off))),
            None => get("fixed").map(|fixed| Discount::Fixed(money(fixed))),
        };
        let per = if get("per") == Some("order") { Per::Order } else { Per::Ticket };
        let list = |name: &str| get(name).map_or_else(Vec::new, |all| all.split(',').map(Into::into).collect());
        let showtimes: Vec<ShowtimeId> =
            get("showtimes").map_or_else(Vec::new, |all| all.split(',').map(|s| self.showtime(s).0).collect());
        VoucherDetails {
            note: "".into(),
            discount: discount.map(|discount| (discount, per)),
            scope: VoucherScope { events: Vec::new(), showtimes, tiers: list("tiers"), ticket_types: list("types") },
            unlocks: get("unlocks").is_some(),
            block: get("block").map(|name| BlockId(self.blocks.id(name))),
            max_uses: get("uses").map(number),
            max_uses_per_buyer: get("each").map(number),
            max_tickets: get("tickets").map(number),
            from_ms: get("from").map(clock_ms),
            until_ms: get("until").map(clock_ms),
        }
    }

    /// `voucher CODE …`, `set-voucher V1 …`, `end-voucher V1`.
    pub(super) fn voucher_command(&mut self, organization: OrganizationId, words: &Words) -> Option<Command> {
        let given = &words.plain;
        let named = |stage: &Self| VoucherId(stage.vouchers.id(given[1]));
        Some(match given[0] {
            "voucher" => {
                let first = VoucherId(self.mint());
                let (codes, details) = (given[1..].iter().map(|c| (*c).into()).collect(), self.voucher_details(words));
                Command::CreateVouchers(Box::new(CreateVouchers {
                    first,
                    organization,
                    codes,
                    details: details.into(),
                }))
            }
            "set-voucher" => {
                let id = named(self);
                let expected = self.house.state.voucher(id).map_or(0, |v| v.version);
                let details = self.voucher_details(words).into();
                Command::UpdateVoucher(Box::new(UpdateVoucher { organization, id, expected, details }))
            }
            "end-voucher" => Command::DeleteVoucher(DeleteVoucher { organization, id: named(self) }),
            _ => return None,
        })
    }

    pub(super) fn show_voucher(&mut self, voucher: &Voucher) -> String {
        let name = self.vouchers.name('V', voucher.id.0);
        let ended = if voucher.ended { ", ended" } else { "" };
        format!("{name} {} {} held {} ordered{ended}", voucher.code, voucher.held, voucher.ordered)
    }

    /// `uses V1`, `receipt H1`, `receipt O1`, `range S1`.
    pub(super) fn look_at_money(&mut self, words: &Words) -> Option<String> {
        Some(match words.plain[..] {
            ["uses", voucher] => {
                let voucher = self.house.state.voucher(VoucherId(self.vouchers.id(voucher))).cloned();
                voucher.map_or_else(|| "gone".to_owned(), |v| self.show_voucher(&v))
            }
            ["receipt", of] if of.starts_with('H') => {
                let hold = self.house.state.hold(HoldId(self.holds.id(of))).cloned().unwrap();
                self.receipt(hold.showtime, &hold.places)
            }
            ["receipt", of] => {
                let order = self.house.state.order(OrderId(self.orders.id(of))).cloned().unwrap();
                let parts = order.parts.iter().map(|part| self.receipt(part.showtime, &part.places));
                parts.collect::<Vec<_>>().join(" · ")
            }
            ["range", showtime] => {
                let now_ms = self.house.now_ms;
                let showtime = self.house.state.showtime(self.showtime(showtime).0).unwrap();
                let prices = &showtime.details.prices;
                let range = |tier: u16| prices.range(tier, now_ms);
                let tiers = (0_u16..).zip(&prices.tiers).map(|(index, tier)| match range(index) {
                    Some((from, to)) => format!("{} {} to {}", tier.id, money(from), money(to)),
                    None => format!("{} none", tier.id),
                });
                tiers.collect::<Vec<_>>().join(", ")
            }
            _ => return None,
        })
    }

    /// Subtotal, discount, fees and taxes by name (those that prices contain in brackets), total.
    fn receipt(&self, showtime: ShowtimeId, places: &PricedPlaces) -> String {
        let prices: Arc<Prices> = self.house.state.prices_of(showtime, places.prices).unwrap();
        let mut text = money(places.subtotal());
        if places.discount() != 0 {
            let _ = write!(text, " - {}", money(places.discount()));
        }
        let mut sum = places.subtotal() - places.discount();
        for (part, amount) in places.parts(&prices) {
            let name = match part {
                Part::TierFee => "fees".to_owned(),
                Part::Fee(fee) => prices.fees[usize::from(fee)].name.to_string(),
                Part::Tax(tax) => prices.taxes[usize::from(tax)].name.to_string(),
            };
            if prices.is_on_top(part) {
                sum += amount;
                let _ = write!(text, " + {name} {}", money(amount));
            } else {
                let _ = write!(text, " ({name} {})", money(amount));
            }
        }
        assert_eq!(sum, places.total(), "the parts are not the total");
        let _ = write!(text, " = {}", money(places.total()));
        text
    }
}
