//! In which periods a moment is, of the range and of coming back, by a table of where they begin and
//! end: what `Periods::sql` says of a column in ClickHouse, which takes it ten times as long.

use super::{Adoption, Cut};
use crate::query::{InvalidQuery, Periods};
use protocol::Timestamp;

/// A moment of the range, or before it: the lowest byte of what is said of one is the number of its
/// period, or one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment(u32);

impl Moment {
    /// Before the range, in as many periods as are compared.
    const BEFORE: u32 = 64;
    const OUTSIDE: u32 = 65;
    const AGAIN: u32 = 1 << 8;
    /// Of no period, and before none.
    const NONE: Self = Self(Self::OUTSIDE);

    /// The period of the range.
    pub(super) const fn period(self) -> Option<u32> {
        match self.0 % Self::AGAIN {
            Self::BEFORE.. => None,
            period => Some(period),
        }
    }

    /// Whether it is just before the range.
    pub(super) const fn is_before(self) -> bool {
        self.0 % Self::AGAIN == Self::BEFORE
    }

    /// Whether it is before all periods of coming back.
    pub(super) const fn is_before_again(self) -> bool {
        self.0 / Self::AGAIN == 1
    }

    /// The period of coming back.
    pub(super) const fn again(self) -> Option<u32> {
        (self.0 / Self::AGAIN).checked_sub(2)
    }

    /// Whether it is nothing of all that.
    pub(super) const fn is_none(self) -> bool {
        self.0 == Self::NONE.0
    }

    pub(super) const fn new(period: Option<u32>, is_before: bool, again: Option<u32>) -> Self {
        let period = match period {
            Some(period) => period,
            None if is_before => Self::BEFORE,
            None => Self::OUTSIDE,
        };
        match again {
            Some(again) => Self(period + Self::AGAIN * (again + 2)),
            None => Self(period),
        }
    }

    pub(super) const fn and_before_again(self) -> Self {
        Self(self.0 % Self::AGAIN + Self::AGAIN)
    }
}

/// The most stretches of time that the table is made of, but for those with more than one beginning.
const MAX_STRETCHES: i64 = 1 << 13;

/// What is said of each moment.
#[derive(Debug)]
pub(crate) struct Moments {
    /// Where something else begins to hold, in milliseconds since 1970, and what; the last is the end
    /// of time.
    begins: Vec<i64>,
    moments: Vec<Moment>,
    /// Of each stretch of time from the first of them on, the last that began before it.
    stretches: Vec<u32>,
    /// How long a stretch is, as a power of two of milliseconds.
    length: u32,
    /// Before the first of them weekends may be of no period.
    again: Periods,
}

/// Beginning and end of a period, and its number.
type Bounds = (i64, i64, i64);

impl Moments {
    /// What is said `now`.
    ///
    /// # Errors
    /// When a period lies beyond the calendar.
    pub(crate) fn new(
        adoption: &Adoption,
        cut: &Cut,
        now: Timestamp,
    ) -> Result<Self, InvalidQuery> {
        let again_after = adoption.retention.after;
        let begun = now.plus_millis(1).as_millis();
        let Cut { periods, again } = cut;
        let n_over = i64::from(periods.n_over(now)?);
        let of_range = bounds(periods, -n_over..i64::from(periods.len()), begun)?;
        let mut of_again = bounds(again, 0..i64::from(again.len() + again_after), begun)?;
        let first_again = of_again.first().map_or(begun, |(begin, ..)| *begin);
        let first = of_range.first().map_or(first_again, |(begin, ..)| first_again.min(*begin));
        if again.has_gaps() {
            let mut number = 0;
            while of_again.first().is_some_and(|(begin, ..)| *begin > first) {
                number -= 1;
                of_again.splice(0..0, bounds(again, number..number + 1, begun)?);
            }
        }
        let ends = [&of_range, &of_again].into_iter().flatten();
        let mut begins: Vec<i64> =
            ends.flat_map(|(begin, end, _)| [*begin, *end]).chain([first]).collect();
        begins.sort_unstable();
        begins.dedup();
        // A weekend may be before the first of them.
        begins.retain(|begin| *begin >= first);
        let moment = |at: &i64| {
            let period = within(&of_range, *at);
            let of = |number: Option<i64>| number.and_then(|number| u32::try_from(number).ok());
            let came = within(&of_again, *at);
            let moment = Moment::new(of(period), period.is_some_and(|number| number < 0), of(came));
            let is_before = *at < first_again && (!again.has_gaps() || came.is_some());
            if is_before { moment.and_before_again() } else { moment }
        };
        let moments = begins.iter().map(moment).collect();
        let span = begins.last().map_or(0, |last| last - first);
        let length = (0..i64::BITS - 1).find(|length| span >> length < MAX_STRETCHES).unwrap_or(0);
        let began = |stretch: i64| {
            let at = first + (stretch << length);
            begins.partition_point(|begin| *begin <= at).saturating_sub(1) as u32
        };
        let stretches = (0..=span >> length).map(began).collect();
        begins.push(i64::MAX);
        Ok(Self { begins, moments, stretches, length, again: again.clone() })
    }

