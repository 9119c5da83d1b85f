//! Files on disk: listed without following folders out of the target, special files never opened.

use std::collections::BTreeSet;
use std::fs::{self, FileType, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::{Entry, EntryContent, Listing, Obstacle, ObstacleKind, SourceError};

/// Lists `path`.
pub(super) fn list(path: &Path, max_files: usize) -> Result<Listing, SourceError> {
    let given = display_path(path);
    let metadata = fs::metadata(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => SourceError::Missing { path: given.clone() },
        _ => SourceError::Unreadable { path: given.clone(), source },
    })?;
    if metadata.is_dir() {
        let (entries, obstacles) = walk(path, max_files)
            .map_err(|source| SourceError::Unreadable { path: given.clone(), source })?;
        return Ok(Listing { name: given, entries, obstacles });
    }
    if !metadata.is_file() {
        return Err(SourceError::NotAFile { path: given });
    }
    let name = path.file_name().map_or_else(|| given.clone(), |name| display_path(Path::new(name)));
    let entry = Entry { path: name, content: EntryContent::File(path.to_owned()) };
    Ok(Listing { name: given, entries: vec![entry], obstacles: Vec::new() })
}

/// A path as text: `/`-separated, bytes that are not UTF-8 as `\xNN`, so that two names never look alike.
pub fn display_path(path: &Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes();
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    if cfg!(windows) { text.replace('\\', "/") } else { text }
}

/// All files below `root`, by path, and what was not listed. Fails only if `root` itself cannot be listed.
pub fn walk(root: &Path, max_files: usize) -> io::Result<(Vec<Entry>, Vec<Obstacle>)> {
    let real_root = fs::canonicalize(root)?;
    let mut walk = Walk {
        store: hub_store(&real_root),
        real_root,
        entries: Vec::new(),
        obstacles: Vec::new(),
        max_files,
    };
    let mut folders = vec![(root.to_owned(), String::new())];
    let mut first = true;
    while let Some((folder, prefix)) = folders.pop() {
        let room = walk.max_files.saturating_sub(walk.entries.len()).saturating_add(1);
        let names = match sorted_names(&folder, room) {
            Ok(names) => names,
            Err(error) if first => return Err(error),
            Err(error) => {
                walk.obstacle(
                    prefix,
                    ObstacleKind::Unreadable,
                    format!("the folder cannot be listed: {error}"),
                );
                continue;
            }
        };
        first = false;
        for name in names {
            if walk.entries.len() >= walk.max_files {
                walk.too_many();
                return Ok(walk.finish());
            }
            let shown = display_path(Path::new(&name));
            let path = if prefix.is_empty() { shown } else { format!("{prefix}/{shown}") };
            if let Some(deeper) = walk.visit(&folder.join(&name), &path) {
                folders.push((deeper, path));
            }
        }
    }
    Ok(walk.finish())
}

/// At most `room` names: a folder of ten million files costs no more memory than the limit allows.
fn sorted_names(folder: &Path, room: usize) -> io::Result<BTreeSet<std::ffi::OsString>> {
    fs::read_dir(folder)?.take(room).map(|entry| entry.map(|entry| entry.file_name())).collect()
}

/// The blob store of a Hub cache: `models--org--name/snapshots/<revision>` holds links to `models--org--name/blobs/…`,
/// which belong to the model although they lie outside its folder.
fn hub_store(root: &Path) -> Option<PathBuf> {
    let mut above = root.ancestors();
    let model = above.find(|folder| folder.file_name().is_some_and(|name| name == "snapshots"))?.parent()?;
    let blobs = model.join("blobs");
    blobs.is_dir().then_some(blobs)
}

struct Walk {
    real_root: PathBuf,
    store: Option<PathBuf>,
    entries: Vec<Entry>,
    obstacles: Vec<Obstacle>,
    max_files: usize,
}

