//! What the command line uses to talk to nodes: a small HTTP/1.1 client and REST calls on top of it.
//! Deliberately not a general client: no redirects, no cookies, no compression, no proxies.

mod address;
mod http;
mod rest;

pub(crate) use address::Address;
pub(crate) use http::{Connection, HttpError, Response, Stream};
pub(crate) use rest::{Failure, Rest, items, new_key, text};
