//! The machines that nodes run on, and the lives of these nodes: start, crash, power cut, a disk emptied.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use raft::{Cluster, Options, Parts, Secret, Tasks, Timings};
use storage::{Contents, Disk as _, Keep, MemDisk};

use crate::bank::{self, Bank};
use crate::clock::SimClock;
use crate::disk::SimDisk;
use crate::draw::Draw;
use crate::life::Life;
use crate::network::{SimNetwork, address};
use crate::oracle::Oracle;
use crate::trace::Trace;
use crate::trap::{Moment, Trap};
use crate::viewer;
use crate::work::SimWork;

/// Small, so that files are rolled, snapshots made and logs purged many times in a minute.
const LOG_FILE_BYTES: u64 = 16 << 10;
const SNAPSHOT_LOG_BYTES: u64 = 30 << 10;
const KEEP_LOG_BYTES: u64 = 8 << 10;
const REQUEST_DEADLINE: Duration = Duration::from_secs(3);
/// The machines are back after this when all power went as a client was answered.
const BACK_AFTER_ANSWER: Duration = Duration::from_millis(100);
/// The rules that programs know before and after they are upgraded.
pub(crate) const OLD_RULES: u32 = booking::RULES_VERSION;
pub(crate) const NEW_RULES: u32 = OLD_RULES + 1;
/// Whoever holds a stream to a machine that is gone without a word learns of it after this (`raft::network`).
const KEPT: Duration = Duration::from_secs(11);
/// Quartz is off by some tens of ppm; clocks and timers in a third of the runs by up to a tenth.
const GOOD_CLOCK_PPM: u64 = 100;
const BAD_CLOCK_PPM: u64 = 100_000;

/// A node that runs.
#[derive(Clone)]
pub(crate) struct Running {
    pub(crate) node: Cluster,
    pub(crate) life: Arc<Life>,
}

/// Where something happens: in one life of a machine's node.
#[derive(Clone)]
pub(crate) struct Place {
    machines: Weak<Machines>,
    pub(crate) machine: usize,
    pub(crate) life: Arc<Life>,
    pub(crate) trace: Trace,
}

impl Place {
    /// Such a moment has come: it may be this life's last.
    pub(crate) fn reached(&self, moment: Moment) {
        if let Some(machines) = self.machines.upgrade()
            && !self.life.is_over()
        {
            machines.reached(self.machine, moment);
        }
    }
}

/// The newest batch of a machine's log.
#[derive(Default)]
pub(crate) struct LastBatch {
    /// Whether it is written and not synced.
    pub(crate) unsynced: bool,
    pub(crate) contents: Contents,
    /// Where it begins in the log's newest file.
    pub(crate) offset: u64,
}

struct Machine {
    disk: MemDisk,
    clock: Arc<SimClock>,
    slow_ms: Arc<AtomicU64>,
    bad_reads: Arc<AtomicU64>,
    log: Arc<Mutex<LastBatch>>,
    log_slow_ms: Arc<AtomicU64>,
    trap: Option<Trap>,
    /// The newest rules that its program knows, from its next start on.
    rules_version: u32,
    draw: Arc<Mutex<Draw>>,
    life: Option<Arc<Life>>,
    node: Option<Cluster>,
    /// A fault was injected that may end the node by itself.
    harmed: bool,
}

/// All machines of a run.
pub(crate) struct Machines {
    all: Mutex<Vec<Machine>>,
    pub(crate) network: SimNetwork,
    pub(crate) oracle: Oracle,
    pub(crate) trace: Trace,
    pub(crate) tasks: Tasks,
    pub(crate) bank: Arc<Bank>,
    /// All power goes when a client is answered next.
    cut_at_answer: AtomicBool,
}

