//! Writes repositories for tests: loose objects and refs, without running git.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::id::Id;

/// A repository that is being written.
pub(crate) struct Builder {
    pub(crate) root: PathBuf,
    files: BTreeMap<String, Vec<u8>>,
    tip: Vec<Id>,
    time: i64,
    author: (String, String),
    committer: Option<(String, String)>,
    signed: bool,
    message: String,
}

/// Noon of 2026-01-01.
pub(crate) const START: i64 = 1_767_268_800;
pub(crate) const DAY: i64 = 86_400;
/// The armour of a signature that nobody made.
pub(crate) const ARMOUR: &str = "-----BEGIN PGP SIGNATURE-----\n\niQEz\n-----END PGP SIGNATURE-----";

impl Builder {
    pub(crate) fn new(root: &Path) -> Self {
        for folder in ["objects/pack", "objects/info", "refs/heads", "refs/tags"] {
            fs::create_dir_all(root.join(".git").join(folder)).unwrap();
        }
        fs::write(root.join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
        let author = ("Ann".to_owned(), "ann@acme.org".to_owned());
        Self {
            root: root.to_owned(),
            files: BTreeMap::new(),
            tip: Vec::new(),
            time: START,
            author,
            committer: None,
            signed: false,
            message: "change".to_owned(),
        }
    }

    /// The next commit is by `name <email>`.
    pub(crate) fn by(&mut self, name: &str, email: &str) -> &mut Self {
        self.author = (name.to_owned(), email.to_owned());
        self
    }

    /// The committer, if it is not the author.
    pub(crate) fn committed_by(&mut self, committer: Option<(&str, &str)>) -> &mut Self {
        self.committer = committer.map(|(name, email)| (name.to_owned(), email.to_owned()));
        self
    }

    /// The next commit is made at this moment.
    pub(crate) fn at(&mut self, time: i64) -> &mut Self {
        self.time = time;
        self
    }

    pub(crate) fn signed(&mut self, signed: bool) -> &mut Self {
        self.signed = signed;
        self
    }

    pub(crate) fn message(&mut self, message: &str) -> &mut Self {
        message.clone_into(&mut self.message);
        self
    }

    /// Writes a file, in the folder and for the next commit.
    pub(crate) fn file(&mut self, path: &str, content: impl AsRef<[u8]>) -> &mut Self {
        let place = self.root.join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, content.as_ref()).unwrap();
        self.committed_file(path, content)
    }

    /// Writes a file for the next commit only.
    pub(crate) fn committed_file(&mut self, path: &str, content: impl AsRef<[u8]>) -> &mut Self {
        self.files.insert(path.to_owned(), content.as_ref().to_vec());
        self
    }

    /// Commits everything, a day after the last commit.
    pub(crate) fn commit(&mut self) -> Id {
        let parents = std::mem::take(&mut self.tip);
        let id = self.commit_on(&parents);
        self.tip = vec![id];
        self.reference("refs/heads/main", id);
        self.time += DAY;
        id
    }

    /// As many commits, each of which changes a file of its own.
    pub(crate) fn commits(&mut self, count: usize) -> &mut Self {
        for number in 0..count {
            let text = format!("{number} at {}", self.time);
            self.file("notes.txt", text);
            self.commit();
        }
        self
    }

    /// Goes on from this commit.
    pub(crate) fn from(&mut self, tip: &[Id]) -> &mut Self {
        self.tip = tip.to_vec();
        self
    }

    fn commit_on(&mut self, parents: &[Id]) -> Id {
        let tree = self.tree("");
        let mut text = format!("tree {tree}\n");
        for parent in parents {
            writeln!(text, "parent {parent}").unwrap();
        }
        let (name, email) = &self.author;
        writeln!(text, "author {name} <{email}> {} +0000", self.time).unwrap();
        let (name, email) = self.committer.as_ref().unwrap_or(&self.author);
        writeln!(text, "committer {name} <{email}> {} +0000", self.time).unwrap();
        if self.signed {
            writeln!(text, "gpgsig {}", ARMOUR.replace('\n', "\n ")).unwrap();
        }
        writeln!(text, "\n{}", self.message).unwrap();
        self.object("commit", text.as_bytes())
    }

    fn tree(&self, prefix: &str) -> Id {
        // Git sorts folders as if their names ended in a slash.
        let mut entries: BTreeMap<String, (String, Id)> = BTreeMap::new();
        for (path, content) in &self.files {
            let Some(rest) = path.strip_prefix(prefix) else { continue };
            match rest.split_once('/') {
                None => {
                    entries.insert(rest.to_owned(), (format!("100644 {rest}"), self.object("blob", content)));
                }
                Some((folder, _)) => {
                    let sorted = format!("{folder}/");
                    let tree = || (format!("40000 {folder}"), self.tree(&format!("{prefix}{folder}/")));
                    entries.entry(sorted).or_insert_with(tree);
                }
            }
        }
        let mut content = Vec::new();
        for (head, id) in entries.values() {
            content.extend_from_slice(head.as_bytes());
            content.push(0);
            content.extend_from_slice(id.as_bytes());
        }
        self.object("tree", &content)
    }

    /// Writes an object under its right name.
    pub(crate) fn object(&self, kind: &str, content: &[u8]) -> Id {
        let id = Id::of(kind, content, 20).unwrap();
        self.object_as(id, kind, content);
        id
    }

    /// Writes an object under any name.
    pub(crate) fn object_as(&self, id: Id, kind: &str, content: &[u8]) {
        let mut whole = format!("{kind} {}\0", content.len()).into_bytes();
        whole.extend_from_slice(content);
        self.raw(id, &whole);
    }

    /// Writes any bytes, packed, where the object lies.
    pub(crate) fn raw(&self, id: Id, whole: &[u8]) {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(whole).unwrap();
        let place = self.place(id);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, encoder.finish().unwrap()).unwrap();
    }

    /// The file of a loose object.
    pub(crate) fn place(&self, id: Id) -> PathBuf {
        let hex = id.to_string();
        self.root.join(".git/objects").join(hex.get(..2).unwrap()).join(hex.get(2..).unwrap())
    }

    pub(crate) fn reference(&self, name: &str, id: Id) {
        let place = self.root.join(".git").join(name);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, format!("{id}\n")).unwrap();
    }

    /// An annotated tag of the newest commit.
    pub(crate) fn tag(&mut self, name: &str, signed: bool) -> Id {
        let target = self.tip[0];
        let (author, email) = &self.author;
        let mut text = format!(
            "object {target}\ntype commit\ntag {name}\ntagger {author} <{email}> {} +0000\n\n{name}\n",
            self.time
        );
        if signed {
            text += ARMOUR;
            text.push('\n');
        }
        let id = self.object("tag", text.as_bytes());
        self.reference(&format!("refs/tags/{name}"), id);
        id
    }
}
