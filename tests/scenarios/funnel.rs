//! The funnel on the screen, and the API's, are exactly what was clicked.

use e2e::visitor::{ALERT, CONNECT, PEOPLE, WATCH_THEN_ALERT, count};
use e2e::{Browser, Stage};

#[tokio::test]
async fn the_funnel_is_what_was_clicked() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    let mut trails = Vec::new();
    for acts in PEOPLE {
        let mut visitor = stage.visitor().await?;
        visitor.follow(acts).await?;
        assert_no_complaint(visitor.browser()).await?;
        trails.push(visitor.leave().await?);
    }
    assert_eq!(count(&trails, &CONNECT), [5, 3, 3, 2]);
    assert_eq!(count(&trails, &ALERT), [4, 4, 3, 2]);
    assert_eq!(count(&trails, &WATCH_THEN_ALERT), [4, 1]);
    stage.check(&trails).await?;
    assert_eq!(stage.dashboard.captured().await?, (41, 50));
    assert_no_complaint(stage.dashboard.browser()).await
}

async fn assert_no_complaint(browser: &Browser) -> anyhow::Result<()> {
    assert_eq!(browser.console().await?, [""; 0]);
    Ok(())
}
