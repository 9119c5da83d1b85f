//! Developer tasks: `cargo xtask gen`, `cargo xtask check`, `cargo xtask new-rule FAMILY SLUG`.

#![expect(clippy::print_stdout, reason = "a command-line tool talks to its user")]

mod check;
mod dependencies;
mod new_rule;
mod registry;
mod tree;

use std::path::PathBuf;

use anyhow::{Result, bail};

const USAGE: &str = "\
cargo xtask gen [--check]          write (or compare) generated files: rule modules and registry
cargo xtask check                  sizes, crate edges, rule files, generated files
cargo xtask new-rule FAMILY SLUG   write the file of a new rule and register it";

fn main() -> Result<()> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["gen"] => registry::write(&root),
        ["gen", "--check"] => registry::compare(&root),
        ["check"] => check::all(&root),
        ["new-rule", family, slug] => new_rule::create(&root, family, slug),
        _ => bail!("{USAGE}"),
    }
}
