//! The first member of the demonstration: set up as a person would, by the form in the browser.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use ureq::ResponseExt;

use super::identity;

const NAME: &str = "Ada Demo";
const EMAIL: &str = "ada@tidemark.example";

/// How the member signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) email: String,
    pub(super) password: String,
}

impl Member {
    /// Reads the member that an earlier start has set up; `None` if there was none.
    ///
    /// # Errors
    /// The file is there but cannot be understood.
    pub(super) fn load(file: &Path) -> Result<Option<Self>> {
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).context(format!("cannot read `{}`", file.display())),
        };
        let member: Value = serde_json::from_str(&text)?;
        let field = |name: &str| {
            let value = member[name].as_str().map(ToOwned::to_owned);
            value.with_context(|| format!("`{}` has no `{name}`", file.display()))
        };
        Ok(Some(Self { email: field("email")?, password: field("password")? }))
    }

    /// Sets the first member up through the printed welcome address, keeps the password in `file`,
    /// which only this user can read, and has him say who is whose and who is not counted.
    ///
    /// # Errors
    /// The dashboard refuses the form, or the file cannot be written.
    pub(super) fn set_up(welcome: &str, file: &Path) -> Result<Self> {
        let member = Self { email: EMAIL.to_owned(), password: password()? };
        // Kept first: a member whose password nobody knows would be of no use.
        member.save(file)?;
        member.fill_in(welcome).context("cannot set up the first member")?;
        Ok(member)
    }

    fn save(&self, file: &Path) -> Result<()> {
        let text = json!({ "email": self.email, "password": self.password }).to_string();
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file =
            options.open(file).with_context(|| format!("cannot write `{}`", file.display()))?;
        Ok(file.write_all(text.as_bytes())?)
    }

    fn fill_in(&self, welcome: &str) -> Result<()> {
        let browser: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let page = browser.get(welcome).call()?.body_mut().read_to_string()?;
        let form = Form::parse(&page).with_context(|| format!("no form on `{welcome}`"))?;
        let (origin, _) = origin(welcome)?;
        let mut fields = form.hidden;
        for (name, value) in [("name", NAME), ("email", &self.email), ("password", &self.password)]
        {
            fields.push((name.to_owned(), value.to_owned()));
        }
        let mut answer = browser
            .post(format!("{origin}{}", form.action))
            .header("Origin", origin)
            .send_form(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())))?;
        // A form that was taken leads away from itself.
        if answer.status().is_success() && answer.get_uri().path() != form.action {
            return identity::set_rules(&browser, origin);
        }
        let text = answer.body_mut().read_to_string()?;
        bail!("the form was refused with {}: {}", answer.status(), notice(&text))
    }
}

/// What a browser needs of a form that is to be filled in.
#[derive(Debug, PartialEq, Eq)]
struct Form {
    action: String,
    hidden: Vec<(String, String)>,
}

impl Form {
    fn parse(page: &str) -> Option<Self> {
        let (_, form) = page.split_once("<form")?;
        let (form, _) = form.split_once("</form>")?;
        let action = attribute(form.split('>').next()?, "action")?;
        let inputs = form.split("<input").skip(1).filter_map(|tag| tag.split('>').next());
        let hidden = inputs
            .filter(|tag| attribute(tag, "type").as_deref() == Some("hidden"))
            .filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value")?)))
            .collect();
        Some(Self { action, hidden })
    }
}

/// Reads a quoted attribute of a tag.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(rest.split('"').next()?.to_owned())
}

/// Finds what the page says about the refusal.
fn notice(page: &str) -> &str {
    let alert = page.split_once("role=\"alert\"").and_then(|(_, rest)| rest.split_once('>'));
    alert.map_or("no reason given", |(_, rest)| rest.split('<').next().unwrap_or_default())
}

/// Splits an address into origin and path.
fn origin(address: &str) -> Result<(&str, &str)> {
    let start = address.find("://").context("an address without a scheme")? + 3;
    let end = address[start..].find('/').map_or(address.len(), |at| start + at);
    Ok(address.split_at(end))
}

/// Makes up a password of 80 bits.
fn password() -> Result<String> {
    let mut random = [0_u8; 10];
    getrandom::fill(&mut random).context("no randomness")?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_as_a_browser_reads_it() {
        let page = r#"<h1>Welcome</h1><form method="post" action="/welcome">
            <input type="hidden" name="token" value="t-1">
            <input class="input" name="email" type="email" value=""><button>Begin</button></form>"#;
        let hidden = vec![("token".to_owned(), "t-1".to_owned())];
        assert_eq!(Form::parse(page), Some(Form { action: "/welcome".to_owned(), hidden }));
        assert_eq!(Form::parse("<p>This link is no longer valid.</p>"), None);
    }

    #[test]
    fn refusal_is_read_from_the_page() {
        let page = r#"<p class="notice bad" role="alert">The password is too short.</p>"#;
        assert_eq!(notice(page), "The password is too short.");
        assert_eq!(notice("<p>Fine.</p>"), "no reason given");
    }

    #[test]
    fn origin_ends_before_the_path() {
        let address = "http://127.0.0.1:8080/welcome?token=t";
        assert_eq!(origin(address).unwrap(), ("http://127.0.0.1:8080", "/welcome?token=t"));
        assert!(origin("127.0.0.1").is_err());
    }

    #[test]
    fn kept_member_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sign-in.json");
        assert_eq!(Member::load(&file).unwrap(), None);
        let member = Member { email: EMAIL.to_owned(), password: password().unwrap() };
        member.save(&file).unwrap();
        assert_eq!(Member::load(&file).unwrap(), Some(member));
    }
}
