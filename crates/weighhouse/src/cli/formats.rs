//! `formats`: what is read, what judges it, within which limits, and what loaders do with it.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};
use weighhouse_core::RuleMeta;
use weighhouse_formats::bounded::Limits;
use weighhouse_formats::format::{Family, Format};
use weighhouse_scan::knowledge::loaders;

use super::inspect::metas;
use crate::exit::Exit;
use crate::output;

/// Arguments of `formats`.
#[derive(Debug, Args)]
pub(crate) struct FormatsArgs {
    /// A table, JSON lines, or a Markdown page
    #[arg(long, value_parser = ["terminal", "json", "markdown"], default_value = "terminal")]
    format: String,
}

/// Runs `formats`.
pub(super) fn run(arguments: &FormatsArgs) -> Result<Exit> {
    let rules = metas();
    output::write(None, |out| match arguments.format.as_str() {
        "json" => Format::ALL.iter().try_for_each(|format| writeln!(out, "{}", as_json(*format, &rules))),
        "markdown" => page(&rules, out),
        _ => Format::ALL.iter().try_for_each(|format| {
            writeln!(out, "{:<18} {:<11} {}", format.name(), family(*format), read(*format))
        }),
    })?;
    Ok(Exit::Allowed)
}

fn read(format: Format) -> &'static str {
    format.reads().unwrap_or("recognised only: a coverage gap")
}

fn family(format: Format) -> &'static str {
    match format.family() {
        Family::Executable => "executable",
        Family::Code => "code",
        Family::Data => "data",
        Family::Container => "container",
        Family::Text => "text",
        Family::Media => "media",
        Family::Opaque => "opaque",
    }
}

/// The rules made for a format.
fn judged<'r>(
    format: Format,
    rules: &'r [&'static RuleMeta],
) -> impl Iterator<Item = &'static RuleMeta> + 'r {
    rules.iter().copied().filter(move |meta| meta.formats.contains(&format.name()))
}

fn as_json(format: Format, rules: &[&'static RuleMeta]) -> Value {
    json!({
        "name": format.name(),
        "family": family(format),
        "endings": format.extensions(),
        "reads": format.reads(),
        "rules": judged(format, rules).map(|meta| meta.id).collect::<Vec<_>>(),
        "loaders": loaders::rows().filter(|row| row.is_about(format)).map(|row| json!({
            "loader": row.behaviour.loader,
            "versions": row.behaviour.versions,
            "call": row.behaviour.call,
            "effect": row.behaviour.effect.as_str(),
            "what": row.behaviour.what,
            "advisories": row.behaviour.advisories.split(", ").filter(|id| !id.is_empty()).collect::<Vec<_>>(),
            "source": row.behaviour.source,
        })).collect::<Vec<_>>(),
    })
}

fn page(rules: &[&'static RuleMeta], out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "# Formats\n\nWritten by `docs/generate` from the program itself (`weighhouse formats`).\n"
    )?;
    writeln!(
        out,
        "Content decides what a file is, never its name. Every reading that content supports is judged. What no parser reads is \
         a coverage gap, which never passes by itself; its beginning is searched for pickles all the same. Rules on structure, \
         unexplained bytes, polyglots, secrets and hidden text hold for every format.\n"
    )?;
    writeln!(
        out,
        "| Format | Endings | Kind | What is read | Rules of its own |\n| --- | --- | --- | --- | --- |"
    )?;
    for format in Format::ALL {
        let endings: Vec<String> = format.extensions().iter().map(|ending| format!("`.{ending}`")).collect();
        let rules: Vec<String> =
            judged(*format, rules).map(|meta| format!("[{}](rules/{}.md)", meta.slug, meta.id)).collect();
        let (endings, rules) = (endings.join(" "), rules.join(", "));
        writeln!(
            out,
            "| {} | {endings} | {} | {} | {rules} |",
            format.name(),
            family(*format),
            read(*format)
        )?;
    }
    limits(out)?;
    loaders_table(out)
}

fn limits(out: &mut dyn Write) -> io::Result<()> {
    let Limits { depth, members, unpacked, ratio, ratio_floor, spool_memory, steps, text, facts } =
        Limits::default();
    writeln!(
        out,
        "\n## Limits\n\nFor one file and all that is inside it; hitting one is a coverage gap that names it.\n"
    )?;
    writeln!(out, "| Limit | Default |\n| --- | ---: |")?;
    let mib = |bytes: u64| format!("{} MiB", bytes >> 20);
    let rows = [
        ("containers within containers", depth.to_string()),
        ("members of all containers", members.to_string()),
        ("bytes unpacked", mib(unpacked)),
        ("unpacked bytes per packed byte, beyond a first part", ratio.to_string()),
        ("that first part", mib(ratio_floor)),
        ("unpacked data held in memory; more goes to an anonymous file", mib(spool_memory)),
        ("steps of parsers and abstract machines", steps.to_string()),
        ("largest text read as a whole", mib(text)),
        ("facts of one kind", facts.to_string()),
    ];
    rows.iter().try_for_each(|(what, value)| writeln!(out, "| {what} | {value} |"))
}

fn loaders_table(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## What loaders do\n\nTold in reports beside what was found.\n")?;
    writeln!(out, "| Formats | Loader | Versions | Call | Effect | What happens | Source |")?;
    writeln!(out, "| --- | --- | --- | --- | --- | --- | --- |")?;
    for row in loaders::rows() {
        let formats: Vec<&str> =
            Format::ALL.iter().filter(|format| row.is_about(**format)).map(|format| format.name()).collect();
        let behaviour = row.behaviour;
        let source = match behaviour.advisories {
            "" => "documentation",
            ids => ids,
        };
        writeln!(
            out,
            "| {} | {} | {} | `{}` | {} | {} | [{source}]({}) |",
            formats.join(", "),
            behaviour.loader,
            behaviour.versions,
            behaviour.call,
            behaviour.effect.as_str(),
            behaviour.what,
            behaviour.source
        )?;
    }
    Ok(())
}
