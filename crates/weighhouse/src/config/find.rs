//! Where the configuration comes from.
//!
//! `--config`, or the nearest `weighhouse.toml` from the current directory upwards. Never a file inside what is
//! examined: a hostile model would grant itself waivers. For a single file that is its whole folder, since it usually
//! arrived together with the file. Links are resolved before paths are compared.

use std::path::{Path, PathBuf};

use weighhouse_core::Diagnostic;
use weighhouse_core::diagnostic::{Level, SourceText};
use weighhouse_core::printable::printable;

use super::Request;

/// Name of the file.
pub(super) const NAME: &str = "weighhouse.toml";

/// Files larger than this are no configuration.
const LARGEST: u64 = 1 << 20;

/// What the search gave.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) path: Option<PathBuf>,
    /// A warning for each file passed over.
    pub(super) ignored: Vec<Diagnostic>,
}

pub(super) fn find(request: &Request<'_>) -> Result<Found, Vec<Diagnostic>> {
    if let Some(path) = request.explicit {
        return Ok(Found { path: Some(path.to_owned()), ignored: Vec::new() });
    }
    let start = request.start.canonicalize().map_err(|error| vec![unreadable(request.start, &error)])?;
    let forbidden = foreign(request.targets);
    let mut found = Found::default();
    for directory in start.ancestors() {
        let candidate = directory.join(NAME);
        if candidate.symlink_metadata().is_err() {
            continue;
        }
        if inside(&candidate, &forbidden) {
            found.ignored.push(passed_over(&candidate));
        } else {
            found.path = Some(candidate);
            break;
        }
    }
    Ok(found)
}

/// The directories that came with the targets.
pub(super) fn foreign(targets: &[&Path]) -> Vec<PathBuf> {
    let directory = |target: &&Path| {
        let target = target.canonicalize().ok()?;
        if target.is_dir() { Some(target) } else { target.parent().map(Path::to_owned) }
    };
    targets.iter().filter_map(directory).collect()
}

/// Whether a file, or what it links to, lies in a foreign directory. A link that leads nowhere is judged by its place.
pub(super) fn inside(file: &Path, foreign: &[PathBuf]) -> bool {
    let resolved = file.canonicalize().ok();
    foreign.iter().any(|foreign| {
        file.starts_with(foreign) || resolved.as_ref().is_some_and(|resolved| resolved.starts_with(foreign))
    })
}

/// Reads a text that the user named.
pub(super) fn read(path: &Path) -> Result<SourceText, Diagnostic> {
    let meta = path.metadata().map_err(|error| unreadable(path, &error))?;
    if !meta.is_file() || meta.len() > LARGEST {
        let what = if meta.is_file() { "larger than 1 MiB" } else { "not a file" };
        let headline = format!("cannot use `{}`: it is {what}", shown(path));
        return Err(Diagnostic::new(Level::Error, "WH-CFG-011", headline));
    }
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    Ok(SourceText { name: shown(path), text: text.into() })
}

pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::new(Level::Error, "WH-CFG-011", format!("cannot read `{}`: {error}", shown(path)))
}

fn passed_over(path: &Path) -> Diagnostic {
    let headline = format!("`{}` is not used: it lies in what is examined", shown(path));
    Diagnostic::new(Level::Warning, "WH-CFG-012", headline).help(format!(
        "a model must not configure its own inspection; if it is yours, say `--config {}`",
        shown(path)
    ))
}

pub(super) fn shown(path: &Path) -> String {
    printable(&path.to_string_lossy())
}
