//! Backup and restore: everything that the database says at one moment as a file of its own form, the same whichever database it came from or
//! goes into, and the contents beside it.
//!
//! A backup is read from one snapshot while the gate runs. A restore happens in one transaction, which is committed only if the log that it
//! brought verifies, every row agrees with it, and its head is the one that the backup was made of.

mod contents;
mod dump;
mod format;
mod load;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use weighhouse_core::Digest;
use weighhouse_log::SignerKey;

use self::format::{Header, Writer};
use crate::blobs::Blobs;
use crate::error::{GateError, Result};
use crate::gate::{Clock, SEALS, contents, private_folder};
use crate::keys::make_key;
use crate::seal::Sealer;
use crate::settings::Settings;
use crate::store::{Store, StoreError, timestamp};
use crate::verify::Audit;

/// The ending of the files.
const ENDING: &str = "backup";
/// The folder of contents beside them.
const CONTENTS: &str = "contents";

/// What a backup is to hold.
#[derive(Debug, Clone)]
pub struct Backup {
    /// A folder, which gets a file for each backup and the contents, each once; or a file `….backup`, without contents.
    pub to: PathBuf,
    /// Whether the private key of the audit log goes with it.
    pub with_key: bool,
}

/// What was backed up.
#[derive(Debug, Clone)]
pub struct BackedUp {
    /// The file.
    pub file: PathBuf,
    /// Rows in it.
    pub rows: u64,
    /// The head of the log in it: a signed note.
    pub checkpoint: String,
    /// Contents that were copied, and those that were there from earlier backups.
    pub contents: Option<(u64, u64)>,
    /// Contents that are missing or damaged at the gate itself.
    pub damaged: Vec<String>,
}

/// What is restored.
#[derive(Debug, Clone)]
pub struct Restore {
    /// A file, or a folder of them, of which the latest is taken.
    pub from: PathBuf,
    /// Where contents are, if not beside the file.
    pub contents: Option<PathBuf>,
    /// The private key of the audit log, if it is not in the backup.
    pub key: Option<PathBuf>,
    /// Contents may be missing: they come later, or from elsewhere.
    pub without_contents: bool,
}

/// What was restored.
#[derive(Debug, Clone)]
pub struct Restored {
    /// The file.
    pub file: PathBuf,
    /// When it was made, in seconds since 1970.
    pub at: i64,
    /// What the audit of it said: no faults.
    pub audit: Audit,
    /// Contents that are missing.
    pub missing: u64,
}

/// Backs up a gate, which may be serving meanwhile.
///
/// # Errors
/// If the gate cannot be read, or the backup cannot be written; then there is none.
pub(crate) async fn backup(settings: &Settings, clock: &Clock, what: &Backup) -> Result<BackedUp> {
    let key_file = settings.data.join("log.key");
    let signer = read_key(&key_file)?;
    let store = Store::connect(settings.database.as_deref(), &settings.data, false).await?;
    store.check_key(signer.verifier()).await?;
    let now = clock();
    let is_file = what.to.extension().is_some_and(|ending| ending == ENDING) && !what.to.is_dir();
    let (folder, file) = if is_file {
        (what.to.parent().unwrap_or(Path::new(".")).to_owned(), what.to.clone())
    } else {
        (what.to.clone(), what.to.join(file_name(now)?))
    };
    let wrong = |error: std::io::Error| GateError::of_disk(&folder.display().to_string(), &error);
    if !is_file {
        fs::create_dir_all(&folder).map_err(wrong)?;
    }
    if file.exists() {
        return Err(GateError::Conflict(format!(
            "`{}` is there already; backups are not replaced",
            file.display()
        )));
    }
    let secret = what.with_key.then(|| fs::read_to_string(&key_file)).transpose().map_err(wrong)?;
    let mut snapshot = store.snapshot().await?;
    let schema = store.version(&mut snapshot).await?;
    if schema > Store::newest() {
        return Err(StoreError::TooNew {
            found: schema,
            known: usize::try_from(Store::newest()).unwrap_or(0),
        }
        .into());
    }
    let checkpoint = dump::checkpoint(&mut snapshot).await?;
    let header = Header {
        form: format::FORM,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        schema,
        at: now,
        key: signer.verifier().to_string(),
        checkpoint: checkpoint.clone(),
        secret: secret.map(|secret| secret.trim().to_owned()),
    };
    let mut writer = Writer::begin(&folder, &header).map_err(wrong)?;
    dump::all(&store, &mut snapshot, &mut writer, wrong).await?;
    let wanted = Store::contents_in(&mut snapshot).await?;
    drop(snapshot);
    // The contents first: a file of rows that is there has all it speaks of.
    let mut copied = contents::Copied::default();
    if !is_file {
        let blobs = open_blobs(settings, clock).await?;
        copied = contents::copy(&blobs, &folder.join(CONTENTS), &wanted).await.map_err(wrong)?;
    }
    let rows = writer.finish(&file).map_err(wrong)?;
    let contents = (!is_file).then_some((copied.new, copied.there));
    Ok(BackedUp { file, rows, checkpoint, contents, damaged: copied.damaged })
}

