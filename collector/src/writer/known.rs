//! Elements and pages that ClickHouse has: each is written once a day, not with every event.

use crate::enrich::Rows;
use protocol::Timestamp;
use std::collections::HashMap;
use store::{ElementRow, PageRow};

/// How many are remembered; beyond, all are written again, which changes nothing.
const REMEMBERED: usize = 1_000_000;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// By project and id, the day up to which `last_seen` is written.
type Days = HashMap<(String, u64), i64>;

/// Elements and pages that ClickHouse has.
#[derive(Debug, Default)]
pub(super) struct Known {
    elements: Days,
    pages: Days,
}

impl Known {
    /// The elements and pages that are to be written, out of those of `rows`.
    pub(super) fn news(&self, rows: &mut Rows) -> (Vec<ElementRow>, Vec<PageRow>) {
        let elements = std::mem::take(&mut rows.elements).into_iter();
        let pages = std::mem::take(&mut rows.pages).into_iter();
        (
            elements
                .filter(|(k, r)| is_news(&self.elements, k, r.last_seen))
                .map(|x| x.1)
                .collect(),
            pages.filter(|(k, r)| is_news(&self.pages, k, r.last_seen)).map(|x| x.1).collect(),
        )
    }

    /// Notes that these are written.
    pub(super) fn note(&mut self, elements: &[ElementRow], pages: &[PageRow]) {
        for row in elements {
            note(&mut self.elements, (row.project.clone(), row.element_id), row.last_seen);
        }
        for row in pages {
            note(&mut self.pages, (row.project.clone(), row.page_id), row.last_seen);
        }
    }
}

fn is_news(days: &Days, key: &(String, u64), last_seen: Timestamp) -> bool {
    days.get(key).is_none_or(|day| last_seen.as_millis().div_euclid(DAY_MS) > *day)
}

fn note(days: &mut Days, key: (String, u64), last_seen: Timestamp) {
    if days.len() >= REMEMBERED {
        days.clear();
    }
    days.insert(key, last_seen.as_millis().div_euclid(DAY_MS));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_is_news_once_a_day() {
        let mut known = Known::default();
        let mut n_news = |at: i64| {
            let at = Timestamp::from_millis(at);
            let row = ElementRow { element_id: 1, last_seen: at, ..ElementRow::default() };
            let mut rows = Rows::default();
            rows.elements.insert((String::new(), 1), row);
            let (elements, pages) = known.news(&mut rows);
            known.note(&elements, &pages);
            elements.len()
        };
        assert_eq!([n_news(0), n_news(DAY_MS - 1), n_news(DAY_MS), n_news(0)], [1, 0, 1, 0]);
    }
}
