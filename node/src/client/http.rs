//! An HTTP/1.1 keep-alive client: one connection, one request at a time, one write for each request. It costs little
//! CPU, so that `bench` measures nodes and not itself. Deliberately not a general client (see the folder).

use std::fmt;
use std::io::{self, Write as _};
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::Address;

/// A connection is given up after so long.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Bytes of a response's head.
const HEAD_BYTES_MAX: usize = 64 << 10;
/// Bytes of the line before a chunk.
const CHUNK_LINE_BYTES_MAX: usize = 4 << 10;
/// Bytes of a response's body that is kept in memory.
const BODY_BYTES_MAX: usize = 256 << 20;
/// Where Linux distributions keep the certificates that they trust.
const TRUSTED: [&str; 2] = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];

/// No answer came, or none that could be read.
#[derive(Debug)]
pub(crate) enum HttpError {
    /// No connection could be made: nothing was sent.
    Connect(String),
    /// The connection was lost: whether the request was carried out is not known.
    Lost(io::Error),
    /// No answer within the time given.
    TimedOut,
    /// The answer was not HTTP as we know it.
    Malformed(&'static str),
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(why) => f.write_str(why),
            Self::Lost(e) => write!(f, "the connection was lost: {e}"),
            Self::TimedOut => f.write_str("no answer came in time"),
            Self::Malformed(what) => write!(f, "the answer cannot be read: {what}"),
        }
    }
}

impl std::error::Error for HttpError {}

impl From<io::Error> for HttpError {
    fn from(error: io::Error) -> Self {
        Self::Lost(error)
    }
}

/// A connected stream, with TLS or without.
pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// Connects, and shakes hands if the address asks for TLS.
    pub(crate) async fn connect(address: &Address) -> Result<Self, HttpError> {
        let told = |e: &dyn fmt::Display| {
            HttpError::Connect(format!("no connection to {address} ({e}): is it running? --server names another node"))
        };
        let connected = tokio::time::timeout(CONNECT_WITHIN, TcpStream::connect((address.host.as_str(), address.port)));
        let stream = connected.await.map_err(|_| told(&"no answer within 5 s"))?.map_err(|e| told(&e))?;
        stream.set_nodelay(true).map_err(|e| told(&e))?;
        if !address.tls {
            return Ok(Self::Plain(stream));
        }
        let name = ServerName::try_from(address.host.clone()).map_err(|e| told(&e))?;
        let connector = TlsConnector::from(Arc::new(trusting_the_system().map_err(|e| told(&e))?));
        Ok(Self::Tls(Box::new(connector.connect(name, stream).await.map_err(|e| told(&e))?)))
    }
}

fn trusting_the_system() -> Result<ClientConfig, String> {
    let named = std::env::var_os("SSL_CERT_FILE").map(std::path::PathBuf::from);
    let file = named.into_iter().chain(TRUSTED.iter().map(Into::into)).find(|f| f.is_file());
    let file = file.ok_or("no file with trusted certificates was found; name one in SSL_CERT_FILE")?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(&file).map_err(|e| format!("{}: {e}", file.display()))?.flatten() {
        // Old roots that rustls does not take are none that we could use.
        drop(roots.add(certificate));
    }
    Ok(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(s) => Pin::new(s).poll_read(cx, buf),
            Self::Tls(s) => Pin::new(s).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(s) => Pin::new(s).poll_write(cx, buf),
            Self::Tls(s) => Pin::new(s).poll_write(cx, buf),
        }
    }
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(s) => Pin::new(s).poll_flush(cx),
            Self::Tls(s) => Pin::new(s).poll_flush(cx),
        }
    }
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(s) => Pin::new(s).poll_shutdown(cx),
            Self::Tls(s) => Pin::new(s).poll_shutdown(cx),
        }
    }
}

/// How the end of a body is known.
enum Framing {
    Length(usize),
    Chunked,
    UntilClose,
}

/// A response, as long as the connection is not used again.
#[derive(Clone, Copy)]
pub(crate) struct Response<'a> {
    /// Status code.
    pub(crate) status: u16,
    head: &'a str,
    /// All of the body.
    pub(crate) body: &'a [u8],
}

