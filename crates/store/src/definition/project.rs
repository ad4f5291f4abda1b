//! A tenant: one web application of one vendor.

use super::hex;
use protocol::{ProjectId, WriteKey};
use serde::{Deserialize, Serialize};

/// A project and its settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    /// Stands in addresses and in every row; never changes.
    pub id: ProjectId,
    /// What members call it.
    pub name: String,
    /// The public key of the script line.
    pub write_key: WriteKey,
    /// The secret key under which ids of elements and pages are computed; never changes.
    #[serde(with = "hex")]
    pub id_key: [u8; 16],
    /// IANA name of the zone by which days are cut.
    pub time_zone: String,
    /// The first day of a week.
    pub week_start: WeekStart,
    /// Whether reports count browsers that say that a program drives them.
    pub count_automated: bool,
}

/// The first day of a week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeekStart {
    /// As in ISO 8601.
    #[default]
    Monday,
    /// As in North America.
    Sunday,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_is_readable_json() {
        let project = Project {
            id: ProjectId::parse("tidemark").unwrap(),
            name: "Tidemark".to_owned(),
            write_key: WriteKey::parse("wk_0123456789abcdefABCDEF01").unwrap(),
            id_key: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255],
            time_zone: "UTC".to_owned(),
            week_start: WeekStart::Monday,
            count_automated: false,
        };
        let json = serde_json::to_string(&project).unwrap();
        insta::assert_snapshot!(json, @r#"{"id":"tidemark","name":"Tidemark","write_key":"wk_0123456789abcdefABCDEF01","id_key":"000102030405060708090a0b0c0d0eff","time_zone":"UTC","week_start":"monday","count_automated":false}"#);
        assert_eq!(serde_json::from_str::<Project>(&json).unwrap(), project);
        let broken = json.replace("0e", "+e");
        assert!(serde_json::from_str::<Project>(&broken).is_err());
    }
}
