//! Ids: time-ordered newtypes with a visible prefix in text.
//! Deliberately not here: where their random bits come from (the proposing node draws them).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Crockford's alphabet, lower case: no `i`, `l`, `o`, `u`.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 26 characters of 5 bits hold 128 bits.
const DIGITS: usize = 26;
/// Bits of an id that are not time.
const RANDOM_BITS: u32 = 80;

/// The text is not an id of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an id of the form {prefix}_ and 26 characters of 0-9 a-z without i, l, o, u")]
pub struct ParseIdError {
    /// The prefix that ids of this kind carry.
    pub prefix: &'static str,
}

/// 48 bits of time in ms, then 80 other bits: ids of one kind sort by the time they were made.
pub const fn compose(at_ms: u64, rest: u128) -> u128 {
    ((at_ms as u128) << RANDOM_BITS) | (rest & ((1 << RANDOM_BITS) - 1))
}

fn write_digits(value: u128, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut text = [0_u8; DIGITS];
    for (i, slot) in text.iter_mut().enumerate() {
        let digit = (value >> (5 * (DIGITS - 1 - i))) & 31;
        *slot = ALPHABET.get(digit as usize).copied().unwrap_or(b'0');
    }
    f.write_str(std::str::from_utf8(&text).unwrap_or_default())
}

fn read_digits(text: &str) -> Option<u128> {
    // The first digit holds the top 3 bits only.
    if text.len() != DIGITS || text.as_bytes().first().is_none_or(|c| *c > b'7') {
        return None;
    }
    text.bytes().try_fold(0_u128, |value, c| {
        let digit = ALPHABET.iter().position(|a| *a == c)?;
        Some((value << 5) | digit as u128)
    })
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub u128);

        impl $name {
            /// What its text begins with, without the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// Makes an id from the time (ms since 1970, 48 bits) and 80 random bits.
            pub const fn mint(at_ms: u64, random: u128) -> Self {
                Self(compose(at_ms, random))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!($prefix, "_"))?;
                write_digits(self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(read_digits)
                    .map(Self)
                    .ok_or(ParseIdError { prefix: $prefix })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                if s.is_human_readable() { s.collect_str(self) } else { self.0.serialize(s) }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                if d.is_human_readable() {
                    std::borrow::Cow::<'de, str>::deserialize(d)?.parse().map_err(de::Error::custom)
                } else {
                    u128::deserialize(d).map(Self)
                }
            }
        }
    )*};
}

ids! {
    /// A tenant: everything a venue owns belongs to one.
    OrganizationId = "org";
    /// An API key (its name, not its secret).
    KeyId = "key";
    /// A house.
    VenueId = "ven";
    /// One immutable version of a seating plan.
    PlanId = "pln";
    /// A production.
    EventId = "evt";
    /// One dated performance of an event.
    ShowtimeId = "sht";
    /// Places taken off sale by staff.
    BlockId = "blk";
    /// A hold.
    HoldId = "hld";
    /// An order.
    OrderId = "ord";
    /// A ticket.
    TicketId = "tkt";
    /// A picture.
    ImageId = "img";
    /// A payment of an order by the provider.
    PaymentId = "pay";
    /// Money that goes back.
    RefundId = "ref";
    /// A duty in the outside world.
    TaskId = "tsk";
    /// A voucher or promo code (its name, not the code).
    VoucherId = "vch";
    /// Somebody with an account.
    UserId = "usr";
    /// A session of a user (its name, not what it is shown by).
    SessionId = "ses";
    /// A link that proves an address (its name, not what it is shown by).
    LinkId = "lnk";
    /// A letter.
    MailId = "mal";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for value in [0, 1, u128::MAX, compose(1_763_800_000_000, 0x1234_5678_9abc)] {
            let id = HoldId(value);
            assert_eq!(id.to_string().parse(), Ok(id));
        }
    }

    #[test]
    fn other_kinds_and_other_characters_are_refused() {
        let text = HoldId(7).to_string();
        assert!(text.parse::<OrderId>().is_err());
        assert!(text.replace('0', "u").parse::<HoldId>().is_err());
        assert!("hld_".parse::<HoldId>().is_err());
        assert!("hld_zzzzzzzzzzzzzzzzzzzzzzzzzz".parse::<HoldId>().is_err(), "more than 128 bits");
    }

    #[test]
    fn later_ids_sort_after_earlier_ones() {
        assert!(OrderId::mint(2, 0) > OrderId::mint(1, u128::MAX));
        assert!(OrderId::mint(2, 0).to_string() > OrderId::mint(1, u128::MAX).to_string());
    }
}
