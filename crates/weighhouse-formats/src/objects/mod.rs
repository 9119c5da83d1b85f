//! Documents that name objects: what a framework imports, builds and calls when it loads a document of its own kind.
//!
//! A relation, not a format of its own: the document was read as JSON, and is read here once more as its framework reads it —
//! Keras configurations, skops schemas, serialised chains of `LangChain`, the modules of sentence-transformers, the components
//! of diffusers, the classes of adapters. Names are facts as written; whether they are known is for rules to say.

mod chains;
mod components;
mod keras;
mod skops;
mod walk;

#[cfg(test)]
mod tests;

use crate::bounded::{Budget, Exhausted};
use crate::draft::head;
use crate::format::Format;
use crate::json::Value;
use crate::marshal::CodeSummary;
use crate::node::{Facts, Fault, Irregularity, Node, Reading};
use crate::region::{Claims, Region};

/// Longest name that is kept.
const LONGEST: usize = 512;

/// What a document makes its framework do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectsFacts {
    /// Whose document it is.
    pub framework: Framework,
    /// Everything it names, in the order of the document.
    pub objects: Vec<NamedObject>,
    /// Functions whose compiled code it holds.
    pub code: Vec<SavedCode>,
    /// Files and addresses that its objects open.
    pub files: Vec<NamedFile>,
    /// Protections of the loader that it asks to turn off.
    pub unsafe_switches: Vec<(String, Region)>,
}

/// Whose document it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the variants are the names of the frameworks")]
pub enum Framework {
    Keras,
    Skops,
    LangChain,
    /// Its documents are MessagePack, and are read there.
    LangGraph,
    SentenceTransformers,
    Diffusers,
    Peft,
}

impl Framework {
    /// All whose documents are JSON.
    pub const ALL: [Self; 6] =
        [Self::Keras, Self::Skops, Self::LangChain, Self::SentenceTransformers, Self::Diffusers, Self::Peft];

    /// The name used in knowledge and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Keras => "keras",
            Self::Skops => "skops",
            Self::LangChain => "langchain",
            Self::LangGraph => "langgraph",
            Self::SentenceTransformers => "sentence-transformers",
            Self::Diffusers => "diffusers",
            Self::Peft => "peft",
        }
    }
}

/// Something that is reached by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedObject {
    /// What is done with it.
    pub role: Role,
    /// Module as written; empty where the framework looks in its own ones.
    pub module: String,
    /// Class or function as written.
    pub name: String,
    /// The name under which the program that loads must have registered it, if it says one.
    pub registered: Option<String>,
    /// Where in the document: dotted keys and element numbers.
    pub path: String,
    /// Where in the file.
    pub region: Region,
}

impl NamedObject {
    /// The name with its module, if one is written.
    pub fn full_name(&self) -> String {
        match self.module.as_str() {
            "" => self.name.clone(),
            module => format!("{module}.{}", self.name),
        }
    }
}

/// What a loader does with a named object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Built from a configuration or a state that the document holds.
    Class,
    /// Kept as a value, and called by what holds it.
    Function,
    /// Kept as a value that nothing has to call.
    Type,
    /// Called with arguments of the document.
    Call,
    /// A method of an object of the document.
    Method,
    /// The value of an environment variable of the machine.
    Secret,
}

/// Compiled Python in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedCode {
    /// Where in the document.
    pub path: String,
    /// What it reaches, or why it cannot be read.
    pub summary: Result<CodeSummary, &'static str>,
    /// Where in the file.
    pub region: Region,
}

/// A file or an address that an object of the document opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedFile {
    /// As written.
    pub location: String,
    /// The object that opens it: `StringLookup`.
    pub holder: String,
    /// The key it stands under.
    pub key: String,
    /// Where in the file.
    pub region: Region,
}

/// What the readers of one framework found so far.
#[derive(Debug)]
struct Found {
    facts: ObjectsFacts,
    faults: Vec<Irregularity>,
    most: usize,
    over: bool,
}

