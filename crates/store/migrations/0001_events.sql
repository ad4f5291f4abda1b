-- What was recorded, and what it refers to. The control tables are in 0002.
-- Every statement may run twice: two collectors that start together both run it.

CREATE DATABASE IF NOT EXISTS {data};

-- Views for readers of one project; nothing may be read from {data} itself.
CREATE DATABASE IF NOT EXISTS {read};

-- Every part is synced to disk before an insert is answered: what was answered is no longer
-- anywhere else after a while. Order and codecs were chosen by measurement: see `store::layout`.
CREATE TABLE IF NOT EXISTS {data}.events
(
    project LowCardinality(String),
    event_id FixedString(16) CODEC(NONE),
    month UInt32,
    kind LowCardinality(String),
    name LowCardinality(String),
    batch_id FixedString(16) CODEC(ZSTD(1)),
    timestamp DateTime64(3) CODEC(Delta, LZ4),
    sent_at DateTime64(3) CODEC(Delta, ZSTD(1)),
    received_at DateTime64(3) CODEC(Delta, ZSTD(1)),
    anonymous_id String,
    user_id String,
    account_id String,
    session_id String CODEC(ZSTD(1)),
    page_id UInt64,
    element_id UInt64,
    path String CODEC(ZSTD(1)),
    referrer LowCardinality(String),
    campaign_source LowCardinality(String),
    campaign_medium LowCardinality(String),
    campaign_name LowCardinality(String),
    device LowCardinality(String),
    browser LowCardinality(String),
    os LowCardinality(String),
    country LowCardinality(String),
    language LowCardinality(String),
    app_version LowCardinality(String),
    is_automated Bool,
    properties Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    -- Numbers that reports count by, see `store::identity`; 0 for none.
    anonymous_hash UInt64 MATERIALIZED if(anonymous_id = '', 0, sipHash64(project, anonymous_id)),
    user_hash UInt64 MATERIALIZED if(user_id = '', 0, sipHash64(project, user_id)),
    account_hash UInt64 MATERIALIZED if(account_id = '', 0, sipHash64(project, account_id)),
    -- What a batch left behind, and events that come again, are asked for without their person.
    INDEX event_id_bloom event_id TYPE bloom_filter GRANULARITY 1,
    INDEX batch_id_bloom batch_id TYPE bloom_filter GRANULARITY 1,
    INDEX timestamp_range timestamp TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY month
ORDER BY (project, anonymous_id, event_id)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;

-- Rows of one element or page merge into one: writing one again changes nothing but `last_seen`.
CREATE TABLE IF NOT EXISTS {data}.elements
(
    project LowCardinality(String),
    element_id UInt64,
    canonical SimpleAggregateFunction(anyLast, String),
    tag SimpleAggregateFunction(anyLast, String),
    role SimpleAggregateFunction(anyLast, String),
    name SimpleAggregateFunction(anyLast, String),
    test_id SimpleAggregateFunction(anyLast, String),
    first_seen SimpleAggregateFunction(min, DateTime64(3)),
    last_seen SimpleAggregateFunction(max, DateTime64(3))
)
ENGINE = AggregatingMergeTree
ORDER BY (project, element_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS {data}.pages
(
    project LowCardinality(String),
    page_id UInt64,
    host SimpleAggregateFunction(anyLast, String),
    pattern SimpleAggregateFunction(anyLast, String),
    title SimpleAggregateFunction(anyLast, String),
    first_seen SimpleAggregateFunction(min, DateTime64(3)),
    last_seen SimpleAggregateFunction(max, DateTime64(3))
)
ENGINE = AggregatingMergeTree
ORDER BY (project, page_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
