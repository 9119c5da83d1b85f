//! What the gate knows: one database, `SQLite` or `PostgreSQL`, the same SQL for both.
//!
//! Reading is free. What is *state* (people, tokens, revisions, releases, approvals…) is written through a [`Change`] only, which
//! holds the one lock that puts changes in order, and whose methods write no row without its record in the audit log. Leases of jobs, marks of
//! use and lists of downloads are no state: they may be lost or repeated without harm, and are written directly.

pub(crate) mod attestations;
pub(crate) mod bundles;
pub(crate) mod cards;
pub(crate) mod change;
pub(crate) mod counts;
pub(crate) mod devices;
pub(crate) mod identities;
pub(crate) mod jobs;
pub(crate) mod log;
pub(crate) mod models;
pub(crate) mod outbox;
pub(crate) mod overview;
pub(crate) mod pages;
pub(crate) mod people;
pub(crate) mod policies;
mod probe;
pub(crate) mod published;
pub(crate) mod releases;
pub(crate) mod revisions;
pub(crate) mod seen;
pub(crate) mod served;
pub(crate) mod sessions;
pub(crate) mod summaries;
pub(crate) mod uploads;
pub(crate) mod views;
pub(crate) mod waivers;
pub(crate) mod webhooks;

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::any::{AnyPoolOptions, AnyRow};
use sqlx::{AnyConnection, AnyPool, Executor as _, Row as _};
use tokio::sync::{Mutex, Notify};

pub(crate) use change::{AGENT, Change, Note, Who, is_of_agent, timestamp};

/// The tables, oldest first. A version is never changed once it was published.
const VERSIONS: &[&str] = &[
    include_str!("../../migrations/0001-first.sql"),
    include_str!("../../migrations/0002-web.sql"),
    include_str!("../../migrations/0003-devices.sql"),
    include_str!("../../migrations/0004-identities.sql"),
    include_str!("../../migrations/0005-uploads.sql"),
    include_str!("../../migrations/0006-evidence.sql"),
    include_str!("../../migrations/0007-log.sql"),
    include_str!("../../migrations/0008-notify.sql"),
    include_str!("../../migrations/0009-speed.sql"),
    include_str!("../../migrations/0010-policies.sql"),
    include_str!("../../migrations/0011-overview.sql"),
    include_str!("../../migrations/0012-views.sql"),
    include_str!("../../migrations/0013-agents.sql"),
    include_str!("../../migrations/0014-traces.sql"),
    include_str!("../../migrations/0015-cards.sql"),
    include_str!("../../migrations/0016-published.sql"),
    include_str!("../../migrations/0017-pages.sql"),
];

/// The database in the data folder, if there is no other.
const FILE: &str = "gate.db";

/// How long a request waits for a connection to the database before it says that there is none.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refuses.
    #[error("the database: {0}")]
    Database(sqlx::Error),
    /// The database does not answer, is full, or takes nothing: it may pass.
    #[error("the database is not available: {0}")]
    Away(sqlx::Error),
    /// What was named as the database cannot be used.
    #[error("{0}")]
    Unusable(String),
    /// The database cannot be reached at the moment.
    #[error("{0}")]
    Unreached(String),
    /// A text that the database cannot hold.
    #[error("a text with a zero character")]
    ZeroCharacter,
    /// Somebody who was shut out meanwhile.
    #[error("`{0}` is shut out")]
    ShutOut(String),
    /// What stands in the database is not what this program writes.
    #[error("the database holds {0}")]
    Corrupt(String),
    /// The database was written by a newer program.
    #[error(
        "the database is of version {found}, this program knows versions up to {known}; use a newer weighhouse"
    )]
    TooNew {
        /// Version of the database.
        found: i64,
        /// Newest version that this program knows.
        known: usize,
    },
    /// The audit log cannot be extended.
    #[error("the audit log: {0}")]
    Log(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        match (&error, code.as_deref()) {
            (_, Some("22021" | "22P05")) => Self::ZeroCharacter,
            (
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::BeginFailed,
                _,
            ) => Self::Away(error),
            (_, Some(code)) if may_pass(code) => Self::Away(error),
            _ => Self::Database(error),
        }
    }
}

/// Codes by which a database says that it cannot now, not that it was asked for nonsense.
fn may_pass(code: &str) -> bool {
    // SQLite: its primary codes stand in the low byte. Busy, locked, read only, input or output, full, cannot be opened.
    let sqlite = code.len() < 5
        && code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 8 | 10 | 13 | 14));
    // PostgreSQL: no connection, no room, stopped by an operator or starting, deadlock or a cancelled transaction, read only.
    let postgres = code.len() == 5
        && (["08", "53", "57", "58"].iter().any(|class| code.starts_with(class))
            || matches!(code, "25006" | "40001" | "40P01" | "55P03"));
    sqlite || postgres
}