impl Found {
    fn new(framework: Framework, most: usize) -> Self {
        let facts = ObjectsFacts {
            framework,
            objects: Vec::new(),
            code: Vec::new(),
            files: Vec::new(),
            unsafe_switches: Vec::new(),
        };
        Self { facts, faults: Vec::new(), most, over: false }
    }

    fn is_empty(&self) -> bool {
        let ObjectsFacts { objects, code, files, unsafe_switches, .. } = &self.facts;
        objects.is_empty() && code.is_empty() && files.is_empty() && unsafe_switches.is_empty()
    }

    fn room(&mut self) -> bool {
        let ObjectsFacts { objects, code, files, unsafe_switches, .. } = &self.facts;
        let kept = [objects.len(), code.len(), files.len(), unsafe_switches.len(), self.faults.len()];
        let room = kept.into_iter().fold(0_usize, usize::saturating_add) < self.most;
        self.over |= !room;
        room
    }

    fn object(&mut self, role: Role, module: &str, name: &str, place: Place<'_>) {
        self.registered(role, module, name, None, place);
    }

    fn registered(
        &mut self,
        role: Role,
        module: &str,
        name: &str,
        registered: Option<&str>,
        place: Place<'_>,
    ) {
        if self.room() {
            self.facts.objects.push(NamedObject {
                role,
                module: head(module, LONGEST).to_owned(),
                name: head(name, LONGEST).to_owned(),
                registered: registered.map(|name| head(name, LONGEST).to_owned()),
                path: place.path.to_owned(),
                region: place.value.region,
            });
        }
    }

    fn file(&mut self, holder: &str, key: &str, value: &Value, location: &str) {
        if self.room() {
            self.facts.files.push(NamedFile {
                location: head(location, LONGEST).to_owned(),
                holder: head(holder, LONGEST).to_owned(),
                key: key.to_owned(),
                region: value.region,
            });
        }
    }

    fn contradiction(&mut self, region: Region, detail: String) {
        if self.room() {
            self.faults.push(Irregularity { kind: Fault::Contradiction, region: Some(region), detail });
        }
    }
}

/// An object of the document, and where it stands.
#[derive(Debug, Clone, Copy)]
struct Place<'v> {
    value: &'v Value,
    path: &'v str,
}

impl<'v> Place<'v> {
    fn text(&self, key: &str) -> Option<&'v str> {
        self.value.get(key).and_then(Value::text)
    }
}

/// Adds a reading for each framework whose kind of document a node is.
pub(crate) fn relate(node: &mut Node, budget: &Budget) {
    let documents = node.readings.iter().filter_map(|reading| match &reading.facts {
        Facts::Json(facts) => facts.value.as_ref(),
        _ => None,
    });
    let found: Vec<Found> = documents.flat_map(|root| read(root, budget)).collect();
    for Found { facts, faults, over, .. } in found {
        if over {
            node.gaps.push(Exhausted::Facts.into());
        }
        node.readings.push(Reading {
            format: Format::Json,
            facts: Facts::Objects(Box::new(facts)),
            claims: Claims::whole(node.len),
            irregularities: faults,
        });
    }
}

/// Reads a document as each framework would.
fn read(root: &Value, budget: &Budget) -> Vec<Found> {
    let most = budget.limits().facts;
    let mut found = Framework::ALL.map(|framework| Found::new(framework, most));
    let [keras, skops, chains, modules, components, adapters] = &mut found;
    let certain = keras::is_document(root);
    walk::objects(root, |value, path| {
        let place = Place { value, path };
        keras::object(place, certain, keras);
        skops::object(place, skops);
        chains::object(place, chains);
    });
    components::sentence_transformers(root, modules);
    components::diffusers(root, components);
    components::adapter(root, adapters);
    found.into_iter().filter(|found| !found.is_empty()).collect()
}
