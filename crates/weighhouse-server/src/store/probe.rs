//! The first connection to the database, before there is a pool, which asks again and again and then tells no reason.

use std::fmt::Display;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AnyConnection, Connection as _, Executor as _};

use super::{PATIENCE, Result, StoreError, may_pass};

/// Connects once, and tells what is in the way in words for who set the gate up, without what is secret in the address.
pub(super) async fn reach(url: &str) -> Result<()> {
    let place = place(url)?;
    let away = |why: &dyn Display| StoreError::Unreached(format!("{place} is not available: {why}"));
    let unusable = |why: &dyn Display| StoreError::Unusable(format!("{place} cannot be used: {why}"));
    let told = |error: sqlx::Error| match &error {
        sqlx::Error::Io(why) => away(why),
        sqlx::Error::Configuration(why) => unusable(why),
        sqlx::Error::Database(why) if why.code().is_some_and(|code| may_pass(&code)) => away(&why.message()),
        sqlx::Error::Database(why) => unusable(&why.message()),
        error => unusable(error),
    };
    let asked = tokio::time::timeout(PATIENCE, AnyConnection::connect(url)).await;
    let mut connection = asked.map_err(|_| away(&"it does not answer"))?.map_err(told)?;
    // SQLite opens any file, and looks into it with the first question.
    let question = if url.starts_with("sqlite:") { "PRAGMA schema_version" } else { "SELECT 1" };
    connection.execute(question).await.map_err(told)?;
    Ok(connection.close().await?)
}

/// What the database is called in messages.
fn place(url: &str) -> Result<String> {
    if !url.starts_with("postgres") {
        return Ok("the database".to_owned());
    }
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let rest = rest.split('?').next().unwrap_or_default();
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    if authority.matches('@').count() > 1 || path.contains('@') || rest.contains('#') {
        let why = "the address of the database has `@`, `/` or `#` where it has none: in a password they are `%40`, `%2F` and `%23`";
        return Err(StoreError::Unusable(why.to_owned()));
    }
    let Ok(options) = url.parse::<PgConnectOptions>() else { return Ok("the database".to_owned()) };
    let (host, port) = (options.get_host(), options.get_port());
    Ok(format!("the database `{}` at `{host}:{port}`", options.get_database().unwrap_or_default()))
}
