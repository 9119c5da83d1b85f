//! Everything found out about the licences of a target: what the command shows, and what the assessment is made of.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use weighhouse_core::printable::printable_within;
use weighhouse_core::{Date, Digest, Location};

use super::company::{Company, Use};
use super::decide::{self, Decision, Model, Verdict, describe};
use super::duties::{Check, Shown};
use super::identify::Said;
use super::parents::{self, Kind, Parent};
use super::statements::{self, Source, Statement, Statements};
use super::table::{Confirmed, table};
use super::text::Agreement;
use crate::materials::Materials;
use crate::yaml::Node;

/// A text of a licence that somebody accepted for the company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Digest of the file, or of its words.
    pub digest: Digest,
    /// Who.
    pub by: String,
    /// When.
    pub on: Date,
}

/// What the configuration says.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The company, if it is described.
    pub company: Option<Company>,
    /// Texts that were accepted.
    pub accepted: Vec<Accepted>,
}

/// A licence in force.
#[derive(Debug, Clone, Serialize)]
pub struct InForce {
    /// Its key.
    pub licence: String,
    /// Its title.
    pub name: String,
    /// Where it is said.
    pub from: String,
    /// `measured` from a text, `declared`, or `inferred` from a name.
    pub basis: &'static str,
    /// Whether business may be done with it: `yes`, `conditional`, `no`.
    pub commercial: Option<&'static str>,
    /// Whether what is known of it was confirmed from its text.
    pub confirmed: bool,
}

/// A place that names a licence.
#[derive(Debug, Clone, Serialize)]
pub struct Told {
    /// Kind of place.
    pub source: &'static str,
    /// What is written there.
    pub written: String,
    /// The licences meant.
    pub licences: Vec<String>,
    /// File and line.
    pub place: String,
}

/// A text of a licence.
#[derive(Debug, Clone, Serialize)]
pub struct Text {
    /// The file.
    pub place: String,
    /// Digest of its words.
    pub digest: String,
    /// What was recognised: licence, agreement, likeness in thousandths.
    pub recognised: Vec<Recognised>,
    /// The likeliest licence, if none was recognised, and its likeness in thousandths.
    pub nearest: Option<(String, u32)>,
    /// Words that belong to no known text.
    pub own_words: usize,
    /// What these words seem to say, and the words.
    pub flags: Vec<(String, String)>,
    /// Who accepted it, and when.
    pub accepted: Option<String>,
    #[serde(skip)]
    pub(crate) location: Location,
}

/// A known text found in a file.
#[derive(Debug, Clone, Serialize)]
pub struct Recognised {
    /// Key of the licence.
    pub licence: String,
    /// Which of its texts.
    pub part: String,
    /// `exact`, `same` but for names and years, or `modified`.
    pub agreement: &'static str,
    /// Likeness in thousandths.
    pub likeness: u32,
    /// Words removed, words added, and whether they permit, forbid or limit.
    pub changes: Vec<(String, String, bool)>,
}

/// Something the model was made from.
#[derive(Debug, Clone, Serialize)]
pub struct ParentLicence {
    /// Its name.
    pub name: String,
    /// How it was used.
    pub how: &'static str,
    /// Its licence, if its name tells.
    pub licence: Option<&'static str>,
    /// What its licence asks for and the licence of this model does not.
    pub lost: Vec<&'static str>,
    #[serde(skip)]
    pub(crate) location: Location,
    #[serde(skip)]
    pub(crate) kind: Option<Kind>,
}

/// The answer for one use.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// The use.
    #[serde(rename = "use")]
    pub wanted: &'static str,
    /// The worst of all licences that apply.
    pub verdict: &'static str,
    /// Why.
    pub reasons: Vec<Why>,
    #[serde(skip)]
    pub(crate) worst: Verdict,
}

/// A reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Why {
    /// The licence that gives it.
    pub licence: String,
    /// What follows from it.
    pub verdict: &'static str,
    /// In words.
    pub text: String,
    /// Where the licence says so.
    pub clause: Option<&'static str>,
    /// Words that stand there.
    pub quote: Option<&'static str>,
}

/// A duty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Duty {
    /// The licence.
    pub licence: String,
    /// Its kind, in the word of the table.
    pub kind: String,
    /// What must be done.
    pub text: String,
    /// Where the licence says so.
    pub clause: Option<&'static str>,
    /// `met`, `unmet`, or `ask` where files cannot show it.
    pub check: &'static str,
    /// What was found.
    pub detail: String,
}

