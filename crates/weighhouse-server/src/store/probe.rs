//! The first connection to the database, before there is a pool, which asks again and again and then tells no reason.

use std::fmt::Display;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AnyConnection, Connection as _, Executor as _};

use weighhouse_core::printable::printable;

use super::{PATIENCE, Result, StoreError, may_pass};

/// Parameters behind the `?` of an address of `PostgreSQL`.
const PARAMETERS: &[&str] = &[
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
    "user",
];

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

/// What the database is called in messages. Refuses addresses of which a part would be read as something else: it may be one of a password.
fn place(url: &str) -> Result<String> {
    let wrong = |why: String| Err(StoreError::Unusable(why));
    if url.starts_with("sqlite:") {
        return Ok("the database".to_owned());
    }
    let Some((_, rest)) =
        url.split_once("://").filter(|(scheme, _)| matches!(*scheme, "postgres" | "postgresql"))
    else {
        return wrong(
            "the database is named as `postgres://user:password@host/name`, or as `sqlite:` and a path"
                .to_owned(),
        );
    };
    let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = before.split_once('/').unwrap_or((before, ""));
    if authority.matches('@').count() > 1 || path.contains('@') || query.contains('@') || rest.contains('#') {
        return wrong(
            "the address of the database has `@`, `/`, `?` or `#` where it has none: in a password they are `%40`, `%2F`, `%3F` and `%23`"
                .to_owned(),
        );
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let name = pair.split('=').next().unwrap_or_default();
        if !PARAMETERS.contains(&name) && !name.starts_with("options[") {
            return wrong(format!(
                "the address of the database has a parameter `{}`, and there is none",
                printable(name)
            ));
        }
    }
    let Ok(options) = url.parse::<PgConnectOptions>() else { return Ok("the database".to_owned()) };
    let (host, port) = (options.get_host(), options.get_port());
    Ok(format!("the database `{}` at `{host}:{port}`", options.get_database().unwrap_or_default()))
}
