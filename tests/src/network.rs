//! A network that this program carries itself: one namespace a node, whose packets to other nodes come here and go on,
//! or not, or late, or twice, each direction of each pair by its own rule. It needs no help of the kernel but a TUN
//! device, and any shape of damage is one table. Clients reach the nodes by another, healthy network.
//! Deliberately packets and not connections: what TCP makes of the damage is part of what is tested.

use std::collections::BinaryHeap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use tappers::{Interface, Tun};

use crate::dice::Dice;
use crate::faults::{run, try_run};

/// What becomes of packets from one node to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rule {
    /// Nothing passes; connections stay as they are.
    pub cut: bool,
    /// So many of a hundred are lost.
    pub lost: usize,
    /// So many of a hundred come twice.
    pub twice: usize,
    /// Each is late by a time between these, in ms, so that packets overtake one another.
    pub late_ms: (u64, u64),
}

/// What was done to packets.
#[derive(Debug, Default)]
pub struct Counts {
    pub passed: AtomicU64,
    pub dropped: AtomicU64,
    pub late: AtomicU64,
}

/// Network namespaces, one a node, and the table that connects them.
pub struct Switch {
    /// Tells this switch's devices from those of other runs; they have at most 15 characters.
    name: String,
    subnet: u16,
    nodes: usize,
    wires: Arc<Wires>,
}

struct Wires {
    /// The nodes' ends, from node 1.
    ends: Vec<Tun>,
    /// From, to: from 0.
    rules: Mutex<Vec<Vec<Rule>>>,
    late: Mutex<BinaryHeap<Late>>,
    more_late: Condvar,
    over: AtomicBool,
    counts: Counts,
}

/// A packet that waits. The soonest is the greatest.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Late {
    due: std::cmp::Reverse<Instant>,
    to: usize,
    packet: Vec<u8>,
}

impl Switch {
    /// Why this machine cannot have one, if it cannot.
    pub fn why_not() -> Option<String> {
        let space = format!("usher-try-{}", std::process::id());
        let made = std::process::Command::new("ip").args(["netns", "add", &space]).output();
        try_run(&["ip", "netns", "del", &space]);
        match made {
            Ok(out) if out.status.success() => Tun::new().err().map(|e| format!("no TUN device: {e}")),
            Ok(out) => Some(String::from_utf8_lossy(&out.stderr).trim().to_owned()),
            Err(e) => Some(format!("ip: {e}")),
        }
    }

    pub fn new(nodes: usize) -> Self {
        static SWITCHES: Mutex<u16> = Mutex::new(0);
        let mut made = SWITCHES.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // A subnet on two bridges would be reached by one of them only: whatever has one already keeps it.
        let taken = run(&["ip", "-4", "-oneline", "addr"]);
        let (name, subnet) = (0..250)
            .map(|_| {
                let number = (std::process::id() as u16).wrapping_mul(4).wrapping_add(*made);
                *made = made.wrapping_add(1);
                (format!("us{number:04x}"), number % 250)
            })
            .find(|(_, subnet)| !taken.contains(&format!("10.211.{subnet}.")))
            .unwrap_or_else(|| panic!("all of 10.211.0.0/16 is taken:\n{taken}"));
        let clients = format!("{name}c");
        run(&["ip", "link", "add", &clients, "type", "bridge"]);
        run(&["ip", "link", "set", &clients, "up"]);
        run(&["ip", "addr", "add", &format!("10.211.{subnet}.254/24"), "dev", &clients]);
        drop(made);
        let ends = (1..=nodes).map(|number| connect(&name, subnet, number)).collect();
        let wires = Arc::new(Wires {
            ends,
            rules: Mutex::new(vec![vec![Rule::default(); nodes]; nodes]),
            late: Mutex::default(),
            more_late: Condvar::new(),
            over: AtomicBool::new(false),
            counts: Counts::default(),
        });
        for number in 0..nodes {
            let wires = wires.clone();
            std::thread::spawn(move || wires.carry_from(number));
        }
        let late = wires.clone();
        std::thread::spawn(move || late.deliver_late());
        Self { name, subnet, nodes, wires }
    }

    /// HTTP and peer address of a node.
    pub fn addresses(&self, number: usize) -> (SocketAddr, SocketAddr) {
        let at = |net: u8, port: u16| SocketAddr::from(([10, net, self.subnet as u8, number as u8], port));
        (at(211, 8080), at(212, 8180))
    }

    /// What a node's command line begins with.
    pub fn command(&self, number: usize) -> Vec<String> {
        ["ip", "netns", "exec", &space(&self.name, number)].map(str::to_owned).into()
    }

    /// Sets the rule for one direction.
    pub fn rule(&self, from: usize, to: usize, rule: Rule) {
        self.wires.rules.lock().unwrap()[from - 1][to - 1] = rule;
    }

