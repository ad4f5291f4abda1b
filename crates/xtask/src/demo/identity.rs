//! Who is whose in the demonstration, and who is not counted: where Tidemark's pages have the ids
//! already, so that its people and companies are known although it embeds the script line and
//! nothing else; and by what Tidemark's own staff is known.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::collector::PROJECT;

/// Where the e-mail addresses of Tidemark's staff are, whom `load-gen` has look around, too.
const STAFF_DOMAIN: &str = "tidemark.example";

/// Sets the rules, as the admin who is signed in with this agent.
///
/// # Errors
/// The collector does not take them.
pub(super) fn set_rules(admin: &ureq::Agent, origin: &str) -> Result<()> {
    let rules = json!([
        { "of": "user", "from": "meta", "name": "user-id" },
        { "of": "user", "from": "global", "name": "tidemark.user.id" },
        { "of": "account", "from": "global", "name": "tidemark.account" },
    ]);
    put(admin, origin, "identity-rules", &rules)?;
    put(admin, origin, "staff", &json!({ "email_domains": [STAFF_DOMAIN] }))
}

/// Sets the first version of some rules of the project.
fn put(admin: &ureq::Agent, origin: &str, what: &str, rules: &Value) -> Result<()> {
    let body = json!({ "expected_version": 0, "rules": rules }).to_string();
    let mut answer = admin
        .put(format!("{origin}/v1/projects/{PROJECT}/{what}"))
        .header("Content-Type", "application/json")
        .send(body)?;
    let told = answer.body_mut().read_to_string().context("no answer")?;
    ensure!(answer.status().is_success(), "{what} was refused: {told}");
    Ok(())
}
