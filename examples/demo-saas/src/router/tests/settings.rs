//! Colleagues and plan through their routes.

use super::*;

const TEAM: &str = "/settings/team";

async fn administrator(company: &str) -> Visitor {
    let mut visitor = Visitor::new();
    visitor.sign_in_as("Administrator", "root@example.com", company).await;
    visitor
}

#[tokio::test]
async fn a_colleague_is_invited_comes_and_is_removed() {
    let mut visitor = administrator("Acme+Retail").await;
    visitor.refused(TEAM, "email=ann&role=Analyst", "Enter your work e-mail address.").await;
    let here = "email=analyst.1@acme-retail.example&role=Analyst";
    visitor.refused(TEAM, here, "This colleague is on the list already.").await;
    visitor.refused(TEAM, "email=a@b.example&role=Boss", "Choose your role.").await;
    visitor.post(TEAM, "email=ann@acme.example&role=Analyst").await;
    let page = visitor.see(TEAM).await;
    assert!(page.contains("ann@acme.example") && page.contains("Invited"), "{page}");

    visitor.sign_in("ann@acme.example", "Acme+Retail").await;
    let page = visitor.see(TEAM).await;
    assert!(!page.contains("Invited") && !page.contains("send-invitation\" disabled"), "{page}");
    assert!(page.contains("Managers and administrators invite colleagues."), "{page}");
    let page = visitor.send(TEAM, Some("email=bob@acme.example&role=Analyst")).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);

    visitor.sign_in_as("Administrator", "root@example.com", "Acme+Retail").await;
    let page = visitor.see(TEAM).await;
    let (before, _) = page.split_once("aria-label=\"Remove Analyst 7\"").unwrap();
    let (_, remove) = before.rsplit_once("action=\"").unwrap();
    visitor.post(remove.split('"').next().unwrap(), "").await;
    assert!(!visitor.see(TEAM).await.contains("ann@acme.example"));
}

#[tokio::test]
async fn seats_run_out_and_a_larger_plan_has_more() {
    let mut visitor = administrator("Gizmo+Labs").await;
    // The administrator is the twentieth of twenty.
    let form = "email=new@gizmo.example&role=Analyst";
    let full = "All seats are taken. A larger plan has more.";
    visitor.refused(TEAM, form, full).await;
    let sentence = "Order as many seats as there are colleagues, and at most 500.";
    for form in ["plan=Team&seats=3", "plan=Team&seats=501", "plan=Free&seats=30", "plan=Team"] {
        visitor.refused("/upgrade", form, sentence).await;
    }
    visitor.post("/upgrade", "plan=Team&seats=30").await;
    let page = visitor.see("/upgrade").await;
    assert!(page.contains("20 of 30 seats") && !page.contains("Choose Team"), "{page}");
    visitor.post(TEAM, form).await;
}

#[tokio::test]
async fn only_administrators_order() {
    let mut visitor = Visitor::new();
    visitor.sign_in_as("Manager", "manager.1@cobalt-travel.example", "Cobalt+Travel").await;
    let page = visitor.see("/upgrade").await;
    assert!(page.contains("Administrators change the plan."), "{page}");
    assert!(!page.contains("data-open=\"order-"), "{page}");
    let page = visitor.send("/upgrade", Some("plan=Scale&seats=30")).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn every_account_of_the_demonstration_has_its_people() {
    for (company, n) in [
        ("Acme+Retail", 12),
        ("Cobalt+Travel", 9),
        ("Dune+Logistics", 9),
        ("Bolt+Works", 19),
        ("Ember+Bank", 2),
        ("Fjord+Games", 3),
        ("Gizmo+Labs", 19),
        ("Harbor+Foods", 7),
        ("Ivy+Clinics", 7),
        ("Some+Other", 5),
    ] {
        let mut visitor = Visitor::new();
        let host = company.to_lowercase().replace('+', "-");
        visitor.sign_in(&format!("analyst.1@{host}.example"), company).await;
        let page = visitor.see(TEAM).await;
        assert_eq!(page.matches("class=\"main-cell\"").count(), n, "{company}");
        assert!(page.contains("Analyst 1 <span class=\"badge\">You</span>"), "{page}");
    }
}
