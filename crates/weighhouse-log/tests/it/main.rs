//! The log as its users have it: through the public interface.

#![expect(clippy::unwrap_used, reason = "a test as a whole, helpers included")]

mod example;
mod go;
mod notes;
mod policies;
mod proofs;
mod records;
mod replay;
mod seeds;
mod tiles;
mod vectors;
mod witnesses;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The files of a folder are these, byte for byte; if the variable is set, they are written first.
fn kept(folder: &Path, files: &BTreeMap<String, Vec<u8>>, variable: &str) {
    for (name, bytes) in files {
        let path = folder.join(name);
        if std::env::var_os(variable).is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, bytes).unwrap();
        }
        let same = fs::read(&path).is_ok_and(|found| found == *bytes);
        assert!(same, "{} is not what is made here: run with {variable}=1", path.display());
    }
}
