//! The people behind the numbers of a feature: those of a trend of it in the same days.

use crate::App;
use crate::dashboard::format::count;
use crate::dashboard::people::{Lists, Number, who};
use crate::dashboard::report::Look;
use crate::dashboard::trend;
use crate::definitions::Project;
use crate::feature::view::DAYS;
use analytics::report::trend::Who;
use analytics::{By, DateRange, FeatureId, Period, Step, Target, Trend};
use jiff::civil::Date;

/// The numbers of the features of a project.
pub(super) struct Behind<'a> {
    look: Look<'a>,
}

impl<'a> Behind<'a> {
    /// As things are now.
    pub(super) fn new(app: &'a App, project: &Project) -> Self {
        Self { look: Look::new(&trend::REPORT, app, project, app.now()) }
    }

    /// Who used it in the last days that features are told of.
    pub(super) fn of_last_days(&self, feature: &str, by: By, n: u64) -> Number {
        self.number(feature, (Period::Day, DateRange::Last { days: DAYS }), (by, None), n)
    }

    /// Who used it in the day or week that begins so.
    pub(super) fn of_period(&self, feature: &str, period: Period, first: &str, n: u64) -> Number {
        match first.parse::<Date>() {
            Ok(day) => {
                let days = DateRange::Between { from: day, to: day };
                self.number(feature, (period, days), (By::People, Some(1)), n)
            }
            Err(_) => Number::plain(count(n)),
        }
    }

    fn number(
        &self,
        feature: &str,
        (period, date_range): (Period, DateRange),
        (by, of): (By, Option<u32>),
        n: u64,
    ) -> Number {
        let Ok(id) = feature.parse::<FeatureId>() else { return Number::plain(count(n)) };
        let series = vec![Some(Step::from(Target::Feature(id)))];
        let trend = Trend { series, period, date_range, ..Trend::default() };
        let asked = trend::Shown::of_trend(trend);
        let lists = Lists { look: &self.look, asked: &asked, at: self.look.now };
        let who_did = Who { series: 1, by, period: of, before: false, trailing: false };
        lists.number(count(n), n, format!("{} who used it", who(by).to_lowercase()), &who_did)
    }
}
