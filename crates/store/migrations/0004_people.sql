-- Who is whose, derived from the events by the writer, month by month. The dictionaries over
-- these tables are made at every start, since they hold a password: see src/dictionary.rs.
-- Rows of one key merge into one by a rule for which order and repeats do not matter, so that
-- writing what is derived of a batch again changes nothing.

-- The first user that was identified on a browser in a month.
CREATE TABLE IF NOT EXISTS {data}.first_users
(
    project LowCardinality(String),
    month UInt32,
    anonymous_id String,
    first_identified SimpleAggregateFunction(min, Tuple(timestamp DateTime64(3), event_id FixedString(16), user_id String))
)
ENGINE = AggregatingMergeTree
PARTITION BY month
ORDER BY (project, anonymous_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- The accounts that a user was seen in. Nearly every user has one for ever, and for those nothing
-- else is read.
CREATE TABLE IF NOT EXISTS {data}.user_accounts
(
    project LowCardinality(String),
    month UInt32,
    user_id String,
    account_id String
)
ENGINE = ReplacingMergeTree
PARTITION BY month
ORDER BY (project, user_id, account_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Every moment at which a user was seen in an account: only these say where he was in between
-- when events come late. Read for the few users that were seen in more than one.
CREATE TABLE IF NOT EXISTS {data}.account_times
(
    project LowCardinality(String),
    month UInt32,
    user_id String,
    timestamp DateTime64(3) CODEC(DoubleDelta, LZ4),
    account_id String
)
ENGINE = ReplacingMergeTree
PARTITION BY month
ORDER BY (project, user_id, timestamp, account_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- What `identify` said last of a user or a browser, and `group` of an account.
CREATE TABLE IF NOT EXISTS {data}.traits
(
    project LowCardinality(String),
    month UInt32,
    subject LowCardinality(String),
    name LowCardinality(String),
    subject_id String,
    last_told SimpleAggregateFunction(max, Tuple(timestamp DateTime64(3), event_id FixedString(16), value String))
)
ENGINE = AggregatingMergeTree
PARTITION BY month
ORDER BY (project, subject, name, subject_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
