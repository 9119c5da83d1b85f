//! Whose a place of contents is: a small text beside them. Two gates that kept what they release at one place would each remove what the other has.

use std::io::{self, Write as _};

use object_store::{Error, ObjectStore as _, ObjectStoreExt as _, PutMode, PutOptions};

use super::{Blobs, Kind};

/// The name of the text.
const CLAIM: &str = "gate";
/// Bytes of it that are read at most.
const LONGEST: u64 = 4096;

impl Blobs {
    /// Whose it is; nobody's, if nobody said so yet.
    pub(crate) async fn claimed(&self) -> io::Result<Option<String>> {
        match &self.kind {
            Kind::Folder(folder) => match std::fs::read_to_string(folder.root().join(CLAIM)) {
                Ok(text) => Ok(Some(text.trim().to_owned())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            },
            Kind::Remote(remote) => {
                let objects = &remote.objects;
                match objects.store.get(&objects.child(CLAIM)).await {
                    Ok(claim) if claim.meta.size <= LONGEST => {
                        let bytes = claim.bytes().await.map_err(|error| objects.fault(&error))?;
                        Ok(Some(String::from_utf8_lossy(&bytes).trim().to_owned()))
                    }
                    Ok(_) => Ok(Some("something else".to_owned())),
                    Err(Error::NotFound { .. }) => Ok(None),
                    Err(error) => Err(objects.fault(&error)),
                }
            }
        }
    }

    /// Says whose it is, where nobody did. Who was faster is seen by who asks next.
    pub(crate) async fn claim(&self, owner: &str) -> io::Result<()> {
        let text = format!("{owner}\n");
        match &self.kind {
            Kind::Folder(folder) => {
                let mut staged = self.temporary()?;
                staged.write_all(text.as_bytes())?;
                staged.as_file().sync_all()?;
                match staged.persist_noclobber(folder.root().join(CLAIM)) {
                    Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(error.error),
                    _ => Ok(()),
                }
            }
            Kind::Remote(remote) => {
                let objects = &remote.objects;
                let create = PutOptions::from(PutMode::Create);
                match objects.store.put_opts(&objects.child(CLAIM), text.into_bytes().into(), create).await {
                    Ok(_) | Err(Error::AlreadyExists { .. }) => Ok(()),
                    Err(error) => Err(objects.fault(&error)),
                }
            }
        }
    }
}
