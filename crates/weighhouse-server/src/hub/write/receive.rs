//! Bytes on their way in: as many as were announced, within what a person may send, and not too slowly.

use axum::body::Body;
use futures_util::StreamExt as _;
use sha2::Digest as _;
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt as _;
use tokio::time::{Instant, timeout_at};
use weighhouse_core::Digest;

use super::super::refusal::Refusal;
use crate::error::GateError;
use crate::gate::Gate;
use crate::settings::in_words;
use crate::staging::Room;

/// Bytes for which room is taken at once if nobody says how many come.
const STEP: u64 = 64 << 20;
/// Bytes a second at least, over the whole of it.
const SLOWEST: u64 = 4 << 10;

/// What came.
pub(super) struct Received {
    pub(super) file: NamedTempFile,
    pub(super) sha256: Digest,
    _room: Vec<Room>,
}

/// Receives a body for somebody: exactly `announced` bytes, if somebody said how many.
pub(super) async fn receive(
    gate: &Gate,
    person: &str,
    body: Body,
    announced: Option<u64>,
) -> Result<Received, Refusal> {
    let bounds = &gate.settings.uploads;
    let disk =
        |error: std::io::Error| Refusal::from(GateError::of_disk("what was sent cannot be kept", &error));
    let mut rooms = vec![room(gate, person, announced.unwrap_or(STEP)).await?];
    let mut promised = announced.unwrap_or(STEP);
    let file = gate.staging.temporary().map_err(disk)?;
    let mut to = tokio::fs::File::from_std(file.as_file().try_clone().map_err(disk)?);
    let (mut size, mut digest, begun) = (0_u64, sha2::Sha256::new(), Instant::now());
    let mut stream = body.into_data_stream();
    loop {
        let slowest = begun + bounds.patience + std::time::Duration::from_secs(size / SLOWEST);
        let silence = Instant::now() + bounds.patience;
        let slow = || Refusal::slow("what was sent came too slowly; try again on a better line");
        let Some(next) = timeout_at(silence.min(slowest), stream.next()).await.map_err(|_| slow())? else {
            break;
        };
        let bytes = next.map_err(|_| Refusal::invalid("what was sent broke off"))?;
        size = size.saturating_add(bytes.len() as u64);
        match announced {
            Some(announced) if size > announced => {
                return Err(Refusal::invalid("more was sent than was announced"));
            }
            None if size > promised => {
                rooms.push(room(gate, person, STEP).await?);
                promised = promised.saturating_add(STEP);
            }
            _ => {}
        }
        digest.update(&bytes);
        to.write_all(&bytes).await.map_err(disk)?;
    }
    to.flush().await.map_err(disk)?;
    if announced.is_some_and(|announced| announced != size) {
        return Err(Refusal::invalid("less was sent than was announced"));
    }
    Ok(Received { file, sha256: Digest::from_bytes(digest.finalize().into()), _room: rooms })
}

async fn room(gate: &Gate, person: &str, bytes: u64) -> Result<Room, Refusal> {
    let (staging, quota) = (gate.staging.clone(), gate.settings.uploads.per_person);
    let person = person.to_owned();
    let room = blocking(move || staging.room(&person, bytes, quota)).await?;
    room.ok_or_else(|| Refusal::too_large(no_room(quota)))
}

/// What somebody is told who sent too much.
pub(super) fn no_room(quota: u64) -> String {
    format!(
        "you sent more than {} that no commit names yet; commit what you sent, or wait until it is swept",
        in_words(quota)
    )
}

/// Work that waits for the disk.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, Refusal> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|error| GateError::Internal(error.to_string()))?;
    Ok(done.map_err(|error| GateError::of_disk("what was sent cannot be kept", &error))?)
}
