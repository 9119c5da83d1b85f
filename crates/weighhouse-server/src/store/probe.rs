//! The first connection to the database, before there is a pool, which asks again and again and then tells no reason.

use std::fmt::Display;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AnyConnection, Connection as _, Executor as _};

use super::{PATIENCE, Result, StoreError, may_pass};

/// What an address of `PostgreSQL` begins with.
const SCHEMES: [&str; 2] = ["postgres", "postgresql"];
/// Parameters whose values may hold anything.
const OF_ANY_TEXT: [&str; 4] = ["application_name", "options", "password", "user"];
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

/// Connects once, gives the address to connect by, or tells what is in the way in words for who set the gate up, without what is secret in the address.
pub(super) async fn reach(url: &str) -> Result<String> {
    let (place, url) = place(url)?;
    let away = |why: &dyn Display| StoreError::Unreached(format!("{place} is not available: {why}"));
    let unusable = |why: &dyn Display| StoreError::Unusable(format!("{place} cannot be used: {why}"));
    let told = |error: sqlx::Error| match &error {
        sqlx::Error::Io(why) => away(why),
        sqlx::Error::Configuration(why) => unusable(why),
        sqlx::Error::Database(why) if why.code().is_some_and(|code| may_pass(&code)) => away(&why.message()),
        sqlx::Error::Database(why) => unusable(&why.message()),
        error => unusable(error),
    };
    let asked = tokio::time::timeout(PATIENCE, AnyConnection::connect(&url)).await;
    let mut connection = asked.map_err(|_| away(&"it does not answer"))?.map_err(told)?;
    // SQLite opens any file, and looks into it with the first question.
    let question = if url.starts_with("sqlite:") { "PRAGMA schema_version" } else { "SELECT 1" };
    connection.execute(question).await.map_err(told)?;
    connection.close().await?;
    Ok(url)
}

/// What the database is called in messages, and its address with nothing that is not known: what reads it would write that to its log. Refuses
/// addresses of which a part would be read as something else than what was meant: it may be one of a password.
fn place(url: &str) -> Result<(String, String)> {
    let wrong = |why: &str| Err(StoreError::Unusable(why.to_owned()));
    if url.starts_with("sqlite:") {
        return Ok(("the database".to_owned(), url.to_owned()));
    }
    let is_known = |scheme: &str| SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme));
    let Some((scheme, rest)) = url.split_once("://").filter(|(scheme, _)| is_known(scheme)) else {
        return wrong(
            "the database is named as `postgres://user:password@host/name`, or as `sqlite:` and a path",
        );
    };
    let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = before.split_once('/').unwrap_or((before, ""));
    let pairs = || query.split('&').map(|pair| (pair, pair.split('=').next().unwrap_or_default()));
    let stray = pairs().any(|(pair, name)| pair.contains('@') && !OF_ANY_TEXT.contains(&name));
    if authority.matches('@').count() > 1 || path.contains('@') || stray || rest.contains('#') {
        return wrong(
            "the address of the database has `@`, `/`, `?` or `#` where it has none: in a password they are `%40`, `%2F`, `%3F` and `%23`",
        );
    }
    let (known, other): (Vec<_>, Vec<_>) = pairs()
        .filter(|(pair, _)| !pair.is_empty())
        .partition(|(_, name)| PARAMETERS.contains(name) || name.starts_with("options["));
    if !other.is_empty() {
        tracing::warn!(
            "the address of the database has parameters that are not known here; they are left aside"
        );
    }
    let known: Vec<&str> = known.into_iter().map(|(pair, _)| pair).collect();
    let mark = if known.is_empty() { "" } else { "?" };
    let url = format!("{scheme}://{before}{mark}{}", known.join("&"));
    let Ok(options) = url.parse::<PgConnectOptions>() else { return Ok(("the database".to_owned(), url)) };
    let (host, port) = (options.get_host(), options.get_port());
    Ok((format!("the database `{}` at `{host}:{port}`", options.get_database().unwrap_or_default()), url))
}
