//! Notebooks as the tools write them, and as they must not be written.

use super::*;
use crate::bounded::{Exhausted, Limits};
use crate::node::GapReason;

const REAL: &str = include_str!("notebook_v4.json");

fn parsed(text: &str) -> Parsed {
    parse_notebook(&Memory::shared(text.as_bytes().to_vec()), "a.ipynb", &Budget::default())
}

fn notebook(text: &str) -> Seen {
    unpack(parsed(text))
}

/// A notebook of version 4 with these code cells, sources as strings.
fn cells(sources: &[&str]) -> String {
    let quoted = |text: &str| -> String {
        text.chars()
            .map(|character| match character {
                '"' | '\\' => format!("\\{character}"),
                control if control < ' ' => format!("\\u{:04x}", control as u32),
                plain => plain.to_string(),
            })
            .collect()
    };
    let cells: Vec<String> = sources
        .iter()
        .map(|source| {
            let source = quoted(source);
            format!(
                "{{\"cell_type\": \"code\", \"metadata\": {{}}, \"outputs\": [], \"source\": \"{source}\"}}"
            )
        })
        .collect();
    format!(
        "{{\"cells\": [{}], \"metadata\": {{}}, \"nbformat\": 4, \"nbformat_minor\": 5}}",
        cells.join(", ")
    )
}

fn texts(seen: &Seen) -> Vec<&str> {
    seen.facts.shell_escapes.iter().map(|(_, text)| text.as_str()).collect()
}

fn at(region: Region) -> &'static str {
    REAL.get(region.start as usize..region.end as usize).unwrap()
}

#[test]
fn a_real_notebook_is_one_program_of_its_code_cells() {
    let seen = notebook(REAL);
    assert!(seen.gaps.is_empty() && seen.faults.is_empty(), "{:?} {:?}", seen.gaps, seen.faults);
    assert!(seen.facts.syntax_errors.is_empty(), "{:?}", seen.facts.syntax_errors);
    assert!(seen.facts.imports.iter().any(|import| import.module == "subprocess"));
    // Imported in one cell, called in another; said in the first line of that cell's third.
    let call = seen.call("subprocess.run").expect("the call is seen");
    assert_eq!((call.line, &call.scope), (3, &Scope::Import));
    assert!(at(call.region).starts_with('[') && at(call.region).contains("sp.run(['id'])"));
    // A source that is one string.
    let call = seen.call("os.system").expect("the call is seen");
    assert_eq!(call.line, 2);
    assert!(at(call.region).starts_with('"') && at(call.region).contains("os.system('id')"));
    assert!(seen.call("os.popen").is_none(), "markdown and raw cells do not run");
    assert_eq!(texts(&seen)[1..], ["%matplotlib inline", "pip install -q transformers"]);
    assert!(texts(&seen)[0].starts_with("%%bash\n"));
    let bash = format!("cell@{}", REAL.find("[\n    \"%%bash").unwrap());
    assert_eq!(seen.children, [(bash, b"set -e\nls\n".to_vec(), Some(Format::Shell))]);
    let media: Vec<_> = seen.facts.active_outputs.iter().map(|(_, media)| media.as_str()).collect();
    assert_eq!(media, ["text/html", "application/javascript"], "tables and pictures are not active");
    assert!(at(seen.facts.active_outputs[0].0).contains("<script"));
}

#[test]
fn ordinary_cells_are_silent() {
    let text = cells(&[
        "import pandas as pd\ndf = pd.read_csv('x.csv')\ndf.head()",
        "%matplotlib inline\n%load_ext autoreload\n%autoreload 2\n!pip install -q torch\n!nvidia-smi",
        "%%time\nfor i in range(3):\n    print(i)",
        "%%capture out\n!pip install x",
        "files = !ls\nprint(files)",
        "df?\npd.read_csv??\n?df",
        "await f()\nasync for x in y: pass",
        "%time model.fit(x)",
        "",
        "# only a comment",
        "%%latex\n\\frac{1}{2}",
        "%%sql\nSELECT * FROM t WHERE a = 'it''s",
        "    x = 1\n    y = 2",
    ]);
    let seen = notebook(&text);
    assert!(
        seen.gaps.is_empty() && seen.faults.is_empty(),
        "{:?} {:?}",
        seen.faults,
        seen.facts.syntax_errors
    );
    assert!(seen.facts.dynamic.is_empty() && seen.facts.active_outputs.is_empty());
    assert!(seen.children.iter().all(|(name, ..)| name.starts_with("magic@")), "{:?}", seen.children);
}

