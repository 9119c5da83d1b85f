//! `weighhouse.toml`: found, read, checked; every problem of a file is reported in one run, with its place.
//!
//! Two phases: the text becomes a tree whose every key and value knows its span (`read`), then each section is checked
//! into its domain type (`sections`, `waivers`). Nothing here asks the clock; whether a waiver has expired is decided
//! where it is applied. Where a file is looked for, and where never, is argued in `find`.

mod advisories;
mod bounds;
mod company;
mod find;
mod gate;
mod identity;
mod problems;
mod sections;
mod size;
mod suggest;
mod trust;
mod waivers;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use weighhouse_core::diagnostic::{Level, SourceText};
use weighhouse_core::waiver::WaiverUse;
use weighhouse_core::{Decision, Diagnostic, Digest, Inspection, RuleMeta, Severity, Waiver};
use weighhouse_formats::bounded::Limits;
use weighhouse_policy::{Base, PolicySet, Profile};

pub(crate) use self::advisories::Advisories;
#[cfg(feature = "server")]
pub(crate) use self::bounds::{ConnectionsSection, UploadsSection};
#[cfg(all(test, feature = "server"))]
pub(crate) use self::gate::TracesSection;
#[cfg(feature = "server")]
pub(crate) use self::gate::{COLLECTOR, GateSection, MailSection};
#[cfg(feature = "server")]
pub(crate) use self::identity::WorkloadSection;
pub(crate) use self::sections::endpoint_fault;
#[cfg(feature = "server")]
pub(crate) use self::trust::{AttesterSection, WitnessSection};

/// What the configuration is read for.
#[derive(Debug, Clone, Copy)]
struct Request<'a> {
    /// `--config`; otherwise a file is looked for.
    explicit: Option<&'a Path>,
    /// The directory from which to look upwards: the current one.
    start: &'a Path,
    /// What will be examined, as far as it is on this machine. Nothing in it configures its own inspection.
    targets: &'a [&'a Path],
    /// Id and slug of every rule.
    rules: &'a [(&'a str, &'a str)],
}

/// The configuration in force.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    source: SourceText,
    /// The profile chosen.
    profile: Profile,
    profiles: BTreeMap<String, Profile>,
    /// The severity from which on `scan` fails.
    fail_on: Option<Severity>,
    /// Written policies.
    policy: PolicyFiles,
    /// Bounds of an inspection.
    limits: Limits,
    /// Files of a target that are listed.
    max_files: usize,
    /// Permissions despite findings.
    waivers: Vec<Waiver>,
    waiver_spans: Vec<Range<usize>>,
    /// The Hub.
    #[cfg_attr(not(feature = "hub"), expect(dead_code, reason = "only `hf:` targets read it"))]
    hub: Hub,
    /// Who may have signed a model.
    signature: Signature,
    /// What weights are compared with.
    lineage: Lineage,
    /// What is known of projects.
    health: Health,
    /// How the gate is set up.
    #[cfg_attr(not(any(feature = "server", test)), expect(dead_code, reason = "only `serve` reads it"))]
    gate: gate::GateSection,
    /// Advisory data.
    advisories: Advisories,
    /// Who asks for licences, and which texts were accepted.
    licence: weighhouse_supply::licence::Settings,
    /// What is not wrong but should be known.
    warnings: Vec<Diagnostic>,
}

/// Policies named by the configuration.
#[derive(Debug, Clone, Default)]
struct PolicyFiles {
    /// Whether the default policies stay in force.
    base: Base,
    /// The texts.
    sources: Vec<SourceText>,
}

/// Where models are downloaded from and kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Hub {
    /// A Hub-speaking endpoint.
    pub(crate) endpoint: Option<String>,
    /// The cache directory.
    pub(crate) cache: Option<PathBuf>,
}

/// Who may have signed a model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Signature {
    /// Files with public keys in PEM.
    pub(crate) public_keys: Vec<PathBuf>,
    /// Files with certificates of authorities in PEM.
    pub(crate) trust_roots: Vec<PathBuf>,
    /// The trusted root of a Sigstore instance; `identity` and `issuer` are there too then.
    pub(crate) sigstore_trusted_root: Option<PathBuf>,
    /// Only this holder of a certificate.
    pub(crate) identity: Option<String>,
    /// Only this authority.
    pub(crate) issuer: Option<String>,
}

