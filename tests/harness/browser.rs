//! Chromium, driven through chromedriver.

use crate::driver::Chromium;
use crate::wait::{PATIENCE, until};
use anyhow::{Context, Result, bail};
use fantoccini::elements::Element;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, Locator};
use http::Method;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use url::Url;

/// One browser with a profile of its own: one person.
#[derive(Debug, Clone)]
pub struct Browser {
    client: Client,
    _program: Arc<Chromium>,
}

/// A command of chromedriver that `WebDriver` does not know.
#[derive(Debug)]
struct Extension {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Extension {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}

impl Browser {
    /// The browser behind this connection.
    pub(crate) fn new(client: Client, program: Chromium) -> Self {
        Self { client, _program: Arc::new(program) }
    }

    /// Opens an address, and waits until the page is parsed.
    ///
    /// # Errors
    /// When the page cannot be loaded.
    pub async fn open(&self, address: &str) -> Result<()> {
        self.client.goto(address).await.with_context(|| format!("cannot open {address}"))
    }

    /// Goes back in the history.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn back(&self) -> Result<()> {
        Ok(self.client.back().await?)
    }

    /// Loads the page again.
    ///
    /// # Errors
    /// When it cannot be loaded.
    pub async fn reload(&self) -> Result<()> {
        Ok(self.client.refresh().await?)
    }

