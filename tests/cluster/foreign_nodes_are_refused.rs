//! A node with another secret, of another cluster, or with another node's address gets no part in this one; the
//! cluster says why and goes on.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::json;

use tests::harness::{Cluster, PATIENCE, Setup, draw_key};
use tests::http::{Answer, Call};
use tests::stage::{Stage, Wanted, hold};
use tests::waiting::until;

/// Asks the cluster to add a node; answers what it said.
async fn add(cluster: &mut Cluster, address: &str) -> Answer {
    let call = Call::post("/api/v1/cluster/nodes", &json!({ "address": address })).bearer(&cluster.key);
    let call = call.once(&draw_key());
    until("an answer", PATIENCE, async || cluster.call(1, &call).await.ok()).await
}

async fn still_sells(cluster: &mut Cluster, stage: &Stage, place: usize, members: usize) {
    let call = hold(&stage.showtimes[0], &[&stage.places[place]], &draw_key());
    // Through each member in turn: requests cross between nodes, too.
    cluster.call(place % members + 1, &call).await.unwrap().expect(201);
    let status = cluster.status(1).await.unwrap();
    assert_eq!(status["nodes"].as_array().unwrap().len(), members, "{status}");
}

/// Changes keys of a configuration file.
fn reconfigure(config: &Path, section: &str, keys: &[(&str, &Path)]) {
    let mut table: toml::Table = std::fs::read_to_string(config).unwrap().parse().unwrap();
    let section = table.entry(section).or_insert_with(|| toml::Table::new().into()).as_table_mut().unwrap();
    for (key, path) in keys {
        section.insert((*key).to_owned(), path.to_str().unwrap().into());
    }
    std::fs::write(config, table.to_string()).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_another_secret_or_of_another_cluster() {
    let mut cluster = Cluster::start(Setup::nodes(1).spare(1)).await;
    let stage = Stage::set(&mut cluster, Wanted { rows: 2, row: 10, ..Wanted::default() }).await;
    let mut foreign = Cluster::start(Setup::nodes(1)).await;

    // Of another cluster: it has an identity, and keeps to it.
    let answer = add(&mut cluster, &foreign.nodes[0].peer.to_string()).await;
    assert!((400..500).contains(&answer.status), "{}", answer.told());
    println!("another cluster's node: {}", answer.told());
    still_sells(&mut cluster, &stage, 0, 1).await;

    // With another secret.
    let secret = cluster.node(2).config.with_extension("secret");
    std::fs::write(&secret, "quite-another-secret-than-theirs").unwrap();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
    reconfigure(&cluster.node(2).config.clone(), "cluster", &[("secret_file", &secret)]);
    cluster.node(2).start();
    cluster.node(2).answers("/healthz", PATIENCE).await;
    let address = cluster.node(2).peer.to_string();
    let answer = add(&mut cluster, &address).await;
    assert!((400..500).contains(&answer.status), "{}", answer.told());
    println!("another secret: {}", answer.told());
    assert!(answer.told().contains("secret"), "it does not say why: {}", answer.told());
    still_sells(&mut cluster, &stage, 1, 1).await;

    // Nor does a wrong secret open `cluster init`, or a right one a second time.
    for (node, secret) in
        [(&cluster.nodes[1], "a-secret-that-only-tests-share"), (&cluster.nodes[0], "a-secret-that-only-tests-share")]
    {
        let call =
            Call::post("/api/v1/cluster/init", &json!({ "organization": "Mine" })).header("x-cluster-secret", secret);
        let answer = node.call(&call).await.unwrap();
        assert!(matches!(answer.status, 401 | 403 | 409), "{}", answer.told());
    }

    // The same data folder under two processes.
    let mut twin = tests::process::Node::new(
        9,
        cluster.nodes[0].http,
        cluster.nodes[0].peer,
        cluster.nodes[0].config.parent().unwrap(),
    );
    twin.log = cluster.nodes[0].config.with_extension("twin.log");
    twin.start();
    let status = twin.ended(PATIENCE).await;
    assert!(!status.success());
    still_sells(&mut cluster, &stage, 2, 1).await;
    cluster.node(2).kill();
    foreign.settle().await;
    cluster.settle().await;
}

/// A certificate authority that writes PEM files.
struct Authority {
    issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let mut ca = rcgen::CertificateParams::new(Vec::new()).unwrap();
        ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().unwrap();
        let pem = ca.self_signed(&key).unwrap().pem();
        Self { issuer: rcgen::Issuer::new(ca, key), pem }
    }

    /// Gives a node a certificate for a host; it trusts `trusted`.
    fn equip(&self, config: &Path, host: &str, trusted: &Authority) {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(vec![host.to_owned()]).unwrap();
        let certificate = certificate.signed_by(&key, &self.issuer).unwrap();
        let files =
            [("tls_ca", trusted.pem.clone()), ("tls_cert", certificate.pem()), ("tls_key", key.serialize_pem())];
        let files = files.map(|(name, pem)| {
            let file = config.with_file_name(format!("{name}.pem"));
            std::fs::write(&file, pem).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
            (name, file)
        });
        reconfigure(config, "peers", &files.each_ref().map(|(name, file)| (*name, file.as_path())));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_certificate_of_theirs() {
    let ours = Authority::new();
    let equip = |config: &Path| ours.equip(config, "127.0.0.1", &ours);
    let mut cluster = Cluster::start(Setup::nodes(3).spare(3).each(&equip)).await;
    let stage = Stage::set(&mut cluster, Wanted { rows: 2, row: 20, ..Wanted::default() }).await;
    still_sells(&mut cluster, &stage, 0, 3).await;
    still_sells(&mut cluster, &stage, 1, 3).await;
    still_sells(&mut cluster, &stage, 2, 3).await;

    // Of another authority; for another host; none at all.
    let config = |cluster: &mut Cluster, number| cluster.node(number).config.clone();
    Authority::new().equip(&config(&mut cluster, 4), "127.0.0.1", &ours);
    ours.equip(&config(&mut cluster, 5), "elsewhere.example", &ours);
    let none = Path::new("");
    reconfigure(&config(&mut cluster, 6), "peers", &[("tls_ca", none), ("tls_cert", none), ("tls_key", none)]);
    for number in 4..=6 {
        cluster.node(number).start();
        cluster.node(number).answers("/healthz", PATIENCE).await;
        let address = cluster.node(number).peer.to_string();
        let answer = add(&mut cluster, &address).await;
        println!("node {number}: {}", answer.told());
        assert!((400..500).contains(&answer.status), "{}", answer.told());
        assert!(answer.told().contains("certificate"), "it does not say why: {}", answer.told());
        cluster.node(number).kill();
        still_sells(&mut cluster, &stage, number, 3).await;
    }

    // A leader lost and returned: streams are opened anew, with certificates.
    let leader = cluster.leader().await;
    cluster.node(leader).kill();
    cluster.leader().await;
    cluster.restart(leader).await;
    still_sells(&mut cluster, &stage, 7, 3).await;
    cluster.settle().await;
}
