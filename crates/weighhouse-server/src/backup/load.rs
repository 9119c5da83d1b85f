//! Rows into a database whose tables were just made.

use std::fmt::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sqlx::AnyConnection;

use super::format::{Checked, Line, Reader, Table};
use crate::error::{GateError, Result};
use crate::store::Store;

/// Rows that are written together at most, and their values: databases bind some ten thousands.
const TOGETHER: usize = 200;
const VALUES: usize = 10_000;
/// Bytes that are written together, about.
const BYTES: usize = 4 << 20;

/// Writes all rows of a backup. What the making of the tables put into them is replaced.
pub(super) async fn all(
    store: &Store,
    connection: &mut AnyConnection,
    file: &Path,
    checked: &Checked,
) -> Result<()> {
    let wrong =
        |why: &dyn std::fmt::Display| GateError::Invalid(format!("the backup `{}`: {why}", file.display()));
    let tables = store.tables(connection).await?;
    for name in tables.iter().rev() {
        let text = format!("DELETE FROM \"{name}\"");
        sqlx::query(sqlx::AssertSqlSafe(text)).execute(&mut *connection).await?;
    }
    let mut reader = Reader::open(file).map_err(|error| wrong(&error))?;
    if reader.header.checkpoint != checked.header.checkpoint {
        return Err(wrong(&"it was changed while it was read"));
    }
    let mut batch: Option<Batch> = None;
    while let Some(line) = reader.next().map_err(|error| wrong(&error))? {
        match line {
            Line::Table(table) => {
                if let Some(batch) = batch.take() {
                    batch.write(connection).await?;
                }
                let sound = |name: &String| {
                    !name.is_empty()
                        && name
                            .bytes()
                            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
                };
                if !tables.contains(&table.table) || !table.columns.iter().all(sound) {
                    return Err(wrong(&format!("there is no table `{}` of this kind", table.table)));
                }
                batch = Some(Batch { table, rows: Vec::new(), bytes: 0 });
            }
            Line::Row(cells) => {
                let full = batch.as_mut().and_then(|batch| batch.add(cells));
                let full = full.ok_or_else(|| wrong(&"a row has not the columns of its table"))?;
                if let Some(batch) = batch.as_mut().filter(|_| full) {
                    batch.flush(connection).await?;
                }
            }
        }
    }
    if let Some(batch) = batch {
        batch.write(connection).await?;
    }
    Ok(())
}

/// Rows that are written together.
struct Batch {
    table: Table,
    rows: Vec<Vec<Value>>,
    bytes: usize,
}

impl Batch {
    /// Takes a row; says whether it is time to write. Nothing if it is no row of this table.
    fn add(&mut self, cells: Vec<Value>) -> Option<bool> {
        if cells.len() != self.table.columns.len() {
            return None;
        }
        let len = |cell: &Value| cell.as_str().map_or(8, str::len);
        self.bytes = self.bytes.saturating_add(cells.iter().map(len).sum());
        self.rows.push(cells);
        let values = self.rows.len().saturating_mul(self.table.columns.len());
        Some(self.rows.len() >= TOGETHER || values >= VALUES || self.bytes >= BYTES)
    }

    async fn write(mut self, connection: &mut AnyConnection) -> Result<()> {
        self.flush(connection).await
    }

    async fn flush(&mut self, connection: &mut AnyConnection) -> Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.rows);
        self.bytes = 0;
        let columns: Vec<String> = self.table.columns.iter().map(|name| format!("\"{name}\"")).collect();
        let mut text = format!("INSERT INTO \"{}\" ({}) VALUES ", self.table.table, columns.join(", "));
        let mut number = 0_usize;
        for (place, cells) in rows.iter().enumerate() {
            text.push_str(if place == 0 { "(" } else { ", (" });
            for (place, cell) in cells.iter().enumerate() {
                text.push_str(if place == 0 { "" } else { ", " });
                // Written out: a parameter would need the type of its column.
                if cell.is_null() {
                    text.push_str("NULL");
                } else {
                    number = number.saturating_add(1);
                    // Writing to a string cannot fail.
                    _ = write!(text, "${number}");
                }
            }
            text.push(')');
        }
        let mut query = sqlx::query(sqlx::AssertSqlSafe(text));
        for cell in rows.into_iter().flatten().filter(|cell| !cell.is_null()) {
            query = match cell {
                Value::String(text) => query.bind(text),
                Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                    (Some(number), _) => query.bind(number),
                    (None, Some(number)) => query.bind(number),
                    (None, None) => return Err(no_value()),
                },
                Value::Object(bytes) => {
                    let text = bytes.get("base64").and_then(Value::as_str).ok_or_else(no_value)?;
                    query.bind(STANDARD.decode(text).map_err(|_| no_value())?)
                }
                _ => return Err(no_value()),
            };
        }
        match query.execute(connection).await {
            Ok(_) => Ok(()),
            Err(sqlx::Error::Database(error)) => Err(GateError::Invalid(format!(
                "the backup holds rows of `{}` that do not fit with others: {error}",
                self.table.table
            ))),
            Err(error) => Err(error.into()),
        }
    }
}

fn no_value() -> GateError {
    GateError::Invalid("the backup holds a value that no database has".to_owned())
}
