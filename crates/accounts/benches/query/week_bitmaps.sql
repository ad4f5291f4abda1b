INSERT INTO {data}.bench_weeks
SELECT e.project, e.feature, e.version, {week} AS week, groupBitmapState(dictGet('{data}.bench_number_of', 'number', tuple({person})))
FROM {data}.feature_events AS e WHERE NOT e.is_automated
GROUP BY e.project, e.feature, e.version, week
