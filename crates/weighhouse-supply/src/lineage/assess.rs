//! What is declared and what is measured, held against each other.

use std::collections::BTreeSet;
use std::path::PathBuf;

use weighhouse_core::printable::printable_within;
use weighhouse_core::{
    Answer, Assessment, Basis, Date, FactValue, Finding, Location, Severity, State, Thread,
};

use super::declared::{self, Claim, Declared, Gravity, Relation};
use super::kinship::{self, Class};
use super::passport::Passport;
use super::rules::{BASE_NOT_CONFIRMED, CONTRADICTORY, NOT_FAITHFUL, UNDECLARED};
use super::store::{Hit, Store};
use super::tell;
use crate::materials::Materials;

/// Characters of a name that are shown.
const NAME: usize = 200;
/// Models of kin that are told.
const TOLD: usize = 10;
/// Tensors that a finding names.
const NAMED: usize = 5;

/// What is compared with.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The folder of passports.
    pub store: Option<PathBuf>,
}

/// What a model says of its origin, and what its weights say.
pub fn assess(materials: &Materials, settings: &Settings, _today: Date) -> (Assessment, Vec<Finding>) {
    let declared = declared::of(materials);
    let mut told = Told::new(&declared);
    let measured = measure(materials, settings, &mut told);
    if let Some((passport, hits)) = &measured {
        told.kinships(materials, &declared, hits);
        told.between_forms(passport);
    }
    told.conclude(&declared, measured.is_some())
}

/// The passport of the target and what it is of kin to, if there is anything to compare with.
fn measure(materials: &Materials, settings: &Settings, told: &mut Told) -> Option<(Passport, Vec<Hit>)> {
    let hint = "`weighhouse lineage add MODEL` makes passports of the models you know";
    let Some(folder) = &settings.store else {
        told.missing.push(format!(
            "measured lineage: no passports to compare with; {hint}, `[lineage] store` names their folder"
        ));
        return None;
    };
    let shown = printable_within(&folder.display().to_string(), NAME);
    let store = match Store::open(folder) {
        Ok(store) => store,
        Err(error) => {
            told.missing.push(format!("measured lineage: the store `{shown}` cannot be read: {error}"));
            return None;
        }
    };
    if store.files.is_empty() {
        told.missing.push(format!("measured lineage: no passports in `{shown}`; {hint}"));
        return None;
    }
    let mut passport = Passport::of(materials);
    told.missing.append(&mut passport.missing);
    if passport.weights.is_empty() {
        told.missing.push(
            "measured lineage: no weights that can be read (safetensors, GGUF, PyTorch, ONNX)".to_owned(),
        );
        return None;
    }
    let found = store.search(&passport);
    told.missing.extend(found.missing);
    told.passports = store.files.len();
    told.store = Some(store.digest);
    Some((passport, found.hits))
}

#[derive(Default)]
struct Told {
    answers: Vec<Answer>,
    missing: Vec<String>,
    findings: Vec<Finding>,
    kin: BTreeSet<String>,
    closest: Option<String>,
    confirmed: Option<bool>,
    passports: usize,
    store: Option<weighhouse_core::Digest>,
}

fn shown(name: &str) -> String {
    printable_within(name, NAME)
}

impl Told {
    fn new(declared: &Declared) -> Self {
        let mut told = Self::default();
        for claim in &declared.claims {
            told.answers.push(Answer {
                text: claim.text(),
                basis: Basis::Declared,
                location: Some(claim.location.clone()),
            });
        }
        for contradiction in &declared.contradictions {
            let severity = match contradiction.gravity {
                Gravity::Excluded => Severity::Medium,
                Gravity::Unclear => Severity::Low,
            };
            told.findings.push(crate::finding(
                &CONTRADICTORY,
                severity,
                contradiction.location.clone(),
                contradiction.text.clone(),
                None,
                "ask the maker which it is; until then take the stricter licence of both",
            ));
        }
        told
    }

    /// What the store knows, and what that makes of what is declared.
    fn kinships(&mut self, materials: &Materials, declared: &Declared, hits: &[Hit]) {
        for hit in hits.iter().filter(|hit| hit.kinship.class.is_kin()).take(TOLD) {
            let mut text = tell::verdict(&hit.kinship, &hit.name);
            if let Some(evidence) = tell::evidence(&hit.kinship).get(1) {
                text = format!("{text} ({evidence})");
            }
            let location = Some(Location::file(hit.kinship.labels[1].clone()));
            self.answers.push(Answer { text, basis: Basis::Measured, location });
        }
        let strong: Vec<&Hit> = hits.iter().filter(|hit| hit.kinship.class.is_strong()).collect();
        self.kin = strong.iter().map(|hit| hit.name.clone()).collect();
        self.closest = hits
            .first()
            .filter(|hit| hit.kinship.class.is_kin())
            .map(|hit| tell::verdict(&hit.kinship, &hit.name));
        let bases: Vec<&Claim> = declared.bases().collect();
        for claim in &bases {
            self.confirm(claim, hits, &strong);
        }
        self.undeclared(materials, &bases, &strong);
    }