/// All of it.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// The licences of the model itself.
    pub licences: Vec<InForce>,
    /// Whether one of them may be chosen.
    pub choice: bool,
    /// Places that name licences.
    pub statements: Vec<Told>,
    /// Texts.
    pub texts: Vec<Text>,
    /// Places that contradict each other, in words.
    pub conflicts: Vec<String>,
    /// What the model was made from.
    pub parents: Vec<ParentLicence>,
    /// May we?
    pub answers: Vec<Answer>,
    /// What must be done.
    pub duties: Vec<Duty>,
    /// What is not known, why, and what to do.
    pub missing: Vec<String>,
    /// Day of the table of licences.
    pub table: Option<String>,
    #[serde(skip)]
    pub(crate) described: bool,
    #[serde(skip)]
    pub(crate) strong_conflict: bool,
    #[serde(skip)]
    pub(crate) place: Option<Location>,
    #[serde(skip)]
    pub(crate) nothing: bool,
}

/// Finds everything out.
pub fn report(materials: &Materials, settings: &Settings) -> Report {
    let statements = statements::collect(materials);
    let parents = parents::collect(materials);
    let mut report = Report {
        statements: statements.all.iter().map(told).collect(),
        texts: statements.all.iter().filter_map(|statement| text(statement, materials, settings)).collect(),
        missing: statements.unread.clone(),
        table: table().compiled.map(|day| day.to_string()),
        described: statements.described || !statements.all.is_empty(),
        ..Report::default()
    };
    conflicts(&statements, &mut report);
    in_force(&statements, &mut report);
    report.parents = parents.iter().map(|parent| inherited(parent, &report)).collect();
    let shown = Shown::of(materials, &statements, &parents);
    let model = Model { multimodal: multimodal(materials) };
    if let Some(company) = &settings.company {
        answers(company, model, &shown, &mut report);
    } else {
        let missing =
            "no company profile: use not decided; describe the company under [company] in `weighhouse.toml`";
        report.missing.push(missing.to_owned());
        let passing = Company { uses: [Use::Redistribute].into(), ..Company::default() };
        for licence in keys(&report) {
            duties(&licence, &passing, Use::Redistribute, model, &shown, &mut report);
        }
    }
    report
}

pub(crate) fn shown(text: &str) -> String {
    printable_within(text, 160)
}

fn told(statement: &Statement) -> Told {
    Told {
        source: statement.source.as_str(),
        written: shown(&statement.written),
        licences: statement.said.keys().map(str::to_owned).collect(),
        place: shown(&statement.location.to_string()),
    }
}

fn text(statement: &Statement, materials: &Materials, settings: &Settings) -> Option<Text> {
    let found = statement.detection.as_ref()?;
    let words = found.digest?;
    let file = materials.file(&statement.location.file).and_then(|file| file.sha256);
    let accepted = settings.accepted.iter().find(|known| known.digest == words || Some(known.digest) == file);
    let recognised = found.matches.iter().map(|one| Recognised {
        licence: one.key.to_owned(),
        part: one.part.to_owned(),
        agreement: match one.agreement {
            Agreement::Exact => "exact",
            Agreement::Same => "same",
            Agreement::Modified => "modified",
        },
        likeness: one.score,
        changes: one
            .changes
            .iter()
            .map(|change| (shown(&change.removed), shown(&change.added), change.operative))
            .collect(),
    });
    Some(Text {
        place: shown(&statement.location.to_string()),
        digest: words.to_string(),
        recognised: recognised.collect(),
        nearest: found.nearest.map(|(key, score)| (key.to_owned(), score)),
        own_words: found.own,
        flags: found.flags.iter().map(|flag| (flag.says.to_owned(), shown(&flag.quote))).collect(),
        accepted: accepted.map(|known| format!("{} on {}", shown(&known.by), known.on)),
        location: statement.location.clone(),
    })
}

/// Statements that name different licences.
fn conflicts(statements: &Statements, report: &mut Report) {
    let mut seen = BTreeSet::new();
    for (at, one) in statements.all.iter().enumerate() {
        for other in statements.all.iter().skip(at + 1).filter(|other| one.said.contradicts(&other.said)) {
            // A package speaks of code, which often has a licence of its own.
            if matches!(
                (one.source, other.source),
                (Source::Prose | Source::Package, Source::Prose | Source::Package)
            ) {
                continue;
            }
            if !seen.insert((one.written.clone(), other.written.clone())) {
                continue;
            }
            let strong = one.source < Source::Prose && other.source < Source::Prose;
            report.strong_conflict |= strong;
            report.place.get_or_insert_with(|| other.location.clone());
            let say = |statement: &Statement| {
                format!(
                    "`{}` says `{}` ({})",
                    shown(&statement.location.to_string()),
                    shown(&statement.written),
                    statement.source.as_str()
                )
            };
            report.conflicts.push(format!("{}, but {}", say(one), say(other)));
        }
    }
    report.conflicts.truncate(20);
}

