-- What tells who somebody is may come before anything that he does. Of rows that were derived before,
-- the earliest event stands for it, until their month is written to again and the audit mends it.
ALTER TABLE {data}.sessions ADD COLUMN IF NOT EXISTS first_active DateTime64(3) DEFAULT first_seen AFTER first_seen;
