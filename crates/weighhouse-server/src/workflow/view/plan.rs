//! What a partial view leaves out, and why: by what the inspection knows of each file, and by path. Nothing here reads or writes anything.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use globset::{Glob, GlobMatcher};
use serde::Deserialize;
use weighhouse_core::printable::printable_within;
use weighhouse_formats::format::{Family, Format};
use weighhouse_supply::licence::tells_terms;

use super::rewrite::{is_configuration, is_templated};
use crate::error::{GateError, Result};
use crate::store::revisions::File;

/// Patterns of one view, and characters of each.
const PATTERNS: usize = 50;
const LONGEST: usize = 200;

/// A kind of files that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Part {
    /// Pickles, and whatever else runs when it is loaded.
    Pickle,
    /// Python and other code.
    Code,
    /// Native programs and libraries.
    Executable,
    /// Chat templates.
    Template,
}

impl Part {
    pub(crate) const ALL: [Self; 4] = [Self::Pickle, Self::Code, Self::Executable, Self::Template];

    /// The word by which it is asked for, and kept.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pickle => "pickle",
            Self::Code => "code",
            Self::Executable => "executable",
            Self::Template => "template",
        }
    }

    /// What a file of this kind is, in words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Pickle => "it runs when it is loaded",
            Self::Code => "it is code",
            Self::Executable => "it is a program",
            Self::Template => "it is a chat template",
        }
    }

    /// The kind of files of a format, if it is one that can be left out. A format of which nobody thought here runs when it is loaded if it
    /// runs at all.
    fn of(format: Format) -> Option<Self> {
        match (format.family(), format) {
            (_, Format::Template) => Some(Self::Template),
            (_, Format::PythonBytecode) => Some(Self::Code),
            (
                _,
                Format::Elf
                | Format::PortableExecutable
                | Format::MachO
                | Format::WebAssembly
                | Format::JavaClass
                | Format::Shortcut,
            ) => Some(Self::Executable),
            (_, Format::TorchScript) | (Family::Executable, _) => Some(Self::Pickle),
            (Family::Code, _) => Some(Self::Code),
            _ => None,
        }
    }

    /// The kind of files in which a rule finds something, whatever they are as a whole: an archive with a pickle in it.
    fn found_by(rule: &str) -> Option<Self> {
        let family = rule.strip_prefix("WH-").and_then(|rest| rest.split('-').next());
        match (rule, family) {
            ("WH-EXE-001", _) => Some(Self::Executable),
            (_, Some("PKL" | "NPY" | "TOR" | "OBJ" | "RDS" | "EXE")) => Some(Self::Pickle),
            _ => None,
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Part {
    type Err = GateError;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|part| part.as_str() == text).ok_or_else(|| {
            let text = printable_within(text, 40);
            let all: Vec<String> = Self::ALL.iter().map(|part| format!("`{part}`")).collect();
            GateError::Invalid(format!(
                "`{text}` is no kind of files that can be left out; there are {}",
                all.join(", ")
            ))
        })
    }
}

/// What is to be left out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Without {
    pub(crate) parts: BTreeSet<Part>,
    /// Patterns of paths.
    pub(crate) paths: Vec<String>,
}

/// A file that is left out, and why: one line, safe to print.
#[derive(Debug, Clone)]
pub(crate) struct Left {
    pub(crate) file: File,
    pub(crate) why: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Document {
    files: Vec<FileRow>,
    findings: Vec<FindingRow>,
    assessments: Vec<Thread>,
}

#[derive(Deserialize)]
struct FileRow {
    path: String,
    format: String,
}

#[derive(Deserialize)]
struct FindingRow {
    rule: String,
    file: String,
}

#[derive(Deserialize)]
struct Thread {
    thread: String,
    #[serde(default)]
    answers: Vec<Cited>,
}

#[derive(Deserialize)]
struct Cited {
    file: Option<String>,
}

/// What the inspection knows of files.
#[derive(Debug, Default)]
pub(crate) struct Known {
    formats: BTreeMap<String, Format>,
    found: BTreeMap<String, BTreeSet<Part>>,
    /// Files in whose templates something was found.
    templates: BTreeSet<String>,
    /// Files from which is known on which terms it may be used, and what it was made from.
    cited: BTreeSet<String>,
}

impl Known {
    /// Reads a report (JSON v1); nothing if it cannot be read.
    pub(crate) fn read(report: &str) -> Option<Self> {
        let document: Document = serde_json::from_str(report).ok()?;
        let mut known = Self::default();
        for row in document.files {
            let format = Format::ALL.iter().find(|format| format.name() == row.format);
            known.formats.insert(row.path, format.copied().unwrap_or(Format::Unknown));
        }
        for row in document.findings {
            if row.rule.starts_with("WH-TPL-") {
                known.templates.insert(row.file.clone());
            }
            if let Some(part) = Part::found_by(&row.rule) {
                known.found.entry(row.file).or_default().insert(part);
            }
        }
        let telling = ["licence", "lineage", "card"];
        let threads = document.assessments.into_iter();
        let threads = threads.filter(|one| telling.contains(&one.thread.as_str()));
        known.cited = threads.flat_map(|one| one.answers).filter_map(|answer| answer.file).collect();
        Some(known)
    }

