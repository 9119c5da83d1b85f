//! The whole answer: what is named, what is known of it, as of when, and what was not assessed.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use weighhouse_core::printable::printable_within;
use weighhouse_core::{
    Answer, Assessment, Basis, Confidence as Sureness, Date, Digest, FactValue, Finding, Location, Severity,
    State, Thread,
};

use super::judge::{Exposure, Hit, Judged, judge};
use super::package::{Confidence, Package, Trouble, TroubleKind, Wanted};
use super::rules::{
    DEPENDENCIES_UNREADABLE, DEPENDENCY_OUTSIDE_TARGET, KNOWN_VULNERABLE_DEPENDENCY, MALICIOUS_PACKAGE,
    TYPOSQUAT,
};
use super::{model, squat, survey};
use crate::advisories::vex::{self, Statement, Subject};
use crate::advisories::{Advisories, Advisory, Ecosystem, Index};
use crate::materials::Materials;

/// Ids that a finding names.
const NAMED: usize = 60;
/// Lines that say the same of many files: shown, and told apart at all.
const MISSING: usize = 20;
const APART: usize = 10_000;
/// Ways in which a target may ask for one package that are held against advisories; no lock file has a tenth of it.
const WAYS: usize = 100;

/// What assessing needs beside the target.
#[derive(Debug)]
pub struct Settings {
    /// The advisory data, if there is any.
    pub advisories: Option<Advisories>,
    /// Why there is none, if that is not for want of importing. Safe to print.
    pub problem: Option<String>,
    /// Days after which data is too old to say that nothing is known.
    pub max_age: u32,
    /// Statements about vulnerabilities, from whoever runs the inspection.
    pub statements: Vec<Statement>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { advisories: None, problem: None, max_age: 30, statements: Vec::new() }
    }
}

/// The data of one ecosystem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The ecosystem.
    pub ecosystem: Ecosystem,
    /// The day of its last change.
    pub date: Date,
    /// Digest of the dump.
    pub digest: Digest,
    /// Advisories in it.
    pub advisories: u64,
    /// Whether it is older than allowed.
    pub too_old: bool,
}

/// A distribution that loads a format of the target, and from which version on nothing is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoaderAdvice {
    /// The format and the distribution.
    pub loader: super::Loader,
    /// The lowest version that no advisory affects; nothing if there is none.
    pub from: Option<String>,
    /// Vulnerabilities of versions below.
    pub below: usize,
}

/// Everything that was found out.
#[derive(Debug)]
pub struct Result {
    /// Packages, by place.
    pub packages: Vec<Judged>,
    /// What is wrong with files that name packages.
    pub troubles: Vec<Trouble>,
    /// Packages that nearly have the name of another: that name, and why.
    pub squats: Vec<(Package, &'static str, &'static str)>,
    /// What to load the target with.
    pub loaders: Vec<LoaderAdvice>,
    /// The data that was used.
    pub sources: Vec<Source>,
    /// What was not assessed, and what to do: one line each, safe to print.
    pub missing: Vec<String>,
    /// How far the question was answered.
    pub state: State,
}

/// Answers the question of known vulnerabilities.
pub fn assess(materials: &Materials, settings: &Settings, today: Date) -> (Assessment, Vec<Finding>) {
    let result = evaluate(materials, settings, today);
    (result.assessment(), result.findings())
}

/// The same, in full.
pub fn evaluate(materials: &Materials, settings: &Settings, today: Date) -> Result {
    let surveyed = survey(materials);
    let mut evaluation = Evaluation {
        settings,
        today,
        known: BTreeMap::new(),
        missing: Vec::new(),
        said: BTreeSet::new(),
        holes: false,
    };
    let mut packages = Vec::with_capacity(surveyed.packages.len());
    for package in &surveyed.packages {
        packages.push(evaluation.package(package, &materials.name));
    }
    let loaders = evaluation.loaders(materials);
    let squats = squats(&surveyed.packages);
    let sources = evaluation.sources();
    let data = sources.iter().any(|source| !source.too_old);
    evaluation.troubles(&surveyed.troubles);
    evaluation.undetermined(&packages);
    let seen = packages.iter().any(|judged| evaluation.known.contains_key(&key(&judged.package)));
    let state = match (packages.is_empty(), data && seen, evaluation.holes) {
        (true, _, false) => State::Assessed,
        (false, false, _) => State::NotAssessed,
        (_, _, true) => State::Partly,
        (_, _, false) => State::Assessed,
    };
    let mut missing = evaluation.missing;
    if missing.len() > MISSING {
        let rest = missing.len().saturating_sub(MISSING);
        missing.truncate(MISSING);
        missing.push(format!("{rest} more"));
    }
    Result { packages, troubles: surveyed.troubles, squats, loaders, sources, missing, state }
}

