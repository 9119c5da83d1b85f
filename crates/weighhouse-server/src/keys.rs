//! The keys of a gate: that of its log, in a file of its own, and those that follow from it (HKDF, RFC 5869). Servers that sign one log have
//! the same ones, a backup of one key is one of all, and none says anything of the others to who has only what it signed.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use ring::hkdf;
use weighhouse_log::{Algorithm, SecretKey, SignerKey};
use weighhouse_supply::signing::PrivateKey;

use crate::error::{GateError, Result};

/// What a gate signs with.
pub(crate) struct Keys {
    /// Checkpoints of the log.
    pub(crate) log: Arc<SignerKey>,
    /// Statements about revisions.
    pub(crate) statements: PrivateKey,
    /// Addresses to which contents are sent.
    pub(crate) uploads: [u8; 32],
}

impl Keys {
    /// Reads the key of the log, made at the first start. Only the owner of the file may read it.
    pub(crate) fn of_file(path: &Path, origin: &str) -> Result<Self> {
        let wrong = |error: &dyn std::fmt::Display| {
            GateError::Setup(format!("the key of the audit log, `{}`: {error}", path.display()))
        };
        if !fs::exists(path).map_err(|error| wrong(&error))? {
            let secret = SecretKey::generate(origin, Algorithm::Ed25519).map_err(|error| wrong(&error))?;
            make_key(path, secret.expose()).map_err(|error| wrong(&error))?;
        }
        // Read back in any case: of two servers that start at once, both take the key that came first.
        let text = fs::read_to_string(path).map_err(|error| wrong(&error))?;
        let log: SignerKey = text.trim().parse().map_err(|error| wrong(&error))?;
        let name = log.verifier().name();
        if name != origin {
            let why = format!(
                "it is the key of `{name}`, but the gate's `origin` is `{origin}`; name the configuration of this gate with `--config`, \
                 or write `origin = \"{name}\"` below `[gate]`"
            );
            return Err(wrong(&why));
        }
        // Nearly every number is a key of the curve.
        let number = |count: u8| derived(text.trim(), b"weighhouse statements v1", &[b"p256", &[count]]);
        let statements = (0..=u8::MAX).find_map(|count| PrivateKey::from_secret(&number(count)?));
        let uploads = derived(text.trim(), b"weighhouse uploads v1", &[b"hmac"]);
        let (Some(statements), Some(uploads)) = (statements, uploads) else {
            return Err(wrong(&"no other key follows from it"));
        };
        Ok(Self { log: Arc::new(log), statements, uploads })
    }
}

/// A key that follows from another one.
fn derived(secret: &str, what: &[u8], info: &[&[u8]]) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let pseudorandom = hkdf::Salt::new(hkdf::HKDF_SHA256, what).extract(secret.as_bytes());
    pseudorandom.expand(info, hkdf::HKDF_SHA256).ok()?.fill(&mut bytes).ok()?;
    Some(bytes)
}

/// Writes a key that is not there yet. It comes into its place whole or not at all, and never replaces another.
pub(crate) fn make_key(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    // Made for its owner only.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => fs::File::open(folder)?.sync_all(),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_with_one_log_key_have_the_same_keys() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let all = |name: &str| {
            let keys = Keys::of_file(&at(name), "gate.test/log").unwrap();
            (keys.log.verifier().to_string(), keys.statements.public().pem().unwrap(), keys.uploads)
        };
        let one = all("one");
        fs::copy(at("one"), at("two")).unwrap();
        assert_eq!(all("two"), one);
        let other = all("other");
        assert!(other.0 != one.0 && other.1 != one.1 && other.2 != one.2);
        assert!(Keys::of_file(&at("one"), "other.test/log").is_err());
    }
}
