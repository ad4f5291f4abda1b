//! The data of one company: what it connected, what it measures, what it watches.

use crate::collection::Source;
use crate::error::Error;
use crate::monitoring::{Alert, Metric};
use std::collections::BTreeMap;

/// One company's data. Ids count up from 1 and are never used again.
#[derive(Debug)]
pub(crate) struct Company {
    pub(crate) sources: BTreeMap<u32, Source>,
    pub(crate) metrics: BTreeMap<u32, Metric>,
    pub(crate) alerts: BTreeMap<u32, Alert>,
    last_id: u32,
}

impl Default for Company {
    /// A company on its first day: one sample source, and the usual metrics.
    fn default() -> Self {
        let mut company = Self {
            sources: BTreeMap::new(),
            metrics: BTreeMap::new(),
            alerts: BTreeMap::new(),
            last_id: 100,
        };
        let id = company.next_id();
        company.sources.insert(id, Source::sample());
        company.metrics = (1..).zip(Metric::usual()).collect();
        company
    }
}

impl Company {
    /// A new id.
    pub(crate) fn next_id(&mut self) -> u32 {
        self.last_id += 1;
        self.last_id
    }

    /// The source with this id.
    pub(crate) fn source(&mut self, id: u32) -> Result<&mut Source, Error> {
        self.sources.get_mut(&id).ok_or(Error::NotFound("source"))
    }

    /// The metric with this id.
    pub(crate) fn metric(&mut self, id: u32) -> Result<&mut Metric, Error> {
        self.metrics.get_mut(&id).ok_or(Error::NotFound("metric"))
    }

    /// How many alerts a metric has.
    pub(crate) fn n_alerts(&self, metric: u32) -> usize {
        self.alerts.values().filter(|alert| alert.metric == metric).count()
    }
}
