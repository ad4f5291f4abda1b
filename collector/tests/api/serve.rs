//! The start of the collector where ClickHouse comes later.

use crate::test_app::TestApp;
use anyhow::{Context, Result};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

const DEADLINE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn without_clickhouse_it_starts_and_invites_later() -> Result<()> {
    let Some(mut app) = TestApp::start("away").await? else { return Ok(()) };
    let server = app.target().clone();
    // The projects are known from this run.
    app.kill().await?;
    let place = TcpListener::bind("127.0.0.1:0").await?;
    let address = place.local_addr()?;
    drop(place);

    let mut config = app.config().clone();
    config.server.listen = "127.0.0.1:0".parse()?;
    config.store.clickhouse = Some(format!("http://{}:{}@{address}", server.user, server.password));
    let (say, mut said) = mpsc::unbounded_channel();
    let serving = collector::serve::serve(config, move |text| drop(say.send(text.to_owned())));
    let talk = async {
        let greeting = timeout(DEADLINE, said.recv()).await?.context("no greeting")?;
        assert!(greeting.starts_with("Sillage is ready."), "{greeting}");
        assert!(!greeting.contains("First member"), "{greeting}");
        let there = tokio::spawn(relay(TcpListener::bind(address).await?, server.url));
        let invitation = timeout(DEADLINE, said.recv()).await?.context("no invitation")?;
        assert!(invitation.starts_with("  First member  http://127.0.0.1:"), "{invitation}");
        there.abort();
        anyhow::Ok(())
    };
    tokio::select! {
        served = serving => served.context("it ended"),
        talked = talk => talked,
    }
}

/// Lets ClickHouse be at another place.
async fn relay(listener: TcpListener, url: String) -> Result<()> {
    let to = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    loop {
        let (mut here, _) = listener.accept().await?;
        let to = to.clone();
        tokio::spawn(async move {
            let mut there = TcpStream::connect(to).await?;
            tokio::io::copy_bidirectional(&mut here, &mut there).await
        });
    }
}
