//! What clients ask again and again, remembered as long as nothing changes.
//!
//! All that is remembered is state, and state changes only together with a record of the audit log. So the head of the log tells whether
//! what is remembered is still true, of changes by any server. Each request asks for it *after* it came: what was withdrawn before, it does
//! not see any more. Requests that wait for the answer at the same time share one question. The head is a checkpoint, which no two logs have in common: a
//! database that was put back and then went another way is not taken for the one before.

use std::any::Any;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::Row as _;
use weighhouse_core::Digest;

use super::identities::Identity;
use super::models::Model;
use super::people::Holder;
use super::releases::Release;
use super::revisions::{File, Revision};
use super::{Result, Store, StoreError};
use crate::card::Card;
use crate::name::Name;

/// What is remembered at most: a number of things of about 500 bytes.
const MOST: usize = 20_000;
const THING: usize = 500;

/// The signed checkpoint at the end of the log; nothing before the first record.
type Head = Arc<str>;

/// What is remembered, and which head of the log it is of.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// How often the head was asked for.
    begun: AtomicU64,
    /// The last answer, if there was one, and the how-manieth it is.
    last: tokio::sync::Mutex<(u64, Option<Head>)>,
    known: Mutex<Known>,
    /// When a use of a token, or a download, was noted last, by what it is called in the database.
    noted: Mutex<HashMap<(String, String), i64>>,
}

#[derive(Debug, Default)]
struct Known {
    head: Head,
    weight: usize,
    things: HashMap<Key, Arc<dyn Any + Send + Sync>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Holder(Digest),
    Identity(String),
    Model(Name),
    Serving(String, String),
    Revision(String),
    RevisionAt(String, String),
    Releases(String),
    File(String, String),
    Files(String),
    Card(String),
}

impl Key {
    /// Bytes of what callers chose. Names and commits are short.
    fn length(&self) -> usize {
        if let Self::File(_, path) = self { path.len() } else { 0 }
    }
}

/// The state of the gate, at least as new as when this was made.
#[derive(Debug)]
pub(crate) struct Seen<'a> {
    store: &'a Store,
    head: Head,
}

impl Store {
    /// The state as it is now.
    pub(crate) async fn seen(&self) -> Result<Seen<'_>> {
        let memory = &self.memory;
        let arrived = memory.begun.load(Ordering::SeqCst);
        let mut last = memory.last.lock().await;
        let (begun, head) = &*last;
        // Somebody asked after this request had come. If the database did not answer them, it is not waited for again, one after another.
        if *begun > arrived {
            let away = || StoreError::Away(sqlx::Error::PoolTimedOut);
            return Ok(Seen { store: self, head: head.clone().ok_or_else(away)? });
        }
        let begun = memory.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let head = self.head_of_log().await;
        *last = (begun, head.as_ref().ok().cloned());
        Ok(Seen { store: self, head: head? })
    }

    async fn head_of_log(&self) -> Result<Head> {
        let row = sqlx::query("SELECT checkpoint FROM log_head WHERE id = 1").fetch_one(self.pool()).await?;
        Ok(row.try_get::<String, _>("checkpoint")?.into())
    }

    /// Whether this was noted within the last minute, by this server.
    pub(super) fn noted(&self, what: &str, who: &str, now: i64) -> bool {
        let noted = self.memory.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.get(&(what.to_owned(), who.to_owned())).is_some_and(|then| (now - 60..=now).contains(then))
    }

    /// Remembers that it was noted. Only once the database has it.
    pub(super) fn note(&self, what: &str, who: &str, now: i64) {
        let mut noted = self.memory.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.len() >= MOST {
            noted.clear();
        }
        noted.insert((what.to_owned(), who.to_owned()), now);
    }
}

