//! What files of plain values declare: MessagePack, Arrow, Parquet, native models of gradient boosting and their kin.
//!
//! Such files hold numbers and texts. What can go wrong is the same in all of them: a value that a usual reader turns into an
//! object by running code, a text that some program takes for an order, and content that is not what it says.

use crate::draft::Draft;
use crate::json::{JsonFacts, Kind, Value};
use crate::objects::NamedObject;
use crate::region::Region;
use crate::safetensors::TensorInfo;

/// What such a file holds.
#[derive(Debug, Default)]
pub struct DataFacts {
    /// For the reader: `Arrow file`, `XGBoost model in UBJSON`.
    pub description: String,
    /// Whether the entries are texts within bytes that no parser reads.
    pub unread: bool,
    /// Entries about the data; long values are cut here, and are children in full.
    pub metadata: Vec<(String, String)>,
    /// Arrays of numbers.
    pub tensors: Vec<TensorInfo>,
    /// Nested values as a document, if the format has any.
    pub document: Option<JsonFacts>,
    /// Values that make a reader run code.
    pub hooks: Vec<Hook>,
    /// What `LangGraph` imports and calls when it reads a checkpoint.
    pub calls: Vec<NamedObject>,
}

/// A value that readers of the format turn into an object by a function that is not the format's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// How.
    pub kind: HookKind,
    /// Where it stands: name of the column, path of keys.
    pub name: String,
    /// What it names: a type, a code.
    pub value: String,
    /// Where.
    pub region: Region,
}

/// The ways in which values become objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum HookKind {
    /// An array of Python objects: its bytes are unpickled.
    ObjectArray,
    /// An Arrow type that is kept as a pickle (CVE-2023-47248).
    PickledType,
    /// An extension type of which the format does not say what it is: the program registers a decoder for it.
    Extension,
    /// An extension of which `LangGraph` reads the name of what it calls out of other extensions.
    ComputedCall,
    /// A name that Python gives a meaning when objects are rebuilt: `__reduce__`.
    Protocol,
}

/// Values that one document keeps.
const MOST: usize = 1 << 18;
/// Bytes of one text that are kept.
const LONGEST_TEXT: usize = 8 << 10;

/// A document under construction, bounded by what it keeps. Numbers in lists are left out: rules read texts.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    open: Vec<Open>,
    root: Option<Value>,
    kept: usize,
    facts: JsonFacts,
}

#[derive(Debug)]
struct Open {
    start: u64,
    key: Option<String>,
    members: Option<Vec<(String, Value)>>,
    elements: Vec<Value>,
}

impl Tree {
    /// Begins an object or a list.
    pub(crate) fn begin(&mut self, start: u64, object: bool) {
        let members = object.then(Vec::new);
        self.open.push(Open { start, key: None, members, elements: Vec::new() });
    }

    /// The key whose value comes next.
    pub(crate) fn key(&mut self, key: &str) {
        if let Some(open) = self.open.last_mut() {
            open.key = Some(crate::draft::head(key, LONGEST_TEXT).to_owned());
        }
    }

    /// A text.
    pub(crate) fn text(&mut self, text: &str, region: Region) {
        let kind = Kind::Text(crate::draft::head(text, LONGEST_TEXT).to_owned());
        self.value(Value { region, kind });
    }

    /// Anything that is no text: kept under a key, left out of lists.
    pub(crate) fn plain(&mut self, kind: Kind, region: Region) {
        if self.open.last().is_none_or(|open| open.members.is_some()) {
            self.value(Value { region, kind });
        } else {
            self.facts.left_out = self.facts.left_out.saturating_add(1);
        }
    }

    /// Ends what was begun last.
    pub(crate) fn end(&mut self, end: u64) {
        let Some(open) = self.open.pop() else { return };
        let kind = match open.members {
            Some(members) => Kind::Object(members),
            None => Kind::Array(open.elements),
        };
        self.value(Value { region: Region::new(open.start, end), kind });
    }

    /// Dotted keys to the value that comes next.
    pub(crate) fn path(&self) -> String {
        let mut path = String::new();
        for key in self.open.iter().filter_map(|open| open.key.as_deref()) {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(crate::draft::head(key, 64));
            if path.len() > 512 {
                break;
            }
        }
        path
    }

    /// How many objects and lists are open.
    pub(crate) fn depth(&self) -> usize {
        self.open.len()
    }

    fn value(&mut self, value: Value) {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(value);
            return;
        };
        let key = open.key.take();
        if self.kept >= MOST {
            self.facts.left_out = self.facts.left_out.saturating_add(1);
            return;
        }
        self.kept = self.kept.saturating_add(1);
        match &mut open.members {
            Some(members) => members.push((key.unwrap_or_default(), value)),
            None => open.elements.push(value),
        }
    }

    /// The document; that values beyond numbers in lists had to be left out of it is recorded.
    pub(crate) fn finish(mut self, end: u64, draft: &mut Draft) -> JsonFacts {
        while !self.open.is_empty() {
            self.end(end);
        }
        if self.kept >= MOST {
            draft.too_many();
        }
        self.facts.value = self.root;
        self.facts
    }
}
