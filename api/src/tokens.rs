//! Bearer secrets that are in no log and no state: each is a keyed hash of what it stands for, so that any node and
//! any replay give the same. Deliberately not here: who may do what (see `caller`).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use booking::ids::{HoldId, KeyId, LinkId, OrganizationId, SessionId, TicketId};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::hex::hex;

type Keyed = Hmac<Sha256>;

/// Characters of a key's id.
const KEY_ID_LEN: usize = 8;

/// Makes and checks bearer secrets with keys that derive from the cluster's secret.
pub(crate) struct Tokens {
    holds: Keyed,
    api_keys: Keyed,
    tickets: Keyed,
    ticket_codes: Keyed,
    sessions: Keyed,
    links: Keyed,
    requests: Keyed,
    /// Names the key, so that it can be changed one day.
    key_id: String,
}

/// A hold token as a caller showed it; what it opens is found by trying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HoldToken([u8; 32]);

/// A ticket's token as a caller showed it: of whoever it was passed on to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TicketToken([u8; 32]);

fn keyed(key: &[u8]) -> Keyed {
    // Keys of any length are accepted.
    <Keyed as KeyInit>::new_from_slice(key)
        .unwrap_or_else(|_| <Keyed as KeyInit>::new(&hmac::digest::Key::<Keyed>::default()))
}

fn derive(secret: &[u8], purpose: &str) -> [u8; 32] {
    keyed(secret).chain_update(purpose).finalize().into_bytes().into()
}

impl Tokens {
    /// Derives the keys.
    pub(crate) fn new(secret: &[u8]) -> Self {
        let holds = derive(secret, "usher hold tokens 1");
        let id: [u8; 32] = Sha256::digest(holds).into();
        let key_id = hex(id.get(..KEY_ID_LEN / 2).unwrap_or_default());
        Self {
            holds: keyed(&holds),
            api_keys: keyed(&derive(secret, "usher API keys 1")),
            tickets: keyed(&derive(secret, "usher ticket tokens 1")),
            ticket_codes: keyed(&derive(secret, "usher ticket codes 1")),
            sessions: keyed(&derive(secret, "usher sessions 1")),
            links: keyed(&derive(secret, "usher links 1")),
            requests: keyed(&derive(secret, "usher requests with secrets 1")),
            key_id,
        }
    }

    /// The generation is 0 until a hold's token can be changed.
    fn hold_hash(&self, id: HoldId) -> [u8; 32] {
        let hash = self.holds.clone().chain_update(b"hld").chain_update(id.0.to_be_bytes());
        hash.chain_update(0_u32.to_be_bytes()).finalize().into_bytes().into()
    }

    /// The token of a hold and of the order made from it.
    pub(crate) fn hold(&self, id: HoldId) -> String {
        let mut text = String::with_capacity(60);
        text.push_str("uht_");
        text.push_str(&self.key_id);
        text.push('_');
        URL_SAFE_NO_PAD.encode_string(self.hold_hash(id), &mut text);
        text
    }

    fn ticket_hash(&self, id: TicketId, generation: u16) -> [u8; 32] {
        let hash = self.tickets.clone().chain_update(b"tkt").chain_update(id.0.to_be_bytes());
        hash.chain_update(generation.to_be_bytes()).finalize().into_bytes().into()
    }

    /// The token of whoever a ticket was passed on to; the next who gets it has another.
    pub(crate) fn ticket(&self, id: TicketId, generation: u16) -> String {
        let mut text = format!("utt_{}_", self.key_id);
        URL_SAFE_NO_PAD.encode_string(self.ticket_hash(id, generation), &mut text);
        text
    }

    /// Reads a ticket's token; none if it cannot be one of ours.
    pub(crate) fn read_ticket(&self, text: &str) -> Option<TicketToken> {
        self.hash_of(text, "utt_").map(TicketToken)
    }

    /// Whether one of the tokens is this ticket's, as often as it was passed on; in constant time for each.
    pub(crate) fn opens_ticket(&self, shown: &[TicketToken], id: TicketId, generation: u16) -> bool {
        if shown.is_empty() {
            return false;
        }
        let hash = self.ticket_hash(id, generation);
        shown.iter().fold(false, |found, token| found | bool::from(token.0.ct_eq(&hash)))
    }

    /// What an organization's ticket key by its number is made of (Ed25519).
    pub(crate) fn ticket_seed(&self, organization: OrganizationId, key: u16) -> [u8; 32] {
        let hash = self.ticket_codes.clone().chain_update(b"org").chain_update(organization.0.to_be_bytes());
        hash.chain_update(key.to_be_bytes()).finalize().into_bytes().into()
    }

    /// What a session is shown by: `uss_`, its id, a hash.
    pub(crate) fn session(&self, id: SessionId) -> String {
        named("uss_", &id.to_string(), &tag(&self.sessions, id.0))
    }

    /// The session that is shown; none if it cannot be one of ours. Whether it has ended is not looked at.
    pub(crate) fn read_session(&self, text: &str) -> Option<SessionId> {
        let (id, hash) = read_named(text, "uss_")?;
        let id: SessionId = id.parse().ok()?;
        bool::from(tag(&self.sessions, id.0).ct_eq(&hash)).then_some(id)
    }

