//! Features side by side as people read them. Pure: numbers in, texts out.

use super::Loaded;
use super::order::{COLUMNS, Column};
use super::shown::Shown;
use super::view::{Answer, Back, Everybody, Head, Row, Share, Side, Size, Stay, Trend};
use crate::dashboard::format::{capital, count, many, people, percent, time_of_day};
use crate::dashboard::live::zone;
use crate::dashboard::people::{Lists, Number, who};
use crate::dashboard::range::days;
use crate::dashboard::report::Look;
use crate::dashboard::spark::{HEIGHT, Spark, WIDTH};
use crate::dashboard::unit::units;
use analytics::report::adoption::{Again, Compared, FEW, Halves, Number as Of, Stayed, Who};
use analytics::report::retention::Cohorts;
use analytics::{
    Adoption, AdoptionResult, By, FeatureAdoption, Period, Retention, Step, Target, Threshold,
    Trend as TrendQuestion,
};

/// An answer with what it is told beside.
pub(super) struct Told<'a> {
    pub(super) look: &'a Look<'a>,
    pub(super) asked: &'a Shown,
    pub(super) loaded: &'a Loaded,
    pub(super) result: &'a AdoptionResult,
}

impl Told<'_> {
    /// The answer in words.
    pub(super) fn answer(&self, shown: &[&FeatureAdoption]) -> Answer {
        let is_of_few = |it: &FeatureAdoption| {
            it.retention.is_of_few() || it.staying.is_of_few() || it.compared.is_of_few()
        };
        Answer {
            caption: self.caption(shown),
            notes: self.notes(),
            heads: COLUMNS.iter().map(|(column, _)| self.head(*column)).collect(),
            rows: shown.iter().map(|feature| self.row(feature)).collect(),
            everybody: Everybody {
                people: self.number(None, By::People, true, self.result.people),
                accounts: self.number(None, By::Accounts, true, self.result.accounts),
                trend: self.trend(None, &self.result.trend, self.result.compared),
            },
            few: shown.iter().any(|it| is_of_few(it)).then(few),
            spark: Size { width: WIDTH, height: HEIGHT },
        }
    }

    /// Which feature is used most, which keeps most, and which goes most with staying.
    fn caption(&self, shown: &[&FeatureAdoption]) -> String {
        let Again { after, period, cohorts } = self.asked.adoption.retention;
        let best = |by: Column| {
            let mut features = shown.to_vec();
            super::order::Order { by, is_turned: false }.sort(&mut features);
            features.first().copied()
        };
        let used = best(Column::People).filter(|it| it.people > 0).map(|it| {
            let share = percent(it.share_of_people);
            format!("“{}” is used by most: {share} of {}.", it.name, people(self.result.people))
        });
        let known =
            |it: &&FeatureAdoption| it.retention.rate.is_some() && !it.retention.is_of_few();
        let kept = best(Column::Back).filter(known).map(|it| {
            let who = match cohorts {
                Cohorts::First => format!("{} who began with it", people(it.retention.of)),
                Cohorts::Recurring => format!("{} somebody used it", many(it.retention.of, "time")),
            };
            format!(
                "“{}” brings most people back: of {who}, {} used it again {} {} later.",
                it.name,
                percent(it.retention.rate.unwrap_or_default()),
                after,
                units(period, after),
            )
        });
        let told: Vec<String> = used.into_iter().chain(kept).collect();
        if told.is_empty() {
            "Nobody used any of them in these days.".to_owned()
        } else {
            told.join(" ")
        }
    }

    /// What the columns mean.
    fn notes(&self) -> Vec<String> {
        let Adoption { period, after, retention, date_range, among: _ } = &self.asked.adoption;
        let scope = &self.look.scope;
        let range = match date_range.days(scope, self.result.computed_at) {
            Ok((from, to)) => format!("{} of {}", capital(units(*period, 2)), days(from, to)),
            Err(_) => capital(units(*period, 2)),
        };
        let at = time_of_day(self.result.computed_at, &zone(&scope.time_zone));
        let n = u64::from(self.result.n_over);
        let Compared { before, halves, .. } = self.result.compared;
        let compared = match (n, before, halves) {
            (0, ..) => format!("No {} is over yet, so nothing is compared.", units(*period, 1)),
            (n, None, None) => format!(
                "There are no events of the {} before to compare with.",
                many(n, units(*period, 1))
            ),
            (n, None, Some(Halves { periods: 1, .. })) => format!(
                "The events do not reach back to the {} before these, so the change is within them: people in the last {unit} that is over, against those in the {unit} before it.",
                many(n, units(*period, 1)),
                unit = units(*period, 1),
            ),
            (n, None, Some(Halves { periods, .. })) => format!(
                "The events do not reach back to the {} before these, so the change is within them: people in a {} on average, in the last {} that are over against the {periods} before those.",
                many(n, units(*period, 1)),
                units(*period, 1),
                many(u64::from(periods), units(*period, 1)),
            ),
            (n, Some(_), _) => format!(
                "The change is of people in the {} that are over, against as many before.",
                many(n, units(*period, 1))
            ),
        };
        let is_open = self.result.n_over < self.result.periods.len() as u32;
        let open = if is_open { " The dashed end is not over." } else { "" };
        let first = match retention.cohorts {
            Cohorts::First => "the first use ever, if that lies in these days",
            Cohorts::Recurring => "a use, counted once in each of these periods",
        };
        vec![
            format!("{range}, whole ones, in {}. As of {at}. {compared}{open}", scope.time_zone),
            "Below each share: how many used it, and, with a minus, how many were there and did not."
                .to_owned(),
            format!(
                "Comes back: used it again exactly {} {} after {first}; only where that is over.",
                retention.after,
                units(retention.period, retention.after),
            ),
            format!(
                "Stays: of the {} in which people used it, the share after which they were in the product {after} {} later, less the same share of those who were there and did not use it. People who stay anyway use more: it is no proof that the feature makes them stay.",
                units(*period, 2),
                units(*period, *after),
            ),
        ]
    }

    fn head(&self, column: Column) -> Head {
        let Adoption { period, after, retention, .. } = &self.asked.adoption;
        let (label, hint) = match column {
            Column::Name => ("Feature", String::new()),
            Column::People => ("People", "share of all".to_owned()),
            Column::Accounts => ("Accounts", "share of all".to_owned()),
            Column::Change => ("Trend", format!("people by the {}", units(*period, 1))),
            Column::Back => (
                "Comes back",
                format!("after {} {}", retention.after, units(retention.period, retention.after)),
            ),
            Column::Stay => ("Stays", format!("after {after} {}, points", units(*period, *after))),
        };
        let order = self.asked.order;
        let next = Shown { order: order.clicked(column), ..self.asked.clone() };
        Head {
            label: label.to_owned(),
            hint,
            address: self.look.address(&next),
            is_number: column != Column::Name,
            sorted: (order.by == column)
                .then(|| if order.is_falling() { "descending" } else { "ascending" }),
        }
    }

    fn row(&self, it: &FeatureAdoption) -> Row {
        let project = &self.look.scope.project;
        Row {
            name: it.name.clone(),
            address: format!("/projects/{project}/features/{}", it.feature),
            module: self.loaded.module(it).to_owned(),
            shares: [
                self.share(it, By::People, it.share_of_people),
                self.share(it, By::Accounts, it.share_of_accounts),
            ],
            trend: self.trend(Some(it), &it.trend, it.compared),
            back: self.back(it),
            stay: self.stay(it),
            first_week: format!("/projects/{project}/first-week?{}", self.first_week(it)),
        }
    }

    fn share(&self, it: &FeatureAdoption, by: By, share: f64) -> Share {
        let (n, all) = match by {
            By::People => (it.people, self.result.people),
            By::Accounts => (it.accounts, self.result.accounts),
        };
        let number = |used, n| self.number(Some(it), by, used, n);
        let without = all.saturating_sub(n);
        Share {
            share: percent(share),
            count: number(true, n),
            without: if without == 0 { Number::default() } else { number(false, without) },
            width: format!("{:.1}", share * 100.0),
        }
    }

    /// How many used it, or did not; of everybody how many were there.
    fn number(&self, it: Option<&FeatureAdoption>, by: By, used: bool, n: u64) -> Number {
        let value = if used { count(n) } else { format!("−{}", count(n)) };
        self.listed(it, (by, used, Of::Range), n, value)
    }

    /// What is shown for `n` of them.
    fn listed(
        &self,
        it: Option<&FeatureAdoption>,
        (by, used, number): (By, bool, Of),
        n: u64,
        value: String,
    ) -> Number {
        let lists = Lists { look: self.look, asked: self.asked, at: self.result.computed_at };
        let of = who(by).to_lowercase();
        let did = match (it, used) {
            (None, _) => "were there".to_owned(),
            (Some(it), true) => format!("used {}", it.name),
            (Some(it), false) => format!("did not use {}", it.name),
        };
        let then = match number {
            Of::Range | Of::Over | Of::Followed | Of::Began => "",
            Of::Before => ", the time before",
            Of::Stayed => ", and stayed",
            Of::CameBack => ", and came back to it",
        };
        let feature = it.and_then(|it| it.feature.parse().ok());
        let label = format!("{of} who {did}{then}");
        lists.number(value, n, label, &Who { feature, by, used, number })
    }

    fn people(&self, it: Option<&FeatureAdoption>, used: bool, of: Of, n: u64) -> Number {
        self.listed(it, (By::People, used, of), n, count(n))
    }

    fn trend(&self, it: Option<&FeatureAdoption>, numbers: &[u64], compared: Compared) -> Trend {
        let numbers_told: Vec<String> = numbers.iter().map(|n| count(*n)).collect();
        let change = compared.change().filter(|_| self.result.n_over > 0);
        let project = &self.look.scope.project;
        Trend {
            spark: Spark::new(numbers, self.result.n_over as usize),
            told: format!(
                "people by {}: {}",
                units(self.asked.adoption.period, 1),
                numbers_told.join(", ")
            ),
            address: format!("/projects/{project}/trend?{}", self.trend_question(it)),
            change: match (change, compared.before, compared.halves) {
                (Some(change), ..) => signed(change, "%"),
                (None, Some(0), _) if compared.now > 0 => "new".to_owned(),
                (None, None, Some(Halves { earlier: 0, later: 1.., .. })) => "new".to_owned(),
                _ => "–".to_owned(),
            },
            within: self.within(compared),
            of: compared.before.map(|before| {
                [(Of::Over, compared.now), (Of::Before, before)]
                    .map(|(of, n)| self.people(it, true, of, n))
            }),
            is_of_few: compared.is_of_few() && compared.now + compared.before.unwrap_or(0) > 0,
        }
    }

    /// From how many to how many in a period on average, where halves are compared.
    fn within(&self, compared: Compared) -> String {
        match compared.halves.filter(|_| compared.before.is_none()) {
            Some(Halves { earlier: 0, later: 0, .. }) | None => String::new(),
            Some(Halves { periods, earlier, later }) => {
                let [earlier, later] = [earlier, later].map(|sum| mean(sum, periods));
                format!("{later} from {earlier} a {}", units(self.asked.adoption.period, 1))
            }
        }
    }

    /// Who came back: people, where each begins once; else how often, which the screen of retention
    /// leads on from.
    fn back(&self, it: &FeatureAdoption) -> Back {
        let back = it.retention;
        let project = &self.look.scope.project;
        let number = |of: Of, n: u64| match self.asked.adoption.retention.cohorts {
            Cohorts::First => self.people(Some(it), true, of, n),
            Cohorts::Recurring => Number::plain(count(n)),
        };
        Back {
            share: back.rate.map_or_else(|| "–".to_owned(), percent),
            address: format!("/projects/{project}/retention?{}", self.retention(it)),
            of: (back.of > 0)
                .then(|| [number(Of::CameBack, back.came), number(Of::Began, back.of)]),
            is_of_few: back.of > 0 && back.is_of_few(),
        }
    }

    fn stay(&self, it: &FeatureAdoption) -> Stay {
        let staying = &it.staying;
        let side = |used: bool, of: &Stayed, rate: f64| Side {
            stayed: self.listed(Some(it), (By::People, used, Of::Stayed), of.came, percent(rate)),
            people: self.people(Some(it), used, Of::Followed, of.people),
        };
        let rates = staying.with.rate.zip(staying.without.rate);
        Stay {
            difference: staying.difference().map_or_else(|| "–".to_owned(), |it| signed(it, "")),
            sides: rates.map(|(with, without)| {
                [side(true, &staying.with, with), side(false, &staying.without, without)]
            }),
            is_of_few: rates.is_some() && staying.is_of_few(),
        }
    }

    /// The address of the same people in a trend.
    fn trend_question(&self, it: Option<&FeatureAdoption>) -> String {
        let Adoption { period, date_range, ref among, .. } = self.asked.adoption;
        let among = among.together();
        let step = it.and_then(|it| it.feature.parse().ok());
        let step = step.map(|id| Step::from(Target::Feature(id)));
        let trend = TrendQuestion {
            series: vec![step],
            period,
            date_range,
            among,
            ..TrendQuestion::default()
        };
        trend.to_query_string()
    }

    /// The address of the feature's retention with the same periods.
    fn retention(&self, it: &FeatureAdoption) -> String {
        let again = self.asked.adoption.retention;
        let step = it.feature.parse().ok().map(|id| Step::from(Target::Feature(id)));
        let retention = Retention {
            start: step.clone(),
            returning: step,
            period: again.period,
            followed: again.after.max(Retention::usual(again.period)),
            cohorts: again.cohorts,
            date_range: self.asked.adoption.date_range,
            among: self.asked.adoption.among.together(),
            ..Retention::default()
        };
        retention.to_query_string()
    }

    /// The address of what its use in the first week means.
    fn first_week(&self, it: &FeatureAdoption) -> String {
        let Adoption { date_range, ref among, .. } = self.asked.adoption;
        let threshold = Threshold { date_range, among: among.together(), ..Threshold::default() };
        format!("{}&feature={}", threshold.to_query_string(), it.feature)
    }
}

/// How many in a period on average: whole ones, and tenths of few.
fn mean(sum: u64, periods: u32) -> String {
    let mean = sum as f64 / f64::from(periods.max(1));
    match mean {
        10.0.. => count(mean.round() as u64),
        few if few.fract() < 0.05 => format!("{few:.0}"),
        few => format!("{few:.1}"),
    }
}

/// A difference of shares in hundredths, with its sign: `+12`, `−3`, `0`.
fn signed(difference: f64, unit: &str) -> String {
    let rounded = (difference * 100.0).round();
    match rounded {
        n if n > 0.0 => format!("+{n:.0}{unit}"),
        n if n < 0.0 => format!("−{:.0}{unit}", -n),
        _ => format!("0{unit}"),
    }
}

/// What so many periods are called, and that they are later.
pub(super) fn later(after: u32, period: Period) -> String {
    format!("{} later", units(period, after))
}

/// How few people are few, as a sentence.
fn few() -> String {
    format!("* of fewer than {FEW} people, and not ranked with the others")
}
