//! The rows as they are written, fields in table order.

use clickhouse::Row;
use protocol::Timestamp;
use serde::{Deserialize, Serialize};

/// One row of [`crate::schema::events`], where each field is explained.
#[derive(Debug, Clone, PartialEq, Eq, Default, Row, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the columns are explained in the schema, once")]
pub struct EventRow {
    pub project: String,
    pub event_id: [u8; 16],
    pub month: u32,
    pub kind: String,
    pub name: String,
    pub batch_id: [u8; 16],
    pub timestamp: Timestamp,
    /// By the clock of who sent it; 1970 for an event that was imported.
    pub sent_at: Timestamp,
    pub received_at: Timestamp,
    pub anonymous_id: String,
    pub user_id: String,
    pub account_id: String,
    pub session_id: String,
    pub page_id: u64,
    pub element_id: u64,
    pub path: String,
    pub referrer: String,
    pub campaign_source: String,
    pub campaign_medium: String,
    pub campaign_name: String,
    pub device: String,
    pub browser: String,
    pub os: String,
    pub country: String,
    pub language: String,
    pub app_version: String,
    pub is_automated: bool,
    pub properties: Vec<(String, String)>,
}

impl EventRow {
    /// The columns, in table order.
    pub const COLUMNS: &'static [&'static str] = <Self as Row>::COLUMN_NAMES;

    /// What it takes in memory, about.
    pub fn n_bytes(&self) -> usize {
        let texts = [
            &self.project,
            &self.kind,
            &self.name,
            &self.anonymous_id,
            &self.user_id,
            &self.account_id,
            &self.session_id,
            &self.path,
            &self.referrer,
            &self.campaign_source,
            &self.campaign_medium,
            &self.campaign_name,
            &self.device,
            &self.browser,
            &self.os,
            &self.country,
            &self.language,
            &self.app_version,
        ];
        let texts: usize = texts.iter().map(|text| text.len()).sum();
        let pair = |(key, value): &(String, String)| {
            size_of::<(String, String)>() + key.len() + value.len()
        };
        size_of::<Self>() + texts + self.properties.iter().map(pair).sum::<usize>()
    }
}

/// One row of [`crate::schema::elements`], where each field is explained.
#[derive(Debug, Clone, PartialEq, Eq, Default, Row, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the columns are explained in the schema, once")]
pub struct ElementRow {
    pub project: String,
    pub element_id: u64,
    pub canonical: String,
    pub tag: String,
    pub role: String,
    pub name: String,
    pub test_id: String,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
}

/// One row of [`crate::schema::pages`], where each field is explained.
#[derive(Debug, Clone, PartialEq, Eq, Default, Row, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the columns are explained in the schema, once")]
pub struct PageRow {
    pub project: String,
    pub page_id: u64,
    pub host: String,
    pub pattern: String,
    pub title: String,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
}

/// One row of [`crate::schema::feature_elements`], where each field is explained.
#[derive(Debug, Clone, PartialEq, Eq, Default, Row, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the columns are explained in the schema, once")]
pub struct FeatureElementRow {
    pub project: String,
    pub feature: String,
    pub version: u32,
    pub alternative: u8,
    pub element_id: u64,
    pub any_page: bool,
    pub valid_from: Timestamp,
    pub valid_to: Timestamp,
    pub app_version: String,
}

/// One row of [`crate::schema::feature_pages`], where each field is explained.
#[derive(Debug, Clone, PartialEq, Eq, Default, Row, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the columns are explained in the schema, once")]
pub struct FeaturePageRow {
    pub project: String,
    pub feature: String,
    pub version: u32,
    pub alternative: u8,
    pub page_id: u64,
}
