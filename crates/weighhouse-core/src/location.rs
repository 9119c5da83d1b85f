//! Where something stands: the file as found on disk, the chain of members inside it, and a place in that.

use std::fmt;
use std::ops::Range;

/// A place in an artifact.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Location {
    /// Path relative to the target, `/`-separated; bytes that are not UTF-8 are written `\xNN`.
    pub file: String,
    /// Members inside the file, outermost first (`archive/data.pkl`).
    pub members: Vec<String>,
    /// Byte range in the innermost member.
    pub bytes: Option<(u64, u64)>,
    /// Position in text.
    pub text: Option<TextPosition>,
    /// Format-specific place that survives shifts: a global, a tensor name, a key.
    pub key: Option<String>,
}

/// Line and column, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TextPosition {
    /// Line.
    pub line: u32,
    /// Column in characters; 1 if unknown.
    pub column: u32,
}

impl Location {
    /// A whole file.
    pub fn file(path: impl Into<String>) -> Self {
        Self { file: path.into(), ..Self::default() }
    }

    /// The member chain as one text (`a.zip!b.pkl`), if there is any.
    pub fn member(&self) -> Option<String> {
        (!self.members.is_empty()).then(|| self.members.join("!"))
    }

    /// The same location at these bytes.
    #[must_use]
    pub fn at(mut self, bytes: Range<u64>) -> Self {
        self.bytes = Some((bytes.start, bytes.end));
        self
    }
}

/// `file!member:line:column` or `file!member@offset`.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        for member in &self.members {
            write!(f, "!{member}")?;
        }
        match (self.text, self.bytes) {
            (Some(TextPosition { line, column }), _) => write!(f, ":{line}:{column}"),
            (None, Some((start, _))) => write!(f, "@{start}"),
            (None, None) => Ok(()),
        }
    }
}
