//! The arithmetic of money: at the bounds of everything, against sums made otherwise, and shown before it is paid.

use std::sync::Arc;

use booking::command::{AreaTickets, CreateVouchers, Pay, PlaceHold, PlaceOrder, UpdateShowtime};
use booking::ids::{HoldId, OrderId, PlanId, ShowtimeId, VenueId, VoucherId};
use booking::limits::{AMOUNT_MAX, FEES_MAX, PLACES_PER_ORDER_MAX, PRICES_KEPT_MAX, TAXES_MAX};
use booking::money::Money;
use booking::orders::Buyer;
use booking::prices::reckoning::{Discount, WHOLE, share};
use booking::prices::{Fee, FeeAmount, Per, PriceTier, Prices, Tax, TicketType};
use booking::vouchers::{VoucherDetails, VoucherScope};
use booking::{Command, Rejection, Reply, invariants};

use super::house::{AreaOf, House, RowOf, SHOP, hold_of, plan};

const PLAN: PlanId = PlanId(1);

fn house(prices: Prices) -> (House, ShowtimeId) {
    let row = RowOf { section: "s", label: "A", seats: 100, category: "seat", gap: None, special: &[] };
    let area = AreaOf { id: "f", category: "seat", capacity: 2_100 };
    let mut house = House::new();
    let id = house.open(10, &plan(PLAN, (SHOP, VenueId(1)), &[row], &[area]));
    set_prices(&mut house, id, prices);
    (house, id)
}

fn set_prices(house: &mut House, id: ShowtimeId, prices: Prices) {
    let showtime = house.state.showtime(id).unwrap();
    let (expected, mut details) = (showtime.version, showtime.details.clone());
    details.prices = Arc::new(prices);
    details.max_places_per_order = PLACES_PER_ORDER_MAX;
    house.must(Command::UpdateShowtime(UpdateShowtime { organization: SHOP, id, expected, details }.into()));
}

fn tier(price: i64, fees: i64) -> Vec<PriceTier> {
    let types = vec![TicketType::unnamed(price)];
    vec![PriceTier { id: "t".into(), name: "t".into(), fees, categories: vec!["seat".into()], types }]
}

fn floor(id: u128, showtime: ShowtimeId, quantity: u32) -> Command {
    let areas = vec![AreaTickets { area: 0, quantity, ticket_type: None }];
    Command::PlaceHold(PlaceHold { areas, ..hold_of(id, showtime, PLAN) })
}

/// The highest of everything there may be: every sum is what 128 bits make of it.
#[test]
fn the_highest_amounts_add_up() {
    let fee = |n: usize, amount, per| Fee { name: format!("fee {n}").into(), amount, per };
    let half = FEES_MAX / 2;
    let fees = (0..FEES_MAX).map(|n| {
        let per = if n < half { Per::Ticket } else { Per::Order };
        fee(n, if n % 2 == 0 { FeeAmount::Absolute(AMOUNT_MAX) } else { FeeAmount::Share(WHOLE) }, per)
    });
    let tax =
        |n: usize| Tax { name: format!("{n}").into(), rate: WHOLE, included: false, on_tickets: true, on_fees: true };
    let taxes = (0..TAXES_MAX).map(tax).collect();
    let (mut house, id) = house(Prices { tiers: tier(AMOUNT_MAX, AMOUNT_MAX), fees: fees.collect(), taxes });

    let (max, places, taxes) = (i128::from(AMOUNT_MAX), i128::from(PLACES_PER_ORDER_MAX), TAXES_MAX as i128);
    let ticket = (max + max * (1 + half as i128)) * (1 + taxes);
    let absolute = (half..FEES_MAX).filter(|n| n % 2 == 0).count() as i128 * max;
    let shares = (half..FEES_MAX).filter(|n| n % 2 == 1).count() as i128 * max * places;
    let shown = ticket * places + (absolute + shares) * (1 + taxes);
    let mut all = Vec::new();
    for n in 1..=20 {
        let applied = house.must(floor(n, id, PLACES_PER_ORDER_MAX));
        let Ok(Reply::Hold(hold)) = applied.reply else { panic!() };
        assert_eq!(i128::from(hold.places.total()), shown);
        all.push(hold.id);
    }
    // 20 holds in one order are more than one order's places: they are of one showtime.
    let order = |holds| {
        let (buyer, pay, voucher) = (Buyer::default(), Pay::Cash, None);
        PlaceOrder { id: OrderId(1), organization: Some(SHOP), holds, buyer, pay, voucher }
    };
    let refused = house.apply(Command::PlaceOrder(Box::new(order(all))), None);
    assert_eq!(refused.reply, Err(Rejection::TooManyPlaces { max: PLACES_PER_ORDER_MAX }));
    let applied = house.must(Command::PlaceOrder(Box::new(order(vec![HoldId(1)]))));
    let Ok(Reply::Order(order)) = applied.reply else { panic!() };
    assert_eq!(i128::from(order.total.amount), shown);
    assert!(20 * shown < 1 << 53, "a client that counts in doubles counts right, too");
    assert_eq!(invariants::check(&house.state), Vec::<String>::new());
}

