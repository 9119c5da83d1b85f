//! The program as its users meet it: started as a process, with a scrubbed environment.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its input has failed")]

mod baseline;
mod bom;
#[cfg(all(feature = "server", unix))]
mod company;
mod deps;
mod diff;
mod documentation;
mod exit_codes;
mod formats;
mod health;
mod hostile_names;
mod inputs;
mod log;
#[cfg(all(feature = "server", unix))]
mod mcp;
mod release;
#[cfg(all(feature = "server", unix))]
mod serve;
mod signing;
mod since;
mod statements;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The repository's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// An example model.
fn example(name: &str) -> String {
    root().join("examples").join(name).display().to_string()
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The program in `folder`, without anything of the developer's environment.
#[expect(clippy::disallowed_methods, reason = "tests start the program itself")]
fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weighhouse"));
    command.current_dir(folder).env_clear().env("HOME", folder).env("HF_HUB_OFFLINE", "1");
    command
}

/// Runs the program in an empty folder.
fn run(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    program(folder.path()).args(arguments).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
