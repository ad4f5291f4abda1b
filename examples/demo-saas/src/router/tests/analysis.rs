//! Analysis through its routes.

use super::*;

const GROUPS: &str = "/analysis/groups";
const FUNNELS: &str = "/analysis/funnels";
const PATHS: &str = "/analysis/smart-path";

#[tokio::test]
async fn a_people_group_is_saved_edited_exported_and_deleted() {
    let mut visitor = Visitor::analyst().await;
    let conditions = "field=spent&operator=least&value=400&field=returns&operator=most&value=0";
    let nameless = format!("name=&{conditions}");
    visitor.refused(GROUPS, &nameless, "Give the group a name.").await;
    visitor.refused(GROUPS, "name=Big", "Keep at least one condition.").await;
    let wrong = "name=Big&field=spent&operator=least&value=much";
    visitor.refused(GROUPS, wrong, "Enter a whole number for “Euros spent”.").await;

    let group = visitor.post(GROUPS, &format!("name=Big+spenders&{conditions}")).await;
    let page = visitor.see(&group).await;
    assert!(page.contains("Big spenders") && page.contains("Parcels sent back"), "{page}");
    let form = visitor.see(&format!("{group}/edit")).await;
    assert!(form.contains("value=\"400\"") && form.contains("value=\"Big spenders\""), "{form}");
    let edit = "name=Spenders&field=spent&operator=least&value=200";
    assert_eq!(visitor.post(&format!("{group}/edit"), edit).await, group);
    let page = visitor.see(&group).await;
    assert!(!page.contains("Parcels sent back"), "{page}");

    let file = visitor.send(&format!("{group}/export"), None).await;
    assert!(file.body.starts_with("Customer,Orders placed,Spent\r\n"), "{}", file.body);
    assert_eq!(visitor.post(&format!("{group}/delete"), "").await, GROUPS);
    assert_eq!(visitor.send(&group, None).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_funnel_is_saved_for_a_group_and_outlives_it() {
    let mut visitor = Visitor::analyst().await;
    let steps = "step=visit&step=basket&step=paid&window=7";
    visitor.refused(FUNNELS, &format!("name=+&{steps}"), "Give the funnel a name.").await;
    visitor.refused(FUNNELS, "name=x&step=visit", "A funnel has at least two steps.").await;
    let twice = "name=x&step=visit&step=visit";
    visitor.refused(FUNNELS, twice, "A step cannot follow itself.").await;

    let form = "name=Few&field=orders&operator=least&value=12";
    let group = visitor.post(GROUPS, form).await;
    let form = format!("name=Orders&{steps}&group={}", id(&group));
    let funnel = visitor.post(FUNNELS, &form).await;
    let page = visitor.see(&funnel).await;
    assert_eq!(page.matches("class=\"step-bar\"").count(), 3);
    assert!(page.contains("Few") && page.contains("within 7 days"), "{page}");
    visitor.post(&format!("{group}/delete"), "").await;
    assert!(visitor.see(&funnel).await.contains("All customers"));

    let edit = "name=Orders&step=visit&step=paid&window=30";
    assert_eq!(visitor.post(&format!("{funnel}/edit"), edit).await, funnel);
    assert_eq!(visitor.see(&funnel).await.matches("class=\"step-bar\"").count(), 2);
}

#[tokio::test]
async fn a_smart_path_is_seen_configured_and_saved() {
    let mut visitor = Visitor::analyst().await;
    let n_saved = |body: &str| body.matches("class=\"main-cell\"").count();
    let n_before = n_saved(&visitor.see(PATHS).await);
    let configured = "start=search&goal=paid&between=3";
    let page = visitor.see(&format!("{PATHS}/configure?{configured}")).await;
    assert!(page.contains("Searched → Paid"), "{page}");
    assert_eq!(n_saved(&visitor.see(PATHS).await), n_before, "configuring saves nothing");

    visitor.refused(PATHS, configured, "Give the path a name.").await;
    let circle = "name=Round&start=paid&goal=paid";
    visitor.refused(PATHS, circle, "Start and goal must differ.").await;
    let path = visitor.post(PATHS, &format!("name=Search+that+pays&{configured}")).await;
    let page = visitor.see(&path).await;
    assert!(page.contains("Search that pays") && page.contains("What most people do"), "{page}");
    assert_eq!(page.split("class=\"stops\"").nth(1).unwrap().matches("<li>").count(), 5);
    assert_eq!(n_saved(&visitor.see(PATHS).await), n_before + 1);
    assert_eq!(visitor.post(&format!("{path}/delete"), "").await, PATHS);
}
