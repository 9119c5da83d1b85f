//! HDF5, the container of Keras `.h5` models: superblocks 0 to 3, groups, data sets, attributes, links.
//!
//! Groups and attributes of every form are walked: symbol tables, links in headers, fractal heaps with trees of the newer form,
//! messages that objects share. Chunks are found by every kind of index. Texts, and bytes that have a structure of their own, are
//! handed to the driver wherever they stand — attributes, data sets, members of compounds, rows of any length, compressed chunks: a
//! model's configuration is JSON in an attribute, `PyTables` keeps pickles in both. Links and data that lead out of the file are
//! faults. Numbers are accounted for and not looked at. Not read, and said so: texts and bytes behind filters that are not
//! known here. Specification: HDF5 File Format Specification 3.0. Limits: the budget, [`crate::bounded::Limits::facts`] objects,
//! 32 MiB of text in one attribute or data set.

mod btree;
mod checksum;
mod chunks;
mod data;
mod datatype;
mod file;
mod filters;
mod fractal;
mod group;
mod heap;
mod holes;
mod layout;
mod mapped;
mod message;
mod object;
mod shared;
mod space;
mod superblock;
#[cfg(test)]
mod tests;
mod values;
mod walk;

use crate::bounded::Budget;
use crate::format::Format;
use crate::identify::Probe;
use crate::node::{Candidate, Parsed, Strength};
use crate::source::SharedSource;

/// What every file begins with, behind a block of the user's own if there is one.
const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";

pub(crate) use holes::PACKED;

/// What a file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hdf5Facts {
    /// Version of the superblock.
    pub version: u8,
    /// Where the file ends by its own account. What was deleted before that stays where it was.
    pub end: u64,
    /// Groups and data sets, in the order in which they are reached.
    pub objects: Vec<Hdf5Object>,
    /// Attributes that are texts, with their beginning.
    pub attributes: Vec<Hdf5Attribute>,
    /// Links that are no object of this file's tree.
    pub links: Vec<Hdf5Link>,
    /// Files besides this one that data sets read.
    pub external: Vec<Hdf5External>,
}

/// A group or a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hdf5Object {
    /// Path from the root group: `/model_weights/dense/kernel:0`.
    pub path: String,
    /// Type of an element (`float32`) and extents, if it is a data set.
    pub data: Option<(String, Vec<u64>)>,
    /// Numbers of the filters its data goes through.
    pub filters: Vec<u16>,
}

/// A text attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hdf5Attribute {
    /// Path of the object that has it.
    pub object: String,
    /// Its name: `model_config`.
    pub name: String,
    /// At most the first 200 bytes.
    pub text: String,
}

/// A link to a path, or to another file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hdf5Link {
    /// Path of the link.
    pub path: String,
    /// The other file; `None` for a path in this one.
    pub file: Option<String>,
    /// The path it leads to.
    pub target: String,
}

/// A file from which a data set takes its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hdf5External {
    /// Path of the data set.
    pub path: String,
    /// Name of the file.
    pub file: String,
}

/// Recognises the format by its signature, at the beginning or behind a block of 512 bytes times a power of two.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    let start = start(&probe.head)?;
    let evidence = if start == 0 { "signature" } else { "signature behind a user block" };
    Some(Candidate { format: Format::Hdf5, strength: Strength::Certain, evidence })
}

fn start(head: &[u8]) -> Option<usize> {
    let places = std::iter::once(0).chain((9..14).map(|power| 1 << power));
    places.into_iter().find(|at| head.get(*at..).is_some_and(|rest| rest.starts_with(SIGNATURE)))
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    let head = crate::source::read_up_to(source.as_ref(), 0, Probe::HEAD).unwrap_or_default();
    walk::walk(source, start(&head).unwrap_or(0) as u64, budget)
}
