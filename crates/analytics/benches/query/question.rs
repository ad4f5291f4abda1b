//! What is asked: the questions of the screens, the same of a peer's shape, and what else must be
//! quick.

use crate::NOW_MS;
use analytics::feature::Features;
use analytics::report::funnel::{Counting, levels};
use analytics::{Funnel, Scope};
use anyhow::Result;
use protocol::{ProjectId, Timestamp};
use store::{Connection, Statement};

/// A question with its budget.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) name: &'static str,
    /// What its median may take, by the budgets of the product; none if there is no promise.
    pub(crate) budget_ms: Option<u32>,
    pub(crate) statement: Statement,
}

/// Budgets, in milliseconds.
const COUNTS: u32 = 300;
const WITH_TIMES: u32 = 600;
const PATHS: u32 = 300;
const ONE_RETENTION: u32 = 50;
const ALL_RETENTIONS: u32 = 300;
const NAMED: u32 = 2_000;

/// Funnels over any events, by the product's own statements: elements by their numbers.
const FUNNELS: [(&str, Option<u32>, Counting, &str); 5] = [
    (
        "funnel, any events, 3 steps, 30 days, counts",
        Some(COUNTS),
        Counting::WindowFunnel,
        "page 0,5,17 last=30d",
    ),
    (
        "funnel, any events, 3 steps, 30 days, fold",
        Some(WITH_TIMES),
        Counting::Fold,
        "page 0,5,17 last=30d",
    ),
    (
        "funnel, any events, 3 steps, 90 days, counts",
        Some(COUNTS),
        Counting::WindowFunnel,
        "page 0,5,17 last=91d",
    ),
    (
        "funnel, any events, 3 steps, 90 days, fold",
        Some(WITH_TIMES),
        Counting::Fold,
        "page 0,5,17 last=91d",
    ),
    (
        "funnel, any events, 10 steps, 90 days, fold",
        None,
        Counting::Fold,
        "page 0,1,2,0,1,2,0,1,2,0 last=91d",
    ),
];

/// Of whom an event is.
const PERSON: &str = "if(user_id != '', user_id, if((dictGet('{data}.bench_people', 'user_id', (project, anonymous_id)) AS known) != '', known, anonymous_id))";

