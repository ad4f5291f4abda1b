//! Visualisation through its routes.

use super::*;

const CHARTS: &str = "/visualisation/charts";
const BOARDS: &str = "/visualisation/boards";

#[tokio::test]
async fn a_chart_is_configured_saved_edited_and_deleted() {
    let mut visitor = Visitor::analyst().await;
    let n_before = visitor.see(CHARTS).await.matches("ChartCard_root").count();
    let preview = visitor.see("/visualisation/charts/new?metric=2&look=bars&days=7&name=x").await;
    assert_eq!(preview.matches("class=\"bar\"").count(), 7);
    let n_after = visitor.see(CHARTS).await.matches("ChartCard_root").count();
    assert_eq!(n_before, n_after, "looking at a preview saves nothing");

    let form = "metric=2&look=bars&days=7&compares=on";
    visitor.refused(CHARTS, &format!("name=+&{form}"), "Give the chart a name.").await;
    let too_long = format!("name={}&{form}", "x".repeat(61));
    visitor.refused(CHARTS, &too_long, "Keep the name within 60 letters.").await;
    let chart = visitor.post(CHARTS, &format!("name=Customers&{form}")).await;
    let page = visitor.see(&chart).await;
    assert!(page.contains("Customers") && page.contains("class=\"before\""), "{page}");

    let edited =
        visitor.post(&format!("{chart}/edit"), "name=Buyers&metric=2&look=line&days=90").await;
    assert_eq!(edited, chart);
    let page = visitor.see(&chart).await;
    assert!(page.contains("Buyers") && page.contains("last 90 days"), "{page}");
    assert!(!page.contains("class=\"before\""), "{page}");

    visitor.post(&format!("{chart}/delete"), "").await;
    let page = visitor.send(&chart, None).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.body.contains("There is no such chart."), "{}", page.body);
}

#[tokio::test]
async fn a_pinned_chart_stands_first() {
    let mut visitor = Visitor::analyst().await;
    let chart = visitor.post(CHARTS, "name=Baskets&metric=8&look=line&days=30").await;
    let first_of = |body: &str| id(&first(body, CHARTS));
    assert_ne!(first_of(&visitor.see(CHARTS).await), id(&chart));
    visitor.post(&format!("{chart}/pin"), "").await;
    assert_eq!(first_of(&visitor.see(CHARTS).await), id(&chart));
}

#[tokio::test]
async fn a_chart_is_exported_as_a_file() {
    let mut visitor = Visitor::analyst().await;
    let chart = visitor.post(CHARTS, "name=Baskets+%26+more&metric=8&look=line&days=7").await;
    let page = visitor.send(&format!("{chart}/export?format=semicolon"), None).await;
    assert_eq!(page.headers["content-type"], "text/csv; charset=utf-8");
    let file = "attachment; filename=\"tidemark-baskets-more.csv\"";
    assert_eq!(page.headers["content-disposition"], file);
    let lines: Vec<_> = page.body.lines().collect();
    assert_eq!((lines.len(), lines[0]), (8, "Date;Basket size"));
    assert!(lines[7].starts_with("20 Nov;€"), "{}", lines[7]);
}

#[tokio::test]
async fn a_board_is_made_filled_shared_and_deleted() {
    let mut visitor = Visitor::analyst().await;
    let chart = id(&visitor.post(CHARTS, "name=Baskets&metric=8&look=line&days=30").await);
    visitor.refused(BOARDS, "name=&about=", "Give the board a name.").await;
    let board = visitor.post(BOARDS, "name=Friday&about=For+the+end+of+the+week").await;
    assert!(visitor.see(&board).await.contains("No chart is on this board."));
    let form = format!("chart={chart}&board={}", id(&board));
    assert_eq!(visitor.post("/visualisation/boards/add", &form).await, board);
    let page = visitor.see(&board).await;
    assert!(page.contains("Baskets") && page.contains("Only who finds it"), "{page}");

    let share = format!("{board}/share");
    visitor.refused(&share, "right=edit", "Choose at least one colleague.").await;
    visitor.refused(&share, "with=Nobody+9&right=edit", "Choose at least one colleague.").await;
    visitor.post(&share, "with=Manager+1&with=Marketer+1&right=look").await;
    visitor.post(&share, "with=Manager+1&right=edit").await;
    let page = visitor.see(&board).await;
    let shares = page.split("SharePanel_root").nth(1).unwrap().split("<dialog").next().unwrap();
    assert_eq!(shares.matches("class=\"person\"").count(), 2, "{shares}");
    assert!(shares.contains("Look and edit"), "{shares}");
    visitor.post(&format!("{board}/withdraw"), "with=Marketer+1").await;
    let page = visitor.see(&board).await;
    assert_eq!(page.matches("class=\"person\"").count(), 1, "{page}");

    assert_eq!(visitor.post(&format!("{board}/delete"), "").await, BOARDS);
    assert_eq!(visitor.send(&board, None).await.status, StatusCode::NOT_FOUND);
    assert!(visitor.see(CHARTS).await.contains("Baskets"), "its charts stay");
}

#[tokio::test]
async fn what_is_deleted_leaves_empty_pages_that_say_so() {
    let mut visitor = Visitor::analyst().await;
    for (folder, sentence) in [
        (CHARTS, "No chart is saved yet."),
        (BOARDS, "No board yet."),
        ("/analysis/groups", "No group is saved yet."),
        ("/analysis/funnels", "No funnel is saved yet."),
        ("/analysis/smart-path", "No path is saved yet."),
    ] {
        let action = format!("action=\"{folder}/1");
        while let Some((_, rest)) = visitor.see(folder).await.split_once(&action) {
            let id: String = rest.chars().take_while(char::is_ascii_digit).collect();
            visitor.post(&format!("{folder}/1{id}/delete"), "").await;
        }
        assert!(visitor.see(folder).await.contains(sentence), "{folder}");
    }
}
