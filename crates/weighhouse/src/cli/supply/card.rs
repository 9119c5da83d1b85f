//! `card`: what do its makers say of it, and what do they leave open?

use std::io;

use anyhow::Result;
use clap::Args;
use serde_json::json;
use weighhouse_core::printable::printable;
use weighhouse_supply::cards::{Answered, Report, report};

use super::answer::AnswerArgs;
use super::page::Page;
use crate::cli::TargetArgs;
use crate::exit::Exit;

/// Arguments of `card`.
#[derive(Debug, Args)]
pub(crate) struct CardArgs {
    #[command(flatten)]
    target: TargetArgs,

    #[command(flatten)]
    answer: AnswerArgs,
}

/// Runs `card`.
pub(crate) fn run(arguments: &CardArgs) -> Result<Exit> {
    let Some(surveyed) = super::survey(&arguments.target, None, false)? else { return Ok(Exit::Usage) };
    let report = report(&surveyed.materials);
    let name = &surveyed.materials.name;
    arguments.answer.write(
        || json!({ "schema": "urn:weighhouse:card:v1", "name": printable(name), "report": &report }),
        |out, color| terminal(name, &report, &mut Page::new(out, color)),
    )?;
    Ok(if report.elements.is_empty() && report.croissant.is_empty() {
        Exit::Incomplete
    } else {
        Exit::Allowed
    })
}

fn terminal(name: &str, report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    page.title(name)?;
    match (&report.card, report.about) {
        (Some(card), Some(about)) => page.row(
            "Card",
            ' ',
            &format!("{card}, of a {kind}", kind = if about == "data" { "data set" } else { "model" }),
        )?,
        (Some(card), None) => page.row("Card", '?', card)?,
        (None, _) => {
            page.row("Card", '?', "there is none: ask the makers for a `README.md` that describes it")?;
        }
    }
    for element in &report.elements {
        let (mark, text) = match &element.answered {
            Answered::Yes(place) => ('✓', format!("{}: {place}", element.name)),
            Answered::Placeholder(place) => {
                ('✗', format!("{}: {place} was left as the template has it", element.name))
            }
            Answered::No => ('✗', format!("{}: not said ({})", element.name, element.asks)),
        };
        page.row("Says", mark, &text)?;
    }
    for found in &report.croissant {
        let name = found.name.as_deref().unwrap_or("without a name");
        let mark = if found.differing.is_empty() { '✓' } else { '✗' };
        let digests = format!(
            "{} files, {} with a digest, {} of them here and as described",
            found.files, found.digested, found.matching
        );
        page.row("Croissant", mark, &format!("{}: {name}; {digests}", found.path))?;
        for path in &found.differing {
            page.more(&format!("{path} has another digest than is described"))?;
        }
        if !found.missing.is_empty() {
            page.more(&format!("not said: {}", found.missing.join(", ")))?;
        }
    }
    for missing in &report.missing {
        page.row("Not assessed", '?', missing)?;
    }
    page.end("Told by the makers; nothing of it was checked, but digests.")
}
