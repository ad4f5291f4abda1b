INSERT INTO {data}.bench_week_bits
SELECT e.project, e.feature, e.version, dictGet('{data}.bench_number_of', 'number', tuple({person})) AS number, groupBitOr(bitShiftLeft(toUInt64(1), {week}))
FROM {data}.feature_events AS e WHERE NOT e.is_automated
GROUP BY e.project, e.feature, e.version, number