/// Which licences hold: those of the strongest source, or of all that contradict each other.
fn in_force(statements: &Statements, report: &mut Report) {
    let known: Vec<&Statement> =
        statements.all.iter().filter(|statement| matches!(statement.said, Said::Licences { .. })).collect();
    let Some(strongest) = known.first().map(|statement| statement.source) else {
        report.nothing = true;
        return unnamed(statements, report);
    };
    let mut held: BTreeMap<String, &Statement> = BTreeMap::new();
    for statement in &known {
        let counts =
            statement.source == strongest || statement.source < Source::Prose && report.strong_conflict;
        if counts {
            for key in statement.said.keys() {
                held.entry(key.to_owned()).or_insert(statement);
            }
        }
    }
    // A file of many texts is narrowed by a tag that names one of them.
    let tagged: BTreeSet<&str> = known
        .iter()
        .filter(|statement| statement.source == Source::Tag)
        .flat_map(|statement| statement.said.keys())
        .collect();
    if !report.strong_conflict && held.len() > 1 && held.keys().any(|key| tagged.contains(key.as_str())) {
        held.retain(|key, _| tagged.contains(key.as_str()));
    }
    report.choice = held.len() > 1
        && held.values().all(|statement| matches!(statement.said, Said::Licences { choice: true, .. }));
    for (key, statement) in held {
        let record = table().record(&key);
        report.licences.push(InForce {
            name: record.as_ref().map_or_else(|| key.clone(), |record| record.name.clone()),
            from: shown(&statement.location.to_string()),
            basis: if statement.source == Source::Text { "measured" } else { "declared" },
            commercial: record.as_ref().map(|record| record.commercial.as_str()),
            confirmed: record.is_some_and(|record| record.confirmed == Confirmed::Whole),
            licence: key,
        });
    }
}

/// No licence is known: why, and what to do.
fn unnamed(statements: &Statements, report: &mut Report) {
    let why = match statements.all.iter().find(|statement| !matches!(statement.said, Said::Nothing(_))) {
        _ if !report.described => "nothing here says under which licence it is".to_owned(),
        Some(Statement { said: Said::Family(family), .. }) => {
            format!("`{family}` is a family of licences: which one is not said")
        }
        Some(statement) => {
            format!("`{}` is no licence that is known: read its text", shown(&statement.written))
        }
        None => "no licence is named: ask the makers".to_owned(),
    };
    report.missing.push(why);
}

fn inherited(parent: &Parent, report: &Report) -> ParentLicence {
    let own: Vec<_> = report.licences.iter().filter_map(|licence| table().record(&licence.licence)).collect();
    let of = parent.licence.and_then(|key| table().record(key));
    let lost = match (&of, own.as_slice()) {
        (Some(of), [first, rest @ ..]) => {
            // What every licence of the model lacks.
            let mut lost = parents::lost(of, first);
            lost.retain(|limit| rest.iter().all(|other| parents::lost(of, other).contains(limit)));
            lost
        }
        _ => Vec::new(),
    };
    ParentLicence {
        name: shown(&parent.name),
        how: parent.how,
        licence: parent.licence,
        lost,
        location: parent.location.clone(),
        kind: Some(parent.kind),
    }
}

/// Keys of the licences of the model and of the models from which it was made.
fn keys(report: &Report) -> Vec<String> {
    let own = report.licences.iter().map(|licence| licence.licence.clone());
    let of_models = report.parents.iter().filter(|parent| parent.kind == Some(Kind::Model));
    let parents = of_models.filter_map(|parent| parent.licence.map(str::to_owned));
    own.chain(parents).collect::<BTreeSet<_>>().into_iter().collect()
}

