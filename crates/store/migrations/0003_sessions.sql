-- What is derived from events, so that questions about visits need not read them. The writer
-- fills it batch by batch; nothing is derived by ClickHouse itself, which forgets after a kill.

-- One visit comes in as many rows as batches and quarters of an hour brought events of it.
CREATE TABLE IF NOT EXISTS {data}.sessions
(
    project LowCardinality(String),
    month UInt32,
    batch_id FixedString(16),
    quarter Int32,
    anonymous_id String,
    user_id String,
    account_id String,
    session_id String,
    is_automated Bool,
    first_seen DateTime64(3),
    first_active DateTime64(3),
    last_seen DateTime64(3),
    n_events UInt32,
    n_active UInt32,
    n_page_views UInt32,
    n_clicks UInt32,
    entry_page_id UInt64,
    entry_at DateTime64(3),
    exit_page_id UInt64,
    exit_at DateTime64(3),
    referrer LowCardinality(String),
    campaign_source LowCardinality(String),
    campaign_medium LowCardinality(String),
    campaign_name LowCardinality(String),
    device LowCardinality(String),
    browser LowCardinality(String),
    os LowCardinality(String),
    country LowCardinality(String),
    -- Numbers that reports count by, see `store::identity`; 0 for none.
    anonymous_hash UInt64 MATERIALIZED if(anonymous_id = '', 0, sipHash64(project, anonymous_id)),
    user_hash UInt64 MATERIALIZED if(user_id = '', 0, sipHash64(project, user_id)),
    account_hash UInt64 MATERIALIZED if(account_id = '', 0, sipHash64(project, account_id)),
    INDEX batch_id_bloom batch_id TYPE bloom_filter GRANULARITY 1,
    INDEX quarter_range quarter TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY month
ORDER BY (project, anonymous_id, session_id, batch_id)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;
