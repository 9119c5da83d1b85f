//! What an artifact says about itself never acts on the terminal, the log viewer or the page it is shown in.

#![cfg(unix)]

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use super::{code, run, text};

#[test]
fn names_are_shown_escaped_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = b"cos\nsystem\n(S'\x1b]0;pwned\x07'\ntR.";
    for name in [
        &b"esc\x1b[31m.pkl"[..],
        b"bad\xff.pkl",
        "bidi\u{202e}gpj.pkl".as_bytes(),
        b"quote\"'<b>&.pkl",
        b"new\nline.pkl",
    ] {
        std::fs::write(folder.path().join(OsStr::from_bytes(name)), bytes).unwrap();
    }
    let target = folder.path().display().to_string();
    for format in ["terminal", "json", "sarif", "junit", "markdown", "html"] {
        let output = run(&["vet", &target, "--format", format, "--verbose"]);
        assert_eq!(code(&output), 1, "{format}");
        let shown = String::from_utf8(output.stdout).expect("reports are UTF-8");
        for raw in ["\u{1b}", "\u{7}"] {
            assert!(!shown.contains(raw), "{format} shows a control character");
        }
        if matches!(format, "terminal" | "markdown" | "html") {
            assert!(!shown.contains('\u{202e}'), "{format} shows a bidirectional control");
        }
        // Markdown shows names in code spans, where markup is inert.
        if matches!(format, "html" | "junit") {
            assert!(!shown.contains("<b>"), "{format} shows markup of the artifact");
        }
        assert!(!text(&output.stderr).contains('\u{1b}'));
    }
}
