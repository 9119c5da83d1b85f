//! Outlines of files: what is kept of the facts, small and sorted, so that two revisions can be compared after their facts are
//! gone. A diff reads them today; whoever keeps evidence about a revision can keep them too.
//!
//! The judgement of each item (known, unknown, dangerous) is made here, while the facts it needs are still there.

mod code;
mod documents;
mod model;
mod settings;
mod template;

use std::collections::{BTreeMap, BTreeSet};

use weighhouse_core::printable::{printable, printable_within};
use weighhouse_core::{Digest, Item, ItemKind, Outline, Standing};
use weighhouse_formats::node::{Facts, Node, Reading};

use crate::knowledge::Judged;

/// The outlines of an artifact's files, by path.
pub type Outlines = BTreeMap<String, Outline>;

/// Items of one kind kept per file: the kinds do not crowd each other out.
const MOST: usize = 20_000;
/// Bytes of text kept per file.
const MOST_TEXT: usize = 16 << 20;
/// Characters of a name and of a value; longer ones end in a digest of the whole, so that they still tell a difference.
const NAME: usize = 240;
const VALUE: usize = 160;

/// The outline of a file.
pub fn outline(node: &Node) -> Outline {
    let mut collector = Collector::default();
    walk(node, 0, &mut collector);
    collector.finish()
}

/// Collects the items of one file within bounds.
#[derive(Debug, Default)]
struct Collector {
    member: Vec<String>,
    items: Vec<Item>,
    counts: BTreeMap<ItemKind, usize>,
    text: usize,
    left_out: u64,
    once: BTreeSet<(ItemKind, String, String)>,
}

impl Collector {
    /// Adds an item of the member at hand.
    fn add(&mut self, kind: ItemKind, name: &str, value: &str, standing: Standing) {
        self.put(Item {
            kind,
            member: self.member.join("!"),
            name: bounded(name, NAME),
            value: bounded(value, VALUE),
            standing,
            numbers: None,
        });
    }

    /// Adds a harmless item that may come as often as a file has records: the same one is added once.
    fn once(&mut self, kind: ItemKind, name: &str, value: &str) {
        if self.once.insert((kind, name.to_owned(), value.to_owned())) {
            self.add(kind, name, value, Standing::Plain);
        }
    }

    fn put(&mut self, item: Item) {
        let count = self.counts.entry(item.kind).or_default();
        let text = self.text + item.member.len() + item.name.len() + item.value.len();
        if *count >= MOST || text > MOST_TEXT {
            self.left_out += 1;
            return;
        }
        *count += 1;
        self.text = text;
        self.items.push(item);
    }

    /// Sorts; what was said twice of one item is kept once, the worst standing and all values.
    fn finish(mut self) -> Outline {
        self.items.sort();
        let mut items: Vec<Item> = Vec::with_capacity(self.items.len());
        for item in self.items {
            match items.last_mut().filter(|last| last.key() == item.key()) {
                Some(last) => {
                    last.standing = last.standing.max(item.standing);
                    if !item.value.is_empty() && last.value != item.value && last.value.len() < VALUE {
                        last.value = format!("{} | {}", last.value, item.value);
                    }
                }
                None => items.push(item),
            }
        }
        Outline { items, left_out: self.left_out }
    }
}

/// A text as it is shown, or its beginning and the digest of the whole.
fn bounded(text: &str, limit: usize) -> String {
    if text.len() <= limit || text.chars().nth(limit).is_none() {
        return printable(text);
    }
    format!("{} sha256:{}", printable_within(text, limit), Digest::of(text.as_bytes()).short())
}

/// Adds what a node and its children declare. `base` is where its bytes begin in the file.
fn walk(node: &Node, base: impl Into<Option<u64>>, collector: &mut Collector) {
    let base = base.into();
    for reading in &node.readings {
        read(node, reading, base, collector);
    }
    let root = node.readings.iter().find_map(|reading| match &reading.facts {
        Facts::Torch(facts) if !facts.root.is_empty() => Some(format!("{}/", facts.root)),
        _ => None,
    });
    for child in &node.children {
        // The folder inside a checkpoint is named after the file that was saved: no difference worth telling.
        let name = root.as_deref().and_then(|root| child.name.strip_prefix(root)).unwrap_or(&child.name);
        collector.member.push(bounded(name, NAME));
        let base = base.zip(child.region).and_then(|(base, region)| base.checked_add(region.start));
        walk(child, base, collector);
        collector.member.pop();
    }
}

fn read(node: &Node, reading: &Reading, base: Option<u64>, collector: &mut Collector) {
    match &reading.facts {
        Facts::Pickle(facts) => model::pickle(facts, &Judged::default(), collector),
        Facts::Zip(_) | Facts::Tar(_) | Facts::SevenZip(_) => model::members(node, collector),
        Facts::Torch(facts) => model::torch(facts, base, collector),
        Facts::Npy(facts) => model::npy(facts, node.len, base, collector),
        Facts::Safetensors(facts) => {
            model::tensors(&facts.tensors, base, collector);
            model::metadata(facts.metadata.iter().map(|(key, value)| (key, value.as_str())), collector);
        }
        Facts::Gguf(facts) => model::gguf(facts, base, collector),
        Facts::Onnx(facts) => model::onnx(facts, base, collector),
        Facts::Graph(facts) => model::graph(facts, base, collector),
        Facts::Hdf5(facts) => model::hdf5(facts, collector),
        Facts::Executable(facts) => {
            collector.add(ItemKind::Executable, &facts.description, "", Standing::Dangerous);
        }
        Facts::Python(facts) => code::python(facts, collector),
        Facts::Shell(facts) => code::shell(facts, collector),
        Facts::Template(facts) => template::template(facts, collector),
        Facts::Json(facts) => settings::json(facts, node.len, collector),
        Facts::JsonLines(facts) => documents::records(facts, collector),
        Facts::Table(facts) => documents::table(facts, collector),
        Facts::Objects(facts) => documents::objects(facts, collector),
        Facts::Manifest(facts) => documents::manifest(facts, collector),
        Facts::Zarr(facts) => documents::zarr(facts, collector),
        Facts::Data(facts) => documents::data(facts, base, collector),
        Facts::R(facts) => documents::r(facts, collector),
        Facts::Modelfile(facts) => documents::modelfile(facts, collector),
        Facts::Xml(facts) => documents::xml(facts, collector),
        Facts::Yaml(facts) => settings::yaml(facts, collector),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
