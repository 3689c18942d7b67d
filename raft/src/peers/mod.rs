//! PEERS: what nodes say to each other, over streams of their own for control, forwarded requests, the log,
//! snapshots and files, so that none of them waits behind another. Deliberately not HTTP.

mod append;
mod client;
pub(crate) mod file_stream;
mod frame;
mod handshake;
#[cfg(test)]
mod hostile;
mod link;
mod message;
mod plausible;
mod server;
mod snapshot_stream;
mod tls;
mod unproven;

pub(crate) use client::Clients;
pub(crate) use frame::Outbox;
pub(crate) use handshake::{PROTOCOL, Party, Purpose};
pub(crate) use link::{Link, NoAnswer, dial_to_join};
pub(crate) use message::{Ask, Change, Reply, push_answer, put_forward};
pub(crate) use server::serve;
pub(crate) use tls::Tls;

/// What only `crate::fuzz` needs besides.
#[cfg(feature = "fuzz")]
pub(crate) mod fuzz {
    pub(crate) use super::append::Appended;
    pub(crate) use super::frame::{FrameReader, kind, put_frame};
    pub(crate) use super::handshake::{HELLO_BYTES, Hello, answer, call, encode_hello};
    pub(crate) use super::message::{get_append, get_forward, put_append, put_forward};
    pub(crate) use super::snapshot_stream::Offer;
}
