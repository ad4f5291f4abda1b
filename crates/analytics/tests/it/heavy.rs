//! One person with a hundred thousand events: a kiosk, or a robot that does not say so.

use crate::history::{self, Happening, PROJECT};
use analytics::feature::Features;
use analytics::report::funnel::{Counting, levels};
use analytics::{DateRange, Funnel, Window};
use anyhow::Result;
use jiff::civil::date;
use protocol::{Kind, Timestamp};
use serde::Deserialize;
use store::{Statement, testing};

const EVENTS: i64 = 100_000;
/// What one question may take: a method whose memory grows with the square of the events needs
/// gigabytes here.
const MEMORY_BYTES: u64 = 100 << 20;
const NOON_MS: i64 = 1_795_262_400_000;

#[derive(Deserialize)]
struct Row {
    level: usize,
}

/// Page views of two pages in turn, four of them at each moment.
fn kiosk() -> Vec<Happening> {
    let view = |n: i64| Happening {
        project: PROJECT.to_owned(),
        at: NOON_MS + n / 4,
        anonymous_id: "kiosk".to_owned(),
        user_id: String::new(),
        kind: Kind::PageView,
        host: "app.example.com".to_owned(),
        path: if n % 2 == 0 { "/a".to_owned() } else { "/b".to_owned() },
        element: String::new(),
        account_id: String::new(),
        is_automated: false,
    };
    (0..EVENTS).map(view).collect()
}

#[tokio::test]
async fn a_hundred_thousand_events_of_one_person_take_little_memory() -> Result<()> {
    let Some(store) = testing::open("heavy").await? else { return Ok(()) };
    history::write(&store.connection, 1, &kiosk()).await?;
    let scope = history::scope("UTC")?;
    let now = Timestamp::from_millis(NOON_MS + EVENTS);
    // The last page is never viewed, so that no method can stop early.
    for (counting, address, level) in [
        (Counting::WindowFunnel, "step=page:/a&step=page:/b&step=page:/never".to_owned(), 2),
        (Counting::Fold, "step=page:/a&step=page:/b&step=page:/never".to_owned(), 2),
        (
            Counting::Fold,
            "step=page:/a&step=page:/b&".repeat(9) + "step=page:/a&step=page:/never",
            19,
        ),
    ] {
        let funnel = Funnel {
            steps: Funnel::from_query_string(&address)?.steps,
            window: Window::default(),
            date_range: DateRange::Between { from: date(2026, 11, 21), to: date(2026, 11, 22) },
            times: true,
            ..Funnel::default()
        };
        let question = levels(
            Some(counting),
            &funnel,
            &Features::default(),
            &scope,
            store.connection.databases(),
            now,
        )?;
        let bounded = format!("{} SETTINGS max_memory_usage = {MEMORY_BYTES}", question.sql());
        let params = question.params().iter();
        let bounded = params.fold(Statement::new(bounded), |statement, (name, value)| {
            statement.bind(name.as_str(), value.clone())
        });
        let rows = store.connection.json::<Row>(&bounded).await?;
        assert_eq!(rows.iter().map(|row| row.level).collect::<Vec<_>>(), [level], "{counting:?}");
    }
    Ok(())
}
