//! Nodes to try things on. Conditions are waited for with a deadline, never slept for.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use booking::command::{Actor, Command, CreateOrganization, Idempotency, Request};
use booking::ids::OrganizationId;
use raft::network::MemNetwork;
use raft::{Answer, Cluster, Error, ManualClock, Options, Parts, Role, Secret, Threads};
use storage::{Keep, MemDisk};
use tokio::task::JoinSet;
use tokio::time::Instant;

pub(crate) const WALL_MS: u64 = 1_800_000_000_000;
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Harness {
    pub(crate) network: MemNetwork,
    pub(crate) disks: Vec<MemDisk>,
    pub(crate) clocks: Vec<Arc<ManualClock>>,
    pub(crate) nodes: Vec<Option<Cluster>>,
    pub(crate) tune: fn(&mut Options),
    _time: JoinSet<()>,
}

pub(crate) fn address(i: usize) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 7_000 + u16::try_from(i).unwrap()))
}

pub(crate) async fn until<T>(what: &str, mut met: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = met() {
            return value;
        }
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

impl Harness {
    /// Nodes without a cluster.
    pub(crate) async fn unjoined(n: usize, tune: fn(&mut Options)) -> Self {
        let clocks: Vec<_> = (0..n).map(|_| Arc::new(ManualClock::new(WALL_MS))).collect();
        let passing = clocks.clone();
        // The clocks run; tests make them jump.
        let mut time = JoinSet::new();
        time.spawn(async move {
            let mut ticks = tokio::time::interval(Duration::from_millis(5));
            loop {
                ticks.tick().await;
                for clock in &passing {
                    clock.pass(5);
                }
            }
        });
        let mut harness = Self {
            network: MemNetwork::default(),
            disks: (0..n).map(|_| MemDisk::new()).collect(),
            clocks,
            nodes: (0..n).map(|_| None).collect(),
            tune,
            _time: time,
        };
        for i in 0..n {
            harness.start(i).await;
        }
        harness
    }

    /// A cluster of voters; the first leads.
    pub(crate) async fn cluster(n: usize) -> Self {
        Self::tuned(n, |_| {}).await
    }

    pub(crate) async fn tuned(n: usize, tune: fn(&mut Options)) -> Self {
        let harness = Self::unjoined(n, tune).await;
        harness.node(0).initialize().await.unwrap();
        for i in 1..n {
            harness.join(i).await;
        }
        harness
    }

    /// Has the cluster of node 0 take node `i` in, with a vote.
    pub(crate) async fn join(&self, i: usize) -> u64 {
        let id = self.node(0).add_learner(&address(i).to_string()).await.unwrap();
        self.promote(id).await;
        id
    }

    pub(crate) async fn promote(&self, id: u64) {
        let deadline = Instant::now() + PATIENCE;
        while let Err(error) = self.node(0).promote(id).await {
            assert!(Instant::now() < deadline, "{error}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) fn options(&self, i: usize) -> Options {
        let secret = Secret::new(b"a secret of the tests").unwrap();
        let mut options = Options::new(
            address(i),
            &address(i).to_string(),
            &format!("http://node{i}"),
            PathBuf::from("/nowhere"),
            secret,
        );
        // A node whose disk lost power fails; that is what is tried.
        options.on_fatal = Arc::new(|why| eprintln!("fatal: {why}"));
        (self.tune)(&mut options);
        options
    }

    pub(crate) fn parts(&self, i: usize) -> Parts {
        Parts {
            disk: Arc::new(self.disks[i].clone()),
            copy: false,
            clock: Arc::<ManualClock>::clone(&self.clocks[i]),
            network: self.network.at(address(i)),
            work: Arc::new(Threads),
        }
    }

    pub(crate) async fn start(&mut self, i: usize) {
        let node = Cluster::start(self.options(i), self.parts(i)).await.unwrap();
        self.nodes[i] = Some(node);
    }

    pub(crate) fn node(&self, i: usize) -> &Cluster {
        self.nodes[i].as_ref().unwrap()
    }

    pub(crate) fn id(&self, i: usize) -> u64 {
        self.node(i).status().id
    }

    /// Stops a node in order.
    pub(crate) async fn stop(&mut self, i: usize) {
        self.nodes[i].take().unwrap().shutdown().await;
    }

    /// Cuts a node's power: it is gone without a word, and so is what it had not synced.
    pub(crate) async fn crash(&mut self, i: usize, keep: Keep) {
        self.disks[i].power_loss(keep);
        self.network.isolate(address(i));
        self.nodes[i].take().unwrap().halt().await;
        self.network.mend(address(i));
    }

    pub(crate) fn running(&self) -> impl Iterator<Item = (usize, &Cluster)> {
        self.nodes.iter().enumerate().filter_map(|(i, node)| Some((i, node.as_ref()?)))
    }

    /// The node that leads, once one of `among` does.
    pub(crate) async fn leader(&self, among: &[usize]) -> usize {
        until("a leader", || {
            among.iter().copied().find(|i| self.nodes[*i].as_ref().is_some_and(|n| n.status().role == Role::Leader))
        })
        .await
    }

    /// All running nodes have applied the same and have equal digests.
    pub(crate) async fn settled(&self) -> (u64, u128) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut digests = Vec::new();
            for (_, node) in self.running() {
                digests.push(node.digest(None).await.unwrap().unwrap());
            }
            if digests.windows(2).all(|w| w[0] == w[1]) {
                return digests[0];
            }
            assert!(Instant::now() < deadline, "not settled: {digests:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) async fn make_organization(&self, through: usize, n: u128) -> Result<Answer, Error> {
        self.node(through).propose(n, make_organization(n)).await
    }

    pub(crate) async fn shutdown(mut self) {
        for i in 0..self.nodes.len() {
            if self.nodes[i].is_some() {
                self.stop(i).await;
            }
        }
    }
}

pub(crate) fn make_organization(n: u128) -> Request {
    Request {
        actor: Actor::Node,
        idempotency: Some(Idempotency { key: n, fingerprint: n, minted: false }),
        command: Command::CreateOrganization(CreateOrganization {
            id: OrganizationId(n),
            name: format!("Organization {n}").into(),
        }),
    }
}