const QUESTIONS: [(&str, Option<u32>, &str); 18] = [
    (
        "funnel, 3 features, 90 days, counts",
        Some(COUNTS),
        "SELECT countIf(level > 0), countIf(level > 1), countIf(level > 2) FROM (
         SELECT {person} AS person, windowFunnel(604800000)(toUInt64(toUnixTimestamp64Milli(timestamp)), feature = 5, feature = 17, feature = 3) AS level
         FROM {data}.bench_feature_events WHERE project = 'bench' AND feature IN (5, 17, 3) AND NOT is_automated GROUP BY person)",
    ),
    (
        "funnel, 3 features, 90 days, with times",
        Some(WITH_TIMES),
        "SELECT countIf(level > 0), countIf(level > 1), countIf(level > 2), round(avgIf(took, took > 0)) FROM (
         SELECT person, windowFunnel(604800000)(at, step = 1, step = 2, step = 3) AS level, arraySort(groupArray((at, step))) AS events,
           if(level > 1, arrayFold((kept, event) -> multiIf(
               event.2 = 1, (event.1, kept.2, kept.3),
               event.2 = 2 AND kept.1 > 0 AND event.1 - kept.1 <= 604800000, (kept.1, kept.1, kept.3),
               event.2 = 3 AND kept.2 > 0 AND event.1 - kept.2 <= 604800000 AND kept.3 = 0, (kept.1, kept.2, toUInt64(event.1 - kept.2)),
               kept), events, (toUInt64(0), toUInt64(0), toUInt64(0))).3, 0) AS took
         FROM (
           SELECT {person} AS person, toUInt64(toUnixTimestamp64Milli(timestamp)) AS at, multiIf(feature = 5, 1, feature = 17, 2, 3) AS step
           FROM {data}.bench_feature_events WHERE project = 'bench' AND feature IN (5, 17, 3) AND NOT is_automated
         ) GROUP BY person)",
    ),
    ("peer: funnel, 3 features, 90 days, with times", None, PEER_FUNNEL),
    (
        "paths, 5 pages, 30 days",
        Some(PATHS),
        "SELECT count(), max(n) FROM (
         SELECT arraySlice(arrayMap(view -> view.2, visit), 1, 5) AS path, count() AS n FROM (
           SELECT arraySplit((view, place) -> place > 1 AND view.1 - views[place - 1].1 >= 1800000, views, arrayEnumerate(views)) AS visits FROM (
             SELECT {person} AS person, arraySort(groupArray((toUInt64(toUnixTimestamp64Milli(timestamp)), page_id))) AS views
             FROM {data}.events WHERE project = 'bench' AND kind = 'page_view' AND timestamp >= {month_ago} AND NOT is_automated GROUP BY person)
         ) ARRAY JOIN visits AS visit GROUP BY path)",
    ),
    (
        "peer: paths, 5 pages, 30 days",
        None,
        "SELECT count(), max(n) FROM (
         SELECT arraySlice(arrayMap(view -> view.2, visit), 1, 5) AS path, count() AS n FROM (
           SELECT arraySplit((view, place) -> place > 1 AND view.1 - views[place - 1].1 >= 1800000, views, arrayEnumerate(views)) AS visits FROM (
             SELECT person_id, arraySort(groupArray((toUInt64(toUnixTimestamp64Milli(toDateTime64(timestamp, 3))), JSONExtractString(properties, '$pathname')))) AS views
             FROM {data}.bench_peer WHERE team_id = 1 AND event = '$pageview' AND timestamp >= {month_ago} GROUP BY person_id)
         ) ARRAY JOIN visits AS visit GROUP BY path)",
    ),
    (
        "retention of one feature, 13 weeks",
        Some(ONE_RETENTION),
        "SELECT groupArray((began, n, kept)) FROM (
         SELECT bitCount(bitAnd(weeks, bitNot(weeks) + 1) - 1) AS began, count() AS n, sumForEach(arrayMap(week -> bitTest(weeks, week), range(14))) AS kept FROM (
           SELECT {person} AS person, groupBitOr(bitShiftLeft(toUInt32(1), toRelativeWeekNum(timestamp) - toRelativeWeekNum({quarter_ago}))) AS weeks
           FROM {data}.bench_feature_events WHERE project = 'bench' AND feature = 17 AND NOT is_automated GROUP BY person
         ) GROUP BY began)",
    ),
    (
        "peer: retention of one feature, 13 weeks",
        None,
        "SELECT groupArray((began, n, kept)) FROM (
         SELECT arrayMin(weeks) AS began, count() AS n, sumForEach(arrayMap(week -> has(weeks, week), range(14))) AS kept FROM (
           SELECT person_id, groupUniqArray(toRelativeWeekNum(timestamp) - toRelativeWeekNum({quarter_ago})) AS weeks
           FROM {data}.bench_peer WHERE team_id = 1 AND event = '$autocapture' AND match(elements_chain, 'attr__data-testid=\"feature-17-[0-9]+\"') GROUP BY person_id
         ) GROUP BY began)",
    ),
    (
        "retention of 200 features, 13 weeks, by their events",
        Some(ALL_RETENTIONS),
        "SELECT count(), sum(n) FROM (
         SELECT feature, bitCount(bitAnd(weeks, bitNot(weeks) + 1) - 1) AS began, count() AS n, sumForEach(arrayMap(week -> bitTest(weeks, week), range(14))) AS kept FROM (
           SELECT feature, {person} AS person, groupBitOr(bitShiftLeft(toUInt32(1), toRelativeWeekNum(timestamp) - toRelativeWeekNum({quarter_ago}))) AS weeks
           FROM {data}.bench_feature_events WHERE project = 'bench' AND NOT is_automated GROUP BY feature, person
         ) GROUP BY feature, began)",
    ),
    (
        "retention of 200 features, 13 weeks, by weekly bitmaps",
        Some(ALL_RETENTIONS),
        "SELECT count(), sum(kept) FROM (
         SELECT a.feature, a.week AS began, b.week - a.week AS later, bitmapAndCardinality(a.people, b.people) AS kept
         FROM {data}.bench_feature_weeks AS a INNER JOIN {data}.bench_feature_weeks AS b ON a.project = b.project AND a.feature = b.feature
         WHERE b.week >= a.week)",
    ),
    (
        "people of one feature, 90 days, join with the mapping",
        None,
        "SELECT uniqExact(if(e.user_id != '', e.user_id, if(m.user_id != '', m.user_id, e.anonymous_id))) FROM {data}.bench_feature_events AS e
         LEFT ANY JOIN (SELECT anonymous_id, user_id FROM {data}.bench_person_of WHERE project = 'bench') AS m ON m.anonymous_id = e.anonymous_id
         WHERE e.project = 'bench' AND e.feature = 5",
    ),
    (
        "people of one feature, 90 days, dictionary",
        None,
        "SELECT uniqExact({person}) FROM {data}.bench_feature_events WHERE project = 'bench' AND feature = 5",
    ),
    (
        "people of all events, 90 days, dictionary",
        None,
        "SELECT uniqExact({person}) FROM {data}.events WHERE project = 'bench'",
    ),
    (
        "a feature named now: its events, from all",
        Some(NAMED),
        "SELECT count(), uniqExact({person}) FROM {data}.events WHERE project = 'bench' AND kind = 'click'
         AND element_id IN (SELECT sipHash64('element', toInt64(number)) FROM numbers(2000) WHERE number % 200 = 17)",
    ),
    (
        "peer: a feature named now: its events, from all",
        None,
        "SELECT count(), uniqExact(person_id) FROM {data}.bench_peer WHERE team_id = 1 AND event = '$autocapture' AND match(elements_chain, 'attr__data-testid=\"feature-17-[0-9]+\"')",
    ),
    (
        "resolution: 20,000 elements read",
        None,
        "SELECT element_id, any(canonical) FROM {data}.elements WHERE project = 'bench' GROUP BY element_id",
    ),
    (
        "one person: the last hundred events",
        None,
        "SELECT timestamp, kind, path, element_id FROM {data}.events WHERE project = 'bench' AND anonymous_id IN (
           SELECT anonymous_id FROM {data}.bench_person_of WHERE project = 'bench' AND user_id = (SELECT any(user_id) FROM {data}.bench_browsers WHERE browser = 100))
         ORDER BY timestamp DESC LIMIT 100",
    ),
    (
        "live: the last fifty events",
        None,
        "SELECT timestamp, kind, path, anonymous_id, properties FROM {data}.events WHERE project = 'bench' AND timestamp >= {hour_ago} ORDER BY timestamp DESC LIMIT 50",
    ),
    (
        "one element: clicks by day, 90 days",
        None,
        "SELECT toDate(timestamp) AS day, count() FROM {data}.events WHERE project = 'bench' AND element_id = sipHash64('element', toInt64(17)) GROUP BY day ORDER BY day",
    ),
];

