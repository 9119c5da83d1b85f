//! `sign` and `verify`: OpenSSF Model Signing.

mod bundle;
#[cfg(feature = "sigstore")]
mod keyless;
#[cfg(not(feature = "sigstore"))]
#[path = "sign/keyless_absent.rs"]
mod keyless;
mod statement;
mod verify;

pub(super) use statement::{Signing, name_of, now, write_statement};
pub(super) use verify::{VerifyArgs, verify};

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, ValueEnum};
use weighhouse_core::printable::printable;
use weighhouse_supply::signing::{
    self, Error, HashKind, Keyless, Method, PrivateKey, PublicKey, Signer, SigningOptions, TrustRoot,
};

use crate::exit::{Exit, Mistake};
use crate::output;

/// Keys and certificates are small; what is larger is something else.
const KEY_BYTES: u64 = 1 << 20;
/// A signature lists every file of a model: a million of them in shards.
const SIGNATURE_BYTES: u64 = 1 << 29;

/// Where the password of an encrypted private key is looked for: command lines are seen by everybody on the machine.
const PASSWORD: &str = "WEIGHHOUSE_KEY_PASSWORD";

/// Arguments of `sign`.
#[derive(Debug, Args)]
#[command(after_help = "The password of an encrypted key is read from WEIGHHOUSE_KEY_PASSWORD.")]
pub(crate) struct SignArgs {
    /// The model: a file or a folder
    model: PathBuf,

    /// Private key in PEM: P-256, P-384 or P-521
    #[arg(long, value_name = "KEY.pem", required_unless_present = "signing_config")]
    private_key: Option<PathBuf>,

    /// Where to write the signature
    #[arg(long, value_name = "FILE")]
    signature: PathBuf,

    /// Certificate of the key in PEM; the signature then carries it
    #[arg(long, value_name = "CERTIFICATE.pem", requires = "private_key")]
    certificate: Option<PathBuf>,

    /// Certificates between it and the root, next one first; can be given more than once
    #[arg(long, value_name = "CHAIN.pem", requires = "certificate")]
    certificate_chain: Vec<PathBuf>,

    /// Leave out this file or folder of the model; can be given more than once
    #[arg(long, value_name = "PATH")]
    ignore_path: Vec<PathBuf>,

    /// Sign without a key, with the services of a Sigstore instance that this file names (`signing_config.json`)
    #[arg(
        long,
        value_name = "signing_config.json",
        conflicts_with = "private_key",
        requires = "trusted_root"
    )]
    signing_config: Option<PathBuf>,

    /// Trusted root of that instance; what its services give is checked against it
    #[arg(long, value_name = "trusted_root.json", requires = "signing_config")]
    trusted_root: Option<PathBuf>,

    /// Token that says who signs, from the provider of your identity (default: what `SIGSTORE_ID_TOKEN` holds)
    #[arg(long, value_name = "FILE", requires = "signing_config")]
    identity_token: Option<PathBuf>,

    /// Sign whole files, or shards of them that can be checked one by one
    #[arg(long, value_enum, default_value_t)]
    method: By,

    /// Bytes of a shard
    #[arg(long, value_name = "BYTES", default_value = "1000000000", value_parser = clap::value_parser!(u64).range(1..))]
    shard_size: u64,

    /// Digest of each file or shard: sha256, blake2b or blake3
    #[arg(long, value_name = "DIGEST", default_value = "sha256")]
    digest: HashKind,

    /// Follow symbolic links; they are an error otherwise
    #[arg(long)]
    follow_links: bool,
}

/// How a model is cut into resources.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum By {
    #[default]
    Files,
    Shards,
}

/// Runs `sign`.
pub(super) fn run(arguments: &SignArgs) -> Result<Exit> {
    let method = match arguments.method {
        By::Files => Method::Files,
        By::Shards => Method::Shards { size: arguments.shard_size },
    };
    let ignored = ignored(&arguments.model, &arguments.ignore_path, &arguments.signature)?;
    let options =
        SigningOptions { method, hash: arguments.digest, follow_links: arguments.follow_links, ignored };
    let name = model_name(&arguments.model)?;
    let (bundle, by) = match &arguments.private_key {
        Some(key) => (by_key(arguments, key, &name, &options)?, String::new()),
        None => keyless::sign(arguments, &name, &options)?,
    };
    output::write(Some(&arguments.signature), |out| out.write_all(&bundle))?;
    let to = printable(&arguments.signature.display().to_string());
    output::write(None, |out| writeln!(out, "{to}: signature of `{}`{by}", printable(&name)))?;
    Ok(Exit::Allowed)
}

