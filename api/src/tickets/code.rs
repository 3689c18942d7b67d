//! What a ticket's code says, and whether it is ours: `USHER1:` and base45 (RFC 9285) of version, key number, ticket,
//! showtime and generation, signed with Ed25519 (RFC 8032) by a key of the organization. A door checks it without asking
//! anybody. The form is documented in `deploy/tickets.md`.
//! Deliberately not here: how a code is drawn (see `qr`), what a scan makes of it (see `door`).

use booking::ids::{OrganizationId, ShowtimeId, TicketId};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use crate::tokens::Tokens;

/// What codes begin with; it is signed too.
pub(crate) const PREFIX: &str = "USHER1:";
/// Version, key, ticket, showtime, generation.
const CLAIM: usize = 1 + 2 + 16 + 16 + 2;
const SIGNATURE: usize = 64;
const VERSION: u8 = 1;
/// The newest keys of an organization, whose codes doors take: more than are needed for one change a month and tickets
/// sold a year ahead.
pub(crate) const KEYS_GOOD: u16 = 16;

/// What a code claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claim {
    /// Number of the key that signed it.
    pub(crate) key: u16,
    pub(crate) ticket: TicketId,
    pub(crate) showtime: ShowtimeId,
    /// How often the ticket had been passed on.
    pub(crate) generation: u16,
}

/// A code that could be read; whether it is ours is another matter.
#[derive(Debug)]
pub(crate) struct Signed {
    pub(crate) claim: Claim,
    /// What was signed.
    message: Vec<u8>,
    signature: [u8; SIGNATURE],
}

impl Claim {
    /// What is signed.
    fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(PREFIX.len() + CLAIM + SIGNATURE);
        out.extend_from_slice(PREFIX.as_bytes());
        out.push(VERSION);
        out.extend_from_slice(&self.key.to_be_bytes());
        out.extend_from_slice(&self.ticket.0.to_be_bytes());
        out.extend_from_slice(&self.showtime.0.to_be_bytes());
        out.extend_from_slice(&self.generation.to_be_bytes());
        out
    }

    fn read(bytes: &[u8; CLAIM]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        let (key, rest) = rest.split_first_chunk::<2>()?;
        let (ticket, rest) = rest.split_first_chunk::<16>()?;
        let (showtime, rest) = rest.split_first_chunk::<16>()?;
        let generation: [u8; 2] = rest.try_into().ok()?;
        (*version == VERSION).then_some(Self {
            key: u16::from_be_bytes(*key),
            ticket: TicketId(u128::from_be_bytes(*ticket)),
            showtime: ShowtimeId(u128::from_be_bytes(*showtime)),
            generation: u16::from_be_bytes(generation),
        })
    }
}

fn pair(tokens: &Tokens, organization: OrganizationId, key: u16) -> Option<Ed25519KeyPair> {
    Ed25519KeyPair::from_seed_unchecked(&tokens.ticket_seed(organization, key)).ok()
}

/// The public key of an organization by its number.
pub(crate) fn public_key(tokens: &Tokens, organization: OrganizationId, key: u16) -> Option<[u8; 32]> {
    pair(tokens, organization, key)?.public_key().as_ref().try_into().ok()
}

/// A ticket's code.
pub(crate) fn write(tokens: &Tokens, organization: OrganizationId, claim: &Claim) -> Option<String> {
    let mut bytes = claim.bytes();
    let signature = pair(tokens, organization, claim.key)?.sign(&bytes);
    bytes.extend_from_slice(signature.as_ref());
    let mut text = PREFIX.to_owned();
    base45(bytes.get(PREFIX.len()..)?, &mut text);
    Some(text)
}

/// Reads a code; none if it cannot be one.
pub(crate) fn read(text: &str) -> Option<Signed> {
    let bytes = from_base45(text.trim().strip_prefix(PREFIX)?)?;
    let (claim, signature) = bytes.split_first_chunk::<CLAIM>()?;
    let claim = Claim::read(claim)?;
    Some(Signed { claim, message: claim.bytes(), signature: signature.try_into().ok()? })
}

