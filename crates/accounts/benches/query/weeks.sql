-- Two shapes for the retention of all features at once, which the product does not have yet.

-- People by number: bitmaps hold no texts, and hashes of 32 bits collide.
CREATE TABLE {data}.bench_people (person String, number UInt32) ENGINE = MergeTree ORDER BY person;

INSERT INTO {data}.bench_people
SELECT person, rowNumberInAllBlocks() FROM (SELECT DISTINCT {person} AS person FROM {data}.feature_events AS e);

CREATE DICTIONARY {data}.bench_number_of (person String, number UInt32) PRIMARY KEY person
SOURCE(CLICKHOUSE(USER '{user}' PASSWORD '{password}' DB '{data}' TABLE 'bench_people'))
LIFETIME(0) LAYOUT(COMPLEX_KEY_HASHED_ARRAY());

SYSTEM RELOAD DICTIONARY {data}.bench_number_of;

-- One row per feature and week: its people as a bitmap.
CREATE TABLE {data}.bench_weeks
(project LowCardinality(String), feature LowCardinality(String), version UInt32, week Int32, people AggregateFunction(groupBitmap, UInt32))
ENGINE = AggregatingMergeTree ORDER BY (project, feature, version, week);

-- One row per feature and person: the weeks as bits.
CREATE TABLE {data}.bench_week_bits
(project LowCardinality(String), feature LowCardinality(String), version UInt32, person UInt32, weeks SimpleAggregateFunction(groupBitOr, UInt64))
ENGINE = AggregatingMergeTree ORDER BY (project, feature, version, person);
