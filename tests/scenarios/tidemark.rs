//! Tidemark works by itself, and the people of the script find their way through it.

use e2e::visitor::{ALERT, CONNECT, PEOPLE, Visitor, WATCH_THEN_ALERT, count};
use e2e::{DemoApp, Driver};

#[tokio::test]
async fn people_go_through_tidemark_without_a_script_line() -> anyhow::Result<()> {
    let (demo_app, driver) = (DemoApp::start("").await?, Driver::start().await?);
    let mut trails = Vec::new();
    for acts in PEOPLE {
        let mut visitor = Visitor::arrive(driver.browser().await?, demo_app.address()).await?;
        visitor.follow(acts).await?;
        assert_eq!(visitor.browser().console().await?, [""; 0]);
        trails.push(visitor.leave().await?);
    }
    assert_eq!(count(&trails, &CONNECT), [5, 3, 3, 2]);
    assert_eq!(count(&trails, &ALERT), [4, 4, 3, 2]);
    assert_eq!(count(&trails, &WATCH_THEN_ALERT), [4, 1]);
    Ok(())
}