/// The peer's own way: window functions over every event that any step takes.
const PEER_FUNNEL: &str = "
SELECT countIf(reached > 0), countIf(reached > 1), countIf(reached > 2), round(avgIf(took_in_all, reached = 3)) FROM (
  SELECT person_id, max(steps) AS reached, maxIf(took, steps = 3) AS took_in_all FROM (
    SELECT person_id, multiIf(latest_0 <= latest_1 AND latest_1 <= latest_0 + INTERVAL 7 DAY AND latest_1 <= latest_2 AND latest_2 <= latest_0 + INTERVAL 7 DAY, 3,
      latest_0 <= latest_1 AND latest_1 <= latest_0 + INTERVAL 7 DAY, 2, 1) AS steps, dateDiff('second', latest_0, latest_2) AS took FROM (
      SELECT person_id, timestamp, step_0, latest_0, latest_1,
        min(latest_2) OVER (PARTITION BY person_id ORDER BY timestamp DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 0 PRECEDING) AS latest_2 FROM (
        SELECT person_id, timestamp, step_0, latest_0, latest_1, if(latest_2 < latest_1, NULL, latest_2) AS latest_2 FROM (
          SELECT person_id, timestamp, step_0, latest_0,
            min(latest_1) OVER (PARTITION BY person_id ORDER BY timestamp DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 0 PRECEDING) AS latest_1,
            min(latest_2) OVER (PARTITION BY person_id ORDER BY timestamp DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 0 PRECEDING) AS latest_2 FROM (
            SELECT person_id, timestamp, match(elements_chain, 'attr__data-testid=\"feature-5-[0-9]+\"') AS step_0, if(step_0, timestamp, NULL) AS latest_0,
              if(match(elements_chain, 'attr__data-testid=\"feature-17-[0-9]+\"'), timestamp, NULL) AS latest_1,
              if(match(elements_chain, 'attr__data-testid=\"feature-3-[0-9]+\"'), timestamp, NULL) AS latest_2
            FROM {data}.bench_peer WHERE team_id = 1 AND event = '$autocapture'
              AND match(elements_chain, 'attr__data-testid=\"feature-(5|17|3)-[0-9]+\"')))))
    WHERE step_0)
  GROUP BY person_id)";

