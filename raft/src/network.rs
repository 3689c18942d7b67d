//! The network seam: byte streams between nodes. Not what is said on them (see `peers`).

mod memory;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};

pub use memory::MemNetwork;

/// A connected stream of bytes, both ways.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin + 'static {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Duplex for T {}

/// A boxed [`Duplex`].
pub type Stream = Box<dyn Duplex>;

/// A stream is looked after from this silence on.
const KEPT_AFTER: Duration = Duration::from_secs(5);
/// So often, and given up when so many in a row find nobody: 11 s after the peer was gone.
const KEPT_EVERY: Duration = Duration::from_secs(2);
const KEPT_TRIES: u32 = 3;

/// How nodes reach each other. A stream breaks within 15 s of its peer's end, whatever that was, and also where nothing
/// is written: whoever waits for the end of something long waits for no longer.
pub trait Network: Send + Sync + 'static {
    /// Opens a stream to `host:port`.
    fn connect<'a>(&'a self, address: &'a str) -> BoxFuture<'a, io::Result<Stream>>;
    /// Takes streams at an address.
    fn listen(&self, address: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Listener>>>;
}

/// Takes streams that peers open.
pub trait Listener: Send + 'static {
    /// The next stream and where it comes from, for the log.
    fn accept(&mut self) -> BoxFuture<'_, io::Result<(Stream, String)>>;
    /// Where it listens (a port of 0 was replaced by a real one).
    fn address(&self) -> io::Result<SocketAddr>;
}

/// TCP, for production.
#[derive(Debug, Clone, Copy, Default)]
pub struct TcpNetwork;

impl Network for TcpNetwork {
    fn connect<'a>(&'a self, address: &'a str) -> BoxFuture<'a, io::Result<Stream>> {
        Box::pin(async move {
            let stream = TcpStream::connect(address).await?;
            tend(&stream)?;
            Ok(Box::new(stream) as Stream)
        })
    }

    fn listen(&self, address: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Listener>>> {
        Box::pin(async move { Ok(Box::new(Tcp(TcpListener::bind(address).await?)) as Box<dyn Listener>) })
    }
}

/// Sends at once, and notices the end of a peer that lost its power and says nothing any more.
fn tend(stream: &TcpStream) -> io::Result<()> {
    use rustix::net::sockopt;
    stream.set_nodelay(true)?;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, KEPT_AFTER)?;
    sockopt::set_tcp_keepintvl(stream, KEPT_EVERY)?;
    sockopt::set_tcp_keepcnt(stream, KEPT_TRIES)?;
    Ok(())
}

struct Tcp(TcpListener);

impl Listener for Tcp {
    fn accept(&mut self) -> BoxFuture<'_, io::Result<(Stream, String)>> {
        Box::pin(async move {
            let (stream, from) = self.0.accept().await?;
            tend(&stream)?;
            Ok((Box::new(stream) as Stream, from.to_string()))
        })
    }

    fn address(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What it is for is shown by the simulation, whose streams break like this (a snapshot's receiver that lost its
    /// power before it said "installed" kept the sender waiting for 10 minutes).
    #[tokio::test]
    async fn streams_are_looked_after_at_both_ends() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let address = listener.local_addr().expect("an address");
        let (one, other) = tokio::join!(TcpStream::connect(address), listener.accept());
        for stream in [one.expect("connected"), other.expect("accepted").0] {
            tend(&stream).expect("the system can");
            assert!(rustix::net::sockopt::socket_keepalive(&stream).expect("known"));
            assert_eq!(rustix::net::sockopt::tcp_keepidle(&stream).expect("known"), KEPT_AFTER);
        }
        assert!(KEPT_AFTER + KEPT_EVERY * KEPT_TRIES <= Duration::from_secs(15));
    }
}
