//! The supply chain of a model on the command line: what every thread is given, and what `vet` asks of all of them.

pub(super) mod advisories;
mod answer;
pub(super) mod bom;
pub(super) mod card;
pub(super) mod deps;
pub(super) mod health;
pub(super) mod licence;
pub(super) mod lineage;
mod page;

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use weighhouse_core::{Assessment, Date, Digest, Finding, Inspection, Thread};
use weighhouse_formats::node::Node;
use weighhouse_formats::source::SharedSource;
use weighhouse_scan::engine::Witness;
use weighhouse_scan::source::{Entry, EntryContent, Listing, Obstacle, ObstacleKind};
use weighhouse_supply::materials::{Content, Materials, Survey};
use weighhouse_supply::{lineage as kin, signing};

use super::inspect::{self, Keep};
use super::sign::{keyless, public_key, roots};
use super::{Network, TargetArgs};
use crate::config::Config;
use crate::exit::Mistake;
use crate::output;
use crate::target::Target;

/// Collects materials while the engine reads.
#[derive(Debug, Default)]
pub(super) struct Surveyor(Survey);

impl Witness for Surveyor {
    fn file(&self, entry: &Entry, node: &Node, sha256: Option<Digest>, source: &SharedSource) {
        self.0.file(&entry.path, node, sha256, source, Some(content(entry)));
    }
}

/// How an entry is read again.
fn content(entry: &Entry) -> Content {
    match &entry.content {
        EntryContent::File(path) => Content::Path(path.clone()),
        EntryContent::Spooled(source) => Content::Source(Arc::clone(source)),
    }
}

impl Surveyor {
    /// What was seen of a target.
    pub(super) fn materials(&self, listing: &Listing, target: Option<&Path>) -> Materials {
        let root = target.filter(|path| path.is_dir()).map(Path::to_owned);
        let mut materials = self.0.finish(listing.name.clone(), root);
        let leaves = |obstacle: &&Obstacle| obstacle.kind == ObstacleKind::LinkLeaves;
        materials.forget(&listing.obstacles.iter().filter(leaves).map(|found| found.path.as_str()).collect());
        materials
    }
}

/// A target that one thread is asked about by a command of its own.
pub(super) struct Surveyed {
    /// What the target shows of itself.
    pub(super) materials: Materials,
    /// What was found in it, without waivers.
    pub(super) inspection: Inspection,
    /// The configuration in force.
    pub(super) config: Config,
    /// The day of the run.
    pub(super) today: Date,
}

/// Reads the configuration and the target. `None`: the configuration has errors, which were shown.
pub(super) fn survey(arguments: &TargetArgs, at: Option<Date>, quiet: bool) -> Result<Option<Surveyed>> {
    let Some((target, config, today)) = begin(arguments, at)? else { return Ok(None) };
    let network = Network { offline: arguments.offline, quiet };
    let surveyor = Arc::<Surveyor>::default();
    let (revision, listing) =
        inspect::examine(&config, &target, network, Keep::Findings, Some(Arc::clone(&surveyor)))?;
    let materials = surveyor.materials(&listing, target.path());
    say_what_is_cut(&materials);
    Ok(Some(Surveyed { materials, inspection: revision.inspection, config, today }))
}

/// Target, configuration and day. `None`: the configuration has errors, which were shown.
fn begin(arguments: &TargetArgs, at: Option<Date>) -> Result<Option<(Target, Config, Date)>> {
    let today = at.map_or_else(inspect::today, Ok)?;
    let target = Target::parse(&arguments.target)?;
    let paths: Vec<_> = target.path().into_iter().collect();
    let config = match crate::config::load(arguments.config.as_deref(), &paths, &inspect::metas()) {
        Ok(config) => config,
        Err(diagnostics) => {
            inspect::show(&diagnostics, crate::output::Color::Auto);
            return Ok(None);
        }
    };
    Ok(Some((target, config, today)))
}

/// Reads the configuration and of the target only its texts, for a thread that asks no format. `None`: the configuration has errors.
pub(super) fn plain(arguments: &TargetArgs, at: Option<Date>) -> Result<Option<(Materials, Config, Date)>> {
    let Some((target, config, today)) = begin(arguments, at)? else { return Ok(None) };
    let listing = target.list(&config, Network { offline: arguments.offline, quiet: false })?;
    let surveyor = Surveyor::default();
    for entry in &listing.entries {
        let content = content(entry);
        // What cannot be opened is not there for anybody.
        if let Ok(source) = content.open() {
            surveyor.0.plain(&entry.path, &source, Some(content));
        }
    }
    let materials = surveyor.materials(&listing, target.path());
    say_what_is_cut(&materials);
    Ok(Some((materials, config, today)))
}

