//! Secrets in every place of a page are nowhere, neither on the wire nor in the database, and what
//! is useful is there. What is marked by the page or by the script line is told as it says.

use anyhow::{Context, Result};
use e2e::Stage;
use e2e::relay::Relay;
use e2e::site::Site;
use serde_json::Value;

/// What is clicked, and what of it must be nowhere. Where there is a place for one, each has its
/// own, so that what leaks is known by it.
const SECRETS: [(&str, &str); 46] = [
    ("<button @>Pay with 4111 1111 1111 1111</button>", "4111 1111 1111 1111"),
    ("<button @>Card 5555-5555-5555-4444 ok</button>", "5555-5555"),
    ("<button @>3782 822463 10005</button>", "3782 822463"),
    ("<button @>(6011)(1111)(1111)(1117)</button>", "(6011)"),
    ("<button @>Use 4242&nbsp;4242&nbsp;4242&nbsp;4242</button>", "4242 4242"),
    ("<button @>４０１２８８８８８８８８１８８１</button>", "４０１２"),
    ("<button @>2223.0031.2200.3222</button>", "2223.0031"),
    ("<button @>3056/930902/5904</button>", "3056/930902"),
    ("<button @><b>3566</b><b>0020</b><b>2036</b><b>0505</b></button>", "3566 0020"),
    ("<button @>SSN 123-45-6789</button>", "123-45-6789"),
    ("<button @>SSN 219 09 9999</button>", "219 09 9999"),
    ("<button @>ITIN 912-70-1234</button>", "912-70-1234"),
    ("<button @>身份证11010519491231002X</button>", "11010519491231002X"),
    ("<button @>手机13812345678</button>", "13812345678"),
    ("<button @>Call +41 44 668 18 00</button>", "668 18 00"),
    ("<button @>(415) 555-2671</button>", "555-2671"),
    ("<button @>030/12345678 anrufen</button>", "12345678 an"),
    ("<button @>Mail ann.lee@example.com</button>", "ann.lee"),
    ("<button @>山田@例え.jp</button>", "山田"),
    ("<button @>sk_live_4eC39HqLyjWDarjtT1zdp7dc</button>", "4eC39Hq"),
    ("<button @>AKIAIOSFODNN7EXAMPLE</button>", "IOSFODNN7"),
    ("<button @>ghp_16C7e42F292c6912E7aB3dE5fG7hI9jK1lM2</button>", "16C7e42F"),
    ("<button @>eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.c2lnbmVk</button>", "eyJzdWIi"),
    ("<button @>key 9f86d081884c7d659a2feaa0c55ad015</button>", "9f86d081"),
    ("<button @>dGhpcyBpcyBhIHNlY3JldCBrZXkgMTIz+/4=</button>", "dGhpcyBp"),
    ("<button @ aria-label='Write to aria.ann@example.com'>x</button>", "aria.ann"),
    ("<button @ title='4000 0566 5566 5556'></button>", "0566 5566"),
    ("<button @><img alt='alt.ann@example.com'></button>", "alt.ann"),
    (
        "<button @><svg width=9 height=9><title>svg.ann@example.com</title></svg></button>",
        "svg.ann",
    ),
    ("<a @ href='/u/path.ann%40example.com/edit'>Edit path</a>", "path.ann"),
    ("<a @ href='/pay/5200%208282%208282%208210'>Pay path</a>", "8282%208282"),
    ("<a @ href='/reset/b5bb9d8014a0f9b1d61e21e796d78dcc'>Reset</a>", "b5bb9d80"),
    ("<a @ href='/x?card=5105105105105100&mail=query.ann@example.com'>Query</a>", "5105105105"),
    ("<a @ href='/x#access_token=fragment-7d865e959b2466918c9863afca942d0f'>Part</a>", "7d865e95"),
    ("<a @ href='http://user.ann:hunter2@example.com/x'>User</a>", "hunter2"),
    ("<a @ href='mailto:to.ann@example.com'>Mail</a>", "to.ann"),
    ("<button @ id='card-6200000000000005'>Id</button>", "6200000000"),
    ("<button @ class='btn k-ea0d96ae3d2e1a6a3f7e0a7e6a1b2c3d'>Class</button>", "ea0d96ae"),
    ("<button @ data-testid='test.ann@example.com'>Test id</button>", "test.ann"),
    ("<input @ name='ssn-078-05-1121' value='5019717010103742'>", "078-05-1121"),
    ("<textarea @ name=note>area.ann@example.com</textarea>", "area.ann"),
    ("<select @ name=who><option>select.ann@example.com</select>", "select.ann"),
    ("<div @ contenteditable>edited.ann@example.com</div>", "edited.ann"),
    ("<input @ placeholder='holder.ann@example.com' name=p>", "holder.ann"),
    ("<input @ type=submit value='Send to submit.ann@example.com'>", "submit.ann"),
    ("<label>6759649826438453 <input @ type=checkbox name=c></label>", "67596498"),
];

