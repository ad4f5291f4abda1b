//! Why the tables are as they are: what was tried, stored and timed.
//!
//! Measured on 2026-11-22 on two shared virtual cores (AMD EPYC, 24 GB), ClickHouse 26.7, two
//! threads, with 10,015,612 events of 1,000,000 visits in 90 days, of 196,000 browsers (164,791 of
//! them with a user), 20,000 elements, 400 pages and 200 features with ten elements each. Ids are
//! as long and as random as real ones. `cargo xtask bench query` makes the same set and asks what
//! the screens ask. Other work was on the machine (load 10 to 40), so what is compared here is the
//! time that the engine's own threads took (*CPU*), the variants asked in turns, the median of all
//! rounds; a question on two free cores takes about half of that.
//!
//! # Order of the events
//!
//! `(project, anonymous_id, event_id)`, partitions by month. The events of one browser lie together
//! in the order in which they happened. Rows read:
//!
//! | question | by browser (as it is) | by day, then browser |
//! |---|---|---|
//! | funnel of 3 elements, 90 days | 10,015,612 | 10,015,612 |
//! | funnel of 3 elements, 7 days | 2,342,940 | 780,815 |
//! | page views by person, 30 days | 5,799,253 | 3,354,105 |
//! | one person, all they did | 32,768 | 1,244,063 |
//! | the last fifty events | 114,688 | 81,850 |
//! | events of ten elements, 90 days | 10,015,612 | 10,015,612 |
//!
//! The order by day reads a third for a week and 0.6 of it for a month, and 38 times as many rows
//! for one person; stored it is 1.5 % larger. A person's page and the settling of batches are asked
//! for all the time, and what spares reports the whole table is `feature_events`. So it stays. The
//! range index on `timestamp` makes the live feed cheap (events come in parts by time).
//!
//! A set of element ids is in nearly every granule in either order: the common elements are
//! everywhere. No order of the events answers questions about features; a second table does.
//!
//! # Codecs
//!
//! One month, 3,456,313 events, in the order above:
//!
//! | column | codec | bytes a row | CPU to read a million rows, ms |
//! |---|---|---|---|
//! | `timestamp` | LZ4 | 5.60 | 12.5 |
//! | | **Delta, LZ4** | 4.41 | 8.0 |
//! | | Delta, ZSTD | 2.66 | 15.3 |
//! | | `DoubleDelta`, ZSTD | 3.75 | 14.3 |
//! | | T64, ZSTD | 3.12 | 7.0 |
//! | `anonymous_id` | **LZ4** | 1.71 | 3.0 |
//! | | ZSTD | 1.05 | 14.0 |
//! | | `LowCardinality` | 1.63 | 7.5 |
//! | `user_id` | **LZ4** | 0.70 | 2.8 |
//! | | ZSTD | 0.49 | 11.7 |
//! | | `LowCardinality` | 0.68 | 6.5 |
//! | `element_id` | **LZ4** | 3.79 | 6.1 |
//! | | ZSTD | 3.13 | 10.2 |
//! | `event_id` | LZ4 | 16.07 | 7.3 |
//! | | ZSTD | 15.18 | 18.1 |
//! | | **none** | 16.00 | 7.1 |
//! | `session_id` | LZ4 | 3.82 | 2.5 |
//! | | **ZSTD** | 2.11 | 13.3 |
//! | `path` | LZ4 | 8.90 | 6.8 |
//! | | **ZSTD** | 4.72 | 12.6 |
//!
//! What every report reads (times and ids) must be read fast; what is shown row by row (path,
//! session, properties) or looked up (batch, times of sending and arrival) is packed harder. All
//! columns under LZ4 take 587 MiB, under Delta and ZSTD 409 MiB; the last two times alone go from
//! 107 MiB to about 50.
//!
//! # The dictionary of people
//!
//! `(project, anonymous_id)` to `user_id`. *People* counts them over all events, *three elements* and
//! *three kinds* are funnels of 90 days over 56,000 and 170,000 browsers:
//!
//! | layout | memory, MiB | people, CPU ms | three elements | three kinds |
//! |---|---|---|---|---|
//! | none: the event's own user, else the browser (another answer) | | 811 | 503 | 1,753 |
//! | join with a query of the events | | 2,978 | 1,644 | 3,982 |
//! | join with a table of the mapping | | 1,361 | 545 | 2,297 |
//! | `complex_key_hashed` | 36.0 | 1,177 | 558 | 2,309 |
//! | **`complex_key_hashed_array`** | 20.2 | 1,043 | 573 | 2,231 |
//! | `complex_key_sparse_hashed` | 21.0 | 1,144 | 544 | 2,422 |
//! | `hashed` over a 64-bit hash of both | 16.0 | 1,439 | 593 | 2,695 |
//! | `hashed_array` over it | 8.2 | 1,458 | 607 | 2,812 |
//! | `hashed_array` over it, to a 64-bit person | 2.2 | 1,822 | 612 | 3,330 |
//! | `complex_key_direct` | 0 | 69,154 | 9,582 | 75,415 |
//!
//! A key of 64 bits saves memory that nobody misses, costs a hash for each row, and is not exact.
//!
//! # Events of features
//!
//! 4,014,594 rows of 200 features, of which the past of all 200 was found among the events and
//! written in 5.2 s of CPU. 70 bytes a row on disk, of which `anonymous_id` takes 29 and `event_id`
//! 16: in the order of a feature a browser comes once or twice.
//!
//! | question | order | rows read | CPU, ms |
//! |---|---|---|---|
//! | funnel of 3 features, 90 days | feature, browser, time | 368,640 | 223 |
//! | | feature, time | 368,640 | 219 |
//! | | **feature, browser, time; 2,048 rows a mark** | 270,336 | 190 |
//! | weekly retention of one feature | feature, browser, time | 81,920 | 40 |
//! | | feature, time | 81,920 | 34 |
//! | | **feature, browser, time; 2,048 rows a mark** | 43,008 | 31 |
//! | people of one feature, 7 days | feature, browser, time | 16,384 | 12 |
//! | | feature, time | 16,384 | 12 |
//! | | **feature, browser, time; 2,048 rows a mark** | 10,240 | 10 |
//! | weekly retention of 200 features | any | 4,014,594 | 2,755 to 3,121 |
//! | | a bitmap of people per feature and week | 5,200 | 71 |
//!
//! The order within a feature makes no difference that could be measured; smaller granules read a
//! quarter to a half less and cost 102 KiB of index. Against the same funnel over the events
//! themselves (10,015,612 rows) it reads a twenty-seventh. All features at once is a question for
//! bitmaps: 2,600 rows, 7.5 MB, made in 1.7 s of CPU out of the events of features.
