//! A witness (C2SP tlog-witness): remembers the newest checkpoint of each log it knows, and cosigns a later one only if that continues the one
//! remembered. What it remembers is on disk before it answers, so that no crash makes it sign two futures of one log.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use weighhouse_core::Digest;
use weighhouse_log::witness::{AddCheckpoint, Answer, Latest, MAX_REQUEST, add_checkpoint};
use weighhouse_log::{Algorithm, Hash, SignerKey, VerifierKey};

use crate::gate::Clock;

/// Bytes of a memory at most.
const MEMORY: u64 = 4096;

/// A witness that is open.
pub struct Witness {
    key: SignerKey,
    logs: Vec<VerifierKey>,
    folder: PathBuf,
    clock: Clock,
    /// Held while a memory is read, compared and written: two requests at once must not roll it back.
    turn: Mutex<()>,
    /// Held as long as the witness lives: no other may have this memory.
    _lock: File,
}

impl std::fmt::Debug for Witness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Witness").field("key", &self.key.verifier().to_string()).finish_non_exhaustive()
    }
}

/// Why a witness does not open, or cannot answer.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// The key signs checkpoints of logs, and does not cosign.
    #[error("`{0}` is not the key of a witness; `weighhouse log keygen NAME --witness` makes one")]
    Key(String),
    /// It knows no log, or a key that is none of a log.
    #[error("{0}")]
    Log(String),
    /// Another witness has the memory.
    #[error("another witness runs on `{0}`: two on one memory could sign two futures of one log")]
    Taken(String),
    /// What it remembers cannot be read or written.
    #[error("what the witness remembers, in `{folder}`: {cause}")]
    Memory {
        /// The folder.
        folder: String,
        /// Why.
        cause: io::Error,
    },
}

impl Witness {
    /// Opens a witness of these logs that remembers in `folder`.
    ///
    /// # Errors
    /// If a key is not what it must be, or the folder cannot be used or is used by another witness.
    pub fn open(
        key: SignerKey,
        logs: Vec<VerifierKey>,
        folder: &Path,
        clock: Clock,
    ) -> Result<Arc<Self>, WitnessError> {
        if key.verifier().algorithm() != Algorithm::Cosignature {
            return Err(WitnessError::Key(key.verifier().name().to_owned()));
        }
        if logs.is_empty() {
            return Err(WitnessError::Log("a witness knows at least one log".to_owned()));
        }
        if let Some(wrong) = logs.iter().find(|log| log.algorithm() != Algorithm::Ed25519) {
            return Err(WitnessError::Log(format!("`{}` is not the key of a log", wrong.name())));
        }
        let trouble = |cause| WitnessError::Memory { folder: folder.display().to_string(), cause };
        fs::create_dir_all(folder).map_err(trouble)?;
        let lock = File::create(folder.join("lock")).map_err(trouble)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                return Err(WitnessError::Taken(folder.display().to_string()));
            }
            Err(fs::TryLockError::Error(cause)) => return Err(trouble(cause)),
        }
        let witness = Self { key, logs, folder: folder.to_owned(), clock, turn: Mutex::new(()), _lock: lock };
        // A memory that cannot be read is found now, not when the first log comes.
        for log in &witness.logs {
            witness.latest(log.name()).map_err(trouble)?;
        }
        Ok(Arc::new(witness))
    }

    /// The key by which its signatures are verified.
    pub fn key(&self) -> &VerifierKey {
        self.key.verifier()
    }

    /// Answers a request. What it signs is on disk before this returns.
    ///
    /// # Errors
    /// If the memory cannot be read or written; nothing is signed then.
    pub fn answer(&self, body: &[u8]) -> io::Result<Answer> {
        let Ok(request) = AddCheckpoint::parse(body) else { return Ok(Answer::Malformed) };
        let origin = request.checkpoint.checkpoint().origin();
        // Before anything is looked up on disk under a name that somebody sent.
        if self.logs.iter().all(|log| log.name() != origin) {
            return Ok(Answer::Unknown);
        }
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.latest(origin)?;
        let now = u64::try_from((self.clock)()).unwrap_or_default();
        let answer = add_checkpoint(&request, &self.logs, before, &self.key, now);
        if let Answer::Cosigned { latest, .. } = &answer
            && *latest != before
        {
            self.remember(origin, *latest)?;
        }
        Ok(answer)
    }

    fn place(&self, origin: &str) -> PathBuf {
        self.folder.join(Digest::of(origin.as_bytes()).hex())
    }

    fn latest(&self, origin: &str) -> io::Result<Latest> {
        let broken =
            || io::Error::new(io::ErrorKind::InvalidData, format!("the memory of `{origin}` is broken"));
        let place = self.place(origin);
        match fs::metadata(&place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Latest::none()),
            Err(error) => return Err(error),
            Ok(metadata) if metadata.len() > MEMORY => return Err(broken()),
            Ok(_) => {}
        }
        let text = fs::read_to_string(&place)?;
        let mut lines = text.lines();
        let mut line = || lines.next().ok_or_else(broken);
        let (name, size, root) = (line()?, line()?, line()?);
        let size = size.parse().map_err(|_| broken())?;
        let root: Hash = root.parse().map_err(|_| broken())?;
        if name == origin { Ok(Latest { size, root }) } else { Err(broken()) }
    }

    /// Writes whole or not at all, and is on disk when this returns.
    fn remember(&self, origin: &str, latest: Latest) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        write!(file, "{origin}\n{}\n{}\n", latest.size, latest.root)?;
        file.as_file().sync_all()?;
        file.persist(self.place(origin)).map_err(|error| error.error)?;
        File::open(&self.folder)?.sync_all()
    }
}

/// Everything a witness answers.
pub fn witness_router(witness: Arc<Witness>) -> Router {
    Router::new()
        .route("/add-checkpoint", post(add))
        .route("/healthz", get(|| async { "ok\n" }))
        .layer(DefaultBodyLimit::max(MAX_REQUEST))
        .with_state(witness)
}

async fn add(State(witness): State<Arc<Witness>>, body: Bytes) -> Response {
    let answered = tokio::task::spawn_blocking(move || witness.answer(&body)).await;
    let answer = match answered.map_err(io::Error::other).and_then(|answer| answer) {
        Ok(answer) => answer,
        Err(error) => {
            tracing::error!(%error, "the witness cannot remember, and signs nothing");
            return (StatusCode::INTERNAL_SERVER_ERROR, "this witness cannot sign\n").into_response();
        }
    };
    let status = StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, answer.content_type())], answer.body()).into_response()
}
