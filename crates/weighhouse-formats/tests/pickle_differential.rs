//! The decoder and the machine against CPython's `pickletools` and loader, on thousands of generated streams.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of a test")]

use std::collections::BTreeSet;
use std::process::Command;

use weighhouse_formats::bounded::Budget;
use weighhouse_formats::node::Facts;
use weighhouse_formats::pickle::{self, Operand};
use weighhouse_formats::source::{Memory, SharedSource};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pickletools/reference.py");
const STREAMS: usize = 4000;

/// What CPython says, or nothing where there is no `python3`.
#[expect(clippy::disallowed_methods, reason = "a test asks CPython as the reference")]
fn reference() -> Option<String> {
    let output = Command::new("python3").arg("-I").arg(SCRIPT).arg(STREAMS.to_string()).output().ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

fn bytes(hex: &str) -> Vec<u8> {
    hex.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn text(hex: &str) -> String {
    String::from_utf8_lossy(&bytes(hex)).into_owned()
}

/// Whether an operand is what `pickletools` shows.
fn same(shown: &str, operand: &Operand) -> bool {
    let (kind, rest) = shown.split_at(1);
    match operand {
        Operand::Nothing => shown == "-",
        Operand::Int(value) => kind == "i" && rest == value.to_string(),
        Operand::Bool(value) => shown == if *value { "b1" } else { "b0" },
        Operand::Digits(digits) => kind == "i" && rest == digits.trim(),
        Operand::Long(digits) if digits.len() <= 16 => {
            let sign = if digits.last().is_some_and(|byte| byte & 0x80 != 0) { 0xff } else { 0 };
            let mut wide = [sign; 16];
            wide[..digits.len()].copy_from_slice(digits);
            kind == "i" && rest == i128::from_le_bytes(wide).to_string()
        }
        Operand::Long(_) => kind == "i",
        Operand::Float(value) => {
            value.is_nan() && rest == "nan" || rest == format!("{:016x}", value.to_bits())
        }
        // Lone surrogates cannot be compared as text.
        Operand::Text(found) => kind == "t" && (found.contains('\u{fffd}') || text(rest) == *found),
        Operand::Bytes(found) => kind == "y" && bytes(rest) == *found,
        Operand::Name(module, name) => kind == "n" && text(rest) == format!("{module} {name}"),
    }
}

fn compare_opcodes(source: &SharedSource, shown: &str, hex: &str) {
    let mut ours = pickle::disassemble(source, 0);
    for expected in shown.split(',') {
        let found = ours.next();
        if expected == "error" {
            // Lines outside ASCII: refused by `pickletools`, read by loaders (`STRING` by the caller's encoding).
            let line = match &found {
                Some(Ok(found)) if matches!(found.name, "STRING" | "GLOBAL" | "INST" | "PERSID") => {
                    !format!("{:?}", found.operand).is_ascii()
                }
                _ => false,
            };
            assert!(line || matches!(found, None | Some(Err(_))), "{hex}: CPython stops, we find {found:?}");
            return;
        }
        let Some(Ok(found)) = found else { panic!("{hex}: we stop with {found:?} at `{expected}`") };
        let parts: Vec<&str> = expected.split(' ').collect();
        assert_eq!((parts[0], parts[1]), (found.offset.to_string().as_str(), found.name), "{hex}");
        // `pickletools` undoes escapes in `PERSID`, which no loader does.
        assert!(
            found.name == "PERSID" || same(parts[2], &found.operand),
            "{hex}: {expected} is {:?}",
            found.operand
        );
    }
    assert_eq!(ours.next(), None, "{hex}");
}

fn compare_globals(source: &SharedSource, found: &str, loaded: bool, hex: &str) {
    let parsed = pickle::parse(source, "x", &Budget::default());
    let Facts::Pickle(facts) = &parsed.reading.facts else { panic!("no pickle") };
    let first = facts.streams.first().map_or(0, |stream| stream.region.end);
    let ours: BTreeSet<(String, String)> = facts
        .globals
        .iter()
        .filter(|global| global.offset < first || !loaded)
        .map(|global| global.written.as_ref().unwrap_or(&global.name))
        .map(|name| (name.module.clone(), name.name.clone()))
        .collect();
    let theirs: BTreeSet<(String, String)> = found
        .split(',')
        .filter(|name| !name.is_empty())
        .map(|name| name.split_once(' ').unwrap())
        .map(|(module, name)| (text(module), text(name)))
        .collect();
    if loaded {
        assert_eq!(ours, theirs, "{hex}");
        assert_eq!(facts.streams[0].ending, pickle::Ending::Stop, "{hex}");
    } else {
        assert!(theirs.is_subset(&ours), "{hex}: the loader imports {theirs:?}, we see {ours:?}");
    }
}

#[test]
fn decoder_and_machine_agree_with_cpython() {
    let Some(reference) = reference() else {
        eprintln!("no python3: the comparison with CPython is not made");
        return;
    };
    let mut streams = 0;
    for line in reference.lines() {
        let [hex, opcodes, found, loaded] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let source = Memory::shared(bytes(hex));
        compare_opcodes(&source, opcodes, hex);
        compare_globals(&source, found, loaded == "1", hex);
        streams += 1;
    }
    assert_eq!(streams, STREAMS);
}
