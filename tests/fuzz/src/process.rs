//! What the program `usher` reads: its configuration, and what the command line hears from a node.

use std::io::Write as _;
use std::time::Duration;

use serde_json::json;

use crate::client::{Address, Connection};
use crate::config;
use crate::follow::{Map, Step};
use crate::scratch;

/// Everything has been sent before it is asked.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);

/// A configuration file, and after a zero byte the environment: `NAME=value` lines.
pub(crate) fn config(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let (given, environment) = text.split_once('\0').unwrap_or((text, ""));
    let pairs = environment.lines().filter_map(|line| line.split_once('='));
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let file = scratch().join("config.toml");
    std::fs::write(&file, given).unwrap();
    match config::load(&file, pairs) {
        Ok(config) => {
            std::fs::write(&file, toml::to_string(&config).unwrap()).unwrap();
            assert_eq!(config::load(&file, std::iter::empty()), Ok(config), "what was read can be written and read");
        }
        Err(config::Mistakes(lines)) => assert!(!lines.is_empty() && lines.iter().all(|line| !line.is_empty())),
    }
}

pub(crate) fn config_seeds() -> Vec<Vec<u8>> {
    let example = include_str!("../../../deploy/config.toml");
    let plain: String = example.lines().filter(|line| !line.starts_with("# ")).flat_map(|line| [line, "\n"]).collect();
    let environment =
        "\0USHER_HTTP__LISTEN=127.0.0.1:1\nUSHER_NODE__WORKER_THREADS=2\nUSHER_HTTP__PUBLIC_URLS=[\"a\"]\n";
    vec![
        plain.into_bytes(),
        format!("[http]\nlisten = \"0.0.0.0:80\"{environment}").into_bytes(),
        b"[peers]\ntls_ca = \"a\"\n[cluster]\nsecret_file = \"b\"".to_vec(),
    ]
}

/// Messages of the live feed, one a line, as `usher watch` follows them: the map keeps its size, its index never falls,
/// and nothing is taken over a gap.
pub(crate) fn feed(bytes: &[u8]) {
    let seats = json!({ "index": 10, "epoch": 1, "states": "0000" });
    let availability = json!({ "index": 12, "areas": [{ "id": "GA", "free": 5 }] });
    let mut map = Map::of(&seats, &availability, &["Stage".to_owned(), "GA".to_owned()]);
    for line in bytes.split(|byte| *byte == b'\n') {
        let Ok(message) = serde_json::from_slice(line) else { continue };
        let before = map.clone();
        let step = map.take(&message);
        assert!(map.index >= before.index && map.seats.len() == 4 && map.areas.len() <= 2);
        assert!(step == Step::Changed || (map.seats == before.seats && map.areas == before.areas));
        if step == Step::Changed {
            assert!(message["from"].as_u64().is_some_and(|from| from <= before.index), "a gap is no change");
        }
        assert_eq!(map.counts().iter().sum::<usize>(), 4, "every seat is in one state");
    }
}

pub(crate) fn feed_seeds() -> Vec<Vec<u8>> {
    let lines = [
        r#"{"channel":1,"showtime":"sht_0","epoch":1,"from":9,"to":11,"changes":[[1,2],[3,1]],"areas":[[1,4]]}"#,
        r#"{"heartbeat":12}"#,
        r#"{"resync":{"showtime":"sht_0"}}"#,
        r#"{"epoch":1,"from":12,"to":14,"changes":[[0,3]],"areas":[]}"#,
    ];
    vec![lines.join("\n").into_bytes(), lines[0].as_bytes().to_vec()]
}

/// A node's answer as the command line reads it, whatever the node is: refused, or a part of what was sent.
pub(crate) fn answer(bytes: &[u8]) {
    let Some((flags, bytes)) = bytes.split_first() else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (near, far) = std::os::unix::net::UnixStream::pair().unwrap();
        // As good as a socket to another machine, and there are more of them.
        let near = std::net::TcpStream::from(std::os::fd::OwnedFd::from(near));
        near.set_nonblocking(true).unwrap();
        (&far).write_all(bytes).unwrap();
        far.shutdown(std::net::Shutdown::Write).unwrap();
        let address: Address = "http://127.0.0.1:1".parse().unwrap();
        let mut connection = Connection::over(address, tokio::net::TcpStream::from_std(near).unwrap());
        if flags & 1 == 0 {
            let answered = connection.call("GET", "/", "", b"", ANSWERED_WITHIN).await;
            if let Ok(response) = answered {
                assert!(response.body.len() <= bytes.len());
                assert!(response.header("content-type").is_none_or(|value| value.len() < bytes.len()));
            }
        } else {
            let mut taken = 0;
            let take = |part: &[u8]| {
                taken += part.len();
                Ok(())
            };
            drop(connection.download("GET", "/", "", take).await);
            assert!(taken <= bytes.len());
        }
    });
    if let Ok(address) = str::from_utf8(bytes).unwrap_or_default().parse::<Address>() {
        assert_eq!(address.to_string().parse::<Address>().unwrap().to_string(), address.to_string());
    }
}

pub(crate) fn answer_seeds() -> Vec<Vec<u8>> {
    [
        "\0HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}",
        "\0HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n1\r\nd\r\n0\r\n\r\n",
        "\u{1}HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "\u{1}HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabcde",
        "\0HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\r\nuntil the end",
        "\0https://[::1]:80",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}
