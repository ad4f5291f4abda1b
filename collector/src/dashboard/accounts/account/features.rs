//! The features that an account uses, and those that it does not, beside comparable accounts.

use super::links::{Links, Of};
use super::view::{FeatureRow, FeatureUse};
use super::{Loaded, modules, words};
use crate::dashboard::format::{count, day};
use accounts::account::Feature;
use jiff::tz::TimeZone;

/// The section.
pub(super) fn section(loaded: &Loaded, links: &Links, zone: &TimeZone) -> FeatureUse {
    let account = &loaded.account;
    let row = |feature: &Feature| row(loaded, links, feature, zone);
    let (used, unused): (Vec<&Feature>, Vec<&Feature>) =
        account.features.iter().partition(|feature| feature.uses > 0);
    let mut unused: Vec<_> = unused.into_iter().filter(|feature| feature.is_completion).collect();
    unused.sort_by(|a, b| {
        let peers = |it: &Feature| it.peers.unwrap_or(0.0);
        peers(b).total_cmp(&peers(a)).then_with(|| a.name.cmp(&b.name))
    });
    let n = used.iter().filter(|feature| feature.is_completion).count();
    FeatureUse {
        caption: format!(
            "{} of {} features that complete something were used, {}.",
            count(n as u64),
            count((n + unused.len()) as u64),
            words::days(words::shown(&account.calendar))
        ),
        used: used.into_iter().map(row).collect(),
        unused: unused.into_iter().map(row).collect(),
    }
}

fn row(loaded: &Loaded, links: &Links, feature: &Feature, zone: &TimeZone) -> FeatureRow {
    let calendar = &loaded.account.calendar;
    let base = links.path.split("/accounts/").next().unwrap_or_default();
    let note = match (feature.is_completion, feature.is_core) {
        (false, _) => "looks or prepares, completes nothing",
        (true, false) => "no core action",
        (true, true) => "",
    };
    FeatureRow {
        name: feature.name.clone(),
        address: format!("{base}/features/{}", feature.id),
        module: modules::name(&feature.module),
        note,
        uses: count(feature.uses),
        people: links.number(
            feature.people,
            Of::Feature(&feature.id),
            words::shown(calendar),
            &format!("people who used {}", feature.name),
        ),
        last: feature.last_at.map_or_else(|| "–".to_owned(), |at| day(at, zone)),
        peers: feature.peers.map_or_else(|| "–".to_owned(), words::share),
    }
}
