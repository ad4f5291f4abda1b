//! A file of accounts on its way: looked at, applied, mended.

use super::{part, told};
use crate::browser::{Browser, field, text};
use crate::test_app::{Answer, TestApp, batch, click};
use anyhow::{Result, ensure};
use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use std::collections::BTreeSet;

const IMPORT: &str = "/projects/default/import";

const FILE: &str = "Account;Plan;Seats;Renewal date;Contact;Role\n\
    acme;Team;25;2027-06-21;Ana;Champion\n\
    acme;;;;Ben;\n\
    cobalt;Free;many;;;\n\
    dune;Big;;;;\n";

/// Sends the form of the import with these parts.
async fn send(app: &TestApp, browser: &mut Browser<'_>, parts: &[(&str, &str)]) -> Result<Answer> {
    let csrf = field(&browser.get(IMPORT).await?, "csrf")?;
    let part = |(name, body): &(&str, &str)| {
        format!("--sea\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{body}\r\n")
    };
    let parts: String = [("csrf", csrf.as_str())].iter().chain(parts).map(part).collect();
    let mut request =
        browser.request(Method::POST, IMPORT, Body::from(format!("{parts}--sea--\r\n")))?;
    let kind = "multipart/form-data; boundary=sea".parse()?;
    request.headers_mut().insert(header::CONTENT_TYPE, kind);
    app.send(request).await
}

/// What the page would apply, with the columns that it says.
fn checked(page: &Answer) -> Result<String> {
    field(page, "checked")
}