impl Walk {
    /// Takes note of one name; returns the folder to go into, if it is one.
    fn visit(&mut self, full: &Path, path: &str) -> Option<PathBuf> {
        let metadata = match fs::symlink_metadata(full) {
            Ok(metadata) => metadata,
            Err(error) => {
                self.obstacle(
                    path.to_owned(),
                    ObstacleKind::Unreadable,
                    format!("cannot be examined: {error}"),
                );
                return None;
            }
        };
        if metadata.is_symlink() {
            self.link(full, path);
        } else if metadata.is_dir() {
            return Some(full.to_owned());
        } else if metadata.is_file() {
            self.file(full, path);
        } else {
            self.special(path, &metadata);
        }
        None
    }

    fn file(&mut self, full: &Path, path: &str) {
        self.entries.push(Entry { path: path.to_owned(), content: EntryContent::File(full.to_owned()) });
    }

    fn special(&mut self, path: &str, metadata: &Metadata) {
        let what = special_kind(metadata.file_type());
        let detail = format!("it is a {what}, which is never opened");
        self.obstacle(path.to_owned(), ObstacleKind::SpecialFile, detail);
    }

    fn link(&mut self, full: &Path, path: &str) {
        let (target, metadata) = match fs::canonicalize(full).and_then(|target| {
            let metadata = fs::metadata(&target)?;
            Ok((target, metadata))
        }) {
            Ok(found) => found,
            Err(error) => {
                let detail = match error.kind() {
                    io::ErrorKind::NotFound => "it is a link to something that does not exist".to_owned(),
                    _ => format!("it is a link that cannot be followed: {error}"),
                };
                return self.obstacle(path.to_owned(), ObstacleKind::BrokenLink, detail);
            }
        };
        let inside = target.starts_with(&self.real_root)
            || self.store.as_ref().is_some_and(|store| target.starts_with(store));
        if metadata.is_dir() {
            // A folder inside the target is listed under its own name; following the link as well could loop.
            if !inside {
                let detail =
                    format!("it is a link to the folder `{}`, which is not followed", display_path(&target));
                self.obstacle(path.to_owned(), ObstacleKind::LinkedFolder, detail);
                if is_of_system(&target) {
                    let detail =
                        format!("it is a link to the folder `{}` of the system", display_path(&target));
                    self.obstacle(path.to_owned(), ObstacleKind::LinkToSystem, detail);
                }
            }
        } else if metadata.is_file() {
            if !inside {
                let detail = format!("it is a link to `{}`, outside the target", display_path(&target));
                let system = is_of_system(&target);
                let kind = if system { ObstacleKind::LinkToSystem } else { ObstacleKind::LinkLeaves };
                self.obstacle(path.to_owned(), kind, detail);
            }
            self.file(full, path);
        } else {
            self.special(path, &metadata);
        }
    }

    fn too_many(&mut self) {
        let detail =
            format!("the target holds more than {} files; the rest is not inspected", self.max_files);
        self.obstacle(String::new(), ObstacleKind::TooMany, detail);
    }

    fn obstacle(&mut self, path: String, kind: ObstacleKind, detail: String) {
        self.obstacles.push(Obstacle { path, kind, detail });
    }

    fn finish(mut self) -> (Vec<Entry>, Vec<Obstacle>) {
        self.entries.sort_by(|a, b| a.path.cmp(&b.path));
        self.obstacles.sort_by(|a, b| a.path.cmp(&b.path));
        (self.entries, self.obstacles)
    }
}

/// Whether a file or folder is the system's own, or where people keep their keys: no model leads there.
fn is_of_system(target: &Path) -> bool {
    const SYSTEM: &[&str] = &["boot", "dev", "etc", "proc", "sys"];
    const PRIVATE: &[&str] = &[".aws", ".bash_history", ".docker", ".gnupg", ".kube", ".netrc", ".ssh"];
    let mut parts = target.iter().skip(1).filter_map(|part| part.to_str());
    let first = parts.next().is_some_and(|part| SYSTEM.contains(&part) || PRIVATE.contains(&part));
    first || parts.any(|part| PRIVATE.contains(&part))
}

#[cfg(unix)]
fn special_kind(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;
    if kind.is_fifo() {
        "named pipe"
    } else if kind.is_socket() {
        "socket"
    } else {
        "device"
    }
}

#[cfg(not(unix))]
fn special_kind(_: FileType) -> &'static str {
    "special file"
}
