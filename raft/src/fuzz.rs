//! The door through which `tests/fuzz` reaches the decoders that are nobody else's business. Each function takes bytes
//! as a peer, a disk or a backup could hold them and panics if a promise is broken. Only with the feature `fuzz`.

mod seeds;

use booking::{Loader, RecordKey, Request, State};
use bytes::{Bytes, BytesMut};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::answer::Ended;
use crate::codec;
use crate::options::Secret;
use crate::peers::fuzz::{
    Appended, FrameReader, HELLO_BYTES, Hello, Offer, answer, call, encode_hello, get_append, get_forward, put_append,
    put_forward, put_frame,
};
use crate::peers::{Ask, Party, Purpose, Reply};
use crate::types::{Batch, Payload, StoredMembership, Vote};

/// What a decoder makes of bytes stays what it is when it is written and read again.
fn settles<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> bool {
    let Ok(value) = codec::decode::<T>(bytes) else { return false };
    let written = codec::encode(&value);
    // Numbers may be written longer than they need be: what this program writes is never longer than what it read.
    assert!(written.len() <= bytes.len(), "{}", std::any::type_name::<T>());
    let again = codec::decode::<T>(&written).map(|value| codec::encode(&value));
    assert_eq!(again.as_ref(), Ok(&written), "{}", std::any::type_name::<T>());
    true
}

/// Bytes as each kind of message: nothing panics, and what is read settles. The first byte says which kind.
pub fn message(bytes: &[u8]) -> bool {
    let Some((kind, bytes)) = bytes.split_first() else { return false };
    match kind % 8 {
        0 => settles::<Ask>(bytes),
        1 => settles::<Reply>(bytes),
        2 => settles::<Ended>(bytes),
        3 => settles::<Appended>(bytes),
        4 => settles::<Offer>(bytes),
        5 => settles::<StoredMembership>(bytes),
        6 => settles::<Vote>(bytes),
        _ => {
            let Ok((lane, request)) = get_forward(Bytes::copy_from_slice(bytes)) else { return false };
            let mut written = BytesMut::new();
            put_forward(&mut written, lane, &request);
            assert_eq!(&written[..], bytes);
            codec::decode::<Request>(&request).is_ok()
        }
    }
}

/// Bytes as a request to append: entries follow one another, and what is read settles.
pub fn append(bytes: &[u8]) -> bool {
    let Ok((request, time)) = get_append(Bytes::copy_from_slice(bytes)) else { return false };
    let first = request.prev_log_id.map_or(0, |id| id.index.wrapping_add(1));
    for (entry, index) in request.entries.iter().zip(first..) {
        assert_eq!(entry.log_id.index, index, "entries follow what they say that they follow");
        assert!(entry.log_id.leader_id.term <= request.vote.leader_id.term, "no entry is newer than its leader");
    }
    let mut written = BytesMut::new();
    put_append(&mut written, &request, time);
    let again = get_append(written.clone().freeze());
    let Ok((again, time)) = again else { panic!("what was written cannot be read: {again:?}") };
    let mut twice = BytesMut::new();
    put_append(&mut twice, &again, time);
    assert_eq!(written, twice);
    true
}

/// Bytes as the body of a log entry.
pub fn entry(bytes: &[u8]) -> bool {
    let body = Bytes::copy_from_slice(bytes);
    let Ok(payload) = codec::payload(&body) else { return false };
    let written = codec::entry_body(&payload);
    assert!(codec::payload(&written).is_ok_and(|again| codec::entry_body(&again) == written));
    let Payload::Normal(batch) = payload else { return true };
    assert_eq!(written, body, "a batch is kept as it came");
    let Ok((at_ms, requests)) = codec::unpack(&batch) else { return false };
    let encoded: Vec<Bytes> = requests.iter().map(codec::encode_request).collect();
    let Batch(packed) = codec::pack(at_ms, encoded.iter());
    assert!(packed.len() <= bytes.len());
    assert_eq!(codec::unpack(&Batch(packed)), Ok((at_ms, requests)));
    true
}

/// Runs what needs no clock, disk or network.
fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap_or_else(|error| panic!("no runtime: {error}")).block_on(work)
}

/// A stream's bytes as frames, come in parts of `part` bytes: they are what was written, whole or refused.
pub fn frames(bytes: &[u8], part: usize, bytes_max: usize) -> bool {
    run(async {
        let (mut near, far) = tokio::io::duplex(part.clamp(1, 1 << 16));
        let writing = async {
            // The reader may have seen enough.
            drop(near.write_all(bytes).await);
            drop(near);
        };
        let reading = async {
            let mut frames = FrameReader::new(far, bytes_max);
            let mut written = BytesMut::new();
            let ended = loop {
                match frames.next().await {
                    Ok(Some((kind, body))) => {
                        assert!(body.len() < bytes_max);
                        put_frame(&mut written, kind, |frame| frame.extend_from_slice(&body));
                    }
                    Ok(None) => break true,
                    Err(_) => break false,
                }
            };
            assert_eq!(bytes.get(..written.len()), Some(&written[..]), "frames are what was sent");
            assert!(!ended || written.len() == bytes.len(), "half a frame is no clean end");
            !written.is_empty()
        };
        tokio::join!(writing, reading).1
    })
}

