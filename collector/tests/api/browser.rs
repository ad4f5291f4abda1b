//! A browser without a window: keeps cookies, fills in forms, reads pages as text.

use crate::test_app::{Answer, TestApp};
use anyhow::{Context, Result, ensure};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode, header};
use form_urlencoded::Serializer;
use protocol::Timestamp;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The password of the first member.
pub(crate) const PASSWORD: &str = "a calm sea is nice";

/// A browser without a window.
pub(crate) struct Browser<'a> {
    app: &'a TestApp,
    cookies: BTreeMap<String, String>,
    /// Where its connections come from.
    pub(crate) from: IpAddr,
    /// What it says of where its forms come from.
    pub(crate) origin: Option<&'static str>,
}

impl<'a> Browser<'a> {
    /// One on this machine that knows nothing yet.
    pub(crate) fn new(app: &'a TestApp) -> Self {
        let from = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Self { app, cookies: BTreeMap::new(), from, origin: Some("http://127.0.0.1:8080") }
    }

    /// One with the cookies of another, for a collector that was started again.
    pub(crate) fn with_cookies(app: &'a TestApp, cookies: BTreeMap<String, String>) -> Self {
        Self { cookies, ..Self::new(app) }
    }

    /// Its cookies.
    pub(crate) fn into_cookies(self) -> BTreeMap<String, String> {
        self.cookies
    }

    /// One in which the first member is signed in.
    pub(crate) async fn signed_in(app: &'a TestApp) -> Result<Self> {
        let mut browser = Self::new(app);
        let token = invitation(app).await?;
        let answer = browser.begin(&token, PASSWORD).await?;
        ensure!(answer.status == StatusCode::SEE_OTHER, "not signed in: {answer}");
        Ok(browser)
    }

    /// Fills in the form for the first member.
    pub(crate) async fn begin(&mut self, token: &str, password: &str) -> Result<Answer> {
        let (name, email) = ("Ada Marin", "ada@example.com");
        let fields = [("token", token), ("name", name), ("email", email), ("password", password)];
        self.post("/welcome", &fields).await
    }

    /// Opens an address.
    pub(crate) async fn get(&mut self, address: &str) -> Result<Answer> {
        self.send(Method::GET, address, Body::empty()).await
    }

    /// Sends a form.
    pub(crate) async fn post(&mut self, address: &str, form: &[(&str, &str)]) -> Result<Answer> {
        let body = Serializer::new(String::new()).extend_pairs(form).finish();
        self.send(Method::POST, address, Body::from(body)).await
    }

    /// A request as this browser would send it.
    pub(crate) fn request(
        &self,
        method: Method,
        address: &str,
        body: Body,
    ) -> Result<Request<Body>> {
        let cookies: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder()
            .method(method)
            .uri(address)
            .header(header::HOST, "127.0.0.1:8080")
            .header(header::ACCEPT, "text/html,*/*")
            .header(header::COOKIE, cookies.join("; "))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(origin) = self.origin {
            request = request.header(header::ORIGIN, origin);
        }
        let mut request = request.body(body)?;
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from((self.from, 50_000))));
        Ok(request)
    }

    async fn send(&mut self, method: Method, address: &str, body: Body) -> Result<Answer> {
        let answer = self.app.send(self.request(method, address, body)?).await?;
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            let pair = cookie.to_str()?.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').context("a cookie without a value")?;
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        Ok(answer)
    }
}

/// The one-time token for the first member.
pub(crate) async fn invitation(app: &TestApp) -> Result<String> {
    let app = app.app()?;
    let now: Timestamp = app.now();
    app.members().invite_first(now).await?.context("there is a member already")
}

/// The value of a page's field.
pub(crate) fn field(page: &Answer, name: &str) -> Result<String> {
    let (_, rest) =
        page.body.split_once(&format!("name=\"{name}\" value=\"")).context("no such field")?;
    Ok(rest.split('"').next().unwrap_or_default().to_owned())
}

/// What the form of a report sends as it stands: its fields in their order, without a button.
pub(crate) fn report_form(page: &Answer) -> String {
    let form = page.body.split_once("<form id=\"report\"").map_or("", |(_, form)| form);
    let form = form.split_once("</form>").map_or(form, |(form, _)| form);
    let mut fields = form_urlencoded::Serializer::new(String::new());
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        let value = rest.split('"').next()?;
        Some(value.replace("&#34;", "\"").replace("&#39;", "'").replace("&amp;", "&"))
    };
    let tags: Vec<_> = form.split('<').filter_map(|piece| piece.split('>').next()).collect();
    for (n, tag) in tags.iter().enumerate() {
        let Some(name) = attribute(tag, "name").filter(|_| !tag.contains(" form=")) else {
            continue;
        };
        let value = match tag.split(' ').next() {
            Some("input") => attribute(tag, "value"),
            Some("select") => {
                let options = tags[n..].iter().take_while(|tag| **tag != "/select");
                let mut options = options.filter(|tag| tag.starts_with("option"));
                let first = options.clone().next();
                let chosen = options.find(|tag| tag.ends_with(" selected")).or(first);
                chosen.and_then(|tag| attribute(tag, "value"))
            }
            _ => continue,
        };
        fields.append_pair(&name, &value.unwrap_or_default());
    }
    fields.finish()
}

/// What a reader sees of a page's main part, a line for each piece of text; without what every report
/// offers to choose from.
pub(crate) fn text(page: &Answer) -> String {
    let main = page.body.split_once("<main").map_or(page.body.as_str(), |(_, main)| main);
    let mut lines = Vec::new();
    let (mut is_script, mut is_choice) = (false, false);
    for piece in main.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap_or((piece, ""));
        is_script = tag.starts_with("script") || (is_script && !tag.starts_with("/script"));
        is_choice = tag.starts_with("fieldset class=\"among\"")
            || (is_choice && !tag.starts_with("/fieldset"));
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !is_script && !is_choice && !text.is_empty() {
            lines.push(text);
        }
    }
    lines.join("\n")
}