/// Packages that nearly have the name of another; each name is looked at once.
fn squats(packages: &[Package]) -> Vec<(Package, &'static str, &'static str)> {
    let mut seen = BTreeMap::new();
    let mut squats = Vec::new();
    for package in packages {
        if package.ecosystem != Ecosystem::PyPi || package.confidence == Confidence::MadeWith {
            continue;
        }
        let found = *seen.entry(package.name.as_str()).or_insert_with(|| squat::imitates(&package.name));
        squats.extend(found.map(|(other, why)| (package.clone(), other, why)));
    }
    squats
}

type Key = (Ecosystem, String);

/// What is known of a package, and what was made of it for each way in which it is asked for.
#[derive(Default)]
struct Known {
    advisories: Rc<Vec<Advisory>>,
    judged: BTreeMap<(Wanted, Confidence), Judged>,
}

fn key(package: &Package) -> Key {
    (package.ecosystem.clone(), package.name.clone())
}

struct Evaluation<'s> {
    settings: &'s Settings,
    today: Date,
    /// Advisories by package, read once.
    known: BTreeMap<Key, Known>,
    missing: Vec<String>,
    /// The same, to tell them apart.
    said: BTreeSet<String>,
    /// Whether something was left out.
    holes: bool,
}

impl Evaluation<'_> {
    fn index(&self, ecosystem: &Ecosystem) -> Option<&Index> {
        self.settings.advisories.as_ref()?.of(ecosystem)
    }

    fn lacks(&mut self, why: String) {
        self.holes = true;
        if self.said.len() < APART && self.said.insert(why.clone()) {
            self.missing.push(why);
        }
    }

    /// The advisories about a package; nothing if there is no data for it, which is noted.
    fn advisories(&mut self, ecosystem: &Ecosystem, name: &str) -> Option<Rc<Vec<Advisory>>> {
        let key = (ecosystem.clone(), name.to_owned());
        if !self.known.contains_key(&key) {
            let found = match self.index(ecosystem) {
                Some(index) => index.about(name).map_err(|error| printable_within(&error.to_string(), 300)),
                None => Err(self.no_data(ecosystem)),
            };
            match found {
                Ok(found) => {
                    self.known.insert(key.clone(), Known { advisories: Rc::new(found), ..Known::default() })
                }
                Err(why) => {
                    self.lacks(why);
                    return None;
                }
            };
        }
        self.known.get(&key).map(|known| Rc::clone(&known.advisories))
    }

    fn no_data(&self, ecosystem: &Ecosystem) -> String {
        let shown = printable_within(ecosystem.as_str(), 40);
        match &self.settings.problem {
            Some(problem) => problem.clone(),
            None => format!(
                "no advisory data for {shown}; import a dump of OSV: `weighhouse advisories import all.zip --ecosystem {shown}`"
            ),
        }
    }

    /// A package, held against the advisories about it: each way in which it is asked for once.
    fn package(&mut self, package: &Package, target: &str) -> Judged {
        let Some(advisories) = self.advisories(&package.ecosystem, &package.name) else {
            return judge(package, &[]);
        };
        let way = (package.wanted.clone(), package.confidence);
        let ways = self.known.get(&key(package)).map(|known| &known.judged);
        if let Some(judged) = ways.and_then(|ways| ways.get(&way)) {
            return Judged { package: package.clone(), ..judged.clone() };
        }
        if !advisories.is_empty() && ways.is_some_and(|ways| ways.len() >= WAYS) {
            self.lacks(format!(
                "`{}` is asked for in more than {WAYS} versions: only these were held against advisories",
                package.name
            ));
            return judge(package, &[]);
        }
        let judged = self.judged(package, target, &advisories);
        if let Some(known) = self.known.get_mut(&key(package)).filter(|_| !advisories.is_empty()) {
            known.judged.insert(way, judged.clone());
        }
        judged
    }

    fn judged(&self, package: &Package, target: &str, advisories: &[Advisory]) -> Judged {
        let mut judged = judge(package, advisories);
        for hit in &mut judged.hits {
            let names: BTreeSet<&str> =
                hit.aliases.iter().map(String::as_str).chain(std::iter::once(hit.name.as_str())).collect();
            let group: Vec<&Advisory> = advisories
                .iter()
                .filter(|advisory| advisory.names().any(|name| names.contains(name)))
                .collect();
            let subject = Subject {
                target,
                ecosystem: &package.ecosystem,
                name: &package.name,
                version: package.wanted.exact(),
            };
            let found =
                vex::find(&self.settings.statements, subject, &group).filter(|found| found.status.clears());
            hit.cleared =
                found.map(|found| (found.status.as_str(), found.reason.clone(), found.author.clone()));
        }
        judged
    }

    /// What loads the formats of the target, and from which version on.
    fn loaders(&mut self, materials: &Materials) -> Vec<LoaderAdvice> {
        let mut all = Vec::new();
        for loader in model::loaders(materials) {
            if self.index(&Ecosystem::PyPi).is_none() {
                break;
            }
            let Some(found) = self.advisories(&Ecosystem::PyPi, loader.distribution) else { continue };
            let found: Vec<Advisory> =
                found.iter().filter(|advisory| !advisory.is_malware()).cloned().collect();
            if let Some(advice) = advice(loader, &found) {
                all.push(advice);
            }
        }
        all
    }

    fn sources(&mut self) -> Vec<Source> {
        let used: BTreeSet<Ecosystem> = self.known.keys().map(|(ecosystem, _)| ecosystem.clone()).collect();
        let mut sources = Vec::new();
        for index in self.settings.advisories.iter().flat_map(Advisories::iter) {
            if !used.contains(&index.ecosystem) {
                continue;
            }
            let age = self.today.days().saturating_sub(index.date.days());
            let too_old = age > i64::from(self.settings.max_age);
            sources.push((
                index.unreadable,
                age,
                Source {
                    ecosystem: index.ecosystem.clone(),
                    date: index.date,
                    digest: index.digest,
                    advisories: index.advisories,
                    too_old,
                },
            ));
        }
        for (unreadable, age, source) in &sources {
            let name = printable_within(source.ecosystem.as_str(), 40);
            if source.too_old {
                self.lacks(format!(
                    "the advisory data for {name} is {age} days old: what became known since is missing; import a new dump"
                ));
            }
            if *unreadable > 0 {
                self.missing.push(format!("{unreadable} files of the dump for {name} could not be read"));
            }
        }
        sources.into_iter().map(|(.., source)| source).collect()
    }

    fn troubles(&mut self, troubles: &[Trouble]) {
        for trouble in troubles {
            self.lacks(format!(
                "`{}`: {}",
                printable_within(&trouble.location.to_string(), 200),
                trouble.detail
            ));
        }
    }

    fn undetermined(&mut self, packages: &[Judged]) {
        for judged in packages.iter().filter(|judged| !judged.undetermined.is_empty()) {
            let (package, count) = (&judged.package, judged.undetermined.len());
            self.lacks(format!(
                "`{}` `{}` has no place in the order of versions: {count} advisories were compared by name only",
                package.name, package.wanted
            ));
        }
    }
}

