//! Compressed streams: gzip, zlib, bzip2, xz, lzma, lz4 and zstd, one after another or inside one another.

use crate::node::Codec;
use crate::region::Region;

/// What a compressed file declares.
#[derive(Debug)]
pub struct CompressedFacts {
    /// The compression.
    pub codec: Codec,
    /// Regions of the streams (gzip members, zstd and lz4 frames), in order.
    pub streams: Vec<Region>,
    /// The original name that a gzip header carries.
    pub original_name: Option<String>,
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
    crate::node::Parsed::new(
        crate::format::Format::Gzip,
        crate::node::Facts::Compressed(Box::new(CompressedFacts {
            codec: Codec::Gzip,
            streams: Vec::new(),
            original_name: None,
        })),
        claims,
    )
}

/// Opens a decoder of compressed bytes.
pub fn decoder(_codec: Codec, _packed: crate::source::SharedSource) -> Box<dyn std::io::Read> {
    Box::new(std::io::empty())
}
