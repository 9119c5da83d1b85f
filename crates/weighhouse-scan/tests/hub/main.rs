//! Models on a Hub, against a scripted server on the loopback interface: what is fetched, checked, resumed, refused, and
//! what the cache holds afterwards.

#![cfg(feature = "hub")]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod cached;
mod lists;
mod oracle;
mod refusals;
mod server;
mod transfer;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use weighhouse_scan::source::hub::{Holding, HubError, HubOptions, Patience, Reader, Token, from_hub};
use weighhouse_scan::source::{EntryContent, Listing};

use server::{COMMIT, Hub, Server};

/// A cache in a folder of its own, and options that lose patience soon.
struct Place {
    folder: tempfile::TempDir,
    options: HubOptions,
}

impl Place {
    fn new(endpoint: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = HubOptions {
            holding: Holding::Model,
            endpoint: endpoint.to_owned(),
            reader: Reader::User,
            token: Token::new("hf_secret"),
            cache: folder.path().join("hub"),
            offline: false,
            max_files: 1000,
            patience: Patience {
                connect: Duration::from_secs(5),
                answer: Duration::from_millis(500),
                silence: Duration::from_millis(500),
                attempts: 2,
                pause: Duration::from_millis(1),
            },
            authorities: None,
        };
        Self { folder, options }
    }

    fn get(&self) -> Result<Listing, HubError> {
        self.get_revision("main")
    }

    fn get_revision(&self, revision: &str) -> Result<Listing, HubError> {
        from_hub("org/model", revision, &self.options, &AtomicBool::new(false), &|_| ())
    }

    fn offline(&mut self, revision: &str) -> Result<Listing, HubError> {
        self.options.offline = true;
        self.get_revision(revision)
    }

    /// The text of the error that must arise.
    fn error(&self) -> String {
        self.get().unwrap_err().to_string()
    }

    fn model(&self) -> PathBuf {
        self.folder.path().join("hub/models--org--model")
    }

    fn blob(&self, name: &str) -> PathBuf {
        self.model().join("blobs").join(name)
    }

    /// Leaves the first `bytes` of a file as an interrupted download does.
    fn leave_partial(&self, name: &str, bytes: &[u8]) {
        std::fs::create_dir_all(self.model().join("blobs")).unwrap();
        std::fs::write(self.blob(&format!("{name}.weighhouse.incomplete")), bytes).unwrap();
    }
}

/// Paths and contents of a listing.
fn contents(listing: &Listing) -> Vec<(String, Vec<u8>)> {
    let read = |content: &EntryContent| match content {
        EntryContent::File(path) => std::fs::read(path).unwrap(),
        EntryContent::Spooled(_) => unreachable!("a cache holds files"),
    };
    listing.entries.iter().map(|entry| (entry.path.clone(), read(&entry.content))).collect()
}

/// Every file below a folder, relative to it.
fn files_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).into_iter().flatten() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                found.push(entry.path().strip_prefix(folder).unwrap().display().to_string());
            }
        }
    }
    found.sort();
    found
}

const WEIGHTS: &[u8] = &[7; 300_000];

fn usual() -> Hub {
    Hub::new(&[
        ("config.json", b"{}\n"),
        ("empty.txt", b""),
        ("model.safetensors", WEIGHTS),
        ("onnx/deep/er/notes.md", b"# Notes\n"),
    ])
}

#[test]
fn a_model_is_downloaded_into_the_layout_of_other_clients() {
    let hub = usual();
    let server = Server::start({
        let hub = hub.clone();
        move |request| hub.answer(request)
    });
    let mut place = Place::new(&server.url);
    let listing = place.get().unwrap();
    assert_eq!(listing.name, "hf:org/model@main (commit 0123456789ab, downloaded)");
    assert!(listing.obstacles.is_empty());
    let expected: Vec<_> =
        hub.files.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.clone())).collect();
    assert_eq!(contents(&listing), expected);

    let mut files: Vec<_> = hub
        .files
        .iter()
        .flat_map(|(path, bytes)| {
            [format!("blobs/{}", server::name_of(path, bytes)), format!("snapshots/{COMMIT}/{path}")]
        })
        .chain(["refs/main".to_owned(), format!("trees/{COMMIT}.json")])
        .collect();
    files.sort();
    assert_eq!(files_below(&place.model()), files);
    assert_eq!(std::fs::read_to_string(place.model().join("refs/main")).unwrap(), COMMIT);
    let link = place.model().join("snapshots").join(COMMIT).join("onnx/deep/er/notes.md");
    let target = std::fs::read_link(link).unwrap();
    assert!(target.starts_with("../../../../../blobs"), "{}", target.display());

    let tokens = server.requests();
    assert!(tokens.iter().all(|request| request.header("authorization") == Some("Bearer hf_secret")));
    assert!(!format!("{:?}", place.options).contains("hf_secret"));

    // A second run asks what `main` is, and downloads nothing.
    let before = server.requests().len();
    assert_eq!(place.get().unwrap().name, "hf:org/model@main (commit 0123456789ab, local cache)");
    assert_eq!(server.requests().len(), before + 1);
    // A commit does not move: nothing is asked. Nor when offline.
    place.get_revision(COMMIT).unwrap();
    place.offline("main").unwrap();
    assert_eq!(server.requests().len(), before + 1);
}
