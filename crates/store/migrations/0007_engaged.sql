-- How long people were engaged, derived from the events by the writer, as `sessions` is.

-- One visit comes in as many rows as batches and quarters of an hour brought leaves of pages.
CREATE TABLE IF NOT EXISTS {data}.engaged
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
    engaged_ms UInt64,
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
