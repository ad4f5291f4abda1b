//! What is tried for questions that the product does not ask yet: their shape in SQL on the
//! tables as they are, and on two tables more.

use crate::question::{ALL_RETENTIONS, ONE_RETENTION, WITH_TIMES};

/// Name, budget in milliseconds, and SQL.
pub(crate) const QUESTIONS: [(&str, Option<u32>, &str); 7] = [
    (
        "candidate: funnel of 3 features, 90 days, with times",
        Some(WITH_TIMES),
        "SELECT countIf(level > 0), countIf(level > 1), countIf(level > 2), round(avgIf(took, took > 0) / 1000) FROM (
         SELECT person, windowFunnel({window})(at, step = 1, step = 2, step = 3) AS level, arraySort(groupArray((at, step))) AS events,
           if(level > 2, arrayFold((kept, event) -> multiIf(
               event.2 = 1, (event.1, kept.2, kept.3),
               event.2 = 2 AND kept.1 > 0 AND event.1 - kept.1 <= {window}, (kept.1, kept.1, kept.3),
               event.2 = 3 AND kept.2 > 0 AND event.1 - kept.2 <= {window} AND kept.3 = 0, (kept.1, kept.2, toUInt64(event.1 - kept.2)),
               kept), events, (toUInt64(0), toUInt64(0), toUInt64(0))).3, 0) AS took
         FROM (
           SELECT {person} AS person, toUInt64(toUnixTimestamp64Milli(timestamp)) AS at, multiIf(feature = {f5}, 1, feature = {f17}, 2, 3) AS step
           FROM {uses} AND feature IN ({f5}, {f17}, {f3})
         ) GROUP BY person)",
    ),
    (
        "candidate: funnel of 2 features without a third in between, 90 days",
        Some(WITH_TIMES),
        "SELECT count(), countIf(reached) FROM (
         SELECT person, arrayFold((kept, event) -> multiIf(
               event.2 = 1, (event.1, kept.2),
               event.2 = 3, (toUInt64(0), kept.2),
               kept.1 > 0 AND event.1 - kept.1 <= {window}, (kept.1, 1),
               kept), arraySort(groupArray((at, step))), (toUInt64(0), toUInt8(0))).2 AS reached
         FROM (
           SELECT {person} AS person, toUInt64(toUnixTimestamp64Milli(timestamp)) AS at, multiIf(feature = {f5}, 1, feature = {f17}, 2, 3) AS step
           FROM {uses} AND feature IN ({f5}, {f17}, {f3})
         ) GROUP BY person HAVING countIf(step = 1) > 0)",
    ),
    (
        "candidate: retention of one feature, 13 weeks",
        Some(ONE_RETENTION),
        "SELECT groupArray((began, n, kept)) FROM (
         SELECT bitCount(bitAnd(weeks, bitNot(weeks) + 1) - 1) AS began, count() AS n, sumForEach(arrayMap(week -> bitTest(weeks, week), range(14))) AS kept FROM (
           SELECT {person} AS person, groupBitOr(bitShiftLeft(toUInt32(1), {week})) AS weeks FROM {uses} AND feature = {f17} GROUP BY person
         ) GROUP BY began)",
    ),
    (
        "candidate: retention of 200 features, 13 weeks, by their events",
        None,
        "SELECT count(), sum(n), sum(arraySum(kept)) FROM (
         SELECT feature, bitCount(bitAnd(weeks, bitNot(weeks) + 1) - 1) AS began, count() AS n, sumForEach(arrayMap(week -> bitTest(weeks, week), range(14))) AS kept FROM (
           SELECT feature, {person} AS person, groupBitOr(bitShiftLeft(toUInt32(1), {week})) AS weeks FROM {uses} GROUP BY feature, person
         ) GROUP BY feature, began)",
    ),
    (
        "candidate: retention of 200 features, 13 weeks, by a row per person",
        None,
        "SELECT count(), sum(n), sum(arraySum(kept)) FROM (
         SELECT feature, bitCount(bitAnd(weeks, bitNot(weeks) + 1) - 1) AS began, count() AS n, sumForEach(arrayMap(week -> bitTest(weeks, week), range(14))) AS kept
         FROM (SELECT feature, person, groupBitOr(e.weeks) AS weeks FROM {data}.bench_week_bits AS e WHERE project = 'bench' GROUP BY feature, person)
         GROUP BY feature, began)",
    ),
    (
        "candidate: retention of 200 features, 13 weeks, by a row per person, merged before",
        None,
        "SELECT count(), sum(n), sum(arraySum(kept)) FROM (
         SELECT feature, bitCount(bitAnd(weeks, bitNot(weeks) + 1) - 1) AS began, count() AS n, sumForEach(arrayMap(week -> bitTest(weeks, week), range(14))) AS kept
         FROM {data}.bench_week_bits WHERE project = 'bench' GROUP BY feature, began)",
    ),
    (
        "candidate: retention of 200 features, 13 weeks, by weekly bitmaps",
        Some(ALL_RETENTIONS),
        "WITH weeks AS (SELECT feature, week, groupBitmapMergeState(e.people) AS people FROM {data}.bench_weeks AS e WHERE project = 'bench' GROUP BY feature, week)
         SELECT uniqExact(a.feature, a.week), sumIf(kept, b.week = a.week), sum(bitmapAndCardinality(a.began, b.people) AS kept) FROM (
           SELECT feature, week, bitmapAndnot(people, groupBitmapOrState(people) OVER (PARTITION BY feature ORDER BY week ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS began FROM weeks) AS a
         INNER JOIN weeks AS b ON a.feature = b.feature WHERE b.week >= a.week",
    ),
];
