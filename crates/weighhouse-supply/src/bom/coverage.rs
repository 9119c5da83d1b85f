//! What a bill has of what agencies ask for: element by element, with its value and how it is known. Never a score.
//!
//! Elements: G7 cybersecurity working group, "SBOM for AI: minimum elements" (12 May 2026); NTIA, "The minimum elements for a software bill
//! of materials" (2021); CISA, draft of its successor (August 2025). The names are abridged.

use std::borrow::Cow;

use weighhouse_core::{Basis, State, Thread};

use super::graph::{Graph, Known, Topic, Trait, Usage, distinct};
use crate::deps::Confidence;

/// Values of one element that are shown.
const SHOWN: usize = 5;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scheme {
    /// The G7, for AI.
    G7,
    /// NTIA 2021, for all software.
    Ntia,
    /// CISA 2025, its successor.
    Cisa,
}

impl Scheme {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::G7, Self::Ntia, Self::Cisa];

    /// A word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::G7 => "g7",
            Self::Ntia => "ntia",
            Self::Cisa => "cisa",
        }
    }

    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::G7 => "G7, SBOM for AI: minimum elements (May 2026)",
            Self::Ntia => "NTIA, minimum elements (2021)",
            Self::Cisa => "CISA, minimum elements (draft of August 2025)",
        }
    }
}

/// One element that somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Who asks.
    pub scheme: Scheme,
    /// Its part of the scheme.
    pub cluster: &'static str,
    /// What is asked for.
    pub element: &'static str,
    /// What the bill has, safe to print; nothing if it is absent.
    pub value: Option<String>,
    /// How that is known; nothing if it is absent.
    pub basis: Option<Basis>,
    /// Where it stands; of what is absent, where it could come from.
    pub place: String,
}

/// What a bill in the format `format` made from `graph` has.
pub fn coverage(graph: &Graph, format: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    let elements = Elements { graph, format };
    for (scheme, cluster, element, found) in
        elements.g7().into_iter().chain(elements.ntia()).chain(elements.cisa())
    {
        rows.push(match found {
            Found::Has(known) => {
                let Known { basis, value, place } = known;
                Row { scheme, cluster, element, value: Some(value), basis: Some(basis), place }
            }
            Found::Absent(place) => {
                Row { scheme, cluster, element, value: None, basis: None, place: place.into_owned() }
            }
        });
    }
    rows
}

enum Found {
    Has(Known),
    /// Where it could come from.
    Absent(Cow<'static, str>),
}

impl Found {
    fn absent(place: impl Into<Cow<'static, str>>) -> Self {
        Self::Absent(place.into())
    }
}

type Asked = (Scheme, &'static str, &'static str, Found);
type Rows = Vec<(&'static str, Found)>;

struct Elements<'a> {
    graph: &'a Graph,
    format: &'a str,
}

const CARD: &str = "the model card does not say";
const AROUND: &str = "the system around the model has to say it";
const SELF: &str = "this bill";

fn or(found: Option<Known>, place: &'static str) -> Found {
    found.map_or_else(|| Found::absent(place), Found::Has)
}

/// Several values as one: the weakest way of knowing counts for all.
fn joined<'a>(found: impl IntoIterator<Item = (&'a str, Basis, &'a str)>) -> Option<Known> {
    let found: Vec<_> = found.into_iter().collect();
    let (_, first, place) = *found.first()?;
    let basis = found.iter().map(|(_, basis, _)| *basis).fold(first, Ord::max);
    let mut values: Vec<&str> = found.iter().take(SHOWN).map(|(value, ..)| *value).collect();
    values.dedup();
    let more = found.len().saturating_sub(SHOWN);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(Known { basis, value: values.join(", ") + &rest, place: place.to_owned() })
}