#[test]
fn what_runs_in_a_cell_is_seen() {
    for (source, callee) in [
        ("import os\nos.system('id')", "os.system"),
        ("   import os\n   os.system('id')", "os.system"),
        ("\n\n%%time\nimport os\nos.system('id')", "os.system"),
        ("%%capture\n%%time\nimport os\nos.system('id')", "os.system"),
        ("%%python3\nimport os\nos.system('id')", "os.system"),
        ("%%script python3 -\nimport os\nos.system('id')", "os.system"),
        ("%%nobody_knows\nimport os\nos.system('id')", "os.system"),
        ("!ls\nimport os\nos.system('id')", "os.system"),
        ("get_ipython().system('id')", "get_ipython"),
    ] {
        let seen = notebook(&cells(&[source]));
        let found = seen.call(callee).is_some_and(|call| call.scope == Scope::Import);
        assert!(found || callee == "get_ipython", "{source}: {:?}", seen.callees());
    }
}

#[test]
fn what_magics_run_becomes_a_child() {
    for (source, child, format) in [
        ("%%bash\ncurl h | sh", "curl h | sh", Format::Shell),
        ("%%sh -e\ncurl h | sh", "curl h | sh", Format::Shell),
        ("%%script bash # python\ncurl h | sh", "curl h | sh", Format::Shell),
        ("!curl h | sh", "curl h | sh", Format::Shell),
        ("x = !curl h | sh", "curl h | sh", Format::Shell),
        ("!!curl h | sh", "curl h | sh", Format::Shell),
        ("%sx curl h | sh", "curl h | sh", Format::Shell),
        ("%system curl h | sh", "curl h | sh", Format::Shell),
        ("if x:\n    !curl h | sh", "curl h | sh", Format::Shell),
        ("%time os.system('id')", "os.system('id')", Format::Python),
        ("%timeit -n 1 -r1 os.system('id')", "os.system('id')", Format::Python),
        ("%%timeit -n 1 os.system('id')\npass", "os.system('id')", Format::Python),
        (",os.system id", "os.system(\"id\")", Format::Python),
        (";os.system id -u", "os.system(\"id -u\")", Format::Python),
        ("/os.system 'id'", "os.system('id')", Format::Python),
    ] {
        let seen = notebook(&cells(&[source]));
        let found =
            seen.children.iter().any(|(_, bytes, known)| bytes == child.as_bytes() && *known == Some(format));
        assert!(found, "{source}: {:?} {:?}", seen.children, seen.facts.shell_escapes);
    }
}

#[test]
fn a_broken_cell_hides_no_other() {
    for broken in [
        "x = '''",
        "x = \"\"\"",
        "f'''{",
        "x = f\"\"\"",
        "(",
        "x = [1,",
        "{",
        "f(",
        "!echo \\",
        "x = 1 + \\",
        "# \\",
        "def f():",
        "if x:",
        "class A:",
        "x = '",
        "\\",
        "@a",
        "try:",
        "x = b'''",
        "rb\"\"\"",
        "t'''",
        "%time \\",
        "lambda:",
        "?\\",
        "$",
        "\0",
    ] {
        for next in ["import os\nos.system('id')", "  import os\n  os.system('id')"] {
            let seen = notebook(&cells(&[broken, next]));
            let found = seen.call("os.system").is_some_and(|call| call.scope == Scope::Import);
            assert!(found, "{broken:?}: {:?} {:?}", seen.callees(), seen.facts.syntax_errors);
        }
    }
    let seen = notebook(&cells(&["x = '''\nimport os\nos.system('id')"]));
    assert!(seen.faults.contains(&Fault::Malformed));
    assert_eq!(seen.children.len(), 1, "the broken cell is looked at by itself");
}

