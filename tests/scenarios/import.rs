//! A file of the past is imported while importer and collector are stopped and killed: every line
//! is there once, and every refused line is told once.

use anyhow::{Result, ensure};
use e2e::database::Database;
use e2e::{Collector, Importer};
use std::fmt::Write;
use tempfile::TempDir;

/// How many lines; some seconds of work.
const LINES: u64 = 80_000;

/// Every so many lines there is one that cannot be taken.
const BAD_EVERY: u64 = 7_777;

/// 2025-01-01T00:00:00Z.
const FIRST_MS: u64 = 1_735_689_600_000;

/// The lines of a file: clicks of some people, one a minute, each with its number.
fn past() -> Result<String> {
    let mut text = String::new();
    for n in 1..=LINES {
        if n % BAD_EVERY == 0 {
            writeln!(text, r#"{{"kind":"click","line":{n}}}"#)?;
            continue;
        }
        let (at, person) = (FIRST_MS + n * 60_000, n % 97);
        writeln!(
            text,
            r#"{{"timestamp":{at},"kind":"click","context":{{"anonymous_id":"person-{person}"}},"page":{{"host":"app.example.com","path":"/orders"}},"element":{{"chain":[{{"tag":"button","name":"Save"}}]}},"properties":{{"n":"{n}"}}}}"#
        )?;
    }
    Ok(text)
}

async fn check(database: &Database) -> Result<()> {
    let n_good = LINES - LINES / BAD_EVERY;
    let n_rows = database.n_events("click").await?;
    let n_lines = database.number("SELECT uniqExact(properties['n']) FROM data.events").await?;
    let n_doubled = database.n_doubled().await?;
    let found = (n_rows, n_lines, n_doubled);
    ensure!(found == (n_good, n_good, 0), "rows, lines and doubled rows: {found:?}");
    Ok(())
}

#[tokio::test]
async fn an_import_that_is_killed_goes_on_where_it_was() -> Result<()> {
    let data = TempDir::with_prefix("e2e-sillage-")?;
    let file = data.path().join("past.jsonl");
    std::fs::write(&file, past()?)?;
    let mut collector = Collector::start(data.path()).await?;
    let bad: Vec<u64> = (1..=LINES / BAD_EVERY).map(|n| n * BAD_EVERY).collect();

    let mut importer = Importer::start(collector.address(), &file)?;
    importer.reaches(10_001).await?;
    importer.kill()?;

    let mut importer = Importer::start(collector.address(), &file)?;
    importer.reaches(20_001).await?;
    importer.interrupt()?;
    ensure!(importer.ended().await? == 1, "{}", importer.output());
    let told = importer.output();
    ensure!(told.contains("the same command goes on at line "), "{told}");

    let mut importer = Importer::start(collector.address(), &file)?;
    importer.reaches(40_001).await?;
    collector.kill()?;
    collector.start_again().await?;
    ensure!(importer.ended().await? == 2, "{}", importer.output());
    ensure!(importer.refused()? == bad, "{:?}", importer.refused()?);
    check(&Database::of(data.path())?).await?;

    // Once more as a whole: what is there is found.
    let mut importer = Importer::start(collector.address(), &file)?;
    ensure!(importer.ended().await? == 2, "{}", importer.output());
    ensure!(importer.refused()? == bad, "{:?}", importer.refused()?);
    check(&Database::of(data.path())?).await?;
    collector.stop()
}
