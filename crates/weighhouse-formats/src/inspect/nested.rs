//! A zip that is a member of a tar, stored as it is, ends near the end of the tar: readers that search for the end record
//! would open the tar as that zip. They would find what the member holds, so this is no second meaning of the file.
//!
//! The member is inspected as the zip it is; a zip that is more than a member, or that lies elsewhere, stays a candidate.

use crate::format::Format;
use crate::node::{Facts, Node};
use crate::region::Region;
use crate::source::SharedSource;

/// Whether every end record of a zip near the end of the file lies in a member that is, or holds, a zip itself.
pub(super) fn is_a_members(node: &Node, source: &SharedSource) -> bool {
    let ends = crate::zip::ends(source);
    !ends.is_empty() && ends.iter().all(|end| owned(node, Region::at(*end, 22)))
}

fn owned(node: &Node, end: Region) -> bool {
    let within = |region: &Region| region.start <= end.start && end.end <= region.end;
    node.readings.iter().any(|reading| match reading.facts {
        Facts::Tar(_) => {
            node.children.iter().filter(|child| child.region.as_ref().is_some_and(within)).any(holds_zip)
        }
        // Data that does not shrink is stored as it is in the compressed stream.
        Facts::Compressed(_) => {
            reading.claims.regions().iter().any(within) && node.children.iter().any(holds_zip)
        }
        _ => false,
    })
}

fn holds_zip(node: &Node) -> bool {
    node.candidates.iter().any(|candidate| candidate.format == Format::Zip)
        || node.children.iter().any(holds_zip)
}