/// What must be there.
const LABELS: [&str; 14] = [
    "Save changes",
    "Order #4711-2026",
    "Invoice INV-2026-00017",
    "Update to v2.13.4-beta",
    "Ping 192.168.10.20",
    "Since 2026-11-22 14:30",
    "Pay $1,249.50",
    "Export (1,204 rows)",
    "删除订单",
    "Größe ändern",
    "SKU-88-1200-B",
    "Open 018bcfe5-6800-7000-8000-000000000001",
    "Top 10 of 2026",
    "100% of 3.5 GB",
];

/// What is marked, and the name that is told of it. What begins with `okapi` is nowhere.
const MARKED: [(&str, &str); 9] = [
    (
        "<section data-sillage=mask id=okapi-id class=okapi-class aria-label=okapi>\
         <button @ data-testid=masked>okapi-text <i data-sillage=allow>Edit it</i></button></section>",
        "Edit it",
    ),
    (
        "<p data-sillage=mask><a @ href='/okapi-path' id=okapi-link title=okapi>okapi-link</a></p>",
        "",
    ),
    (
        "<p data-sillage=mask><b data-sillage=allow><button @>Told again</button></b></p>",
        "Told again",
    ),
    (
        "<p data-sillage=hidden><button @ data-sillage-name='Own name'>okapi</button></p>",
        "Own name",
    ),
    ("<button @>Delete <b data-sillage=mask>okapi-ann</b> now</button>", "Delete now"),
    (
        "<p class=private><button @ aria-label=okapi><i class='icon icon-trash'></i></button></p>",
        "trash",
    ),
    ("<label data-sillage=mask>okapi-label <input @ name=field></label>", ""),
    ("<ul data-sillage=allow><li><a @ href='#'>Lisbon</a><li><a>Oslo</a></ul>", "Lisbon"),
    (
        "<p data-sillage=ignore><b data-sillage=allow><button @>okapi-never</button></b></p>",
        "never",
    ),
];

/// Elements in shadow trees, and one below more ancestors than are told.
const DEEP: &str = "
const shadow = (html, mark) => {
  const host = document.body.appendChild(document.createElement('div'));
  if (mark) host.dataset.sillage = mark;
  const root = host.attachShadow({ mode: 'open' });
  root.innerHTML = html;
  return root;
};
let inner = document.body.appendChild(document.createElement('div'));
inner.dataset.sillage = 'mask';
for (let n = 0; n < 600; n++) inner = inner.appendChild(document.createElement('div'));
inner.innerHTML = '<button data-testid=deep>okapi-deep</button>';
const masked = shadow('<p id=nested></p><button data-testid=shadow>okapi-shadow</button>', 'mask');
const nested = masked.querySelector('p').attachShadow({ mode: 'open' });
nested.innerHTML = '<button data-sillage=allow>Out of the shadow</button>';
const ignored = shadow('<div data-sillage=allow><button>okapi-never</button></div>', 'ignore');
for (const root of [inner, masked, nested, ignored]) root.querySelector('button').click();";

/// What the page does by itself.
const DONE: &str = "
sillage.track('Paid by track.ann@example.com', {
  note: 'card 4917 6100 0000 0000', 'key.ann@example.com': 1, nested: { mail: 'nested.ann@example.com' },
});
setTimeout(() => { throw new Error('failed for error.ann@example.com'); });
history.pushState({}, '', '/u/route.ann@example.com/4012888888881881?q=query.ann@example.com');
document.title = 'Bill of title.ann@example.com';";

const ELSEWHERE: [&str; 12] = [
    "okapi",
    "5019717010103742",
    "track.ann",
    "4917 6100",
    "key.ann",
    "nested.ann",
    "error.ann",
    "route.ann",
    "40128888",
    "query.ann",
    "title.ann",
    "from.ann",
];

