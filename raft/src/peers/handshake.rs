//! How two nodes make sure of each other: versions, cluster, node ids, and that both know the secret.
//! Not encryption: that is TLS below it, where configured.
//!
//! hello (caller) → welcome with proof, or a refusal in words → proof (caller) → accepted, or a refusal in words.
//! Both proofs are HMAC-SHA-256 over everything said before, keyed with the cluster secret and a role, so neither can
//! be reflected or replayed.

use std::io;

use bytes::{Buf, BufMut};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::network::Stream;
use crate::options::Secret;
use crate::random;

/// The peer protocol that this version speaks; it accepts the one before as well.
pub(crate) const PROTOCOL: u16 = 1;
const MAGIC: [u8; 8] = *b"usherpr\n";
pub(crate) const HELLO_BYTES: usize = 8 + 2 + 1 + 16 + 8 + 16 + 8 + 32;
const WELCOME_BYTES: usize = 16 + 8 + 16 + 32 + 32;
const PROOF_BYTES: usize = 32;
const OK: u8 = 0;
const REFUSED: u8 = 1;
const REFUSAL_BYTES_MAX: usize = 512;

/// What a stream is for. Append-only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Purpose {
    /// Votes, heartbeats, read indexes, administration.
    Control,
    /// Requests for the leader.
    Forward,
    /// The log.
    Append,
    /// A snapshot.
    Snapshot,
    /// Asking a node without a cluster to join.
    Join,
    /// Files that the state names.
    Files,
}

impl Purpose {
    const ALL: [Self; 6] = [Self::Control, Self::Forward, Self::Append, Self::Snapshot, Self::Join, Self::Files];

    fn code(self) -> u8 {
        match self {
            Self::Control => 1,
            Self::Forward => 2,
            Self::Append => 3,
            Self::Snapshot => 4,
            Self::Join => 5,
            Self::Files => 6,
        }
    }
}

/// Who a node is, towards its peers.
#[expect(clippy::struct_field_names, reason = "each is an id, of another thing")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Party {
    /// 0 before it joined.
    pub(crate) cluster_id: u128,
    /// 0 before it joined.
    pub(crate) node_id: u64,
    /// 0 before it joined.
    pub(crate) disk_id: u128,
}

/// What a caller says first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hello {
    pub(crate) protocol: u16,
    pub(crate) purpose: Purpose,
    pub(crate) from: Party,
    /// The node it means to reach; 0 if it does not know.
    pub(crate) to: u64,
}

fn nonce() -> io::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    random::fill(&mut bytes)?;
    Ok(bytes)
}

fn refused(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, why.to_owned())
}

fn keyed(secret: &Secret, role: &[u8], said: &[&[u8]]) -> io::Result<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.bytes()).map_err(io::Error::other)?;
    mac.update(role);
    for part in said {
        mac.update(part);
    }
    Ok(mac)
}

pub(crate) fn encode_hello(hello: &Hello, nonce: &[u8; 32]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HELLO_BYTES);
    bytes.put_slice(&MAGIC);
    bytes.put_u16_le(hello.protocol);
    bytes.put_u8(hello.purpose.code());
    bytes.put_u128_le(hello.from.cluster_id);
    bytes.put_u64_le(hello.from.node_id);
    bytes.put_u128_le(hello.from.disk_id);
    bytes.put_u64_le(hello.to);
    bytes.put_slice(nonce);
    bytes
}

fn decode_hello(bytes: &[u8; HELLO_BYTES]) -> Option<Hello> {
    let mut rest = bytes.strip_prefix(&MAGIC)?;
    let protocol = rest.get_u16_le();
    let code = rest.get_u8();
    let from = Party { cluster_id: rest.get_u128_le(), node_id: rest.get_u64_le(), disk_id: rest.get_u128_le() };
    let to = rest.get_u64_le();
    let purpose = Purpose::ALL.into_iter().find(|p| p.code() == code)?;
    Some(Hello { protocol, purpose, from, to })
}

async fn refuse(io: &mut (impl AsyncWrite + Unpin), why: &str) -> io::Result<()> {
    let text = why.as_bytes().get(..why.len().min(REFUSAL_BYTES_MAX)).unwrap_or_default();
    let mut bytes = vec![REFUSED];
    bytes.put_u16_le(PROTOCOL);
    bytes.put_u16_le(text.len() as u16);
    bytes.put_slice(text);
    io.write_all(&bytes).await?;
    io.flush().await
}

async fn read_verdict(io: &mut (impl AsyncRead + Unpin)) -> io::Result<u16> {
    let mut head = [0; 3];
    io.read_exact(&mut head).await?;
    let [status, a, b] = head;
    let protocol = u16::from_le_bytes([a, b]);
    if status == OK {
        return Ok(protocol);
    }
    if status != REFUSED {
        return Err(refused("the peer does not answer as one of ours; does it use TLS, and this node not?"));
    }
    let length = usize::from(io.read_u16_le().await?).min(REFUSAL_BYTES_MAX);
    let mut text = vec![0; length];
    io.read_exact(&mut text).await?;
    Err(refused(&format!("the peer refuses: {}", String::from_utf8_lossy(&text))))
}

