//! A log as a folder of files: `checkpoint`, `tile/…`. What is missing or has the wrong length is a flaw of the log; what cannot be read is an error.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Result;
use weighhouse_log::bundle::{self, Bundle, MAX_ENTRY};
use weighhouse_log::note::MAX_NOTE;
use weighhouse_log::tile::FULL;
use weighhouse_log::{SignedCheckpoint, Tile, TileSet};

use super::flaw;
#[cfg(feature = "hub")]
use super::remote::Remote;
use crate::cli::sign::bytes;
use crate::exit::Mistake;

/// The longest bundle.
const BUNDLE_BYTES: usize = (MAX_ENTRY + 2) * FULL as usize;

/// Who asks, if the log is read over the network.
#[derive(Debug, clap::Args)]
pub(super) struct ReaderArgs {
    /// Token of somebody who may read the log, if it is read over the network; better in the environment than on the command line
    #[arg(long, value_name = "TOKEN", env = "WEIGHHOUSE_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

/// Where a log lies: a folder, or a server that shows one.
#[derive(Debug)]
pub(super) enum Folder {
    Local(PathBuf),
    #[cfg(feature = "hub")]
    Remote(Remote),
}

/// The address, if the user named one instead of a path.
pub(super) fn address(target: &Path) -> Option<&str> {
    target.to_str().filter(|text| text.starts_with("https://") || text.starts_with("http://"))
}

impl Folder {
    #[cfg_attr(not(feature = "hub"), expect(unused_variables, reason = "only a network asks for a token"))]
    pub(super) fn new(path: &Path, reader: &ReaderArgs) -> Result<Self> {
        #[cfg(feature = "hub")]
        if let Some(address) = address(path) {
            return Ok(Self::Remote(Remote::new(address, reader.token.clone())?));
        }
        #[cfg(not(feature = "hub"))]
        if address(path).is_some() {
            let why = "this build of weighhouse reads no log over the network; it lacks the feature `hub`";
            return Err(Mistake(why.to_owned()).into());
        }
        if !path.join("checkpoint").exists() {
            let why = "a log has a file `checkpoint` and a folder `tile`";
            return Err(Mistake(format!("`{}` is no folder of a log: {why}", path.display())).into());
        }
        Ok(Self::Local(path.to_owned()))
    }

    /// The content of a file of the log, which has at most so many bytes.
    fn read(&self, name: &str, limit: usize) -> Result<Vec<u8>> {
        let path = match self {
            Self::Local(path) => path.join(name),
            #[cfg(feature = "hub")]
            Self::Remote(remote) => return remote.read(name, limit),
        };
        match path.metadata() {
            Err(error) if error.kind() == ErrorKind::NotFound => Err(flaw(format!("`{name}` is missing"))),
            Ok(metadata) if metadata.len() > limit as u64 => {
                Err(flaw(format!("`{name}` is longer than such a file can be")))
            }
            _ => bytes(&path, limit as u64),
        }
    }

    pub(super) fn checkpoint(&self) -> Result<SignedCheckpoint> {
        SignedCheckpoint::parse(&self.read("checkpoint", MAX_NOTE)?).map_err(flaw)
    }

    pub(super) fn tile(&self, tile: Tile) -> Result<Vec<u8>> {
        self.read(&tile.path(), tile.bytes())
    }

    pub(super) fn tiles(&self, tiles: &[Tile]) -> Result<TileSet> {
        let mut set = TileSet::new();
        for tile in tiles {
            set.insert(*tile, &self.tile(*tile)?).map_err(flaw)?;
        }
        Ok(set)
    }

    pub(super) fn bundle(&self, bundle: Bundle) -> Result<Vec<u8>> {
        self.read(&bundle.path(), BUNDLE_BYTES)
    }

    /// The bytes of one entry of a log of `size`.
    pub(super) fn entry(&self, index: u64, size: u64) -> Result<Vec<u8>> {
        let full = u64::from(FULL);
        let width = u16::try_from((size - index / full * full).min(full))?;
        let bundle = Bundle::new(index / full, width).ok_or_else(|| flaw("there is no such bundle"))?;
        let bytes = self.bundle(bundle)?;
        let entries =
            bundle::decode(&bytes, width).map_err(|error| flaw(format!("`{}`: {error}", bundle.path())))?;
        let entry = usize::try_from(index % full).ok().and_then(|place| entries.get(place).copied());
        Ok(entry.unwrap_or_default().to_vec())
    }
}
