//! The engine with its real library, and every fault that it can meet at a start.

use anyhow::{Context, Result, bail, ensure};
use engine::{Engine, Error, State, testing};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const DEADLINE: Duration = Duration::from_secs(20);

/// Starts an engine, or says that there is no library.
async fn start(data_dir: &Path) -> Result<Option<Engine>> {
    let Some(library) = testing::library()? else { return Ok(None) };
    Ok(Some(Engine::start(testing::config(library, data_dir)?).await?))
}

async fn start_fails(data_dir: &Path) -> Result<Option<Error>> {
    let Some(library) = testing::library()? else { return Ok(None) };
    match Engine::start(testing::config(library, data_dir)?).await {
        Ok(_) => bail!("the engine started"),
        Err(error) => Ok(Some(error)),
    }
}

async fn ask(engine: &Engine, user: &str, password: &str, sql: &str) -> Result<String> {
    let answer = reqwest::Client::new()
        .post(&engine.endpoint().url)
        .header("X-ClickHouse-User", user)
        .header("X-ClickHouse-Key", password)
        .body(sql.to_owned())
        .send()
        .await?;
    Ok(answer.text().await?.trim().to_owned())
}

async fn ask_admin(engine: &Engine, sql: &str) -> Result<String> {
    ask(engine, &engine.endpoint().user, &engine.endpoint().password, sql).await
}

fn is_running(pid: u32) -> bool {
    // A zombie runs no more, though it still has its place.
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or("").starts_with(" Z"))
}