const SECRET: &[u8] = b"a secret that nobody guesses";

/// What a stranger says, as caller and as answerer: nobody gets in who does not know the secret.
pub fn handshake(bytes: &[u8]) -> bool {
    let secret = Secret::new(SECRET).unwrap_or_else(|error| panic!("{error}"));
    let me = Party { cluster_id: 1, node_id: 2, disk_id: 3 };
    let mut known = false;
    let answered = exchange(bytes, async |stream| {
        let admit = |hello: &Hello| {
            known = true;
            let said = bytes.get(..HELLO_BYTES).unwrap_or_default();
            let nonce = said.last_chunk().copied().unwrap_or_default();
            assert_eq!(encode_hello(hello, &nonce), said, "a hello has one form");
            Ok(())
        };
        answer(stream, &secret, me, admit).await.is_ok()
    });
    assert!(!answered, "a caller came in without the secret");
    let hello = Hello { protocol: 1, purpose: Purpose::Control, from: me, to: 4 };
    let called = exchange(bytes, async |stream| call(stream, &secret, &hello).await.is_ok());
    assert!(!called, "a caller took a stranger for a node");
    known
}

/// Lets one side of a handshake hear these bytes and then the end of the stream.
fn exchange(bytes: &[u8], side: impl AsyncFnOnce(&mut crate::network::Stream) -> bool) -> bool {
    run(async {
        let (near, far) = tokio::io::duplex(1 << 16);
        let (mut heard, mut said) = tokio::io::split(near);
        let talking = async {
            drop(said.write_all(bytes).await);
            drop(said.shutdown().await);
            let mut all = Vec::new();
            drop(heard.read_to_end(&mut all).await);
            // A refusal in words at most.
            assert!(all.len() < 2_048);
        };
        let answering = async {
            let mut far: crate::network::Stream = Box::new(far);
            side(&mut far).await
        };
        tokio::join!(talking, answering).1
    })
}

/// A request from its bytes.
pub fn request(bytes: &[u8]) -> Option<Request> {
    codec::decode(bytes).ok()
}

/// The bytes of a request.
pub fn request_bytes(request: &Request) -> Vec<u8> {
    codec::encode(request)
}

/// The bytes of a state's records, as a snapshot has them.
pub fn record_bytes(state: &State) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    state.records(&mut |key, record| all.push(codec::encode_record(&key, &record)));
    all
}

/// The bytes of one record.
pub fn record(key: &RecordKey, record: &booking::Record) -> Vec<u8> {
    codec::encode_record(key, record)
}

/// Records as a snapshot, a backup or the copy in sled could hold them. What loads is the same when stored and loaded
/// again; what does not is refused.
pub fn records<'a>(all: impl Iterator<Item = &'a [u8]>) -> Option<State> {
    let mut loader = Loader::new();
    for bytes in all {
        let (key, record) = codec::decode_record(bytes).ok()?;
        let key_bytes = codec::encode_key(&key);
        let again = codec::decode_pair(&key_bytes, &codec::encode_value(&record));
        assert!(again.is_ok_and(|(k, r)| k == key && r == record), "{key:?} is read as it was written");
        loader.put(key, record).ok()?;
    }
    let state = loader.finish().ok()?;
    let mut again = Loader::new();
    state.records(&mut |key: RecordKey, record| {
        again.put(key, record).unwrap_or_else(|why| panic!("a state's own record is refused: {why}"));
    });
    let again = again.finish().unwrap_or_else(|why| panic!("a state's own records are refused: {why}"));
    assert_eq!(state.digest(), again.digest());
    Some(state)
}

/// A file as a backup: loaded or refused.
pub fn backup(file: &std::path::Path) -> bool {
    crate::snapshot::load_backup(file).is_ok()
}

/// The bytes of a log entry.
pub fn entry_bytes(at_ms: u64, requests: &[Request]) -> Vec<u8> {
    let encoded: Vec<Bytes> = requests.iter().map(codec::encode_request).collect();
    let Batch(bytes) = codec::pack(at_ms, encoded.iter());
    bytes.to_vec()
}

/// A membership without members, as a snapshot's header has it.
pub fn no_membership() -> Vec<u8> {
    codec::encode(&StoredMembership::default())
}

/// Messages as nodes really send them, to begin with: the name of the target and the bytes.
pub fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    seeds::all()
}
