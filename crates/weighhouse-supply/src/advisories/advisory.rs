//! An advisory about one package.

use weighhouse_core::Date;

use super::Ecosystem;
use super::osv;
use super::severity::{self, Rating};

/// Characters of a summary that are kept.
const SUMMARY: usize = 180;

/// What a database says of one package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advisory {
    /// `PYSEC-…`, `GHSA-…`, `MAL-…`, `CVE-…`.
    pub id: String,
    /// What other databases call it.
    pub aliases: Vec<String>,
    /// When it was changed last.
    pub modified: Option<Date>,
    /// Taken back: it holds for nothing.
    pub withdrawn: bool,
    /// One line; as written, so not fit to be shown.
    pub summary: String,
    /// How bad.
    pub rating: Rating,
    /// Which versions.
    pub affected: Vec<Affected>,
}

/// Versions that are affected: those listed, and those in a range.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Affected {
    /// Version by version, as written.
    pub versions: Vec<String>,
    /// By order.
    pub ranges: Vec<Range>,
}

/// Bounds between which versions are affected, in the order in which they are written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Range {
    /// The bounds.
    pub bounds: Vec<Bound>,
}

/// One bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bound {
    /// Affected from here on; `0` stands before every version.
    Introduced(String),
    /// No longer affected from here on.
    Fixed(String),
    /// The last one that is affected.
    LastAffected(String),
    /// Nothing is said of this version and those behind it; `*` is behind every version.
    Limit(String),
}

impl Advisory {
    /// Whether it says that the package itself is malware.
    pub fn is_malware(&self) -> bool {
        std::iter::once(&self.id).chain(&self.aliases).any(|id| id.starts_with("MAL-"))
    }

    /// Every name of it, its own first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.id.as_str()).chain(self.aliases.iter().map(String::as_str))
    }

    /// What an entry says of one package; `name` is normalised.
    pub(super) fn of(entry: osv::Entry, ecosystem: &Ecosystem, name: &str) -> Self {
        let is_about = |affected: &osv::Affected| affected.is_about(ecosystem, name);
        let mut rating =
            severity::rating(&entry, entry.affected.iter().filter(|affected| is_about(affected)));
        let summary = summary(&entry);
        let affected: Vec<Affected> =
            entry.affected.into_iter().filter(is_about).map(Affected::from).collect();
        let advisory = Self {
            modified: entry.modified.get(..10).and_then(|day| day.parse().ok()),
            withdrawn: entry.withdrawn.is_some(),
            id: entry.id,
            aliases: entry.aliases,
            summary,
            rating: Rating::default(),
            affected,
        };
        if advisory.is_malware() {
            rating = Rating::malware();
        }
        Self { rating, ..advisory }
    }
}

impl From<osv::Affected> for Affected {
    fn from(affected: osv::Affected) -> Self {
        let ranges = affected.ranges.into_iter().filter(|range| range.kind != "GIT");
        let ranges =
            ranges.map(|range| Range { bounds: range.events.into_iter().flat_map(bounds).collect() });
        Self { versions: affected.versions, ranges: ranges.collect() }
    }
}

/// The bounds of an event: one, if it is written as the schema says.
fn bounds(event: osv::Event) -> impl Iterator<Item = Bound> {
    let osv::Event { introduced, fixed, last_affected, limit } = event;
    [
        introduced.map(Bound::Introduced),
        fixed.map(Bound::Fixed),
        last_affected.map(Bound::LastAffected),
        limit.map(Bound::Limit),
    ]
    .into_iter()
    .flatten()
}

/// The summary, or the beginning of the details; what only says what the package is ("X is a library for …") tells nothing.
pub(super) fn summary(entry: &osv::Entry) -> String {
    let texts = [entry.summary.as_deref(), entry.details.as_deref()];
    let lines = texts.into_iter().flatten().flat_map(str::lines);
    let line = lines.map(|line| line.trim().trim_start_matches('#').trim()).find(|line| !line.is_empty());
    let line = line.unwrap_or_default();
    let useful = line.split_once(". ").filter(|(first, rest)| introduces(first) && rest.len() > 20);
    let text = useful.map_or(line, |(_, rest)| rest).trim_end_matches('.');
    if text.chars().count() <= SUMMARY {
        return text.to_owned();
    }
    let cut: String = text.chars().take(SUMMARY).collect();
    let cut = cut.rsplit_once(' ').map_or(cut.as_str(), |(whole, _)| whole);
    format!("{}…", cut.trim_end_matches([',', '.', ';', ':']))
}

/// Whether a sentence says what the package is.
fn introduces(sentence: &str) -> bool {
    let words: Vec<&str> = sentence.split_whitespace().take(6).collect();
    words.windows(2).any(|pair| matches!(pair, ["is", "a" | "an" | "the"]))
}
