//! On pages with strict content security policies the SDK works, as WebAssembly or as plain
//! JavaScript, captures the same, and nobody complains who need not.

use anyhow::{Context, Result};
use e2e::site::Site;
use e2e::{Browser, Stage};

/// The page allows nothing but what the Setup screen asks for, its own script, and no icon.
const OWN: &str = "default-src 'none'; img-src data:";

const PAGE: &str = r#"<!doctype html><html><head><link rel="icon" href="data:,"><script nonce="n-1">
window.errors = [];
addEventListener('error', (e) => errors.push(e.message));
addEventListener('unhandledrejection', (e) => errors.push(String(e.reason)));
addEventListener('securitypolicyviolation', (e) => errors.push(e.effectiveDirective + ' ' + e.blockedURI));
window.forms = () => performance.getEntriesByType('resource').map((entry) => entry.name)
  .map((name) => name.split('.').slice(-2).join('.')).filter((end) => /wasm|plain/.test(end)).join();
</script>SCRIPT</head><body><section id="s"><button>Strict</button></section></body></html>"#;

/// What the browser reports of the one attempt to compile WebAssembly that is refused.
const REFUSED: &str = "script-src wasm-eval";

struct Case {
    what: &'static str,
    /// Changes the policy that Setup shows.
    policy: fn(&str, &str) -> String,
    /// Added to the script line.
    attributes: &'static str,
    is_plain: bool,
    reports: &'static str,
}

/// The policy that Setup shows, with the nonce of the page's own script.
fn shown(shown: &str, _: &str) -> String {
    shown.replace("script-src ", "script-src 'nonce-n-1' ")
}

fn without_wasm(policy: &str, origin: &str) -> String {
    shown(policy, origin).replace("'wasm-unsafe-eval'", "")
}

/// No host is named, so that all that is loaded stands on the nonce of the line.
fn dynamic(_: &str, origin: &str) -> String {
    format!("script-src 'nonce-n-1' 'strict-dynamic'; connect-src {origin}")
}

fn trusted(policy: &str, origin: &str) -> String {
    let policy = dynamic(policy, origin);
    format!("{policy}; require-trusted-types-for 'script'; trusted-types sillage")
}

const CASES: [Case; 5] = [
    Case { what: "shown", policy: shown, attributes: "", is_plain: false, reports: "" },
    Case {
        what: "no wasm-unsafe-eval",
        policy: without_wasm,
        attributes: "",
        is_plain: true,
        reports: REFUSED,
    },
    Case {
        what: "no wasm-unsafe-eval, and said so",
        policy: without_wasm,
        attributes: r#" data-wasm="off""#,
        is_plain: true,
        reports: "",
    },
    Case {
        what: "strict-dynamic",
        policy: dynamic,
        attributes: r#" nonce="n-1""#,
        is_plain: true,
        reports: REFUSED,
    },
    Case {
        what: "trusted types",
        policy: trusted,
        attributes: r#" nonce="n-1""#,
        is_plain: true,
        reports: REFUSED,
    },
];

#[tokio::test]
async fn a_strict_page_stays_as_it_is_and_is_captured() -> Result<()> {
    let stage = Stage::set().await?;
    stage.dashboard.open("setup").await?;
    let policy = "return document.querySelector('#policy').textContent";
    let policy = stage.dashboard.browser().run(policy).await?;
    let policy = policy.as_str().context("Setup shows no policy")?.trim().replace('\n', " ");
    let (browser, database) = (stage.driver.browser().await?, stage.database()?);
    let mut n_clicks = 0;
    for case in CASES {
        let policy = format!("{OWN}; {}", (case.policy)(&policy, stage.collector.address()));
        let line =
            stage.collector.script().replace(" async ", &format!(" async{} ", case.attributes));
        let header = ("Content-Security-Policy", policy.as_str());
        let site = Site::start(&[header], &PAGE.replace("SCRIPT", &line)).await?;
        browser.open(site.address()).await?;
        browser.click("Strict").await?;
        n_clicks += 1;
        let counted = database.wait_for_events("click", n_clicks).await;
        let console = browser.console().await?;
        let context = || format!("{}: {policy}\n{console:?}", case.what);
        assert_eq!(counted.with_context(context)?, n_clicks);
        check(&browser, &case).await.with_context(context)?;
        assert_eq!(console, [""; 0], "{}", case.what);

        // In the same tab the refused attempt is not made again.
        browser.reload().await?;
        browser.wait_until_sent().await?;
        assert_eq!(browser.run("return errors.join()").await?, "", "{}", case.what);
        assert_eq!(browser.console().await?, [""; 0], "{}", case.what);
    }
    // Either form told the same of the same click.
    let sql = "SELECT uniqExact(element_id, name, path, anonymous_id != '', language, app_version) \
               FROM data.events WHERE kind = 'click'";
    assert_eq!(database.number(sql).await?, 1);
    assert_eq!(database.wait_for_events("page_view", 2 * n_clicks).await?, 2 * n_clicks);
    assert_eq!(database.n_doubled().await?, 0);
    Ok(())
}

async fn check(browser: &Browser, case: &Case) -> Result<()> {
    assert_eq!(browser.run("return errors.join()").await?, case.reports, "{}", case.what);
    let forms = browser.run("return forms()").await?;
    let forms = forms.as_str().context("no text")?;
    assert_eq!(forms.contains("plain.js"), case.is_plain, "{}: {forms}", case.what);
    assert_eq!(forms.contains("wasm"), !case.is_plain, "{}: {forms}", case.what);
    Ok(())
}
