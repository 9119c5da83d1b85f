//! Seeds of fuzz targets, as they lie in a folder.

use std::path::Path;
use std::{fs, io};

/// Asserts that the seeds of `target` below `folder` are those that are made, or writes them if the variable `UPDATE_SEEDS` is set.
///
/// # Errors
/// What cannot be written.
///
/// # Panics
/// If they are others.
pub fn agree(folder: &Path, target: &str, seeds: &[(String, Vec<u8>)]) -> io::Result<()> {
    let update = std::env::var_os("UPDATE_SEEDS").is_some();
    let folder = folder.join(target);
    if update {
        fs::create_dir_all(&folder)?;
    }
    for (name, bytes) in seeds {
        let path = folder.join(name);
        if update {
            fs::write(&path, bytes)?;
        }
        assert!(
            fs::read(&path).is_ok_and(|there| there == *bytes),
            "{}: run with UPDATE_SEEDS=1",
            path.display()
        );
    }
    Ok(())
}
