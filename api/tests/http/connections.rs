//! Over real connections: keep-alive, pipelines, bad bytes, slow senders, the end.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::support::{Node, SECRET, cluster};

const WITHIN: Duration = Duration::from_secs(10);

async fn serve(change: impl FnOnce(&mut api::Config)) -> (TcpStream, oneshot::Sender<()>) {
    let mut config = api::Config::new(Vec::new(), SECRET.as_bytes());
    change(&mut config);
    let api = api::Api::new(config, cluster().await).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move {
        api.serve(listener, async { drop(stopped.await) }).await.unwrap();
    });
    tasks.detach_all();
    (TcpStream::connect(address).await.unwrap(), stop)
}

async fn read_until(stream: &mut TcpStream, what: &str, times: usize) -> String {
    let mut text = String::new();
    let mut part = [0; 4096];
    let read = async {
        while text.matches(what).count() < times {
            let n = stream.read(&mut part).await.unwrap();
            assert!(n > 0, "it ended after {text}");
            text.push_str(&String::from_utf8_lossy(&part[..n]));
        }
    };
    tokio::time::timeout(WITHIN, read).await.unwrap();
    text
}

async fn ends(stream: &mut TcpStream) {
    let mut rest = Vec::new();
    tokio::time::timeout(WITHIN, stream.read_to_end(&mut rest)).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_connection_takes_one_request_after_the_other() {
    let (mut stream, _stop) = serve(|_| {}).await;
    stream.write_all(&b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n".repeat(3)).await.unwrap();
    read_until(&mut stream, "\"alive\"", 3).await;
    stream.write_all(b"nonsense\r\n\r\n").await.unwrap();
    ends(&mut stream).await;
}

#[tokio::test]
async fn a_sender_that_never_finishes_its_head_is_let_go() {
    let (mut stream, _stop) = serve(|c| c.header_timeout = Duration::from_millis(200)).await;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n").await.unwrap();
    ends(&mut stream).await;
}

#[tokio::test]
async fn idle_connections_end_when_the_node_stops() {
    let (mut stream, stop) = serve(|_| {}).await;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    read_until(&mut stream, "\"alive\"", 1).await;
    drop(stop);
    ends(&mut stream).await;
}

#[tokio::test]
async fn further_connections_wait_for_a_place() {
    let (mut first, _stop) = serve(|c| c.connections_max = 1).await;
    let mut second = TcpStream::connect(first.peer_addr().unwrap()).await.unwrap();
    let ask = b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n";
    first.write_all(ask).await.unwrap();
    read_until(&mut first, "\"alive\"", 1).await;
    second.write_all(ask).await.unwrap();
    drop(first);
    read_until(&mut second, "\"alive\"", 1).await;
    drop(Node::start().await);
}
