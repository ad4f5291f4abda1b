//! Tidemark: a data-analysis tool for companies, the product that the demonstration observes.
//!
//! A small but real business application: people sign in for their company and with a role,
//! connect sources and edit their schema in Collection, watch metrics and set alerts in Monitoring
//! (a single-page application on `history.pushState`), save charts and share boards of them in
//! Visualisation, save people groups, funnels and smart paths in Analysis, and invite colleagues
//! and order plans beside. It speaks English and German. What is saved stays in memory until the
//! process ends.
//!
//! Of Sillage it knows one thing only: the script line that it is given to embed. Who is signed in
//! and for which company stands where applications have it: in `<meta name="user-id">`, in the
//! global `tidemark`, and in the entry `tidemark.session` of `localStorage`.

mod analysis;
mod app;
mod asset;
mod catalogue;
mod choice;
mod collection;
mod company;
mod draft;
mod error;
mod export;
mod kept;
mod language;
mod monitoring;
mod page;
mod person;
mod policy;
mod role;
mod router;
mod session;
mod settings;
mod visualisation;

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