/// From which version on nothing is known of a loader.
fn advice(loader: super::Loader, advisories: &[Advisory]) -> Option<LoaderAdvice> {
    let ecosystem = Ecosystem::PyPi;
    let groups = crate::advisories::group(advisories);
    if groups.is_empty() {
        return None;
    }
    let mut fixes: Vec<_> = advisories.iter().flat_map(|advisory| advisory.fixes(&ecosystem)).collect();
    fixes.sort_by(|(a, _), (b, _)| a.order(b));
    let sound = |text: &str| {
        advisories.iter().all(|one| one.judge(&ecosystem, text) == crate::advisories::Verdict::NotAffected)
    };
    // From the highest one down as long as nothing is known: what lies below an affected version is not advised.
    let mut from = None;
    for (_, text) in fixes.iter().rev() {
        if !sound(text) {
            break;
        }
        from = Some(printable_within(text, 60));
    }
    Some(LoaderAdvice { loader, from, below: groups.len() })
}

impl Result {
    /// Vulnerable packages that no statement clears.
    pub fn vulnerable(&self) -> impl Iterator<Item = &Judged> {
        self.packages.iter().filter(|judged| judged.open().next().is_some())
    }

    /// Open vulnerabilities, each once, with why the worst of them is taken to come with the target.
    fn open(&self) -> BTreeMap<&str, (&Hit, Exposure)> {
        let mut open: BTreeMap<&str, (&Hit, Exposure)> = BTreeMap::new();
        for judged in &self.packages {
            for hit in judged.open() {
                let slot = open.entry(&hit.name).or_insert((hit, judged.exposure));
                slot.1 = slot.1.max(judged.exposure);
            }
        }
        open
    }

