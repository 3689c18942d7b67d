//! Every bound of the rules, one constant each. They all fit 32 bits.

/// Places of a seating plan: seats and the capacity of areas together.
pub const PLAN_PLACES_MAX: u32 = 100_000;
/// Sections, rows, areas and categories of a plan.
pub const PLAN_SECTIONS_MAX: usize = 2_000;
/// Rows of a plan.
pub const PLAN_ROWS_MAX: usize = 20_000;
/// Areas of a plan.
pub const PLAN_AREAS_MAX: usize = 1_000;
/// Price categories of a plan.
pub const PLAN_CATEGORIES_MAX: usize = 200;
/// Characters of a place id or a label.
pub const LABEL_CHARS_MAX: usize = 64;
/// Characters of a name or a title.
pub const NAME_CHARS_MAX: usize = 200;
/// Characters of a longer text (description, reason).
pub const TEXT_CHARS_MAX: usize = 20_000;
/// Venues, events, plans and API keys of one organization, each.
pub const CATALOGUE_MAX: usize = 10_000;
/// Showtimes of one organization.
pub const SHOWTIMES_MAX: usize = 20_000;
/// Pictures of one organization.
pub const IMAGES_MAX: usize = 10_000;
/// Widths of one picture.
pub const FILES_PER_IMAGE_MAX: usize = 8;
/// Pictures of one event.
pub const IMAGES_PER_EVENT_MAX: usize = 20;
/// A picture that no event shows is kept for so long, in ms.
pub const UNUSED_IMAGE_KEPT_MS: u64 = 86_400_000;
/// Showtimes that one command makes.
pub const SERIES_MAX: usize = 500;
/// Price tiers of a showtime.
pub const TIERS_MAX: usize = 100;
/// Largest price or fee, in minor units.
pub const AMOUNT_MAX: i64 = 1_000_000_000;
/// Ticket types of a price tier.
pub const TICKET_TYPES_MAX: usize = 20;
/// Characters of a ticket type's description.
pub const TICKET_TYPE_TEXT_CHARS_MAX: usize = 500;
/// Early prices of a ticket type.
pub const EARLY_PRICES_MAX: usize = 10;
/// Named fees of a showtime. With the highest of everything a hold of 100 places costs less than 10¹⁴ minor units.
pub const FEES_MAX: usize = 10;
/// Taxes of a showtime.
pub const TAXES_MAX: usize = 10;
/// How often the prices of a showtime that was on sale can change: what was in force once is kept for receipts.
pub const PRICES_KEPT_MAX: u32 = 1_000;
/// Vouchers of one organization.
pub const VOUCHERS_MAX: usize = 100_000;
/// Vouchers made by one command.
pub const VOUCHERS_PER_COMMAND_MAX: usize = 1_000;
/// Fewest characters of a voucher's code.
pub const VOUCHER_CODE_CHARS_MIN: usize = 3;
/// Most characters of a voucher's code.
pub const VOUCHER_CODE_CHARS_MAX: usize = 32;
/// Events, showtimes, tiers and ticket types that a voucher is narrowed to, each.
pub const VOUCHER_SCOPE_MAX: usize = 100;
/// Highest limit of a voucher's uses.
pub const VOUCHER_USES_MAX: u32 = 1_000_000;

