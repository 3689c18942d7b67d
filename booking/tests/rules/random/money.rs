//! Random prices and vouchers for the random commands.

use booking::command::{AreaTickets, CreateVouchers, DeleteVoucher, PlaceHold, SeatType, TypeQuantity, UpdateVoucher};
use booking::ids::{EventId, ShowtimeId, VoucherId};
use booking::money::Money;
use booking::prices::reckoning::Discount;
use booking::prices::{EarlyPrice, Fee, FeeAmount, Per, Prices, Tax, TicketType};
use booking::vouchers::{VoucherDetails, VoucherScope};
use booking::{Command, State};

use super::{Asker, Dice, some_id};

const CODES: [&str; 5] = ["friend", "FRIEND", "press", "block", "nobody"];
const TYPES: [&str; 4] = ["adult", "child", "vip", "none"];

fn named(dice: &mut Dice, id: &str, now_ms: u64) -> TicketType {
    let early = dice.one_in(3).then(|| EarlyPrice { until_ms: now_ms + dice.below(200_000), price: dice.amount() });
    TicketType {
        id: id.into(),
        name: id.into(),
        early: early.into_iter().collect(),
        hidden: id == "vip",
        min_per_order: if dice.one_in(8) { 2 } else { 1 },
        max_per_order: if dice.one_in(8) { 3 } else { 50 },
        ..TicketType::unnamed(dice.amount())
    }
}

impl Dice {
    /// An amount that does not divide evenly.
    fn amount(&mut self) -> i64 {
        self.below(5_003).cast_signed()
    }

    /// Other prices for the same tiers.
    pub(super) fn prices(&mut self, old: &Prices, now_ms: u64) -> Prices {
        let mut prices = old.clone();
        for tier in &mut prices.tiers {
            tier.fees = self.amount() / 10;
            tier.types = if self.one_in(3) {
                vec![TicketType::unnamed(self.amount())]
            } else {
                TYPES[..3].iter().map(|id| named(self, id, now_ms)).collect()
            };
        }
        let fee = |dice: &mut Self, name: &str, per| Fee {
            name: name.into(),
            per,
            amount: if dice.one_in(2) {
                FeeAmount::Absolute(dice.amount() / 10)
            } else {
                FeeAmount::Share(dice.below(2_000) as u32)
            },
        };
        prices.fees = Vec::new();
        for (name, per) in [("booking", Per::Ticket), ("order", Per::Order), ("service", Per::Order)] {
            if self.one_in(2) {
                prices.fees.push(fee(self, name, per));
            }
        }
        let included = self.one_in(2);
        let tax = |dice: &mut Self, name: &str| Tax {
            name: name.into(),
            rate: dice.below(2_500) as u32,
            included,
            on_tickets: true,
            on_fees: dice.one_in(2),
        };
        prices.taxes = Vec::new();
        for name in ["VAT", "city"] {
            if self.one_in(2) {
                prices.taxes.push(tax(self, name));
            }
        }
        prices
    }

    pub(super) fn code(&mut self) -> Option<Box<str>> {
        self.one_in(4).then(|| self.of(&CODES).into())
    }

    pub(super) fn ticket_type(&mut self) -> Option<Box<str>> {
        self.one_in(4).then(|| self.of(&TYPES).into())
    }

    pub(super) fn seat_types(&mut self, seats: &[u32]) -> Vec<SeatType> {
        let mut types = Vec::new();
        for seat in seats {
            types.extend(self.ticket_type().map(|ticket_type| SeatType { seat: *seat, ticket_type }));
        }
        types
    }

    pub(super) fn best_types(&mut self, quantity: u32) -> Vec<TypeQuantity> {
        let mut types = Vec::new();
        if quantity > 1 && self.one_in(4) {
            types.push(TypeQuantity { ticket_type: "adult".into(), quantity: 1 });
            types.push(TypeQuantity { ticket_type: self.of(&TYPES).into(), quantity: quantity - 1 });
        }
        types
    }