#[test]
fn a_share_is_rounded_half_up_once() {
    for (amount, basis_points, due) in [
        (0, 1_900, 0),
        (1, 5_000, 1),
        (1, 4_999, 0),
        (3, 5_000, 2),
        (105, 1_000, 11),
        (104, 1_000, 10),
        (12_345, 1_900, 2_346),
        (AMOUNT_MAX, WHOLE, AMOUNT_MAX),
        (AMOUNT_MAX * 100, WHOLE, AMOUNT_MAX * 100),
    ] {
        assert_eq!(share(amount, basis_points), due, "{basis_points} of {amount}");
    }
    for amount in 0..3_000_i64 {
        for basis_points in [1, 7, 333, 825, 1_900, 2_500, 9_999] {
            let exact = i128::from(amount) * i128::from(basis_points);
            let rounded = i128::from(share(amount, basis_points)) * i128::from(WHOLE);
            assert!(exact - rounded < 5_000 && rounded - exact <= 5_000, "{basis_points} of {amount}");
        }
    }
}

/// Whatever the discount and however it is shared out: to the cent, and nothing costs less than nothing.
#[test]
fn a_discount_of_all_is_shared_out_to_the_cent() {
    let (mut house, id) = house(Prices { tiers: tier(1_999, 0), ..Prices::default() });
    let money = |amount| Money { amount, currency: "EUR".parse().unwrap() };
    let discounts = [
        Discount::Share(1),
        Discount::Share(3_333),
        Discount::Share(WHOLE),
        Discount::Amount(money(1)),
        Discount::Amount(money(1_000)),
        Discount::Amount(money(AMOUNT_MAX)),
        Discount::Fixed(money(0)),
        Discount::Fixed(money(1_234)),
        Discount::Fixed(money(AMOUNT_MAX)),
    ];
    let mut n = 0;
    for discount in discounts {
        n += 1;
        let details = VoucherDetails {
            note: "".into(),
            discount: Some((discount, Per::Order)),
            scope: VoucherScope::default(),
            unlocks: false,
            block: None,
            max_uses: None,
            max_uses_per_buyer: None,
            max_tickets: None,
            from_ms: None,
            until_ms: None,
        };
        let code = format!("CODE{n}");
        let (codes, details) = (vec![code.as_str().into()], Box::new(details));
        let create = CreateVouchers { first: VoucherId(n), organization: SHOP, codes, details };
        house.must(Command::CreateVouchers(Box::new(create)));
        for quantity in [1, 2, 3, 7, 61] {
            let Command::PlaceHold(mut hold) = floor(n * 1_000 + u128::from(quantity), id, quantity) else { panic!() };
            hold.voucher = Some(code.as_str().into());
            let Ok(Reply::Hold(hold)) = house.must(Command::PlaceHold(hold)).reply else { panic!() };
            let all = 1_999 * i64::from(quantity);
            let off = match discount {
                Discount::Share(basis_points) => share(all, basis_points),
                Discount::Amount(money) => all.min(money.amount),
                Discount::Fixed(money) => all - all.min(money.amount),
            };
            assert_eq!((hold.places.discount(), hold.places.total()), (off, all - off), "{discount:?} of {quantity}");
            assert!(hold.places.more.len() <= 1, "equal tickets differ by a cent at most: {:?}", hold.places);
        }
        house.now_ms += 400_000;
    }
    assert_eq!(invariants::check(&house.state), Vec::<String>::new());
}

/// What is kept of old prices is bounded, and a draft that nobody saw keeps none.
#[test]
fn prices_change_so_many_times_at_most() {
    let (mut house, id) = house(Prices { tiers: tier(1, 0), ..Prices::default() });
    for n in 0..i64::from(PRICES_KEPT_MAX) - 1 {
        set_prices(&mut house, id, Prices { tiers: tier(2 + n, 0), ..Prices::default() });
    }
    let showtime = house.state.showtime(id).unwrap().clone();
    assert_eq!(showtime.prices, PRICES_KEPT_MAX);
    assert!((0..=PRICES_KEPT_MAX).all(|number| house.state.prices_of(id, number).is_some()));
    let mut details = showtime.details.clone();
    let update = |details| UpdateShowtime { organization: SHOP, id, expected: showtime.version, details };
    details.prices = Arc::new(Prices { tiers: tier(0, 0), ..Prices::default() });
    let refused = house.apply(Command::UpdateShowtime(update(details).into()), None);
    assert!(matches!(refused.reply, Err(Rejection::Conflict(_))), "{:?}", refused.reply);
    // Everything else may be changed all the same.
    let mut details = showtime.details.clone();
    details.max_extensions = 3;
    house.must(Command::UpdateShowtime(update(details).into()));
    assert_eq!(invariants::check(&house.state), Vec::<String>::new());
}
