//! `convert`: a PyTorch checkpoint of tensors becomes safetensors, without the pickle ever being run.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use clap::Args;
use weighhouse_core::printable::printable;
use weighhouse_formats::bounded::Budget;
use weighhouse_formats::source::{FileSource, SharedSource};
use weighhouse_formats::torch::convert::Converted;
use weighhouse_supply::statements::{Conversion, Digests, provenance};

use super::sign::{self, Signing};
use crate::exit::{Exit, Mistake};
use crate::output;

/// Arguments of `convert`.
#[derive(Debug, Args)]
pub(crate) struct ConvertArgs {
    /// The checkpoint (`pytorch_model.bin`, `model.pt`)
    checkpoint: PathBuf,

    /// Where to write; by default beside the checkpoint, with the ending `.safetensors`
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Replace the output if it exists
    #[arg(long)]
    force: bool,

    /// Write a statement of what became what (SLSA provenance)
    #[arg(id = "statement_file", long = "provenance", value_name = "FILE")]
    provenance: Option<PathBuf>,

    #[command(flatten)]
    signing: Signing,
}

/// Runs `convert`.
pub(super) fn run(arguments: &ConvertArgs) -> Result<Exit> {
    let from = &arguments.checkpoint;
    let to = arguments.output.clone().unwrap_or_else(|| from.with_extension("safetensors"));
    if to.exists() && !arguments.force {
        return Err(Mistake(format!("`{}` exists; `--force` replaces it", to.display())).into());
    }
    if std::fs::metadata(&to).is_ok_and(|metadata| !metadata.is_file()) {
        return Err(Mistake(format!("`{}` is not a regular file; name one to write", to.display())).into());
    }
    let file =
        File::open(from).map_err(|error| Mistake(format!("cannot read `{}`: {error}", from.display())))?;
    let source: SharedSource = Arc::new(FileSource::new(file)?);
    let budget = Budget::cancellable(Arc::default(), super::inspect::cancellation());

    let started = sign::now()?;
    // Written under another name first: what stands under the final name is whole.
    let mut name = to.file_name().context("the output needs a file name")?.to_os_string();
    name.push(format!(".{}.part", std::process::id()));
    let partial = to.with_file_name(name);
    let created =
        output::create(&partial).with_context(|| format!("cannot write `{}`", partial.display()))?;
    let mut out = BufWriter::new(created);
    let converted = weighhouse_formats::torch::convert::convert(&source, &mut out, &budget)
        .map_err(anyhow::Error::from)
        .and_then(|converted| {
            out.flush()?;
            out.get_ref().sync_all()?;
            std::fs::rename(&partial, &to)?;
            Ok(converted)
        });
    let converted = match converted {
        Ok(converted) => converted,
        Err(error) => {
            if std::fs::remove_file(&partial).is_err() {
                // The partial file is gone already, or the folder with it.
            }
            return Err(error.context(format!("cannot convert `{}`", from.display())));
        }
    };
    if let Some(path) = &arguments.provenance {
        state(arguments, path, &to, &converted, &started)?;
    }
    output::write(None, |out| {
        let to = printable(&to.display().to_string());
        writeln!(out, "{to}: {} tensors, {} bytes", converted.tensors, converted.bytes)?;
        for name in &converted.copied {
            writeln!(
                out,
                "note: {} shared its numbers with another tensor and has a copy now",
                printable(name)
            )?;
        }
        converted.left_out.iter().try_for_each(|left| writeln!(out, "note: left out {}", printable(left)))
    })?;
    Ok(Exit::Allowed)
}

/// Writes down what became what.
fn state(
    arguments: &ConvertArgs,
    path: &Path,
    to: &Path,
    converted: &Converted,
    started: &str,
) -> Result<()> {
    let from = &arguments.checkpoint;
    let (source, result) = (sign::name_of(from), sign::name_of(to));
    let digests = Digests::read([("source", from.as_path()), ("result", to)])?;
    let digest = |name: &str| digests.files.get(name).copied().context("it was read just now");
    let tool = super::inspect::tool();
    let finished = sign::now()?;
    let conversion = Conversion {
        from: (&source, digest("source")?),
        to: (&result, digest("result")?),
        tool: &tool,
        formats: ("pytorch", "safetensors"),
        left_out: &converted.left_out,
        copied: &converted.copied,
        time: Some((started, &finished)),
    };
    let statement = provenance(&conversion).context("the statement cannot be written")?;
    sign::write_statement(path, &statement, &arguments.signing)
}
