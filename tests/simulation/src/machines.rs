//! The machines that nodes run on, and the lives of these nodes: start, crash, power cut, a disk emptied.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use raft::{Cluster, Options, Parts, Secret, Tasks};
use storage::{Disk as _, Keep, MemDisk};

use crate::clock::SimClock;
use crate::defect::Defect;
use crate::disk::SimDisk;
use crate::draw::Draw;
use crate::life::Life;
use crate::network::{SimNetwork, address};
use crate::oracle::Oracle;
use crate::trace::Trace;
use crate::viewer;
use crate::work::SimWork;

/// Small, so that files are rolled, snapshots made and logs purged many times in a minute.
const LOG_FILE_BYTES: u64 = 64 << 10;
const SNAPSHOT_LOG_BYTES: u64 = 60 << 10;
const KEEP_LOG_BYTES: u64 = 20 << 10;
const REQUEST_DEADLINE: Duration = Duration::from_secs(3);

/// A node that runs.
#[derive(Clone)]
pub(crate) struct Running {
    pub(crate) node: Cluster,
    pub(crate) life: Arc<Life>,
}

struct Machine {
    disk: MemDisk,
    clock: Arc<SimClock>,
    slow_ms: Arc<AtomicU64>,
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
    pub(crate) defect: Option<Defect>,
}

/// The planted defect: what names there are may be gone already.
fn lose_snapshots(disk: &MemDisk) {
    for name in disk.list("snapshots").unwrap_or_default() {
        disk.remove(&format!("snapshots/{name}")).ok();
    }
    disk.sync_folder("snapshots").ok();
}

impl Machines {
    pub(crate) fn new(n: usize, seed: u64, defect: Option<Defect>, trace: &Trace) -> Arc<Self> {
        let mut clocks = Draw::new(seed, 1);
        let machine = |i: usize| Machine {
            disk: MemDisk::new(),
            // Quartz is off by some tens of ppm; the wall clocks by up to a second.
            clock: Arc::new(SimClock::new(
                clocks.below(200).cast_signed() - 100,
                clocks.below(2_000).cast_signed() - 1_000,
            )),
            slow_ms: Arc::default(),
            draw: Arc::new(Mutex::new(Draw::new(seed, 100 + i as u64))),
            life: None,
            node: None,
            harmed: false,
        };
        Arc::new(Self {
            all: Mutex::new((0..n).map(machine).collect()),
            network: SimNetwork::new(Draw::new(seed, 2), trace.clone()),
            oracle: Oracle::new(trace.clone()),
            trace: trace.clone(),
            tasks: Tasks::default(),
            defect,
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

    fn options(i: usize, life: &Arc<Life>) -> Options {
        let secret = Secret::new(b"a secret of the simulation").unwrap();
        let at = address(i);
        let mut options =
            Options::new(at, &at.to_string(), &format!("http://node{i}"), PathBuf::from("/nowhere"), secret);
        options.log_file_bytes = LOG_FILE_BYTES;
        options.snapshot_log_bytes = SNAPSHOT_LOG_BYTES;
        options.keep_log_bytes = KEEP_LOG_BYTES;
        options.request_deadline = REQUEST_DEADLINE;
        let life = Arc::clone(life);
        // The process ends here: nothing of this life is seen by anybody from now on.
        options.on_fatal = Arc::new(move |why| {
            life.end(why);
        });
        options
    }

    /// Starts the node of a machine on what its disk holds, unless it runs.
    pub(crate) async fn start(self: &Arc<Self>, i: usize) {
        let (life, parts) = {
            let mut machines = self.lock();
            let machine = &mut machines[i];
            if machine.life.is_some() {
                return;
            }
            if self.defect == Some(Defect::SnapshotsLost) {
                lose_snapshots(&machine.disk);
            }
            let life = Arc::new(Life::default());
            machine.life = Some(Arc::clone(&life));
            let work = SimWork {
                life: Arc::clone(&life),
                trace: self.trace.clone(),
                machine: i,
                draw: Arc::clone(&machine.draw),
                slow_ms: Arc::clone(&machine.slow_ms),
            };
            let parts = Parts {
                disk: Arc::new(SimDisk {
                    disk: machine.disk.clone(),
                    life: Arc::clone(&life),
                    lies: self.defect == Some(Defect::SyncsSkipped),
                }),
                copy: false,
                clock: Arc::<SimClock>::clone(&machine.clock),
                network: self.network.at(i, Arc::clone(&life)),
                work: Arc::new(work),
            };
            (life, parts)
        };
        self.trace.note(format_args!("n{i} starts"));
        self.trace.count("starts");
        self.tasks.spawn(Arc::clone(self).bury(i, Arc::clone(&life)));
        let started = tokio::select! {
            biased;
            _ = life.over() => return,
            started = Cluster::start(Self::options(i, &life), parts) => started,
        };
        match started {
            Ok(node) => {
                if let Some(why) = node.status().damaged {
                    self.trace.wrong(format!("n{i} lost what was durable: {why}"));
                }
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
    /// break at once or, if not `told`, only when it is back.
    pub(crate) fn end(self: &Arc<Self>, i: usize, why: &str, power: Option<Keep>, told: bool) {
        let node = {
            let mut machines = self.lock();
            let machine = &mut machines[i];
            let Some(life) = machine.life.take() else { return };
            match power {
                Some(keep) => {
                    machine.disk.power_loss(keep);
                    machine.clock.boot();
                }
                None => machine.disk.kill(),
            }
            life.end(why);
            machine.node.take()
        };
        self.trace.note(format_args!("n{i} ends ({power:?}): {why}"));
        self.network.gone(i, told);
        if let Some(node) = node {
            // Cut off from disk and network, it only has to be cleared away.
            self.tasks.spawn(async move { node.halt().await });
        }
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

    pub(crate) fn slow_disk(&self, i: usize, ms: u64) {
        self.lock()[i].slow_ms.store(ms, Ordering::Relaxed);
    }

    pub(crate) fn jump(&self, i: usize, ahead_ms: i64) {
        self.lock()[i].clock.jump(ahead_ms);
    }

    /// Ends all faults of a machine's disk.
    pub(crate) fn mend(&self, i: usize) {
        let mut machines = self.lock();
        let machine = &mut machines[i];
        machine.disk.heal();
        machine.disk.set_capacity(None);
        machine.slow_ms.store(0, Ordering::Relaxed);
        // A node may still be about to end from what was; only a later life has no excuse.
        machine.harmed &= machine.life.is_some();
    }
}
