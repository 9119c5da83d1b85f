//! ZIP archives (PKWARE APPNOTE 6.3.10): both readings, the central directory's and the local headers', compared.

use crate::region::Region;

/// What an archive declares, by both of its directories.
#[derive(Debug, Default)]
pub struct ZipFacts {
    /// Every member that any reading shows, in order of offset.
    pub members: Vec<ZipMember>,
    /// Number of end-of-central-directory records found (more than one: concatenated or forged).
    pub directories: u32,
    /// Whether zip64 records are present.
    pub zip64: bool,
    /// The archive comment.
    pub comment: Vec<u8>,
    /// Offset of the archive's first byte in the file (not zero: something stands before it).
    pub starts_at: u64,
}

/// One member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZipMember {
    /// Name by the central directory, or by the local header if only that exists. Decoded as UTF-8 or CP437.
    pub name: String,
    /// The local header's name where it differs.
    pub local_name: Option<String>,
    /// Which directories know it.
    pub seen_in: SeenIn,
    /// Compression method, as written.
    pub method: u16,
    /// Its packed bytes.
    pub data: Region,
    /// Unpacked length as declared.
    pub len: u64,
    /// CRC-32 as declared.
    pub crc32: u32,
    /// Whether encryption is declared.
    pub encrypted: bool,
    /// Whether it is a folder entry.
    pub folder: bool,
    /// Unix file type bits and permissions, where given.
    pub unix_mode: Option<u32>,
}

/// Which directory of the archive lists a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-evident")]
pub enum SeenIn {
    Both,
    CentralOnly,
    LocalOnly,
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
    crate::node::Parsed::new(crate::format::Format::Zip, crate::node::Facts::Zip(Box::default()), claims)
}
