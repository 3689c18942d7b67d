//! What makes a configuration wrong: every rule names the key, the value and what is allowed; all are told at once.
//! Deliberately not here: what only the machine can tell (ports, files, clocks), which start-up and `doctor` check.

use std::path::Path;

use super::{Config, Mistakes};

/// Shortest heartbeat: below it a node does little else.
const HEARTBEAT_MIN_MS: u64 = 10;
/// Smallest distance between snapshots.
const SNAPSHOT_BYTES_MIN: u64 = 64 << 10;
/// Smallest memory that a node starts in.
const MEMORY_MIN_BYTES: u64 = 64 << 20;
const THREADS_MAX: usize = 64;

struct Checked(Vec<String>);

impl Checked {
    fn rule(&mut self, holds: bool, key: &str, value: impl std::fmt::Display, rule: &str) {
        if !holds {
            self.0.push(format!("{key} = {value}: {rule}"));
        }
    }
}

/// Checks every rule.
pub(super) fn check(config: &Config) -> Result<(), Mistakes> {
    let mut c = Checked(Vec::new());
    node_and_http(config, &mut c);
    peers(config, &mut c);
    cluster(config, &mut c);
    bounds(config, &mut c);
    payments(config, &mut c);
    if c.0.is_empty() { Ok(()) } else { Err(Mistakes(c.0)) }
}

fn node_and_http(config: &Config, c: &mut Checked) {
    let node = &config.node;
    c.rule(!node.data_dir.as_os_str().is_empty(), "node.data_dir", "\"\"", "must name a folder");
    c.rule(node.worker_threads <= THREADS_MAX, "node.worker_threads", node.worker_threads, "at most 64");
    let http = &config.http;
    c.rule(
        http.listen.port() != config.peers.listen.port() || http.listen.ip() != config.peers.listen.ip(),
        "http.listen",
        http.listen,
        "must differ from peers.listen",
    );
    c.rule(
        !http.listen.ip().is_unspecified() || !http.advertise.is_empty(),
        "http.advertise",
        "\"\"",
        "must be given when http.listen is a wildcard",
    );
    let given = Some(("http.advertise", &http.advertise)).filter(|(_, url)| !url.is_empty());
    for (key, url) in given.into_iter().chain(http.public_urls.iter().map(|url| ("http.public_urls", url))) {
        c.rule(is_base_url(url), key, url, "must be http:// or https://, a host and perhaps a port, nothing after it");
    }
}

fn is_base_url(url: &str) -> bool {
    let url = url.strip_suffix('/').unwrap_or(url);
    let authority = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    authority.is_some_and(|a| !a.is_empty() && !a.contains(['/', '?', '#', '@']) && !a.contains(char::is_whitespace))
}

fn peers(config: &Config, c: &mut Checked) {
    let peers = &config.peers;
    let address = config.peer_address();
    let whole = address
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0));
    c.rule(whole, "peers.advertise", format!("{address:?}"), "must be a host and a port");
    c.rule(
        !peers.listen.ip().is_unspecified() || !peers.advertise.is_empty(),
        "peers.advertise",
        "\"\"",
        "must be given when peers.listen is a wildcard",
    );
    let files =
        [("peers.tls_ca", &peers.tls_ca), ("peers.tls_cert", &peers.tls_cert), ("peers.tls_key", &peers.tls_key)];
    let given = files.iter().filter(|(_, file)| !file.as_os_str().is_empty()).count();
    for (key, file) in files {
        let missing = given > 0 && file.as_os_str().is_empty();
        c.rule(!missing, key, "\"\"", "tls_ca, tls_cert and tls_key are given together or not at all");
        c.rule(file.as_os_str().is_empty() || file.is_file(), key, file.display(), "must be a readable file");
    }
}

fn cluster(config: &Config, c: &mut Checked) {
    let cluster = &config.cluster;
    c.rule(cluster.secret_file != Path::new(""), "cluster.secret_file", "\"\"", "must name a file");
    c.rule(
        cluster.heartbeat_ms >= HEARTBEAT_MIN_MS && cluster.heartbeat_ms <= cluster.election_min_ms / 3,
        "cluster.heartbeat_ms",
        cluster.heartbeat_ms,
        "from 10 to a third of election_min_ms",
    );
    c.rule(
        cluster.election_min_ms < cluster.election_max_ms && cluster.election_max_ms <= 60_000,
        "cluster.election_min_ms",
        format!("{}, election_max_ms = {}", cluster.election_min_ms, cluster.election_max_ms),
        "the first must be below the second, the second at most 60000",
    );
    c.rule(
        cluster.request_deadline_ms >= 2 * cluster.election_max_ms && cluster.request_deadline_ms <= 60_000,
        "cluster.request_deadline_ms",
        cluster.request_deadline_ms,
        "from twice election_max_ms to 60000",
    );
}

