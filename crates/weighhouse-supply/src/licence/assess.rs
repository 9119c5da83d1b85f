//! The report as an assessment and findings.

use std::collections::BTreeSet;

use weighhouse_core::{
    Assessment, Basis, Date, FactValue, Finding, Location, RuleMeta, Severity, State, Thread,
};

use super::company::Use;
use super::decide::Verdict;
use super::parents::Kind;
use super::report::{self, Report, Settings, report};
use super::rules::{
    CONFLICT, DUTY_UNMET, FORBIDS_USE, LAUNDERING, MISSING, TEXT_MISSING, TEXT_MODIFIED, TEXT_UNKNOWN,
    USE_UNDECIDED,
};
use super::table::table;
use crate::materials::Materials;

/// Answers whether the target may be used, as far as its licences tell.
pub fn assess(materials: &Materials, settings: &Settings, _today: Date) -> (Assessment, Vec<Finding>) {
    let report = report(materials, settings);
    let findings = findings(&report, settings);
    (assessment(&report, settings), findings)
}

fn assessment(report: &Report, settings: &Settings) -> Assessment {
    let names: Vec<&str> = report.licences.iter().map(|licence| licence.licence.as_str()).collect();
    let joined = names.join(if report.choice { "` or `" } else { "`, `" });
    let worst = report.answers.iter().max_by_key(|answer| answer.worst);
    let mut headline = match (names.is_empty(), report.described) {
        (true, false) => "nothing here says under which licence it is".to_owned(),
        (true, true) => "no known licence".to_owned(),
        (false, _) => format!("`{joined}`"),
    };
    if let Some(answer) = worst {
        headline = format!("{headline}: {} for {}", answer.verdict, answer.wanted);
    }
    if !report.conflicts.is_empty() {
        headline.push_str(", but places contradict each other");
    }
    let mut assessment = Assessment::new(Thread::Licence, headline);
    assessment.as_of = table().compiled;
    assessment.data = Some(report::data());
    assessment.missing.clone_from(&report.missing);
    assessment.state = if names.is_empty() && !report.described {
        State::NotAssessed
    } else if !report.missing.is_empty() || worst.is_some_and(|answer| answer.worst == Verdict::Undetermined)
    {
        State::Partly
    } else {
        State::Assessed
    };
    answers(report, &mut assessment);
    facts(report, settings, &mut assessment);
    assessment
}

fn answers(report: &Report, out: &mut Assessment) {
    let mut say = |text: String, basis: Basis, location: Option<Location>| {
        out.answers.push(weighhouse_core::Answer { text, basis, location });
    };
    for told in &report.statements {
        let basis = if told.source == "licence text" { Basis::Measured } else { Basis::Declared };
        say(format!("{} `{}`: `{}`", told.source, told.place, told.written), basis, None);
    }
    for parent in &report.parents {
        let licence = parent.licence.map_or_else(
            || "its licence is not known".to_owned(),
            |licence| format!("by its name under `{licence}`"),
        );
        say(
            format!("{} `{}`: {licence}", parent.how, parent.name),
            Basis::Inferred,
            Some(parent.location.clone()),
        );
    }
    for answer in &report.answers {
        let why = answer.reasons.first().map(why).unwrap_or_default();
        say(format!("{}: {}{why}", answer.wanted, answer.verdict), Basis::Inferred, None);
    }
}

fn why(why: &report::Why) -> String {
    let clause = why.clause.map(|clause| format!(", {clause}")).unwrap_or_default();
    let of = if why.licence.is_empty() { String::new() } else { format!(" (`{}`{clause})", why.licence) };
    format!(", because {}{of}", why.text)
}

