//! A small HTTP/1.1 keep-alive client: one connection, one request at a time, one
//! write per request. It costs far less CPU than the servers it drives.

use anyhow::{bail, Context, Result};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub struct Conn {
    addr: String,
    s: TcpStream,
    buf: Vec<u8>,
    out: Vec<u8>,
}

impl Conn {
    pub async fn open(addr: &str) -> Result<Self> {
        let s = TcpStream::connect(addr).await.with_context(|| format!("connect {addr}"))?;
        s.set_nodelay(true)?;
        Ok(Conn { addr: addr.to_string(), s, buf: Vec::with_capacity(4096), out: Vec::with_capacity(512) })
    }

    pub async fn call(&mut self, method: &str, path: &str, body: &[u8]) -> Result<(u16, Vec<u8>)> {
        self.call_with(method, path, "", body).await
    }

    /// `headers`: whole lines, each with its line end.
    pub async fn call_with(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) -> Result<(u16, Vec<u8>)> {
        match tokio::time::timeout(Duration::from_secs(30), self.call_inner(method, path, headers, body)).await {
            Ok(Ok(r)) => Ok(r),
            Ok(Err(e)) => {
                self.reopen().await?;
                Err(e)
            }
            Err(_) => {
                self.reopen().await?;
                bail!("no reply in 30 s")
            }
        }
    }

    async fn reopen(&mut self) -> Result<()> {
        let c = Conn::open(&self.addr).await?;
        *self = c;
        Ok(())
    }

    async fn call_inner(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) -> Result<(u16, Vec<u8>)> {
        use std::io::Write;
        self.out.clear();
        write!(
            self.out,
            "{method} {path} HTTP/1.1\r\nhost: {}\r\n{headers}",
            self.addr
        )?;
        if !body.is_empty() {
            write!(self.out, "content-type: application/json\r\ncontent-length: {}\r\n", body.len())?;
        }
        self.out.extend_from_slice(b"\r\n");
        self.out.extend_from_slice(body);
        self.s.write_all(&self.out).await?;
        self.buf.clear();
        let mut seen = 0;
        let head = loop {
            if self.s.read_buf(&mut self.buf).await? == 0 {
                bail!("connection closed");
            }
            let from = if seen > 3 { seen - 3 } else { 0 };
            if let Some(i) = self.buf[from..].windows(4).position(|w| w == b"\r\n\r\n") {
                break from + i + 4;
            }
            seen = self.buf.len();
        };
        let text = std::str::from_utf8(&self.buf[..head]).context("header")?;
        let code: u16 = text.get(9..12).and_then(|c| c.parse().ok()).context("status line")?;
        let mut len = 0usize;
        for l in text.split("\r\n").skip(1) {
            if let Some((k, v)) = l.split_once(':') {
                if k.eq_ignore_ascii_case("content-length") {
                    len = v.trim().parse()?;
                } else if k.eq_ignore_ascii_case("transfer-encoding") {
                    bail!("chunked replies are not supported here");
                }
            }
        }
        while self.buf.len() < head + len {
            if self.s.read_buf(&mut self.buf).await? == 0 {
                bail!("connection closed in a body");
            }
        }
        Ok((code, self.buf[head..head + len].to_vec()))
    }
}
