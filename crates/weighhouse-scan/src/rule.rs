//! What a rule is, how it is declared, and how it reports.

use std::collections::BTreeMap;
use std::ops::Range;

use weighhouse_core::printable::{printable, printable_within};
use weighhouse_core::{Confidence, Finding, Fingerprint, Location, RuleMeta, Severity, TextPosition};
use weighhouse_formats::compress::CompressedFacts;
use weighhouse_formats::data::DataFacts;
use weighhouse_formats::executable::ExecutableFacts;
use weighhouse_formats::gguf::GgufFacts;
use weighhouse_formats::git::GitSettings;
use weighhouse_formats::graph::GraphFacts;
use weighhouse_formats::jinja::TemplateFacts;
use weighhouse_formats::json::{JsonFacts, JsonLinesFacts};
use weighhouse_formats::manifests::ManifestFacts;
use weighhouse_formats::modelfile::ModelfileFacts;
use weighhouse_formats::node::{Facts, Node, Reading};
use weighhouse_formats::npy::NpyFacts;
use weighhouse_formats::objects::ObjectsFacts;
use weighhouse_formats::onnx::OnnxFacts;
use weighhouse_formats::pickle::PickleFacts;
use weighhouse_formats::python::PythonFacts;
use weighhouse_formats::rds::RFacts;
use weighhouse_formats::region::Region;
use weighhouse_formats::safetensors::SafetensorsFacts;
use weighhouse_formats::shell::ShellFacts;
use weighhouse_formats::table::TableFacts;
use weighhouse_formats::tar::TarFacts;
use weighhouse_formats::text::TextFacts;
use weighhouse_formats::tokenizer::TokenizerFacts;
use weighhouse_formats::torch::TorchFacts;
use weighhouse_formats::xml::XmlFacts;
use weighhouse_formats::yaml::YamlFacts;
use weighhouse_formats::zarr::ZarrFacts;
use weighhouse_formats::zip::ZipFacts;

use crate::diff::Update;
use crate::knowledge::Judged;
use crate::repository::Repository;

/// The longest evidence a finding shows, in characters.
const EVIDENCE: usize = 240;

