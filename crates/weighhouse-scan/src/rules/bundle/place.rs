//! Where the parts of a bundle lie.

use weighhouse_formats::bundle::Kind;

use crate::repository::Repository;

/// The folder in which the bundle of a document begins, without a slash at its end.
pub(super) fn base(path: &str, kind: Kind) -> String {
    let mut folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    // A manifest that does not lie where it should describes what lies beside it.
    if folder.rsplit('/').next().is_some_and(|name| name.ends_with("-INF")) {
        for _ in 0..kind.folders_above() {
            folder = folder.rsplit_once('/').map_or("", |(folder, _)| folder);
        }
    }
    folder.to_owned()
}

/// The path of something in a folder.
pub(super) fn within(folder: &str, path: &str) -> String {
    let path = path.trim_start_matches("./");
    if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") }
}

/// The Python file that a loader finds for a name in one of some folders: a file, a module or a package.
pub(super) fn code<'r>(repository: &'r Repository, folders: &[String], name: &str) -> Option<&'r str> {
    let module = match name.strip_suffix(".py") {
        Some(file) => file.to_owned(),
        None => name.replace('.', "/"),
    };
    let names = [format!("{module}.py"), format!("{module}/__init__.py")];
    let mut places = folders.iter().flat_map(|folder| names.iter().map(move |name| within(folder, name)));
    places.find_map(|place| repository.files.get_key_value(&place)).map(|(path, _)| path.as_str())
}

/// The Python file of a module anywhere below a folder: loaders put folders of code on the path of imports.
pub(super) fn below<'r>(repository: &'r Repository, folder: &str, module: &str) -> Option<&'r str> {
    let names = ["", "/__init__"].map(|ending| format!("/{}{ending}.py", module.replace('.', "/")));
    let here = |file: &&String| {
        let rooted = format!("/{file}");
        (folder.is_empty() || file.starts_with(folder))
            && names.iter().any(|name| rooted.ends_with(name.as_str()))
    };
    repository.files.keys().find(here).map(String::as_str)
}
