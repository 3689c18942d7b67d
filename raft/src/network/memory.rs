//! A network in memory, for tests: streams between named addresses, and cuts that swallow what is sent, as a pulled
//! cable does. Not a model of delay or loss: streams are reliable while they are not cut.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::sync::mpsc;

use crate::network::{Listener, Network, Stream};
use crate::sync::lock;

/// Bytes on their way in one direction of a stream.
const IN_FLIGHT_BYTES: usize = 1 << 20;

type Incoming = (Stream, String);

#[derive(Default)]
struct Hub {
    listeners: BTreeMap<SocketAddr, mpsc::UnboundedSender<Incoming>>,
    cut: BTreeSet<(SocketAddr, SocketAddr)>,
    wakers: Vec<Waker>,
}

/// A network in memory; clones share it.
#[derive(Clone, Default)]
pub struct MemNetwork(Arc<Mutex<Hub>>);

impl MemNetwork {
    /// The network as the node at an address has it.
    pub fn at(&self, address: SocketAddr) -> Arc<dyn Network> {
        Arc::new(Port { hub: self.clone(), address })
    }

    /// Cuts all streams from one address to another, in this direction only, until [`MemNetwork::heal`].
    pub fn cut(&self, from: SocketAddr, to: SocketAddr) {
        lock(&self.0).cut.insert((from, to));
    }

    /// Cuts an address off from all others, both ways.
    pub fn isolate(&self, address: SocketAddr) {
        let mut hub = lock(&self.0);
        let others: Vec<SocketAddr> = hub.listeners.keys().copied().filter(|other| *other != address).collect();
        for other in others {
            hub.cut.insert((address, other));
            hub.cut.insert((other, address));
        }
    }

    /// Mends all cuts; what was on its way arrives.
    pub fn heal(&self) {
        self.mend_those(|_, _| true);
    }

    /// Mends the cuts at an address.
    pub fn mend(&self, address: SocketAddr) {
        self.mend_those(|from, to| from == address || to == address);
    }

    fn mend_those(&self, mended: impl Fn(SocketAddr, SocketAddr) -> bool) {
        let wakers = {
            let mut hub = lock(&self.0);
            hub.cut.retain(|(from, to)| !mended(*from, *to));
            std::mem::take(&mut hub.wakers)
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Ready when the way from one address to another is open.
    fn poll_open(&self, from: SocketAddr, to: SocketAddr, cx: &mut Context<'_>) -> Poll<()> {
        let mut hub = lock(&self.0);
        if hub.cut.contains(&(from, to)) {
            hub.wakers.push(cx.waker().clone());
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    }
}

/// The network as one node has it.
struct Port {
    hub: MemNetwork,
    address: SocketAddr,
}

impl Network for Port {
    fn connect<'a>(&'a self, address: &'a str) -> BoxFuture<'a, io::Result<Stream>> {
        Box::pin(async move {
            let to: SocketAddr = address.parse().map_err(io::Error::other)?;
            let from = self.address;
            std::future::poll_fn(|cx| self.hub.poll_open(from, to, cx)).await;
            std::future::poll_fn(|cx| self.hub.poll_open(to, from, cx)).await;
            let (near, far) = tokio::io::duplex(IN_FLIGHT_BYTES);
            let near = Cable { hub: self.hub.clone(), from, to, io: near };
            let far = Cable { hub: self.hub.clone(), from: to, to: from, io: far };
            let listener = lock(&self.hub.0).listeners.get(&to).cloned();
            let sent = listener.is_some_and(|l| l.send((Box::new(far) as Stream, from.to_string())).is_ok());
            if sent { Ok(Box::new(near) as Stream) } else { Err(io::ErrorKind::ConnectionRefused.into()) }
        })
    }

    fn listen(&self, address: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Listener>>> {
        let (sender, incoming) = mpsc::unbounded_channel();
        lock(&self.hub.0).listeners.insert(address, sender);
        Box::pin(std::future::ready(Ok(Box::new(Ear { address, incoming }) as Box<dyn Listener>)))
    }
}

struct Ear {
    address: SocketAddr,
    incoming: mpsc::UnboundedReceiver<Incoming>,
}

impl Listener for Ear {
    fn accept(&mut self) -> BoxFuture<'_, io::Result<Incoming>> {
        Box::pin(async move { self.incoming.recv().await.ok_or_else(|| io::ErrorKind::NotConnected.into()) })
    }

    fn address(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

/// One end of a stream.
struct Cable {
    hub: MemNetwork,
    from: SocketAddr,
    to: SocketAddr,
    io: DuplexStream,
}

impl AsyncRead for Cable {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        std::task::ready!(self.hub.poll_open(self.to, self.from, cx));
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Cable {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        std::task::ready!(self.hub.poll_open(self.from, self.to, cx));
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