impl Response<'_> {
    /// The value of a header, by its name in any case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(self.head, name)
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = head.split("\r\n").skip(1).filter_map(|line| line.split_once(':'));
    fields.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// A kept connection to one node.
pub(crate) struct Connection {
    address: Address,
    host: String,
    stream: Option<Stream>,
    buffer: Vec<u8>,
    /// Bytes of the buffer that hold the body; moved together when it came in chunks.
    body: Range<usize>,
    out: Vec<u8>,
}

impl Connection {
    /// Nothing is sent before the first call.
    pub(crate) fn new(address: Address) -> Self {
        let host = address.to_string().split_once("://").map_or_else(String::new, |(_, rest)| rest.to_owned());
        let (buffer, out) = (Vec::with_capacity(4096), Vec::with_capacity(1024));
        Self { address, host, stream: None, buffer, body: 0..0, out }
    }

    /// Over a stream that is open already.
    #[cfg(feature = "fuzz")]
    pub(crate) fn over(address: Address, stream: TcpStream) -> Self {
        Self { stream: Some(Stream::Plain(stream)), ..Self::new(address) }
    }

    /// Sends a request and waits for all of the answer. `headers` are whole lines, each with its line end.
    pub(crate) async fn call(
        &mut self,
        method: &str,
        path: &str,
        headers: &str,
        body: &[u8],
        within: Duration,
    ) -> Result<Response<'_>, HttpError> {
        let answered = tokio::time::timeout(within, self.exchange(method, path, headers, body)).await;
        let done = answered.map_err(|_| HttpError::TimedOut).flatten();
        // A connection in an unknown state is of no use to the next call.
        let (status, head_end) = done.inspect_err(|_| self.stream = None)?;
        let head = self.buffer.get(..head_end).and_then(|b| str::from_utf8(b).ok()).unwrap_or_default();
        Ok(Response { status, head, body: self.buffer.get(self.body.clone()).unwrap_or_default() })
    }

    /// Sends a GET-like request and hands the body on as it comes; answers status and, unless it is 200, the body.
    pub(crate) async fn download(
        &mut self,
        method: &str,
        path: &str,
        headers: &str,
        mut take: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<(u16, Vec<u8>), HttpError> {
        self.send(method, path, headers, b"").await?;
        let (status, head_end) = self.read_head().await?;
        let framing = self.framing(head_end)?;
        if status != 200 {
            self.read_body(head_end, &framing).await?;
            return Ok((status, self.buffer.get(self.body.clone()).unwrap_or_default().to_vec()));
        }
        let mut rest = self.buffer.split_off(head_end);
        match framing {
            Framing::Length(mut left) => loop {
                left = left.checked_sub(rest.len()).ok_or(HttpError::Malformed("more body than announced"))?;
                take(&rest)?;
                if left == 0 {
                    break;
                }
                rest.clear();
                self.fill_into(&mut rest).await?;
            },
            Framing::UntilClose => loop {
                take(&rest)?;
                rest.clear();
                match self.fill_into(&mut rest).await {
                    Ok(()) => {}
                    Err(HttpError::Lost(e)) if e.kind() == io::ErrorKind::UnexpectedEof => break,
                    Err(e) => return Err(e),
                }
            },
            Framing::Chunked => loop {
                let Some((size, data)) = chunk_head(&rest)? else {
                    self.fill_into(&mut rest).await?;
                    continue;
                };
                while rest.len() < data + size + 2 {
                    self.fill_into(&mut rest).await?;
                }
                take(rest.get(data..data + size).unwrap_or_default())?;
                if size == 0 {
                    break;
                }
                rest.drain(..data + size + 2);
            },
        }
        self.stream = None;
        Ok((status, Vec::new()))
    }

    async fn exchange(
        &mut self,
        method: &str,
        path: &str,
        headers: &str,
        body: &[u8],
    ) -> Result<(u16, usize), HttpError> {
        self.send(method, path, headers, body).await?;
        let (status, head_end) = self.read_head().await?;
        let framing = if method == "HEAD" || status == 204 || status == 304 {
            Framing::Length(0)
        } else {
            self.framing(head_end)?
        };
        self.read_body(head_end, &framing).await?;
        let head = self.head(head_end)?;
        if header(head, "connection").is_some_and(|v| v.eq_ignore_ascii_case("close")) {
            self.stream = None;
        }
        Ok((status, head_end))
    }

    async fn send(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) -> Result<(), HttpError> {
        self.out.clear();
        let content_type = if headers.contains("content-type:") || body.is_empty() {
            ""
        } else {
            "content-type: application/json\r\n"
        };
        write!(
            self.out,
            "{method} {path} HTTP/1.1\r\nhost: {}\r\n{content_type}content-length: {}\r\n{headers}\r\n",
            self.host,
            body.len()
        )?;
        self.out.extend_from_slice(body);
        self.buffer.clear();
        if self.stream.is_none() {
            self.stream = Some(Stream::connect(&self.address).await?);
        }
        let stream = self.stream.as_mut().ok_or(HttpError::Malformed("no stream"))?;
        stream.write_all(&self.out).await?;
        stream.flush().await?;
        Ok(())
    }

    async fn fill(&mut self) -> Result<(), HttpError> {
        let stream = self.stream.as_mut().ok_or(HttpError::Malformed("no stream"))?;
        read_some(stream, &mut self.buffer).await
    }

    async fn fill_into(&mut self, buffer: &mut Vec<u8>) -> Result<(), HttpError> {
        let stream = self.stream.as_mut().ok_or(HttpError::Malformed("no stream"))?;
        read_some(stream, buffer).await
    }

    /// Reads up to the end of the head: the status and where the body begins.
    async fn read_head(&mut self) -> Result<(u16, usize), HttpError> {
        let mut seen = 0_usize;
        loop {
            self.fill().await?;
            let from = seen.saturating_sub(3);
            let end = self.buffer.get(from..).unwrap_or_default().windows(4).position(|w| w == b"\r\n\r\n");
            if let Some(at) = end {
                let end = from + at + 4;
                let status = self.head(end)?.get(9..12).and_then(|code| code.parse().ok());
                return Ok((status.ok_or(HttpError::Malformed("status line"))?, end));
            }
            seen = self.buffer.len();
            if seen > HEAD_BYTES_MAX {
                return Err(HttpError::Malformed("a head of more than 64 KiB"));
            }
        }
    }

    fn head(&self, end: usize) -> Result<&str, HttpError> {
        let head = self.buffer.get(..end).and_then(|b| str::from_utf8(b).ok());
        head.ok_or(HttpError::Malformed("a head that is no text"))
    }

    fn framing(&self, head_end: usize) -> Result<Framing, HttpError> {
        let head = self.head(head_end)?;
        if header(head, "transfer-encoding").is_some_and(|v| v.eq_ignore_ascii_case("chunked")) {
            return Ok(Framing::Chunked);
        }
        let Some(length) = header(head, "content-length") else { return Ok(Framing::UntilClose) };
        length.parse().map(Framing::Length).map_err(|_| HttpError::Malformed("content-length"))
    }

    async fn read_body(&mut self, head_end: usize, framing: &Framing) -> Result<(), HttpError> {
        match framing {
            Framing::Length(length) => {
                let end = head_end.saturating_add(*length);
                if *length > BODY_BYTES_MAX {
                    return Err(HttpError::Malformed("a body of more than 256 MiB"));
                }
                while self.buffer.len() < end {
                    self.fill().await?;
                }
                self.body = head_end..end;
            }
            Framing::UntilClose => loop {
                match self.fill().await {
                    Ok(()) if self.buffer.len() <= BODY_BYTES_MAX => {}
                    Ok(()) => return Err(HttpError::Malformed("a body of more than 256 MiB")),
                    Err(HttpError::Lost(e)) if e.kind() == io::ErrorKind::UnexpectedEof => {
                        self.body = head_end..self.buffer.len();
                        self.stream = None;
                        return Ok(());
                    }
                    Err(e) => return Err(e),
                }
            },
            Framing::Chunked => {
                let (mut end, mut at) = (head_end, head_end);
                loop {
                    let Some((size, data)) = chunk_head(self.buffer.get(at..).unwrap_or_default())? else {
                        self.fill().await?;
                        continue;
                    };
                    let from = at + data;
                    while self.buffer.len() < from + size + 2 {
                        self.fill().await?;
                    }
                    self.buffer.copy_within(from..from + size, end);
                    (end, at) = (end + size, from + size + 2);
                    if size == 0 {
                        break;
                    }
                    if end > BODY_BYTES_MAX {
                        return Err(HttpError::Malformed("a body of more than 256 MiB"));
                    }
                }
                self.body = head_end..end;
            }
        }
        Ok(())
    }
}

