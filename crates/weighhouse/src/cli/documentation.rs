//! Documentation from the program itself: rules, man page.

use anyhow::Result;
use clap::{CommandFactory as _, Subcommand};
use serde_json::json;
use weighhouse_core::RuleMeta;
use weighhouse_report::{Detail, Style, render_rule_index, render_rule_markdown, render_rule_terminal};

use super::Cli;
use super::inspect::metas;
use crate::exit::{Exit, Mistake};
use crate::output::{self, Color};

/// `weighhouse rules …`
#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// List all rules (what is done without a subcommand)
    List {
        /// A table, JSON lines, or a Markdown table
        #[arg(long, value_parser = ["terminal", "json", "markdown"], default_value = "terminal")]
        format: String,
    },
    /// Write the documentation page of every rule, in Markdown, into a folder
    Pages {
        /// The folder; it is created if needed
        folder: std::path::PathBuf,
    },
}

impl Default for RulesCommand {
    fn default() -> Self {
        Self::List { format: "terminal".to_owned() }
    }
}

/// Explains one rule.
pub(super) fn explain(wanted: &str, color: Color) -> Result<Exit> {
    let rules = metas();
    let found = rules.iter().find(|meta| meta.id.eq_ignore_ascii_case(wanted) || meta.slug == wanted);
    let Some(meta) = found else {
        if wanted.to_ascii_uppercase().starts_with("WH-CFG-") {
            let message = format!(
                "`{wanted}` is no rule but a message about configuration or policies; \
                 `docs/reference/configuration.md` lists them"
            );
            return Err(Mistake(message).into());
        }
        let near = rules.iter().filter(|meta| is_near(meta, wanted)).map(|meta| meta.id).collect::<Vec<_>>();
        let hint = if near.is_empty() {
            "`weighhouse rules` shows all".to_owned()
        } else {
            format!("did you mean {}?", near.join(" or "))
        };
        return Err(Mistake(format!("there is no rule `{wanted}`; {hint}")).into());
    };
    let style = Style { color: color.applies(false), width: output::width(), detail: Detail::Normal };
    output::write(None, |out| render_rule_terminal(meta, &style, out))?;
    Ok(Exit::Allowed)
}

/// Whether a mistyped name could mean this rule.
fn is_near(meta: &RuleMeta, wanted: &str) -> bool {
    let wanted = wanted.to_ascii_lowercase();
    let wanted = wanted.as_str();
    meta.slug.contains(wanted)
        || meta.id.to_ascii_lowercase().contains(wanted)
        || wanted.split('-').filter(|word| word.len() > 3).any(|word| meta.slug.contains(word))
}

/// Runs `weighhouse rules`.
pub(super) fn rules(command: &RulesCommand) -> Result<Exit> {
    let rules = metas();
    match command {
        RulesCommand::List { format } => output::write(None, |out| match format.as_str() {
            "json" => rules.iter().try_for_each(|meta| writeln!(out, "{}", as_json(meta))),
            "markdown" => out.write_all(render_rule_index(&rules).as_bytes()),
            _ => rules.iter().try_for_each(|meta| {
                writeln!(out, "{:<11} {:<9} {:<28} {}", meta.id, meta.severity, meta.slug, meta.summary())
            }),
        })?,
        RulesCommand::Pages { folder } => {
            std::fs::create_dir_all(folder)?;
            output::write(Some(&folder.join("README.md")), |out| {
                out.write_all(render_rule_index(&rules).as_bytes())
            })?;
            for meta in &rules {
                output::write(Some(&folder.join(format!("{}.md", meta.id))), |out| {
                    out.write_all(render_rule_markdown(meta).as_bytes())
                })?;
            }
        }
    }
    Ok(Exit::Allowed)
}

/// A rule as one JSON object.
fn as_json(meta: &RuleMeta) -> serde_json::Value {
    json!({
        "id": meta.id,
        "slug": meta.slug,
        "since": meta.since,
        "severity": meta.severity.as_str(),
        "confidence": meta.confidence.as_str(),
        "formats": meta.formats,
        "cwe": meta.cwe,
        "owasp": meta.owasp,
        "atlas": meta.atlas,
        "summary": meta.summary(),
    })
}

/// Writes the man page: one page for all commands, each with a section.
pub(super) fn man() -> Result<Exit> {
    let mut whole = Cli::command();
    // Fills in the full names of the commands within commands.
    whole.build();
    output::write(None, |out| {
        let page = clap_mangen::Man::new(whole.clone());
        page.render_title(out)?;
        page.render_name_section(out)?;
        writeln!(out, ".SH SYNOPSIS\n\\fBweighhouse\\fR <command> [options]")?;
        page.render_description_section(out)?;
        for command in whole.get_subcommands() {
            sections(command, out)?;
        }
        writeln!(out, ".SH \"EXIT STATUS\"\n{}", super::EXIT_CODES.trim_start_matches("Exit codes: "))
    })?;
    Ok(Exit::Allowed)
}

/// The section of a command, and of those within it.
fn sections(command: &clap::Command, out: &mut dyn std::io::Write) -> std::io::Result<()> {
    if command.has_subcommands() {
        return command.get_subcommands().try_for_each(|inner| sections(inner, out));
    }
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    writeln!(out, ".SH \"{}\"", name.to_uppercase())?;
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    writeln!(out, "{about}")?;
    let mut options = Vec::new();
    clap_mangen::Man::new(command.clone()).render_options_section(&mut options)?;
    // The options stand below the command, not in a section of their own.
    out.write_all(String::from_utf8_lossy(&options).replace(".SH OPTIONS\n", "").as_bytes())
}