    /// Open vulnerabilities in what comes with the target, hints left out.
    pub fn firm(&self) -> usize {
        self.open().values().filter(|(_, exposure)| *exposure >= Exposure::Forced).count()
    }

    /// The day of the oldest data that was used.
    pub fn as_of(&self) -> Option<Date> {
        self.sources.iter().map(|source| source.date).min()
    }

    /// The answer as every thread gives it.
    pub fn assessment(&self) -> Assessment {
        let mut assessment = Assessment::new(Thread::Vulnerabilities, self.headline());
        assessment.state = self.state;
        assessment.as_of = self.as_of();
        assessment.data = digest(&self.sources);
        assessment.answers = self.answers();
        assessment.missing.clone_from(&self.missing);
        // What was not assessed must not read as none.
        if self.state != State::NotAssessed {
            assessment.facts = self.facts();
        }
        assessment
    }

    /// What policies may read: only what comes with the target, no hints.
    fn facts(&self) -> BTreeMap<&'static str, FactValue> {
        let open = self.open();
        let firm: Vec<&Hit> = open
            .values()
            .filter(|(_, exposure)| *exposure >= Exposure::Forced)
            .map(|(hit, _)| *hit)
            .collect();
        let rated = |wanted: Option<Severity>| {
            FactValue::Count(firm.iter().filter(|hit| hit.rating.severity == wanted).count() as u64)
        };
        let malware = self.vulnerable().filter(|judged| judged.open().any(|hit| hit.malware));
        let malware = malware.map(|judged| judged.package.name.clone()).collect();
        BTreeMap::from([
            ("packages", FactValue::Count(self.packages.len() as u64)),
            ("malicious_packages", FactValue::Words(malware)),
            ("vulnerabilities", FactValue::Words(firm.iter().map(|hit| hit.name.clone()).collect())),
            ("vulnerabilities_critical", rated(Some(Severity::Critical))),
            ("vulnerabilities_high", rated(Some(Severity::High))),
            ("vulnerabilities_medium", rated(Some(Severity::Medium))),
            ("vulnerabilities_low", rated(Some(Severity::Low))),
            ("vulnerabilities_unrated", rated(None)),
        ])
    }

    /// The answer in one line.
    pub fn headline(&self) -> String {
        if self.packages.is_empty() {
            return "names no packages".to_owned();
        }
        let firm: Vec<&Judged> =
            self.vulnerable().filter(|judged| judged.exposure >= Exposure::Forced).collect();
        let count = self.firm();
        let packages = plural(self.packages.len(), "package");
        let blind = self.state == State::NotAssessed;
        if firm.is_empty() {
            if blind {
                return format!("{packages} named, none held against current advisories");
            }
            let hints = self.vulnerable().count();
            let hints = if hints > 0 { format!("; {hints} only hinted at have some") } else { String::new() };
            return format!("no known vulnerability in what {packages} pin or demand{hints}");
        }
        let worst = firm.iter().filter_map(|judged| judged.worst()).max();
        let worst = worst.map_or_else(|| "none rated".to_owned(), |worst| format!("the worst {worst}"));
        let known = if count == 1 {
            "1 known vulnerability".to_owned()
        } else {
            format!("{count} known vulnerabilities")
        };
        let old = if blind { "; the data is too old to know all" } else { "" };
        format!("{known} in {} of {packages}, {worst}{old}", firm.len())
    }

    fn answers(&self) -> Vec<Answer> {
        let of = |judged: &Judged| {
            let (package, open) = (&judged.package, judged.open().count());
            let basis = package.confidence.basis();
            let upgrade = judged.upgrade.as_ref().map(|to| format!("; `{to}` has none")).unwrap_or_default();
            let worst = judged.worst().map_or("not rated", Severity::as_str);
            let text = format!(
                "`{}` `{}` ({}): {open} known, the worst {worst}{upgrade}",
                package.name, package.wanted, package.confidence
            );
            Answer { text, basis, location: Some(package.location.clone()) }
        };
        let cleared = self.packages.iter().flat_map(|judged| {
            judged.hits.iter().filter_map(move |hit| {
                let (status, reason, author) = hit.cleared.as_ref()?;
                let text = format!(
                    "`{}` in `{}`: {status} by a statement of `{author}`: {reason}",
                    hit.name, judged.package.name
                );
                Some(Answer { text, basis: Basis::Declared, location: Some(judged.package.location.clone()) })
            })
        });
        let loaders = self.loaders.iter().map(|advice| Answer {
            text: advice.text(),
            basis: Basis::Inferred,
            location: None,
        });
        self.vulnerable().map(of).chain(cleared).chain(loaders).collect()
    }

    /// What was found, by place.
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self.packages.iter().flat_map(finding).collect();
        for (package, other, why) in &self.squats {
            let severity = if package.confidence == Confidence::InferredImport {
                Severity::Low
            } else {
                TYPOSQUAT.severity
            };
            findings.push(crate::finding(
                &TYPOSQUAT,
                severity,
                package.location.clone(),
                format!("`{}` is nearly `{other}`: {why}", package.name),
                Some(package.name.clone()),
                format!("if `{other}` is meant, correct the name; otherwise see who publishes it"),
            ));
        }
        findings.extend(self.troubles.iter().filter_map(of_trouble));
        findings
    }
}