    fn details(&mut self, state: &State) -> VoucherDetails {
        let money = |dice: &mut Self| Money { amount: dice.amount() / 2, currency: "EUR".parse().unwrap() };
        let discount = match self.below(4) {
            0 => None,
            1 => Some(Discount::Share(self.below(10_001) as u32)),
            2 => Some(Discount::Amount(money(self))),
            _ => Some(Discount::Fixed(money(self))),
        };
        let per = if self.one_in(2) { Per::Order } else { Per::Ticket };
        let some = |dice: &mut Self, max| dice.one_in(2).then(|| dice.below(max) as u32);
        let blocks: Vec<_> = (1..5).flat_map(|s| state.blocks_of(ShowtimeId(s))).map(|b| b.id).collect();
        VoucherDetails {
            note: "".into(),
            discount: discount.map(|discount| (discount, per)),
            scope: VoucherScope {
                events: if self.one_in(6) { vec![EventId(1)] } else { Vec::new() },
                showtimes: if self.one_in(4) { vec![ShowtimeId(1)] } else { Vec::new() },
                tiers: if self.one_in(4) { vec!["front".into()] } else { Vec::new() },
                ticket_types: if self.one_in(4) { vec!["child".into(), "vip".into()] } else { Vec::new() },
            },
            unlocks: self.one_in(2),
            block: (!blocks.is_empty() && self.one_in(2)).then(|| self.of(&blocks)),
            max_uses: some(self, 20),
            max_uses_per_buyer: some(self, 4),
            max_tickets: some(self, 6),
            from_ms: None,
            until_ms: self.one_in(4).then(|| state.now_ms() + self.below(200_000)),
        }
    }
}

impl Asker {
    /// Makes a hold ask for places of a block that some voucher opens, besides what it asks for.
    pub(super) fn open_block(&mut self, state: &State, c: &mut PlaceHold) {
        let opening = state.vouchers(VoucherId(0)).filter_map(|v| Some((v, state.block(v.details.block?)?)));
        let opening: Vec<_> = opening.collect();
        if opening.is_empty() {
            return;
        }
        let (voucher, block) = self.dice.of(&opening);
        c.showtime = block.showtime;
        c.plan = state.showtime(block.showtime).unwrap().details.plan;
        c.best = None;
        c.types.clear();
        c.voucher = Some(voucher.code.clone());
        c.seats.truncate(self.dice.below(2) as usize);
        c.seats.extend(block.seats.iter().take(2).filter(|_| !self.dice.one_in(5)));
        c.areas.clear();
        let quantity = 1 + self.dice.below(3) as u32;
        c.areas.extend(block.areas.first().map(|a| AreaTickets { area: a.area, quantity, ticket_type: None }));
    }

    /// Staff make, change and end vouchers.
    pub(super) fn vouchers(&mut self, state: &State) -> Command {
        let organization = self.organization();
        let details = Box::new(self.dice.details(state));
        let known: Vec<VoucherId> = state.vouchers(VoucherId(0)).map(|v| v.id).collect();
        let id = if known.is_empty() || self.dice.one_in(5) {
            VoucherId(some_id(&mut self.dice, self.made))
        } else {
            self.dice.of(&known)
        };
        match self.dice.below(6) {
            0 => Command::DeleteVoucher(DeleteVoucher { organization, id }),
            1 | 2 => {
                let expected = state.voucher(id).map_or(0, |v| v.version);
                Command::UpdateVoucher(Box::new(UpdateVoucher { organization, id, expected, details }))
            }
            _ => {
                let codes = (0..=self.dice.below(3)).map(|_| self.dice.of(&CODES).into()).collect();
                let first = VoucherId(self.made);
                Command::CreateVouchers(Box::new(CreateVouchers { first, organization, codes, details }))
            }
        }
    }
}
