//! PEERS: what nodes say to each other, over streams of their own for control, forwarded requests, the log and
//! snapshots, so that none of them waits behind another. Deliberately not HTTP.

mod append;
mod client;
mod frame;
mod handshake;
mod link;
mod message;
mod server;
mod snapshot_stream;
mod tls;

pub(crate) use client::Clients;
pub(crate) use frame::Outbox;
pub(crate) use handshake::{PROTOCOL, Party, Purpose};
pub(crate) use link::{Link, NoAnswer, dial_to_join};
pub(crate) use message::{Ask, Change, Reply, push_answer, put_forward};
pub(crate) use server::serve;
pub(crate) use tls::Tls;