    /// The path of the current address.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn path(&self) -> Result<String> {
        Ok(self.client.current_url().await?.path().to_owned())
    }

    /// Waits until the address has this path.
    ///
    /// # Errors
    /// When it never has.
    pub async fn wait_for_path(&self, path: &str) -> Result<()> {
        until(&format!("the address is {path}"), PATIENCE, async || {
            Ok((self.path().await? == path).then_some(()))
        })
        .await
    }

    /// Waits for the first visible element that this `XPath` finds.
    ///
    /// # Errors
    /// When there never is one.
    pub async fn find(&self, xpath: &str) -> Result<Element> {
        until(&format!("the page has a visible {xpath}"), PATIENCE, async || {
            for element in self.client.find_all(Locator::XPath(xpath)).await? {
                // An element may go between being found and being asked.
                if element.is_displayed().await.unwrap_or(false) {
                    return Ok(Some(element));
                }
            }
            Ok(None)
        })
        .await
    }

    /// Clicks the link or button with this label, as a person does, with the mouse.
    ///
    /// # Errors
    /// When there never is one that can be clicked.
    pub async fn click(&self, label: &str) -> Result<()> {
        self.click_on(&labelled(label)).await
    }

    /// Clicks what this `XPath` finds, with the mouse.
    ///
    /// # Errors
    /// When there never is anything that can be clicked.
    pub async fn click_on(&self, xpath: &str) -> Result<()> {
        let element = self.find(xpath).await?;
        element.click().await.with_context(|| format!("cannot click {xpath}"))
    }

    /// How many elements this `XPath` finds, visible or not.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn count(&self, xpath: &str) -> Result<usize> {
        Ok(self.client.find_all(Locator::XPath(xpath)).await?.len())
    }

    /// Types into the visible field with this name.
    ///
    /// # Errors
    /// When there is no such field, or it takes no keys.
    pub async fn type_into(&self, name: &str, text: &str) -> Result<()> {
        let field = self.find(&format!("//*[@name='{name}']")).await?;
        field.send_keys(text).await.with_context(|| format!("cannot type into {name}"))
    }

    /// The text of the visible page.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn text(&self) -> Result<String> {
        let text = self.run("return document.body.innerText").await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Runs the body of a function in the page, and gives what it returns.
    ///
    /// # Errors
    /// When it throws.
    pub async fn run(&self, script: &str) -> Result<Value> {
        self.client.execute(script, Vec::new()).await.context("a script in the page failed")
    }

    /// Runs the body of an async function in the page with `input`, and gives what it resolves to.
    ///
    /// # Errors
    /// When it throws, or does not end within half a minute.
    pub async fn run_async(&self, script: &str, input: Value) -> Result<Value> {
        let script = format!(
            "const [input, done] = arguments;
             (async () => {{ {script} }})().then(value => done({{ value }}), error => done({{ error: String(error) }}));"
        );
        let answer = self.client.execute_async(&script, vec![input]).await?;
        if let Some(error) = answer["error"].as_str() {
            bail!("a script in the page failed: {error}");
        }
        Ok(answer["value"].clone())
    }

    /// Waits until the SDK, if the page has it, keeps nothing that the collector has not acknowledged.
    ///
    /// # Errors
    /// When it keeps something for good.
    pub async fn wait_until_sent(&self) -> Result<()> {
        // What happened is stored at the next idle moment only, so one of those is let go by.
        let waiting = "if (document.readyState !== 'complete') return ['the page'];
            if (!window.sillage) return [];
            if (window.sillage._) return ['the module'];
            await new Promise((done) => setTimeout(() => requestIdleCallback(done, { timeout: 500 }), 100));
            return Object.keys(localStorage).filter((key) =>
                key.startsWith('sillage:') && !/:(visitor|config|trouble)$/.test(key))";
        let mut last = Ok(Value::Null);
        let sent = until("everything is acknowledged", PATIENCE, async || {
            // A page that is being left answers nothing.
            last = self.run_async(waiting, Value::Null).await;
            let waiting = last.as_ref().ok().and_then(Value::as_array);
            Ok(waiting.is_some_and(Vec::is_empty).then_some(()))
        })
        .await;
        sent.with_context(|| format!("what is waited for is {last:?}"))
    }

    /// Sends a command of the `DevTools` protocol.
    ///
    /// # Errors
    /// When the browser refuses it.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Result<Value> {
        let body = json!({ "cmd": command, "params": parameters });
        let command = Extension { path: "goog/cdp/execute", body };
        Ok(self.client.issue_cmd(command).await?)
    }

    /// What was written to the console since the last call, with errors of the network.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn console(&self) -> Result<Vec<String>> {
        let command = Extension { path: "se/log", body: json!({ "type": "browser" }) };
        let entries = self.client.issue_cmd(command).await?;
        let entries = entries.as_array().cloned().unwrap_or_default();
        let line = |entry: Value| {
            let (level, message) = (entry["level"].as_str()?, entry["message"].as_str()?);
            Some(format!("{level}: {message}"))
        };
        Ok(entries.into_iter().filter_map(line).collect())
    }

    /// Sets the size of the page in CSS pixels, as a device would have it.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await.map(drop)
    }

    /// Takes a picture of the visible part of the page.
    ///
    /// # Errors
    /// When the browser refuses, or the file cannot be written.
    pub async fn screenshot(&self, to: &Path) -> Result<()> {
        let png = self.client.screenshot().await?;
        std::fs::write(to, png).with_context(|| format!("cannot write {}", to.display()))
    }

    /// Opens a new tab, and turns to it.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn new_tab(&self) -> Result<()> {
        let tab = self.client.new_window(true).await?;
        Ok(self.client.switch_to_window(tab.handle).await?)
    }

    /// Turns to a tab, by its place among those that are open, from 0.
    ///
    /// # Errors
    /// When there is no such tab.
    pub async fn turn_to_tab(&self, place: usize) -> Result<()> {
        let tab = self.client.windows().await?.into_iter().nth(place).context("no such tab")?;
        Ok(self.client.switch_to_window(tab).await?)
    }

    /// Closes the tab, and turns to the first of the others.
    ///
    /// # Errors
    /// When the browser refuses, or no other tab is open.
    pub async fn close_tab(&self) -> Result<()> {
        self.client.close_window().await?;
        let others = self.client.windows().await?;
        let other = others.into_iter().next().context("no other tab is open")?;
        Ok(self.client.switch_to_window(other).await?)
    }

    /// Closes the browser as a person does, and forgets its profile.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn close(self) -> Result<()> {
        Ok(self.client.close().await?)
    }
}

/// The `XPath` of links and buttons with this label.
fn labelled(label: &str) -> String {
    format!(
        "//*[(self::a or self::button) and (normalize-space()='{label}' or *[normalize-space()='{label}'])]"
    )
}