impl Signed {
    /// Whether the organization signed it with one of its newest keys.
    pub(crate) fn is_of(&self, tokens: &Tokens, organization: OrganizationId, newest: u16) -> bool {
        let good = newest.saturating_sub(KEYS_GOOD - 1)..=newest;
        good.contains(&self.claim.key)
            && public_key(tokens, organization, self.claim.key)
                .is_some_and(|key| UnparsedPublicKey::new(&ED25519, key).verify(&self.message, &self.signature).is_ok())
    }
}

/// The letters of RFC 9285: those of a QR code's alphanumeric mode.
const LETTERS: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

fn base45(bytes: &[u8], out: &mut String) {
    for pair in bytes.chunks(2) {
        let (mut value, letters) = match *pair {
            [high, low] => (u32::from(high) << 8 | u32::from(low), 3),
            [one] => (u32::from(one), 2),
            _ => continue,
        };
        for _ in 0..letters {
            out.extend(LETTERS.get(value as usize % 45).map(|letter| char::from(*letter)));
            value /= 45;
        }
    }
}

/// None for other letters, for lengths that nothing has, and for values that no bytes have.
fn from_base45(text: &str) -> Option<Vec<u8>> {
    if text.len() > (CLAIM + SIGNATURE).div_ceil(2) * 3 {
        return None;
    }
    let mut out = Vec::with_capacity(text.len() * 2 / 3);
    for letters in text.as_bytes().chunks(3) {
        let mut value = 0_u32;
        for letter in letters.iter().rev() {
            let digit = LETTERS.iter().position(|known| known == letter)?;
            value = value * 45 + u32::try_from(digit).ok()?;
        }
        match letters.len() {
            3 => out.extend_from_slice(&u16::try_from(value).ok()?.to_be_bytes()),
            2 => out.push(u8::try_from(value).ok()?),
            _ => return None,
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOP: OrganizationId = OrganizationId(1);

    fn tokens() -> Tokens {
        Tokens::new(b"sixteen bytes or more")
    }

    fn claim(key: u16) -> Claim {
        Claim { key, ticket: TicketId(0x1234_5678_9abc), showtime: ShowtimeId(0xdef0), generation: 2 }
    }

    /// The examples of RFC 9285, section 4.
    #[test]
    fn base45_as_in_the_standard() {
        for (bytes, text) in [(&b"AB"[..], "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"", "")]
        {
            let mut out = String::new();
            base45(bytes, &mut out);
            assert_eq!((out.as_str(), from_base45(text).unwrap().as_slice()), (text, bytes));
        }
        assert_eq!(from_base45("QED8WEX0").unwrap(), b"ietf!");
        for bad in ["A", "GGW", "::", "ab8", "BB8A"] {
            assert_eq!(from_base45(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_code_says_what_it_claims_and_who_signed_it() {
        let text = write(&tokens(), SHOP, &claim(3)).unwrap();
        assert_eq!(text.len(), PREFIX.len() + 152);
        assert!(text.bytes().all(|letter| LETTERS.contains(&letter)), "a code of few squares: {text}");
        let read = read(&format!(" {text}\n")).unwrap();
        assert_eq!(read.claim, claim(3));
        assert!(read.is_of(&tokens(), SHOP, 3) && read.is_of(&tokens(), SHOP, 18));
        assert!(!read.is_of(&tokens(), SHOP, 2), "a key that is not made yet");
        assert!(!read.is_of(&tokens(), SHOP, 19), "a key that is too old");
        assert!(!read.is_of(&tokens(), OrganizationId(2), 3));
        assert!(!read.is_of(&Tokens::new(b"another secret of a cluster"), SHOP, 3));
    }

    #[test]
    fn what_was_changed_is_not_ours_and_what_is_no_code_cannot_be_read() {
        let text = write(&tokens(), SHOP, &claim(0)).unwrap();
        let bytes = from_base45(text.strip_prefix(PREFIX).unwrap()).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let mut text = PREFIX.to_owned();
            base45(&changed, &mut text);
            assert!(read(&text).is_none_or(|read| !read.is_of(&tokens(), SHOP, 0)), "byte {at}");
        }
        for bad in ["", "USHER1:", "https://example.org", &text[..text.len() - 3], &format!("{text}000"), &text[7..]] {
            assert!(read(bad).is_none(), "{bad}");
        }
    }
}
