//! Encodings, broken input, notebooks, path configuration.

use proptest::prelude::*;

use super::*;

#[test]
fn odd_bytes_do_not_hide_code() {
    for code in [
        &b"\xef\xbb\xbfimport os\nos.system('id')"[..],
        b"import os\ros.system('id')\r",
        b"import os\n\x0c\nos.system('id')",
        b"# -*- coding: latin-1 -*-\nx = '\xe9'\nimport os\nos.system('id')",
        b"x = '\xff\xfe'\nimport os\nos.system('id')",
        b"import os\nx = '\x00'\nos.system('id')",
        b"import os\nos.system('id')\n)))",
        b"import os\n)\nos.system('id')",
        b"import os\nif True\n    x\nos.system('id')",
        b"def (:\nimport os\nos.system('id')",
        b"print 'python 2'\nimport os\nos.system('id')",
        b"\timport os\n  os.system('id')",
    ] {
        let seen = seen_bytes(code);
        assert!(seen.call("os.system").is_some(), "{}: {:?}", code.escape_ascii(), seen.facts.syntax_errors);
    }
}

#[test]
fn broken_text_is_said() {
    assert!(seen_bytes(b"x = '\xff'").faults.contains(&Fault::Malformed));
    assert!(seen_bytes(b"x = '\x00'").faults.contains(&Fault::Malformed));
    assert!(seen_bytes(b"x = (").faults.contains(&Fault::Malformed));
    assert!(seen_bytes(b"x = 1").faults.is_empty());
}

#[test]
fn a_text_over_the_limit_is_a_gap() {
    let limits = crate::bounded::Limits { text: 10, ..Default::default() };
    let parsed =
        parse(&Memory::shared(b"import os, sys".to_vec()), "a.py", &Budget::new(std::sync::Arc::new(limits)));
    assert_eq!(parsed.gaps.len(), 1);
}

#[test]
fn encoded_constants_are_noted() {
    let code = format!("x = '{}'", "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo".repeat(40));
    assert_eq!(seen(&code).facts.blobs.len(), 1);
    let prose = format!("x = '''{}'''", "An ordinary sentence with words. ".repeat(100));
    assert!(seen(&prose).facts.blobs.is_empty());
}

#[test]
fn path_configuration_runs_its_import_lines() {
    let text = "# comment\n/usr/lib/x\nimport os; os.system('id')\nimportant/folder\n";
    assert!(looks_like_path_configuration(text));
    let seen = unpack(parse_path_configuration(
        &Memory::shared(text.as_bytes().to_vec()),
        "x.pth",
        &Budget::default(),
    ));
    let call = seen.call("os.system").unwrap();
    assert_eq!((call.line, &call.scope), (3, &Scope::Import));
    assert_eq!(call.region, Region::at(21, 27));
    assert!(seen.faults.is_empty());
    for other in
        ["", "{\"a\": 1}", "def f():\n    pass\n", "x = 1\n", "A sentence of many words in a text.\n"]
    {
        assert!(!looks_like_path_configuration(other), "{other}");
    }
}

proptest! {
    #[test]
    fn any_text_is_survived(code in "(import|os|system|exec|eval|getattr|lambda|def|class|f'|'|\"|\\(|\\)|\\[|\\]|\\{|\\}|:|,|=|\\.|\n|  | |x|1|\\+|\\*){0,80}") {
        let _ = seen(&code);
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = seen_bytes(&bytes);
    }
}

#[test]
fn every_cut_is_survived_and_keeps_what_came_before() {
    let code = "import os\nos.system('id')\nclass A:\n    def f(self, *, x: int = 3, **k):\n        return f'{self.x!r:>{x}}' if k else [y async for y in k]\n@a.b(c)\nasync def g(): await x\n";
    for cut in 0..code.len() {
        let seen = seen(code.get(..cut).unwrap());
        if cut > 25 {
            assert!(seen.call("os.system").is_some(), "cut at {cut}");
        }
    }
}