async fn wait_until(what: &str, mut holds: impl FnMut() -> bool) -> Result<()> {
    let deadline = Instant::now() + DEADLINE;
    while !holds() {
        ensure!(Instant::now() < deadline, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

fn kill(pid: u32) -> Result<()> {
    ensure!(Command::new("kill").arg("-9").arg(pid.to_string()).status()?.success());
    Ok(())
}

#[tokio::test]
async fn starts_answers_stops_and_keeps_its_data() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let Some(engine) = start(dir.path()).await? else { return Ok(()) };
    assert_eq!(*engine.state().borrow(), State::Ready);
    assert_eq!(ask_admin(&engine, "SELECT timezone()").await?, "UTC");
    ask_admin(&engine, "CREATE DATABASE d").await?;
    ask_admin(&engine, "CREATE TABLE d.t (n UInt8) ENGINE = MergeTree ORDER BY n").await?;
    assert_eq!(ask_admin(&engine, "INSERT INTO d.t VALUES (7)").await?, "");
    let pid = engine.pid().context("no process")?;
    let mut state = engine.state();
    engine.stop().await?;
    assert!(!is_running(pid));
    assert_eq!(*state.borrow_and_update(), State::Stopped);
    let Some(engine) = start(dir.path()).await? else { return Ok(()) };
    assert_eq!(ask_admin(&engine, "SELECT n FROM d.t").await?, "7");
    engine.stop().await?;
    Ok(())
}

#[tokio::test]
async fn the_anonymous_user_may_do_nothing() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let Some(engine) = start(dir.path()).await? else { return Ok(()) };
    ask_admin(&engine, "CREATE DATABASE d").await?;
    ask_admin(&engine, "CREATE TABLE d.t (n UInt8) ENGINE = MergeTree ORDER BY n").await?;
    for sql in [
        "SELECT * FROM file('/etc/passwd', 'LineAsString', 'l String')",
        "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString', 'l String')",
        "SELECT name FROM system.users",
        "SELECT * FROM d.t",
        "INSERT INTO d.t VALUES (1)",
        "CREATE TABLE d.u (n UInt8) ENGINE = Memory",
        "CREATE DATABASE e",
        "DROP TABLE d.t",
        "SYSTEM SHUTDOWN",
        "KILL QUERY WHERE 1",
    ] {
        let answer = ask(&engine, "default", "", sql).await?;
        assert!(answer.starts_with("Code: 497"), "`{sql}`: {answer}");
    }
    let answer = ask(&engine, "admin", "wrong", "SELECT 1").await?;
    assert!(answer.starts_with("Code: 516"), "{answer}");
    engine.stop().await?;
    Ok(())
}

#[tokio::test]
async fn the_user_of_dictionaries_reads_what_is_named_and_nothing_else() -> Result<()> {
    let Some(library) = testing::library()? else { return Ok(()) };
    let dir = tempfile::tempdir()?;
    let config = testing::config(library, dir.path())?;
    let readable = vec!["a.known".to_owned()];
    let engine = Engine::start(engine::Config { readable, ..config }).await?;
    for sql in [
        "CREATE DATABASE a",
        "CREATE TABLE a.known (n UInt8) ENGINE = MergeTree ORDER BY n AS SELECT 7 AS n",
        "CREATE TABLE a.other (n UInt8) ENGINE = MergeTree ORDER BY n AS SELECT 8 AS n",
    ] {
        assert_eq!(ask_admin(&engine, sql).await?, "");
    }
    let login = engine.endpoint().dictionary.clone();
    let ask = async |sql: &str| ask(&engine, &login.user, &login.password, sql).await;
    assert_eq!(ask("SELECT n FROM a.known").await?, "7");
    for sql in [
        "SELECT n FROM a.other",
        "SELECT name FROM system.users",
        "INSERT INTO a.known VALUES (1)",
        "CREATE TABLE a.mine (n UInt8) ENGINE = Memory",
        "SELECT * FROM file('/etc/passwd', 'LineAsString', 'l String')",
    ] {
        let answer = ask(sql).await?;
        assert!(answer.contains("Code: 497"), "`{sql}`: {answer}");
    }
    let source = format!(
        "CREATE DICTIONARY a.of (n UInt64) PRIMARY KEY n SOURCE(CLICKHOUSE(USER '{}' PASSWORD '{}' \
         QUERY 'SELECT n FROM a.known')) LIFETIME(0) LAYOUT(HASHED())",
        login.user, login.password
    );
    assert_eq!(ask_admin(&engine, &source).await?, "");
    assert_eq!(ask_admin(&engine, "SELECT dictHas('a.of', 7), dictHas('a.of', 8)").await?, "1\t0");
    engine.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_killed_child_comes_back_on_the_same_port() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let Some(engine) = start(dir.path()).await? else { return Ok(()) };
    let mut state = engine.state();
    for _ in 0..2 {
        let pid = engine.pid().context("no process")?;
        kill(pid)?;
        wait_until("another child runs", || engine.pid().is_some_and(|new| new != pid)).await?;
        tokio::time::timeout(DEADLINE, state.wait_for(|s| *s == State::Ready)).await??;
        assert_eq!(ask_admin(&engine, "SELECT 1").await?, "1");
    }
    engine.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_child_that_hangs_is_replaced() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let Some(library) = testing::library()? else { return Ok(()) };
    let config = testing::config(library, dir.path())?;
    let engine =
        Engine::start(engine::Config { hang_after: Duration::from_secs(1), ..config }).await?;
    let pid = engine.pid().context("no process")?;
    let mut state = engine.state();
    ensure!(Command::new("kill").arg("-STOP").arg(pid.to_string()).status()?.success());
    let is_hung = |s: &State| matches!(s, State::Restarting { why } if why.contains("no answer"));
    tokio::time::timeout(DEADLINE, state.wait_for(is_hung)).await??;
    tokio::time::timeout(DEADLINE, state.wait_for(|s| *s == State::Ready)).await??;
    assert!(!is_running(pid));
    assert_eq!(ask_admin(&engine, "SELECT 1").await?, "1");
    engine.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_port_taken_while_it_was_down_is_waited_for() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let Some(engine) = start(dir.path()).await? else { return Ok(()) };
    let address = engine.endpoint().url.trim_start_matches("http://").to_owned();
    let mut state = engine.state();
    kill(engine.pid().context("no process")?)?;
    let mut taken = None;
    wait_until("the port is ours", || {
        taken = std::net::TcpListener::bind(&address).ok();
        taken.is_some()
    })
    .await?;
    let is_taken = |s: &State| matches!(s, State::Restarting { why } if why.contains("is taken"));
    tokio::time::timeout(DEADLINE, state.wait_for(is_taken)).await??;
    drop(taken);
    tokio::time::timeout(DEADLINE, state.wait_for(|s| *s == State::Ready)).await??;
    engine.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_folder_in_use_names_the_process() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let Some(engine) = start(dir.path()).await? else { return Ok(()) };
    let Some(error) = start_fails(dir.path()).await? else { return Ok(()) };
    let pid = engine.pid().context("no process")?;
    let expected = format!("is in use by another engine (process {pid})");
    assert!(error.to_string().ends_with(&expected), "{error}");
    assert_eq!(ask_admin(&engine, "SELECT 1").await?, "1");
    engine.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_folder_that_is_a_file_is_refused() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("file");
    std::fs::write(&file, "")?;
    let Some(error) = start_fails(&file).await? else { return Ok(()) };
    assert!(error.to_string().starts_with("cannot use `"), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_read_only_folder_is_refused() -> Result<()> {
    // Only the kernel's own folders are read-only for everyone, the administrator included.
    let Some(error) = start_fails(Path::new("/proc/sillage")).await? else { return Ok(()) };
    assert!(error.to_string().starts_with("cannot use `/proc/sillage`"), "{error}");
    Ok(())
}

#[tokio::test]
async fn data_that_cannot_be_written_is_refused() -> Result<()> {
    let dir = tempfile::tempdir()?;
    std::os::unix::fs::symlink("/proc/self", dir.path().join("data"))?;
    let Some(error) = start_fails(dir.path()).await? else { return Ok(()) };
    assert!(matches!(error, Error::Exited { .. } | Error::NotWritable { .. }), "{error:?}");
    assert!(error.to_string().len() < 2_000, "{error}");
    Ok(())
}

#[tokio::test]
async fn a_library_that_is_none_is_refused() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let library = dir.path().join("libchdb.so");
    std::fs::write(&library, "not a library")?;
    let config = testing::config(library, &dir.path().join("data"))?;
    let Err(error) = Engine::start(config).await else { bail!("the engine started") };
    assert!(matches!(error, Error::LibraryUnusable { .. }), "{error:?}");
    assert!(error.to_string().contains("libchdb.so` cannot be loaded: "), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_configuration_in_the_folder_is_not_picked_up() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let foreign =
        "<clickhouse><users><default><password>x</password></default></users></clickhouse>";
    std::fs::write(dir.path().join("config.xml"), foreign)?;
    let Some(engine) = start(dir.path()).await? else { return Ok(()) };
    assert_eq!(ask_admin(&engine, "SELECT 1").await?, "1");
    engine.stop().await?;
    Ok(())
}

/// Is run as a process of its own by the test below, which kills it.
#[tokio::test]
async fn parent_to_be_killed() -> Result<()> {
    let Some(dir) = std::env::var_os("ENGINE_TEST_PARENT_DIR") else { return Ok(()) };
    let Some(engine) = start(Path::new(&dir)).await? else { return Ok(()) };
    let note = Path::new(&dir).join("pid");
    std::fs::write(&note, engine.pid().context("no process")?.to_string())?;
    std::future::pending::<()>().await;
    Ok(())
}

#[tokio::test]
async fn a_child_ends_with_its_killed_parent_and_the_next_start_waits_for_it() -> Result<()> {
    let dir = tempfile::tempdir()?;
    if testing::library()?.is_none() {
        return Ok(());
    }
    let mut parent = Command::new(std::env::current_exe()?)
        .args(["parent_to_be_killed", "--exact"])
        .env("ENGINE_TEST_PARENT_DIR", dir.path())
        .stdout(Stdio::null())
        .spawn()?;
    let mut pid = 0;
    wait_until("the child runs", || {
        let note = std::fs::read_to_string(dir.path().join("pid"));
        pid = note.ok().and_then(|text| text.parse().ok()).unwrap_or(0);
        pid != 0
    })
    .await?;
    parent.kill()?;
    parent.wait()?;
    let Some(engine) = start(dir.path()).await? else { return Ok(()) };
    wait_until("the old child is gone", || !is_running(pid)).await?;
    assert_eq!(ask_admin(&engine, "SELECT 1").await?, "1");
    engine.stop().await?;
    Ok(())
}

#[tokio::test]
async fn dropping_the_engine_stops_the_child() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let Some(engine) = start(dir.path()).await? else { return Ok(()) };
    let pid = engine.pid().context("no process")?;
    drop(engine);
    wait_until("the child is gone", || !is_running(pid)).await
}
