//! What is said of accounts, asked of a real engine, of the random histories of the crate
//! `analytics`.

#[allow(dead_code, reason = "the crate that it is of asks more of it")]
#[path = "../../../analytics/tests/it/calendar.rs"]
mod calendar;
#[allow(dead_code, reason = "the crate that it is of asks more of it")]
#[path = "../../../analytics/tests/it/history.rs"]
mod history;
#[allow(dead_code, reason = "the crate that it is of asks more of it")]
#[path = "../../../analytics/tests/it/listed.rs"]
mod listed;
#[allow(dead_code, reason = "the crate that it is of asks more of it")]
#[path = "../../../analytics/tests/it/random.rs"]
mod random;
#[allow(dead_code, reason = "the crate that it is of asks more of it")]
#[path = "../../../analytics/tests/it/span.rs"]
mod span;

mod account;
mod figures;