/// A rule. It implements only the level it needs; every method does nothing by default.
#[expect(unused_variables, reason = "default methods name their parameters for the reader")]
pub trait Rule: Described + Sync {
    /// Any node: identification, byte accounting, structural faults, gaps.
    fn node(&self, node: &Node, cx: &mut Context<'_>) {}
    /// A pickle reading.
    fn pickle(&self, facts: &PickleFacts, cx: &mut Context<'_>) {}
    /// A zip reading.
    fn zip(&self, facts: &ZipFacts, cx: &mut Context<'_>) {}
    /// A tar reading.
    fn tar(&self, facts: &TarFacts, cx: &mut Context<'_>) {}
    /// A compressed stream.
    fn compressed(&self, facts: &CompressedFacts, cx: &mut Context<'_>) {}
    /// A PyTorch checkpoint.
    fn torch(&self, facts: &TorchFacts, cx: &mut Context<'_>) {}
    /// A NumPy array.
    fn npy(&self, facts: &NpyFacts, cx: &mut Context<'_>) {}
    /// A safetensors file.
    fn safetensors(&self, facts: &SafetensorsFacts, cx: &mut Context<'_>) {}
    /// A GGUF file.
    fn gguf(&self, facts: &GgufFacts, cx: &mut Context<'_>) {}
    /// An ONNX model.
    fn onnx(&self, facts: &OnnxFacts, cx: &mut Context<'_>) {}
    /// The graph of a model of any framework, ONNX included.
    fn graph(&self, facts: &GraphFacts, cx: &mut Context<'_>) {}
    /// A file of values: MessagePack, Arrow, Parquet, native models of gradient boosting.
    fn data(&self, facts: &DataFacts, cx: &mut Context<'_>) {}
    /// Serialised objects of R.
    fn r(&self, facts: &RFacts, cx: &mut Context<'_>) {}
    /// Python source.
    fn python(&self, facts: &PythonFacts, cx: &mut Context<'_>) {}
    /// A Jinja2 template.
    fn template(&self, facts: &TemplateFacts, cx: &mut Context<'_>) {}
    /// A JSON document.
    fn json(&self, facts: &JsonFacts, cx: &mut Context<'_>) {}
    /// Documents one after another: records.
    fn json_lines(&self, facts: &JsonLinesFacts, cx: &mut Context<'_>) {}
    /// A table written as text.
    fn table(&self, facts: &TableFacts, cx: &mut Context<'_>) {}
    /// A document that names objects.
    fn objects(&self, facts: &ObjectsFacts, cx: &mut Context<'_>) {}
    /// A manifest of a content-addressed store.
    fn manifest(&self, facts: &ManifestFacts, cx: &mut Context<'_>) {}
    /// Arrays of zarr, and references to their data.
    fn zarr(&self, facts: &ZarrFacts, cx: &mut Context<'_>) {}
    /// A tokenizer.
    fn tokenizer(&self, facts: &TokenizerFacts, cx: &mut Context<'_>) {}
    /// An XML document.
    fn xml(&self, facts: &XmlFacts, cx: &mut Context<'_>) {}
    /// A Modelfile of Ollama.
    fn modelfile(&self, facts: &ModelfileFacts, cx: &mut Context<'_>) {}
    /// A YAML document.
    fn yaml(&self, facts: &YamlFacts, cx: &mut Context<'_>) {}
    /// A shell script.
    fn shell(&self, facts: &ShellFacts, cx: &mut Context<'_>) {}
    /// An executable.
    fn executable(&self, facts: &ExecutableFacts, cx: &mut Context<'_>) {}
    /// Settings of git.
    fn git_settings(&self, facts: &GitSettings, cx: &mut Context<'_>) {}
    /// Text of any kind.
    fn text(&self, facts: &TextFacts, cx: &mut Context<'_>) {}
    /// What lies together: all files of the artifact, and the members of each archive among themselves.
    fn bundle(&self, repository: &Repository, cx: &mut Context<'_>) {}
    /// The artifact as a whole, once, after all files.
    fn repository(&self, repository: &Repository, cx: &mut Context<'_>) {}
    /// A revision beside the one it takes the place of, once, if there is one.
    fn update(&self, update: &Update<'_>, cx: &mut Context<'_>) {}
}

/// The static description of a rule; implemented by [`rule!`].
pub trait Described {
    /// Identity, documentation, classification.
    fn meta(&self) -> &'static RuleMeta;
}

/// Declares a rule: its documentation and classification become a [`RuleMeta`], its name a unit struct.
///
/// The doc comment has a one-paragraph summary and the sections *What it detects*, *Why it matters*, *Example*,
/// *What to do* and *References* (a list of links). `cargo xtask gen` finds declarations and writes the registry.
#[macro_export]
macro_rules! rule {
    (
        $(#[doc = $doc:literal])*
        pub(crate) $name:ident {
            id: $id:literal,
            slug: $slug:literal,
            since: $since:literal,
            severity: $severity:ident,
            confidence: $confidence:ident,
            formats: [$($format:ident),* $(,)?],
            cwe: [$($cwe:literal),* $(,)?],
            owasp: [$($owasp:literal),* $(,)?],
            atlas: [$($atlas:literal),* $(,)?] $(,)?
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug)]
        pub(crate) struct $name;

        impl $crate::rule::Described for $name {
            fn meta(&self) -> &'static weighhouse_core::RuleMeta {
                static META: weighhouse_core::RuleMeta = weighhouse_core::RuleMeta {
                    id: $id,
                    slug: $slug,
                    since: $since,
                    status: weighhouse_core::RuleStatus::Stable,
                    severity: weighhouse_core::Severity::$severity,
                    confidence: weighhouse_core::Confidence::$confidence,
                    formats: &[$(weighhouse_formats::format::Format::$format.name()),*],
                    cwe: &[$($cwe),*],
                    owasp: &[$($owasp),*],
                    atlas: &[$($atlas),*],
                    docs: concat!($($doc, "\n"),*),
                };
                &META
            }
        }
    };
}

/// Where a rule is looking, and where its findings go.
#[derive(Debug)]
pub struct Context<'a> {
    file: &'a str,
    members: &'a [String],
    node: Option<&'a Node>,
    judged: &'a Judged,
    meta: &'static RuleMeta,
    out: &'a mut Vec<Finding>,
    beside: bool,
    archive: Option<&'a BTreeMap<String, String>>,
}

impl<'a> Context<'a> {
    /// A context for `meta`'s rule; findings go to `out`. All rules that look at one reading share what is `judged` in it.
    pub fn new(
        file: &'a str,
        members: &'a [String],
        node: Option<&'a Node>,
        judged: &'a Judged,
        meta: &'static RuleMeta,
        out: &'a mut Vec<Finding>,
    ) -> Self {
        Self { file, members, node, judged, meta, out, beside: false, archive: None }
    }

    /// Whether what is at hand is a file, or a member of an archive: rules about what lies together see it, too.
    #[must_use]
    pub fn beside(mut self, beside: bool) -> Self {
        self.beside = beside;
        self
    }

    /// A context for what lies together in the archive at hand: paths are those of members, and have these names there.
    #[must_use]
    pub fn within(mut self, names: &'a BTreeMap<String, String>) -> Self {
        self.archive = Some(names);
        self
    }

    /// Whether rules about what lies together see what is at hand.
    pub fn is_beside(&self) -> bool {
        self.beside
    }

    /// Path of the file, relative to the target.
    pub fn file(&self) -> &str {
        self.file
    }

    /// Chain of members inside the file, outermost first.
    pub fn members(&self) -> &[String] {
        self.members
    }

    /// The node at hand; absent for rules about the whole repository.
    pub fn node(&self) -> Option<&'a Node> {
        self.node
    }

    /// The judgements of the globals of the reading at hand.
    pub fn judged(&self) -> &'a Judged {
        self.judged
    }

    /// Name of the innermost thing at hand: the member's, or the file's.
    pub fn name(&self) -> &str {
        self.members.last().map_or(self.file, String::as_str)
    }

    /// Begins a finding with its headline: lower case, no final stop, values in backticks. Values from the artifact go
    /// through [`quote`] first. Nothing is reported until [`Draft::emit`].
    pub fn report(&mut self, headline: impl Into<String>) -> Draft<'_> {
        let location = Location {
            file: self.file.to_owned(),
            members: self.members.iter().map(|member| printable(member)).collect(),
            ..Location::default()
        };
        Draft {
            headline: headline.into(),
            severity: self.meta.severity,
            confidence: self.meta.confidence,
            location,
            evidence: None,
            remediation: None,
            meta: self.meta,
            out: self.out,
            archive: self.archive,
        }
    }
}

/// A value from the artifact in backticks, printable and short.
pub fn quote(text: &str) -> String {
    format!("`{}`", printable_within(text, 120))
}

/// A finding that is being described.
#[must_use = "a draft is reported by `emit`"]
#[derive(Debug)]
pub struct Draft<'a> {
    headline: String,
    severity: Severity,
    confidence: Confidence,
    location: Location,
    evidence: Option<String>,
    remediation: Option<String>,
    meta: &'static RuleMeta,
    out: &'a mut Vec<Finding>,
    archive: Option<&'a BTreeMap<String, String>>,
}

impl Draft<'_> {
    /// Another severity than the rule's own.
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Another confidence than the rule's own.
    pub fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    /// Another file than the one at hand, or another member of the archive at hand (rules about what lies together).
    pub fn in_file(mut self, path: &str) -> Self {
        if let Some(names) = self.archive {
            self.location.members.push(printable(names.get(path).map_or(path, String::as_str)));
        } else {
            path.clone_into(&mut self.location.file);
            self.location.members.clear();
        }
        self
    }

    /// Another member than the one at hand, as a chain from the file (rules about the repository).
    pub fn in_member(mut self, path: &str, members: &[String]) -> Self {
        path.clone_into(&mut self.location.file);
        self.location.members = members.iter().map(|member| printable(member)).collect();
        self
    }

    /// The bytes it is about.
    pub fn at(mut self, region: impl Into<Option<Region>>) -> Self {
        self.location.bytes = region.into().map(|region| (region.start, region.end));
        self
    }

    /// The byte it is about.
    pub fn at_offset(self, offset: u64) -> Self {
        let Range { start, end } = offset..offset.saturating_add(1);
        self.at(Region::new(start, end))
    }

    /// The line it is about, from 1.
    pub fn line(mut self, line: u32) -> Self {
        self.location.text = Some(TextPosition { line, column: 1 });
        self
    }

    /// What it is about in the format's own terms (a global, a tensor, a key): part of the finding's identity.
    pub fn key(mut self, key: impl AsRef<str>) -> Self {
        self.location.key = Some(printable_within(key.as_ref(), EVIDENCE));
        self
    }

    /// What was seen.
    pub fn evidence(mut self, evidence: impl AsRef<str>) -> Self {
        self.evidence = Some(printable_within(evidence.as_ref(), EVIDENCE));
        self
    }

    /// What to do, where it differs from the rule's *What to do*.
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remediation = Some(remedy.into());
        self
    }

    /// Reports it.
    pub fn emit(self) {
        let Draft { headline, severity, confidence, location, evidence, remediation, meta, out, .. } = self;
        let fingerprint = Fingerprint::new(meta.id, &location, evidence.as_deref());
        let remediation = remediation.unwrap_or_else(|| {
            let text = meta.section("What to do").unwrap_or_default();
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        });
        out.push(Finding {
            rule: meta,
            severity,
            confidence,
            headline,
            location,
            evidence,
            remediation,
            fingerprint,
            waived: None,
        });
    }
}

/// Hands a reading to the method of `rule` that is made for its facts.
pub fn dispatch(rule: &dyn Rule, reading: &Reading, cx: &mut Context<'_>) {
    match &reading.facts {
        Facts::Pickle(facts) => rule.pickle(facts, cx),
        Facts::Zip(facts) => rule.zip(facts, cx),
        Facts::Tar(facts) => rule.tar(facts, cx),
        Facts::Compressed(facts) => rule.compressed(facts, cx),
        Facts::Torch(facts) => rule.torch(facts, cx),
        Facts::Npy(facts) => rule.npy(facts, cx),
        Facts::Safetensors(facts) => rule.safetensors(facts, cx),
        Facts::Gguf(facts) => rule.gguf(facts, cx),
        Facts::Onnx(facts) => {
            rule.onnx(facts, cx);
            rule.graph(&facts.graph, cx);
        }
        Facts::Graph(facts) => rule.graph(facts, cx),
        Facts::Data(facts) => {
            rule.data(facts, cx);
            // Nested values are a document like any other: what it names is judged by the rules on documents.
            if let Some(document) = &facts.document {
                rule.json(document, cx);
            }
        }
        Facts::R(facts) => rule.r(facts, cx),
        Facts::Python(facts) => rule.python(facts, cx),
        Facts::Template(facts) => rule.template(facts, cx),
        Facts::Json(facts) => rule.json(facts, cx),
        Facts::JsonLines(facts) => rule.json_lines(facts, cx),
        Facts::Table(facts) => rule.table(facts, cx),
        Facts::Objects(facts) => rule.objects(facts, cx),
        Facts::Tokenizer(facts) => rule.tokenizer(facts, cx),
        Facts::Manifest(facts) => rule.manifest(facts, cx),
        Facts::Zarr(facts) => rule.zarr(facts, cx),
        Facts::Modelfile(facts) => rule.modelfile(facts, cx),
        Facts::Yaml(facts) => rule.yaml(facts, cx),
        Facts::Xml(facts) => {
            rule.xml(facts, cx);
            if let Some(graph) = &facts.graph {
                rule.graph(graph, cx);
            }
        }
        Facts::Shell(facts) => rule.shell(facts, cx),
        Facts::Executable(facts) => rule.executable(facts, cx),
        Facts::GitSettings(facts) => rule.git_settings(facts, cx),
        Facts::Text(facts) => rule.text(facts, cx),
        _ => {}
    }
}

/// Samples of a rule: `samples! { Rule, bad: { "name" => [(path, bytes), …], … }, ok: { … } }`.
///
/// Each sample is an artifact of one or more files. They become the tests of the rule, and are its example inputs.
#[macro_export]
macro_rules! samples {
    (
        $rule:ident,
        bad: { $($bad:literal => [$(($bad_path:literal, $bad_bytes:expr)),* $(,)?]),* $(,)? },
        ok: { $($ok:literal => [$(($ok_path:literal, $ok_bytes:expr)),* $(,)?]),* $(,)? } $(,)?
    ) => {
        #[cfg(test)]
        mod samples {
            use super::*;

            #[test]
            fn samples_are_judged_as_they_say() {
                $crate::samples::check(
                    $crate::rule::Described::meta(&$rule).id,
                    vec![$(($bad, vec![$(($bad_path, $bad_bytes)),*])),*],
                    vec![$(($ok, vec![$(($ok_path, $ok_bytes)),*])),*],
                );
            }
        }
    };
}

/// Every structural fault of a node: those its parsers found, and those that opening it from its parent showed.
pub fn faults(node: &Node) -> impl Iterator<Item = &weighhouse_formats::node::Irregularity> {
    node.readings.iter().flat_map(|reading| &reading.irregularities).chain(&node.faults)
}