impl Machines {
    pub(crate) fn new(n: usize, seed: u64, trace: &Trace) -> Arc<Self> {
        let mut clocks = Draw::new(seed, 1);
        let off_ppm = if clocks.one_in(3) { BAD_CLOCK_PPM } else { GOOD_CLOCK_PPM };
        let mut machine = |i: usize| {
            let fast_ppm = clocks.below(2 * off_ppm).cast_signed() - off_ppm.cast_signed();
            let ahead_ms = clocks.below(2_000).cast_signed() - 1_000;
            Machine {
                disk: MemDisk::new(),
                clock: Arc::new(SimClock::new(fast_ppm, ahead_ms)),
                slow_ms: Arc::default(),
                bad_reads: Arc::default(),
                log: Arc::default(),
                log_slow_ms: Arc::default(),
                trap: None,
                rules_version: OLD_RULES,
                draw: Arc::new(Mutex::new(Draw::new(seed, 100 + i as u64))),
                life: None,
                node: None,
                harmed: false,
            }
        };
        Arc::new(Self {
            all: Mutex::new((0..n).map(&mut machine).collect()),
            network: SimNetwork::new(Draw::new(seed, 2), trace.clone()),
            oracle: Oracle::new(n, off_ppm, trace.clone()),
            trace: trace.clone(),
            tasks: Tasks::default(),
            bank: Bank::new(Draw::new(seed, 6), trace.clone()),
            cut_at_answer: AtomicBool::new(false),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Machine>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    pub(crate) fn running(&self, i: usize) -> Option<Running> {
        let machines = self.lock();
        let machine = &machines[i];
        let (node, life) = (machine.node.clone()?, machine.life.clone()?);
        Some(Running { node, life })
    }

    pub(crate) fn up(&self) -> Vec<usize> {
        let machines = self.lock();
        (0..machines.len()).filter(|i| machines[*i].node.is_some()).collect()
    }

    /// Machines whose node belongs to the cluster, as far as it knows itself.
    pub(crate) fn joined(&self) -> Vec<usize> {
        self.up().into_iter().filter(|i| self.running(*i).is_some_and(|r| r.node.status().id != 0)).collect()
    }

    fn options(i: usize, life: &Arc<Life>, clock: &SimClock) -> Options {
        let secret = Secret::new(b"a secret of the simulation").unwrap();
        let at = address(i);
        let mut options =
            Options::new(at, &at.to_string(), &format!("http://node{i}"), PathBuf::from("/nowhere"), secret);
        options.log_file_bytes = LOG_FILE_BYTES;
        options.snapshot_log_bytes = SNAPSHOT_LOG_BYTES;
        options.keep_log_bytes = KEEP_LOG_BYTES;
        options.request_deadline = REQUEST_DEADLINE;
        // All that consensus reckons by its timers stands in these.
        let Timings { heartbeat_ms, election_min_ms, election_max_ms } = options.timings;
        let [heartbeat_ms, election_min_ms, election_max_ms] =
            [heartbeat_ms, election_min_ms, election_max_ms].map(|ms| clock.truly_ms(ms));
        options.timings = Timings { heartbeat_ms, election_min_ms, election_max_ms };
        let life = Arc::clone(life);
        // The process ends here: nothing of this life is seen by anybody from now on.
        options.on_fatal = Arc::new(move |why| {
            life.end(why);
        });
        options
    }

    /// Starts the node of a machine on what its disk holds, unless it runs.
    pub(crate) async fn start(self: &Arc<Self>, i: usize) {
        let (life, options, parts) = {
            let mut machines = self.lock();
            let machine = &mut machines[i];
            if machine.life.is_some() {
                return;
            }
            let life = Arc::new(Life::default());
            machine.life = Some(Arc::clone(&life));
            let trace = self.trace.clone();
            let place = Place { machines: Arc::downgrade(self), machine: i, life: Arc::clone(&life), trace };
            let disk = SimDisk {
                disk: machine.disk.clone(),
                place: place.clone(),
                bad_reads: Arc::clone(&machine.bad_reads),
                log: Arc::clone(&machine.log),
            };
            let work = SimWork {
                place,
                draw: Arc::clone(&machine.draw),
                slow_ms: Arc::clone(&machine.slow_ms),
                log_slow_ms: Arc::clone(&machine.log_slow_ms),
                log: Arc::clone(&machine.log),
            };
            let parts = Parts {
                disk: Arc::new(disk),
                copy: false,
                clock: Arc::<SimClock>::clone(&machine.clock),
                network: self.network.at(i, Arc::clone(&life)),
                work: Arc::new(work),
            };
            let mut options = Self::options(i, &life, &machine.clock);
            options.rules_version = machine.rules_version;
            (life, options, parts)
        };
        self.trace.note(format_args!("n{i} starts"));
        self.trace.count("starts");
        self.tasks.spawn(Arc::clone(self).bury(i, Arc::clone(&life)));
        let started = tokio::select! {
            biased;
            _ = life.over() => return,
            started = Cluster::start(options, parts) => started,
        };
        match started {
            Ok(node) => {
                if let Some(why) = node.status().damaged {
                    self.trace.wrong(format!("n{i} lost what was durable: {why}"));
                }
                if node.metrics().torn_bytes > 0 {
                    self.trace.count("torn tails found at start");
                }
                self.tasks.spawn(bank::serve(Arc::clone(self), node.clone(), Arc::clone(&life)));
                self.tasks.spawn(viewer::follow(Arc::clone(self), i, Running { node: node.clone(), life }));
                self.lock()[i].node = Some(node);
            }
            Err(error) => {
                life.end(&format!("it cannot start: {error}"));
            }
        }
    }

    /// Waits for the end of a life, and clears up behind one that ended by itself.
    async fn bury(self: Arc<Self>, i: usize, life: Arc<Life>) {
        let why = life.over().await;
        let harmed = {
            let machines = self.lock();
            if !machines[i].life.as_ref().is_some_and(|now| Arc::ptr_eq(now, &life)) {
                return;
            }
            machines[i].harmed
        };
        if harmed {
            self.trace.count("ended by a disk fault");
        } else {
            self.trace.wrong(format!("n{i} ended by itself: {why}"));
        }
        self.end(i, &why, None, true);
    }

    /// Ends the node of a machine at this very moment: its process alone, or with `power` the whole machine. Its streams
    /// break at once or, if not `told`, only when the system of the other end has looked for it in vain.
    pub(crate) fn end(self: &Arc<Self>, i: usize, why: &str, power: Option<Keep>, told: bool) {
        let node = {
            let mut machines = self.lock();
            let machine = &mut machines[i];
            let Some(life) = machine.life.take() else { return };
            self.oracle.ended(i);
            match power {
                Some(keep) => {
                    let mut log = machine.log.lock().unwrap_or_else(PoisonError::into_inner);
                    if std::mem::take(&mut log.unsynced) {
                        self.trace.count("power cuts amid a sync");
                    }
                    drop(log);
                    machine.disk.power_loss(keep);
                    machine.clock.boot();
                }
                None => machine.disk.kill(),
            }
            life.end(why);
            machine.node.take()
        };
        self.trace.note(format_args!("n{i} ends ({power:?}): {why}"));
        let streams = self.network.gone(i);
        if told {
            self.network.break_all(&streams);
        } else {
            let network = self.network.clone();
            self.tasks.spawn(async move {
                tokio::time::sleep(KEPT).await;
                network.break_all(&streams);
            });
        }
        if let Some(node) = node {
            // Cut off from disk and network, it only has to be cleared away.
            self.tasks.spawn(async move { node.halt().await });
        }
    }

    /// A machine's node has come to such a moment: if a trap is set for it, the power goes.
    fn reached(self: &Arc<Self>, i: usize, moment: Moment) {
        let sprung = self.lock()[i].trap.take_if(|trap| trap.moment == moment);
        let Some(Trap { moment, keep, back, told }) = sprung else { return };
        self.trace.count(moment.counted());
        self.end(i, moment.counted(), Some(keep), told);
        self.back_after(i, back);
    }

    /// All power will go in the moment in which a client is answered next, and keep nothing that is not synced.
    pub(crate) fn cut_at_answer(&self) {
        self.cut_at_answer.store(true, Ordering::Relaxed);
    }

    /// A client was answered.
    pub(crate) fn answered(self: &Arc<Self>) {
        if !self.cut_at_answer.swap(false, Ordering::Relaxed) {
            return;
        }
        self.trace.count("power cuts of all as a client was answered");
        for i in 0..self.len() {
            self.end(i, "a client was answered", Some(Keep::Nothing), true);
            self.back_after(i, BACK_AFTER_ANSWER);
        }
    }

    /// The power of a machine will go at the next moment of this kind.
    pub(crate) fn set_trap(&self, i: usize, trap: Trap) {
        self.lock()[i].trap = Some(trap);
    }

    /// Whether a trap is still set.
    pub(crate) fn has_trap(&self, i: usize) -> bool {
        self.lock()[i].trap.is_some()
    }

    pub(crate) fn take_trap(&self, i: usize) {
        self.lock()[i].trap = None;
    }

    /// How many entries the last batch holds, if all that was written is synced and it holds nothing else.
    pub(crate) fn last_batch(&self, i: usize) -> Option<u64> {
        let log = self.lock()[i].log.clone();
        let log = log.lock().unwrap_or_else(PoisonError::into_inner);
        let Contents { entries, votes, truncations, purges } = log.contents;
        (!log.unsynced && entries > 0 && votes + truncations + purges == 0).then_some(entries)
    }

    /// A bit of the last batch is wrong on the disk of a machine that is down.
    pub(crate) fn spoil_last_batch(&self, i: usize) {
        let machines = self.lock();
        let machine = &machines[i];
        let offset = machine.log.lock().unwrap_or_else(PoisonError::into_inner).offset;
        let files = machine.disk.list("log").unwrap_or_default();
        if let Some(newest) = files.iter().rfind(|name| name.strip_suffix(".log").is_some()) {
            // In the body of its first record.
            machine.disk.flip_bit(&format!("log/{newest}"), offset + 40, 3);
        }
    }

    /// Starts the node of a machine again, on a disk without faults.
    pub(crate) fn back_after(self: &Arc<Self>, i: usize, wait: Duration) {
        let machines = Arc::clone(self);
        self.tasks.spawn(async move {
            tokio::time::sleep(wait).await;
            machines.mend(i);
            machines.start(i).await;
        });
    }

    /// Stops the node of a machine in order.
    pub(crate) async fn stop(self: &Arc<Self>, i: usize) {
        let Some(Running { node, life }) = self.running(i) else { return };
        tokio::select! {
            biased;
            _ = life.over() => {}
            () = node.shutdown() => {
                if self.running(i).is_some_and(|now| Arc::ptr_eq(&now.life, &life)) {
                    self.end(i, "stopped in order", None, true);
                }
            }
        }
    }

    /// Gives a machine that does not run an empty disk.
    pub(crate) fn wipe(&self, i: usize) {
        self.lock()[i].disk = MemDisk::new();
    }

    pub(crate) fn harm(&self, i: usize, act: impl FnOnce(&MemDisk)) {
        let mut machines = self.lock();
        machines[i].harmed = true;
        act(&machines[i].disk);
    }

    /// The next so many reads of a machine's disk fail.
    pub(crate) fn spoil_reads(&self, i: usize, n: u64) {
        let mut machines = self.lock();
        machines[i].harmed = true;
        machines[i].bad_reads.store(n, Ordering::Relaxed);
    }

    /// What is added to each sync of a machine's log, in ms, and to nothing else.
    pub(crate) fn slow_log(&self, i: usize, ms: u64) {
        self.lock()[i].log_slow_ms.store(ms, Ordering::Relaxed);
    }

    pub(crate) fn slow_disk(&self, i: usize, ms: u64) {
        self.lock()[i].slow_ms.store(ms, Ordering::Relaxed);
    }

    pub(crate) fn jump(&self, i: usize, ahead_ms: i64) {
        self.lock()[i].clock.jump(ahead_ms);
    }

    /// The program of a machine is replaced: from its next start on it knows newer rules.
    pub(crate) fn upgrade(&self, i: usize) {
        self.lock()[i].rules_version = NEW_RULES;
    }

    /// The newest rules that the program of a machine knows.
    pub(crate) fn rules_known(&self, i: usize) -> u32 {
        self.lock()[i].rules_version
    }

    /// Takes all traps away.
    pub(crate) fn disarm(&self) {
        self.cut_at_answer.store(false, Ordering::Relaxed);
        self.lock().iter_mut().for_each(|machine| machine.trap = None);
    }

    /// Ends all faults of a machine's disk.
    pub(crate) fn mend(&self, i: usize) {
        let mut machines = self.lock();
        let machine = &mut machines[i];
        machine.disk.heal();
        machine.disk.set_capacity(None);
        machine.slow_ms.store(0, Ordering::Relaxed);
        machine.log_slow_ms.store(0, Ordering::Relaxed);
        machine.bad_reads.store(0, Ordering::Relaxed);
        // A node may still be about to end from what was; only a later life has no excuse.
        machine.harmed &= machine.life.is_some();
    }
}
