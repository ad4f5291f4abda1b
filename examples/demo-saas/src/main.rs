//! Tidemark: a data-analysis tool for companies, the product that the demonstration observes.
//!
//! A small but real business application: people sign in for their company, connect sources and
//! edit their schema in Collection (full page loads), watch metrics and set alerts in Monitoring
//! (a single-page application on `history.pushState`). What is saved stays in memory until the
//! process ends. Of Sillage it knows one thing only: the script line that it is given to embed.

mod app;
mod asset;
mod collection;
mod company;
mod error;
mod monitoring;
mod page;
mod router;
mod session;

use anyhow::Context;
use app::App;
use clap::Parser;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// Tidemark, a data-analysis tool for companies.
#[derive(Debug, Parser)]
struct Arguments {
    /// The address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:4000")]
    listen: SocketAddr,
    /// The script line to embed in the head of every page, verbatim. Without it nothing is observed.
    #[arg(long, default_value = "")]
    script: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { listen, script } = Arguments::parse();
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen}; choose another --listen"))?;
    announce(listener.local_addr()?);
    let app = App::new(script, || jiff::Zoned::now().date());
    axum::serve(listener, router::router(app))
        .with_graceful_shutdown(asked_to_stop())
        .await
        .context("serving failed")
}

#[allow(clippy::print_stdout, reason = "who starts the program waits for this line")]
fn announce(address: SocketAddr) {
    println!("Tidemark is ready: http://{address}/");
}

/// Ends with Ctrl-C or SIGTERM; never where signals cannot be had.
async fn asked_to_stop() {
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
