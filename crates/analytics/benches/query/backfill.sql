-- The past of all 200 features, from the ids of their elements.
INSERT INTO {data}.bench_feature_events
SELECT e.project, f.feature, 1, e.month, e.event_id, e.batch_id, e.timestamp, e.anonymous_id, e.user_id, e.account_id, e.is_automated
FROM {data}.events AS e
INNER JOIN (
    SELECT sipHash64('element', toInt64(number)) AS element_id, toUInt32(number % 200) AS feature FROM numbers(2000)
) AS f ON f.element_id = e.element_id
WHERE e.project = 'bench' AND e.kind = 'click'
