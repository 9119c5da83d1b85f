//! Tensor data that models keep in files of their own: which file is meant, and which bytes of it are explained.

use std::collections::{BTreeMap, BTreeSet};

use weighhouse_core::printable::printable;
use weighhouse_formats::graph::ExternalData;
use weighhouse_formats::node::{Facts, Node};
use weighhouse_formats::region::{Claims, Region};
use weighhouse_formats::zarr::{self, ZarrArray};

/// Where a file or a member of one is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Path of the file.
    pub file: String,
    /// Chain of members inside it, outermost first; empty for the file itself.
    pub members: Vec<String>,
}

/// A file that may hold tensor data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Where it is.
    pub place: Place,
    /// Length in bytes.
    pub len: u64,
}

/// Models with external data, and what lies beside them.
#[derive(Debug, Default)]
pub struct External {
    /// Each model and its external data.
    pub models: Vec<(Place, Vec<ExternalData>)>,
    /// Arrays whose chunks are files, by their folders.
    arrays: BTreeMap<String, ZarrArray>,
    /// Folders of databases of OCDBT, which keep their data in `d/`.
    databases: BTreeSet<String>,
    /// Length of every file, and of the members beside models that are members themselves; nothing for a name that is there twice.
    sizes: BTreeMap<Place, Option<u64>>,
}

/// What a location leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A file in the folder of the model or below, by its path from there.
    Inside(String),
    /// Something else, with why.
    Leaves(&'static str),
}

/// What the location of external data leads to, by any reader and on any system.
pub fn target(location: &str) -> Target {
    let slashes = location.replace('\\', "/");
    let drive =
        slashes.as_bytes().get(1) == Some(&b':') && slashes.starts_with(|c: char| c.is_ascii_alphabetic());
    if slashes.contains("_ORT_MEM_ADDR_") {
        Target::Leaves("an address of the runtime's own memory")
    } else if slashes.contains("://") {
        Target::Leaves("a network address")
    } else if slashes.starts_with('/') || drive {
        Target::Leaves("an absolute path")
    } else if slashes.starts_with("~/") {
        Target::Leaves("the home of the user")
    } else if slashes.split('/').any(|part| part.trim() == "..") {
        Target::Leaves("outside the folder of the model")
    } else if slashes.chars().any(char::is_control) {
        Target::Leaves("a name with control characters")
    } else {
        let parts: Vec<&str> = slashes.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        Target::Inside(parts.join("/"))
    }
}

impl Place {
    /// A file.
    pub fn file(path: &str) -> Self {
        Self { file: path.to_owned(), members: Vec::new() }
    }

    /// What lies at `path` from the folder that this lies in.
    fn beside(&self, path: &str) -> Self {
        let mut place = self.clone();
        let name = place.members.last_mut().unwrap_or(&mut place.file);
        *name = super::Repository::beside(name, path);
        place
    }
}

/// What one file contributes: models with external data in it, and the members beside them.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Chain of members and what the model there keeps elsewhere.
    models: Vec<(Vec<String>, Vec<ExternalData>)>,
    /// Chain of members and their lengths.
    beside: Vec<(Vec<String>, u64)>,
    /// Arrays that the file itself describes.
    arrays: Vec<ZarrArray>,
}

impl Found {
    /// Whether there is nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.models.is_empty() && self.beside.is_empty() && self.arrays.is_empty()
    }

    /// Takes what is kept out of a file's node.
    pub(super) fn of(node: &Node) -> Self {
        let mut found = Self::default();
        for reading in &node.readings {
            if let Facts::Zarr(facts) = &reading.facts {
                found.arrays.extend(facts.arrays.iter().filter(|array| array.is_numbers()).cloned());
            }
        }
        found.walk(node, &mut Vec::new());
        found
    }

    fn walk(&mut self, node: &Node, chain: &mut Vec<String>) {
        for reading in &node.readings {
            if let Some(facts) = reading.facts.graph()
                && !facts.external.is_empty()
            {
                self.models.push((chain.clone(), facts.external.clone()));
            }
        }
        let before = self.models.len();
        for child in &node.children {
            chain.push(child.name.clone());
            self.walk(child, chain);
            chain.pop();
        }
        let depth = chain.len().saturating_add(1);
        if self.models.iter().skip(before).any(|(model, _)| model.len() == depth) {
            // A name that is not shown as it is could stand for another one.
            let plain = node.children.iter().filter(|child| printable(&child.name) == child.name);
            let members = plain
                .map(|child| ([chain.as_slice(), std::slice::from_ref(&child.name)].concat(), child.len));
            self.beside.extend(members);
        }
    }
}

impl External {
    /// Adds a file and what was found in it.
    pub(super) fn add(&mut self, path: &str, len: u64, found: Found) {
        self.sizes.insert(Place::file(path), Some(len));
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for array in found.arrays {
            self.arrays.entry(zarr::join(folder, &array.path)).or_insert(array);
        }
        let place = |members: Vec<String>| Place { file: path.to_owned(), members };
        self.models.extend(found.models.into_iter().map(|(chain, data)| (place(chain), data)));
        for (chain, len) in found.beside {
            self.sizes.entry(place(chain)).and_modify(|size| *size = None).or_insert(Some(len));
        }
    }

