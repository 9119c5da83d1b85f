//! What is remembered of a repository between two looks: where its refs stood, what its weights were, and who worked on it.
//!
//! People are remembered by the digest of their address, so that a store lists nobody. Times are days.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use weighhouse_core::{Date, Digest};

/// What is remembered of one repository.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Version of this form: 1.
    pub version: u32,
    /// Where it comes from, without scheme and credentials: `huggingface.co/org/name`.
    pub key: String,
    /// The day of the first look.
    pub first_seen: String,
    /// The day of the last one.
    pub last_seen: String,
    /// The name that the Hub never gives twice, if a snapshot told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub_id: Option<String>,
    /// Commits without parents.
    #[serde(default)]
    pub roots: BTreeSet<String>,
    /// Branches, and the commits they named.
    #[serde(default)]
    pub branches: BTreeMap<String, String>,
    /// Tags, and the objects they named.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Weights, and the names of their blobs.
    #[serde(default)]
    pub weights: BTreeMap<String, String>,
    /// Who worked on it, by the SHA-256 of their address.
    #[serde(default)]
    pub people: BTreeMap<String, Work>,
}

/// What somebody did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// Commits.
    pub commits: u64,
    /// Of these, signed ones.
    pub signed: u64,
    /// The day of the first one.
    pub first: String,
    /// The day of the last one.
    pub last: String,
}

/// A store: everything that is remembered.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    records: BTreeMap<String, Record>,
}

/// Bytes of one record that are read.
pub const RECORD_BYTES: u64 = 64 << 20;
/// Branches, tags, weights and people of one record that are kept, each.
pub(super) const MOST: usize = 10_000;
/// The version of records that is written and read.
pub(super) const VERSION: u32 = 1;

/// A record that does not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no record of a repository: {0}")]
pub struct BadRecord(String);

impl Record {
    /// Reads what [`Record::to_json`] wrote.
    pub fn from_json(json: &[u8]) -> Result<Self, BadRecord> {
        let record: Self = serde_json::from_slice(json).map_err(|error| BadRecord(error.to_string()))?;
        if record.version == VERSION {
            Ok(record)
        } else {
            Err(BadRecord(format!("version {} is not known", record.version)))
        }
    }

    /// The record as a file.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The name of its file in a store.
    pub fn file_name(&self) -> String {
        file_name(&self.key)
    }
}

/// The name of the file for a key: keys hold what file systems do not.
fn file_name(key: &str) -> String {
    let mut hex = Digest::of(key.as_bytes()).hex();
    hex.truncate(32);
    format!("{hex}.json")
}

/// The name under which somebody is remembered.
pub(super) fn person(email: &str) -> String {
    Digest::of(email.as_bytes()).hex()
}

/// What is remembered of somebody from other repositories.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reputation {
    pub(super) repositories: usize,
    pub(super) commits: u64,
    pub(super) since: Option<String>,
}

impl Memory {
    /// Adds a record.
    pub fn add(&mut self, record: Record) {
        self.records.insert(record.key.clone(), record);
    }

    /// What is remembered of the repository at `key`.
    pub(super) fn of(&self, key: &str) -> Option<&Record> {
        self.records.get(key)
    }

    /// What somebody did in other repositories than `key`.
    pub(super) fn reputation(&self, person: &str, key: &str) -> Reputation {
        let mut reputation = Reputation::default();
        for work in
            self.records.values().filter(|record| record.key != key).filter_map(|r| r.people.get(person))
        {
            reputation.repositories = reputation.repositories.saturating_add(1);
            reputation.commits = reputation.commits.saturating_add(work.commits);
            let first = work.first.clone();
            reputation.since = Some(reputation.since.map_or(first.clone(), |since| since.min(first)));
        }
        reputation
    }
}

/// A day as text.
pub(super) fn day(seconds: i64) -> String {
    date(seconds).map_or_else(|| "an impossible day".to_owned(), |date| date.to_string())
}

/// The day of a moment; `None` outside the years 1 to 9999.
pub(super) fn date(seconds: i64) -> Option<Date> {
    // Days to a date, by eras of 400 years that begin in March.
    let days = seconds.div_euclid(86_400).checked_add(719_468)?;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = of_era
        .saturating_sub(of_era / 1_460)
        .saturating_add(of_era / 36_524)
        .saturating_sub(of_era / 146_096)
        / 365;
    let before =
        year_of_era.saturating_mul(365).saturating_add(year_of_era / 4).saturating_sub(year_of_era / 100);
    let of_year = of_era.saturating_sub(before);
    let shifted = of_year.saturating_mul(5).saturating_add(2) / 153;
    let day = of_year.saturating_sub(shifted.saturating_mul(153).saturating_add(2) / 5).saturating_add(1);
    let month = if shifted < 10 { shifted.saturating_add(3) } else { shifted.saturating_sub(9) };
    let year = era.checked_mul(400)?.checked_add(year_of_era)?.checked_add(i64::from(month <= 2))?;
    Date::new(u16::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_have_days() {
        for day in
            ["1970-01-01", "1969-12-31", "1972-02-29", "2000-03-01", "2026-11-21", "0001-01-01", "9999-12-31"]
        {
            let parsed: Date = day.parse().unwrap();
            assert_eq!(date(parsed.days() * 86_400), Some(parsed));
            assert_eq!(date(parsed.days() * 86_400 + 86_399), Some(parsed));
        }
        assert_eq!(date(i64::MAX), None);
        assert_eq!(date(i64::MIN), None);
    }

    #[test]
    fn records_survive_being_written() {
        let record = Record { version: VERSION, key: "a/b".to_owned(), ..Record::default() };
        assert_eq!(Record::from_json(record.to_json().as_bytes()), Ok(record));
        assert!(Record::from_json(br#"{"version":2,"key":"","first_seen":"","last_seen":""}"#).is_err());
        assert!(Record::from_json(b"[]").is_err());
    }
}