/// All questions, in the order in which they are asked.
pub(crate) async fn all(connection: &Connection) -> Result<Vec<Question>> {
    let mut all = Vec::new();
    for (name, budget_ms, counting, text) in FUNNELS {
        let funnel = Funnel::from_query_string(&address(connection, text).await?)?;
        let now = Timestamp::from_millis(NOW_MS);
        let levels = levels(
            Some(counting),
            &funnel,
            &Features::default(),
            &scope()?,
            connection.databases(),
            now,
        )?;
        all.push(Question { name, budget_ms, statement: count(&levels) });
    }
    let written = QUESTIONS.map(|(name, budget_ms, sql)| {
        let statement = Statement::new(filled(connection, sql));
        Question { name, budget_ms, statement }
    });
    all.extend(written);
    Ok(all)
}

pub(crate) fn scope() -> Result<Scope> {
    Ok(Scope {
        project: ProjectId::parse("bench")?,
        time_zone: "UTC".to_owned(),
        week_start: store::WeekStart::Monday,
        count_automated: false,
        staff: store::StaffRules::none(ProjectId::parse("bench")?),
    })
}

/// The address of a funnel of a page and then of elements, given by their numbers.
async fn address(connection: &Connection, text: &str) -> Result<String> {
    let mut words = text.split(' ').skip(1);
    let (elements, range) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let mut address = "step=page:/m1/p1/1".to_owned();
    for number in elements.split(',') {
        let sql = format!("SELECT sipHash64('element', toInt64({number}))");
        let id: u64 = connection.measured(&Statement::new(sql)).await?.0.trim().parse()?;
        address.push_str(&format!("&step=click:{id:016x}"));
    }
    Ok(format!("{address}&{range}"))
}

/// How many got further than the first step, so that the way of the rows is not timed.
fn count(levels: &Statement) -> Statement {
    let sql = format!("SELECT count(), countIf(level > 1), max(level) FROM ({})", levels.sql());
    let params = levels.params().iter();
    params.fold(Statement::new(sql), |statement, (name, value)| {
        statement.bind(name.as_str(), value.clone())
    })
}

fn filled(connection: &Connection, sql: &str) -> String {
    let ago = |days: i64, hours: i64| {
        let at = NOW_MS - (days * 24 + hours) * 3_600_000;
        format!("fromUnixTimestamp64Milli(toInt64({at}))")
    };
    sql.replace("{person}", PERSON)
        .replace("{data}", &connection.databases().data)
        .replace("{month_ago}", &ago(30, 0))
        .replace("{quarter_ago}", &ago(90, 0))
        .replace("{hour_ago}", &ago(0, 1))
}
