use weighhouse_core::Severity;
use weighhouse_formats::zip::ZipFacts;

use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// An office document carries macros, controls or embedded objects.
    ///
    /// # What it detects
    ///
    /// In documents of Office Open XML (`xlsx`, `xlsm`, `docx`, `pptx`), whatever their name: projects of macros and sheets of macros
    /// (high); controls and embedded objects (medium); links to other workbooks (low).
    ///
    /// # Why it matters
    ///
    /// Whoever opens the table of a data set to look at it is asked once and then runs what the document carries.
    ///
    /// # Example
    ///
    /// `xl/vbaProject.bin` in `labels.xlsx`
    ///
    /// # What to do
    ///
    /// Do not open the document. Ask the maker for the data as text or Parquet.
    ///
    /// # References
    ///
    /// - <https://attack.mitre.org/techniques/T1204/002/>
    /// - <https://cwe.mitre.org/data/definitions/506.html>
    pub(crate) OfficeMacro {
        id: "WH-DAT-005",
        slug: "office-macro",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Zip],
        cwe: [506],
        owasp: ["LLM03"],
        atlas: ["AML.T0010", "AML.T0011"],
    }
}

impl Rule for OfficeMacro {
    fn zip(&self, facts: &ZipFacts, cx: &mut Context<'_>) {
        // Every document of this kind has the list of what its parts are.
        if !facts.members.iter().any(|member| folded(&member.name) == "[content_types].xml") {
            return;
        }
        for member in &facts.members {
            if let Some((what, severity)) = part(&folded(&member.name)) {
                cx.report(format!("the document carries {what}, {}", quote(&member.name)))
                    .severity(severity)
                    .key(&member.name)
                    .emit();
            }
        }
    }
}

/// Readers of these documents take names of parts without regard to case.
fn folded(name: &str) -> String {
    name.trim_start_matches('/').to_ascii_lowercase()
}

/// What a part of a document is, by where the format keeps it.
fn part(name: &str) -> Option<(&'static str, Severity)> {
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
    if file.starts_with("vbaproject") {
        return Some(("macros", Severity::High));
    }
    match folder.rsplit('/').next() {
        Some("macrosheets" | "dialogsheets") => Some(("a sheet of macros", Severity::High)),
        Some("activex") => Some(("a control", Severity::Medium)),
        Some("embeddings") if file.starts_with("oleobject") => Some(("an embedded object", Severity::Medium)),
        Some("externallinks") => Some(("a link to another workbook", Severity::Low)),
        _ => None,
    }
}

crate::samples! {
    OfficeMacro,
    bad: {
        "a project of macros" => [("labels.xlsx", document("xl/vbaProject.bin"))],
        "a sheet of macros" => [("labels.xls", document("xl/macrosheets/sheet1.xml"))],
    },
    ok: {
        "a table" => [("labels.xlsx", document("xl/worksheets/sheet1.xml"))],
    },
}

#[cfg(test)]
fn document(part: &str) -> Vec<u8> {
    use weighhouse_formats::build::zip::{Archive, Member};
    Archive::of([Member::stored("[Content_Types].xml", b"<Types/>"), Member::stored(part, b"<x/>")]).build()
}