/// Length of a hold unless the showtime says otherwise, in ms.
pub const HOLD_TTL_MS: u64 = 300_000;
/// Shortest hold, in ms.
pub const HOLD_TTL_MIN_MS: u64 = 30_000;
/// Longest hold, in ms.
pub const HOLD_TTL_MAX_MS: u64 = 7_200_000;
/// Extensions of a hold unless the showtime says otherwise.
pub const EXTENSIONS: u8 = 1;
/// Most extensions a showtime may allow.
pub const EXTENSIONS_MAX: u8 = 3;
/// Extensions end this long after the hold was placed (or at its TTL, whichever is longer), in ms.
pub const EXTENDED_UNTIL_MS: u64 = 1_800_000;
/// Places of one order unless the showtime says otherwise.
pub const PLACES_PER_ORDER: u32 = 10;
/// Most places a showtime may allow in one order; also the most in one hold or one block command of a buyer.
pub const PLACES_PER_ORDER_MAX: u32 = 100;
/// The orphan rule holds until so many per cent of the places are gone, unless staff say otherwise: the last tenth of a
/// house is sold in singles anyway.
pub const ORPHAN_RULE_UNTIL_PERCENT: u8 = 90;
/// Places in one block command of staff: bounds its time in apply (2 ms).
pub const PLACES_PER_BLOCK_MAX: usize = 5_000;
/// Time for paying an order unless the showtime says otherwise, in ms.
pub const PAYMENT_TIME_MS: u64 = 600_000;
/// Shortest time for paying, in ms.
pub const PAYMENT_TIME_MIN_MS: u64 = 10_000;
/// Longest time for paying, in ms.
pub const PAYMENT_TIME_MAX_MS: u64 = 7_200_000;
/// How often a ticket can be passed on.
pub const TRANSFERS_PER_TICKET_MAX: u16 = 20;
/// Characters of what staff note of an order.
pub const NOTE_CHARS_MAX: usize = 2_000;
/// Scans that are kept with a ticket.
pub const SCANS_PER_TICKET_MAX: usize = 32;
/// Steps of an order's history: further ones are not told.
pub const ORDER_STEPS_MAX: usize = 400;
/// Refunds of an order.
pub const REFUNDS_PER_ORDER_MAX: usize = 100;
/// Characters of what a buyer reads at the payment provider.
pub const PAYMENT_DESCRIPTION_CHARS_MAX: usize = 200;
/// An order that was never paid is forgotten so long after its time for paying ended, in ms: whoever placed it has learned
/// of its end, and a request repeated under its key is no longer known either.
pub const UNPAID_KEPT_MS: u64 = 86_400_000;
/// Such orders that are kept; of more the oldest go sooner. Anybody can place orders and not pay: about 1 KB each.
pub const UNPAID_KEPT_MAX: usize = 100_000;
/// Times that a refund is asked for anew after the provider failed, and names of its attempts that are remembered.
pub const REFUND_ATTEMPTS_MAX: usize = 20;
/// Orders that one `Tick` refunds of showtimes that were cancelled, and tickets of them: bounds its time in apply (2 ms).
pub const REFUNDED_PER_TICK_MAX: usize = 20;
/// See [`REFUNDED_PER_TICK_MAX`].
pub const TICKETS_REFUNDED_PER_TICK_MAX: usize = 400;
/// Refunds of an organization that the provider has not taken yet, beyond which such refunds wait: it is not asked for ten
/// thousand at once.
pub const REFUNDS_UNDER_WAY_MAX: usize = 200;
/// Characters of a reason: why a payment was declined, a task is in trouble, a refund was made.
pub const REASON_CHARS_MAX: usize = 500;
/// Characters of an address that the provider sends a buyer to, of its names for things, and of what it gave to pay with.
pub const PROVIDER_TEXT_CHARS_MAX: usize = 2_000;
/// Holds that one order takes over.
pub const HOLDS_PER_ORDER_MAX: usize = 20;
/// Blocks of one showtime.
pub const BLOCKS_PER_SHOWTIME_MAX: usize = 10_000;

/// Users in all.
pub const USERS_MAX: usize = 1_000_000;
/// Organizations that a user works for.
pub const ROLES_PER_USER_MAX: usize = 50;
/// Members of an organization, and invitations that nobody has followed yet.
pub const MEMBERS_MAX: usize = 1_000;
/// Sessions of a user: a further one ends the oldest.
pub const SESSIONS_PER_USER_MAX: usize = 20;
/// A session ends after this long, in ms: 30 days.
pub const SESSION_MS: u64 = 2_592_000_000;
/// Links to one address that can be followed: nobody's letter box is filled by others.
pub const LINKS_PER_ADDRESS_MAX: usize = 3;
/// A link to an account can be followed for this long, in ms: half an hour.
pub const LINK_MS: u64 = 1_800_000;
/// The same of an invitation: a week.
pub const INVITATION_MS: u64 = 604_800_000;
/// Letters are kept for this long, in ms: 30 days.
pub const MAIL_KEPT_MS: u64 = 2_592_000_000;
/// Letters kept in all; beyond it the oldest go first.
pub const MAILS_MAX: usize = 100_000;
/// Characters of a password's hash.
pub const PASSWORD_HASH_CHARS_MAX: usize = 200;

/// Holds that one `Tick` expires.
pub const EXPIRED_PER_TICK_MAX: usize = 1_000;
/// Ended holds, and old idempotency records, that one proposal clears away.
pub const CLEARED_PER_PROPOSAL_MAX: usize = 64;
/// An ended hold is still known for this long, in ms.
pub const ENDED_HOLD_KEPT_MS: u64 = 300_000;
/// Ended holds kept in all; beyond it the oldest go first.
pub const ENDED_HOLDS_MAX: usize = 300_000;
/// An answer to a hold is repeated until so long after the hold ended, in ms.
pub const IDEMPOTENCY_HOLD_MS: u64 = 300_000;
/// Answers to orders and staff actions are repeated for this long, in ms.
pub const IDEMPOTENCY_MS: u64 = 86_400_000;
/// Answers under a key that the node itself minted, in ms: longer than any retry of its own.
pub const IDEMPOTENCY_MINTED_MS: u64 = 60_000;
/// Idempotency records kept of those for a day, and of all others; beyond it those that end soonest go first.
pub const IDEMPOTENCY_MAX: usize = 1_000_000;
