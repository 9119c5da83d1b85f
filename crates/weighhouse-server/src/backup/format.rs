//! The file of a backup: JSON lines, compressed by gzip. First what it is of, then for each table its columns and its rows, at last how many
//! rows there are and the SHA-256 of all lines before. What is cut off or damaged anywhere is not read as a backup.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read as _, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::Digest as _;
use tempfile::NamedTempFile;
use weighhouse_core::Digest;

use super::Wanted;
use crate::error::{GateError, Result};

/// The version of the form.
pub(super) const FORM: u32 = 1;
/// Bytes of a line at most: a row with the report of a large model.
const LONGEST: u64 = 1 << 30;

/// What a backup is of.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    #[serde(rename = "weighhouse-backup")]
    pub(super) form: u32,
    pub(super) program: String,
    /// Version of the tables.
    pub(super) schema: i64,
    pub(super) at: i64,
    /// By which the log is verified.
    pub(super) key: String,
    pub(super) checkpoint: String,
    /// By which the log is signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) secret: Option<String>,
}

/// The rows of a table follow.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub(super) table: String,
    pub(super) columns: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    rows: u64,
    sha256: String,
}

/// A line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Line {
    Row(Vec<Value>),
    Table(Table),
}

/// A backup that is being written. It comes into its place when it is whole.
pub(super) struct Writer {
    out: GzEncoder<BufWriter<NamedTempFile>>,
    sha256: sha2::Sha256,
    rows: u64,
}

impl Writer {
    pub(super) fn begin(folder: &Path, header: &Header) -> io::Result<Self> {
        // Made for its owner only: it holds salts, digests of tokens, and maybe a key.
        let file =
            NamedTempFile::new_in(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })?;
        let out = GzEncoder::new(BufWriter::new(file), Compression::default());
        let mut writer = Self { out, sha256: sha2::Sha256::new(), rows: 0 };
        writer.line(header)?;
        Ok(writer)
    }

    pub(super) fn table(&mut self, table: &Table) -> io::Result<()> {
        self.line(table)
    }

    pub(super) fn row(&mut self, cells: &[Value]) -> io::Result<()> {
        self.rows = self.rows.saturating_add(1);
        self.line(&cells)
    }

    fn line(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.sha256.update(&text);
        self.out.write_all(&text)
    }

    /// Ends the backup and puts it in its place, where there must be none. Gives its number of rows.
    pub(super) fn finish(mut self, file: &Path) -> io::Result<u64> {
        let sha256 = Digest::from_bytes(self.sha256.clone().finalize().into()).hex();
        self.line(&End { rows: self.rows, sha256 })?;
        let staged = self.out.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
        staged.as_file().sync_all()?;
        staged.persist_noclobber(file).map_err(|error| error.error)?;
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
        Ok(self.rows)
    }
}

/// The lines of a backup.
pub(super) struct Reader {
    /// Of several members: what follows the first is read, too, and so not taken for nothing.
    lines: BufReader<MultiGzDecoder<BufReader<File>>>,
    sha256: sha2::Sha256,
    text: Vec<u8>,
    pub(super) header: Header,
    rows: u64,
}

impl Reader {
    pub(super) fn open(file: &Path) -> io::Result<Self> {
        let lines = BufReader::new(MultiGzDecoder::new(BufReader::new(File::open(file)?)));
        let header = Header {
            form: 0,
            program: String::new(),
            schema: 0,
            at: 0,
            key: String::new(),
            checkpoint: String::new(),
            secret: None,
        };
        let mut reader = Self { lines, sha256: sha2::Sha256::new(), text: Vec::new(), header, rows: 0 };
        reader.text()?;
        let value: Value = serde_json::from_slice(&reader.text)?;
        let form = value.get("weighhouse-backup").and_then(Value::as_u64);
        if let Some(form) = form.filter(|form| *form != u64::from(FORM)) {
            let why = format!("it is of the form {form}, and this program reads the form {FORM}");
            return Err(io::Error::new(io::ErrorKind::Unsupported, why));
        }
        reader.header = serde_json::from_value(value)?;
        reader.sha256.update(&reader.text);
        Ok(reader)
    }

    /// The next line; nothing after the last, which was as it must be.
    pub(super) fn next(&mut self) -> io::Result<Option<Line>> {
        self.text()?;
        if let Ok(end) = serde_json::from_slice::<End>(&self.text) {
            let sha256 = Digest::from_bytes(self.sha256.clone().finalize().into()).hex();
            // The reader of gzip checks its own sum at the end.
            let more = self.lines.fill_buf()?.is_empty();
            return if more && end == (End { rows: self.rows, sha256 }) { Ok(None) } else { Err(damaged()) };
        }
        self.sha256.update(&self.text);
        let line = serde_json::from_slice(&self.text)?;
        if matches!(line, Line::Row(_)) {
            self.rows = self.rows.saturating_add(1);
        }
        Ok(Some(line))
    }

    fn text(&mut self) -> io::Result<()> {
        self.text.clear();
        self.lines.by_ref().take(LONGEST).read_until(b'\n', &mut self.text)?;
        if self.text.last() == Some(&b'\n') { Ok(()) } else { Err(damaged()) }
    }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it is damaged, or was cut off")
}

/// What is known of a backup that was read to its end.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) header: Header,
    /// The contents that its rows speak of.
    pub(super) contents: Vec<Wanted>,
}

/// Reads a backup to its end.
pub(super) fn check(file: &Path) -> Result<Checked> {
    let wrong = |error: io::Error| {
        let why = match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput => {
                "it is no backup, or it is damaged or cut off".to_owned()
            }
            _ => error.to_string(),
        };
        GateError::Invalid(format!("the backup `{}`: {why}", file.display()))
    };
    let mut reader = Reader::open(file).map_err(wrong)?;
    let mut contents = BTreeSet::new();
    let mut columns = None;
    while let Some(line) = reader.next().map_err(wrong)? {
        match line {
            Line::Table(table) => {
                let place = |name: &str| table.columns.iter().position(|column| column == name);
                columns = (table.table == "files").then(|| place("sha256").zip(place("size"))).flatten();
            }
            Line::Row(cells) => {
                if let Some((sha256, size)) = columns {
                    let content = content(cells.get(sha256), cells.get(size));
                    contents.insert(content.ok_or_else(|| wrong(damaged()))?);
                }
            }
        }
    }
    Ok(Checked { header: reader.header, contents: contents.into_iter().collect() })
}

fn content(sha256: Option<&Value>, size: Option<&Value>) -> Option<Wanted> {
    Some((sha256?.as_str()?.parse().ok()?, size?.as_u64()?))
}