/// What is known of projects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Health {
    /// Folder in which is remembered what was seen of repositories.
    pub(crate) store: Option<PathBuf>,
}

/// What weights are compared with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Lineage {
    /// The folder of passports.
    pub(crate) store: Option<PathBuf>,
}

/// Whether a file lies in what is examined, or for a single file in its folder: nothing that came with a target takes part in its
/// inspection.
pub(crate) fn came_with(file: &Path, target: &Path) -> bool {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let file = file.file_name().map_or_else(|| folder.clone(), |name| folder.join(name));
    find::inside(&file, &find::foreign(&[target]))
}

impl Default for Config {
    fn default() -> Self {
        Self {
            source: SourceText { name: find::NAME.to_owned(), text: "".into() },
            profile: Profile::default(),
            profiles: BTreeMap::new(),
            fail_on: None,
            policy: PolicyFiles::default(),
            limits: Limits::default(),
            max_files: MAX_FILES,
            waivers: Vec::new(),
            waiver_spans: Vec::new(),
            hub: Hub::default(),
            signature: Signature::default(),
            lineage: Lineage::default(),
            health: Health::default(),
            gate: gate::GateSection::default(),
            advisories: Advisories::default(),
            licence: weighhouse_supply::licence::Settings::default(),
            warnings: Vec::new(),
        }
    }
}

/// Files of a target that are listed unless configured otherwise.
const MAX_FILES: usize = 1_000_000;

