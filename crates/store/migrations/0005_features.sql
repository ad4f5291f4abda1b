-- Named features: what their rules mean, how far their past is derived, and their uses.

-- Which elements each alternative of a rule means; one row however often it is written.
CREATE TABLE IF NOT EXISTS {data}.feature_elements
(
    project LowCardinality(String),
    feature LowCardinality(String),
    version UInt32,
    alternative UInt8,
    element_id UInt64,
    any_page Bool,
    valid_from DateTime64(3),
    valid_to DateTime64(3),
    app_version String
)
ENGINE = ReplacingMergeTree
ORDER BY (project, feature, version, alternative, element_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- On which pages, where an alternative names some.
CREATE TABLE IF NOT EXISTS {data}.feature_pages
(
    project LowCardinality(String),
    feature LowCardinality(String),
    version UInt32,
    alternative UInt8,
    page_id UInt64
)
ENGINE = ReplacingMergeTree
ORDER BY (project, feature, version, alternative, page_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Append-only: what is done for a version of a feature, by the month where it goes by months.
CREATE TABLE IF NOT EXISTS {data}.feature_stages
(
    project LowCardinality(String),
    feature LowCardinality(String),
    version UInt32,
    stage LowCardinality(String),
    month UInt32,
    reached_at DateTime64(3)
)
ENGINE = MergeTree
ORDER BY (project, feature, version, stage, month)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- One row per feature, version and event. The writer fills it, as it does `sessions`. A question
-- names a feature and one version of it, so that the rows of two versions lie apart; the small
-- granules were chosen by measurement, see `store::layout`.
CREATE TABLE IF NOT EXISTS {data}.feature_events
(
    project LowCardinality(String),
    feature LowCardinality(String),
    version UInt32,
    month UInt32,
    batch_id FixedString(16) CODEC(ZSTD(1)),
    event_id FixedString(16) CODEC(NONE),
    timestamp DateTime64(3) CODEC(Delta, LZ4),
    anonymous_id String,
    user_id String,
    account_id String,
    is_automated Bool,
    -- Numbers that reports count by, see `store::identity`; 0 for none.
    anonymous_hash UInt64 MATERIALIZED if(anonymous_id = '', 0, sipHash64(project, anonymous_id)),
    user_hash UInt64 MATERIALIZED if(user_id = '', 0, sipHash64(project, user_id)),
    account_hash UInt64 MATERIALIZED if(account_id = '', 0, sipHash64(project, account_id)),
    INDEX batch_id_bloom batch_id TYPE bloom_filter GRANULARITY 1,
    INDEX timestamp_range timestamp TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY month
ORDER BY (project, feature, version, anonymous_id, timestamp)
SETTINGS index_granularity = 2048, non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;