/// Restores a gate into a place where there is none.
///
/// # Errors
/// If there is a gate, the backup is not whole, or it does not verify; then nothing was restored.
pub(crate) async fn restore(settings: &Settings, clock: &Clock, what: &Restore) -> Result<Restored> {
    let file = if what.from.is_dir() { latest(&what.from)? } else { what.from.clone() };
    let checked = format::check(&file)?;
    let header = &checked.header;
    let key_file = settings.data.join("log.key");
    let secret = match (&what.key, &header.secret) {
        (Some(path), _) => read_text(path)?,
        (None, Some(secret)) => secret.clone(),
        (None, None) if key_file.exists() => read_text(&key_file)?,
        (None, None) => {
            let why = "the backup does not hold the private key of the audit log; give the file with `--key`";
            return Err(GateError::Invalid(why.to_owned()));
        }
    };
    let signer: SignerKey = secret
        .trim()
        .parse()
        .map_err(|error| GateError::Invalid(format!("the private key of the audit log: {error}")))?;
    if signer.verifier().to_string() != header.key {
        let why = format!(
            "the backup is of the log `{}`, and this is the key of `{}`",
            header.key,
            signer.verifier()
        );
        return Err(GateError::Invalid(why));
    }
    if signer.verifier().name() != settings.origin {
        let (name, origin) = (signer.verifier().name(), &settings.origin);
        return Err(GateError::Invalid(format!(
            "the backup is of the log `{name}`, but `origin` is `{origin}`; set it as it was"
        )));
    }
    if key_file.exists() && read_text(&key_file)?.trim() != secret.trim() {
        return Err(occupied(&settings.data.display().to_string()));
    }
    let database = settings.data.join("gate.db");
    if settings.database.is_none() && database.exists() {
        return Err(occupied(&database.display().to_string()));
    }
    let wrong = |error: std::io::Error| GateError::of_disk(&settings.data.display().to_string(), &error);
    private_folder(&settings.data).map_err(wrong)?;
    let done = rows(settings, clock, what, &file, &checked, &signer, &secret).await;
    if done.is_err() && settings.database.is_none() {
        // Nobody shall take what is left for a gate.
        for ending in ["", "-wal", "-shm"] {
            drop(fs::remove_file(settings.data.join(format!("gate.db{ending}"))));
        }
    }
    done
}

