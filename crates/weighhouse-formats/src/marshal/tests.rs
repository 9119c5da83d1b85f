use base64::Engine as _;

use super::{CodeSummary, summary};
use crate::build::marshal::{Version, code};

const MOST: usize = 1000;

fn real(base64: &str) -> CodeSummary {
    summary(&base64::engine::general_purpose::STANDARD.decode(base64).unwrap(), MOST).unwrap()
}

#[test]
fn code_that_python_3_11_compiled() {
    let plain = real(
        "4wEAAAAAAAAAAAAAAAIAAAADAAAA8wwAAACXAHwAZAF6BQAAUwApAk7pAgAAAKkAKQHaAXhzAQAAACD6CDxzdHJpbmc++gg8bGFtYmRhPnIGAAAAAQAAAHMKAAAAgACIIYhhiSWAAPMAAAAA",
    );
    assert_eq!(plain, CodeSummary { names: vec![], texts: vec![], functions: 1 });
    let hostile = real(
        "4wEAAAAAAAAAAAAAAAMAAAADAAAA80YAAACXAHQBAAAAAAAAAAAAAGQBpgEAAKsBAAAAAAAAAACgAQAAAAAAAAAAAAAAAAAAAAAAAAAAZAKmAQAAqwEAAAAAAAAAAFMAKQNO2gJvc9oCaWQpAtoKX19pbXBvcnRfX9oGc3lzdGVtKQHaAXhzAQAAACD6CDxzdHJpbmc++gg8bGFtYmRhPnIIAAAAAQAAAHMcAAAAgACNKpBU0Qoa1Aoa1woh0gohoCTRCifUCieAAPMAAAAA",
    );
    assert_eq!(hostile.names, ["__import__", "system"]);
    assert_eq!(hostile.texts, ["os", "id"]);
}

#[test]
fn every_layout_with_functions_inside() {
    for version in Version::ALL {
        let inner = code(version, &["system"], &["id"], &[]);
        let outer = code(version, &["os", "x"], &["text"], &[inner]);
        let found = summary(&outer, MOST).unwrap();
        assert_eq!(found.functions, 2, "{version:?}");
        assert_eq!(found.names, ["system", "os", "x"], "{version:?}");
        assert_eq!(found.texts, ["id", "text"], "{version:?}");
    }
}

#[test]
fn what_is_no_code_is_said_to_be_none() {
    let whole = code(Version::Python311, &["a"], &["b"], &[]);
    for end in 0..whole.len() {
        assert!(summary(&whole[..end], MOST).is_err(), "cut at {end}");
    }
    assert!(summary(&[whole.as_slice(), b"N"].concat(), MOST).is_err());
    assert!(summary(&whole, 3).is_err(), "more values than may be read");
    // Lists within lists, and a list that holds itself.
    assert!(summary(&b"[\x01\0\0\0".repeat(100_000), 1 << 20).is_err());
    assert!(summary(b"\xdb\x01\0\0\0r\0\0\0\0", MOST).is_err());
    // Lengths that no data has.
    assert!(summary(b"(\xff\xff\xff\xff", MOST).is_err());
    assert!(summary(b"l\0\0\0\x80", MOST).is_err());
}
