//! Tape archives: ustar, pax, GNU, and the old form PyTorch once wrote.

use crate::region::Region;

/// What an archive holds.
#[derive(Debug, Default)]
pub struct TarFacts {
    /// Every entry, in order.
    pub members: Vec<TarMember>,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TarMember {
    /// Path as the reader would use it (pax and GNU long names applied).
    pub name: String,
    /// Kind of entry.
    pub kind: TarKind,
    /// Target of a link.
    pub link: Option<String>,
    /// Its bytes.
    pub data: Region,
    /// Permissions.
    pub mode: u32,
}

/// Kinds of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-evident")]
pub enum TarKind {
    File,
    Folder,
    Symlink,
    HardLink,
    Device,
    Fifo,
    Other(u8),
}

/// Recognises the format.
pub fn probe(_probe: &crate::identify::Probe<'_>) -> Option<crate::node::Candidate> {
    None
}

/// Reads the format.
pub fn parse(
    source: &crate::source::SharedSource,
    _name: &str,
    _budget: &crate::bounded::Budget,
) -> crate::node::Parsed {
    let claims = crate::region::Claims::whole(source.len());
    crate::node::Parsed::new(crate::format::Format::Tar, crate::node::Facts::Tar(Box::default()), claims)
}