async fn read_some(stream: &mut Stream, buffer: &mut Vec<u8>) -> Result<(), HttpError> {
    match stream.read_buf(buffer).await? {
        0 => Err(HttpError::Lost(io::ErrorKind::UnexpectedEof.into())),
        _ => Ok(()),
    }
}

/// Size of the chunk that begins here and where its data begins; nothing while its line is not whole.
fn chunk_head(bytes: &[u8]) -> Result<Option<(usize, usize)>, HttpError> {
    let Some(line) = bytes.windows(2).position(|w| w == b"\r\n") else {
        return if bytes.len() > CHUNK_LINE_BYTES_MAX { Err(HttpError::Malformed("chunk size")) } else { Ok(None) };
    };
    let text = bytes.get(..line).and_then(|b| str::from_utf8(b).ok()).unwrap_or_default();
    let size = text.split(';').next().and_then(|hex| usize::from_str_radix(hex.trim(), 16).ok());
    let size = size.filter(|s| *s <= BODY_BYTES_MAX).ok_or(HttpError::Malformed("chunk size"))?;
    Ok(Some((size, line + 2)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    const WITHIN: Duration = Duration::from_secs(10);

    /// Answers each connection's requests with these bytes, a few at a time.
    async fn answering(answer: &'static [u8], close: bool) -> Address {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        #[expect(clippy::disallowed_methods, reason = "no node runs here")]
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = Vec::new();
                while stream.read_buf(&mut request).await.is_ok_and(|n| n > 0) {
                    if request.windows(4).any(|w| w == b"\r\n\r\n") {
                        for part in answer.chunks(7) {
                            stream.write_all(part).await.unwrap();
                            tokio::task::yield_now().await;
                        }
                        request.clear();
                        if close {
                            break;
                        }
                    }
                }
            }
        });
        Address { tls: false, host: "127.0.0.1".to_owned(), port }
    }

    #[tokio::test]
    async fn bodies_by_length_by_chunks_and_until_the_end() {
        for (answer, close) in [
            (&b"HTTP/1.1 201 Created\r\nContent-Length: 11\r\nx-log-index: 7\r\n\r\nhello world"[..], false),
            (b"HTTP/1.1 201 Created\r\nX-Log-Index: 7\r\ntransfer-encoding: chunked\r\n\r\n6\r\nhello \r\n5;x=y\r\nworld\r\n0\r\n\r\n", false),
            (b"HTTP/1.1 201 Created\r\nX-Log-Index: 7\r\n\r\nhello world", true),
        ] {
            let mut connection = Connection::new(answering(answer, close).await);
            for _ in 0..3 {
                let response = connection.call("GET", "/", "", b"", WITHIN).await.unwrap();
                assert_eq!((response.status, response.body), (201, &b"hello world"[..]));
                assert_eq!(response.header("X-LOG-INDEX"), Some("7"));
            }
        }
    }

    #[tokio::test]
    async fn downloads_hand_the_body_on() {
        let answer = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n";
        let mut connection = Connection::new(answering(answer, false).await);
        let mut got = Vec::new();
        let taken = connection.download("POST", "/", "", |part| {
            got.extend_from_slice(part);
            Ok(())
        });
        assert_eq!(taken.await.unwrap().0, 200);
        assert_eq!(got, b"hello world");
    }

    #[tokio::test]
    async fn a_refused_connection_is_told_from_a_lost_one() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut connection = Connection::new(Address { tls: false, host: "127.0.0.1".to_owned(), port });
        let (lost, ()) = tokio::join!(connection.call("GET", "/", "", b"", WITHIN), async {
            drop(listener.accept().await);
            drop(listener);
        });
        assert!(matches!(lost, Err(HttpError::Lost(_))));
        assert!(matches!(connection.call("GET", "/", "", b"", WITHIN).await, Err(HttpError::Connect(_))));
    }
}
