//! The listening socket: connections, their limits, and an end in good order.
//! Deliberately not here: TLS, which ends in front of the nodes.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::app::App;
use crate::edge;
use crate::error::Error;

/// Most bytes of a request's head.
const HEAD_BYTES_MAX: usize = 32 * 1024;
/// Pause after a failed accept (out of descriptors, most likely), and between two looks whether all sockets are gone.
const PAUSE: Duration = Duration::from_millis(20);

/// Serves until `shutdown` is done, then lets requests in flight end and closes sockets with a hint to reconnect.
pub(crate) async fn serve(
    app: App,
    router: Router,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> Result<(), Error> {
    let places = Arc::new(Semaphore::new(app.config.connections_max));
    let (stop, stopping) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let place = tokio::select! {
            () = &mut shutdown => break,
            place = places.clone().acquire_owned() => place,
        };
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, peer)) => {
                let (app, router, stopping) = (app.clone(), router.clone(), stopping.clone());
                connections.spawn(async move {
                    app.metrics.connections.fetch_add(1, Ordering::Relaxed);
                    connection(&app, router, (stream, peer), stopping).await;
                    app.metrics.connections.fetch_sub(1, Ordering::Relaxed);
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    app.draining.store(true, Ordering::Relaxed);
    app.hub.close();
    stop.send_replace(true);
    let all_ended = async {
        while connections.join_next().await.is_some() {}
        while app.hub.sockets() > 0 {
            tokio::time::sleep(PAUSE).await;
        }
    };
    if tokio::time::timeout(app.config.drain_timeout, all_ended).await.is_err() {
        tracing::warn!("requests were cut off because they took too long to end");
    }
    Ok(())
}

async fn connection(
    app: &App,
    router: Router,
    (stream, peer): (TcpStream, SocketAddr),
    mut stopping: watch::Receiver<bool>,
) {
    // Answers are small and complete: waiting for more to send would only delay them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection ended before it began");
        return;
    }
    let service = service_fn(|mut request: hyper::Request<Incoming>| {
        let mut router = router.clone();
        request.extensions_mut().insert(Peer(peer.ip()));
        async move { Ok::<_, Infallible>(edge::answer(app, &mut router, request.map(Body::new)).await) }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(app.config.header_timeout)
        .max_buf_size(HEAD_BYTES_MAX)
        // Answers are short: to copy head and body together costs less than a vectored write.
        .writev(false)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut serving = std::pin::pin!(serving);
    let ended = tokio::select! {
        ended = &mut serving => ended,
        () = is_true(&mut stopping) => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended badly");
    }
}

/// Where a request came from, as far as this node sees: with a proxy in between, the proxy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Waits until the value is true, or nobody is left to make it so.
pub(crate) async fn is_true(value: &mut watch::Receiver<bool>) {
    drop(value.wait_for(|now| *now).await);
}