/// The caller's side. Returns who answered.
pub(crate) async fn call(io: &mut Stream, secret: &Secret, hello: &Hello) -> io::Result<Party> {
    let said = encode_hello(hello, &nonce()?);
    io.write_all(&said).await?;
    io.flush().await?;
    let protocol = read_verdict(io).await?;
    if !spoken(protocol) {
        return Err(refused(&format!("the peer speaks protocol {protocol}, this node {PROTOCOL}")));
    }
    let mut welcome = [0; WELCOME_BYTES];
    io.read_exact(&mut welcome).await?;
    let (open, proof) = welcome.split_at(WELCOME_BYTES - PROOF_BYTES);
    // `verify_slice` takes the same time whatever differs.
    keyed(secret, b"usher answerer", &[&said, open])?
        .verify_slice(proof)
        .map_err(|_| refused("the peer does not know the cluster's secret"))?;
    let mine = keyed(secret, b"usher caller", &[&said, &welcome])?.finalize().into_bytes();
    io.write_all(&mine).await?;
    io.flush().await?;
    read_verdict(io).await?;
    let mut open = open;
    Ok(Party { cluster_id: open.get_u128_le(), node_id: open.get_u64_le(), disk_id: open.get_u128_le() })
}

/// Whether this version can talk to one that speaks `protocol`.
pub(crate) fn spoken(protocol: u16) -> bool {
    protocol == PROTOCOL || protocol.checked_add(1) == Some(PROTOCOL)
}

/// The answerer's side. `admit` says whether the caller may come in, or why not; it is asked before the caller's
/// proof, so its words must tell nothing secret. Returns what the caller said, once proven.
pub(crate) async fn answer(
    io: &mut Stream,
    secret: &Secret,
    me: Party,
    admit: impl FnOnce(&Hello) -> Result<(), String>,
) -> io::Result<Hello> {
    let mut said = [0; HELLO_BYTES];
    io.read_exact(&mut said).await?;
    let hello = decode_hello(&said).ok_or_else(|| refused("not a peer of this program"))?;
    let verdict = if spoken(hello.protocol) {
        admit(&hello)
    } else {
        Err(format!("protocol {} is not spoken here, only {PROTOCOL} and the one before", hello.protocol))
    };
    if let Err(why) = verdict {
        refuse(io, &why).await?;
        return Err(refused(&why));
    }
    let mut welcome = Vec::with_capacity(3 + WELCOME_BYTES);
    welcome.put_u128_le(me.cluster_id);
    welcome.put_u64_le(me.node_id);
    welcome.put_u128_le(me.disk_id);
    welcome.put_slice(&nonce()?);
    let proof = keyed(secret, b"usher answerer", &[&said, &welcome])?.finalize().into_bytes();
    welcome.put_slice(&proof);
    let mut bytes = vec![OK];
    bytes.put_u16_le(PROTOCOL);
    bytes.put_slice(&welcome);
    io.write_all(&bytes).await?;
    io.flush().await?;
    let mut proof = [0; PROOF_BYTES];
    io.read_exact(&mut proof).await?;
    if keyed(secret, b"usher caller", &[&said, &welcome])?.verify_slice(&proof).is_err() {
        let why = "the caller does not know the cluster's secret";
        refuse(io, why).await?;
        return Err(refused(why));
    }
    let mut bytes = vec![OK];
    bytes.put_u16_le(PROTOCOL);
    io.write_all(&bytes).await?;
    io.flush().await?;
    Ok(hello)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(protocol: u16) -> Hello {
        Hello { protocol, purpose: Purpose::Control, from: Party { cluster_id: 1, node_id: 2, disk_id: 3 }, to: 4 }
    }

    async fn meet(protocol: u16, caller: &[u8], answerer: &[u8]) -> (io::Result<Party>, io::Result<Hello>) {
        let (near, far) = tokio::io::duplex(1 << 16);
        let (mut near, mut far): (Stream, Stream) = (Box::new(near), Box::new(far));
        let (caller, answerer) = (Secret::new(caller).unwrap(), Secret::new(answerer).unwrap());
        let me = Party { cluster_id: 1, node_id: 4, disk_id: 5 };
        let hello = hello(protocol);
        let calling = async {
            let result = call(&mut near, &caller, &hello).await;
            drop(near);
            result
        };
        let answering = async {
            let result = answer(&mut far, &answerer, me, |_| Ok(())).await;
            drop(far);
            result
        };
        tokio::join!(calling, answering)
    }

    #[tokio::test]
    async fn those_who_know_the_secret_meet() {
        let (called, answered) = meet(PROTOCOL, b"sixteen bytes ok", b"sixteen bytes ok").await;
        assert_eq!(called.unwrap().node_id, 4);
        assert_eq!(answered.unwrap().from.node_id, 2);
    }

    #[tokio::test]
    async fn a_wrong_secret_is_seen_on_both_sides() {
        let (called, answered) = meet(PROTOCOL, b"sixteen bytes ok", b"other sixteen by").await;
        assert!(called.unwrap_err().to_string().contains("secret"));
        assert!(answered.is_err());
    }

    #[tokio::test]
    async fn another_protocol_is_refused_in_words() {
        let (called, answered) = meet(PROTOCOL + 1, b"sixteen bytes ok", b"sixteen bytes ok").await;
        assert!(called.unwrap_err().to_string().contains("protocol 2 is not spoken here"));
        assert!(answered.is_err());
        assert!(spoken(PROTOCOL) && spoken(PROTOCOL - 1) && !spoken(PROTOCOL + 1) && !spoken(u16::MAX));
    }

    #[tokio::test]
    async fn noise_is_refused() {
        let (mut near, far) = tokio::io::duplex(1 << 10);
        let mut far: Stream = Box::new(far);
        near.write_all(&[b'x'; HELLO_BYTES]).await.unwrap();
        let secret = Secret::new(b"sixteen bytes ok").unwrap();
        assert!(answer(&mut far, &secret, Party::default(), |_| Ok(())).await.is_err());
    }
}
