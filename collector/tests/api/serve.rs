//! The start of the collector where ClickHouse comes later.

use crate::test_app::{TestApp, batch, click};
use anyhow::{Context, Result, ensure};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use std::time::{Duration, Instant};
use store::Statement;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

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

#[tokio::test]
async fn a_clickhouse_that_never_answers_does_not_hold_up_events() -> Result<()> {
    let Some(mut app) = TestApp::start("hangs").await? else { return Ok(()) };
    let (server, key) = (app.target().clone(), app.write_key()?);
    app.kill().await?;
    let deaf = TcpListener::bind("127.0.0.1:0").await?;
    let address = deaf.local_addr()?;
    // Accepts, and says nothing for as long as the test lasts.
    let hanging = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = deaf.accept().await {
            held.push(stream);
        }
    });
    let place = TcpListener::bind("127.0.0.1:0").await?;
    let mut config = app.config().clone();
    config.server.listen = place.local_addr()?;
    config.store.clickhouse = Some(format!("http://{}:{}@{address}", server.user, server.password));
    drop(place);
    let url = format!("http://{}/v1/events?k={key}&c=none", config.server.listen);
    let (say, mut said) = mpsc::unbounded_channel();
    let begun = Instant::now();
    let serving = collector::serve::serve(config, move |text| drop(say.send(text.to_owned())));
    let talk = async {
        let greeting = timeout(DEADLINE, said.recv()).await?.context("no greeting")?;
        assert!(greeting.starts_with("Sillage is ready."), "{greeting}");
        let send = tokio::task::spawn_blocking(move || -> Result<_> {
            Ok(ureq::post(&url).send(batch(&[click(1, "")]))?.status())
        });
        assert_eq!(send.await??, StatusCode::ACCEPTED);
        ensure!(begun.elapsed() < Duration::from_secs(15), "it took {:?}", begun.elapsed());
        anyhow::Ok(())
    };
    let ended = tokio::select! {
        served = serving => served.context("it ended"),
        talked = talk => talked,
    };
    hanging.abort();
    ended
}

#[tokio::test]
async fn tables_of_a_later_build_are_said_by_the_health_while_events_are_kept() -> Result<()> {
    let Some(mut app) = TestApp::start("obstacle").await? else { return Ok(()) };
    let server = app.target().url.clone();
    app.kill().await?;
    let place = TcpListener::bind("127.0.0.1:0").await?;
    let address = place.local_addr()?;
    drop(place);
    app.look_at(format!("http://{address}"));
    app.open().await?;
    assert_eq!(app.app()?.obstacle().get(), None);

    let migrations = format!("{}.migrations", app.store().databases().control);
    let later =
        format!("INSERT INTO {migrations} (id, name, checksum) SELECT 99, '0099_later', 'x'");
    app.store().execute(&Statement::new(later)).await?;
    let there = tokio::spawn(relay(TcpListener::bind(address).await?, server));
    let deadline = Instant::now() + DEADLINE;
    while app.app()?.obstacle().get().is_none() {
        ensure!(Instant::now() < deadline, "nothing is in the way");
        sleep(Duration::from_millis(20)).await;
    }
    let ready = app.send(Request::get("/readyz").body(Body::empty())?).await?;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(ready.body.contains("the data is at migration 99"), "{ready}");
    let answer = app.post_batch(&batch(&[click(1, "")])).await?;
    assert_eq!(answer.status, StatusCode::ACCEPTED);

    let earlier =
        format!("ALTER TABLE {migrations} DELETE WHERE id = 99 SETTINGS mutations_sync = 2");
    app.store().execute(&Statement::new(earlier)).await?;
    app.written().await?;
    let ready = app.send(Request::get("/readyz").body(Body::empty())?).await?;
    assert_eq!(ready.status, StatusCode::OK, "{ready}");
    there.abort();
    Ok(())
}

/// Lets ClickHouse be at another place.
pub(crate) async fn relay(listener: TcpListener, url: String) -> Result<()> {
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
