//! What the environment says.

use std::path::PathBuf;

/// A variable that is set to something.
#[cfg(feature = "hub")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// Our folder in the user's folder of data (XDG). Relative paths count as not set: they would mean another folder wherever we are called.
pub(crate) fn data_folder() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let data = set("XDG_DATA_HOME").or_else(|| Some(set("HOME")?.join(".local/share")))?;
    Some(data.join("weighhouse"))
}
