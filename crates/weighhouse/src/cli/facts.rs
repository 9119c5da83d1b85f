//! `facts`: what the parsers saw, without judgement.

mod describe;

use std::io::Write;
use std::sync::Arc;

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};
use weighhouse_core::printable::{printable, printable_within};
use weighhouse_formats::bounded::Budget;
use weighhouse_formats::inspect::inspect;
use weighhouse_formats::node::{Node, Strength};
use weighhouse_formats::source::{FileSource, SharedSource};
use weighhouse_scan::source::EntryContent;

use super::{Network, TargetArgs};
use crate::exit::Exit;
use crate::output;
use crate::target::Target;

/// Arguments of `facts`.
#[derive(Debug, Args)]
pub(crate) struct FactsArgs {
    #[command(flatten)]
    target: TargetArgs,

    /// Text for people, or JSON (one object per line and file)
    #[arg(long, short, value_parser = ["terminal", "json"], default_value = "terminal")]
    format: String,

    /// Write to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<std::path::PathBuf>,
}

/// Runs `facts`.
pub(super) fn run(arguments: &FactsArgs) -> Result<Exit> {
    let target = Target::parse(&arguments.target.target)?;
    let rules = super::inspect::metas();
    let paths: Vec<_> = target.path().into_iter().collect();
    let config = match crate::config::load(arguments.target.config.as_deref(), &paths, &rules) {
        Ok(config) => config,
        Err(diagnostics) => {
            super::inspect::show(&diagnostics, output::Color::Auto);
            return Ok(Exit::Usage);
        }
    };
    let listing = target.list(&config, Network { offline: arguments.target.offline, quiet: false })?;
    let limits = Arc::new(config.limits().clone());
    let mut unreadable = false;
    output::write(arguments.output.as_deref(), |out| {
        for entry in &listing.entries {
            let source = match &entry.content {
                EntryContent::Spooled(source) => Ok(source.clone()),
                EntryContent::File(path) => std::fs::File::open(path)
                    .and_then(FileSource::new)
                    .map(|file| Arc::new(file) as SharedSource),
            };
            let source = match source {
                Ok(source) => source,
                Err(error) => {
                    unreadable = true;
                    writeln!(out, "{}: cannot be read: {error}", printable(&entry.path))?;
                    continue;
                }
            };
            let node = inspect(&entry.path, &source, &Budget::new(Arc::clone(&limits)));
            if arguments.format == "json" {
                writeln!(out, "{}", tree(&node))?;
            } else {
                text(&node, 0, out)?;
            }
        }
        Ok(())
    })?;
    Ok(if unreadable { Exit::Incomplete } else { Exit::Allowed })
}

/// A node and all below it as JSON.
fn tree(node: &Node) -> Value {
    let faults = node.readings.iter().flat_map(|reading| &reading.irregularities).chain(&node.faults);
    json!({
        "name": node.name,
        "bytes": node.len,
        "candidates": node.candidates.iter().map(|candidate| json!({
            "format": candidate.format.name(),
            "certain": candidate.strength == Strength::Certain,
            "evidence": candidate.evidence,
        })).collect::<Vec<_>>(),
        "readings": node.readings.iter().map(|reading| json!({
            "format": reading.format.name(),
            "facts": describe::facts(&reading.facts),
        })).collect::<Vec<_>>(),
        "faults": faults.map(|fault| json!({
            "kind": format!("{:?}", fault.kind).to_lowercase(),
            "region": fault.region.map(describe::region),
            "detail": fault.detail,
        })).collect::<Vec<_>>(),
        "unexplained": node.unexplained.iter().map(|part| describe::region(part.region)).collect::<Vec<_>>(),
        "gaps": node.gaps.iter().map(|gap| gap.detail.clone()).collect::<Vec<_>>(),
        "members": node.children.iter().map(tree).collect::<Vec<_>>(),
    })
}

/// A node and all below it as indented text.
fn text(node: &Node, depth: usize, out: &mut dyn Write) -> std::io::Result<()> {
    let indent = "  ".repeat(depth);
    let formats = node.readings.iter().map(|reading| reading.format.name());
    let formats: Vec<_> = if node.readings.is_empty() {
        node.candidates.iter().map(|candidate| candidate.format.name()).collect()
    } else {
        formats.collect()
    };
    writeln!(
        out,
        "{indent}{}  {} bytes  {}",
        printable_within(&node.name, 200),
        node.len,
        formats.join(" + ")
    )?;
    for reading in &node.readings {
        lines(&describe::facts(&reading.facts), depth + 1, out)?;
    }
    for fault in node.readings.iter().flat_map(|reading| &reading.irregularities).chain(&node.faults) {
        writeln!(out, "{indent}  fault: {}", printable_within(&fault.detail, 300))?;
    }
    for part in &node.unexplained {
        writeln!(out, "{indent}  unexplained bytes: {}", part.region)?;
    }
    for gap in &node.gaps {
        writeln!(out, "{indent}  not inspected: {}", printable_within(&gap.detail, 300))?;
    }
    node.children.iter().try_for_each(|child| text(child, depth + 1, out))
}

/// Facts as text: one line a field, lists with one element a line.
fn lines(facts: &Value, depth: usize, out: &mut dyn Write) -> std::io::Result<()> {
    let indent = "  ".repeat(depth);
    for (key, value) in facts.as_object().into_iter().flatten() {
        match value {
            Value::Array(elements) if elements.is_empty() => {}
            Value::Null => {}
            Value::Array(elements) => {
                writeln!(out, "{indent}{key}:")?;
                for element in elements {
                    writeln!(out, "{indent}  {}", flat(element))?;
                }
            }
            other => writeln!(out, "{indent}{key}: {}", flat(other))?,
        }
    }
    Ok(())
}

fn flat(value: &Value) -> String {
    let plain = match value {
        Value::String(text) => text.clone(),
        Value::Object(fields) => fields
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| format!("{key}={}", flat(value)))
            .collect::<Vec<_>>()
            .join("  "),
        Value::Array(elements) => format!("[{}]", elements.iter().map(flat).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    };
    printable_within(&plain, 400)
}
