//! Downloads a commit into the cache: resumed where it broke off, checked before it counts.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::cache::{Cache, create_parent, failed};
use super::client::Client;
use super::digest::RunningDigest;
use super::remote::{Declared, Remote};
use super::{HubError, OnProgress, Patience, Progress};

/// A download into a cache.
pub(super) struct Download<'a> {
    pub(super) client: &'a Client<'a>,
    pub(super) cache: &'a Cache,
    pub(super) repository: &'a str,
    pub(super) patience: &'a Patience,
    pub(super) cancelled: &'a AtomicBool,
    pub(super) on_progress: OnProgress<'a>,
}

/// How often a waiting download looks whether it was cancelled.
const BEAT: Duration = Duration::from_millis(50);

impl Download<'_> {
    /// Downloads what the cache lacks of a commit. Returns how many files that were.
    pub(super) fn run(&self, declared: &Declared, revision: &str) -> Result<usize, HubError> {
        let Declared { commit, files } = declared;
        // The list comes first: by it, a download that was broken off is known to be incomplete.
        self.cache.note_files(commit, files)?;
        let total = files.iter().fold(0_u64, |sum, file| sum.saturating_add(file.size));
        let mut before = 0_u64;
        let mut fetched = 0;
        for file in files {
            let start = before;
            let report = |done: u64| {
                let done = start.saturating_add(done);
                (self.on_progress)(Progress { path: &file.path, done, total });
            };
            if !is_whole(&self.cache.blob(file.content.name()), file) {
                self.fetch(commit, file, &report)?;
                fetched += 1;
            }
            report(file.size);
            before = before.saturating_add(file.size);
        }
        // Links and the reference come last: what they lead to is there.
        for file in files {
            self.cache.link(commit, &file.path, file.content.name())?;
        }
        let folder = self.cache.snapshot(commit);
        fs::create_dir_all(&folder).map_err(|error| failed(&folder, &error))?;
        self.cache.note_reference(revision, commit)?;
        Ok(fetched)
    }

    /// Downloads one file to its place among the blobs; a broken connection is taken up again as long as that helps.
    fn fetch(&self, commit: &str, remote: &Remote, report: &dyn Fn(u64)) -> Result<(), HubError> {
        let partial = self.cache.partial(remote.content.name());
        let blob = self.cache.blob(remote.content.name());
        let mut file = self.open_alone(&partial)?;
        if is_whole(&blob, remote) {
            // Another process was faster.
            if length(&file, &partial)? == 0 && fs::remove_file(&partial).is_err() {
                // It is gone already.
            }
            return Ok(());
        }
        let mut vain = 0;
        loop {
            let before = length(&file, &partial)?;
            match self.attempt(&mut file, &partial, commit, remote, report) {
                Ok(found) => return conclude(&file, &partial, &blob, remote, found),
                Err(error) if error.may_pass() => {
                    vain = if length(&file, &partial)? > before { 0 } else { vain + 1 };
                    if vain >= self.patience.attempts {
                        return Err(error);
                    }
                    self.pause(self.patience.pause)?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// One request for what is lacking; returns the digest of the whole.
    fn attempt(
        &self,
        file: &mut File,
        partial: &Path,
        commit: &str,
        remote: &Remote,
        report: &dyn Fn(u64),
    ) -> Result<String, HubError> {
        let written = |error: std::io::Error| failed(partial, &error);
        let have = length(file, partial)?;
        let mut digest = RunningDigest::new(&remote.content, remote.size);
        if have == remote.size {
            // All of it arrived before the run was killed.
            digest.absorb(file, have).map_err(written)?;
            return Ok(digest.finish());
        }
        let resume = if have < remote.size { have } else { 0 };
        let (honoured, response) = self.client.open(self.repository, commit, &remote.path, resume)?;
        let mut done = if honoured { resume } else { 0 };
        let announced = response.headers().get("content-length").and_then(|value| value.to_str().ok());
        if let Some(announced) = announced.and_then(|len| len.parse::<u64>().ok())
            && done.checked_add(announced) != Some(remote.size)
        {
            return Err(wrong_size(remote, &format!("{}", done.saturating_add(announced))));
        }
        digest.absorb(file, done).map_err(written)?;
        file.set_len(done).and_then(|()| file.seek(SeekFrom::Start(done)).map(|_| ())).map_err(written)?;

        // One byte more than declared is enough to know that the declaration is wrong.
        let most = remote.size.saturating_sub(done).saturating_add(1);
        let mut body = response.into_body().into_reader().take(most);
        let mut window = vec![0; 256 * 1024];
        loop {
            self.check()?;
            let count = body.read(&mut window).map_err(|error| broken_off(remote, done, &error))?;
            let Some(part) = window.get(..count).filter(|part| !part.is_empty()) else { break };
            file.write_all(part).map_err(written)?;
            digest.update(part);
            done += count as u64;
            report(done);
        }
        match done.cmp(&remote.size) {
            std::cmp::Ordering::Less => {
                Err(broken_off(remote, done, &std::io::ErrorKind::UnexpectedEof.into()))
            }
            std::cmp::Ordering::Equal => Ok(digest.finish()),
            std::cmp::Ordering::Greater => {
                file.set_len(0).map_err(written)?;
                Err(wrong_size(remote, "more"))
            }
        }
    }

    /// Opens a partial file for this process alone: two that download the same file take turns, and the second finds it
    /// done. Where the file system has no locks, the digest has to do.
    fn open_alone(&self, partial: &Path) -> Result<File, HubError> {
        let written = |error: std::io::Error| failed(partial, &error);
        create_parent(partial).map_err(written)?;
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).open(partial);
        let file = file.map_err(written)?;
        loop {
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => self.pause(BEAT)?,
                Err(TryLockError::Error(error)) if error.kind() != std::io::ErrorKind::Unsupported => {
                    return Err(written(error));
                }
                _ => return Ok(file),
            }
        }
    }

    fn pause(&self, length: Duration) -> Result<(), HubError> {
        let mut left = length;
        while !left.is_zero() {
            self.check()?;
            let step = left.min(BEAT);
            std::thread::sleep(step);
            left = left.saturating_sub(step);
        }
        self.check()
    }

    fn check(&self) -> Result<(), HubError> {
        if self.cancelled.load(Ordering::Relaxed) { Err(HubError::Cancelled) } else { Ok(()) }
    }
}

/// Whether the cache has this content, as far as its size tells.
fn is_whole(blob: &Path, remote: &Remote) -> bool {
    fs::metadata(blob).is_ok_and(|metadata| metadata.is_file() && metadata.len() == remote.size)
}

fn length(file: &File, partial: &Path) -> Result<u64, HubError> {
    file.metadata().map(|metadata| metadata.len()).map_err(|error| failed(partial, &error))
}

fn broken_off(remote: &Remote, done: u64, error: &std::io::Error) -> HubError {
    let reason = format!(
        "broken off after {done} of {} bytes ({error}); run the command again to resume",
        remote.size
    );
    HubError::Connection { what: remote.path.clone(), reason }
}

fn wrong_size(remote: &Remote, sent: &str) -> HubError {
    let reason = format!("{} bytes are declared, but {sent} are sent", remote.size);
    HubError::Protocol { what: remote.path.clone(), reason }
}

/// Gives what arrived its name if its digest is the declared one, else throws it away.
fn conclude(
    file: &File,
    partial: &Path,
    blob: &Path,
    remote: &Remote,
    found: String,
) -> Result<(), HubError> {
    if found != remote.content.name() {
        // Emptied, not removed: another process may be waiting for this very file.
        file.set_len(0).map_err(|error| failed(partial, &error))?;
        let declared = remote.content.name().to_owned();
        return Err(HubError::Digest { path: remote.path.clone(), declared, found });
    }
    file.sync_all().and_then(|()| fs::rename(partial, blob)).map_err(|error| failed(blob, &error))
}