    /// What a link is followed by: `usl_`, its id, a hash.
    pub(crate) fn link(&self, id: LinkId) -> String {
        named("usl_", &id.to_string(), &tag(&self.links, id.0))
    }

    /// The link that is followed; none if it cannot be one of ours. Whether it was followed already is not looked at.
    pub(crate) fn read_link(&self, text: &str) -> Option<LinkId> {
        let (id, hash) = read_named(text, "usl_")?;
        let id: LinkId = id.parse().ok()?;
        bool::from(tag(&self.links, id.0).ct_eq(&hash)).then_some(id)
    }

    /// A hash of a request with secrets in it, from which nobody who reads the log can find them by trying.
    pub(crate) fn request(&self, body: &[u8]) -> [u8; 32] {
        self.requests.clone().chain_update(body).finalize().into_bytes().into()
    }

    fn hash_of(&self, text: &str, prefix: &str) -> Option<[u8; 32]> {
        let rest = text.strip_prefix(prefix)?.strip_prefix(self.key_id.as_str())?.strip_prefix('_')?;
        let mut hash = [0; 32];
        let len = URL_SAFE_NO_PAD.decode_slice(rest, &mut hash).ok()?;
        (len == hash.len()).then_some(hash)
    }

    /// Reads a hold token; none if it cannot be one of ours.
    pub(crate) fn read_hold(&self, text: &str) -> Option<HoldToken> {
        self.hash_of(text, "uht_").map(HoldToken)
    }

    /// Whether one of the tokens is this hold's; in constant time for each.
    pub(crate) fn opens(&self, shown: &[HoldToken], id: HoldId) -> bool {
        if shown.is_empty() {
            return false;
        }
        let hash = self.hold_hash(id);
        shown.iter().fold(false, |found, token| found | bool::from(token.0.ct_eq(&hash)))
    }

    /// The secret of an API key: shown once, derived again for a replay, kept nowhere.
    pub(crate) fn api_key(&self, id: KeyId) -> String {
        let hash = self.api_keys.clone().chain_update(b"key").chain_update(id.0.to_be_bytes()).finalize();
        format!("usk_{}", URL_SAFE_NO_PAD.encode(hash.into_bytes()))
    }
}

fn tag(key: &Keyed, id: u128) -> [u8; 32] {
    key.clone().chain_update(id.to_be_bytes()).finalize().into_bytes().into()
}

fn named(prefix: &str, id: &str, hash: &[u8; 32]) -> String {
    let id = id.split_once('_').map_or(id, |(_, digits)| digits);
    let mut text = format!("{prefix}{id}_");
    URL_SAFE_NO_PAD.encode_string(hash, &mut text);
    text
}

/// The id, with the prefix that ids of its kind have, and the hash.
fn read_named(text: &str, prefix: &str) -> Option<(String, [u8; 32])> {
    let (digits, rest) = text.strip_prefix(prefix)?.split_at_checked(26)?;
    let kind = if prefix == "uss_" { SessionId::PREFIX } else { LinkId::PREFIX };
    let mut hash = [0; 32];
    let len = URL_SAFE_NO_PAD.decode_slice(rest.strip_prefix('_')?, &mut hash).ok()?;
    (len == hash.len()).then(|| (format!("{kind}_{digits}"), hash))
}

/// What the state keeps of an API key's secret.
pub(crate) fn api_key_hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// Whether two secrets are equal, in time that depends on their lengths only.
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    // Hashing first hides even the lengths.
    let (a, b): ([u8; 32], [u8; 32]) = (Sha256::digest(a).into(), Sha256::digest(b).into());
    a.ct_eq(&b).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_its_hold_only() {
        let tokens = Tokens::new(b"sixteen bytes or more");
        let text = tokens.hold(HoldId(7));
        let token = tokens.read_hold(&text).unwrap();
        assert!(tokens.opens(&[token], HoldId(7)));
        assert!(!tokens.opens(&[token], HoldId(8)));
        assert!(!tokens.opens(&[], HoldId(7)));
        assert_eq!(Tokens::new(b"sixteen bytes or more").hold(HoldId(7)), text, "any node makes the same");
        assert!(Tokens::new(b"another secret of a cluster").read_hold(&text).is_none());
        for bad in ["", "uht_", "usk_x", &text[..text.len() - 1], &format!("{text}A"), &text.replace("uht", "uhx")] {
            assert!(tokens.read_hold(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_tickets_token_is_of_the_one_who_has_it_now() {
        let tokens = Tokens::new(b"sixteen bytes or more");
        let token = tokens.read_ticket(&tokens.ticket(TicketId(7), 1)).unwrap();
        assert!(tokens.opens_ticket(&[token], TicketId(7), 1));
        assert!(!tokens.opens_ticket(&[token], TicketId(7), 2) && !tokens.opens_ticket(&[token], TicketId(8), 1));
        assert!(!tokens.opens_ticket(&[], TicketId(7), 1));
        assert!(tokens.read_hold(&tokens.ticket(TicketId(7), 1)).is_none());
        assert!(tokens.read_ticket(&tokens.hold(HoldId(7))).is_none());
    }
}