    /// Sets the rule for both directions between a node and all others.
    pub fn around(&self, number: usize, rule: Rule) {
        for other in (1..=self.nodes).filter(|other| *other != number) {
            self.rule(number, other, rule);
            self.rule(other, number, rule);
        }
    }

    /// Cuts a node off from its peers: packets vanish, connections stay as they are.
    pub fn cut(&self, number: usize) {
        self.around(number, Rule { cut: true, ..Rule::default() });
    }

    /// All is well again with a node's cables.
    pub fn heal(&self, number: usize) {
        self.around(number, Rule::default());
    }

    /// All is well with all.
    pub fn heal_all(&self) {
        (1..=self.nodes).for_each(|number| self.heal(number));
    }

    pub fn counts(&self) -> &Counts {
        &self.wires.counts
    }
}

fn space(name: &str, number: usize) -> String {
    format!("{name}n{number}")
}

/// Makes a node's namespace with its two cables; answers this end of the one to its peers.
fn connect(name: &str, subnet: u16, number: usize) -> Tun {
    let (space, clients) = (space(name, number), format!("{name}c"));
    run(&["ip", "netns", "add", &space]);
    run(&["ip", "-n", &space, "link", "set", "lo", "up"]);
    let outer = format!("{name}c{number}");
    run(&["ip", "link", "add", &outer, "type", "veth", "peer", "name", "ec", "netns", &space]);
    run(&["ip", "link", "set", &outer, "master", &clients, "up"]);
    let inner = format!("{name}p{number}");
    let end = Interface::new(&inner).and_then(Tun::new_named);
    let end = end.unwrap_or_else(|e| panic!("{inner}: {e} (this test needs root and /dev/net/tun)"));
    run(&["ip", "link", "set", &inner, "netns", &space]);
    for (device, net) in [("ec", 211), (inner.as_str(), 212)] {
        run(&["ip", "-n", &space, "addr", "add", &format!("10.{net}.{subnet}.{number}/24"), "dev", device]);
        run(&["ip", "-n", &space, "link", "set", device, "up"]);
    }
    end
}

impl Wires {
    /// Takes what a node sends, until its device is gone.
    fn carry_from(&self, from: usize) {
        let mut dice = Dice::new(0x7769_7265 + from as u64);
        let mut buffer = vec![0; 65_536];
        while !self.over.load(Ordering::Relaxed) {
            let Ok(length) = self.ends[from].recv(&mut buffer) else { return };
            let packet = &buffer[..length];
            // An IPv4 packet to one of the nodes; the last byte of its address is the node's number.
            let to = (length >= 20 && packet[0] >> 4 == 4).then(|| usize::from(packet[19]).wrapping_sub(1));
            if let Some(to) = to.filter(|to| *to < self.ends.len() && *to != from) {
                let rule = self.rules.lock().unwrap()[from][to];
                self.carry(packet, to, rule, &mut dice);
            }
        }
    }

    fn carry(&self, packet: &[u8], to: usize, rule: Rule, dice: &mut Dice) {
        if rule.cut || dice.percent(rule.lost) {
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        for _ in 0..=usize::from(dice.percent(rule.twice)) {
            let (least, most) = rule.late_ms;
            if most == 0 {
                self.counts.passed.fetch_add(1, Ordering::Relaxed);
                // A node that is gone takes nothing.
                let _ = self.ends[to].send(packet);
            } else {
                let ms = least + dice.below((most - least) as usize + 1) as u64;
                let due = std::cmp::Reverse(now() + Duration::from_millis(ms));
                self.late.lock().unwrap().push(Late { due, to, packet: packet.to_vec() });
                self.more_late.notify_one();
            }
        }
    }

    fn deliver_late(&self) {
        let mut late = self.late.lock().unwrap();
        while !self.over.load(Ordering::Relaxed) {
            let wait = match late.peek() {
                None => Duration::from_millis(200),
                Some(first) => first.due.0.saturating_duration_since(now()),
            };
            if wait.is_zero() {
                let Some(first) = late.pop() else { continue };
                drop(late);
                self.counts.late.fetch_add(1, Ordering::Relaxed);
                let _ = self.ends[first.to].send(&first.packet);
                late = self.late.lock().unwrap();
            } else {
                late = self.more_late.wait_timeout(late, wait).unwrap().0;
            }
        }
    }
}

/// The machine's clock, for packets; tests look at tokio's.
#[expect(clippy::disallowed_methods, reason = "packets are carried by threads, outside of any runtime")]
fn now() -> Instant {
    Instant::now()
}

impl Drop for Switch {
    fn drop(&mut self) {
        self.wires.over.store(true, Ordering::Relaxed);
        for number in 1..=self.nodes {
            // The reader of a device that is gone ends.
            try_run(&["ip", "-n", &space(&self.name, number), "link", "del", &format!("{}p{number}", self.name)]);
            try_run(&["ip", "netns", "del", &space(&self.name, number)]);
        }
        try_run(&["ip", "link", "del", &format!("{}c", self.name)]);
    }
}
