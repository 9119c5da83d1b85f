//! Results of `lineage` for people and for programs.

use std::io::{self, Write};

use serde_json::{Value, json};
use weighhouse_core::printable::{printable, printable_within};
use weighhouse_core::{Answer, Assessment, Basis, Finding};
use weighhouse_supply::lineage::delta::{Change, Delta, Rank};
use weighhouse_supply::lineage::kinship::{Class, Kinship, Pair};
use weighhouse_supply::lineage::store::Hit;
use weighhouse_supply::lineage::tell;

/// Characters of a name in a table.
const NAME: usize = 44;

pub(super) fn assessment(
    out: &mut dyn Write,
    name: &str,
    assessment: &Assessment,
    all: &[Finding],
) -> io::Result<()> {
    writeln!(out, "{}: {}", printable(name), assessment.headline)?;
    let of = |basis: Basis| assessment.answers.iter().filter(move |answer| answer.basis == basis);
    answers(out, "declared", of(Basis::Declared))?;
    answers(out, "measured", of(Basis::Measured))?;
    findings(out, all)?;
    missing(out, &assessment.missing.iter().collect::<Vec<_>>())
}

fn answers<'a>(
    out: &mut dyn Write,
    label: &str,
    answers: impl Iterator<Item = &'a Answer>,
) -> io::Result<()> {
    for (number, answer) in answers.enumerate() {
        let label = if number == 0 { label } else { "" };
        let place = answer.location.as_ref().map(|place| format!("  ({})", printable(&place.to_string())));
        writeln!(out, "  {label:<10}{}{}", answer.text, place.unwrap_or_default())?;
    }
    Ok(())
}

pub(super) fn findings(out: &mut dyn Write, findings: &[Finding]) -> io::Result<()> {
    for finding in findings {
        writeln!(out, "\n{}[{}] {}", finding.severity, finding.rule.id, finding.headline)?;
        writeln!(out, "  at {}", printable(&finding.location.to_string()))?;
        writeln!(out, "  {}", finding.remediation)?;
    }
    Ok(())
}

pub(super) fn missing(out: &mut dyn Write, missing: &[&String]) -> io::Result<()> {
    missing.iter().try_for_each(|missing| writeln!(out, "  not assessed: {missing}"))
}

pub(super) fn kinship(
    out: &mut dyn Write,
    names: [&str; 2],
    kinship: &Kinship,
    delta: Option<&Delta>,
    verbose: bool,
) -> io::Result<()> {
    let [one, other] = names;
    writeln!(out, "{}: {}", printable(other), tell::verdict(kinship, one))?;
    writeln!(out, "  {} against {}", printable(&kinship.labels[1]), printable(&kinship.labels[0]))?;
    for line in tell::evidence(kinship) {
        writeln!(out, "  {line}")?;
    }
    for line in delta.iter().flat_map(|delta| &delta.lines) {
        writeln!(out, "  {line}")?;
    }
    if verbose { table(out, kinship) } else { Ok(()) }
}

/// One line for each tensor that both have.
fn table(out: &mut dyn Write, kinship: &Kinship) -> io::Result<()> {
    let [one, other] = ["there", "here"];
    writeln!(out, "\n  {:<NAME$} {one:>8} {other:>8} {:>8} {:>12}", "tensor", "cosine", "difference")?;
    for pair in &kinship.pairs {
        let role = printable_within(&pair.role.to_string(), NAME - 1);
        let [one, other] = [0, 1].map(|side| pair.dtypes.get(side).map_or("", String::as_str));
        let cosine = pair.cosine.map_or_else(|| "-".to_owned(), |cosine| format!("{cosine:.4}"));
        let (one, other) = (printable_within(one, 7), printable_within(other, 7));
        writeln!(out, "  {role:<NAME$} {one:>8} {other:>8} {cosine:>8} {:>12}", difference(pair))?;
    }
    writeln!(out, "  difference: in what rounding to the encoding explains; up to 1.5 is rounding")
}

fn difference(pair: &Pair) -> String {
    match pair.excess {
        _ if pair.equal => "none".to_owned(),
        Some(excess) if excess < 1000.0 => format!("{excess:.2}"),
        Some(_) => "> 1000".to_owned(),
        None => "-".to_owned(),
    }
}

