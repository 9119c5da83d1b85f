//! Materials for tests.

use std::fs;
use std::path::Path;

use weighhouse_core::Digest;

use super::{Content, Material, Materials};

/// A text file.
pub(crate) fn text(path: &str, text: &str) -> Material {
    Material {
        path: path.to_owned(),
        len: text.len() as u64,
        sha256: Some(Digest::of(text.as_bytes())),
        format: "text",
        text: Some(text.to_owned()),
        ..Material::default()
    }
}

/// Text files.
pub(crate) fn texts(files: &[(&str, &str)]) -> Materials {
    of(files.iter().map(|(path, content)| text(path, content)).collect())
}

/// Files in any order.
pub(crate) fn of(mut files: Vec<Material>) -> Materials {
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Materials { name: "model".to_owned(), root: None, files }
}

/// A folder as it lies on disk.
pub(crate) fn folder(root: &Path) -> Materials {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = fs::read(&path).unwrap();
            files.push(Material {
                path: path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(),
                len: bytes.len() as u64,
                sha256: Some(Digest::of(&bytes)),
                format: "unknown",
                content: Some(Content::Path(path)),
                text: String::from_utf8(bytes).ok().filter(|text| !text.contains('\0')),
                ..Material::default()
            });
        }
    }
    Materials { root: Some(root.to_owned()), ..of(files) }
}
