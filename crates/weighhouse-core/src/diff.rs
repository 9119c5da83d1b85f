//! What changed between two revisions of an artifact.

use crate::artifact::Artifact;
use crate::coverage::CoverageGap;
use crate::decision::Outcome;
use crate::digest::Digest;
use crate::finding::Finding;
use crate::inspection::Tool;
use crate::outline::{ItemKind, Standing};
use crate::severity::Severity;

/// A comparison of two revisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    /// The program that compared.
    pub tool: Tool,
    /// The revision that was.
    pub old: Side,
    /// The revision that is to be.
    pub new: Side,
    /// Files that are not the same, by path in the new revision (the old one for removed files).
    pub files: Vec<FileChange>,
    /// What files declare, where it is not the same: the most dangerous first.
    pub items: Vec<ItemChange>,
    /// Tensors whose shape and type stayed and whose numbers did not: the largest change first.
    pub numbers: Vec<NumberChange>,
    /// Findings of the new revision that the old one does not have, the worst first.
    pub gained: Vec<Finding>,
    /// Findings of the old revision that the new one does not have, the worst first.
    pub lost: Vec<Finding>,
    /// What was looked at in the old revision and is not in the new one.
    pub gaps_gained: Vec<CoverageGap>,
    /// What was not looked at in the old revision and is in the new one.
    pub gaps_lost: Vec<CoverageGap>,
    /// What could not be compared, for the reader; empty if everything was.
    pub not_compared: Vec<NotCompared>,
}

impl Diff {
    /// Whether both revisions are the same bytes under the same names, all of them read.
    pub fn is_same(&self) -> bool {
        self.files.is_empty()
            && self.old.artifact.digest.is_some()
            && self.old.artifact.digest == self.new.artifact.digest
    }
}

/// One of two revisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// What was examined.
    pub artifact: Artifact,
    /// What the policy says of it.
    pub outcome: Outcome,
    /// Findings that no waiver accepts, by severity.
    pub findings: Vec<(Severity, usize)>,
    /// Whether everything was looked at.
    pub complete: bool,
}

/// How something changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "self-evident")]
pub enum Change {
    Added,
    Changed,
    Renamed,
    Removed,
}

impl Change {
    /// The word in every format.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Renamed => "renamed",
            Self::Removed => "removed",
        }
    }
}

/// A file that is not the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// How it changed.
    pub change: Change,
    /// Its path: in the new revision, or where it was.
    pub path: String,
    /// Its path in the old revision, if it was renamed.
    pub from: Option<String>,
    /// What it was.
    pub old: Option<FileState>,
    /// What it is.
    pub new: Option<FileState>,
}

/// A file as one revision has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileState {
    /// Digest of its bytes, if it was read to its end.
    pub sha256: Option<Digest>,
    /// Length.
    pub bytes: u64,
    /// Its format, by name.
    pub format: &'static str,
}

/// Something that a file declares and that is not the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemChange {
    /// How it changed; never [`Change::Renamed`].
    pub change: Change,
    /// What it is.
    pub kind: ItemKind,
    /// The file, by its path in the new revision, or where it was.
    pub file: String,
    /// The member, as a chain; empty for the file itself.
    pub member: String,
    /// Its name.
    pub name: String,
    /// What was said of it.
    pub old: Option<String>,
    /// What is said of it.
    pub new: Option<String>,
    /// What is known about it.
    pub standing: Standing,
}

/// A tensor of other numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberChange {
    /// The file, by its path in the new revision.
    pub file: String,
    /// The member, as a chain; empty for the file itself.
    pub member: String,
    /// The tensor.
    pub name: String,
    /// Type and shape.
    pub value: String,
    /// What was measured.
    pub measure: Measure,
}

/// How far two blocks of numbers are from each other.
///
/// Every figure comes from adding up in the order of the file in double precision, so that it is the same on every machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Measure {
    /// Elements; bytes, if the type of the elements is not read.
    pub elements: u64,
    /// Elements whose bytes differ.
    pub changed: u64,
    /// Whether elements were read as numbers; otherwise bytes were compared and the two figures below say nothing.
    pub numeric: bool,
    /// Bits of the double: L2 norm of the difference divided by that of the old numbers; absent if those are all zero.
    pub relative: Option<Float>,
    /// Bits of the double: the largest difference of one element.
    pub largest: Option<Float>,
    /// Elements that are not finite in either revision; they are in neither figure.
    pub not_finite: u64,
}

/// A finite double that is compared by its bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Float(u64);

impl Float {
    /// A number that is finite and not negative; nothing otherwise.
    pub fn new(value: f64) -> Option<Self> {
        (value.is_finite() && value >= 0.0).then(|| Self(value.to_bits()))
    }

    /// The number.
    pub fn get(self) -> f64 {
        f64::from_bits(self.0)
    }
}

/// Something that could not be compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotCompared {
    /// The file.
    pub file: String,
    /// Why: lower case, no final stop, printable.
    pub reason: String,
}
