//! Who reaches the port without the password may do nothing.

use anyhow::Result;
use engine::Login;
use store::{Connection, Databases, Error, Statement, Target, migrate, testing};

#[tokio::test]
async fn the_anonymous_user_reads_and_writes_nothing() -> Result<()> {
    let Some(store) = testing::open("anonymous").await? else { return Ok(()) };
    let databases = store.connection.databases().clone();
    let target =
        Target { user: "default".to_owned(), password: String::new(), ..store.target.clone() };
    let anonymous = Connection::new(target, databases.clone())?;
    anonymous.ping().await?;
    let control = &databases.control;
    for sql in [
        format!("SELECT count() FROM {}", databases.events()),
        format!("SELECT count() FROM {control}.definitions"),
        format!("SELECT count() FROM {control}.sign_ins"),
        format!("INSERT INTO {control}.sign_ins (member_id) VALUES ('x')"),
        format!("TRUNCATE TABLE {}", databases.events()),
        format!("CREATE TABLE {}.x (n UInt8) ENGINE = Memory", databases.data),
        "SELECT name FROM system.users".to_owned(),
        "SELECT * FROM file('/etc/passwd', 'LineAsString', 'l String')".to_owned(),
    ] {
        let answer = anonymous.execute(&Statement::new(&sql)).await;
        assert!(matches!(answer, Err(Error::Refused { code: 497, .. })), "`{sql}`: {answer:?}");
    }
    let target = Target { password: "wrong".to_owned(), ..store.target };
    let answer = Connection::new(target, databases)?.ping().await;
    assert!(matches!(answer, Err(Error::Refused { code: 516, .. })), "{answer:?}");
    Ok(())
}

#[tokio::test]
async fn a_server_that_refuses_the_dictionaries_is_told_of() -> Result<()> {
    let Some(store) = testing::open("refused").await? else { return Ok(()) };
    let dictionary = Login { user: "dict".to_owned(), password: "wrong".to_owned() };
    let target = Target { dictionary, ..store.target };
    let connection = Connection::new(target, Databases::with_prefix("refused_two_"))?;
    let refused = migrate(&connection).await;
    let Err(error @ Error::Dictionary { code: 516, .. }) = refused else {
        anyhow::bail!("{refused:?}");
    };
    let sentence = error.to_string();
    assert!(sentence.contains("give its user `CREATE DICTIONARY`"), "{sentence}");
    assert!(!error.is_retryable() && !sentence.contains("wrong"), "{sentence}");
    Ok(())
}
