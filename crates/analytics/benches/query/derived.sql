-- What the events refer to, and what is derived from them; each statement ends with a semicolon.

-- 20,000 elements, of which ten each belong to one of 200 features.
INSERT INTO {data}.elements
SELECT
    'bench',
    sipHash64('element', toInt64(number)),
    concat('{"v":1,"nodes":[{"tag":"button","classes":["action"],"test_id":"feature-', toString(number % 200), '-', toString(number),
        '","name":"Action ', toString(number), '"},{"tag":"div","classes":["toolbar","panel"]},{"tag":"form","name":"Edit report ',
        toString(number % 40), '"},{"tag":"div","role":"dialog","name":"Report"},{"tag":"section","id":"area-', toString(number % 7), '"},{"tag":"main"}]}'),
    'button', 'button', concat('Action ', toString(number)),
    if(number < 2000, concat('feature-', toString(number % 200), '-', toString(number)), ''),
    fromUnixTimestamp64Milli({now_ms} - 90 * 86400000), fromUnixTimestamp64Milli({now_ms})
FROM numbers(20000);

INSERT INTO {data}.pages
SELECT
    'bench', sipHash64('page', toInt64(number)), 'app.example.com',
    concat('/m', toString(number % 20), '/p', toString(number), '/:id'), concat('Page ', toString(number)),
    fromUnixTimestamp64Milli({now_ms} - 90 * 86400000), fromUnixTimestamp64Milli({now_ms})
FROM numbers(400);

-- Whose a browser is: its first user.
CREATE TABLE {data}.bench_person_of
(project LowCardinality(String), anonymous_id String, user_id String)
ENGINE = MergeTree ORDER BY (project, anonymous_id);

INSERT INTO {data}.bench_person_of
SELECT project, anonymous_id, argMin(user_id, (timestamp, event_id))
FROM {data}.events WHERE user_id != '' AND anonymous_id != '' GROUP BY project, anonymous_id;

CREATE DICTIONARY {data}.bench_people (project String, anonymous_id String, user_id String DEFAULT '')
PRIMARY KEY project, anonymous_id
SOURCE(CLICKHOUSE(USER '{user}' PASSWORD '{password}' DB '{data}' TABLE 'bench_person_of'))
LIFETIME(0) LAYOUT(COMPLEX_KEY_HASHED_ARRAY());

SYSTEM RELOAD DICTIONARY {data}.bench_people;

-- One row per feature and event, in the order of questions about features.
CREATE TABLE {data}.bench_feature_events
(
    project LowCardinality(String),
    feature UInt32,
    version UInt32,
    month UInt32,
    event_id FixedString(16) CODEC(NONE),
    batch_id FixedString(16) CODEC(ZSTD(1)),
    timestamp DateTime64(3) CODEC(Delta, LZ4),
    anonymous_id String,
    user_id String,
    account_id String,
    is_automated Bool
)
ENGINE = MergeTree PARTITION BY month
ORDER BY (project, feature, version, anonymous_id, timestamp);

-- One row per feature and week: who used it, as a bitmap of numbers of people.
CREATE TABLE {data}.bench_feature_weeks
(project LowCardinality(String), feature UInt32, week UInt32, people AggregateFunction(groupBitmap, UInt32))
ENGINE = AggregatingMergeTree ORDER BY (project, feature, week);

-- The shape of a peer: JSON and the chain of elements as text, on every event.
CREATE TABLE {data}.bench_peer
(
    uuid UUID,
    event LowCardinality(String),
    properties String CODEC(ZSTD(3)),
    timestamp DateTime64(6, 'UTC'),
    team_id Int64,
    distinct_id String,
    elements_chain String,
    person_id UUID
)
ENGINE = MergeTree PARTITION BY toYYYYMM(timestamp)
ORDER BY (team_id, toDate(timestamp), event, cityHash64(distinct_id), cityHash64(uuid));
