//! Where contents of a test are: in the folder of its gate, or, with `WEIGHHOUSE_TEST_BLOBS=s3://…` (`tools/s3 run …`), in object storage, where
//! each gate has a place of its own. Read and written here past the gate.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use futures_util::StreamExt as _;
use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey};
use object_store::path::Path as Key;
use object_store::{ObjectStore as _, ObjectStoreExt as _};
use weighhouse_core::Digest;
use weighhouse_server::{ObjectStorage, Place, Settings, StoragePatience};

/// The contents of a gate.
pub(crate) enum Contents {
    Folder(PathBuf),
    Storage(Box<AmazonS3>, String),
}

/// Object storage for the gate with this data folder, if the environment names one. Nothing is at hand: everything comes from there.
pub(crate) fn storage(data: &Path) -> Option<ObjectStorage> {
    let address = std::env::var("WEIGHHOUSE_TEST_BLOBS").ok()?;
    let own = Digest::of(data.as_os_str().as_encoded_bytes()).short();
    Some(ObjectStorage {
        address: format!("{address}/{own}"),
        options: std::env::vars().filter(|(name, _)| name.starts_with("AWS_")).collect(),
        at_hand: 0,
        patience: StoragePatience::default(),
    })
}

/// A place for what is released by the gate with this data folder, of the same kind as that of its contents.
pub(crate) fn beside(data: &Path) -> Place {
    match storage(data) {
        None => Place::Folder(data.join("released")),
        Some(storage) => {
            let address = format!("{}-released", storage.address);
            Place::Objects(ObjectStorage { address, ..storage })
        }
    }
}

impl Contents {
    /// All contents.
    pub(crate) fn of(settings: &Settings) -> Self {
        let folder = || Place::Folder(settings.data.join("blobs"));
        Self::at(&settings.blobs.clone().map_or_else(folder, Place::Objects))
    }

    /// Those of what is released.
    pub(crate) fn released(settings: &Settings) -> Self {
        Self::at(settings.released.as_ref().unwrap())
    }

    fn at(place: &Place) -> Self {
        let storage = match place {
            Place::Folder(folder) => return Self::Folder(folder.clone()),
            Place::Objects(storage) => storage,
        };
        let (bucket, prefix) = storage.address.strip_prefix("s3://").unwrap().split_once('/').unwrap();
        let mut builder = AmazonS3Builder::new();
        for (name, value) in &storage.options {
            if let Ok(key) = name.to_ascii_lowercase().parse::<AmazonS3ConfigKey>() {
                builder = builder.with_config(key, value);
            }
        }
        // The server itself, whatever stands between it and the gate.
        if let Ok(endpoint) = std::env::var("AWS_ENDPOINT_URL") {
            builder = builder.with_endpoint(endpoint);
        }
        Self::Storage(Box::new(builder.with_bucket_name(bucket).build().unwrap()), prefix.to_owned())
    }

    /// The store itself, and the name of something in it.
    pub(crate) fn there(&self, name: &str) -> Option<(&AmazonS3, Key)> {
        match self {
            Self::Folder(_) => None,
            Self::Storage(store, prefix) => Some((store, Key::from(format!("{prefix}/{name}")))),
        }
    }

    pub(crate) async fn read(&self, sha256: &str) -> Option<Vec<u8>> {
        match self {
            Self::Folder(folder) => std::fs::read(folder.join(name(sha256))).ok(),
            Self::Storage(store, prefix) => {
                let found = store.get(&Key::from(format!("{prefix}/{}", name(sha256)))).await.ok()?;
                Some(found.bytes().await.unwrap().to_vec())
            }
        }
    }

    pub(crate) async fn write(&self, sha256: &str, bytes: &[u8]) {
        match self {
            Self::Folder(folder) => {
                let place = folder.join(name(sha256));
                std::fs::create_dir_all(place.parent().unwrap()).unwrap();
                std::fs::write(place, bytes).unwrap();
            }
            Self::Storage(store, prefix) => {
                let key = Key::from(format!("{prefix}/{}", name(sha256)));
                store.put(&key, bytes.to_vec().into()).await.unwrap();
            }
        }
    }

    pub(crate) async fn remove(&self, sha256: &str) {
        match self {
            Self::Folder(folder) => std::fs::remove_file(folder.join(name(sha256))).unwrap(),
            Self::Storage(store, prefix) => {
                store.delete(&Key::from(format!("{prefix}/{}", name(sha256)))).await.unwrap();
            }
        }
    }

    /// How many there are.
    pub(crate) async fn count(&self) -> usize {
        self.names().await.len()
    }

    /// Their digests.
    pub(crate) async fn names(&self) -> BTreeSet<String> {
        match self {
            Self::Folder(folder) => files(&folder.join("sha256")),
            Self::Storage(store, prefix) => {
                let all = store.list(Some(&Key::from(format!("{prefix}/sha256"))));
                all.map(|found| found.unwrap().location.filename().unwrap().to_owned()).collect().await
            }
        }
    }
}

/// Where content is, below the folder or prefix.
pub(crate) fn name(sha256: &str) -> String {
    let part = |range| sha256.get::<std::ops::Range<usize>>(range).unwrap();
    format!("sha256/{}/{}/{sha256}", part(0..2), part(2..4))
}

fn files(folder: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names.extend(files(&path));
        } else {
            names.insert(path.file_name().unwrap().to_str().unwrap().to_owned());
        }
    }
    names
}
