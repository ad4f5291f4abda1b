//! The questions of the peer's shape, by its own SQL, and how much longer they take.

use crate::measure::{Figure, promised, report};
use crate::question::Question;
use anyhow::{Context, Result};

/// What is promised on questions about features, as a factor.
const FACTOR: f64 = 5.0;

/// Clicks of a feature, as the peer finds them.
macro_rules! clicks {
    ($feature:literal) => {
        concat!("match(elements_chain, 'attr__data-testid=\"feature-0-", $feature, "\"')")
    };
}

/// Name, and SQL.
pub(crate) const QUESTIONS: [(&str, &str); 6] = [
    ("peer: funnel of 3 features, 90 days, counts", concat!(
        "SELECT countIf(level > 0), countIf(level > 1), countIf(level > 2) FROM (
         SELECT person_id, windowFunnel(1209600)(toUInt64(toUnixTimestamp(timestamp)), ", clicks!("5"), ", ", clicks!("17"), ", ", clicks!("3"), ") AS level
         FROM {data}.bench_peer WHERE team_id = 1 AND event = '$autocapture' AND match(elements_chain, 'attr__data-testid=\"feature-0-(5|17|3)\"') GROUP BY person_id)")),
    ("peer: funnel of 3 features, 90 days, with times", WITH_TIMES),
    ("peer: uses of one feature, 90 days", concat!(
        "SELECT count(), uniqExact(person_id) FROM {data}.bench_peer WHERE team_id = 1 AND event = '$autocapture' AND ", clicks!("17"))),
    ("peer: retention of one feature, 13 weeks", concat!(
        "SELECT groupArray((began, n, kept)) FROM (
         SELECT arrayMin(weeks) AS began, count() AS n, sumForEach(arrayMap(week -> has(weeks, week), range(14))) AS kept FROM (
           SELECT person_id, groupUniqArray(toRelativeWeekNum(timestamp) - toRelativeWeekNum({quarter_ago})) AS weeks
           FROM {data}.bench_peer WHERE team_id = 1 AND event = '$autocapture' AND ", clicks!("17"), " GROUP BY person_id
         ) GROUP BY began)")),
    ("peer: paths, 5 pages, 30 days",
        "SELECT count(), max(n) FROM (
         SELECT arraySlice(arrayMap(view -> view.2, visit), 1, 5) AS path, count() AS n FROM (
           SELECT arraySplit((view, place) -> place > 1 AND view.1 - views[place - 1].1 >= 1800000, views, arrayEnumerate(views)) AS visits FROM (
             SELECT person_id, arraySort(groupArray((toUInt64(toUnixTimestamp64Milli(toDateTime64(timestamp, 3))), JSONExtractString(properties, '$pathname')))) AS views
             FROM {data}.bench_peer WHERE team_id = 1 AND event = '$pageview' AND timestamp >= {month_ago} GROUP BY person_id)
         ) ARRAY JOIN visits AS visit GROUP BY path)"),
    ("peer: people of all events, 90 days", "SELECT uniqExact(person_id) FROM {data}.bench_peer WHERE team_id = 1"),
];

/// The peer's own way: window functions over every event that any step takes.
const WITH_TIMES: &str = concat!("
SELECT countIf(reached > 0), countIf(reached > 1), countIf(reached > 2), round(avgIf(took_in_all, reached = 3)) FROM (
  SELECT person_id, max(steps) AS reached, maxIf(took, steps = 3) AS took_in_all FROM (
    SELECT person_id, multiIf(latest_0 <= latest_1 AND latest_1 <= latest_0 + INTERVAL 14 DAY AND latest_1 <= latest_2 AND latest_2 <= latest_0 + INTERVAL 14 DAY, 3,
      latest_0 <= latest_1 AND latest_1 <= latest_0 + INTERVAL 14 DAY, 2, 1) AS steps, dateDiff('second', latest_0, latest_2) AS took FROM (
      SELECT person_id, timestamp, step_0, latest_0, latest_1,
        min(latest_2) OVER (PARTITION BY person_id ORDER BY timestamp DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 0 PRECEDING) AS latest_2 FROM (
        SELECT person_id, timestamp, step_0, latest_0, latest_1, if(latest_2 < latest_1, NULL, latest_2) AS latest_2 FROM (
          SELECT person_id, timestamp, step_0, latest_0,
            min(latest_1) OVER (PARTITION BY person_id ORDER BY timestamp DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 0 PRECEDING) AS latest_1,
            min(latest_2) OVER (PARTITION BY person_id ORDER BY timestamp DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 0 PRECEDING) AS latest_2 FROM (
            SELECT person_id, timestamp, ", clicks!("5"), " AS step_0, if(step_0, timestamp, NULL) AS latest_0,
              if(", clicks!("17"), ", timestamp, NULL) AS latest_1, if(", clicks!("3"), ", timestamp, NULL) AS latest_2
            FROM {data}.bench_peer WHERE team_id = 1 AND event = '$autocapture'
              AND match(elements_chain, 'attr__data-testid=\"feature-0-(5|17|3)\"')))))
    WHERE step_0)
  GROUP BY person_id)");

/// Says how much longer each question of the peer's takes than the same of ours, by the time of
/// the engine's threads; of features five times as long is promised.
pub(crate) fn compare(questions: &[Question], figures: &[Figure]) -> Result<()> {
    let of = |name: &str| {
        let at = questions.iter().position(|question| question.name.ends_with(name))?;
        figures.get(at)
    };
    for (peer, _) in QUESTIONS {
        let name = peer.trim_start_matches("peer: ");
        let ours = of(name).with_context(|| format!("nothing beside `{peer}`"))?;
        let theirs = questions.iter().zip(figures).find(|(question, _)| question.name == peer);
        let (_, theirs) = theirs.context("not asked")?;
        let factor = theirs.cpu_ms / ours.cpu_ms.max(0.1);
        let is_of_features = name.contains("feature");
        let name = format!("times faster than the peer's shape: {name}");
        match is_of_features {
            true => promised(&name, factor, "times", "at least 5 times", factor >= FACTOR),
            false => report(&name, factor, "times"),
        }
    }
    Ok(())
}