    /// Whether it knows what each of these files is. Of a file that nobody told of, nobody knows whether it runs.
    pub(super) fn tells_of(&self, files: &[File]) -> bool {
        files.iter().all(|file| self.formats.contains_key(&file.path))
    }

    fn format(&self, path: &str) -> Format {
        self.formats.get(path).copied().unwrap_or(Format::Unknown)
    }

    /// The kinds that a file is of.
    pub(crate) fn parts(&self, path: &str) -> BTreeSet<Part> {
        let mut parts = self.found.get(path).cloned().unwrap_or_default();
        parts.extend(Part::of(self.format(path)));
        // Older processors keep theirs in a file of JSON.
        if name_of(path) == "chat_template.json" {
            parts.insert(Part::Template);
        }
        parts
    }

    /// What would take away what was found in these files: kinds first, for they also mend what speaks of such files; then paths. And how
    /// many of them nothing takes away.
    pub(crate) fn remedy<'a>(&self, files: impl IntoIterator<Item = &'a String>) -> (Without, usize) {
        let (mut without, mut stay) = (Without::default(), 0);
        for path in files {
            let part = match (self.parts(path).first(), self.templates.contains(path)) {
                (Some(part), _) => Some(*part),
                (None, true) if is_templated(path) => Some(Part::Template),
                (None, _) if is_configuration(path) => Some(Part::Code),
                (None, _) => None,
            };
            let exact = globset::escape(path);
            if let Some(part) = part {
                without.parts.insert(part);
            } else if self.stays(path) || exact.chars().count() > LONGEST || without.paths.len() >= PATTERNS {
                stay += 1;
            } else {
                without.paths.push(exact);
            }
        }
        (without, stay)
    }

    /// Whether a file holds data: what a view without any would hardly be wanted for.
    pub(crate) fn is_data(&self, path: &str) -> bool {
        matches!(self.format(path).family(), Family::Data | Family::Container)
    }

    /// Whether a file says what the model is and on which terms it may be used. A view without it would hide from policy what is true of what
    /// is left.
    pub(crate) fn stays(&self, path: &str) -> bool {
        let family = self.format(path).family();
        let runs = matches!(family, Family::Executable | Family::Code);
        !runs && (tells_terms(path) || (family == Family::Text && self.cited.contains(path)))
    }
}

/// The last part of a path.
pub(super) fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A path in a place of its own folder, from the name that a file there writes.
pub(super) fn beside(path: &str, name: &str) -> String {
    path.rsplit_once('/').map_or_else(|| name.to_owned(), |(folder, _)| format!("{folder}/{name}"))
}

/// A path as messages show it.
pub(super) fn shown(path: &str) -> String {
    printable_within(path, 200)
}

/// Patterns as they are written, ready to be asked.
struct Patterns(Vec<(String, GlobMatcher)>);

impl Patterns {
    /// As the patterns of Hub clients (`hf download --exclude`): `*` means any characters, `/` among them.
    fn read(paths: &[String]) -> Result<Self> {
        if paths.len() > PATTERNS {
            return Err(GateError::Invalid(format!("a view has at most {PATTERNS} patterns")));
        }
        let one = |text: &String| {
            let wrong = |why: String| {
                GateError::Invalid(format!("`{}` is no pattern of paths: {why}", printable_within(text, 100)))
            };
            if text.is_empty() || text.chars().count() > LONGEST || text.chars().any(char::is_control) {
                return Err(wrong(format!(
                    "write 1 to {LONGEST} characters, none of them a control character"
                )));
            }
            let glob = Glob::new(text).map_err(|error| wrong(error.kind().to_string()))?;
            Ok((text.clone(), glob.compile_matcher()))
        };
        Ok(Self(paths.iter().map(one).collect::<Result<_>>()?))
    }
}

/// What is left out by kind and by path. A pattern that means no file, or a file that stays, is an error: somebody expects something else.
pub(super) fn left_out(files: &[File], known: &Known, without: &Without) -> Result<BTreeMap<String, String>> {
    let patterns = Patterns::read(&without.paths)?;
    let mut left = BTreeMap::new();
    for file in files {
        let wanted: Vec<Part> =
            known.parts(&file.path).into_iter().filter(|part| without.parts.contains(part)).collect();
        if let Some(part) = wanted.first() {
            if known.stays(&file.path) {
                return Err(GateError::Conflict(format!(
                    "`{}` says what it is and on which terms it may be used, and there is something in it that is to be left out; no view can be \
                     made without one of them",
                    shown(&file.path)
                )));
            }
            left.insert(file.path.clone(), part.words().to_owned());
        }
    }
    for (text, glob) in &patterns.0 {
        let mut meant = files.iter().filter(|file| glob.is_match(&file.path)).peekable();
        let text = printable_within(text, LONGEST);
        if meant.peek().is_none() {
            return Err(GateError::Invalid(format!("the pattern `{text}` means no file of this revision")));
        }
        for file in meant {
            if known.stays(&file.path) {
                return Err(GateError::Invalid(format!(
                    "`{}` says what it is and on which terms it may be used, so it stays in every view; the pattern `{text}` must not \
                     mean it",
                    shown(&file.path)
                )));
            }
            left.entry(file.path.clone()).or_insert_with(|| format!("its path is like `{text}`"));
        }
    }
    Ok(left)
}
