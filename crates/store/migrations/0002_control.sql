-- What the collector itself needs: definitions and who is signed in.

-- Append-only: the latest version of an id is what holds, and of two rows with one version the
-- one of the lower writer. The window makes the first of two writers at once win.
CREATE TABLE IF NOT EXISTS {control}.definitions
(
    kind LowCardinality(String),
    id String,
    version UInt32,
    writer FixedString(16),
    body String,
    author String,
    written_at DateTime64(3),
    deleted Bool
)
ENGINE = MergeTree
ORDER BY (kind, id, version, writer)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;

-- Only the hash of a token is kept. Signing out adds a row with `ended`.
CREATE TABLE IF NOT EXISTS {control}.sign_ins
(
    token_hash FixedString(32),
    member_id String,
    expires_at DateTime64(3),
    ended Bool
)
ENGINE = MergeTree
ORDER BY token_hash
TTL toDateTime(expires_at) + INTERVAL 1 DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
