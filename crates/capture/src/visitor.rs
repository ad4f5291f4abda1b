//! Who is there, and the context that this gives to each batch.

use crate::input::Environment;
use crate::json;
use crate::page::foreign_referrer;
use crate::random::Random;
use crate::session::Session;
use crate::text::{clean, without_controls};
use protocol::{Campaign, Context, EventId, Timestamp, limits};
use std::borrow::Cow;

/// The person in front of this browser, as far as it is known, and the visit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Visitor {
    pub(crate) anonymous_id: String,
    pub(crate) user_id: Option<String>,
    pub(crate) account_id: Option<String>,
    /// The page itself has said who the user is, so that no rule says it until he is forgotten.
    pub(crate) is_user_said: bool,
    /// The same of the account.
    pub(crate) is_account_said: bool,
    pub(crate) session: Session,
}

impl Visitor {
    /// Somebody of whom nothing is known.
    pub(crate) fn new(now: Timestamp, random: &mut Random) -> Self {
        Self { anonymous_id: EventId::new(now, random.bytes()).text(), ..Self::default() }
    }

    /// Begins a session.
    ///
    /// Where it came from is told only for the session that began with the load of the page:
    /// `entry` holds it until then.
    pub(crate) fn begin_session(
        &mut self,
        at: Timestamp,
        random: &mut Random,
        entry: Option<&Environment>,
        host: &str,
    ) {
        self.session = Session {
            id: EventId::new(at, random.bytes()).text(),
            started: at,
            last: at,
            referrer: entry.and_then(|entry| foreign_referrer(&entry.referrer, host)),
            campaign: entry.and_then(|entry| cleaned(&entry.campaign)),
        };
    }

    /// The context of what this visitor does now, as JSON.
    pub(crate) fn context(&self, environment: &Environment) -> String {
        let fact = |text| clean(text, limits::TEXT_BYTES);
        let context = Context {
            anonymous_id: Cow::Borrowed(&self.anonymous_id),
            user_id: self.user_id.as_deref().map(Cow::Borrowed),
            account_id: self.account_id.as_deref().map(Cow::Borrowed),
            session_id: Cow::Borrowed(&self.session.id),
            referrer: self.session.referrer.as_deref().map(Cow::Borrowed),
            campaign: self.session.campaign.clone(),
            language: fact(&environment.language),
            time_zone: fact(&environment.time_zone),
            screen: fact(&environment.screen),
            app_version: fact(&environment.app_version),
            automated: environment.is_automated,
        };
        json::context(&context)
    }
}

/// The campaign without secrets and line breaks; nothing if it says nothing.
fn cleaned(campaign: &Campaign<'static>) -> Option<Campaign<'static>> {
    let part = |text: &Option<Cow<'static, str>>| {
        let text = without_controls(text.as_deref()?);
        clean(&text, limits::TEXT_BYTES).map(|text| Cow::Owned(text.into_owned()))
    };
    let Campaign { source, medium, name } = campaign;
    let campaign = Campaign { source: part(source), medium: part(medium), name: part(name) };
    (campaign != Campaign::default()).then_some(campaign)
}
