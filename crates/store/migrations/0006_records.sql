-- What people, files and programs say of accounts: attributes, contacts and notes.

-- Append-only: what was said last of a name holds, and every row is a line of the history. A report
-- asks for one attribute of all accounts; the screens of an account for all that is said of it.
CREATE TABLE IF NOT EXISTS {data}.records
(
    project LowCardinality(String),
    subject LowCardinality(String),
    name LowCardinality(String),
    account_id String,
    subject_id String,
    value String CODEC(ZSTD(1)),
    told_at DateTime64(3),
    author String CODEC(ZSTD(1)),
    source LowCardinality(String),
    INDEX account_id_bloom account_id TYPE bloom_filter GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (project, subject, name, account_id, subject_id, told_at)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;
