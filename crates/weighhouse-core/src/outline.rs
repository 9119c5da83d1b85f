//! Outlines: what a file declares, as a sorted list of small items that two revisions can be compared by.
//!
//! An outline holds no bytes and no offsets that identify anything: whoever adds a comment to a file changes none of its items.
//! Items are sorted and unique, so that equal files have equal outlines and two outlines are compared in one pass.

use std::fmt;

/// The kinds of items, the most dangerous to gain first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ItemKind {
    /// A program or native library.
    Executable,
    /// A name that a pickle imports.
    Global,
    /// Code that a graph or a configuration has imported by name.
    CodeReference,
    /// What code does beside computing.
    Act,
    /// A command of a shell script.
    Command,
    /// A name that a template uses.
    TemplateName,
    /// An operator of a graph.
    Operator,
    /// A file outside itself that a file has opened.
    FileReference,
    /// A module that code imports.
    Import,
    /// A class or function that code defines.
    Definition,
    /// The licence a card or file declares.
    Licence,
    /// A value of a configuration.
    Setting,
    /// What a writer noted in a model.
    Metadata,
    /// A tensor.
    Tensor,
    /// A member of a container.
    Member,
}

impl ItemKind {
    /// All kinds, the most dangerous to gain first.
    pub const ALL: &'static [Self] = &[
        Self::Executable,
        Self::Global,
        Self::CodeReference,
        Self::Act,
        Self::Command,
        Self::TemplateName,
        Self::Operator,
        Self::FileReference,
        Self::Import,
        Self::Definition,
        Self::Licence,
        Self::Setting,
        Self::Metadata,
        Self::Tensor,
        Self::Member,
    ];

    /// The word in machine-readable results.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Executable => "executable",
            Self::Global => "global",
            Self::CodeReference => "code-reference",
            Self::Act => "act",
            Self::Command => "command",
            Self::TemplateName => "template-name",
            Self::Operator => "operator",
            Self::FileReference => "file-reference",
            Self::Import => "import",
            Self::Definition => "definition",
            Self::Licence => "licence",
            Self::Setting => "setting",
            Self::Metadata => "metadata",
            Self::Tensor => "tensor",
            Self::Member => "member",
        }
    }

    /// The kind of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == word)
    }

    /// One of it and several of it, for people.
    pub fn nouns(self) -> (&'static str, &'static str) {
        match self {
            Self::Executable => ("executable", "executables"),
            Self::Global => ("pickle global", "pickle globals"),
            Self::CodeReference => ("reference to code", "references to code"),
            Self::Act => ("act of code", "acts of code"),
            Self::Command => ("shell command", "shell commands"),
            Self::TemplateName => ("template name", "template names"),
            Self::Operator => ("graph operator", "graph operators"),
            Self::FileReference => ("reference to a file", "references to files"),
            Self::Import => ("Python import", "Python imports"),
            Self::Definition => ("Python definition", "Python definitions"),
            Self::Licence => ("licence", "licences"),
            Self::Setting => ("configuration value", "configuration values"),
            Self::Metadata => ("metadata value", "metadata values"),
            Self::Tensor => ("tensor", "tensors"),
            Self::Member => ("member", "members"),
        }
    }
}

impl fmt::Display for ItemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What is known about an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// It is of a kind that is not judged.
    Plain,
    /// On a list of harmless things.
    Known,
    /// On no list.
    Unknown,
    /// On a list of dangers.
    Dangerous,
}

impl Standing {
    /// All, from harmless to dangerous.
    pub const ALL: &'static [Self] = &[Self::Plain, Self::Known, Self::Unknown, Self::Dangerous];

    /// The word in machine-readable results.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Known => "known",
            Self::Unknown => "unknown",
            Self::Dangerous => "dangerous",
        }
    }

    /// The standing of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|standing| standing.as_str() == word)
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One thing that a file declares.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    /// What it is.
    pub kind: ItemKind,
    /// The member it stands in, as one chain (`a.zip!b.pkl`); empty for the file itself. Printable.
    pub member: String,
    /// Its name: what makes it the same item in another revision. Printable, bounded.
    pub name: String,
    /// What is said of it, to be compared: a shape, a value, a version. Printable, bounded.
    pub value: String,
    /// What is known about it.
    pub standing: Standing,
    /// Its bytes, where they stand unchanged in the file and can be compared number by number.
    pub numbers: Option<Numbers>,
}

impl Item {
    /// What makes it the same item in another revision.
    pub fn key(&self) -> (ItemKind, &str, &str) {
        (self.kind, &self.member, &self.name)
    }
}

/// Numbers that lie in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Numbers {
    /// Offset in the file.
    pub start: u64,
    /// Length in bytes.
    pub len: u64,
    /// The type of an element, as the format writes it (`F32`, `FloatStorage`, `<f4`).
    pub dtype: String,
}

/// What a file declares.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outline {
    /// Sorted, each key once.
    pub items: Vec<Item>,
    /// Items beyond the bound, which were not kept.
    pub left_out: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back() {
        for kind in ItemKind::ALL {
            assert_eq!(ItemKind::parse(kind.as_str()), Some(*kind));
        }
        for standing in Standing::ALL {
            assert_eq!(Standing::parse(standing.as_str()), Some(*standing));
        }
        assert!(ItemKind::ALL.is_sorted());
    }
}