async fn rows(
    settings: &Settings,
    clock: &Clock,
    what: &Restore,
    file: &Path,
    checked: &format::Checked,
    signer: &SignerKey,
    secret: &str,
) -> Result<Restored> {
    let store = Store::connect(settings.database.as_deref(), &settings.data, true).await?;
    let mut transaction = store.begin_empty().await?.ok_or_else(|| occupied("the database"))?;
    let beside = file.parent().unwrap_or(Path::new(".")).join(CONTENTS);
    let from = what.contents.clone().unwrap_or(beside);
    let wrong = |error: std::io::Error| GateError::of_disk(&settings.data.display().to_string(), &error);
    let blobs = open_blobs(settings, clock).await?;
    let missing = contents::bring(&blobs, &from, &checked.contents).await.map_err(wrong)?;
    if let Some(first) = missing.first().filter(|_| !what.without_contents) {
        return Err(GateError::Invalid(format!(
            "{} of {} contents are not in `{}`, or damaged there, such as {first}; name their folder with `--contents`, or \
             restore without them (`--without-contents`)",
            missing.len(),
            checked.contents.len(),
            from.display(),
        )));
    }
    store.upgrade_to(&mut transaction, checked.header.schema).await?;
    load::all(&store, &mut transaction, file, checked).await?;
    store.upgrade_to(&mut transaction, Store::newest()).await?;
    Store::complete_in(&mut transaction).await?;
    // What lies where servers read that give out what is released is not of the time of the backup.
    Store::forget_all_published(&mut transaction).await?;
    let audit = Audit::of(&mut transaction, signer.verifier()).await?;
    if let Some(fault) = audit.faults.first() {
        return Err(GateError::Invalid(format!(
            "the backup does not agree with its own log, at {} places, such as: {fault}",
            audit.faults.len()
        )));
    }
    if audit.checkpoint != checked.header.checkpoint {
        return Err(GateError::Invalid("the log of the backup has another head than it says".to_owned()));
    }
    let key_file = settings.data.join("log.key");
    make_key(&key_file, secret.trim()).map_err(wrong)?;
    if checked.header.schema < SEALS {
        // There was none.
        Sealer::of(settings)?;
    }
    transaction.commit().await.map_err(GateError::from)?;
    Ok(Restored { file: file.to_owned(), at: checked.header.at, audit, missing: missing.len() as u64 })
}

/// The contents of the gate: in its folder or in object storage. What is released is kept once more out of them.
async fn open_blobs(settings: &Settings, clock: &Clock) -> Result<Blobs> {
    if settings.released_only {
        return Err(GateError::Invalid(
            "this server has only what is released; back up and restore where all contents are".to_owned(),
        ));
    }
    let all = Settings { released: None, ..settings.clone() };
    // No key is made where a gate was: it would be taken for the one that sealed.
    let sealer = match Sealer::at_hand(settings)? {
        Some(sealer) => sealer,
        None if settings.encrypt_blobs => {
            return Err(GateError::Setup(
                "contents are encrypted, and the keys that seal (`seal.key`, `WEIGHHOUSE_SEAL_KEYS`) are not there: copy them from where the gate ran"
                    .to_owned(),
            ));
        }
        None => Sealer::fresh().map_err(|error| GateError::Internal(error.to_string()))?,
    };
    Ok(contents(&all, &Arc::new(sealer), &Arc::default(), clock).await?.0)
}

fn occupied(what: &str) -> GateError {
    GateError::Conflict(format!("{what} is in use by a gate; a backup is restored where there is none"))
}

/// The name of a backup of this moment.
fn file_name(now: i64) -> Result<String> {
    Ok(format!("gate-{}.{ENDING}", timestamp(now)?.replace([':', '-'], "")))
}

/// The latest backup in a folder: names sort by time.
fn latest(folder: &Path) -> Result<PathBuf> {
    let wrong = |error: std::io::Error| GateError::of_disk(&folder.display().to_string(), &error);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with("gate-") && path.extension().is_some_and(|ending| ending == ENDING) {
            names.push(path);
        }
    }
    names.into_iter().max().ok_or_else(|| {
        GateError::Invalid(format!("there is no backup (`gate-….{ENDING}`) in `{}`", folder.display()))
    })
}

fn read_key(path: &Path) -> Result<SignerKey> {
    let text = read_text(path)?;
    text.trim().parse().map_err(|error| {
        GateError::Internal(format!("the key of the audit log, `{}`: {error}", path.display()))
    })
}

fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| GateError::of_disk(&path.display().to_string(), &error))
}

/// A content by its digest and size.
type Wanted = (Digest, u64);