/// Where nothing may be read: the names that are told are those of icon and mark.
const QUIET: &str = "<title>okapi-title</title><meta name=referrer content=unsafe-url>
<button id=quiet-save data-n=a aria-label=okapi><svg data-icon=floppy width=9 height=9></svg>okapi</button>
<button data-n=b data-sillage=allow>okapi-allowed</button>
<button data-n=c data-sillage-name='Named quietly'>okapi</button><a id=on>okapi-on</a>";

fn page(script: &str) -> String {
    let still = "<script>addEventListener('click', (e) => e.preventDefault())</script>";
    let secrets = SECRETS.iter().map(|(html, _)| *html);
    let labels = LABELS.map(|label| format!("<button @>{label}</button>"));
    let marked = MARKED.iter().map(|(html, _)| *html);
    let all = secrets.chain(labels.iter().map(String::as_str)).chain(marked);
    let elements: String = all
        .enumerate()
        .map(|(n, html)| format!("<div>{}</div>", html.replace(" @", &format!(" data-n={n}"))))
        .collect();
    // Rows of many names would be taken for a list of people, and no name in it told.
    let body = format!("<main data-sillage=allow>{elements}</main>");
    format!("<!doctype html><meta charset=utf-8><title>Probe</title>{script}{still}{body}")
}

#[tokio::test]
async fn no_secret_survives_and_useful_labels_do() -> Result<()> {
    let stage = Stage::set().await?;
    let relay = Relay::start(stage.collector.address(), "").await?;
    let script = stage.collector.script().replace(stage.collector.address(), relay.address());
    let with = |more: &str| script.replace("data-write-key", &format!("{more} data-write-key"));
    let probe =
        Site::start(&[], &page(&with("data-mask='.private' data-ignore='.silent'"))).await?;
    let quiet = Site::start(&[], &format!("{}{QUIET}", with("data-text=off"))).await?;
    let browser = stage.driver.browser().await?;
    browser.open(&format!("{}/u/from.ann%40example.com?q=okapi", quiet.address())).await?;
    for n in ["a", "b", "c"] {
        browser.click_on(&format!("//*[@data-n='{n}']")).await?;
    }
    browser.wait_until_sent().await?;
    let on =
        format!("location = '{}/in/route.ann@example.com?card=4012888888881881'", probe.address());
    browser.run(&on).await?;
    let n_elements = SECRETS.len() + LABELS.len() + MARKED.len();
    for n in 0..n_elements {
        let xpath = format!("//*[@data-n='{n}']");
        browser.click_on(&xpath).await.with_context(|| format!("element {n}"))?;
    }
    browser.run(DEEP).await?;
    browser.run(DONE).await?;
    let kept = browser.run("return JSON.stringify(localStorage)").await?.to_string();
    browser.wait_until_sent().await?;

    let batches = relay.batches();
    let wire: String =
        batches.iter().map(|batch| format!("{}\n{}\n", batch.head, batch.text())).collect();
    let database = stage.database()?;
    // Three of the quiet page and three of the deep ones; one of the marked is ignored.
    let n_clicks = u64::try_from(n_elements + 5)?;
    assert_eq!(database.wait_for_events("click", n_clicks).await?, n_clicks);
    let stored = database.dump().await?;
    for secret in SECRETS.iter().map(|(_, secret)| *secret).chain(ELSEWHERE) {
        for (place, text) in [("wire", &wire), ("browser", &kept), ("database", &stored)] {
            assert!(!text.contains(secret), "{secret} is in the {place}: {text}");
        }
    }
    let names = names(&batches.iter().map(|batch| batch.text()).collect::<Vec<_>>())?;
    let marked = MARKED.iter().map(|(_, name)| *name).filter(|name| *name != "never");
    let quiet = ["floppy", "Named quietly", "Out of the shadow"];
    for label in LABELS.into_iter().chain(marked).chain(quiet) {
        assert!(names.iter().any(|name| name == label), "{label} is not told: {names:?}");
    }
    for told in ["quiet-save", "masked", "deep", "shadow", "Save changes", "Größe ändern", "[card]"]
    {
        assert!(stored.contains(told), "{told} is not stored: {stored}");
    }
    Ok(())
}

/// The names of what was clicked, empty where there is none.
fn names(batches: &[String]) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for batch in batches {
        let batch: Value = serde_json::from_str(batch)?;
        let elements = batch["elements"].as_array().context("no elements")?;
        let name = |element: &Value| element["chain"][0]["name"].as_str().unwrap_or("").to_owned();
        names.extend(elements.iter().map(name));
    }
    Ok(names)
}
