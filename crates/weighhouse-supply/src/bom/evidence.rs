//! Bills of other tools that lie with an artifact: read as evidence, and compared with the bytes.

use std::collections::BTreeSet;

use weighhouse_core::printable::printable_within;
use weighhouse_core::{Answer, Basis, Finding, Location};

use super::read::{self, Bill, Component};
use crate::materials::Materials;
use crate::statements::rules::BOM_CONTRADICTS_BYTES;

/// Bills of one artifact that are read.
const MOST: usize = 32;
/// Findings of one bill.
const TOLD: usize = 20;

/// A bill that lies with the artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// Where.
    pub path: String,
    /// Format and version, or why it could not be read.
    pub format: Result<String, String>,
    /// Number of components.
    pub components: usize,
    /// Files of the artifact that have the digest it gives, by path.
    pub agrees: BTreeSet<String>,
    /// Files of the artifact that have another one, by path.
    pub differs: BTreeSet<String>,
}

/// The bills among the files of an artifact, by path.
pub fn others(materials: &Materials) -> Vec<Other> {
    let bills = materials.files.iter().filter_map(|file| {
        let text = file.text.as_deref()?;
        read::is_bill(text).then(|| {
            let bill = read::read(text).map_err(|error| error.to_string());
            compare(&file.path, bill, materials)
        })
    });
    // Much else may hold these words: what is no bill at all is left out.
    let bills = bills.filter(|other| other.format.as_ref().err() != Some(&read::Error::Unknown.to_string()));
    bills.take(MOST).collect()
}

fn compare(path: &str, bill: Result<Bill, String>, materials: &Materials) -> Other {
    let mut other = Other {
        path: path.to_owned(),
        format: bill.as_ref().map(|bill| bill.format.clone()).map_err(|why| printable_within(why, 200)),
        components: 0,
        agrees: BTreeSet::new(),
        differs: BTreeSet::new(),
    };
    let Ok(bill) = bill else { return other };
    other.components = bill.components.len();
    for component in bill.components.iter().chain([&bill.root]) {
        let Some(digest) = component.hashes.get("sha256").and_then(|text| text.parse().ok()) else {
            continue;
        };
        let Some(file) = materials.file(path_of(component)) else { continue };
        let same = file.sha256 == Some(digest);
        let into = if same { &mut other.agrees } else { &mut other.differs };
        into.insert(file.path.clone());
    }
    // A bill may list parts of one name: one of them being this file is enough.
    other.differs.retain(|path| !other.agrees.contains(path));
    other
}

fn path_of(component: &Component) -> &str {
    component.name.strip_prefix("./").unwrap_or(&component.name)
}

/// What the bills of other tools say, and where they say something else than the bytes.
pub(crate) fn told(materials: &Materials) -> (Vec<Answer>, Vec<Finding>) {
    let mut findings = Vec::new();
    let answers = others(materials).into_iter().map(|other| {
        let path = printable_within(&other.path, 200);
        for name in other.differs.iter().take(TOLD) {
            let shown = printable_within(name, 200);
            findings.push(crate::finding(
                &BOM_CONTRADICTS_BYTES,
                BOM_CONTRADICTS_BYTES.severity,
                Location::file(name.clone()),
                format!("the bill of materials `{path}` gives another digest for `{shown}` than its bytes have"),
                None,
                "ask the maker for a bill of this revision, or write one with `weighhouse bom`",
            ));
        }
        let text = match &other.format {
            Ok(format) => format!(
                "`{path}` is a bill of materials ({format}) of {} components: {} files here agree with it, {} differ",
                other.components,
                other.agrees.len(),
                other.differs.len()
            ),
            Err(why) => format!("`{path}` looks like a bill of materials, but {why}"),
        };
        Answer { text, basis: Basis::Declared, location: Some(Location::file(other.path)) }
    });
    let answers = answers.collect();
    (answers, findings)
}
