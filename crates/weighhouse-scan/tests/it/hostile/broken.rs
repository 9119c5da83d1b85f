//! Classes 5, 8 and 12: files that break right after they acted, junk around streams, one bad stream among many.

use weighhouse_formats::build::pickle::Assembler;

use super::containers::{harmless, payload};
use crate::attack::{Sample, assert_seen};

/// The beginning of a payload, up to and including the call.
fn acted(protocol: u8) -> Vec<u8> {
    Assembler::new(protocol).reduce("os", "system", &["id"]).truncated_after()
}

#[test]
fn what_ran_before_a_break_ran() {
    let breaks: &[(&str, &[u8])] = &[
        ("cut", b""),
        ("no such opcode", b"\xff."),
        ("opcode 0", b"\0\0\0."),
        ("empty stack", b"000000000."),
        ("no mark", b"t."),
        ("unset memo", b"h\x77."),
        ("negative get", b"g-1\n."),
        ("get of no number", b"gx\n."),
        ("long cut", b"\x8a\xff\x01"),
        ("long of negative length", b"\x8b\xff\xff\xff\xff."),
        ("text cut", b"X\xff\xff\xff\x7fabc"),
        ("text of negative length", b"T\xff\xff\xff\xffabc."),
        ("text of huge length", b"\x8d\xff\xff\xff\xff\xff\xff\xff\x7fabc"),
        ("text that is not UTF-8", b"X\x02\0\0\0\xc3\x28."),
        ("frame past the end", b"\x95\xff\xff\xff\xff\0\0\0\0."),
        ("second protocol", b"\x80\x05."),
        ("protocol of tomorrow", b"\x80\x63."),
        ("bad integer", b"Iabc\n."),
        ("bad float", b"Fabc\n."),
        ("bad string", b"Sabc\n."),
        ("setitem on nothing", b"su."),
        ("append to a number", b"K\x01K\x02a."),
        ("build of a number", b"K\x01}b."),
        ("stop with more on the stack", b"NNN."),
        ("stop twice", b".."),
        ("line without end", b"cos\nsystem"),
        ("persistent id", b"Pabc\n."),
        ("set of a list", b"\x8f(]\x90."),
    ];
    let mut samples = Vec::new();
    for (what, tail) in breaks {
        for protocol in [0, 2, 4, 5] {
            let bytes = [acted(protocol), tail.to_vec()].concat();
            samples.push(Sample::new(
                format!("{what} after protocol {protocol}"),
                "model.pkl",
                bytes.clone(),
            ));
            samples.push(Sample::new(
                format!("{what} after protocol {protocol}, junk"),
                "model.bin",
                [bytes, vec![0xee; 300]].concat(),
            ));
        }
    }
    assert_seen("broken", &samples);
}

#[test]
fn a_bad_stream_anywhere_in_the_file() {
    let (bad, ok) = (payload(), harmless());
    let junk: &[(&str, Vec<u8>)] = &[
        ("nothing", Vec::new()),
        ("zeros", vec![0; 700]),
        ("few zeros", vec![0; 3]),
        ("ones", vec![0xff; 700]),
        ("text", b"this is a comment\n".repeat(20)),
        ("spaces", b"   \n\n".to_vec()),
        ("stop", b".".repeat(9)),
        ("noise", (0..5000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()),
        ("long noise", (0..200_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 23) as u8).collect()),
        ("a broken stream", b"\x80\x04\x95\x40\0\0\0\0\0\0\0\x8c".to_vec()),
        ("floats", (0..3000_u16).flat_map(|i| (f32::from(i) * 0.37).sin().to_le_bytes()).collect()),
    ];
    let bads = [
        ("protocol 2", bad),
        ("protocol 4", Assembler::new(4).frame(40).reduce("os", "system", &["id"]).finish()),
        ("protocol 0", Assembler::new(0).reduce("os", "system", &["id"]).finish()),
    ];
    let mut samples = Vec::new();
    for (which, bad) in &bads {
        for (what, between) in junk {
            let mut add = |how: &str, parts: &[&[u8]]| {
                samples.push(Sample::new(format!("{which}, {how}, {what}"), "model.pkl", parts.concat()));
            };
            // A text behind a text is a text: no loader goes there.
            if *which != "protocol 0" {
                add("junk in front", &[between, bad]);
            }
            add("junk behind", &[bad, between]);
            add("second behind junk", &[&ok, between, bad]);
            add("second, junk behind", &[&ok, bad, between]);
            add("last of many", &[&ok.repeat(20), between, bad]);
            add("first of many", &[bad, between, &ok.repeat(20)]);
        }
    }
    assert_seen("streams", &samples);
}

#[test]
fn every_cut_behind_the_import() {
    // From the moment the name is complete, no cut may pass as clean.
    let mut samples = Vec::new();
    for protocol in 0..6 {
        let whole = Assembler::new(protocol).reduce("os", "system", &["id"]).finish();
        let named = Assembler::new(protocol).import("os", "system").truncated_after().len();
        // A text of unknown name that only names a module is a text; once it calls, it is a pickle.
        let named = if protocol < 2 { whole.len() - 1 } else { named };
        for cut in named..=whole.len() {
            samples.push(Sample::new(
                format!("protocol {protocol} cut at {cut}"),
                "model.pkl",
                whole[..cut].to_vec(),
            ));
        }
    }
    samples.retain(|sample| sample.bytes.len() > 12);
    assert_seen("cuts", &samples);
}
