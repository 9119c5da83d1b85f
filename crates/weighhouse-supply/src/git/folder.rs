//! Folders of a repository: what is a link or no regular file is not there.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use weighhouse_formats::source::{FileSource, Source as _, read_up_to};

/// A folder that is one, and no link.
#[derive(Debug, Clone)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// The folder that the user named; this one may be reached through a link.
    pub(crate) fn new(path: &Path) -> Option<Self> {
        path.is_dir().then(|| Self(path.to_owned()))
    }

    /// A folder in it, one name deep for each part between slashes.
    pub(crate) fn folder(&self, path: &str) -> Option<Self> {
        let mut place = self.0.clone();
        for part in path.split('/') {
            place.push(plain(part)?);
            place.symlink_metadata().ok().filter(fs::Metadata::is_dir)?;
        }
        Some(Self(place))
    }

    /// Whether there is anything of this name, be it a broken link.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.0.join(path).symlink_metadata().is_ok()
    }

    /// A regular file in it.
    pub(crate) fn file(&self, path: &str) -> Option<FileSource> {
        let (folder, name) = match path.rsplit_once('/') {
            Some((above, name)) => (self.folder(above)?, name),
            None => (self.clone(), path),
        };
        let place = folder.0.join(plain(name)?);
        place.symlink_metadata().ok().filter(fs::Metadata::is_file)?;
        File::open(place).and_then(FileSource::new).ok()
    }

    /// The content of a regular file of at most `limit` bytes.
    pub(crate) fn bytes(&self, path: &str, limit: u64) -> Option<Vec<u8>> {
        let file = self.file(path).filter(|file| file.len() <= limit)?;
        read_up_to(&file, 0, usize::try_from(limit).ok()?).ok()
    }

    /// The same as text.
    pub(crate) fn text(&self, path: &str, limit: u64) -> Option<String> {
        self.bytes(path, limit).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// At most `limit` names in it, sorted; names that are no UTF-8 are no names of git's.
    pub(crate) fn names(&self, limit: usize) -> io::Result<Vec<String>> {
        let entries = fs::read_dir(&self.0)?.take(limit);
        let mut names: Vec<String> =
            entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        names.sort();
        Ok(names)
    }
}

/// One part of a path, and none that leaves the folder.
fn plain(name: &str) -> Option<&str> {
    (!matches!(name, "" | "." | "..") && !name.contains(['/', '\\', '\0'])).then_some(name)
}
