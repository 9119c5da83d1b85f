//! The report of an inspection as pages show it: read from JSON v1, in words, the worst first.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use weighhouse_core::words::grouped;

use super::words::{Prose, shown};

/// Findings, gaps and answers that a page shows; the report has everything.
const FINDINGS: usize = 200;
const GAPS: usize = 50;
const ANSWERS: usize = 8;
const PLACES: usize = 5;

/// From worst to least.
const SEVERITIES: [&str; 5] = ["critical", "high", "medium", "low", "info"];

#[derive(Deserialize, Default)]
#[serde(default)]
struct Document {
    files: Vec<FileRow>,
    findings: Vec<FindingRow>,
    coverage: Coverage,
    assessments: Vec<Assessment>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct FileRow {
    path: String,
    format: String,
    coverage: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct FindingRow {
    rule: String,
    severity: String,
    confidence: String,
    headline: String,
    file: String,
    member: Option<String>,
    location: Location,
    evidence: Option<String>,
    remediation: String,
    fingerprint: String,
    waived: Option<Waived>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Location {
    line: Option<u32>,
    offset: Option<u64>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Waived {
    owner: String,
    reason: String,
    expires: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Coverage {
    complete: bool,
    gaps: Vec<GapRow>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct GapRow {
    file: String,
    member: Option<String>,
    detail: String,
    waived: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Assessment {
    thread: String,
    state: String,
    headline: String,
    as_of: Option<String>,
    answers: Vec<AnswerRow>,
    missing: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct AnswerRow {
    text: String,
    basis: String,
    file: Option<String>,
}

/// What was found, as a page shows it.
#[derive(Default)]
pub(super) struct Found {
    /// How many findings that no waiver accepts, by severity, the worst first.
    pub(super) tally: Vec<(&'static str, usize)>,
    pub(super) groups: Vec<Group>,
    /// Findings that are not shown.
    pub(super) more: usize,
    pub(super) complete: bool,
    pub(super) gaps: Vec<Gap>,
    pub(super) more_gaps: usize,
    pub(super) threads: Vec<Thread>,
    files: BTreeMap<String, FileStatus>,
    headlines: BTreeMap<String, String>,
    /// The file that each finding is in.
    places: BTreeMap<String, String>,
    /// Files of which something was not looked at, and nobody accepts it.
    unseen: BTreeSet<String>,
}

/// Findings that say the same of several places.
pub(super) struct Group {
    pub(super) severity: String,
    pub(super) rule: String,
    pub(super) sure: &'static str,
    pub(super) headline: Prose,
    pub(super) places: Vec<Place>,
    /// Places that are not shown.
    pub(super) more: usize,
    pub(super) remediation: Prose,
    pub(super) waived: Option<Prose>,
    said: String,
}

pub(super) struct Place {
    pub(super) file: String,
    pub(super) inside: String,
    pub(super) evidence: Option<String>,
}

pub(super) struct Gap {
    pub(super) file: String,
    pub(super) detail: Prose,
    pub(super) waived: bool,
}

/// A question beyond the bytes.
pub(super) struct Thread {
    pub(super) question: &'static str,
    pub(super) state: &'static str,
    pub(super) headline: Prose,
    pub(super) as_of: Option<String>,
    pub(super) answers: Vec<Answer>,
    pub(super) more: usize,
    pub(super) missing: Vec<Prose>,
}

pub(super) struct Answer {
    pub(super) text: Prose,
    /// How it is known, and where it stands.
    pub(super) basis: String,
}

/// What was found in a file.
#[derive(Default, Clone)]
pub(super) struct FileStatus {
    pub(super) format: String,
    /// Words if not all of it was looked at.
    pub(super) unseen: Option<&'static str>,
    /// The worst severity.
    pub(super) worst: Option<&'static str>,
    pub(super) findings: usize,
}

impl Found {
    /// Reads a report. One that cannot be read tells nothing, and says so.
    pub(super) fn read(report: &str) -> Option<Self> {
        let document: Document = serde_json::from_str(report).ok()?;
        let mut found = Self { complete: document.coverage.complete, ..Self::default() };
        for row in document.files {
            let unseen = match row.coverage.as_str() {
                "full" => None,
                "partial" => Some("looked at in part"),
                _ => Some("not looked at"),
            };
            let status = FileStatus { format: shown(&row.format), unseen, ..FileStatus::default() };
            found.files.insert(row.path, status);
        }
        found.take_findings(document.findings);
        let gaps = document.coverage.gaps;
        found.more_gaps = gaps.len().saturating_sub(GAPS);
        let open = gaps.iter().filter(|gap| !gap.waived);
        found.unseen = open.map(|gap| gap.file.clone()).collect();
        found.gaps = gaps.into_iter().take(GAPS).map(Gap::of).collect();
        found.threads = document.assessments.into_iter().map(Thread::of).collect();
        Some(found)
    }

    fn take_findings(&mut self, mut rows: Vec<FindingRow>) {
        for row in &rows {
            self.headlines.insert(row.fingerprint.clone(), row.headline.clone());
            self.places.insert(row.fingerprint.clone(), row.file.clone());
            if row.waived.is_some() {
                continue;
            }
            let status = self.files.entry(row.file.clone()).or_default();
            status.findings += 1;
            let rank = rank(&row.severity);
            if status.worst.is_none_or(|worst| rank < self::rank(worst)) {
                status.worst = SEVERITIES.get(rank).copied();
            }
        }
        let count = |severity: &str| {
            rows.iter().filter(|row| row.severity == severity && row.waived.is_none()).count()
        };
        self.tally = SEVERITIES.iter().map(|severity| (*severity, count(severity))).collect();
        rows.sort_by_key(|row| (row.waived.is_some(), rank(&row.severity)));
        self.more = rows.len().saturating_sub(FINDINGS);
        for row in rows.into_iter().take(FINDINGS) {
            let at = self.groups.iter().position(|group| group.holds(&row));
            if at.is_none() {
                self.groups.push(Group::begin(&row));
            }
            let group = match at {
                Some(at) => self.groups.get_mut(at),
                None => self.groups.last_mut(),
            };
            if let Some(group) = group {
                group.add(&row);
            }
        }
    }

    /// What was found in a file.
    pub(super) fn file(&self, path: &str) -> FileStatus {
        self.files.get(path).cloned().unwrap_or_default()
    }

    /// The headlines of findings that a policy names, each once.
    pub(super) fn headlines(&self, fingerprints: &[String]) -> Vec<Prose> {
        let mut all: Vec<&String> = fingerprints.iter().filter_map(|id| self.headlines.get(id)).collect();
        all.sort_unstable();
        all.dedup();
        all.into_iter().take(PLACES).map(|headline| Prose::sentence(headline)).collect()
    }

    /// The files that findings are in.
    pub(super) fn files_of<'a>(&'a self, fingerprints: &'a [String]) -> impl Iterator<Item = &'a String> {
        fingerprints.iter().filter_map(|id| self.places.get(id))
    }

    /// Files of which something was not looked at.
    pub(super) fn unseen(&self) -> &BTreeSet<String> {
        &self.unseen
    }

    /// Findings that no waiver accepts.
    pub(super) fn open(&self) -> usize {
        self.tally.iter().map(|(_, count)| count).sum()
    }
}

/// Two reports beside one another.
pub(super) struct Compared {
    /// Findings of the second report only, and of the first only.
    pub(super) gained: Found,
    pub(super) lost: Found,
    pub(super) threads: Vec<ThreadChange>,
}

/// A question beyond the bytes that is answered otherwise.
#[derive(Clone)]
pub(super) struct ThreadChange {
    pub(super) question: &'static str,
    /// Before and after, if they differ.
    pub(super) headline: Option<(Prose, Prose)>,
    pub(super) gained: Vec<Prose>,
    pub(super) lost: Vec<Prose>,
}

impl Compared {
    /// Compares findings by rule, severity, place and words; an offset that moved changes nothing. Nothing if a report cannot be read.
    pub(super) fn of(old: &str, new: &str) -> Option<Self> {
        let old: Document = serde_json::from_str(old).ok()?;
        let new: Document = serde_json::from_str(new).ok()?;
        let threads = ThreadChange::all(&old.assessments, &new.assessments);
        let key = |row: &FindingRow| {
            let waived = row.waived.is_some();
            (
                row.rule.clone(),
                row.severity.clone(),
                row.file.clone(),
                row.member.clone(),
                row.headline.clone(),
                waived,
            )
        };
        let of_old: BTreeSet<_> = old.findings.iter().map(key).collect();
        let of_new: BTreeSet<_> = new.findings.iter().map(key).collect();
        let (mut gained, mut lost) = (Found::default(), Found::default());
        gained.take_findings(new.findings.into_iter().filter(|row| !of_old.contains(&key(row))).collect());
        lost.take_findings(old.findings.into_iter().filter(|row| !of_new.contains(&key(row))).collect());
        Some(Self { gained, lost, threads })
    }
}

impl ThreadChange {
    fn all(old: &[Assessment], new: &[Assessment]) -> Vec<Self> {
        let of = |all: &[Assessment], thread: &str| {
            let found = all.iter().find(|one| one.thread == thread);
            let headline = found.map_or("not asked", |found| found.headline.as_str()).to_owned();
            let answers: BTreeSet<String> = found
                .into_iter()
                .flat_map(|found| &found.answers)
                .map(|answer| answer.text.clone())
                .collect();
            (headline, answers)
        };
        let threads: BTreeSet<&str> = old.iter().chain(new).map(|one| one.thread.as_str()).collect();
        let mut changes = Vec::new();
        for thread in threads {
            let ((before, lost), (after, gained)) = (of(old, thread), of(new, thread));
            let only = |these: &BTreeSet<String>, those: &BTreeSet<String>| {
                these.difference(those).take(ANSWERS).map(|text| Prose::sentence(text)).collect::<Vec<_>>()
            };
            let change = Self {
                question: question(thread),
                headline: (before != after).then(|| (Prose::sentence(&before), Prose::sentence(&after))),
                gained: only(&gained, &lost),
                lost: only(&lost, &gained),
            };
            if change.headline.is_some() || !change.gained.is_empty() || !change.lost.is_empty() {
                changes.push(change);
            }
        }
        changes
    }
}

/// What a thread asks.
fn question(thread: &str) -> &'static str {
    match thread {
        "licence" => "May we use it?",
        "vulnerabilities" => "Known vulnerabilities",
        "signature" => "Who vouches for it?",
        "lineage" => "What is it made from?",
        "card" => "What do its makers say?",
        "health" => "How is it kept?",
        _ => "Another question",
    }
}

fn rank(severity: &str) -> usize {
    SEVERITIES.iter().position(|known| *known == severity).unwrap_or(SEVERITIES.len())
}

impl Group {
    /// The group of a finding, still without it.
    fn begin(row: &FindingRow) -> Self {
        let sure = match row.confidence.as_str() {
            "high" => "sure",
            "medium" => "likely",
            _ => "possible",
        };
        let waived = row.waived.as_ref().map(|by| {
            let (owner, until) = (&by.owner, &by.expires);
            Prose::sentence(&format!("accepted by `{owner}` until {until}: {}", by.reason))
        });
        Self {
            severity: row.severity.clone(),
            rule: row.rule.clone(),
            sure,
            headline: Prose::sentence(&row.headline),
            places: Vec::new(),
            more: 0,
            remediation: Prose::sentence(&row.remediation),
            waived,
            said: row.headline.clone(),
        }
    }

    fn holds(&self, row: &FindingRow) -> bool {
        self.rule == row.rule
            && self.said == row.headline
            && self.severity == row.severity
            && self.waived.is_some() == row.waived.is_some()
    }

    fn add(&mut self, row: &FindingRow) {
        if self.places.len() >= PLACES {
            self.more += 1;
            return;
        }
        let mut inside = Vec::new();
        inside.extend(row.member.as_deref().map(shown));
        match (row.location.line, row.location.offset) {
            (Some(line), _) => inside.push(format!("line {line}")),
            (None, Some(offset)) => inside.push(format!("byte {}", grouped(offset))),
            (None, None) => {}
        }
        self.places.push(Place {
            file: shown(&row.file),
            inside: inside.join(", "),
            evidence: row.evidence.as_deref().map(shown).filter(|text| !text.is_empty()),
        });
    }
}

impl Gap {
    fn of(row: GapRow) -> Self {
        let file = match row.member {
            Some(member) => format!("{} {member}", row.file),
            None => row.file,
        };
        Self { file: shown(&file), detail: Prose::sentence(&row.detail), waived: row.waived }
    }
}

impl Thread {
    fn of(row: Assessment) -> Self {
        let question = question(&row.thread);
        let state = match row.state.as_str() {
            "assessed" => "",
            "partly" => "answered in part",
            _ => "not answered",
        };
        let more = row.answers.len().saturating_sub(ANSWERS);
        let answers = row.answers.into_iter().take(ANSWERS).map(|answer| Answer {
            text: Prose::sentence(&answer.text),
            basis: match answer.file {
                Some(file) => shown(&format!("{}, {file}", answer.basis)),
                None => shown(&answer.basis),
            },
        });
        let missing = row.missing.iter().filter(|missing| **missing != row.headline).take(ANSWERS);
        Self {
            question,
            state,
            headline: Prose::sentence(&row.headline),
            as_of: row.as_of.as_deref().map(shown),
            answers: answers.collect(),
            more,
            missing: missing.map(|text| Prose::sentence(text)).collect(),
        }
    }
}
