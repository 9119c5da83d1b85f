//! What lists count of inspections: a few numbers of each, beside facts and report, which are long. Derived, and never believed: an audit
//! computes them anew.

use std::collections::BTreeSet;

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};
use weighhouse_core::FactValue;
use weighhouse_policy::Facts;

use super::revisions::{Inspected, inspected};
use super::{Result, Store, count};

/// Rows that are filled at a time when a database of an older program is opened.
const BATCH: i64 = 500;

/// The numbers of an inspection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) at: i64,
    /// Parts that were not looked at, without those that a waiver accepts.
    pub(crate) gaps: u64,
    /// Findings that count.
    pub(crate) findings: u64,
    /// Findings that a waiver accepts.
    pub(crate) waived: u64,
    /// What the model is said to be made from, in folded letters.
    pub(crate) bases: BTreeSet<String>,
}

impl Summary {
    /// Of facts that cannot be read nothing is known but that.
    pub(crate) fn of(inspected: &Inspected) -> Self {
        let at = inspected.at;
        match Facts::from_json(&inspected.facts) {
            Err(_) => Self { at, gaps: 1, findings: 0, waived: 0, bases: BTreeSet::new() },
            Ok(facts) => Self {
                at,
                gaps: u64::from(!facts.artifact.is_complete()).max(facts.artifact.gaps),
                findings: facts.findings.len() as u64,
                waived: facts.artifact.waived,
                bases: match facts.artifact.answers.get("bases") {
                    Some(FactValue::Words(bases)) => bases.iter().map(|base| base.to_lowercase()).collect(),
                    _ => BTreeSet::new(),
                },
            },
        }
    }

    pub(crate) async fn write(&self, id: &str, connection: &mut AnyConnection) -> Result<()> {
        let query = sqlx::query(
            "INSERT INTO summaries (inspection, at, gaps, findings, waived) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (inspection) DO NOTHING",
        );
        let query = query.bind(id).bind(self.at).bind(self.gaps.cast_signed());
        let query = query.bind(self.findings.cast_signed()).bind(self.waived.cast_signed());
        query.execute(&mut *connection).await?;
        for base in &self.bases {
            let query = sqlx::query(
                "INSERT INTO bases (inspection, base) VALUES ($1, $2) ON CONFLICT (inspection, base) DO NOTHING",
            );
            query.bind(id).bind(base).execute(&mut *connection).await?;
        }
        Ok(())
    }

    /// As it stands in the database.
    pub(crate) async fn read(id: &str, connection: &mut AnyConnection) -> Result<Option<Self>> {
        let row = sqlx::query("SELECT * FROM summaries WHERE inspection = $1").bind(id);
        let Some(row) = row.fetch_optional(&mut *connection).await? else { return Ok(None) };
        let bases = sqlx::query("SELECT base FROM bases WHERE inspection = $1").bind(id);
        let bases = bases.fetch_all(connection).await?;
        let bases = bases.iter().map(|row| row.try_get("base")).collect::<Result<_, sqlx::Error>>()?;
        Ok(Some(Self { bases, ..summary(&row)? }))
    }
}

fn summary(row: &AnyRow) -> Result<Summary> {
    Ok(Summary {
        at: row.try_get("at")?,
        gaps: count(row, "gaps")?,
        findings: count(row, "findings")?,
        waived: count(row, "waived")?,
        bases: BTreeSet::new(),
    })
}

/// What a record is about: the last of its fields, as canonical JSON puts them.
pub(crate) fn subject_of(entry: &str) -> Option<String> {
    let record = weighhouse_log::Record::from_bytes(entry.as_bytes()).ok()?;
    Some(record.subject)
}

impl Store {
    /// Fills what programs before this one did not write. Begun again where it ended, if it is stopped.
    pub(super) async fn complete(&self) -> Result<()> {
        loop {
            let mut transaction = self.begin().await?;
            let done = complete_some(&mut transaction).await?;
            transaction.commit().await?;
            if done == 0 {
                return Ok(());
            }
        }
    }

    /// The same in a transaction that is under way.
    pub(crate) async fn complete_in(connection: &mut AnyConnection) -> Result<()> {
        while complete_some(connection).await? > 0 {}
        Ok(())
    }
}

/// Fills some of what is missing; says how much.
async fn complete_some(connection: &mut AnyConnection) -> Result<usize> {
    let query = sqlx::query("SELECT seq, entry FROM log_records WHERE subject IS NULL LIMIT $1");
    let records = query.bind(BATCH).fetch_all(&mut *connection).await?;
    for row in &records {
        let (seq, entry): (i64, String) = (row.try_get("seq")?, row.try_get("entry")?);
        let query = sqlx::query("UPDATE log_records SET subject = $1 WHERE seq = $2");
        // What cannot be read is about nothing; the audit tells of it.
        query.bind(subject_of(&entry).unwrap_or_default()).bind(seq).execute(&mut *connection).await?;
    }
    let query = sqlx::query(
        "SELECT * FROM inspections WHERE NOT EXISTS (SELECT 1 FROM summaries \
         WHERE summaries.inspection = inspections.id) LIMIT $1",
    );
    let inspections = query.bind(BATCH / 10).fetch_all(&mut *connection).await?;
    for row in &inspections {
        let id: String = row.try_get("id")?;
        Summary::of(&inspected(row)?).write(&id, connection).await?;
    }
    Ok(records.len().saturating_add(inspections.len()))
}
