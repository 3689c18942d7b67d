//! What clients asked and were told: a history that can be kept in a file, looked at, and judged again later.
//! Deliberately no judgement here (see `checker`), and no load (see `buyers`).

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// What is sold at a showtime, as far as judging needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct House {
    pub showtime: String,
    /// Ids of the seats in plan order.
    pub places: Vec<String>,
    /// Places of its one area without numbers.
    pub capacity: u32,
    pub hold_ttl_ms: u64,
}

/// How fresh a read was asked to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fresh {
    Linearizable,
    /// What the node knows, and not less than this index.
    AtLeast(u64),
}

/// What a client asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    Hold {
        showtime: String,
        places: Vec<String>,
        area: u32,
    },
    Extend {
        hold: String,
    },
    Release {
        hold: String,
    },
    Sell {
        hold: String,
    },
    /// `gate`: a name that no other scan has.
    Scan {
        ticket: String,
        gate: String,
        way: Way,
    },
    ReadHold {
        hold: String,
        fresh: Fresh,
    },
    ReadOrder {
        order: String,
        fresh: Fresh,
    },
    ReadMap {
        showtime: String,
        fresh: Fresh,
    },
    ReadArea {
        showtime: String,
        fresh: Fresh,
    },
}

impl Asked {
    /// How fresh it must be, if it only reads.
    pub fn fresh(&self) -> Option<Fresh> {
        match self {
            Self::ReadHold { fresh, .. }
            | Self::ReadOrder { fresh, .. }
            | Self::ReadMap { fresh, .. }
            | Self::ReadArea { fresh, .. } => Some(*fresh),
            Self::Hold { .. } | Self::Extend { .. } | Self::Release { .. } | Self::Sell { .. } | Self::Scan { .. } => {
                None
            }
        }
    }

    /// One word for people.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Hold { area: 0, .. } => "hold",
            Self::Hold { .. } => "hold in area",
            Self::Extend { .. } => "extend",
            Self::Release { .. } => "release",
            Self::Sell { .. } => "sell",
            Self::Scan { way: Way::In, .. } => "scan in",
            Self::Scan { .. } => "scan out",
            Self::ReadHold { .. } => "read hold",
            Self::ReadOrder { .. } => "read order",
            Self::ReadMap { .. } => "read map",
            Self::ReadArea { .. } => "read area",
        }
    }
}

/// Which way somebody goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    In,
    Out,
}

/// Where in its life a hold is, as it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Life {
    Active,
    Expired,
    Released,
    Confirmed,
}

/// What it was told. Times are cluster time in ms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    Held {
        hold: String,
        now_ms: u64,
        until_ms: u64,
    },
    Extended {
        until_ms: u64,
    },
    Released {
        life: Life,
    },
    Sold {
        order: String,
        now_ms: u64,
    },
    /// `gate`: where whoever is in with the ticket came in.
    Scanned {
        verdict: String,
        gate: Option<String>,
    },
    Hold {
        life: Life,
        until_ms: u64,
    },
    Order,
    /// One digit a seat.
    Map {
        states: String,
    },
    Area {
        free: u32,
    },
    /// `taken`: places that were not free. `free`: what the area had left.
    Refused {
        status: u16,
        code: String,
        taken: Vec<String>,
        free: Option<u32>,
    },
}

/// How an operation ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Answered {
        index: u64,
        replayed: bool,
        told: Told,
    },
    /// Sent, perhaps several times, and never answered: it may happen at any later time.
    Unknown,
}

/// One operation, from its first call to its last return. Times are µs since the history began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Op {
    /// Who asked; a client whose operation ended unknown goes on under a new number.
    pub client: u64,
    /// The node that was asked last, from 1.
    pub node: usize,
    /// Called: from then on it may have happened, whatever became of the answer.
    pub asked_us: u64,
    /// When the attempt was sent that was answered.
    pub sent_us: u64,
    /// Answered; none if it never was.
    pub returned_us: Option<u64>,
    pub asked: Asked,
    pub outcome: Outcome,
}

impl Op {
    /// Index and answer, if there is one.
    pub fn told(&self) -> Option<(u64, &Told)> {
        match &self.outcome {
            Outcome::Answered { index, told, .. } => Some((*index, told)),
            Outcome::Unknown => None,
        }
    }
}

/// A line of a file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    House(House),
    Op(Op),
}