    /// Whether any array has its chunks in files, or any database its data.
    pub fn has_arrays(&self) -> bool {
        !self.arrays.is_empty() || !self.databases.is_empty()
    }

    /// Adds a database by its manifest.
    pub(super) fn add_database(&mut self, manifest: &str) {
        let folder = manifest.rsplit_once('/').map_or("", |(folder, _)| folder);
        self.databases.insert(folder.to_owned());
    }

    /// Whether a file holds data of a database.
    pub fn is_of_database(&self, path: &str) -> bool {
        let data = path.rsplit_once('/').and_then(|(folder, _)| folder.strip_suffix('d'));
        let folder = data.filter(|folder| folder.is_empty() || folder.ends_with('/'));
        folder.is_some_and(|folder| self.databases.contains(folder.trim_end_matches('/')))
    }

    /// Whether a file is a chunk of an array that is described beside it.
    pub fn is_chunk(&self, path: &str) -> bool {
        zarr::holder(path, |folder| self.arrays.get(folder)).is_some()
    }

    /// The file that a location means, if it is there.
    fn holder(&self, model: &Place, location: &str) -> Option<Holder> {
        let Target::Inside(path) = target(location) else { return None };
        let found = |path: &str| {
            let place = model.beside(path);
            self.sizes.get(&place).copied().flatten().map(|len| Holder { place, len })
        };
        found(location).or_else(|| found(&path))
    }

    /// External data whose file is there, with its model and the file.
    pub fn found(&self) -> impl Iterator<Item = (&Place, &ExternalData, Holder)> {
        self.all().filter_map(|(model, data)| Some((model, data, self.holder(model, &data.location)?)))
    }

    /// External data whose file is not there, with its model.
    pub fn missing(&self) -> impl Iterator<Item = (&Place, &ExternalData)> {
        self.all().filter(|(model, data)| {
            matches!(target(&data.location), Target::Inside(_))
                && self.holder(model, &data.location).is_none()
        })
    }

    fn all(&self) -> impl Iterator<Item = (&Place, &ExternalData)> {
        self.models.iter().flat_map(|(model, data)| data.iter().map(move |data| (model, data)))
    }

    /// For every file with tensor data, its length and the bytes that models refer to.
    pub fn explained(&self) -> BTreeMap<Place, (u64, Claims)> {
        let mut explained: BTreeMap<Place, (u64, Claims)> = BTreeMap::new();
        for (_, data, holder) in self.found() {
            let (_, claims) = explained.entry(holder.place).or_insert_with(|| (holder.len, Claims::new()));
            if let Some(length) = data.length {
                claims.claim(Region::at(data.offset, length));
            }
        }
        explained
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_that_leave_are_seen_in_every_spelling() {
        let leaving = [
            "/etc/passwd",
            "../w",
            "a/../../w",
            "..\\w",
            "a\\..\\..\\w",
            "\\\\host\\share\\w",
            "C:\\w",
            "c:w",
            "https://example.com/w",
            "file:///etc/passwd",
            "*/_ORT_MEM_ADDR_/*",
            "w\0.data",
            "w\n",
            " ../w",
            ".. /w",
        ];
        for location in leaving {
            assert!(matches!(target(location), Target::Leaves(_)), "{location}");
        }
        for (location, path) in
            [("w", "w"), ("./w", "w"), ("a//b/./w", "a/b/w"), ("a\\w", "a/w"), ("..w", "..w")]
        {
            assert_eq!(target(location), Target::Inside(path.to_owned()));
        }
    }

    #[test]
    fn what_models_refer_to_is_explained_and_nothing_else() {
        let data = |location: &str, offset, length| ExternalData {
            location: location.to_owned(),
            offset,
            length,
            ..ExternalData::default()
        };
        let found = Found {
            models: vec![(
                Vec::new(),
                vec![data("w", 0, Some(4)), data("./w", 4, Some(4)), data("x", 0, None)],
            )],
            ..Found::default()
        };
        let mut external = External::default();
        external.add("m/model.onnx", 100, found);
        external.add("m/w", 10, Found::default());
        external.add("w", 10, Found::default());
        let explained = external.explained();
        let (len, claims) = &explained[&Place::file("m/w")];
        assert_eq!((explained.len(), *len), (1, 10));
        assert_eq!(claims.unexplained(*len), [Region::new(8, 10)]);
        assert_eq!(external.missing().map(|(_, data)| data.location.as_str()).collect::<Vec<_>>(), ["x"]);
    }

    #[test]
    fn members_of_one_name_are_not_told_apart() {
        let chain = |name: &str| vec!["a.zip".to_owned(), name.to_owned()];
        let data = ExternalData { location: "w".to_owned(), length: Some(1), ..ExternalData::default() };
        let found = Found {
            models: vec![(chain("model.onnx"), vec![data])],
            beside: vec![(chain("w"), 1), (chain("w"), 1)],
            ..Found::default()
        };
        let mut external = External::default();
        external.add("x", 100, found);
        assert_eq!(external.found().count(), 0);
        assert_eq!(external.missing().count(), 1);
    }
}
