//! Everything that is printed goes through here: reports to standard output or a file, messages to standard error.

use std::fs;
use std::io::{self, IsTerminal as _, Write};
use std::path::Path;
use std::sync::Mutex;

use anyhow::{Context as _, Result};
use weighhouse_core::printable::printable;

/// When colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Whether to colour what goes to standard output (or to `file`).
    pub(crate) fn applies(self, to_file: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
                !to_file && !unwanted && !dumb && io::stdout().is_terminal()
            }
        }
    }
}

/// Columns to write to.
pub(crate) fn width() -> usize {
    terminal_size::terminal_size()
        .map_or(100, |(terminal_size::Width(width), _)| usize::from(width).clamp(40, 140))
}

/// Writes to standard output, or to `file` in one step: a reader never sees half a report.
pub(crate) fn write(
    file: Option<&Path>,
    render: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    let Some(path) = file else {
        let mut out = io::stdout().lock();
        return match render(&mut out).and_then(|()| out.flush()) {
            // The reader has seen enough (`| head`).
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result.context("cannot write to standard output"),
        };
    };
    let mut bytes = Vec::new();
    render(&mut bytes).context("cannot render the report")?;
    put(path, &bytes).with_context(|| format!("cannot write `{}`", path.display()))
}

fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    // A link is written through, and a device or pipe (`/dev/stdout`) is written to: neither may be replaced by a file.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
        return Ok(fs::OpenOptions::new().write(true).open(&path)?.write_all(bytes)?);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().context("it has no file name")?.to_string_lossy();
    let temporary = folder.join(format!(".{name}.{}", std::process::id()));
    let written = create(&temporary)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| fs::rename(&temporary, &path));
    if written.is_err() && fs::remove_file(&temporary).is_err() {
        // Nothing was written, so there is nothing to remove.
    }
    Ok(written?)
}

/// A new file. One that is there already, or a link that somebody laid there, is not written to.
pub(crate) fn create(path: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new().write(true).create_new(true).open(path)
}

/// Prints an error with its causes.
pub(crate) fn error(error: &anyhow::Error) {
    message(&format!("error: {}", printable(&format!("{error:#}"))));
}

/// Prints a message that is ready to be shown (a rendered diagnostic).
pub(crate) fn message(text: &str) {
    // A server must not end because nobody reads what it says.
    drop(io::stderr().write_all(format!("{text}\n").as_bytes()));
}

static LAST_PANIC: Mutex<Option<String>> = Mutex::new(None);

/// Keeps the message of a panic.
pub(crate) fn remember_panic(message: String) {
    *LAST_PANIC.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(message);
}

/// Reports a panic that nobody contained.
pub(crate) fn bug() {
    let last = LAST_PANIC.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    let text = printable(&last.unwrap_or_default());
    let version = env!("CARGO_PKG_VERSION");
    message(&format!("error: weighhouse {version} failed; this is our bug, please report it\n  {text}"));
}
