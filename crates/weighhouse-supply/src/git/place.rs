//! Where the store of a repository lies: in the target, or where the user says. What the target says of it (`.git` as a file, in a
//! submodule or a linked working tree) is followed inside the target only, and never through a link.

use std::path::{Component, Path};

use weighhouse_core::printable::printable_within;

use super::{Folder, Refused};

/// A `.git` file or a `commondir` holds one path.
const POINTER: u64 = 4096;
/// Characters of a path that are shown.
const SHOWN: usize = 200;

/// The store of a repository.
#[derive(Debug)]
pub(super) struct Store {
    /// Objects and refs.
    pub(super) common: Folder,
    /// `HEAD`: of a linked working tree in a folder of its own.
    pub(super) head: Folder,
    /// Whether it has no working folder.
    pub(super) is_bare: bool,
}

/// The store of the repository in `root`; `named` is where the user says that it lies.
pub(super) fn find(root: &Path, named: Option<&Path>) -> Result<Store, Refused> {
    if let Some(named) = named {
        return at(named);
    }
    let folder = Folder::new(root).ok_or(Refused::None)?;
    if let Some(store) = folder.folder(".git") {
        return whole(store, false);
    }
    if !folder.has(".git") {
        let is_bare = folder.has("HEAD") && folder.has("objects") && folder.has("refs");
        return if is_bare { whole(folder, true) } else { Err(Refused::None) };
    }
    let Some(target) = folder.text(".git", POINTER) else {
        return Err(refused("`.git` is a link or no file; give the repository itself"));
    };
    let Some(target) = target.trim().strip_prefix("gitdir:").map(str::trim) else {
        return Err(refused("`.git` is a file that names no folder (`gitdir:`); give the repository itself"));
    };
    let inside = within(root, "", target).and_then(|path| Some((folder.folder(&path)?, path)));
    let Some((head, path)) = inside else { return Err(elsewhere("`.git`", target)) };
    let Some(common) = pointer(&head) else {
        return Ok(Store { common: head.clone(), head, is_bare: false });
    };
    match within(root, &path, &common).and_then(|path| folder.folder(&path)) {
        Some(common) => Ok(Store { common, head, is_bare: false }),
        None => Err(elsewhere("`commondir`", &common)),
    }
}

/// A store with everything in one folder.
fn whole(store: Folder, is_bare: bool) -> Result<Store, Refused> {
    match pointer(&store) {
        None => Ok(Store { common: store.clone(), head: store, is_bare }),
        Some(common) => Err(elsewhere("`commondir`", &common)),
    }
}

/// The store that the user names: whole, or that of a linked working tree, which lies two folders below the whole one.
fn at(named: &Path) -> Result<Store, Refused> {
    let shown = printable_within(&named.display().to_string(), SHOWN);
    let none = || Refused::Unknown(format!("the git repository is not read: `{shown}` is no store of git"));
    let place = named.canonicalize().map_err(|_| none())?;
    let head = Folder::new(&place).filter(|folder| folder.has("HEAD")).ok_or_else(none)?;
    let common = match pointer(&head).as_deref() {
        None => head.clone(),
        Some("../..") => {
            let above = place.parent().and_then(Path::parent);
            above.and_then(Folder::new).ok_or_else(none)?
        }
        Some(other) => return Err(elsewhere("`commondir`", other)),
    };
    Ok(Store { common, head, is_bare: false })
}

/// Where a linked working tree says that the rest of its store lies.
fn pointer(store: &Folder) -> Option<String> {
    store.has("commondir").then(|| store.text("commondir", POINTER).unwrap_or_default().trim().to_owned())
}

/// A path as seen from `root`, which `from`, a folder below it, gives relative to itself or as a whole; nothing if it leads out.
fn within(root: &Path, from: &str, path: &str) -> Option<String> {
    let whole = Path::new(path).is_absolute();
    let (path, mut parts) = if whole {
        let root = root.canonicalize().ok()?;
        (Path::new(path).strip_prefix(root).ok()?, Vec::new())
    } else {
        (Path::new(path), from.split('/').filter(|part| !part.is_empty()).collect())
    };
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::ParentDir => {
                parts.pop()?;
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

fn refused(why: &str) -> Refused {
    Refused::Outside(format!("the git repository is not read: {why}"))
}

fn elsewhere(what: &str, path: &str) -> Refused {
    let shown = printable_within(path, SHOWN);
    refused(&format!(
        "{what} points to `{shown}`, which is no folder inside the target; if you trust that folder, name it: \
         `weighhouse health --git-dir`"
    ))
}
