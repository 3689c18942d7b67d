//! Frames on a stream: `u32` length (little end first) of what follows, `u8` kind, body. Anything else closes the
//! stream. Deliberately not here: what the bodies mean.

use std::io;
use std::sync::Mutex;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;

use crate::runtime::Pause;
use crate::sync::lock;

/// Longest frame, kind and body, of streams that carry the log, parts of snapshots or answers.
pub(crate) const FRAME_BYTES_MAX: usize = 64 << 20;
/// Longest frame of a stream that carries questions: none has more than some hundred bytes.
pub(crate) const QUESTION_BYTES_MAX: usize = 64 << 10;
/// More than this waiting to be written, and the peer is taken for dead.
const OUTBOX_BYTES_MAX: usize = 256 << 20;
const HEAD: usize = 5;

/// Kinds of frames. Append-only.
pub(crate) mod kind {
    /// id, question.
    pub(crate) const ASK: u8 = 1;
    /// id, answer.
    pub(crate) const ANSWER: u8 = 2;
    /// A request to append to the log.
    pub(crate) const APPEND: u8 = 3;
    /// What came of it.
    pub(crate) const APPENDED: u8 = 4;
    /// A snapshot is offered.
    pub(crate) const SNAPSHOT_OFFER: u8 = 5;
    /// From which byte on it is wanted.
    pub(crate) const SNAPSHOT_WANT: u8 = 6;
    /// Bytes of it.
    pub(crate) const SNAPSHOT_BYTES: u8 = 7;
    /// It is installed.
    pub(crate) const SNAPSHOT_DONE: u8 = 8;
    /// A file to keep.
    pub(crate) const FILE_GIVE: u8 = 9;
    /// It is kept: its hash.
    pub(crate) const FILE_KEPT: u8 = 10;
    /// The hash of a file that is asked for.
    pub(crate) const FILE_WANT: u8 = 11;
    /// The file.
    pub(crate) const FILE_HERE: u8 = 12;
    /// There is no such file here.
    pub(crate) const FILE_MISSING: u8 = 13;
    /// Why a file cannot be kept or read, in words.
    pub(crate) const FILE_REFUSED: u8 = 14;
}