fn facts(report: &Report, settings: &Settings, out: &mut Assessment) {
    if !report.described {
        return;
    }
    let licences: BTreeSet<String> = report.licences.iter().map(|licence| licence.licence.clone()).collect();
    let texts = report.texts.iter().map(|text| text.digest.clone()).collect();
    let accepted = !report.texts.is_empty() && report.texts.iter().all(|text| text.accepted.is_some());
    let laundered = report.parents.iter().any(|parent| !parent.lost.is_empty());
    out.facts.insert("licences", FactValue::Words(licences));
    out.facts.insert("licence_texts", FactValue::Words(texts));
    out.facts.insert("licence_conflict", FactValue::Flag(!report.conflicts.is_empty()));
    out.facts.insert("licence_laundering", FactValue::Flag(laundered));
    out.facts.insert("licence_accepted", FactValue::Flag(accepted));
    if settings.company.is_some() {
        let worst = report.answers.iter().map(|answer| answer.worst).max().unwrap_or(Verdict::Undetermined);
        out.facts.insert("licence_verdict", FactValue::Text(worst.as_str().to_owned()));
    }
}

fn findings(report: &Report, settings: &Settings) -> Vec<Finding> {
    let mut out = Vec::new();
    let place = || report.place.clone().or_else(|| report.texts.first().map(|text| text.location.clone()));
    let anywhere = || place().unwrap_or_else(|| Location::file("README.md"));
    let mut say = |rule: &'static RuleMeta,
                   severity: Severity,
                   location: Location,
                   headline: String,
                   evidence: Option<String>,
                   what: &str| {
        out.push(crate::finding(rule, severity, location, headline, evidence, what));
    };
    if report.nothing && report.described && report.texts.is_empty() {
        let headline =
            report.missing.iter().find(|line| line.contains("licence")).cloned().unwrap_or_default();
        say(
            &MISSING,
            MISSING.severity,
            Location::file("README.md"),
            headline,
            None,
            "ask the makers for a licence, in writing",
        );
    }
    for conflict in &report.conflicts {
        let severity = if report.strong_conflict { Severity::Medium } else { Severity::Low };
        say(
            &CONFLICT,
            severity,
            anywhere(),
            conflict.clone(),
            Some(conflict.clone()),
            "hold to the stricter licence, and ask the makers which one is meant",
        );
    }
    for parent in report.parents.iter().filter(|parent| !parent.lost.is_empty()) {
        let Some(licence) = parent.licence else { continue };
        let business = settings
            .company
            .as_ref()
            .is_some_and(|company| company.uses.iter().any(|wanted| *wanted != Use::Research));
        let severity = match parent.kind {
            Some(Kind::Data) | None => Severity::Low,
            _ if business && parent.lost.first() == Some(&"commercial use is not licensed") => Severity::High,
            _ => Severity::Medium,
        };
        let own: Vec<&str> = report.licences.iter().map(|licence| licence.licence.as_str()).collect();
        let headline = format!(
            "`{}` is looser than `{licence}` of `{}`: {} got lost",
            own.join("`, `"),
            parent.name,
            parent.lost.join(", ")
        );
        let what = format!("act as under `{licence}`, and ask the makers to correct the licence");
        say(
            &LAUNDERING,
            severity,
            parent.location.clone(),
            headline,
            Some(format!("{} {}", parent.how, parent.name)),
            &what,
        );
    }
    uses(report, &mut say, &anywhere());
    duties(report, settings, &mut say, &anywhere());
    texts(report, &mut say);
    out
}

type Say<'a> = dyn FnMut(&'static RuleMeta, Severity, Location, String, Option<String>, &str) + 'a;

fn uses(report: &Report, say: &mut Say<'_>, place: &Location) {
    for answer in &report.answers {
        let because = answer.reasons.first().map(why).unwrap_or_default();
        let quote = answer.reasons.first().and_then(|why| why.quote).map(|quote| format!("… {quote} …"));
        match answer.worst {
            Verdict::Forbidden | Verdict::NeedsLicence => {
                let headline = format!(
                    "use `{}` {}{because}",
                    answer.wanted,
                    if answer.worst == Verdict::Forbidden {
                        "is forbidden"
                    } else {
                        "needs a licence of its own"
                    }
                );
                say(
                    &FORBIDS_USE,
                    FORBIDS_USE.severity,
                    place.clone(),
                    headline,
                    quote.or(Some(answer.wanted.to_owned())),
                    "choose another model, or obtain a licence and waive this finding with it",
                );
            }
            Verdict::Undetermined => {
                let headline = format!("whether use `{}` is allowed is not known{because}", answer.wanted);
                say(
                    &USE_UNDECIDED,
                    USE_UNDECIDED.severity,
                    place.clone(),
                    headline,
                    quote.or(Some(answer.wanted.to_owned())),
                    "complete [company], or have a person read the licence and decide",
                );
            }
            Verdict::Allowed | Verdict::WithDuties => {}
        }
    }
}