fn bounds(config: &Config, c: &mut Checked) {
    let storage = &config.storage;
    c.rule(
        storage.snapshot_log_bytes >= SNAPSHOT_BYTES_MIN,
        "storage.snapshot_log_bytes",
        storage.snapshot_log_bytes,
        "at least 65536",
    );
    c.rule(storage.copy_bytes_max >= 64 << 20, "storage.copy_bytes_max", storage.copy_bytes_max, "at least 67108864");
    let memory = &config.memory;
    c.rule(
        memory.limit_bytes == 0 || memory.limit_bytes >= MEMORY_MIN_BYTES,
        "memory.limit_bytes",
        memory.limit_bytes,
        "0 or at least 67108864",
    );
    c.rule(
        memory.warn_percent > 0 && memory.warn_percent < memory.refuse_percent && memory.refuse_percent <= 100,
        "memory.warn_percent",
        format!("{}, refuse_percent = {}", memory.warn_percent, memory.refuse_percent),
        "must be above 0 and below refuse_percent, which is at most 100",
    );
    let filter = config.log.level.parse::<tracing_subscriber::EnvFilter>();
    c.rule(filter.is_ok(), "log.level", format!("{:?}", config.log.level), "must be a level or a filter");
    let limits = &config.limits;
    c.rule(limits.connections_max > 0, "limits.connections_max", limits.connections_max, "at least 1");
    c.rule(
        limits.live_sockets_max <= limits.connections_max,
        "limits.live_sockets_max",
        limits.live_sockets_max,
        "at most connections_max",
    );
    c.rule(limits.drain_seconds <= 600, "limits.drain_seconds", limits.drain_seconds, "at most 600");
}

fn payments(config: &Config, c: &mut Checked) {
    let payments = &config.payments;
    if payments.provider_url.is_empty() {
        return;
    }
    let url = &payments.provider_url;
    c.rule(is_base_url(url), "payments.provider_url", url, "must be http:// or https://, a host and perhaps a port");
    let name = &payments.method;
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    c.rule(
        plain && name != "box_office" && name != "free",
        "payments.method",
        format!("{name:?}"),
        "small letters, digits and underscores, and neither box_office nor free",
    );
    let files = [
        ("payments.provider_key_file", &payments.provider_key_file),
        ("payments.webhook_secret_file", &payments.webhook_secret_file),
    ];
    for (key, file) in files {
        c.rule(!file.as_os_str().is_empty(), key, "\"\"", "must name a file when payments.provider_url is given");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(change: impl FnOnce(&mut Config)) -> Vec<String> {
        let mut config = Config::default();
        change(&mut config);
        check(&config).map_or_else(|Mistakes(found)| found, |()| Vec::new())
    }

    #[test]
    fn the_defaults_are_right() {
        assert_eq!(check(&Config::default()), Ok(()));
    }

    #[test]
    fn all_broken_rules_are_told_with_key_and_value() {
        let found = mistakes(|c| {
            c.cluster.heartbeat_ms = 200;
            c.peers.listen = "0.0.0.0:8180".parse().unwrap();
            c.peers.tls_cert = "/nowhere/cert.pem".into();
            c.http.public_urls = vec!["tickets.example".to_owned()];
            c.log.level = "info,=".to_owned();
            c.memory.warn_percent = 95;
        });
        let keys: Vec<&str> = found.iter().map(|m| m.split(" = ").next().unwrap()).collect();
        assert_eq!(
            keys,
            [
                "http.public_urls",
                "peers.advertise",
                "peers.tls_ca",
                "peers.tls_cert",
                "peers.tls_key",
                "cluster.heartbeat_ms",
                "memory.warn_percent",
                "log.level",
            ]
        );
        assert!(found.iter().any(|m| m.contains("200")), "{found:?}");
    }

    #[test]
    fn base_urls() {
        for good in ["http://a", "https://tickets.example/", "http://127.0.0.1:8080", "http://[::1]:80"] {
            assert!(is_base_url(good), "{good}");
        }
        for bad in ["", "a", "ftp://a", "http://", "http://a/b", "http://u@a", "http://a b"] {
            assert!(!is_base_url(bad), "{bad}");
        }
    }
}
