//! Who is there, and the context that this gives to each batch.

use crate::input::Environment;
use crate::json::{self, field};
use crate::page::foreign_referrer;
use crate::random::Random;
use crate::session::Session;
use crate::text::{clean, without_controls};
use protocol::{EventId, Timestamp, limits};

/// The person in front of this browser, as far as it is known, and the visit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Visitor {
    pub(crate) anonymous_id: String,
    /// Empty while it is not known.
    pub(crate) user_id: String,
    /// Empty while it is not known.
    pub(crate) account_id: String,
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

    /// Who it is, whatever he does.
    pub(crate) fn person(&self) -> String {
        [&*self.anonymous_id, &self.user_id, &self.account_id].join("\n")
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
        let id = EventId::new(at, random.bytes()).text();
        self.session = Session { id, started: at, last: at, ..Session::default() };
        if let Some(entry) = entry {
            self.session.referrer = foreign_referrer(&entry.referrer, host);
            for (part, text) in self.session.campaign.iter_mut().zip(&entry.campaign) {
                // What is saved is separated by line breaks.
                *part = clean(&without_controls(text), limits::TEXT_BYTES).into_owned();
            }
        }
    }

    /// The context of what this visitor does now: JSON of a [`protocol::Context`].
    pub(crate) fn context(&self, environment: &Environment) -> String {
        let mut json = "{".to_owned();
        let Session { id, referrer, campaign, .. } = &self.session;
        for (key, text) in [
            ("anonymous_id", &self.anonymous_id),
            ("user_id", &self.user_id),
            ("account_id", &self.account_id),
            ("session_id", id),
            ("referrer", referrer),
        ] {
            json::text(&mut json, key, text);
        }
        if campaign.iter().any(|part| !part.is_empty()) {
            field(&mut json, "campaign").push('{');
            for (key, part) in ["source", "medium", "name"].iter().zip(campaign) {
                json::text(&mut json, key, part);
            }
            json.push('}');
        }
        for (key, text) in [
            ("language", &environment.language),
            ("time_zone", &environment.time_zone),
            ("screen", &environment.screen),
            ("app_version", &environment.app_version),
        ] {
            json::text(&mut json, key, &clean(text, limits::TEXT_BYTES));
        }
        if environment.is_automated {
            field(&mut json, "automated").push_str("true");
        }
        json.push('}');
        json
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_context_is_that_of_serde(
            texts in proptest::collection::vec("\\PC{0,6}", 11),
            anonymous_id in "[a-z]{1,6}",
            is_automated in any::<bool>(),
        ) {
            let [user_id, account_id, referrer, source, medium, name, language, time_zone, screen, app_version, id] =
                <[_; 11]>::try_from(texts).unwrap();
            let session = Session { id, referrer, campaign: [source, medium, name], ..Session::default() };
            let environment =
                Environment { language, time_zone, screen, app_version, is_automated, ..Environment::default() };
            let visitor = Visitor { anonymous_id, user_id, account_id, session, ..Visitor::default() };
            prop_assert!(json::is_that_of_serde::<protocol::Context<'_>>(&visitor.context(&environment)));
        }
    }
}