/// One with events of two accounts.
async fn with_accounts(name: &str) -> Result<Option<TestApp>> {
    let Some(app) = TestApp::start(name).await? else { return Ok(None) };
    for (n, account) in (1..).zip(["acme", "cobalt"]) {
        let named = format!(r#""ann@example.com","account_id":"{account}"}}"#);
        let of = batch(&[click(n, "")]).replace(r#""ann@example.com"}"#, &named);
        app.post_batch(&of).await?;
    }
    app.written().await?;
    Ok(Some(app))
}

#[tokio::test]
async fn a_file_is_looked_at_applied_and_mended() -> Result<()> {
    let Some(app) = with_accounts("records_import").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let page = send(&app, &mut browser, &[("file", FILE), ("text", "")]).await?;
    ensure!(page.status == StatusCode::OK, "{page}");
    insta::assert_snapshot!(part(&page, "What would", "Columns"), @"come of 4 lines | Download refused lines | Apply | new lines | 2 | lines that change something | 0 | lines that hold already | 0 | refused lines | 2 | 1 line names an account that no event names. It is refused, since the id may be mistyped. | Keep accounts that no event names yet | Check again | Refused | Line | Why | 4 | Seats: “many” is no number, such as “12000” or “0.5”. | 5 | No event names the account “dune”. | Would change | Account | What | Before | After | acme | Plan | – | Team | acme | Seats | – | 25 | acme | Renewal date | – | 2027-06-21 | acme | Contact: name | – | Ana | acme | Contact: role | – | champion | acme | Contact: name | – | Ben | acme | Contact: role | – | other");
    assert!(text(&page).ends_with("Champion"), "each column with its values: {page}");
    assert!(told(&app).await?.is_empty(), "it was only looked at");
    let columns = checked(&page)?;

    // What nobody looked at is not applied.
    let unseen = [("text", FILE), ("checked", "else"), ("step", "apply")];
    let answer = send(&app, &mut browser, &unseen).await?;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{answer}");
    assert!(told(&app).await?.is_empty());

    let apply = [("text", FILE), ("checked", &columns), ("step", "apply")];
    let answer = send(&app, &mut browser, &apply).await?;
    let seen = text(&answer);
    assert!(
        seen.contains(
            "Applied: 2 lines kept, 0 lines said what holds already. 2 lines are refused"
        ),
        "{seen}"
    );
    let kept = told(&app).await?;
    let accounts: BTreeSet<_> = kept.iter().map(|told| told.place.account.as_str()).collect();
    assert_eq!((kept.len(), accounts), (7, BTreeSet::from(["acme"])));
    assert!(kept.iter().all(|told| told.author == "ada@example.com"));

    // The same again changes nothing.
    app.pass(60_000);
    let again = send(&app, &mut browser, &apply).await?;
    assert!(text(&again).contains("Applied: 0 lines kept, 2 lines said"), "{again}");
    assert_eq!(told(&app).await?, kept);
    let look = send(&app, &mut browser, &[("text", FILE)]).await?;
    assert!(text(&look).contains("Nothing would change: what makes sense of it holds already."));
    assert!(!look.body.contains(r#"value="apply""#));

    let refused = send(&app, &mut browser, &[("text", FILE), ("step", "refused")]).await?;
    let kind = refused.headers[header::CONTENT_DISPOSITION].to_str()?;
    assert_eq!(kind, "attachment; filename=\"refused-lines.csv\"");
    insta::assert_snapshot!(refused.body, @"
    Line;Reason;Account;Plan;Seats;Renewal date;Contact;Role
    4;seats: `many` is no number, such as `12000` or `0.5`;cobalt;Free;many;;;
    5;no event names the account `dune`;dune;Big;;;;
    ");
    let mended = refused.body.replace("many", "7");
    let page = send(&app, &mut browser, &[("text", &mended), ("keep_unknown", "yes")]).await?;
    let columns = checked(&page)?;
    let apply =
        [("text", &*mended), ("keep_unknown", "yes"), ("checked", &columns), ("step", "apply")];
    let answer = send(&app, &mut browser, &apply).await?;
    assert!(text(&answer).contains("Applied: 2 lines kept"), "{}", text(&answer));

    let page = browser.get("/projects/default/accounts/acme/record").await?;
    insta::assert_snapshot!(part(&page, "History", "END"), @"When | Who | What | Before | After | 22 Nov 2026, 12:00:00 | ada@example.com, by a file | Ben: name | – | Ben | 22 Nov 2026, 12:00:00 | ada@example.com, by a file | Ben: role | – | Other | 22 Nov 2026, 12:00:00 | ada@example.com, by a file | Ana: name | – | Ana | 22 Nov 2026, 12:00:00 | ada@example.com, by a file | Ana: role | – | Champion | 22 Nov 2026, 12:00:00 | ada@example.com, by a file | Seats | – | 25 | 22 Nov 2026, 12:00:00 | ada@example.com, by a file | Renewal date | – | 2027-06-21 | 22 Nov 2026, 12:00:00 | ada@example.com, by a file | Plan | – | Team");
    Ok(())
}

#[tokio::test]
async fn columns_are_what_somebody_says() -> Result<()> {
    let Some(app) = with_accounts("records_columns").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let file = "Name,Id,Worth\nAcme,acme,5\n";
    let page = send(&app, &mut browser, &[("file", file)]).await?;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{page}");
    assert!(text(&page).contains("Say which column has the id of the account."), "{page}");
    let said = [
        ("text", file),
        ("column", ""),
        ("column", "account"),
        ("column", "attribute.contract_value"),
    ];
    let page = send(&app, &mut browser, &said).await?;
    assert!(text(&page).contains("Contract value"), "{page}");
    let columns = checked(&page)?;
    let apply = [&said[..], &[("checked", &*columns), ("step", "apply")]].concat();
    send(&app, &mut browser, &apply).await?;
    let kept = told(&app).await?;
    let kept: Vec<_> = kept.iter().map(|told| (&*told.place.name, &*told.value)).collect();
    assert_eq!(kept, [("contract_value", "5")]);

    for (parts, status, why) in [
        (&[("text", "")][..], 422, "There is no line under the names of the columns."),
        (&[("text", file), ("column", "account")], 422, "The file has 3 columns, and 1 are said."),
        (&[("text", file), ("column", "boss")], 400, "“boss” is nothing a column can be."),
    ] {
        let answer = send(&app, &mut browser, parts).await?;
        assert_eq!(answer.status.as_u16(), status, "{answer}");
        assert!(text(&answer).contains(why), "{}", text(&answer));
    }
    let large = format!("account,plan\n{}", "acme,Team\n".repeat(1_200_000));
    let answer = send(&app, &mut browser, &[("text", &large)]).await?;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", answer.status);
    Ok(())
}
