//! What it costs to look after features: as many questions for two hundred as for two.

use crate::history::{self, Happening, PROJECT};
use analytics::feature::Features;
use analytics::feature::health::health;
use analytics::feature::module::modules;
use analytics::{DateRange, Usage, usage_of};
use anyhow::{Context, Result};
use protocol::{Kind, ProjectId, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use store::{Connection, Feature, Target, testing};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const FEATURES: usize = 200;
const DAY_MS: i64 = 86_400_000;
/// Noon of 22 November 2026, UTC.
const NOW: i64 = 1_795_348_800_000;

/// A way to the engine that counts the questions.
async fn counting(target: &Target) -> Result<(Target, Arc<AtomicUsize>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let engine = target.url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let n = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&n);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(forward(client, engine.clone(), Arc::clone(&counted)));
        }
    });
    Ok((Target { url, ..target.clone() }, n))
}

/// Passes on what comes; a question begins with its method.
async fn forward(client: TcpStream, engine: String, n: Arc<AtomicUsize>) -> Result<()> {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_engine, mut to_engine) = TcpStream::connect(engine).await?.into_split();
    let back = tokio::spawn(async move { tokio::io::copy(&mut from_engine, &mut to_client).await });
    let (mut buffer, mut before) = (vec![0; 1 << 16], Vec::new());
    loop {
        let read = from_client.read(&mut buffer).await?;
        if read == 0 {
            break;
        }
        before.extend_from_slice(&buffer[..read]);
        n.fetch_add(before.windows(6).filter(|six| six == b"POST /").count(), Ordering::Relaxed);
        before.drain(..before.len().saturating_sub(5));
        to_engine.write_all(&buffer[..read]).await?;
    }
    drop(to_engine);
    back.await??;
    Ok(())
}

/// Buttons of which each is a feature on its page: one in four was renamed a week ago, and all are
/// clicked by people of two languages.
fn world(n: usize) -> Vec<Happening> {
    let happening = |kind, day: i64, n: usize, name: String| Happening {
        project: PROJECT.to_owned(),
        at: NOW - day * DAY_MS - 1_000,
        anonymous_id: format!("browser {}", n % 7),
        user_id: String::new(),
        kind,
        host: "app.example".to_owned(),
        path: format!("/{}", letters(n)),
        element: name,
        account_id: String::new(),
        is_automated: false,
    };
    let mut happenings = Vec::new();
    for feature in 0..n {
        for day in 0..40 {
            let is_renamed = feature % 4 == 0 && day < 7;
            let name = if is_renamed { "Renamed" } else { "Button" };
            let name = format!("{name} {}", letters(feature));
            happenings.push(happening(Kind::PageView, day, feature, String::new()));
            happenings.push(happening(Kind::Click, day, feature, name.clone()));
            happenings.push(happening(Kind::Click, day, feature, name));
        }
    }
    happenings
}

/// A word for a number, since digits are none.
fn letters(n: usize) -> String {
    [n / 676, n / 26 % 26, n % 26].iter().map(|n| char::from(b'a' + *n as u8)).collect()
}

fn features(n: std::ops::Range<usize>) -> Result<Vec<Feature>> {
    let feature = |n: usize| {
        let (button, page) = (format!("Button {}", letters(n)), format!("/{}", letters(n)));
        history::feature(&format!("feature {n}"), &[&button], Some(&page))
    };
    n.map(feature).collect()
}

/// How many are silent, of all that a screen of features asks.
async fn look(connection: &Connection) -> Result<usize> {
    let (scope, now) = (history::scope("Europe/Zurich")?, Timestamp::from_millis(NOW));
    let project = ProjectId::parse(PROJECT)?;
    let features = Features::load(connection, &project, None).await?;
    let usage = Usage { features: Vec::new(), date_range: DateRange::Last { days: 30 } };
    let used = usage_of(connection, &scope, &usage, &features, now).await?;
    let modules = modules(connection, &scope, &features, now).await?;
    assert_eq!(
        (used.features.len(), modules.len()),
        (features.iter().count(), used.features.len())
    );
    let health = health(connection, &scope, &features, now).await?;
    let silent = |one: &&analytics::feature::health::Health| !one.findings.is_empty();
    Ok(health.iter().filter(silent).count())
}

#[tokio::test]
async fn two_hundred_features_are_asked_as_often_as_two() -> Result<()> {
    let Some(store) = testing::open("health_cost").await? else { return Ok(()) };
    history::write(&store.connection, 1, &world(FEATURES)).await?;
    let (target, n) = counting(&store.target).await?;
    let counted = Connection::new(target, store.connection.databases().clone())?;
    let mut asked = Vec::new();
    for more in [0..2, 2..FEATURES] {
        history::put_all(&store.connection, &features(more.clone())?).await?;
        n.store(0, Ordering::Relaxed);
        let start = std::time::Instant::now();
        let silent = look(&counted).await?;
        println!("{} features: {:?}", more.end, start.elapsed());
        assert_eq!(silent, more.end.div_ceil(4), "{} features", more.end);
        asked.push(n.load(Ordering::Relaxed));
    }
    let least = asked.first().context("nothing was asked")?;
    assert!((5..=12).contains(least) && asked == [*least, *least], "{asked:?}");
    Ok(())
}
