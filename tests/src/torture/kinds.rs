//! The faults that there are, by name. Deliberately not here: how they are done (`damage`), and when (`nemesis`).

/// One kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Kill,
    KillLeader,
    KillMinority,
    KillAll,
    Pause,
    PauseLeader,
    CutOff,
    Halves,
    Ring,
    Deaf,
    Mute,
    Loss,
    Late,
    Twice,
    WallClock,
    BootClock,
    DiskFull,
    DiskError,
    SlowSync,
    Power,
    PowerAll,
    Rolling,
    Members,
}

/// What a fault happens to: two faults on the same thing would not be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// One node's process.
    Node,
    /// All nodes' processes at once.
    All,
    Network,
    /// Wall clocks.
    Clocks,
}

impl Kind {
    pub const ALL: [Self; 23] = [
        Self::Kill,
        Self::KillLeader,
        Self::KillMinority,
        Self::KillAll,
        Self::Pause,
        Self::PauseLeader,
        Self::CutOff,
        Self::Halves,
        Self::Ring,
        Self::Deaf,
        Self::Mute,
        Self::Loss,
        Self::Late,
        Self::Twice,
        Self::WallClock,
        Self::BootClock,
        Self::DiskFull,
        Self::DiskError,
        Self::SlowSync,
        Self::Power,
        Self::PowerAll,
        Self::Rolling,
        Self::Members,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::KillLeader => "kill-leader",
            Self::KillMinority => "kill-minority",
            Self::KillAll => "kill-all",
            Self::Pause => "pause",
            Self::PauseLeader => "pause-leader",
            Self::CutOff => "cut-off",
            Self::Halves => "halves",
            Self::Ring => "ring",
            Self::Deaf => "deaf",
            Self::Mute => "mute",
            Self::Loss => "loss",
            Self::Late => "late",
            Self::Twice => "twice",
            Self::WallClock => "wall-clock",
            Self::BootClock => "boot-clock",
            Self::DiskFull => "disk-full",
            Self::DiskError => "disk-error",
            Self::SlowSync => "slow-sync",
            Self::Power => "power",
            Self::PowerAll => "power-all",
            Self::Rolling => "rolling",
            Self::Members => "members",
        }
    }

    /// One line about each.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Kill => "kill -9 of a node, started again after a while",
            Self::KillLeader => "kill -9 of the leader, started again after a while",
            Self::KillMinority => "the same, of as many as may be lost",
            Self::KillAll => "kill -9 of all at once, started again at once",
            Self::Pause => "SIGSTOP, and SIGCONT after longer than an election",
            Self::PauseLeader => "SIGSTOP to the leader, and SIGCONT after longer than an election",
            Self::CutOff => "one node hears and reaches no other",
            Self::Halves => "the nodes fall into two groups",
            Self::Ring => "each node reaches a majority, none the same one",
            Self::Deaf => "the leader hears nobody, and is heard",
            Self::Mute => "the leader is heard by nobody, and hears",
            Self::Loss => "5 to 40 of 100 packets are lost",
            Self::Late => "packets are late, up to 300 ms, and overtake one another",
            Self::Twice => "packets come twice",
            Self::WallClock => "one wall clock jumps by up to a day, or runs at another rate",
            Self::BootClock => "a node starts again with another boot time",
            Self::DiskFull => "a node's disk is full",
            Self::DiskError => "a node's fsync fails with EIO: it must stop",
            Self::SlowSync => "a node's fsync takes 20 to 400 ms",
            Self::Power => "a node loses power: what was not synced is gone (LazyFS)",
            Self::PowerAll => "the same, all at the same moment",
            Self::Rolling => "SIGTERM to one after the other, each started again",
            Self::Members => "a node joins, one leaves, the leader too",
        }
    }

    pub fn on(self) -> On {
        match self {
            Self::Kill
            | Self::KillLeader
            | Self::KillMinority
            | Self::Pause
            | Self::PauseLeader
            | Self::BootClock
            | Self::DiskFull
            | Self::DiskError
            | Self::SlowSync
            | Self::Power => On::Node,
            Self::KillAll | Self::PowerAll | Self::Rolling | Self::Members => On::All,
            Self::CutOff
            | Self::Halves
            | Self::Ring
            | Self::Deaf
            | Self::Mute
            | Self::Loss
            | Self::Late
            | Self::Twice => On::Network,
            Self::WallClock => On::Clocks,
        }
    }

    /// Whether it is one of a power cut, which needs `LazyFS`.
    pub fn needs_lazyfs(self) -> bool {
        matches!(self, Self::Power | Self::PowerAll)
    }

    /// The kinds that a list of names means; `all` is all.
    pub fn named(list: &str) -> Result<Vec<Self>, String> {
        if list == "all" {
            return Ok(Self::ALL.into());
        }
        let find = |name: &str| Self::ALL.into_iter().find(|k| k.name() == name);
        list.split(',').map(|name| find(name).ok_or_else(|| format!("there is no fault {name}"))).collect()
    }
}