fn by_key(arguments: &SignArgs, key: &Path, name: &str, options: &SigningOptions) -> Result<Vec<u8>> {
    let key = private_key(key)?;
    let signer = match &arguments.certificate {
        None => Signer::Key(key),
        Some(certificate) => {
            let above = arguments.certificate_chain.iter().map(|path| bytes(path, KEY_BYTES));
            let above: Vec<_> = above.collect::<Result<_>>()?;
            Signer::certificate(key, &bytes(certificate, KEY_BYTES)?, &above)
                .map_err(|error| mistake(certificate, &error))?
        }
    };
    signing::sign(&arguments.model, name, &signer, options).map_err(|error| told(&arguments.model, error))
}

/// What the model is called in its signature: the last part of its path.
fn model_name(model: &Path) -> Result<String> {
    let path = fs::canonicalize(model).map_err(|cause| unreadable(model, &cause))?;
    Ok(path.file_name().map_or_else(|| "model".to_owned(), |name| name.to_string_lossy().into_owned()))
}

/// Paths to leave out, as the signature names them: below the model, with `/`. A path is looked for as it stands and then below the model. A
/// signature inside the model does not sign itself.
fn ignored(model: &Path, wanted: &[PathBuf], signature: &Path) -> Result<Vec<String>> {
    let root = fs::canonicalize(model).map_err(|cause| unreadable(model, &cause))?;
    let below = |path: &Path| -> Option<String> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // Not the path itself: if it is a link, the link is meant.
        let place = fs::canonicalize(folder).ok()?.join(path.file_name()?);
        let inside = place.strip_prefix(&root).ok()?.to_str()?.to_owned();
        (!inside.is_empty()).then(|| inside.replace(std::path::MAIN_SEPARATOR, "/"))
    };
    let mut ignored: Vec<String> = below(signature).into_iter().collect();
    for path in wanted {
        let found = [path.clone(), model.join(path)]
            .iter()
            .filter(|path| path.symlink_metadata().is_ok())
            .find_map(|path| below(path));
        let found = found.ok_or_else(|| Mistake(format!("`{}` is no path in the model", path.display())))?;
        ignored.push(found);
    }
    Ok(ignored)
}

fn text(path: &Path) -> Result<String> {
    let bytes = bytes(path, KEY_BYTES)?;
    String::from_utf8(bytes).map_err(|_| Mistake(format!("`{}` is no PEM text", path.display())).into())
}

/// The authorities in these files. Each is read by itself first, so that a message can name it.
pub(super) fn roots(paths: &[PathBuf]) -> Result<TrustRoot> {
    let mut all = Vec::new();
    for path in paths {
        let pem = bytes(path, KEY_BYTES)?;
        TrustRoot::from_pem(&pem).map_err(|error| mistake(path, &error))?;
        all.extend(pem);
        all.push(b'\n');
    }
    Ok(TrustRoot::from_pem(&all)?)
}

/// The private key in a file.
fn private_key(path: &Path) -> Result<PrivateKey> {
    let password = std::env::var(PASSWORD).ok();
    Ok(PrivateKey::from_pem(&text(path)?, password.as_deref()).map_err(|error| mistake(path, &error))?)
}

/// Somebody whose identity the Sigstore instance of a trusted root has checked.
pub(super) fn keyless(path: &Path, identity: &str, issuer: &str) -> Result<Keyless> {
    Keyless::new(&bytes(path, KEY_BYTES)?, identity, issuer).map_err(|error| match error {
        // Not the file's fault: this build lacks the feature.
        Error::Unsupported(_) => error.into(),
        error => mistake(path, &error).into(),
    })
}

/// The public key in a file.
pub(super) fn public_key(path: &Path) -> Result<PublicKey> {
    Ok(PublicKey::from_pem(&text(path)?).map_err(|error| mistake(path, &error))?)
}

/// The content of a file that the user named, up to `limit`.
pub(super) fn bytes(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let file = fs::File::open(path).map_err(|cause| unreadable(path, &cause))?;
    let mut content = Vec::new();
    let mut reader = file.take(limit.saturating_add(1));
    let mut buffer = [0; 8192];
    loop {
        let count = reader.read(&mut buffer).map_err(|cause| unreadable(path, &cause))?;
        if count == 0 {
            break;
        }
        content.extend_from_slice(buffer.get(..count).unwrap_or_default());
    }
    if content.len() as u64 > limit {
        return Err(Mistake(format!("`{}` is larger than any file of its kind", path.display())).into());
    }
    Ok(content)
}

fn unreadable(path: &Path, cause: &std::io::Error) -> Mistake {
    Mistake(format!("cannot read `{}`: {cause}", path.display()))
}

fn mistake(path: &Path, error: &Error) -> Mistake {
    Mistake(format!("`{}`: {error}", path.display()))
}

/// An error of the operation; what the user can mend is a mistake.
fn told(model: &Path, error: Error) -> anyhow::Error {
    match error {
        Error::Read { .. } | Error::Link(_) | Error::Special(_) | Error::Name(_) => {
            mistake(model, &error).into()
        }
        other => other.into(),
    }
}
