//! Ports of this node and clocks of the others. Not whether the cluster is well: `usher cluster status` tells that.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use raft::{Clock as _, SystemClock};

use super::Finding;
use crate::client::{Address, Connection, Rest};
use crate::config::Config;

const WITHIN: Duration = Duration::from_secs(3);
/// Clocks further apart than this are wrong; the Date header has whole seconds only.
const APART_S: u64 = 3;

/// Whether the node's ports can be had, or are the running node's own.
pub(super) async fn ports(config: &Config) -> Vec<Finding> {
    let listen = config.http.listen;
    let host = if listen.ip().is_unspecified() { "127.0.0.1".to_owned() } else { listen.ip().to_string() };
    let mut here = Rest::new(Address { tls: false, host, port: listen.port() }, None).repeating_for(Duration::ZERO);
    if here.get("/healthz").await.is_ok() {
        return vec![Finding::ok("ports", format!("a node answers on {listen}"))];
    }
    vec![port("http.listen", listen), port("peers.listen", config.peers.listen)]
}

fn port(key: &str, address: SocketAddr) -> Finding {
    match TcpListener::bind(address) {
        Ok(_) => Finding::ok("ports", format!("{key} {address} is free")),
        Err(e) => Finding::error(
            "ports",
            format!("{key} {address}: {e}"),
            format!("stop what uses it (ss -ltnp 'sport = :{}'), or configure another", address.port()),
        ),
    }
}

/// How far the clocks of the other nodes are from this one's.
pub(super) async fn clocks(config: &Config) -> Vec<Finding> {
    const CHECK: &str = "clock";
    let mut findings = Vec::new();
    for url in config.public_urls().iter().filter(|url| **url != config.node_url()) {
        let Ok(address) = url.parse::<Address>() else { continue };
        let mut connection = Connection::new(address);
        let Ok(response) = connection.call("GET", "/healthz", "", b"", WITHIN).await else {
            let remedy = "it may be down; else open the way to it: clients move between nodes";
            findings.push(Finding::warning(CHECK, format!("{url} does not answer"), remedy));
            continue;
        };
        let Some(theirs) = response.header("date").and_then(date_s) else { continue };
        let ours = SystemClock.wall_ms() / 1_000;
        let apart = ours.abs_diff(theirs);
        findings.push(if apart > APART_S {
            let remedy = "run an NTP client (chrony, systemd-timesyncd) on all nodes";
            Finding::warning(CHECK, format!("{url} is {apart} s away from this node"), remedy)
        } else {
            Finding::ok(CHECK, format!("{url} agrees"))
        });
    }
    findings
}

/// Seconds since 1970 of an HTTP date, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
fn date_s(text: &str) -> Option<u64> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut parts = text.split_once(", ")?.1.split([' ', ':']);
    let day = parts.next()?.parse::<u64>().ok()?;
    let name = parts.next()?;
    let month = MONTHS.iter().position(|m| *m == name)? as u64 + 1;
    let mut number = || parts.next()?.parse::<u64>().ok();
    let (year, hour, minute, second) = (number()?, number()?, number()?, number()?);
    // Years count from March, so that leap days come last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1;
    Some(days.checked_sub(719_468)? * 86_400 + hour * 3_600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    #[test]
    fn dates_of_http() {
        assert_eq!(date_s("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(date_s("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(date_s("Tue, 29 Feb 2000 12:00:00 GMT"), Some(951_825_600));
        assert_eq!(date_s("yesterday"), None);
    }

    #[test]
    fn a_taken_port_is_an_error() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let finding = port("http.listen", taken.local_addr().unwrap());
        assert_eq!(finding.level, Level::Error);
    }
}
