//! What the fuzz targets share: hostile bytes in, one parser run within tight limits.

use std::sync::Arc;

use weighhouse_formats::bounded::{Budget, Limits};
use weighhouse_formats::source::{Memory, SharedSource};

/// Bytes as a source.
pub fn source(data: &[u8]) -> SharedSource {
    Memory::shared(data.to_vec())
}

/// A budget small enough that a hang is a bug and not an honest long walk.
pub fn budget() -> Budget {
    Budget::new(Arc::new(Limits {
        members: 2_000,
        unpacked: 32 << 20,
        ratio_floor: 8 << 20,
        steps: 50_000_000,
        facts: 10_000,
        ..Limits::default()
    }))
}