pub(crate) fn broken(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Appends a frame to a buffer.
pub(crate) fn put_frame(buffer: &mut BytesMut, kind: u8, body: impl FnOnce(&mut BytesMut)) {
    let start = buffer.len();
    buffer.put_u32_le(0);
    buffer.put_u8(kind);
    body(buffer);
    let length = (buffer.len() - start - 4) as u32;
    if let Some(slot) = buffer.get_mut(start..start + 4) {
        slot.copy_from_slice(&length.to_le_bytes());
    }
}

/// Reads frames.
pub(crate) struct FrameReader<R> {
    io: R,
    buffer: BytesMut,
    bytes_max: usize,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    /// A frame of more than `bytes_max`, kind and body, ends the stream.
    pub(crate) fn new(io: R, bytes_max: usize) -> Self {
        Self { io, buffer: BytesMut::with_capacity(16 << 10), bytes_max }
    }

    /// A frame that has come in already. An error means that the stream is of no more use.
    pub(crate) fn ready(&mut self) -> io::Result<Option<(u8, Bytes)>> {
        let Some(length) = self.buffer.first_chunk::<4>().map(|b| u32::from_le_bytes(*b) as usize) else {
            return Ok(None);
        };
        if length == 0 || length > self.bytes_max {
            return Err(broken("frame length"));
        }
        if self.buffer.len() < 4 + length {
            // Grown as bytes come, so that a bare length costs nothing.
            self.buffer.reserve((4 + length - self.buffer.len()).min(1 << 20));
            return Ok(None);
        }
        self.buffer.advance(4);
        let mut frame = self.buffer.split_to(length).freeze();
        let kind = frame.get_u8();
        Ok(Some((kind, frame)))
    }

    /// The next frame; `None` when the peer closed the stream between frames. May be dropped while it waits.
    pub(crate) async fn next(&mut self) -> io::Result<Option<(u8, Bytes)>> {
        loop {
            if let Some(frame) = self.ready()? {
                return Ok(Some(frame));
            }
            if self.buffer.capacity() - self.buffer.len() < HEAD {
                self.buffer.reserve(16 << 10);
            }
            if self.io.read_buf(&mut self.buffer).await? == 0 {
                return if self.buffer.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
            }
        }
    }
}

/// Frames that wait to be written; everything waiting goes in one write.
#[derive(Default)]
pub(crate) struct Outbox {
    state: Mutex<Waiting>,
    wake: Notify,
}

#[derive(Default)]
struct Waiting {
    buffer: BytesMut,
    closed: bool,
}

impl Outbox {
    /// Queues a frame; false if the stream is closed.
    pub(crate) fn push(&self, kind: u8, body: impl FnOnce(&mut BytesMut)) -> bool {
        let mut waiting = lock(&self.state);
        if waiting.closed {
            return false;
        }
        put_frame(&mut waiting.buffer, kind, body);
        if waiting.buffer.len() > OUTBOX_BYTES_MAX {
            waiting.closed = true;
        }
        drop(waiting);
        self.wake.notify_one();
        true
    }

    pub(crate) fn close(&self) {
        lock(&self.state).closed = true;
        self.wake.notify_one();
    }

    pub(crate) fn is_closed(&self) -> bool {
        lock(&self.state).closed
    }

    /// Writes what is queued until the stream fails or the outbox is closed.
    pub(crate) async fn write_to(&self, mut io: impl AsyncWrite + Unpin) -> io::Result<()> {
        let mut writing = BytesMut::new();
        loop {
            // Whoever is ready to run may have a frame too: at 64 connections this saves six writes of seven.
            Pause::turn().await;
            let closed = {
                let mut state = lock(&self.state);
                std::mem::swap(&mut state.buffer, &mut writing);
                state.closed
            };
            if !writing.is_empty() {
                io.write_all(&writing).await?;
                io.flush().await?;
                writing.clear();
            } else if closed {
                return io.shutdown().await;
            } else {
                self.wake.notified().await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn frames_come_out_as_they_went_in_however_they_are_cut() {
        let mut sent = BytesMut::new();
        for n in 0..50_u8 {
            put_frame(&mut sent, n + 1, |body| body.put_bytes(n, usize::from(n) * 700));
        }
        let (mut near, far) = tokio::io::duplex(977);
        let writing = async {
            near.write_all(&sent).await.unwrap();
            drop(near);
        };
        let reading = async {
            let mut frames = FrameReader::new(far, FRAME_BYTES_MAX);
            for n in 0..50_u8 {
                let (kind, body) = frames.next().await.unwrap().unwrap();
                assert_eq!((kind, body.len()), (n + 1, usize::from(n) * 700));
                assert!(body.iter().all(|b| *b == n));
            }
            assert!(frames.next().await.unwrap().is_none());
        };
        tokio::join!(writing, reading);
    }

    #[tokio::test]
    async fn a_frame_of_no_or_too_great_length_or_half_a_frame_ends_the_stream() {
        for bytes in [&[0, 0, 0, 0, 1][..], &[0xff, 0xff, 0xff, 0xff, 1], &[9, 0, 0, 0, 1, 2]] {
            assert!(FrameReader::new(bytes, FRAME_BYTES_MAX).next().await.is_err(), "{bytes:?}");
        }
    }

    #[tokio::test]
    async fn what_waits_goes_in_one_write_and_a_closed_outbox_takes_no_more() {
        let outbox = Outbox::default();
        assert!(outbox.push(1, |body| body.put_u8(7)) && outbox.push(2, |_| {}));
        outbox.close();
        assert!(!outbox.push(3, |_| {}));
        let mut written = Vec::new();
        outbox.write_to(&mut written).await.unwrap();
        assert_eq!(written, [2, 0, 0, 0, 1, 7, 1, 0, 0, 0, 2]);
    }
}
