//! The identity rules of the demonstration: where Tidemark's pages have the ids already, so that
//! its people and companies are known although it embeds the script line and nothing else.

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::collector::PROJECT;

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
    let body = json!({ "expected_version": 0, "rules": rules }).to_string();
    let mut answer = admin
        .put(format!("{origin}/v1/projects/{PROJECT}/identity-rules"))
        .header("Content-Type", "application/json")
        .send(body)?;
    let told = answer.body_mut().read_to_string().context("no answer")?;
    ensure!(answer.status().is_success(), "the identity rules were refused: {told}");
    Ok(())
}