pub(crate) type Result<T, E = StoreError> = std::result::Result<T, E>;

/// A connection to the database of the gate.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    pool: AnyPool,
    sqlite: bool,
    /// Changes of this process take turns here, before they take a connection: those that wait for the lock of the log must not hold
    /// all connections while the one that has it needs another.
    turn: Arc<Mutex<()>>,
    memory: Arc<seen::Memory>,
    /// Rung when there is something to be told.
    pub(crate) bell: Arc<Notify>,
}

impl Store {
    /// Opens the database at `url`, or one in `folder`, and brings its tables up to date.
    pub(crate) async fn open(url: Option<&str>, folder: &Path) -> Result<Self> {
        let store = Self::connect(url, folder, true).await?;
        store.upgrade().await?;
        store.complete().await?;
        Ok(store)
    }

    /// The version of the tables in the database at `url`, or in the one in `folder`, if there is a log with records. Makes nothing.
    pub(crate) async fn version_of_log(url: Option<&str>, folder: &Path) -> Result<Option<i64>> {
        if url.is_none() && !folder.join(FILE).exists() {
            return Ok(None);
        }
        // A file that an address names is not made, either.
        let is_file = url.is_some_and(|url| url.starts_with("sqlite:"));
        let url = url.map(|url| url.replace("mode=rwc", "mode=rw"));
        let store = match Self::connect(url.as_deref(), folder, false).await {
            Err(StoreError::Unreached(_)) if is_file => return Ok(None),
            connected => connected?,
        };
        let mut connection = store.pool.acquire().await?;
        let tables = store.all_tables(&mut connection).await?;
        let holds = tables.iter().any(|name| name == "log_head") && store.head().await?.0 > 0;
        let version = if holds { Some(store.version(&mut connection).await?) } else { None };
        drop(connection);
        store.pool.close().await;
        Ok(version)
    }

