//! Accepts connections and serves requests, within bounds.
//!
//! Who opens connections and says nothing, or says it letter by letter, holds each only for the
//! time that the head of a request may take, and never more of them than are configured: others
//! wait in the system's queue meanwhile.

use crate::{App, router};
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown};
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt;

/// Serves requests until `shutdown`, and then until those under way are answered.
///
/// # Errors
/// When connections cannot be counted any more, which does not happen.
pub async fn run(
    app: App,
    mut listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let server = &app.config().server;
    let slots = Arc::new(Semaphore::new(server.connections));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(Duration::from_millis(server.head_ms));
    let router = router::router(app.clone());
    let open = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = async {
            let slot = Arc::clone(&slots).acquire_owned().await;
            (slot, Listener::accept(&mut listener).await)
        };
        let (slot, (stream, peer)) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut shutdown => break,
        };
        let slot = slot.map_err(std::io::Error::other)?;
        let served = open.watch(serve(&http, &router, stream, peer));
        tokio::spawn(async move {
            if let Err(error) = served.await {
                tracing::trace!(%error, "a connection ended early");
            }
            drop(slot);
        });
    }
    drop(listener);
    open.shutdown().await;
    Ok(())
}

/// One connection, whose requests know who is at the other end.
fn serve(
    http: &http1::Builder,
    router: &axum::Router,
    stream: TcpStream,
    peer: SocketAddr,
) -> impl GracefulConnection<Error = hyper::Error> + Send + use<> {
    let service = router.clone().map_request(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        request
    });
    http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
}