fn answers(company: &Company, model: Model, shown: &Shown, report: &mut Report) {
    let uses = if company.uses.is_empty() { [Use::Internal].into() } else { company.uses.clone() };
    for wanted in uses {
        let decided = |keys: Vec<String>| -> Vec<Decision> {
            keys.iter()
                .filter_map(|key| table().record(key))
                .map(|record| decide::decide(&record, company, wanted, model))
                .collect()
        };
        let own = decided(report.licences.iter().map(|licence| licence.licence.clone()).collect());
        // Of licences one may choose among, the best counts.
        let own: Vec<Decision> = match own.iter().map(|decision| decision.verdict).min() {
            Some(best) if report.choice => {
                own.into_iter().filter(|decision| decision.verdict == best).take(1).collect()
            }
            _ => own,
        };
        let mine: BTreeSet<String> = own.iter().map(|decision| decision.licence.clone()).collect();
        let inherited: Vec<String> = keys(report)
            .into_iter()
            .filter(|key| {
                !report.licences.iter().any(|licence| licence.licence == *key) && !mine.contains(key)
            })
            .collect();
        let all: Vec<Decision> = own.into_iter().chain(decided(inherited)).collect();
        let mut reasons: Vec<Why> = doubts(report);
        for decision in &all {
            reasons.extend(decision.reasons.iter().map(|reason| Why {
                licence: decision.licence.clone(),
                verdict: reason.verdict.as_str(),
                text: reason.text.clone(),
                clause: reason.clause.map(|clause| clause.number),
                quote: reason.clause.map(|clause| clause.words),
            }));
            for obligation in &decision.duties {
                duty(&decision.licence, obligation, shown, report);
            }
        }
        let doubt = if reasons.iter().any(|why| why.licence.is_empty()) {
            Verdict::Undetermined
        } else {
            Verdict::Allowed
        };
        let worst =
            all.iter().map(|decision| decision.verdict).max().unwrap_or(Verdict::Undetermined).max(doubt);
        reasons.sort_by_key(|why| why.verdict != worst.as_str());
        report.answers.push(Answer { wanted: wanted.as_str(), verdict: worst.as_str(), reasons, worst });
    }
}

/// What makes every answer unsure: no licence, or a text other than the known one.
fn doubts(report: &Report) -> Vec<Why> {
    let why = |text: String| Why {
        licence: String::new(),
        verdict: Verdict::Undetermined.as_str(),
        text,
        clause: None,
        quote: None,
    };
    let mut doubts = Vec::new();
    if report.licences.is_empty() {
        doubts.push(why("no licence is known, and without one there is no permission".to_owned()));
    }
    for text in report.texts.iter().filter(|text| text.accepted.is_none()) {
        let changed = text
            .recognised
            .iter()
            .any(|one| one.agreement == "modified" && one.changes.iter().any(|change| change.2));
        if changed {
            doubts.push(why(format!(
                "`{}` is a modified version: what is known of the original does not hold",
                text.place
            )));
        } else if !text.flags.is_empty() {
            doubts.push(why(format!(
                "`{}` has terms of its own ({})",
                text.place,
                text.flags.first().map_or("", |flag| flag.0.as_str())
            )));
        }
    }
    doubts
}

fn duties(key: &str, company: &Company, wanted: Use, model: Model, shown: &Shown, report: &mut Report) {
    let Some(record) = table().record(key) else { return };
    for obligation in decide::decide(&record, company, wanted, model).duties {
        duty(key, &obligation, shown, report);
    }
}

fn duty(key: &str, obligation: &super::table::Obligation, shown: &Shown, report: &mut Report) {
    let Some(record) = table().record(key) else { return };
    let (check, detail) = match shown.check(obligation, &record) {
        Check::Met(detail) => ("met", detail),
        Check::Unmet(detail) => ("unmet", detail),
        Check::Ask => ("ask", String::new()),
    };
    let duty = Duty {
        licence: key.to_owned(),
        kind: obligation.kind.clone(),
        text: describe(obligation, &record),
        clause: table().clause(key, &obligation.kind).map(|clause| clause.number),
        check,
        detail,
    };
    if !report.duties.contains(&duty) {
        report.duties.push(duty);
    }
}

/// Whether the model takes in or gives out more than text.
fn multimodal(materials: &Materials) -> Option<bool> {
    let text = |path: &str| materials.file(path).and_then(|file| file.text.as_deref());
    let config = text("config.json").and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
    if let Some(config) = config {
        if ["vision_config", "audio_config", "vision_tower", "image_token_index"]
            .iter()
            .any(|key| config.get(key).is_some())
        {
            return Some(true);
        }
        let architectures = config.get("architectures").and_then(serde_json::Value::as_array);
        let names: Vec<&str> =
            architectures.into_iter().flatten().filter_map(serde_json::Value::as_str).collect();
        if !names.is_empty() && names.iter().all(|name| name.ends_with("ForCausalLM")) {
            return Some(false);
        }
    }
    let card = text("README.md").map(crate::cards::card::Card::read)?;
    match card.front.get("pipeline_tag").and_then(Node::text)? {
        "text-generation"
        | "text-classification"
        | "feature-extraction"
        | "sentence-similarity"
        | "fill-mask"
        | "translation"
        | "summarization"
        | "question-answering"
        | "token-classification" => Some(false),
        _ => Some(true),
    }
}

/// Digest of the data on which answers rest: the table, its clauses, the texts.
pub(crate) fn data() -> Digest {
    super::table::digest()
}