fn duties(report: &Report, settings: &Settings, say: &mut Say<'_>, place: &Location) {
    let passes = settings
        .company
        .as_ref()
        .is_some_and(|company| company.uses.iter().any(|wanted| wanted.gives_away()));
    let derived = report.parents.iter().any(|parent| parent.kind == Some(Kind::Model));
    for duty in report.duties.iter().filter(|duty| duty.check == "unmet") {
        let by = duty.clause.map(|clause| format!(", {clause}")).unwrap_or_default();
        match duty.kind.as_str() {
            // Whoever only uses the model owes nobody a copy.
            "include_license_copy" if !passes => {}
            "include_license_copy" => {
                let headline =
                    format!("`{}` wants a copy of its text, and {}{by}", duty.licence, duty.detail);
                say(
                    &TEXT_MISSING,
                    TEXT_MISSING.severity,
                    place.clone(),
                    headline,
                    Some(duty.licence.clone()),
                    "add the text before you pass the model on",
                );
            }
            // A product shows such words; a card need not, unless the model is one's own.
            "display" if !derived => {}
            _ if !derived && !passes => {}
            _ => {
                let severity = if passes { Severity::Medium } else { DUTY_UNMET.severity };
                let headline = format!("`{}` demands: {}; {}{by}", duty.licence, duty.text, duty.detail);
                say(
                    &DUTY_UNMET,
                    severity,
                    place.clone(),
                    headline,
                    Some(duty.detail.clone()),
                    "do so before you pass the model on",
                );
            }
        }
    }
}

fn texts(report: &Report, say: &mut Say<'_>) {
    for text in report.texts.iter().filter(|text| text.accepted.is_none()) {
        for one in text.recognised.iter().filter(|one| one.agreement == "modified") {
            let operative = one.changes.iter().any(|change| change.2);
            let (removed, added, _) =
                one.changes.iter().find(|change| change.2 == operative).cloned().unwrap_or_default();
            let shown = match (removed.is_empty(), added.is_empty()) {
                (false, false) => format!("`{removed}` became `{added}`"),
                (false, true) => format!("`{removed}` is gone"),
                _ => format!("`{added}` was added"),
            };
            let severity = if operative { Severity::Medium } else { Severity::Low };
            let headline = format!("modified version of `{}`: {shown}", one.licence);
            say(
                &TEXT_MODIFIED,
                severity,
                text.location.clone(),
                headline,
                Some(shown),
                "read the words that differ, and have the text approved",
            );
        }
        let rider = text.recognised.iter().find(|one| one.licence == "commons-clause");
        if let Some(rider) = rider {
            let headline = format!("`{}` stands beside the licence: selling is not allowed", rider.licence);
            say(
                &TEXT_MODIFIED,
                Severity::Medium,
                text.location.clone(),
                headline,
                Some(rider.licence.clone()),
                "read it, and have the text approved",
            );
        }
        let unknown = text.recognised.is_empty();
        if unknown || !text.flags.is_empty() {
            let like = text
                .nearest
                .as_ref()
                .map(|(key, score)| format!(", the likeliest is `{key}` at {} %", score / 10))
                .unwrap_or_default();
            let flags: Vec<&str> =
                text.flags.iter().map(|flag| flag.0.as_str()).collect::<BTreeSet<_>>().into_iter().collect();
            let severity = if flags.is_empty() { Severity::Low } else { Severity::Medium };
            let what = if flags.is_empty() {
                String::new()
            } else {
                format!("; it seems to speak of {}", flags.join(", "))
            };
            let which = if unknown {
                format!("text of no known licence{like}")
            } else {
                format!("{} words beside the known licence", text.own_words)
            };
            let quote = text.flags.first().map(|flag| flag.1.clone());
            say(
                &TEXT_UNKNOWN,
                severity,
                text.location.clone(),
                format!("{which}{what}"),
                quote,
                "read it, and record the digest of an accepted text",
            );
        }
    }
}