    /// What is said of a moment, in milliseconds since 1970.
    pub(super) fn at(&self, at: i64) -> Moment {
        let since = at.wrapping_sub(self.begins[0]);
        if since < 0 {
            return self.earlier(at);
        }
        let stretch = (since >> self.length) as usize;
        let Some(began) = self.stretches.get(stretch) else { return Moment::NONE };
        let mut began = *began as usize;
        while self.begins[began + 1] <= at {
            began += 1;
        }
        self.moments[began]
    }

    #[cold]
    fn earlier(&self, at: i64) -> Moment {
        match self.again.has(Timestamp::from_millis(at)) {
            true => Moment::NONE.and_before_again(),
            false => Moment::NONE,
        }
    }
}

/// The periods of these numbers, as far as they have begun.
fn bounds(
    periods: &Periods,
    numbers: std::ops::Range<i64>,
    begun: i64,
) -> Result<Vec<Bounds>, InvalidQuery> {
    let mut all = Vec::new();
    for number in numbers {
        let [begin, end] = periods.bounds(number)?.map(Timestamp::as_millis);
        if begin < begun {
            all.push((begin, end.min(begun), number));
        }
    }
    Ok(all)
}

/// The number of the period that a moment is in.
fn within(periods: &[Bounds], at: i64) -> Option<i64> {
    let next = periods.partition_point(|(begin, ..)| *begin <= at);
    let (_, end, number) = periods.get(next.checked_sub(1)?)?;
    (at < *end).then_some(*number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::{DateRange, Period, Scope};
    use crate::report::adoption::Again;
    use crate::report::retention::Cohorts;
    use protocol::ProjectId;
    use store::WeekStart;
    use store::identity::Grouping;

    const HOUR: i64 = 3_600_000;
    /// A Wednesday in the week after the clocks of Berlin were set back.
    const NOW: i64 = 1_793_187_000_123;

    fn scope() -> Scope {
        let project = ProjectId::parse("p").unwrap();
        Scope {
            grouping: Grouping::none(project.clone()),
            project,
            time_zone: "Europe/Berlin".to_owned(),
            week_start: WeekStart::Monday,
            count_automated: false,
        }
    }

    /// What is said of a moment, by going over all periods.
    fn by_hand(adoption: &Adoption, cut: &Cut, at: i64) -> Moment {
        let Cut { periods, again } = cut;
        let is_in = |periods: &Periods, number: i64| {
            let [begin, end] = periods.bounds(number).unwrap().map(Timestamp::as_millis);
            begin <= at && at < end && at <= NOW
        };
        let n_over = i64::from(periods.n_over(Timestamp::from_millis(NOW)).unwrap());
        let n_again = again.len() + adoption.retention.after;
        let moment = Moment::new(
            (0..periods.len()).find(|n| is_in(periods, i64::from(*n))),
            (1..=n_over).any(|n| is_in(periods, -n)),
            (0..n_again).find(|n| is_in(again, i64::from(*n))),
        );
        let is_before = at < again.start(0).unwrap().as_millis();
        let has = again.has(Timestamp::from_millis(at));
        if is_before && has { moment.and_before_again() } else { moment }
    }

    #[test]
    fn a_moment_is_where_going_over_all_periods_puts_it() {
        let periods = [Period::Hour, Period::Day, Period::WorkingDay, Period::Week, Period::Month];
        for (period, of_again) in periods.into_iter().flat_map(|one| periods.map(|two| (one, two)))
        {
            let days = if [period, of_again].contains(&Period::Hour) { 3 } else { 40 };
            let retention = Again { period: of_again, after: 3, cohorts: Cohorts::First };
            let date_range = DateRange::Last { days };
            let adoption = Adoption { period, retention, date_range, ..Adoption::default() };
            let now = Timestamp::from_millis(NOW);
            let cut = adoption.cut(&scope(), now).unwrap();
            let moments = Moments::new(&adoption, &cut, now).unwrap();
            let now_and_then = (-300..4).map(|n| NOW + 11 * n * HOUR + 1);
            let bounds = [&cut.periods, &cut.again].into_iter().flat_map(|periods| {
                let n = i64::from(periods.len());
                (-n - 2..n + 5).flat_map(|number| periods.bounds(number).unwrap())
            });
            let bounds = bounds.map(Timestamp::as_millis).chain([NOW, i64::from(u32::MAX) * HOUR]);
            let beside = bounds.flat_map(|at| [at - 1, at, at + 1]);
            for at in now_and_then.chain(beside) {
                let expected = by_hand(&adoption, &cut, at);
                assert_eq!(moments.at(at), expected, "{at} of {adoption:?}");
            }
        }
    }
}