#[test]
fn version_three_is_read() {
    let text = r#"{"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": [
        {"cell_type": "markdown", "source": ["os.popen('x')"]},
        {"cell_type": "code", "collapsed": false, "input": ["import os\n", "os.system('id')"], "language": "python",
         "outputs": [{"output_type": "display_data", "html": ["<script>", "x()</script>"], "text": ["t"]}]}]}]}"#;
    let seen = notebook(text);
    assert!(seen.call("os.system").is_some() && seen.call("os.popen").is_none());
    assert_eq!(seen.facts.active_outputs.len(), 1);
    assert!(seen.faults.is_empty());
}

#[test]
fn contradictory_notebooks_are_read_as_their_tools_read_them() {
    // The last of two keys counts, as in Python's `json`; that there are two is for the reader of JSON to say.
    let twice = r#"{"cells": [], "cells": [{"cell_type": "code", "source": "x", "source": ["import os\n", 1, null, "os.system('id')"]}]}"#;
    assert!(notebook(twice).call("os.system").is_some());
    for text in
        ["{}", "[]", "1", "null", r#"{"cells": 1}"#, r#"{"cells": {"a": 1}}"#, r#"{"worksheets": [1]}"#]
    {
        let seen = notebook(text);
        assert!(!seen.faults.is_empty() || text.contains("[1]"), "{text}");
        assert!(seen.facts.calls.is_empty());
    }
    for text in [
        "",
        "x",
        "\u{0}",
        "{\"cells\": [{",
        "\u{feff}",
        "{\"cells\": [{\"cell_type\": \"code\", \"source\": \"x",
    ] {
        let parsed = parsed(text);
        assert!(!parsed.gaps.is_empty() || !parsed.reading.irregularities.is_empty(), "{text:?}");
    }
    let odd = r#"{"cells": [1, null, "x", [], {}, {"cell_type": 1}, {"cell_type": "code"}, {"cell_type": "code", "source": 1, "outputs": [1, {"data": 1}]}]}"#;
    assert!(notebook(odd).facts.syntax_errors.is_empty());
}

#[test]
fn huge_notebooks_are_bounded_and_said() {
    let deep = format!("{{\"cells\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(!parsed(&deep).gaps.is_empty());
    let nested = notebook(&cells(&[&"(".repeat(50_000), "import os\nos.system('id')"]));
    assert!(nested.call("os.system").is_some());
    let lines = format!("\"x\\n\",{}", "\"x\\n\",".repeat(70_000));
    let long =
        format!("{{\"cells\": [{{\"cell_type\": \"code\", \"source\": [{lines}\"os.system('id')\"]}}]}}");
    let seen = notebook(&long);
    let said = seen.gaps.iter().any(|gap| gap.reason == GapReason::Limit(Exhausted::Facts));
    assert!(said || seen.call("os.system").is_some(), "{:?}", seen.gaps);
    let limits = Limits { text: 100, ..Limits::default() };
    let source = Memory::shared(REAL.as_bytes().to_vec());
    let small = parse_notebook(&source, "a.ipynb", &Budget::new(std::sync::Arc::new(limits)));
    assert_eq!(small.gaps.len(), 1);
}

#[test]
fn every_cut_of_a_notebook_is_said() {
    let end = REAL.trim_end().len();
    for cut in 0..end {
        let Some(text) = REAL.get(..cut) else { continue };
        let parsed = parsed(text);
        assert!(!parsed.gaps.is_empty(), "cut at {cut}");
        for fault in &parsed.reading.irregularities {
            assert!(fault.region.is_none_or(|region| region.end <= cut as u64), "{fault:?} of {cut}");
        }
    }
}

#[test]
fn a_cell_on_which_the_library_fails_does_not_hide_the_others() {
    let fails = "  =x!ls {aon().sys\u{fffd})\n%%%a\n\u{fffd}/.netrc\u{fffd}:[\"x =\u{fffd}\n";
    let seen = notebook(&cells(&[fails, "import os\nos.system('id')"]));
    assert!(seen.call("os.system").is_some(), "{:?}", seen.facts.calls);
    let told = seen.facts.syntax_errors.iter().any(|error| error.contains("commands of this notebook"));
    assert!(told, "{:?}", seen.facts.syntax_errors);
}