/// Reads the configuration: the file named by `--config`, the one found from the current directory upwards, or none.
/// `targets` are what will be examined, as far as they are on this machine: nothing in them configures its own inspection.
///
/// # Errors
/// All problems of the file.
pub(crate) fn load(
    explicit: Option<&Path>,
    targets: &[&Path],
    rules: &[&'static RuleMeta],
) -> Result<Config, Vec<Diagnostic>> {
    let rules: Vec<_> = rules.iter().map(|rule| (rule.id, rule.slug)).collect();
    load_for(&Request { explicit, start: Path::new("."), targets, rules: &rules })
}

fn load_for(request: &Request<'_>) -> Result<Config, Vec<Diagnostic>> {
    let found = find::find(request)?;
    let Some(path) = found.path else {
        return Ok(Config { warnings: found.ignored, ..Config::default() });
    };
    let source = find::read(&path).map_err(|problem| vec![problem])?;
    let mut config = parse(source, Some(&path), request)?;
    config.warnings.splice(0..0, found.ignored);
    Ok(config)
}

/// Checks a text. `path` is where it stands: policy files are relative to it.
fn parse(source: SourceText, path: Option<&Path>, request: &Request<'_>) -> Result<Config, Vec<Diagnostic>> {
    let text = source.text.clone();
    let mut problems = problems::Problems::new(source.clone());
    let (document, errors) = toml::de::DeTable::parse_recoverable(&text);
    for error in &errors {
        problems.syntax(error);
    }
    if !problems.is_empty() {
        // Half a document would only cause problems that are not there.
        return Err(problems.into_sorted());
    }
    let root = problems::Section { table: document.get_ref(), name: String::new(), span: 0..0 };
    let mut config = sections::config(&mut problems, &root, path, request);
    let (waivers, waiver_spans) = waivers::waivers(&mut problems, &root, request.rules);
    let problems = problems.into_sorted();
    if problems.iter().any(|problem| problem.level == Level::Error) {
        return Err(problems);
    }
    config.warnings = problems;
    Ok(Config { source, waivers, waiver_spans, ..config })
}

impl Config {
    /// Bounds of an inspection.
    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Files of a target that are listed; more is a gap.
    pub(crate) fn max_files(&self) -> usize {
        self.max_files
    }

    /// Permissions despite findings.
    pub(crate) fn waivers(&self) -> &[Waiver] {
        &self.waivers
    }

    /// What is not wrong but should be known.
    pub(crate) fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// The severity from which on `scan` fails.
    pub(crate) fn fail_on(&self) -> Option<Severity> {
        self.fail_on
    }

    /// Where models are downloaded from and kept, where that is configured.
    #[cfg(feature = "hub")]
    pub(crate) fn hub(&self) -> &Hub {
        &self.hub
    }

    /// How the gate is set up, as far as the file says.
    #[cfg(feature = "server")]
    pub(crate) fn gate(&self) -> &GateSection {
        &self.gate
    }

    /// Advisory data: where it is, how old it may be.
    pub(crate) fn advisories(&self) -> &Advisories {
        &self.advisories
    }

    /// Who asks for licences, and which texts were accepted.
    pub(crate) fn licence(&self) -> &weighhouse_supply::licence::Settings {
        &self.licence
    }

    /// Who may have signed a model.
    pub(crate) fn signature(&self) -> &Signature {
        &self.signature
    }

    /// What is known of projects.
    pub(crate) fn health(&self) -> &Health {
        &self.health
    }

    /// What weights are compared with.
    pub(crate) fn lineage(&self) -> &Lineage {
        &self.lineage
    }

    /// The configured policies and those of `files`, compiled and checked.
    ///
    /// # Errors
    /// All problems of all texts.
    pub(crate) fn policies(&self, files: &[PathBuf]) -> Result<PolicySet, Vec<Diagnostic>> {
        let mut sources = self.policy.sources.clone();
        let mut problems = Vec::new();
        for file in files {
            match find::read(file) {
                Ok(source) => sources.push(source),
                Err(problem) => problems.push(problem),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        // Validation costs more than a decision; the default policies were validated when they were built.
        match (self.policy.base, sources.is_empty()) {
            (Base::Default, true) => Ok(PolicySet::embedded()),
            (base, _) => PolicySet::load(base, &sources),
        }
    }

    /// Decides by the profile named, or the configured one. `fail_on` can only tighten what the profile denies.
    ///
    /// # Errors
    /// All problems of the policies, or an unknown profile.
    pub(crate) fn decide(
        &self,
        inspection: &Inspection,
        profile: Option<&str>,
        fail_on: Option<Severity>,
        files: &[PathBuf],
    ) -> Result<Decision, Vec<Diagnostic>> {
        let policies = self.policies(files);
        let profile = self.profile(profile);
        let (policies, mut profile) = match (policies, profile) {
            (Ok(policies), Ok(profile)) => (policies, profile),
            (policies, profile) => {
                return Err(profile.err().into_iter().chain(policies.err().into_iter().flatten()).collect());
            }
        };
        profile.deny_at = fail_on.map_or(profile.deny_at, |severity| severity.min(profile.deny_at));
        Ok(weighhouse_policy::evaluate(&policies, inspection, &profile))
    }

    /// The profile named, or the configured one.
    ///
    /// # Errors
    /// A diagnostic naming the profiles there are.
    pub(crate) fn profile(&self, name: Option<&str>) -> Result<Profile, Diagnostic> {
        name.map_or_else(|| Ok(self.profile.clone()), |name| self.named_profile(name))
    }

    /// Digest of the file it was read from.
    pub(crate) fn digest(&self) -> Digest {
        Digest::of(self.source.text.as_bytes())
    }

    /// The profile of this name, built in or configured.
    ///
    /// # Errors
    /// A diagnostic naming the profiles there are.
    pub(crate) fn named_profile(&self, name: &str) -> Result<Profile, Diagnostic> {
        let own = self.profiles.get(name).cloned();
        own.or_else(|| Profile::built_in(name)).ok_or_else(|| {
            let known: Vec<_> = sections::profile_names(&self.profiles).collect();
            let headline = format!("there is no profile `{}`", weighhouse_core::printable::printable(name));
            Diagnostic::new(Level::Error, "WH-CFG-004", headline).help(suggest::help(name, &known))
        })
    }

    /// Points at waivers that have expired or are not needed. `uses` is what applying them gave, in the same order.
    pub(crate) fn waiver_diagnostics(&self, uses: &[WaiverUse]) -> Vec<Diagnostic> {
        let places = self.waivers.iter().zip(&self.waiver_spans);
        places
            .zip(uses)
            .filter_map(|((waiver, span), what)| waivers::diagnostic(&self.source, span, waiver, *what))
            .collect()
    }
}
