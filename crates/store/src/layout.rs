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
//! # What could spare reading the events
//!
//! The twelve columns that these questions read, 10,015,612 events. MB stored; of each question the
//! rows read in thousands and the CPU in ms, the less of two, in turns on a busy machine. *Three* is
//! a funnel of three common elements, 90 days; *ten* the uses of ten elements, 90 days; *rare* those
//! of one element that was used 32 times; *views* page views by person, 30 days:
//!
//! | | MB | three | ten | rare | views |
//! |---|---|---|---|---|---|
//! | **as it is: by browser, 8,192 rows a mark** | 313 | 10,016: 804 | 10,018: 439 | 10,016: 80 | 5,800: 312 |
//! | 2,048 rows a mark | 313 | 10,016: 695 | 10,018: 407 | 10,016: 104 | 5,800: 302 |
//! | 1,024 rows a mark | 314 | 10,016: 675 | 10,018: 459 | 10,016: 62 | 5,800: 309 |
//! | bloom filter on `element_id` | 315 | 10,016: 711 | 10,018: 483 | 500: 25 | 5,800: 344 |
//! | by element, then browser | 530 | 352: 191 | 349: 76 | 33: 9 | 5,800: 264 |
//! | projection by element, seven columns | 639 | 352: 184 | 349: 95 | 33: 17 | 5,800: 325 |
//! | projection of the places of elements | 358 | 10,016: 673 | 10,018: 358 | 1,133: 25 | 5,800: 375 |
//! | ids as `LowCardinality` | 310 | 10,016: 620 | 10,018: 301 | 10,016: 59 | 5,800: 242 |
//! | no `LowCardinality` at all | 346 | 10,016: 938 | 10,018: 570 | 10,016: 82 | 5,800: 457 |
//!
//! - **Smaller marks** spare nothing: common elements are in all of them. In `feature_events`, where
//!   what is asked for lies together, they do.
//! - **A bloom filter** helps with the rare alone, which cost 80 ms without it, because the other
//!   columns are not read where `element_id` does not match. Not worth an index.
//! - **A projection by element** is what questions about any element want: a quarter of the time.
//!   It doubles what these columns take and what writing them costs (22 s of CPU against 11), and a
//!   funnel with a page among its steps cannot use it. What is asked again and again is named, and
//!   then it is in `feature_events` for a share of that. A question about elements that nobody
//!   named takes the whole table.
//! - **Words of a small set** (kinds, countries, devices) are `LowCardinality` for a seventh to a third
//!   of the time. For the ids, too, it takes an eighth to a third off, because who is whose is then
//!   looked up once for each block and browser; alone, they are read more slowly (below). They are
//!   plain text as long as it has not been tried with the writer's small batches and with many
//!   more browsers.
//!
//! `cargo xtask bench layout` stores and asks all of this, and more orders, anew, and writes
//! `crates/xtask/bench/LAYOUT.md`; `cargo xtask bench query` asks what the product asks of the
//! tables as they are, and writes `QUERY.md` beside it.
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
//! `(project, anonymous_id)` to the first user and since when. *People* counts them over all
//! events, *three elements* and *two kinds* are funnels of 90 days over 88,000 and 116,000 people;
//! CPU is the least of three, the variants asked in turns:
//!
//! | layout | memory, MB | people, CPU ms | three elements | two kinds |
//! |---|---|---|---|---|
//! | none: the event's own user, else the browser (another answer) | | 794 | 502 | 895 |
//! | **`complex_key_hashed_array`** | 23.2 | 999 | 574 | 1,106 |
//! | `complex_key_hashed` | 71.3 | 998 | 623 | 1,178 |
//! | `complex_key_sparse_hashed` | 42.8 | 1,083 | 609 | 1,087 |
//! | `hashed` over a 64-bit hash of both, without since when | 16.8 | 1,291 | 541 | 1,303 |
//! | `hashed_array` over it | 8.5 | 1,319 | 534 | 1,176 |
//! | `hashed` by a number of the browser on each event | 16.8 | 932 | 543 | 1,046 |
//! | `flat` by it | 8.4 | 935 | 535 | 1,010 |
//! | `flat` by it, to a number of the person | 1.0 | 120 | 286 | 619 |
//!
//! A key of 64 bits saves memory, and costs a hash for each row that has none.
//! In an earlier run a join with the table of first users took 1.2 times the time of a dictionary,
//! a join with a query of the events 2.5 times, and `complex_key_direct` 60 times.
//!
//! Numbers for browsers alone do nothing; numbers for browsers and people *together* halve a funnel
//! and make counting people eight times as quick, since no text is read or hashed any more. Numbers
//! that follow each other would have to be given out once for ever, however many collectors write;
//! a hash of the id needs nobody who gives it out. So each row has the hashes of its ids as columns
//! (15 MB of 477 for 10 million events, 68 of 298 for their uses of features), and a dictionary from
//! browsers' to users' (2.3 MB, `hashed_array`). People of all events, 90 days, CPU: 890 ms by ids,
//! 183 ms by hashes; anything that was done, day by day: 2,013 and 603 (from the sessions, too); a
//! funnel of ten features 690 and 385. See [`crate::identity`] for what they are and how exact.
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
//!
//! The order within a feature makes no difference that could be measured; smaller granules read a
//! quarter to a half less and cost 102 KiB of index. Against the same funnel over the events
//! themselves (10,015,612 rows) it reads a twenty-seventh.
//!
//! **The version stands before the browser**: a question names a feature and the version of it that
//! holds. Until the uses of the version before are taken out, both are there, and apart: what is
//! asked of one does not read the other. Of one version it is the same order. Whatever compares,
//! fills or rebuilds goes by sets of ids, and does not mind the order.
//!
//! **Many features in one question** are told apart by `feature IN (…)` and by a version that is looked
//! up by the feature: since `feature` is `LowCardinality`, both are found once for each of a block's
//! features. To count 4,152,858 uses of 200 features so takes 27 ms of CPU, and 148 ms by
//! `(feature, version) IN (…)`, which looks up each row. The sort key is used by both.
//!
//! # All features at once
//!
//! Weekly retention of 200 features, 13 weeks, by first use, over 4,152,858 uses in 298 MB; CPU is
//! the least of three. No table for it is there yet; this is what it would take:
//!
//! | shape | stored | made in, CPU s | rows read | CPU, ms | memory, MB |
//! |---|---|---|---|---|---|
//! | the uses themselves | | | 4,152,858 | 2,596 | 546 |
//! | a row per feature and person, weeks as bits | 21.2 MB | 5.5 | 3,066,164 | 1,543 | 760 |
//! | the same, merged before it is asked | 21.2 MB | 5.5 | 3,066,164 | 271 | 39 |
//! | **a row per feature and week, people as a bitmap** | 6.9 MB | 2.4 | 5,200 | 103 | 57 |
//!
//! The bitmaps win, and are the only ones within 0.3 s of two cores that need no merge. They hold
//! numbers, so people have to be numbered (115,299 people: 2.4 MB, and a dictionary); and a person
//! whose browsers are joined by a late sign-in changes the rows of all weeks of these browsers.
//!
//! Without such a table the product compares features (and counts their accounts, who stays and who
//! was there before) by reading their uses and counting them in memory (`analytics`,
//! `report/adoption`). To group them in SQL took ClickHouse 3,661 ms of CPU and 992 MB. To have it find
//! out who it was, for which account and in which period, and count in memory took it 1,245 ms and us
//! 646; now it hands over what is stored, and all else is looked up beside it ([`crate::whose`]),
//! which takes it 410 ms at a load of 10. What was found on the way, in ms of its CPU for the 4,152,858
//! uses, at a load of 1: to read the three hashes and the time 72, with the features, their versions and
//! browsers that count 119; to send 24 bytes of each as blocks of columns 40 to 60, as rows (`RowBinary`)
//! 150; to put them in the order of the features 20 to 100 and 90 MB, which is why they come unsorted and
//! some features at a time; to look up who it is 60 to 80, the account 190, and to cut time 85, all of
//! which is not done any more. The dictionaries are read whole in 7 and 10 ms; to read the tables of
//! which they are made takes 60 to 100.