    /// Opens the database as it is. A file is made if it is not there, or not.
    pub(crate) async fn connect(url: Option<&str>, folder: &Path, make: bool) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let file = folder.join(FILE);
        let mode = if make { "rwc" } else { "rw" };
        let local = format!("sqlite://{}?mode={mode}", file.display());
        if make && url.is_none() {
            // For its owner only, which what SQLite lays beside it is, too. One that is there stays as it is.
            let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file);
            made.map(drop).or_else(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => Ok(()),
                _ => Err(sqlx::Error::Io(error)),
            })?;
        }
        let url = url.unwrap_or(&local);
        let sqlite = url.starts_with("sqlite:");
        let url = probe::reach(url).await?;
        let options =
            AnyPoolOptions::new().max_connections(if sqlite { 8 } else { 32 }).acquire_timeout(PATIENCE);
        let options = options.after_connect(move |connection, _| {
            Box::pin(async move {
                if sqlite {
                    // One writer, readers beside it; what was committed is on disk.
                    let pragmas = "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                                   PRAGMA foreign_keys = ON";
                    connection.execute(sqlx::raw_sql(pragmas)).await?;
                } else {
                    // The same: a server that is set up to be faster must not lose what was acknowledged.
                    let durable = "SELECT set_config('synchronous_commit', 'on', false) \
                                   WHERE current_setting('synchronous_commit') = 'off'";
                    connection.execute(durable).await?;
                }
                Ok(())
            })
        });
        Ok(Self {
            pool: options.connect(&url).await?,
            sqlite,
            turn: Arc::default(),
            memory: Arc::default(),
            bell: Arc::default(),
        })
    }

    /// Where reading is done.
    pub(crate) fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// Begins a transaction that will write: at once, so that it never has to give way half-way.
    async fn begin(&self) -> Result<sqlx::Transaction<'static, sqlx::Any>> {
        Ok(if self.sqlite {
            self.pool.begin_with("BEGIN IMMEDIATE").await?
        } else {
            self.pool.begin().await?
        })
    }

    /// A transaction that only reads, and sees everything as of one moment.
    pub(crate) async fn snapshot(&self) -> Result<sqlx::Transaction<'static, sqlx::Any>> {
        if self.sqlite {
            return Ok(self.pool.begin().await?);
        }
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        Ok(self.pool.begin_with(begin).await?)
    }

    async fn upgrade(&self) -> Result<()> {
        let mut transaction = self.begin_alone().await?;
        self.upgrade_to(&mut transaction, Self::newest()).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Begins a transaction that changes tables.
    async fn begin_alone(&self) -> Result<sqlx::Transaction<'static, sqlx::Any>> {
        let mut transaction = self.begin().await?;
        if !self.sqlite {
            // Two servers that start at once: one does it, the other finds it done. The number is no more than a name.
            transaction.execute("SELECT pg_advisory_xact_lock(8747468433)").await?;
        }
        Ok(transaction)
    }

    /// Begins a transaction in a database without tables; nothing if there are some.
    pub(crate) async fn begin_empty(&self) -> Result<Option<sqlx::Transaction<'static, sqlx::Any>>> {
        let mut transaction = self.begin_alone().await?;
        let empty = self.all_tables(&mut transaction).await?.is_empty();
        Ok(empty.then_some(transaction))
    }

    /// The newest version of the tables that this program knows.
    pub(crate) fn newest() -> i64 {
        i64::try_from(VERSIONS.len()).unwrap_or(i64::MAX)
    }

    /// The version of the tables.
    pub(crate) async fn version(&self, connection: &mut AnyConnection) -> Result<i64> {
        let row = sqlx::query("SELECT COALESCE(MAX(version), 0) AS version FROM schema_version");
        Ok(row.fetch_one(connection).await?.try_get("version")?)
    }

    /// Makes the tables of a version out of those that are there.
    pub(crate) async fn upgrade_to(&self, connection: &mut AnyConnection, version: i64) -> Result<()> {
        let make = "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)";
        connection.execute(make).await?;
        let found = self.version(connection).await?.max(version);
        if found > Self::newest() {
            return Err(StoreError::TooNew { found, known: VERSIONS.len() });
        }
        let done = self.version(connection).await?;
        for (number, text) in (1_i64..).zip(VERSIONS.iter().copied()) {
            if number <= done || number > version {
                continue;
            }
            if self.sqlite {
                connection.execute(sqlx::raw_sql(text)).await?;
            } else {
                let text = sqlx::AssertSqlSafe(by_bytes(text));
                connection.execute(sqlx::raw_sql(text)).await?;
            }
            let note = sqlx::query("INSERT INTO schema_version (version) VALUES ($1)");
            note.bind(number).execute(&mut *connection).await?;
        }
        Ok(())
    }

    /// The tables of the gate, in the order in which they were made: what a row refers to is in a table before its own.
    pub(crate) async fn tables(&self, connection: &mut AnyConnection) -> Result<Vec<String>> {
        let mut all = self.all_tables(connection).await?;
        all.retain(|name| name != "schema_version");
        Ok(all)
    }

    async fn all_tables(&self, connection: &mut AnyConnection) -> Result<Vec<String>> {
        let query = if self.sqlite {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY rowid"
        } else {
            "SELECT CAST(relname AS TEXT) AS name FROM pg_class WHERE relkind IN ('r', 'p') \
             AND relnamespace = CAST(current_schema() AS regnamespace) ORDER BY oid"
        };
        let rows = sqlx::query(query).fetch_all(connection).await?;
        rows.iter().map(|row| Ok(row.try_get("name")?)).collect()
    }
}

/// Tables whose texts compare byte by byte, as they do in `SQLite`: the language of the server must not decide what comes first, or what
/// a page of a list begins with.
fn by_bytes(tables: &str) -> String {
    tables.replace(" TEXT", " TEXT COLLATE \"C\"")
}

/// A new name for a thing: 80 random bits.
pub(crate) fn fresh_id() -> Result<String> {
    let mut bytes = [0; 10];
    getrandom::fill(&mut bytes)
        .map_err(|error| StoreError::Corrupt(format!("no random numbers: {error}")))?;
    Ok(weighhouse_core::digest::hex(&bytes))
}

/// Reads a column that holds a word of ours.
fn word<T: std::str::FromStr<Err: std::fmt::Display>>(row: &AnyRow, column: &str) -> Result<T> {
    let text: String = row.try_get(column)?;
    text.parse().map_err(|error| StoreError::Corrupt(format!("in `{column}` `{text}`: {error}")))
}

/// A value by the text that stands for it, for the digest of a row.
fn as_text<S: serde::Serializer>(value: &impl ToString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&value.to_string())
}

/// So many places in brackets, for values that are bound from number `first` on; of none, none that anything is.
fn marks(count: usize, first: usize) -> String {
    let marks: Vec<String> = (first..).take(count).map(|number| format!("${number}")).collect();
    if marks.is_empty() { "(NULL)".to_owned() } else { format!("({})", marks.join(", ")) }
}

fn count(row: &AnyRow, column: &str) -> Result<u64> {
    let value: i64 = row.try_get(column)?;
    u64::try_from(value).map_err(|_| StoreError::Corrupt(format!("in `{column}` {value}")))
}