pub(super) fn search(
    out: &mut dyn Write,
    model: &str,
    hits: &[&Hit],
    passports: usize,
    verbose: bool,
) -> io::Result<()> {
    let kin = hits.iter().filter(|hit| hit.kinship.class.is_kin()).count();
    let of = if passports == 1 { "1 passport".to_owned() } else { format!("{passports} passports") };
    writeln!(out, "{}: {kin} of {of} are of kin", printable(model))?;
    for hit in hits {
        let statistic = &hit.kinship.statistic;
        let (class, name) = (hit.kinship.class.as_str(), printable_within(&hit.name, 80));
        let numbers = if statistic.pairs > 0 {
            format!("mean cosine {:.3} (unrelated: 0 ± {:.3})", statistic.cosine, statistic.null)
        } else {
            "no matrix in common".to_owned()
        };
        writeln!(out, "  {class:<16} {name}  {numbers}")?;
        if verbose {
            for line in tell::evidence(&hit.kinship) {
                writeln!(out, "  {:<16} {line}", "")?;
            }
        }
    }
    if hits.is_empty() {
        writeln!(out, "  no evidence of kinship; models that were distilled or trained anew leave none")?;
    }
    Ok(())
}

pub(super) fn assessment_document(name: &str, assessment: &Assessment, findings: &[Finding]) -> Value {
    let answers = assessment.answers.iter().map(|answer| {
        json!({ "text": answer.text, "basis": answer.basis.as_str(), "at": answer.location.as_ref().map(ToString::to_string) })
    });
    json!({
        "schema": "urn:weighhouse:lineage:v1", "name": name, "state": assessment.state.as_str(), "headline": assessment.headline,
        "answers": answers.collect::<Vec<_>>(), "missing": assessment.missing, "findings": found(findings),
        "store": assessment.data.map(|digest| digest.to_string()),
    })
}

fn found(findings: &[Finding]) -> Vec<Value> {
    let one = |finding: &Finding| {
        json!({
            "rule": finding.rule.id, "severity": finding.severity.as_str(), "headline": finding.headline,
            "at": finding.location.to_string(), "evidence": finding.evidence, "remediation": finding.remediation,
        })
    };
    findings.iter().map(one).collect()
}

pub(super) fn kinship_document(
    names: &[&str; 2],
    kinship: &Kinship,
    delta: Option<&Delta>,
    findings: &[Finding],
    missing: &[&String],
) -> Value {
    json!({
        "schema": "urn:weighhouse:lineage-comparison:v1", "models": names,
        "kinship": described(kinship, names[0]), "tensors": kinship.pairs.iter().map(tensor).collect::<Vec<_>>(),
        "change": delta.map(changes), "findings": found(findings), "missing": missing,
    })
}

fn changes(delta: &Delta) -> Value {
    let one = |change: &Change| {
        let rank = change.rank.as_ref().map(|rank| match rank {
            Rank::Low(rank) => json!(rank),
            Rank::Full => json!("full"),
            Rank::Rounding => json!("rounding"),
        });
        json!({
            "role": change.role.to_string(), "elements": change.elements, "changed": change.changed, "zeroed": change.zeroed,
            "relative": change.relative, "steps": change.steps, "largest_step": change.largest, "beyond": change.beyond,
            "direction": change.direction, "faithful": change.is_faithful(), "rank": rank,
        })
    };
    json!({ "text": delta.lines, "tensors": delta.tensors.iter().map(one).collect::<Vec<_>>(), "unread": delta.unread })
}

fn described(kinship: &Kinship, other: &str) -> Value {
    let statistic = &kinship.statistic;
    json!({
        "class": kinship.class.as_str(), "text": tell::verdict(kinship, other), "evidence": tell::evidence(kinship), "files": kinship.labels,
        "statistic": {
            "matrices": statistic.pairs, "covered": statistic.covered, "mean_cosine": statistic.cosine,
            "null_deviation": statistic.null, "z": statistic.z,
        },
        "equal_tensors": kinship.pairs.iter().filter(|pair| pair.equal).count(),
        "equal_vectors": kinship.values.0, "vectors": kinship.values.1,
        "strong": kinship.class.is_strong(), "kin": kinship.class > Class::NoEvidence,
    })
}

fn tensor(pair: &Pair) -> Value {
    json!({
        "role": pair.role.to_string(), "dtypes": pair.dtypes, "shape": pair.shape, "equal": pair.equal, "cosine": pair.cosine,
        "difference": pair.excess, "faithful": pair.is_faithful(),
    })
}

pub(super) fn search_document(model: &str, hits: &[&Hit], passports: usize, missing: &[&String]) -> Value {
    let one = |hit: &&Hit| json!({ "name": hit.name, "passport": hit.file.display().to_string(), "kinship": described(&hit.kinship, &hit.name) });
    json!({
        "schema": "urn:weighhouse:lineage-search:v1", "model": model, "passports": passports,
        "hits": hits.iter().map(one).collect::<Vec<_>>(), "missing": missing,
    })
}
