//! How bad an advisory is: by its CVSS vector, else by the word of its database, else unknown. Never "low" for want of data.

use weighhouse_core::Severity;
use weighhouse_core::printable::printable_within;

use super::osv::{Affected, Entry, Score};

/// How bad, and who says so.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rating {
    /// Absent: nobody says.
    pub severity: Option<Severity>,
    /// `CVSS 4.0: 9.3`, `database: MODERATE`, `malware`; empty if nobody says. Safe to print.
    pub source: String,
    /// The vector behind it, if there is one.
    pub vector: Option<Vector>,
}

/// A rating by CVSS.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Vector {
    /// Version of CVSS: `2.0`, `3.0`, `3.1`, `4.0`.
    pub version: &'static str,
    /// The vector, as the standard writes it.
    pub text: String,
    /// Ten times its score.
    pub tenths: u8,
}

impl Rating {
    /// That of malware.
    pub(super) fn malware() -> Self {
        Self { severity: Some(Severity::Critical), source: "malware".to_owned(), vector: None }
    }

    /// The word for reports.
    pub fn as_str(&self) -> &'static str {
        self.severity.map_or("unknown", Severity::as_str)
    }
}

/// The rating of an entry, as far as these packages are concerned: what is said of a package goes before what is said of all.
pub(super) fn rating<'a>(entry: &Entry, about: impl Iterator<Item = &'a Affected>) -> Rating {
    let about: Vec<_> = about.collect();
    let of_package = about.iter().filter_map(|affected| scored(&affected.severity)).max_by(worse);
    let words = about.iter().flat_map(|affected| [&affected.database_specific, &affected.ecosystem_specific]);
    let words = words.chain(std::iter::once(&entry.database_specific));
    let words = words.filter_map(|specific| specific.get("severity")?.as_str()).filter_map(worded);
    of_package.or_else(|| scored(&entry.severity)).or_else(|| words.max_by(worse)).unwrap_or_default()
}

fn worse(a: &Rating, b: &Rating) -> std::cmp::Ordering {
    a.severity.cmp(&b.severity)
}

/// By the newest version of CVSS that is given and can be read.
fn scored(scores: &[Score]) -> Option<Rating> {
    let mut scores: Vec<_> = scores.iter().filter(|score| score.kind.starts_with("CVSS_")).collect();
    scores.sort_by(|a, b| b.kind.cmp(&a.kind));
    scores.iter().find_map(|score| {
        let vector: cvss::Cvss = score.score.trim().parse().ok()?;
        let severity = match vector.severity() {
            cvss::Severity::None => Severity::Info,
            cvss::Severity::Low => Severity::Low,
            cvss::Severity::Medium => Severity::Medium,
            cvss::Severity::High => Severity::High,
            cvss::Severity::Critical => Severity::Critical,
        };
        let version = match vector {
            cvss::Cvss::CvssV20(_) => "2.0",
            cvss::Cvss::CvssV30(_) => "3.0",
            cvss::Cvss::CvssV31(_) => "3.1",
            _ => "4.0",
        };
        // Scores have one decimal, and so has the text: ten times that is a whole number.
        let score = format!("{:.1}", vector.score());
        let tenths = score.replace('.', "").parse().ok()?;
        let vector = Vector { version, text: vector.to_string(), tenths };
        Some(Rating {
            severity: Some(severity),
            source: format!("CVSS {version}: {score}"),
            vector: Some(vector),
        })
    })
}

/// By the word of a database.
fn worded(word: &str) -> Option<Rating> {
    let severity = match word.trim().to_ascii_lowercase().as_str() {
        "critical" => Severity::Critical,
        "high" | "important" => Severity::High,
        "moderate" | "medium" => Severity::Medium,
        "low" | "minor" => Severity::Low,
        "informational" | "info" | "none" => Severity::Info,
        _ => return None,
    };
    Some(Rating {
        severity: Some(severity),
        source: format!("database: {}", printable_within(word.trim(), 20)),
        vector: None,
    })
}