impl Elements<'_> {
    fn text(&self, topic: Topic) -> Option<Known> {
        let known = self.graph.considerations.get(&topic)?;
        Some(Known {
            value: weighhouse_core::printable::printable_within(&known.value, 120),
            ..known.clone()
        })
    }

    fn kind(&self, kind: Trait) -> Option<Known> {
        joined(self.graph.known(kind).map(|known| (known.value.as_str(), known.basis, known.place.as_str())))
    }

    fn author(&self) -> Found {
        let author = self.graph.author.as_ref();
        or(
            author.map(|author| Known::declared(author.clone(), "command line")),
            "name yourself with `--author`",
        )
    }

    fn time(&self) -> Found {
        let at = self.graph.at.as_ref();
        or(at.map(|at| Known::declared(at.clone(), "command line")), "give the time with `--at`")
    }

    fn tool(&self) -> Found {
        let (name, version) = &self.graph.tool;
        Found::Has(Known::measured(format!("{name} {version}"), SELF))
    }

    fn supplier(&self) -> Found {
        or(self.graph.supplier.clone(), "give it with `--supplier`")
    }

    fn version(&self) -> Found {
        or(self.graph.version.clone(), "give it with `--revision`")
    }

    fn identifier(&self) -> Found {
        let digest = || self.graph.digest.map(|digest| Known::measured(digest.to_string(), "all files"));
        or(self.graph.purl.clone().or_else(digest), "a file could not be read to its end")
    }

    fn context() -> Found {
        Found::Has(Known::measured("after the build, from the published files".to_owned(), SELF))
    }

    fn relations(&self) -> Found {
        let graph = self.graph;
        let text = format!(
            "{} files, {} parents, {} data sets, {}",
            graph.files.len(),
            distinct(&graph.parents).len(),
            distinct(&graph.datasets).len(),
            self.packages()
        );
        Found::Has(Known::measured(text, SELF))
    }

    /// How many packages there are, and how sure it is which.
    fn packages(&self) -> String {
        let software = &self.graph.software;
        let of = |confidence: Confidence| {
            let count = software.iter().filter(|found| found.confidence == confidence).count();
            (count > 0).then(|| format!("{count} {confidence}"))
        };
        let kinds: Vec<String> = Confidence::ALL.into_iter().filter_map(of).collect();
        let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
        format!("{} packages{kinds}", software.len())
    }

    fn hash(&self) -> Found {
        let read = self.graph.files.iter().filter(|file| file.sha256.is_some()).count();
        let digest = self.graph.digest.map(|digest| {
            Known::measured(format!("{digest} over {read} files, and of each file"), "all files")
        });
        or(digest, "a file could not be read to its end")
    }

    fn licence(&self) -> Found {
        let licences = distinct(&self.graph.licences);
        or(
            joined(licences.iter().map(|known| (known.value.name(), known.basis, known.place.as_str()))),
            "no card, file or metadata names one",
        )
    }

    /// What was found, or why nobody knows. What was assessed in part says so.
    fn vulnerabilities(&self) -> Found {
        const IMPORT: &str = "import advisories with `weighhouse advisories import`";
        let assessed = self.graph.assessments.iter().find(|found| found.thread == Thread::Vulnerabilities);
        let Some(assessed) = assessed else { return Found::absent(IMPORT) };
        let why = assessed.missing.first().map_or(IMPORT, String::as_str);
        let value = match assessed.state {
            State::Assessed => assessed.headline.clone(),
            State::Partly => format!("{}; not assessed: {why}", assessed.headline),
            State::NotAssessed => return Found::absent(format!("not assessed: {why}")),
        };
        let date = assessed.as_of.map(|date| format!(" of {date}")).unwrap_or_default();
        Found::Has(Known::inferred(value, format!("advisories{date}")))
    }

    fn g7(&self) -> Vec<Asked> {
        let clusters = [
            ("metadata", self.metadata()),
            ("system", self.system()),
            ("models", self.models()),
            ("data", self.data()),
            ("key performance", self.performance()),
            ("infrastructure", self.infrastructure()),
            ("security", self.security()),
        ];
        let rows = clusters.into_iter().flat_map(|(cluster, rows)| {
            rows.into_iter().map(move |(element, found)| (Scheme::G7, cluster, element, found))
        });
        rows.collect()
    }

    fn metadata(&self) -> Rows {
        let has = |value: &str| Found::Has(Known::measured(value.to_owned(), SELF));
        vec![
            ("author", self.author()),
            ("version of the bill", has("1")),
            ("format", has(self.format)),
            ("signature of the author", Found::absent("sign it with `weighhouse sign`")),
            ("tool name and version", self.tool()),
            ("generation context", Self::context()),
            ("time stamp", self.time()),
            ("dependency relationship", self.relations()),
        ]
    }

    fn system(&self) -> Rows {
        let area = self.text(Topic::Uses).or_else(|| self.kind(Trait::Task));
        vec![
            ("name", Found::Has(self.graph.name.clone())),
            ("producer", self.supplier()),
            ("version", self.version()),
            ("components", self.relations()),
            ("time stamp", self.time()),
            ("data flow and use", Found::absent(AROUND)),
            ("input and output", or(self.input_and_output(), CARD)),
            ("application area", or(area, CARD)),
        ]
    }

    fn input_and_output(&self) -> Option<Known> {
        let task = self.graph.known(Trait::Task).next()?;
        let (takes, gives) = super::tasks::data(&task.value)?;
        Some(Known::inferred(
            format!("{} to {}", takes.join(" and "), gives.join(" and ")),
            task.place.clone(),
        ))
    }

    fn models(&self) -> Rows {
        let graph = self.graph;
        let architecture = self.kind(Trait::Architecture).or_else(|| self.kind(Trait::Family));
        let origin = self.text(Topic::TrainingProcedure).or_else(|| self.text(Topic::TrainingData));
        let parents = distinct(&graph.parents).into_iter();
        let parents = parents.map(|known| (known.value.name.as_str(), known.basis, known.place.as_str()));
        let references = graph.references.iter();
        let references =
            references.map(|known| (known.value.url.as_str(), known.basis, known.place.as_str()));
        vec![
            ("name", Found::Has(graph.name.clone())),
            ("identifier", self.identifier()),
            ("version", self.version()),
            ("producer", self.supplier()),
            ("description", or(graph.description.clone(), CARD)),
            ("time stamp", self.time()),
            ("hash value and algorithm", self.hash()),
            ("architecture", or(architecture, CARD)),
            ("properties", or(self.properties(), "no weights were read")),
            ("how the weights came to be", or(origin, CARD)),
            ("models it was made from", or(joined(parents), CARD)),
            ("limitations", or(self.text(Topic::Limitations), CARD)),
            ("licence", self.licence()),
            ("external references", or(joined(references), CARD)),
        ]
    }

    /// What weights and configuration tell, in one line; measured as far as there are weights.
    fn properties(&self) -> Option<Known> {
        const TOLD: [Trait; 5] =
            [Trait::Parameters, Trait::Encodings, Trait::Layers, Trait::ContextLength, Trait::Vocabulary];
        let best = |kind: &Trait| self.graph.known(*kind).next();
        let told: Vec<String> = TOLD
            .iter()
            .filter_map(|kind| Some(format!("{}: {}", kind.as_str(), best(kind)?.value)))
            .collect();
        let basis = TOLD.iter().filter_map(best).map(|known| known.basis).max()?;
        let place = TOLD.iter().find_map(best)?.place.clone();
        Some(Known { basis, value: told.join("; "), place })
    }

    fn data(&self) -> Rows {
        let sets = distinct(&self.graph.datasets).into_iter();
        let sets = sets.filter(|known| known.value.usage == Usage::Training);
        let named = sets.map(|known| (known.value.name.as_str(), known.basis, known.place.as_str()));
        vec![
            ("identity", or(joined(named), CARD)),
            ("provenance and content", or(self.text(Topic::TrainingData), CARD)),
            ("statistical properties", Found::absent(CARD)),
            ("sensitivity", Found::absent(CARD)),
            ("licence", Found::absent(CARD)),
            ("preparation", or(self.text(Topic::Preprocessing), CARD)),
        ]
    }

    fn performance(&self) -> Rows {
        let metrics = distinct(&self.graph.metrics).into_iter().take(SHOWN);
        let results: Vec<String> =
            metrics.map(|known| format!("{} {}", known.value.kind, known.value.value)).collect();
        let results = (!results.is_empty()).then(|| Known::declared(results.join(", "), "README.md"));
        vec![
            ("security", Found::absent("no security evaluation is known")),
            ("operation", or(results.or_else(|| self.text(Topic::Evaluation)), CARD)),
        ]
    }

    fn infrastructure(&self) -> Rows {
        let named: Vec<(String, Basis, String)> = self
            .graph
            .software
            .iter()
            .map(|found| (found.package.to_string(), found.basis, found.place()))
            .collect();
        let packages = named.iter().map(|(name, basis, place)| (name.as_str(), *basis, place.as_str()));
        vec![
            ("software", or(joined(packages).or_else(|| self.kind(Trait::Library)), CARD)),
            ("hardware", or(self.text(Topic::Hardware), CARD)),
        ]
    }

    fn security(&self) -> Rows {
        let policy = "`weighhouse vet --attestation` states the decision and its policy";
        vec![
            ("controls", Found::absent(AROUND)),
            ("compliance", Found::absent(AROUND)),
            ("policy", Found::absent(policy)),
            ("vulnerability references", self.vulnerabilities()),
        ]
    }

    fn ntia(&self) -> Vec<Asked> {
        let rows: Rows = vec![
            ("supplier name", self.supplier()),
            ("component name", Found::Has(self.graph.name.clone())),
            ("version of the component", self.version()),
            ("other unique identifiers", self.identifier()),
            ("dependency relationship", self.relations()),
            ("author of the bill", self.author()),
            ("time stamp", self.time()),
        ];
        rows.into_iter().map(|(element, found)| (Scheme::Ntia, "data fields", element, found)).collect()
    }

    fn cisa(&self) -> Vec<Asked> {
        let rows: Rows = vec![
            ("author of the bill", self.author()),
            ("software producer", self.supplier()),
            ("component name", Found::Has(self.graph.name.clone())),
            ("component version", self.version()),
            ("software identifiers", self.identifier()),
            ("component hash", self.hash()),
            ("licence", self.licence()),
            ("dependency relationship", self.relations()),
            ("tool name", self.tool()),
            ("time stamp", self.time()),
            ("generation context", Self::context()),
        ];
        rows.into_iter().map(|(element, found)| (Scheme::Cisa, "data fields", element, found)).collect()
    }
}
