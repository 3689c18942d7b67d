//! The bytes of the live feed: each frame is written once in each form and shared by all who watch.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::OnceLock;

use axum::body::Bytes;
use booking::ids::ShowtimeId;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

/// What changed in a showtime during a tick: the last state of each place.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) showtime: ShowtimeId,
    pub(super) channel: u32,
    pub(super) epoch: u64,
    /// Exclusive.
    pub(super) from: u64,
    /// Inclusive.
    pub(super) to: u64,
    pub(super) seats: BTreeMap<u32, u8>,
    pub(super) areas: BTreeMap<u16, u32>,
    json: OnceLock<Utf8Bytes>,
    packed: OnceLock<Bytes>,
}

impl Frame {
    pub(super) fn new(
        (showtime, channel, epoch): (ShowtimeId, u32, u64),
        (from, to): (u64, u64),
        (seats, areas): (BTreeMap<u32, u8>, BTreeMap<u16, u32>),
    ) -> Self {
        Self { showtime, channel, epoch, from, to, seats, areas, json: OnceLock::new(), packed: OnceLock::new() }
    }

    /// About how many bytes it takes in memory.
    pub(super) fn weight(&self) -> usize {
        256 + 24 * (self.seats.len() + self.areas.len())
    }

    /// The message in either form.
    pub(super) fn message(&self, packed: bool) -> Message {
        if packed {
            Message::Binary(self.packed.get_or_init(|| self.write_packed()).clone())
        } else {
            Message::Text(self.json.get_or_init(|| self.write_json().into()).clone())
        }
    }

    fn write_json(&self) -> String {
        let Self { showtime, channel, epoch, from, to, .. } = self;
        let mut text = String::with_capacity(160 + 12 * (self.seats.len() + self.areas.len()));
        // Writing to a text cannot fail.
        let _ = write!(
            text,
            r#"{{"channel":{channel},"showtime":"{showtime}","epoch":{epoch},"from":{from},"to":{to},"changes":["#
        );
        pairs(&mut text, self.seats.iter());
        text.push_str(r#"],"areas":["#);
        pairs(&mut text, self.areas.iter());
        text.push_str("]}");
        text
    }

    fn write_packed(&self) -> Bytes {
        let mut bytes = Vec::with_capacity(40 + 4 * self.seats.len() + 8 * self.areas.len());
        bytes.extend_from_slice(&[1, 1, 0, 0]);
        bytes.extend_from_slice(&self.channel.to_le_bytes());
        for number in [self.epoch, self.from, self.to] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(&(self.seats.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&(self.areas.len() as u32).to_le_bytes());
        for (seat, state) in &self.seats {
            bytes.extend_from_slice(&(seat << 2 | u32::from(*state)).to_le_bytes());
        }
        for (area, free) in &self.areas {
            bytes.extend_from_slice(&u32::from(*area).to_le_bytes());
            bytes.extend_from_slice(&free.to_le_bytes());
        }
        bytes.into()
    }
}

fn pairs<A: std::fmt::Display, B: std::fmt::Display>(text: &mut String, pairs: impl Iterator<Item = (A, B)>) {
    for (i, (a, b)) in pairs.enumerate() {
        let comma = if i == 0 { "" } else { "," };
        let _ = write!(text, "{comma}[{a},{b}]");
    }
}

/// `subscribed`: every change after `index` will come.
pub(super) fn subscribed(showtime: ShowtimeId, channel: u32, epoch: u64, index: u64) -> Message {
    let text =
        format!(r#"{{"subscribed":{{"showtime":"{showtime}","channel":{channel},"epoch":{epoch},"index":{index}}}}}"#);
    Message::Text(text.into())
}

/// `resync`: frames were left out.
pub(super) fn resync(showtime: ShowtimeId) -> Message {
    Message::Text(format!(r#"{{"resync":{{"showtime":"{showtime}"}}}}"#).into())
}

/// `heartbeat`: all frames up to the index were sent.
pub(super) fn heartbeat(index: u64) -> Message {
    Message::Text(format!(r#"{{"heartbeat":{index}}}"#).into())
}

/// `error`: what the viewer sent could not be done.
pub(super) fn error(showtime: Option<&str>, code: &str, detail: &str) -> Message {
    let mut error = serde_json::json!({ "code": code, "detail": detail });
    if let (Some(showtime), Some(error)) = (showtime, error.as_object_mut()) {
        error.insert("showtime".to_owned(), showtime.into());
    }
    Message::Text(serde_json::json!({ "error": error }).to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_as_described() {
        let seats = BTreeMap::from([(3, 1), (70_000, 2)]);
        let frame = Frame::new((ShowtimeId(1), 9, 1), (5, 8), (seats, BTreeMap::from([(2, 40)])));
        assert_eq!(
            frame.message(false).into_text().unwrap().as_str(),
            r#"{"channel":9,"showtime":"sht_00000000000000000000000001","epoch":1,"from":5,"to":8,"changes":[[3,1],[70000,2]],"areas":[[2,40]]}"#
        );
        let packed = frame.message(true).into_data();
        assert_eq!(packed.len(), 40 + 8 + 8);
        assert_eq!(&packed[..8], [1, 1, 0, 0, 9, 0, 0, 0]);
        assert_eq!(&packed[40..48], [13, 0, 0, 0, 0xC2, 0x45, 4, 0]);
    }
}