/// Digest of the data about vulnerabilities that the configuration names; nothing if there is none, or if it cannot be read.
#[cfg(feature = "server")]
pub(super) fn advisories_digest(config: &Config) -> Option<Digest> {
    let configured = config.advisories().data.clone();
    let place = configured.or_else(|| advisories::own_folder().filter(|folder| folder.exists()))?;
    weighhouse_supply::advisories::Advisories::open(&place).ok()?.digest()
}

fn say_what_is_cut(materials: &Materials) {
    if let Some(cut) = materials.cut() {
        output::message(&format!("not assessed: {cut}"));
    }
}

/// Asks every thread, and adds what they say to the inspection.
pub(super) fn assess(
    survey: &Surveyor,
    listing: &Listing,
    target: Option<&Path>,
    config: &Config,
    today: Date,
    inspection: &mut Inspection,
) -> Result<()> {
    let materials = survey.materials(listing, target);
    for (assessment, findings) in assess_all(&materials, config, today)?.threads {
        inspection.findings.extend(findings);
        inspection.assessments.push(assessment);
    }
    let order = |thread: Thread| Thread::ALL.iter().position(|known| *known == thread);
    inspection.assessments.sort_by_key(|assessment| order(assessment.thread));
    inspection.normalise();
    Ok(())
}

/// What all threads say.
struct Assessed {
    threads: Vec<(Assessment, Vec<Finding>)>,
    /// Packages and their vulnerabilities, in full.
    dependencies: weighhouse_supply::deps::Result,
}

/// All threads, one line each.
fn assess_all(materials: &Materials, config: &Config, today: Date) -> Result<Assessed> {
    let dependencies =
        weighhouse_supply::deps::evaluate(materials, &deps::settings(config, materials)?, today);
    let mut threads = vec![
        weighhouse_supply::health::assess(
            materials,
            &health::settings(config, materials.root.as_deref(), &dependencies)?,
            today,
        ),
        signing::assess(materials, &signature(config, materials.root.as_deref())?, today),
        kin::assess(materials, &kin::Settings { store: config.lineage().store.clone() }, today),
        (dependencies.assessment(), dependencies.findings()),
        weighhouse_supply::licence::assess(materials, config.licence(), today),
        (weighhouse_supply::cards::assess(materials), Vec::new()),
    ];
    if let Some(cut) = materials.cut() {
        for (assessment, _) in &mut threads {
            assessment.lacks(cut.clone());
        }
    }
    Ok(Assessed { threads, dependencies })
}

/// Says of every thread that it was not asked: caches keep what rules said, not what files declare.
pub(super) fn unasked(inspection: &mut Inspection) {
    let why = "results come from a cache; run `weighhouse vet` without it";
    inspection.assessments =
        Thread::ALL.into_iter().map(|thread| Assessment::not_assessed(thread, why)).collect();
}

/// Refuses `what` if it lies in the target.
fn foreign(path: &Path, target: Option<&Path>, what: &str) -> Result<()> {
    if target.is_some_and(|target| crate::config::came_with(path, target)) {
        let shown = path.display();
        let why =
            format!("`{shown}` lies in the target: a model must not bring the {what} by which it is judged");
        return Err(Mistake(why).into());
    }
    Ok(())
}

/// Reads the keys and authorities that the configuration names.
fn signature(config: &Config, target: Option<&Path>) -> Result<signing::Settings> {
    let section = config.signature();
    let named = section.public_keys.iter().chain(&section.trust_roots).chain(&section.sigstore_trusted_root);
    for path in named {
        foreign(path, target, "keys and authorities")?;
    }
    let mut settings = signing::Settings {
        identity: section.identity.clone(),
        issuer: section.issuer.clone(),
        ..signing::Settings::default()
    };
    settings.keys = section.public_keys.iter().map(|path| public_key(path)).collect::<Result<_>>()?;
    if !section.trust_roots.is_empty() {
        settings.roots = Some(roots(&section.trust_roots)?);
    }
    if let (Some(root), Some(identity), Some(issuer)) =
        (&section.sigstore_trusted_root, &section.identity, &section.issuer)
    {
        settings.keyless = Some(keyless(root, identity, issuer)?);
    }
    Ok(settings)
}