/// All that was recorded.
#[derive(Debug, Clone, Default)]
pub struct Recorded {
    pub houses: Vec<House>,
    pub ops: Vec<Op>,
}

impl Recorded {
    /// Reads JSON lines; panics with the line that is none.
    pub fn read(file: &Path) -> Self {
        let mut all = Self::default();
        let lines = BufReader::new(File::open(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()))).lines();
        for (nth, line) in lines.enumerate() {
            let line = line.unwrap();
            let line = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{}:{}: {e}", file.display(), nth + 1));
            match line {
                Line::House(house) => all.houses.push(house),
                Line::Op(op) => all.ops.push(op),
            }
        }
        all
    }

    /// Writes JSON lines.
    pub fn write(&self, file: &Path) {
        let mut out = BufWriter::new(File::create(file).unwrap_or_else(|e| panic!("{}: {e}", file.display())));
        let lines = self.houses.iter().cloned().map(Line::House).chain(self.ops.iter().cloned().map(Line::Op));
        for line in lines {
            serde_json::to_writer(&mut out, &line).unwrap();
            out.write_all(b"\n").unwrap();
        }
        out.flush().unwrap();
    }

    /// Greatest index that anybody was told.
    pub fn newest(&self) -> u64 {
        self.ops.iter().filter_map(Op::told).map(|(index, _)| index).max().unwrap_or(0)
    }

    /// Operations by kind and outcome, one line each.
    pub fn summary(&self) -> String {
        let mut counts = std::collections::BTreeMap::<(&str, String), usize>::new();
        for op in &self.ops {
            let how = match &op.outcome {
                Outcome::Answered { told: Told::Refused { code, .. }, .. } => format!("refused: {code}"),
                Outcome::Answered { replayed: true, .. } => "done, answered again".to_owned(),
                Outcome::Answered { .. } => "done".to_owned(),
                Outcome::Unknown => "unknown".to_owned(),
            };
            *counts.entry((op.asked.kind(), how)).or_default() += 1;
        }
        let lines = counts.iter().map(|((kind, how), count)| format!("{count:8} {kind}, {how}"));
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// A history that grows.
pub struct History {
    began: Instant,
    recorded: Mutex<Recorded>,
    /// When holds were acknowledged: sent at, answered at.
    acknowledged: Mutex<Vec<(Instant, Instant)>>,
    /// When changes were decided: done, or refused by a rule.
    decided: Mutex<Vec<Instant>>,
}

impl Default for History {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            recorded: Mutex::default(),
            acknowledged: Mutex::default(),
            decided: Mutex::default(),
        }
    }
}

impl History {
    /// A moment as the history counts.
    pub fn us(&self, moment: Instant) -> u64 {
        u64::try_from(moment.duration_since(self.began).as_micros()).unwrap_or(u64::MAX)
    }
    /// Something more is on sale.
    pub fn open(&self, house: House) {
        self.recorded.lock().unwrap().houses.push(house);
    }
    /// An operation ended.
    pub fn add(&self, op: Op) {
        let at = |us| self.began + std::time::Duration::from_micros(us);
        if let (Some((_, Told::Held { .. })), Some(returned)) = (op.told(), op.returned_us) {
            self.acknowledged.lock().unwrap().push((at(op.sent_us), at(returned)));
        }
        if let (None, Some(returned)) = (op.asked.fresh(), op.returned_us) {
            self.decided.lock().unwrap().push(at(returned));
        }
        self.recorded.lock().unwrap().ops.push(op);
    }
    /// Acknowledged holds so far.
    pub fn holds(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }
    /// When the first hold that was sent after a moment was acknowledged.
    pub fn first_after(&self, moment: Instant) -> Option<Instant> {
        let seen = self.acknowledged.lock().unwrap();
        seen.iter().filter(|(sent, _)| *sent > moment).map(|(_, answered)| *answered).min()
    }
    /// Changes decided so far.
    pub fn decided(&self) -> usize {
        self.decided.lock().unwrap().len()
    }
    /// The longest span in which no change was decided.
    pub fn longest_silence(&self) -> std::time::Duration {
        let mut decided = self.decided.lock().unwrap().clone();
        decided.sort_unstable();
        decided.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
    }
    /// All of it so far.
    pub fn recorded(&self) -> Recorded {
        self.recorded.lock().unwrap().clone()
    }
}
