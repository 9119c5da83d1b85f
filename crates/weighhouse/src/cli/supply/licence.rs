//! `licence`: may we use it?

use std::io;

use anyhow::Result;
use clap::Args;
use serde_json::json;
use weighhouse_core::printable::printable;
use weighhouse_supply::licence::{Recognised, Report, report};

use super::answer::AnswerArgs;
use super::page::Page;
use crate::cli::TargetArgs;
use crate::exit::Exit;

/// Arguments of `licence`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 allowed, or no [company] in weighhouse.toml; 1 forbidden, or needs a licence of its own; 2 usage or \
                        configuration; 3 undetermined."
)]
pub(crate) struct LicenceArgs {
    #[command(flatten)]
    target: TargetArgs,

    #[command(flatten)]
    answer: AnswerArgs,
}

/// Runs `licence`.
pub(crate) fn run(arguments: &LicenceArgs) -> Result<Exit> {
    let Some(surveyed) = super::survey(&arguments.target, None, false)? else { return Ok(Exit::Usage) };
    let report = report(&surveyed.materials, surveyed.config.licence());
    let name = &surveyed.materials.name;
    arguments.answer.write(
        || json!({ "schema": "urn:weighhouse:licence:v1", "name": printable(name), "report": &report }),
        |out, color| terminal(name, &report, &mut Page::new(out, color)),
    )?;
    Ok(exit(&report))
}

fn exit(report: &Report) -> Exit {
    let any = |verdicts: &[&str]| report.answers.iter().any(|answer| verdicts.contains(&answer.verdict));
    if any(&["forbidden", "needs a licence"]) {
        Exit::Denied
    } else if any(&["undetermined"]) {
        Exit::Incomplete
    } else {
        Exit::Allowed
    }
}

fn terminal(name: &str, report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    page.title(name)?;
    licences(report, page)?;
    for told in &report.statements {
        let known = told.licences.join(", ");
        let meant =
            if known.is_empty() || known == told.written { String::new() } else { format!(" = {known}") };
        page.row(
            "Said by",
            ' ',
            &format!("{}: {}{meant}, {}", told.place, printable(&told.written), told.source),
        )?;
    }
    texts(report, page)?;
    for parent in &report.parents {
        let licence = parent
            .licence
            .map_or_else(|| "its licence is not known".to_owned(), |key| format!("by its name under {key}"));
        let lost = if parent.lost.is_empty() {
            String::new()
        } else {
            format!("; lost here: {}", parent.lost.join(", "))
        };
        page.row(
            "Made from",
            mark(parent.lost.is_empty()),
            &format!("{} {}, {licence}{lost}", parent.how, parent.name),
        )?;
    }
    for conflict in &report.conflicts {
        page.row("Conflicts", '✗', conflict)?;
    }
    answers(report, page)?;
    duties(report, page)?;
    for missing in &report.missing {
        page.row("Not assessed", '?', missing)?;
    }
    page.end(&format!(
        "From a table of licences of {}; facts, no legal advice.",
        report.table.as_deref().unwrap_or("unknown date")
    ))
}

fn texts(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    for text in &report.texts {
        for one in &text.recognised {
            page.row(
                "Texts",
                mark(one.agreement != "modified"),
                &format!("{} is {}", text.place, agreement(one)),
            )?;
            for (removed, added, operative) in one.changes.iter().take(5) {
                let weight = if *operative { "changes the terms" } else { "wording" };
                page.more(&format!("- {removed}\n+ {added}   ({weight})"))?;
            }
        }
        if text.recognised.is_empty() {
            let like = text
                .nearest
                .as_ref()
                .map(|(key, score)| format!("; likeliest {key}, {} %", score / 10))
                .unwrap_or_default();
            page.row("Texts", '?', &format!("{} is no licence that is known{like}", text.place))?;
        }
        for (says, quote) in text.flags.iter().take(5) {
            page.more(&format!("it seems to speak of {says}: … {quote} …"))?;
        }
        let accepted = text
            .accepted
            .as_ref()
            .map_or_else(|| "not recorded as accepted".to_owned(), |by| format!("accepted by {by}"));
        page.more(&format!("{}, {accepted}", text.digest))?;
    }
    Ok(())
}

fn duties(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    for duty in &report.duties {
        let clause = duty.clause.map(|clause| format!(", {clause}")).unwrap_or_default();
        let detail = if duty.detail.is_empty() { String::new() } else { format!(": {}", duty.detail) };
        let mark = match duty.check {
            "met" => '✓',
            "unmet" => '✗',
            _ => '·',
        };
        let label = if report.answers.is_empty() { "To pass it on" } else { "Duties" };
        page.row(label, mark, &format!("{}{detail} ({}{clause})", duty.text, duty.licence))?;
    }
    Ok(())
}

fn licences(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    if report.licences.is_empty() {
        return page.row("Licence", '?', "none that is known");
    }
    for (at, licence) in report.licences.iter().enumerate() {
        let business = match licence.commercial {
            Some("yes") => "business use allowed",
            Some("conditional") => "business use on conditions",
            Some(_) => "no business use",
            None => "terms not known",
        };
        let unsure = if licence.confirmed { "" } else { "; not all of this was confirmed from its text" };
        let or = if at > 0 && report.choice { "or " } else { "" };
        page.row("Licence", ' ', &format!("{or}{} ({})", licence.name, licence.licence))?;
        page.more(&format!("{business}; {} in {}{unsure}", licence.basis, licence.from))?;
    }
    Ok(())
}

fn agreement(one: &Recognised) -> String {
    let part = if one.part == "spdx" { String::new() } else { format!(" ({})", one.part) };
    match one.agreement {
        "exact" => format!("{}{part}, word for word", one.licence),
        "same" => format!("{}{part}, but for names and years", one.licence),
        _ => format!(
            "a modified version of {}{part}, {}.{} % alike",
            one.licence,
            one.likeness / 10,
            one.likeness % 10
        ),
    }
}

fn answers(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    for answer in &report.answers {
        let mark = match answer.verdict {
            "allowed" | "allowed with duties" => '✓',
            "undetermined" => '?',
            _ => '✗',
        };
        page.row("May we", mark, &format!("{}: {}", answer.wanted, answer.verdict))?;
        let decisive = answer.reasons.iter().filter(|why| {
            why.verdict == answer.verdict || matches!(why.verdict, "forbidden" | "needs a licence")
        });
        // Duties have a list of their own.
        for why in decisive.filter(|why| why.verdict != "allowed with duties").take(6) {
            let clause = match (why.licence.as_str(), why.clause, why.quote) {
                ("", ..) => String::new(),
                (licence, Some(clause), Some(quote)) => format!(" ({licence}, {clause}: “… {quote} …”)"),
                (licence, ..) => format!(" ({licence})"),
            };
            page.more(&format!("{}{clause}", why.text))?;
        }
    }
    Ok(())
}

fn mark(good: bool) -> char {
    if good { '✓' } else { '✗' }
}