impl LoaderAdvice {
    /// In one line.
    pub fn text(&self) -> String {
        let (format, distribution) = (self.loader.format, self.loader.distribution);
        let known = if self.below == 1 {
            "1 vulnerability is".to_owned()
        } else {
            format!("{} vulnerabilities are", self.below)
        };
        match &self.from {
            Some(from) => format!(
                "load `{format}` with `{distribution}` `{from}` or later: {known} known of earlier ones"
            ),
            None => format!(
                "`{distribution}`, which loads `{format}`, has no version of which nothing is known: {known} known"
            ),
        }
    }
}

/// One digest for all the data that was used.
fn digest(sources: &[Source]) -> Option<Digest> {
    match sources {
        [] => None,
        [one] => Some(one.digest),
        all => {
            let lines: Vec<_> =
                all.iter().map(|source| format!("{} {}", source.ecosystem, source.digest)).collect();
            Some(Digest::of(
                lines
                    .join(
                        "
",
                    )
                    .as_bytes(),
            ))
        }
    }
}

fn plural(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// What a package with open vulnerabilities is worth: malware by itself, everything else together.
fn finding(judged: &Judged) -> Vec<Finding> {
    let package = &judged.package;
    let (malware, others): (Vec<&Hit>, Vec<&Hit>) = judged.open().partition(|hit| hit.malware);
    let mut findings = Vec::new();
    if !malware.is_empty() {
        let only_imported = package.confidence == Confidence::InferredImport;
        let (severity, how) = if only_imported {
            (Severity::Medium, "imported")
        } else {
            (MALICIOUS_PACKAGE.severity, "asked for")
        };
        findings.push(crate::finding(
            &MALICIOUS_PACKAGE,
            severity,
            package.location.clone(),
            format!("`{}`, which is {how}, is known malware", package.name),
            Some(ids(&malware)),
            "install nothing that this target asks for; where it was installed, treat the machine as taken over",
        ));
    }
    if !others.is_empty() {
        findings.push(vulnerable(judged, &others));
    }
    findings
}

fn vulnerable(judged: &Judged, hits: &[&Hit]) -> Finding {
    let package = &judged.package;
    let worst = hits.iter().filter_map(|hit| hit.rating.severity).max();
    // Unknown is not low.
    let rated = worst.unwrap_or(Severity::Medium);
    let unrated = hits.iter().any(|hit| hit.rating.severity.is_none());
    let rated = if unrated { rated.max(Severity::Medium) } else { rated };
    let severity = match judged.exposure {
        Exposure::Present | Exposure::Forced if package.aside => rated.min(Severity::Medium),
        Exposure::Present | Exposure::Forced => rated,
        Exposure::Open => rated.min(Severity::Low),
        Exposure::BuiltWith if rated >= Severity::High => Severity::Low,
        Exposure::BuiltWith => Severity::Info,
    };
    let known = if hits.len() == 1 {
        "a known vulnerability".to_owned()
    } else {
        format!("{} known vulnerabilities", hits.len())
    };
    let (name, wanted) = (&package.name, &package.wanted);
    let version = judged.version.as_deref().map(|version| printable_within(version, 60)).unwrap_or_default();
    let worst = worst.map_or_else(|| "none rated".to_owned(), |worst| format!("the worst {worst}"));
    let headline = match judged.exposure {
        Exposure::Present => format!("`{name}` `{wanted}` has {known}, {worst}"),
        Exposure::Forced => {
            format!("`{name}` `{wanted}` allows `{version}` at most, which has {known}, {worst}")
        }
        Exposure::Open => format!("`{name}`, even as `{version}`, has {known}, {worst}"),
        Exposure::BuiltWith => format!("made with `{name}` `{wanted}`, which has {known}, {worst}"),
    };
    let remediation = match (&judged.upgrade, judged.exposure) {
        (Some(to), Exposure::BuiltWith) => format!("load it with `{name}` `{to}` or later"),
        (Some(to), _) => format!("ask for `{name}` `{to}` or later"),
        (None, _) => format!(
            "there is no version of `{name}` that repairs all of them; do without it, or state why they cannot be reached (OpenVEX)"
        ),
    };
    let mut finding = crate::finding(
        &KNOWN_VULNERABLE_DEPENDENCY,
        severity,
        package.location.clone(),
        headline,
        Some(ids(hits)),
        remediation,
    );
    if judged.exposure != Exposure::Present {
        finding.confidence = Sureness::Medium;
    }
    finding
}

fn ids(hits: &[&Hit]) -> String {
    let named: Vec<&str> = hits.iter().take(NAMED).map(|hit| hit.name.as_str()).collect();
    let rest = hits.len().saturating_sub(NAMED);
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    format!("{}{more}", named.join(", "))
}

fn of_trouble(trouble: &Trouble) -> Option<Finding> {
    let (rule, remediation) = match trouble.kind {
        TroubleKind::Outside => (
            &DEPENDENCY_OUTSIDE_TARGET,
            "put the included file into the target, or inspect the folder that holds both",
        ),
        TroubleKind::Unreadable => {
            (&DEPENDENCIES_UNREADABLE, "write the file again with its tool, and inspect again")
        }
        // That something is not here is no fault of the target.
        TroubleKind::Missing => return None,
    };
    let location: Location = trouble.location.clone();
    let evidence = Some(trouble.detail.clone());
    Some(crate::finding(rule, rule.severity, location, trouble.detail.clone(), evidence, remediation))
}
