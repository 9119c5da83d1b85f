//! PMML: models of classical machine learning. What it computes with are functions, those of the standard and its own; what it
//! reaches for are extensions, tables elsewhere, and in engines on Java classes that a function is named after.

use super::read::Element;
use crate::bounded::Budget;
use crate::draft::{Draft, head};
use crate::graph::{CodeKind, CodeReference, FileReference, FunctionInfo, GraphFacts, Operators};
use crate::region::Region;

/// Bytes of a value that are kept.
const KEPT: usize = 1_000;

/// What is known of a model.
#[derive(Debug, Default)]
pub(super) struct Model {
    facts: GraphFacts,
    operators: Operators,
    /// Extensions that are open.
    extensions: usize,
    application: bool,
}

impl Model {
    pub(super) fn start(&mut self, element: &Element<'_>, budget: &Budget, draft: &mut Draft) {
        match element.local {
            "PMML" => element.text("version").clone_into(&mut self.facts.producer_version),
            "Application" if !self.application => {
                self.application = true;
                element.text("name").clone_into(&mut self.facts.producer);
            }
            "Extension" => {
                self.extensions = self.extensions.saturating_add(1);
                self.extension(element, budget, draft);
            }
            "Apply" => self.apply(element, budget, draft),
            "DefineFunction" => self.define(element, budget, draft),
            // No element of the standard, in no version.
            "script" | "Script" | "code" | "Code" | "exec" => {
                self.code(CodeKind::Source, element.local, element.region, budget, draft);
            }
            _ => {}
        }
        self.references(element, budget, draft);
    }

    pub(super) fn end(&mut self, local: &str) {
        if local == "Extension" {
            self.extensions = self.extensions.saturating_sub(1);
        }
    }

    /// Text inside an extension that names a class by the whole of it.
    pub(super) fn text(&mut self, text: &str, region: Region, budget: &Budget, draft: &mut Draft) {
        let text = text.trim();
        if self.extensions > 0 && is_class(text) {
            self.code(CodeKind::Class, text, region, budget, draft);
        }
    }

    fn code(&mut self, kind: CodeKind, name: &str, region: Region, budget: &Budget, draft: &mut Draft) {
        if self.facts.code.len() >= budget.limits().facts {
            return draft.too_many();
        }
        let name = head(name, KEPT).to_owned();
        self.facts.code.push(CodeReference { kind, name, region });
    }

    /// Extensions are free; those that say they are code are.
    fn extension(&mut self, element: &Element<'_>, budget: &Budget, draft: &mut Draft) {
        const CODE: [&str; 18] = [
            "script",
            "scripts",
            "code",
            "bytecode",
            "python",
            "javascript",
            "js",
            "groovy",
            "java",
            "scala",
            "ruby",
            "perl",
            "exec",
            "execute",
            "command",
            "cmd",
            "shell",
            "eval",
        ];
        let (name, value) = (element.text("name"), element.text("value"));
        if words(name).iter().any(|word| CODE.contains(&word.as_str())) {
            let shown = if value.is_empty() { name } else { value };
            self.code(CodeKind::Source, shown, element.region, budget, draft);
        } else if is_class(value) {
            self.code(CodeKind::Class, value, element.region, budget, draft);
        }
    }

    fn apply(&mut self, element: &Element<'_>, budget: &Budget, draft: &mut Draft) {
        let name = element.text("function");
        if name.contains('.') {
            return self.code(CodeKind::Class, name, element.region, budget, draft);
        }
        let names = [String::new(), name.to_owned(), String::new()];
        if !self.operators.add(None, names, element.region, budget.limits().facts) {
            draft.too_many();
        }
    }

    fn define(&mut self, element: &Element<'_>, budget: &Budget, draft: &mut Draft) {
        if self.facts.functions.len() >= budget.limits().facts {
            return draft.too_many();
        }
        let name = element.text("name").to_owned();
        self.facts.functions.push(FunctionInfo { name, region: element.region, ..FunctionInfo::default() });
    }

    /// Files and addresses; the standard takes tables from elsewhere, and nothing else.
    fn references(&mut self, element: &Element<'_>, budget: &Budget, draft: &mut Draft) {
        let table = element.local == "TableLocator";
        for attribute in element.attributes {
            let name = super::read::local(&attribute.name);
            let refers =
                matches!(name, "href" | "src" | "url" | "uri" | "file" | "filename" | "path" | "location");
            if !(refers || table) || attribute.name.starts_with("xmlns") || attribute.value.is_empty() {
                continue;
            }
            if self.facts.files.len() >= budget.limits().facts {
                return draft.too_many();
            }
            let path = head(&attribute.value, KEPT).to_owned();
            let purpose = if table { "table" } else { "reference" };
            self.facts.files.push(FileReference { path, purpose, written: false, region: attribute.region });
        }
    }

    pub(super) fn finish(self) -> GraphFacts {
        GraphFacts { framework: "pmml", operators: self.operators.finish(), ..self.facts }
    }
}

/// The words of a name, by its marks and capitals, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || c.is_uppercase() && lower {
            words.push(String::new());
        }
        lower = c.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
    }
    words
}

/// Whether a text is the name of a class of Java or .NET: packages in lower case, then a name with a capital.
fn is_class(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let plain = |part: &&str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$'))
    };
    let capital = |part: &&str| part.starts_with(|c: char| c.is_ascii_uppercase());
    parts.len() >= 3
        && parts.iter().all(plain)
        && parts.last().is_some_and(capital)
        && parts.first().is_some_and(|first| !capital(first) || *first == "System")
}
