//! The lists of what there is to ask about.

use crate::history::{self, Happening, PROJECT, button_id};
use analytics::catalog::{self, Search};
use anyhow::Result;
use protocol::{Kind, Timestamp};
use store::testing;

const NOW_MS: i64 = 1_795_305_600_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// A click `days` ago, or the view of a page where no button is named.
fn happening(days: i64, who: &str, path: &str, button: &str) -> Happening {
    Happening {
        project: PROJECT.to_owned(),
        at: NOW_MS - days * DAY_MS,
        anonymous_id: who.to_owned(),
        user_id: String::new(),
        kind: if button.is_empty() { Kind::PageView } else { Kind::Click },
        host: "app.example.com".to_owned(),
        path: path.to_owned(),
        element: button.to_owned(),
        account_id: String::new(),
        is_automated: who == "bot",
    }
}

fn happenings() -> Vec<Happening> {
    let mut happenings = vec![
        happening(1, "ann", "/orders/7", ""),
        happening(2, "ann", "/orders/8", ""),
        happening(3, "bob", "/orders/9", ""),
        happening(3, "bob", "/invoices", ""),
        happening(31, "bob", "/long-ago", ""),
        happening(1, "bot", "/invoices", ""),
        happening(1, "ann", "/orders/7", "Save order"),
        happening(1, "bob", "/orders/8", "Save order"),
        happening(1, "bob", "/invoices", "Save order"),
        happening(1, "ann", "/invoices", "Pay"),
        happening(40, "ann", "/invoices", "Gone"),
    ];
    let foreign = Happening { project: "other".to_owned(), ..happening(1, "eve", "/eve", "") };
    happenings.extend([foreign]);
    happenings
}

#[tokio::test]
async fn what_is_used_most_comes_first_and_can_be_searched() -> Result<()> {
    let Some(store) = testing::open("catalog").await? else { return Ok(()) };
    let connection = &store.connection;
    history::write(connection, 1, &happenings()).await?;
    // The dictionaries are written again and again.
    history::write(connection, 2, &[]).await?;
    let scope = history::scope("UTC")?;
    let now = Timestamp::from_millis(NOW_MS);
    let search = |text: &str| Search { text: text.to_owned(), ..Search::default() };

    let pages = catalog::viewed_pages(connection, &scope, &search(""), now).await?;
    let pages: Vec<_> = pages.iter().map(|p| (p.path.as_str(), p.views, p.people)).collect();
    assert_eq!(pages, [("/orders/:id", 3, 2), ("/invoices", 1, 1)]);
    let found = catalog::viewed_pages(connection, &scope, &search("INVO"), now).await?;
    assert_eq!(found.iter().map(|p| p.path.as_str()).collect::<Vec<_>>(), ["/invoices"]);
    let few = Search { limit: 1, ..Search::default() };
    assert_eq!(catalog::viewed_pages(connection, &scope, &few, now).await?.len(), 1);

    let clicked = catalog::clicked_elements(connection, &scope, &search(""), now).await?;
    let clicked: Vec<_> = clicked
        .iter()
        .map(|c| (c.element, c.label.as_str(), c.path.as_str(), c.clicks, c.people))
        .collect();
    let expected = [
        (button_id("Save order"), "button “Save order”", "/orders/:id", 3, 2),
        (button_id("Pay"), "button “Pay”", "/invoices", 1, 1),
    ];
    assert_eq!(clicked, expected);
    let found = catalog::clicked_elements(connection, &scope, &search("pay"), now).await?;
    assert_eq!(found.len(), 1);
    let nothing = catalog::clicked_elements(connection, &scope, &search("' OR 1"), now).await?;
    assert!(nothing.is_empty());
    Ok(())
}
