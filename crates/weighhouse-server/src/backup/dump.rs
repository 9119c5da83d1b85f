//! Rows out of a database.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::TryStreamExt as _;
use serde_json::{Value, json};
use sqlx::any::{AnyRow, AnyTypeInfoKind};
use sqlx::{AnyConnection, Column as _, Row as _, TypeInfo as _, ValueRef as _};

use super::format::{Table, Writer};
use crate::error::{GateError, Result};
use crate::store::{Store, StoreError};

/// The head of the log.
pub(super) async fn checkpoint(connection: &mut AnyConnection) -> Result<String> {
    let row = sqlx::query("SELECT checkpoint FROM log_head WHERE id = 1").fetch_one(connection).await?;
    Ok(row.try_get("checkpoint")?)
}

/// Writes all rows of all tables.
pub(super) async fn all(
    store: &Store,
    connection: &mut AnyConnection,
    writer: &mut Writer,
    wrong: impl Fn(io::Error) -> GateError,
) -> Result<()> {
    for name in store.tables(connection).await? {
        let text = format!("SELECT * FROM \"{name}\"");
        let mut rows = sqlx::query(sqlx::AssertSqlSafe(text)).fetch(&mut *connection);
        let mut begun = false;
        while let Some(row) = rows.try_next().await? {
            if !begun {
                let columns = row.columns().iter().map(|column| column.name().to_owned()).collect();
                writer.table(&Table { table: name.clone(), columns }).map_err(&wrong)?;
                begun = true;
            }
            let cells = (0..row.columns().len()).map(|place| cell(&row, place));
            let cells = cells.collect::<crate::store::Result<Vec<_>>>()?;
            writer.row(&cells).map_err(&wrong)?;
        }
    }
    Ok(())
}

/// A number, a text, nothing; bytes in an object of their own.
fn cell(row: &AnyRow, place: usize) -> crate::store::Result<Value> {
    let raw = row.try_get_raw(place)?;
    if raw.is_null() {
        return Ok(Value::Null);
    }
    let info = raw.type_info();
    Ok(match info.kind() {
        AnyTypeInfoKind::SmallInt | AnyTypeInfoKind::Integer | AnyTypeInfoKind::BigInt => {
            json!(row.try_get::<i64, _>(place)?)
        }
        AnyTypeInfoKind::Text => json!(row.try_get::<String, _>(place)?),
        AnyTypeInfoKind::Real | AnyTypeInfoKind::Double => json!(row.try_get::<f64, _>(place)?),
        AnyTypeInfoKind::Blob => {
            let bytes: Vec<u8> = row.try_get(place)?;
            json!({ "base64": STANDARD.encode(bytes) })
        }
        AnyTypeInfoKind::Bool | AnyTypeInfoKind::Null => {
            return Err(StoreError::Corrupt(format!("a column of the type `{}`", info.name())));
        }
    })
}
