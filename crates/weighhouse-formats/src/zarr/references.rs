//! References of kerchunk: for every chunk of an array where its bytes are, in files and at addresses of anybody.

use std::collections::HashSet;

use super::{ZarrFacts, array};
use crate::bounded::Budget;
use crate::draft::{hash, head};
use crate::json::{Kind, Value};
use crate::node::Facts;
use crate::region::Region;
use crate::source::Memory;

/// Bytes of an address, and of a description that is kept as a text.
const LONGEST: usize = 1024;
const LONGEST_TEXT: usize = 1 << 20;

/// A place that data is taken from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The first chunk that is taken from there.
    pub key: String,
    /// Address or path, as written.
    pub target: String,
    /// Where in the document.
    pub region: Region,
}

/// The references of a document, and the arrays that it describes in texts. Whether there are more than `most`.
pub(super) fn of_document(root: &Value, most: usize, budget: &Budget, facts: &mut ZarrFacts) -> bool {
    let version = root.get("version").is_some() && root.get("refs").is_some();
    let marks = [".zgroup", ".zarray", ".zmetadata", "zarr.json"];
    let refs = match root.get("refs").filter(|_| version) {
        Some(refs) => refs,
        // The first form is the references alone.
        None if marks.iter().any(|mark| root.get(mark).is_some()) => root,
        None => return false,
    };
    let mut seen = HashSet::new();
    let (mut over, mut full) = (false, false);
    let mut place = |key: &str, target: &Value, facts: &mut ZarrFacts| {
        let Some(text) = target.text().filter(|text| seen.insert(hash(text.as_bytes()))) else { return };
        if facts.references.len() >= most {
            full = true;
            return;
        }
        let (key, target_text) = (head(key, 256).to_owned(), head(text, LONGEST).to_owned());
        facts.references.push(Reference { key, target: target_text, region: target.region });
    };
    for (key, value) in refs.members() {
        match &value.kind {
            Kind::Array(elements) => {
                if let Some(target) = elements.first() {
                    place(key, target, facts);
                }
            }
            _ => over |= described(key, value, most, budget, &mut facts.arrays),
        }
    }
    for (key, value) in root.get("templates").filter(|_| version).map(Value::members).unwrap_or_default() {
        place(&format!("templates.{key}"), value, facts);
    }
    for generator in root.get("gen").filter(|_| version).map(Value::elements).unwrap_or_default() {
        if let Some(url) = generator.get("url") {
            place("gen", url, facts);
        }
    }
    over || full
}

/// An array that is described inline, as an object or as the text of one.
fn described(
    key: &str,
    value: &Value,
    most: usize,
    budget: &Budget,
    arrays: &mut Vec<array::ZarrArray>,
) -> bool {
    let Some(folder) = [".zarray", "zarr.json", ".zmetadata"].iter().find_map(|name| key.strip_suffix(name))
    else {
        return false;
    };
    let folder = folder.trim_matches('/');
    let parsed = value.text().filter(|text| text.len() <= LONGEST_TEXT).and_then(|text| {
        let source = Memory::shared(text.as_bytes().to_vec());
        match crate::json::parse(&source, key, budget).reading.facts {
            Facts::Json(facts) => facts.value,
            _ => None,
        }
    });
    let before = arrays.len();
    let over = array::of_document(parsed.as_ref().unwrap_or(value), folder, most, arrays);
    // Places in the text are none of the document.
    for codec in arrays.iter_mut().skip(before).flat_map(|array| &mut array.codecs) {
        codec.region = value.region;
    }
    over
}
