//! Coverage and differences of bills, for people and for programs.

use std::io::{self, Write};

use serde_json::{Value, json};
use weighhouse_core::printable::printable_within;
use weighhouse_supply::bom::{Bill, Difference, Graph, Row, Scheme};

/// Parts of one kind that are named; the rest is counted.
const NAMED: usize = 50;
/// Characters of a value in a table.
const VALUE: usize = 80;

/// A table for each scheme.
pub(super) fn coverage(out: &mut dyn Write, rows: &[Row]) -> io::Result<()> {
    for scheme in Scheme::ALL {
        writeln!(out, "{}", scheme.title())?;
        let mut cluster = "";
        for row in rows.iter().filter(|row| row.scheme == scheme) {
            if row.cluster != cluster {
                cluster = row.cluster;
                writeln!(out, "  {cluster}")?;
            }
            let basis = row.basis.map_or("absent", |basis| basis.as_str());
            write!(out, "    {:<28} {basis:<9} ", row.element)?;
            match &row.value {
                Some(value) => writeln!(out, "{} ({})", printable_within(value, VALUE), row.place)?,
                None => writeln!(out, "- ({})", row.place)?,
            }
        }
        writeln!(out)?;
    }
    let absent = rows.iter().filter(|row| row.basis.is_none()).count();
    writeln!(out, "{} elements, {absent} absent", rows.len())
}

/// The same for programs.
pub(super) fn coverage_document(graph: &Graph, rows: &[Row]) -> Value {
    let row = |row: &Row| {
        json!({
            "scheme": row.scheme.as_str(), "cluster": row.cluster, "element": row.element, "value": row.value,
            "basis": row.basis.map_or("absent", |basis| basis.as_str()), "place": row.place,
        })
    };
    json!({
        "schema": "urn:weighhouse:bom-coverage:v1", "artifact": graph.name.value,
        "digest": graph.digest.map(|digest| digest.to_string()),
        "schemes": Scheme::ALL.map(|scheme| json!({ "scheme": scheme.as_str(), "title": scheme.title() })),
        "elements": rows.iter().map(row).collect::<Vec<_>>(),
    })
}

/// What two bills do not have in common.
pub(super) fn difference(
    out: &mut dyn Write,
    old: &Bill,
    new: &Bill,
    difference: &Difference,
) -> io::Result<()> {
    let count = |bill: &Bill| bill.components.len();
    writeln!(out, "old: {}, {} components", old.format, count(old))?;
    writeln!(out, "new: {}, {} components", new.format, count(new))?;
    if difference.is_empty() {
        return writeln!(out, "no difference");
    }
    for (sign, parts) in [("+", &difference.added), ("-", &difference.removed)] {
        parts.iter().take(NAMED).try_for_each(|part| writeln!(out, "{sign} {part}"))?;
        more(out, parts.len())?;
    }
    for (part, changes) in difference.changed.iter().take(NAMED) {
        writeln!(out, "~ {part}")?;
        for change in changes.iter().take(NAMED) {
            let shown =
                |text: &str| if text.is_empty() { "-".to_owned() } else { printable_within(text, VALUE) };
            writeln!(out, "    {}: {} -> {}", change.what, shown(&change.old), shown(&change.new))?;
        }
        more(out, changes.len())?;
    }
    more(out, difference.changed.len())
}

fn more(out: &mut dyn Write, count: usize) -> io::Result<()> {
    match count.checked_sub(NAMED) {
        Some(rest) if rest > 0 => writeln!(out, "  and {rest} more (`--json` names all)"),
        _ => Ok(()),
    }
}

/// The same for programs.
pub(super) fn difference_document(old: &Bill, new: &Bill, difference: &Difference) -> Value {
    let bill = |bill: &Bill| json!({ "format": bill.format, "name": bill.root.name, "components": bill.components.len() });
    let changed = difference.changed.iter().map(|(part, changes)| {
        let changes = changes.iter();
        let changes =
            changes.map(|change| json!({ "what": change.what, "old": change.old, "new": change.new }));
        json!({ "part": part, "changes": changes.collect::<Vec<_>>() })
    });
    json!({
        "schema": "urn:weighhouse:bom-diff:v1", "old": bill(old), "new": bill(new), "added": difference.added,
        "removed": difference.removed, "changed": changed.collect::<Vec<_>>(),
    })
}