    /// Whether the weights bear out what is declared, if the store knows the base.
    fn confirm(&mut self, claim: &Claim, hits: &[Hit], strong: &[&Hit]) {
        let Some(hit) = hits.iter().find(|hit| declared::same(&hit.name, &claim.name)) else { return };
        match hit.kinship.class {
            Class::NotComparable => self.missing.push(format!(
                "whether it comes from `{}`: its weights and those of the passport have too little in common to compare",
                shown(&claim.name)
            )),
            Class::NoEvidence => {
                self.confirmed = Some(false);
                let severity = match claim.relation {
                    Relation::Quantised | Relation::Merge => Severity::High,
                    _ => BASE_NOT_CONFIRMED.severity,
                };
                let mut headline = format!("declared {}, of which the weights show nothing", claim.text());
                if let Some(other) = strong.first() {
                    headline = format!("{headline}; they are of kin to `{}`", shown(&other.name));
                }
                self.findings.push(crate::finding(
                    &BASE_NOT_CONFIRMED,
                    severity,
                    claim.location.clone(),
                    headline,
                    tell::evidence(&hit.kinship).get(1).cloned(),
                    "do not rely on what its base promises (licence, evaluation, safety training); ask the maker",
                ));
            }
            _ => self.confirmed = Some(self.confirmed.unwrap_or(true)),
        }
    }

    /// Strong kinship that nobody declared. If a declared base was confirmed, others are its other kin.
    fn undeclared(&mut self, materials: &Materials, bases: &[&Claim], strong: &[&Hit]) {
        let known = |hit: &&&Hit| {
            declared::same(&hit.name, &materials.name)
                || bases.iter().any(|claim| declared::akin(&claim.name, &hit.name))
        };
        if self.confirmed.is_some() || strong.iter().any(|hit| known(&hit)) {
            return;
        }
        // The very files of a known model are that model, under whatever name they lie here.
        let Some(hit) = strong.first().filter(|hit| hit.kinship.class != Class::Identical) else { return };
        let severity = if bases.is_empty() { UNDECLARED.severity } else { Severity::Low };
        let others: Vec<String> = strong.iter().skip(1).take(NAMED).map(|hit| shown(&hit.name)).collect();
        let evidence = tell::evidence(&hit.kinship).get(1).cloned();
        let mut headline = format!("{}, which is declared nowhere", tell::verdict(&hit.kinship, &hit.name));
        if !others.is_empty() {
            headline = format!("{headline} (also of kin: `{}`)", others.join("`, `"));
        }
        self.findings.push(crate::finding(
            &UNDECLARED,
            severity,
            Location::file(hit.kinship.labels[1].clone()),
            headline,
            evidence,
            format!("hold it against the licence and the known problems of `{}`", shown(&hit.name)),
        ));
    }

    /// Forms of one model that lie side by side: what is quantised must be what lies beside it.
    fn between_forms(&mut self, passport: &Passport) {
        for (at, one) in passport.weights.iter().enumerate() {
            for other in passport.weights.iter().skip(at.saturating_add(1)) {
                let kinship = kinship::of(one, other);
                self.findings.extend(not_faithful(&kinship));
            }
        }
    }

    fn conclude(self, declared: &Declared, measured: bool) -> (Assessment, Vec<Finding>) {
        let bases: BTreeSet<String> = declared.bases().map(|claim| claim.name.clone()).collect();
        let said = match declared.bases().next() {
            Some(claim) if bases.len() == 1 => format!("said to be {}", claim.text()),
            Some(claim) => format!("said to be {} and {} more", claim.text(), bases.len().saturating_sub(1)),
            None => "says nothing of its origin".to_owned(),
        };
        let weighed = match (&self.closest, measured) {
            (Some(closest), _) => closest.clone(),
            (None, true) => format!("of kin to none of {} known", self.passports),
            (None, false) => "not measured".to_owned(),
        };
        let mut assessment = Assessment::new(Thread::Lineage, format!("{said}; {weighed}"));
        if !self.missing.is_empty() {
            assessment.state = State::Partly;
        }
        let facts = &mut assessment.facts;
        facts.insert("bases", FactValue::Words(bases));
        facts.insert("lineage_contradictions", FactValue::Count(declared.contradictions.len() as u64));
        if measured {
            facts.insert("kin", FactValue::Words(self.kin));
        }
        if let Some(confirmed) = self.confirmed {
            facts.insert("base_confirmed", FactValue::Flag(confirmed));
        }
        assessment.data = self.store;
        assessment.answers = self.answers;
        assessment.missing = self.missing;
        (assessment, self.findings)
    }
}

/// A form in fewer bits most of which is what lies beside it, and some of which is not.
pub fn not_faithful(kinship: &kinship::Kinship) -> Option<Finding> {
    let told: Vec<_> = kinship.pairs.iter().filter(|pair| pair.equal || pair.excess.is_some()).collect();
    let off: Vec<_> = told.iter().filter(|pair| !pair.is_faithful()).collect();
    let encoded = kinship.pairs.iter().any(|pair| pair.dtypes[0] != pair.dtypes[1]);
    if kinship.class != Class::Derived || !encoded || off.is_empty() || off.len() * 2 > told.len() {
        return None;
    }
    let named: Vec<String> = off.iter().take(NAMED).map(|pair| shown(&pair.role.to_string())).collect();
    Some(unfaithful(kinship, off.len(), told.len(), &named))
}

/// Some tensors of a form in fewer bits are not what its original gives.
pub(super) fn unfaithful(kinship: &kinship::Kinship, off: usize, of: usize, named: &[String]) -> Finding {
    let headline = format!(
        "{off} of {of} tensors are not what `{}` gives in fewer bits, such as `{}`",
        shown(&kinship.labels[0]),
        named.join("`, `")
    );
    crate::finding(
        &NOT_FAITHFUL,
        NOT_FAITHFUL.severity,
        Location::file(kinship.labels[1].clone()),
        headline,
        Some(named.join(", ")),
        "do not use it as if it were that model; make the form you need from the original yourself",
    )
}
