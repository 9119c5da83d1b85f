//! Bills of materials: what an artifact is made of, in the formats that others read.
//!
//! One [`Graph`] is gathered from what was read of the artifact, in which each element says whether it was measured, declared or inferred;
//! CycloneDX and SPDX are ways of writing it down. The same bytes and settings give the same bill, byte for byte: its serial
//! number is made from its content, and it has a time only if one is given.
//!
//! [`read`] takes in bills of any tool, [`diff`](diff::diff) compares two, [`others`] holds those that lie with an artifact against its bytes, and
//! [`coverage`] tells element by element what the bill has of what agencies ask for.

mod card;
mod config;
mod coverage;
mod cyclonedx;
mod diff;
mod evidence;
mod gather;
mod graph;
mod read;
mod serial;
mod software;
mod spdx;
mod tasks;
mod threads;
mod vers;
mod weights;

pub use coverage::{Row, Scheme, coverage};
pub use diff::{Change, Difference, diff};
pub(crate) use evidence::told;
pub use evidence::{Other, others};
pub use gather::{Settings, Threads, graph};
pub use graph::{
    Analysis, Asked, Dataset, File, Graph, Known, Licence, Metric, Package, Parent, Reference, ReferenceKind,
    Software, Topic, Trait, Usage, Vulnerability, Weights,
};
pub use read::{Bill, Component, Error, is_bill, read};

#[cfg(test)]
mod tests;

/// A format that bills are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// CycloneDX 1.6, JSON.
    CycloneDx16,
    /// CycloneDX 1.7, JSON.
    CycloneDx17,
    /// SPDX 3.0.1, JSON-LD.
    Spdx3,
}

/// Writes a bill: JSON with a line feed at its end.
pub fn write(graph: &Graph, format: Format) -> Result<String, serde_json::Error> {
    let text = match format {
        Format::CycloneDx16 => cyclonedx::write(graph, cyclonedx::Version::V16),
        Format::CycloneDx17 => cyclonedx::write(graph, cyclonedx::Version::V17),
        Format::Spdx3 => spdx::write(graph),
    }?;
    Ok(text + "\n")
}