impl Seen<'_> {
    /// Who holds the token of this digest, if it is good at the time `now`.
    pub(crate) async fn holder(&self, digest: Digest, now: i64) -> Result<Option<Holder>> {
        let key = Key::Holder(digest);
        if let Some(known) = self.recall::<Holder>(&key) {
            return Ok(Some(known.as_ref().clone()).filter(|holder| holder.token.expires > now));
        }
        let holder = self.store.holder(digest, now).await?;
        // What is no token is not remembered: anybody could fill the memory with it.
        if let Some(holder) = &holder {
            self.keep(key, Arc::new(holder.clone()), 1);
        }
        Ok(holder)
    }

    /// Who somebody is in the directory, if it knows them.
    pub(crate) async fn identity_of(&self, person: &str) -> Result<Option<Identity>> {
        self.remember(Key::Identity(person.to_owned()), self.store.identity_of(person)).await
    }

    pub(crate) async fn model(&self, name: &Name) -> Result<Option<Model>> {
        self.remember(Key::Model(name.clone()), self.store.model(name)).await
    }

    /// What serves somebody in a stage.
    pub(crate) async fn serving(&self, model: &str, stage: &str) -> Result<Vec<Release>> {
        let key = Key::Serving(model.to_owned(), stage.to_owned());
        self.remember_releases(key, self.store.serving(model, stage)).await
    }

    pub(crate) async fn revision(&self, id: &str) -> Result<Option<Revision>> {
        self.remember(Key::Revision(id.to_owned()), self.store.revision(id)).await
    }

    pub(crate) async fn revision_at(&self, model: &str, commit: &str) -> Result<Option<Revision>> {
        let key = Key::RevisionAt(model.to_owned(), commit.to_owned());
        self.remember(key, self.store.revision_at(model, commit)).await
    }

    /// The releases of a revision, one a stage.
    pub(crate) async fn releases(&self, revision: &str) -> Result<Vec<Release>> {
        let key = Key::Releases(revision.to_owned());
        self.remember_releases(key, self.store.releases_of_revision(revision)).await
    }

    async fn remember_releases(
        &self,
        key: Key,
        ask: impl Future<Output = Result<Vec<Release>>>,
    ) -> Result<Vec<Release>> {
        if let Some(known) = self.recall::<Vec<Release>>(&key) {
            return Ok(known.as_ref().clone());
        }
        let releases = ask.await?;
        // Their decisions are documents of some length.
        let weight = releases.iter().map(|release| 1 + release.decision.len() / THING).sum::<usize>() + 1;
        self.keep(key, Arc::new(releases.clone()), weight);
        Ok(releases)
    }

    pub(crate) async fn file(&self, revision: &str, path: &str) -> Result<Option<File>> {
        let key = Key::File(revision.to_owned(), path.to_owned());
        self.remember(key, self.store.file(revision, path)).await
    }

    /// The files of a revision, by path.
    pub(crate) async fn files(&self, revision: &str) -> Result<Arc<Vec<File>>> {
        let key = Key::Files(revision.to_owned());
        if let Some(known) = self.recall::<Vec<File>>(&key) {
            return Ok(known);
        }
        let files = Arc::new(self.store.files(revision).await?);
        self.keep(key, files.clone(), files.len() + 1);
        Ok(files)
    }

    /// What a revision says of itself, as `read` finds it.
    pub(crate) async fn card<E>(
        &self,
        revision: &str,
        read: impl Future<Output = Result<Card, E>>,
    ) -> Result<Arc<Card>, E> {
        let key = Key::Card(revision.to_owned());
        if let Some(known) = self.recall::<Card>(&key) {
            return Ok(known);
        }
        let card = Arc::new(read.await?);
        self.keep(key, card.clone(), 1 + card.size() / THING);
        Ok(card)
    }

    async fn remember<T: Clone + Send + Sync + 'static>(
        &self,
        key: Key,
        ask: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        if let Some(known) = self.recall::<T>(&key) {
            return Ok(known.as_ref().clone());
        }
        let answer = ask.await?;
        self.keep(key, Arc::new(answer.clone()), 1);
        Ok(answer)
    }

    fn recall<T: Send + Sync + 'static>(&self, key: &Key) -> Option<Arc<T>> {
        let known = self.store.memory.known.lock().unwrap_or_else(PoisonError::into_inner);
        let thing = known.things.get(key).filter(|_| known.head == self.head)?;
        Arc::clone(thing).downcast().ok()
    }

    /// Remembers what was read after the head was. It is at least as new, so it may be taken for what it was then.
    fn keep(&self, key: Key, thing: Arc<dyn Any + Send + Sync>, weight: usize) {
        // Whoever asks for paths that are nowhere fills the memory no faster with long ones.
        let weight = weight + key.length() / THING;
        let mut known = self.store.memory.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.head != self.head || known.weight + weight > MOST {
            *known = Known { head: self.head.clone(), ..Known::default() };
        }
        if weight <= MOST / 4 {
            known.weight += weight;
            known.things.insert(key, thing);
        }
    }
}
