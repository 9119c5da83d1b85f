//! However the bytes arrive, and wherever they end, the facts are the same or the loss is said.

use proptest::prelude::*;

use super::*;
use crate::build::short::Short;

const MODULE: &[u8] = b"\xef\xbb\xbfimport os\r\nos.system('id')\rclass A:\n    x = b'\\x00'\n    def f(self): return f'{self.x!r}'\n";
const LATIN: &[u8] = b"# coding: latin-1\nx = '\xe9\xe9\xe9'\nimport os\nos.system('\xe9')\n";
const BROKEN: &[u8] = b"x = '\xff\xfe\xff'\nimport os\nos.system('id') # \xff";
const LINES: &[u8] =
    b"# comment\r\n/usr/lib/x\rimport os; os.system('id')\r\nimport sys; sys.path\n\xffimportant";
const NOTEBOOK: &[u8] = include_bytes!("notebook_v4.json");

type Parse = fn(&crate::source::SharedSource, &str, &Budget) -> Parsed;

const FORMS: &[(&[u8], Parse)] = &[
    (MODULE, parse),
    (LATIN, parse),
    (BROKEN, parse),
    (LINES, parse_path_configuration),
    (NOTEBOOK, parse_notebook),
];

fn everything(parsed: &Parsed) -> String {
    format!("{parsed:?}")
}

fn regions(parsed: &Parsed) -> Vec<Region> {
    let Facts::Python(facts) = &parsed.reading.facts else { panic!("not Python facts") };
    let calls = facts.calls.iter().map(|call| call.region);
    let imports = facts.imports.iter().map(|import| import.region);
    let escapes = facts.shell_escapes.iter().chain(&facts.active_outputs).map(|(region, _)| *region);
    let rest = facts.dynamic.iter().map(|dynamic| dynamic.region);
    calls.chain(imports).chain(escapes).chain(rest).chain(facts.blobs.iter().copied()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_chunking_gives_the_same_facts(most in 1_usize..400) {
        for (bytes, parse) in FORMS {
            let whole = parse(&Memory::shared(bytes.to_vec()), "a", &Budget::default());
            let parts = parse(&Short::shared(bytes, most), "a", &Budget::default());
            prop_assert_eq!(everything(&whole), everything(&parts));
        }
    }
}

#[test]
fn regions_lie_in_the_file_wherever_it_is_cut() {
    for (bytes, parse) in FORMS {
        let step = if bytes.len() > 1_000 { 7 } else { 1 };
        for cut in (0..bytes.len()).step_by(step).chain([bytes.len()]) {
            let parsed = parse(&Memory::shared(bytes[..cut].to_vec()), "a", &Budget::default());
            for region in regions(&parsed) {
                assert!(region.start <= region.end && region.end <= cut as u64, "{region} of {cut}");
            }
        }
    }
}

#[test]
fn places_are_those_of_the_bytes_whatever_the_encoding() {
    for (bytes, parse) in [(LATIN, parse as Parse), (BROKEN, parse), (LINES, parse_path_configuration)] {
        let parsed = parse(&Memory::shared(bytes.to_vec()), "a", &Budget::default());
        let Facts::Python(facts) = &parsed.reading.facts else { panic!("not Python facts") };
        let call = facts.calls.iter().find(|call| call.callee == "os.system").unwrap();
        let shown = &bytes[call.region.start as usize..call.region.end as usize];
        assert!(memchr::memmem::find(shown, b"os.system(").is_some(), "{}", shown.escape_ascii());
    }
}

#[test]
fn every_line_end_of_path_configuration_counts() {
    for text in [
        "x\rimport os; os.system('id')",
        "x\r\nimport os; os.system('id')\r\n",
        "x\x0cimport os; os.system('id')",
        "x\u{2028}import os; os.system('id')",
        "x\x0bimport os; os.system('id')\x0by",
        "\u{feff}import os; os.system('id')",
        "import\tos; os.system('id')",
        "import os;\x0cos.system('id')",
        "# coding: x\nimport os; os.system('id')",
        "import os; exec(\"os.system('id')\")",
    ] {
        let source = Memory::shared(text.as_bytes().to_vec());
        let seen = unpack(parse_path_configuration(&source, "x.pth", &Budget::default()));
        let run = seen.call("os.system").is_some() || !seen.children.is_empty();
        assert!(run, "{text:?}: {:?}", seen.callees());
    }
    let paths = "/a\r\n./b\r\n# import os\r\n import os\r\nimportos\r\n";
    let seen = unpack(parse_path_configuration(
        &Memory::shared(paths.as_bytes().to_vec()),
        "x.pth",
        &Budget::default(),
    ));
    assert!(seen.facts.imports.is_empty() && seen.faults.is_empty());
}

#[test]
fn every_cut_of_path_configuration_keeps_the_lines_before() {
    let text = "import os; os.system('id')\nimport base64; exec(base64.b64decode('aW1wb3J0IHN5cw=='))\n/x\n";
    for cut in 0..text.len() {
        let source = Memory::shared(text.as_bytes()[..cut].to_vec());
        let seen = unpack(parse_path_configuration(&source, "x.pth", &Budget::default()));
        assert_eq!(seen.call("os.system").is_some(), cut >= 21, "cut at {cut}: {:?}", seen.callees());
    }
}
