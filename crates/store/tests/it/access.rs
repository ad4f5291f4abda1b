//! Who reaches the port without the password may do nothing.

use anyhow::Result;
use store::{Connection, Error, Statement, Target, testing};

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
