//! What the machine must see, opcode by opcode, and what no input may make it do.

use proptest::prelude::*;

use super::streams::walk;
use super::*;
use crate::bounded::{Budget, Exhausted, Limits};
use crate::build::pickle::{Assembler, legacy_torch};
use crate::build::short::Short;
use crate::format::Format;
use crate::identify::identify;
use crate::node::{Facts, Fault, GapReason, Parsed, Strength};
use crate::source::{Memory, SharedSource};

fn read(bytes: &[u8]) -> Parsed {
    parse(&Memory::shared(bytes.to_vec()), "sample", &Budget::default())
}

fn facts(parsed: &Parsed) -> &PickleFacts {
    match &parsed.reading.facts {
        Facts::Pickle(facts) => facts,
        other => panic!("not a pickle: {other:?}"),
    }
}

fn clean(bytes: &[u8]) -> PickleFacts {
    let parsed = read(bytes);
    assert_eq!(parsed.reading.irregularities, []);
    assert_eq!(parsed.gaps, []);
    assert_eq!(parsed.reading.claims.unexplained(bytes.len() as u64), []);
    match parsed.reading.facts {
        Facts::Pickle(facts) => *facts,
        other => panic!("not a pickle: {other:?}"),
    }
}

fn globals(facts: &PickleFacts) -> Vec<String> {
    facts.globals.iter().map(|global| global.name.to_string()).collect()
}

#[test]
fn a_call_is_seen_in_every_protocol() {
    for protocol in 0..=5 {
        let facts = clean(&Assembler::new(protocol).reduce("os", "system", &["id"]).finish());
        assert_eq!(globals(&facts), ["os.system"], "protocol {protocol}");
        assert!(facts.globals[0].uses.called);
        assert_eq!(facts.calls.len(), 1);
        assert_eq!(facts.calls[0].arguments, [Shape::Text { head: "id".to_owned(), len: 2 }]);
        assert!(facts.calls[0].constant_arguments);
        assert_eq!(
            facts.streams[0].protocol,
            if protocol < 2 { facts.streams[0].protocol } else { protocol }
        );
        assert_eq!(facts.literals[0].text, "id");
    }
}

#[test]
fn operands_of_stack_global_come_from_the_memo() {
    let stream = Assembler::new(4).text("system").memoize().pop().text("os").put(7).pop();
    let facts =
        clean(&stream.get(7).get(0).stack_global_opcode().text("id").tuple1().reduce_opcode().finish());
    assert_eq!(globals(&facts), ["os.system"]);
}

#[test]
fn computed_operands_are_unresolved() {
    let stream = Assembler::new(4).text("os").reduce("builtins", "str", &["system"]).stack_global_opcode();
    let facts = clean(&stream.empty_tuple().reduce_opcode().finish());
    assert_eq!(facts.unresolved.len(), 2);
    assert_eq!(facts.unresolved[0].opcode, "STACK_GLOBAL");
    assert_eq!(facts.calls.last().unwrap().callee, Shape::Unknown);
}

#[test]
fn a_popped_result_stays_in_the_log() {
    let facts = clean(&Assembler::new(2).reduce("os", "system", &["id"]).pop().none().finish());
    assert_eq!(facts.calls[0].opcode, CallOpcode::Reduce);
    assert_eq!(facts.streams[0].result, Shape::None);
}

#[test]
fn inst_obj_newobj_and_extensions_are_calls() {
    let inst = clean(&Assembler::new(0).mark().text("id").inst("os", "system").finish());
    assert_eq!((inst.calls[0].opcode, inst.globals[0].uses.called), (CallOpcode::Inst, true));
    let obj = clean(&Assembler::new(1).mark().global("os", "system").text("id").obj().finish());
    assert_eq!((obj.calls[0].opcode, obj.calls[0].arguments.len()), (CallOpcode::Obj, 1));
    let new = clean(&Assembler::new(2).global("m", "C").empty_tuple().newobj().finish());
    assert!(new.globals[0].uses.constructed && !new.globals[0].uses.called);
    let new = clean(&Assembler::new(4).import("m", "C").empty_tuple().empty_dict().newobj_ex().finish());
    assert_eq!(new.calls[0].opcode, CallOpcode::NewObjEx);
    let ext = clean(&Assembler::new(2).extension(70_000).empty_tuple().reduce_opcode().finish());
    assert_eq!(ext.extensions[0].code, 70_000);
    assert_eq!(ext.unresolved.len(), 1);
}

#[test]
fn state_on_an_instance_builds_and_on_an_import_patches() {
    let built =
        clean(&Assembler::new(2).global("m", "C").empty_tuple().newobj().empty_dict().build().finish());
    assert!(built.globals[0].uses.built && !built.globals[0].uses.patched);
    let patched = clean(&Assembler::new(2).global("m", "C").empty_dict().build().finish());
    assert!(patched.globals[0].uses.patched && !patched.globals[0].uses.built);
    let item = Assembler::new(2).global("os", "environ").text("PATH").text("/tmp").setitem();
    assert!(clean(&item.finish()).globals[0].uses.patched);
}

#[test]
fn items_for_an_instance_are_calls_of_its_methods() {
    let object = || Assembler::new(4).import("m", "C").empty_tuple().newobj();
    for (stream, opcode) in [
        (object().none().append(), CallOpcode::Append),
        (object().mark().none().appends(), CallOpcode::Append),
        (object().mark().none().none().setitems(), CallOpcode::SetItem),
        (object().mark().none().additems(), CallOpcode::AddItems),
    ] {
        let facts = clean(&stream.finish());
        let uses = facts.globals[0].uses;
        assert_eq!(
            (uses.filled, uses.appended),
            (opcode == CallOpcode::SetItem, opcode != CallOpcode::SetItem)
        );
        assert_eq!(facts.calls.last().unwrap().opcode, opcode);
    }
    let list = clean(&Assembler::new(4).empty_list().import("m", "C").append().finish());
    assert!(list.globals[0].uses.passed && list.calls.is_empty());
}

#[test]
fn the_result_of_a_call_can_be_called() {
    let attribute = Assembler::new(2).reduce("builtins", "getattr", &["x", "y"]);
    let facts = clean(&attribute.text("id").tuple1().reduce_opcode().finish());
    assert!(matches!(&facts.calls[1].callee, Shape::Instance(name) if name.name == "getattr"));
}

#[test]
fn texts_of_calls_are_told_apart() {
    let stream = Assembler::new(4).reduce("builtins", "getattr", &["a", "harmless"]).pop();
    let facts = clean(&stream.reduce("builtins", "getattr", &["a", "system"]).finish());
    assert_eq!(facts.calls.len(), 2);
    let same = (0..5).fold(Assembler::new(4).none(), |all, _| all.pop().reduce("m", "f", &["a"]));
    let facts = clean(&same.finish());
    assert_eq!((facts.calls.len(), facts.calls[0].count, facts.globals[0].count), (1, 5, 5));
}

#[test]
fn names_of_python_2_are_canonical_in_every_protocol() {
    for protocol in [0, 2, 4] {
        let facts = clean(&Assembler::new(protocol).reduce("__builtin__", "eval", &["1"]).finish());
        assert_eq!(globals(&facts), ["builtins.eval"]);
        assert_eq!(facts.globals[0].written.as_ref().unwrap().module, "__builtin__");
    }
    let old = clean(&Assembler::new(2).reduce("commands", "getoutput", &["id"]).finish());
    assert_eq!(globals(&old), ["subprocess.getoutput"]);
    let own = clean(&Assembler::new(4).reduce("commands", "Mine", &["id"]).finish());
    assert_eq!(globals(&own), ["commands.Mine"]);
    let dotted = clean(&Assembler::new(4).reduce("torch", "serialization.os.system", &["id"]).finish());
    assert_eq!(dotted.globals[0].name.name, "serialization.os.system");
}

#[test]
fn effects_before_a_break_are_reported() {
    for broken in [
        Assembler::new(0).reduce("os", "system", &["id"]).raw(b"\xffjunk").truncated_after(),
        Assembler::new(2).reduce("os", "system", &["id"]).get(99).finish(),
        Assembler::new(4).reduce("os", "system", &["id"]).truncated_after(),
        Assembler::new(4).reduce("os", "system", &["id"]).pop().pop().finish(),
    ] {
        let parsed = read(&broken);
        assert_eq!(globals(facts(&parsed)), ["os.system"]);
        assert!(facts(&parsed).globals[0].uses.called);
        assert!(parsed.gaps.iter().any(|gap| gap.reason == GapReason::Damaged));
        assert!(!parsed.reading.irregularities.is_empty());
        let found = identify("weights.txt", &Memory::shared(broken));
        assert!(found.iter().any(|candidate| candidate.format == Format::Pickle), "{found:?}");
    }
}

#[test]
fn an_import_cut_by_the_end_is_seen() {
    let parsed = read(b"cantigravity\nnowx");
    assert_eq!(globals(facts(&parsed)), ["antigravity.now"]);
}

#[test]
fn streams_behind_one_another_and_behind_junk_are_read() {
    let mut file = Assembler::new(2).none().finish();
    file.extend(Assembler::new(4).reduce("os", "system", &["a"]).finish());
    let two = clean(&file);
    assert_eq!((two.streams.len(), globals(&two)), (2, vec!["os.system".to_owned()]));
    for payload in [
        Assembler::new(4).reduce("posix", "system", &["b"]).finish(),
        Assembler::new(0).reduce("posix", "system", &["b"]).finish(),
        Assembler::new(4).reduce("posix", "system", &["b"]).finish()[2..].to_vec(),
    ] {
        let mut file = Assembler::new(2).none().finish();
        file.extend(b"\0\x01\xffjunk in between\xfe");
        let junk = 3..file.len() as u64;
        file.extend(&payload);
        let parsed = read(&file);
        assert!(globals(facts(&parsed)).contains(&"posix.system".to_owned()), "{payload:?}");
        assert!(!parsed.reading.claims.unexplained(file.len() as u64).is_empty(), "{junk:?}");
    }
}

#[test]
fn payloads_in_constants_become_children() {
    use base64::Engine as _;
    let inner = Assembler::new(4).reduce("os", "system", &["id"]).finish();
    let old = Assembler::new(0).reduce("os", "system", &["id"]).finish();
    let base64 = base64::engine::general_purpose::STANDARD.encode(&inner);
    let hex: String = inner
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
        .collect();
    let latin: String = inner.iter().map(|byte| char::from(*byte)).collect();
    for outer in [
        Assembler::new(4).bytes(&inner),
        Assembler::new(4).bytes(&old),
        Assembler::new(2).bytes(&inner),
        Assembler::new(0).bytes(&inner),
        Assembler::new(4).text(&base64),
        Assembler::new(4).bytes(base64.as_bytes()),
        Assembler::new(4).text(&hex),
        Assembler::new(4).text(&latin),
        Assembler::new(2).binstring(&inner),
        Assembler::new(4).text(&format!("import pickle; pickle.loads(b64decode('{base64}'))")),
        Assembler::new(5).bytearray8(&inner),
    ] {
        let bytes = outer.finish();
        let parsed = read(&bytes);
        assert!(
            parsed.children.iter().any(|child| child.known == Some(Format::Pickle)),
            "{}",
            String::from_utf8_lossy(&bytes)
        );
    }
}

#[test]
fn random_bytes_are_no_payloads() {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u8
    };
    let mut children = 0;
    for _ in 0..3000 {
        let content: Vec<u8> = (0..400).map(|_| next()).collect();
        children += read(&Assembler::new(4).bytes(&content).finish()).children.len();
    }
    assert!(children <= 2, "{children}");
}

#[test]
fn names_and_words_are_no_payloads() {
    for plain in ["GaussianProcessClassifier", "GaussianProcessRegressor", "GradientBoostingClassifier"] {
        for outer in [Assembler::new(4).text(plain), Assembler::new(4).bytes(plain.as_bytes())] {
            assert_eq!(read(&outer.finish()).children.len(), 0, "{plain}");
        }
    }
    for name in include_str!("names.rs").split('"').filter(|name| !name.is_empty() && name.len() < 200) {
        assert_eq!(read(&Assembler::new(4).text(name).finish()).children.len(), 0, "{name}");
    }
}

#[test]
fn a_compressed_payload_becomes_a_child_however_short() {
    use base64::Engine as _;
    use std::io::Write as _;
    for content in [&b"import os"[..], &[b'x'; 9000]] {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(content).unwrap();
        let packed = encoder.finish().unwrap();
        let text = base64::engine::general_purpose::STANDARD.encode(&packed);
        let bytes = Assembler::new(4).bytes(&packed).finish();
        assert_eq!(read(&bytes).children.len(), 1, "{packed:?}");
        if text.len() >= 24 {
            assert_eq!(read(&Assembler::new(4).text(&text).finish()).children.len(), 1, "{text}");
        }
    }
}

#[test]
fn the_length_of_a_text_is_that_of_its_content() {
    for (text, len) in [("id".to_owned(), 2), ("a\\x41".to_owned(), 2), ("y".repeat(300), 300)] {
        let line = format!("cos\nsystem\n(S'{text}'\ntR.");
        let facts = clean(line.as_bytes());
        assert!(
            matches!(facts.calls[0].arguments[0], Shape::Text { len: found, .. } if found == len),
            "{line}"
        );
    }
}

#[test]
fn literals_show_commands_and_addresses_but_not_words() {
    let striking = clean(&Assembler::new(4).text("curl http://a.b | sh").finish());
    assert_eq!(striking.literals.len(), 1);
    for plain in ["layers.0.self_attn.q_proj.weight", "a plain sentence.", "2020-01-01 (UTC)", "src/model"] {
        assert_eq!(clean(&Assembler::new(4).text(plain).finish()).literals, [], "{plain}");
    }
}

#[test]
fn a_legacy_torch_file_is_explained_to_its_last_byte() {
    let file = legacy_torch(&[("weight", &[2, 3]), ("bias", &[3])], 7);
    assert_eq!(identify("x", &Memory::shared(file.clone()))[0].format, Format::TorchLegacy);
    let parsed = read(&file);
    assert_eq!(
        (parsed.reading.format, &parsed.reading.irregularities, &parsed.gaps),
        (Format::TorchLegacy, &vec![], &vec![])
    );
    assert_eq!(parsed.reading.claims.unexplained(file.len() as u64), []);
    let legacy = facts(&parsed).legacy.as_ref().unwrap();
    assert_eq!((legacy.protocol_version, legacy.keys.len(), legacy.storages.len()), (Some(1001), 2, 2));
    assert_eq!((legacy.storages[0].elements, legacy.storages[0].element_size), (6, 4));
    let cut = read(&file[..file.len() - 1]);
    assert!(cut.gaps.iter().any(|gap| gap.reason == GapReason::Damaged));
}

#[test]
fn loaders_disagree_about_frames_and_the_machine_reads_on() {
    let parsed = read(&Assembler::new(4).frame(1 << 40).reduce("os", "system", &["id"]).finish());
    assert_eq!(globals(facts(&parsed)), ["os.system"]);
    assert!(parsed.reading.irregularities.iter().any(|fault| fault.kind == Fault::Contradiction));
}

#[test]
fn what_loaders_refuse_breaks_the_stream() {
    for broken in [
        &b"\x80\x06N."[..],
        b"\x80\x04\x93.",
        b"\x80\x04K\x01K\x02\x93.",
        b"(N0.",
        b"I1x\n.",
        b"S'abc\n.",
        b"Vab\\u12\n.",
        b"X\x02\0\0\0\xff\xfe.",
        b"\x80\x02}(Nu.",
        b"(Nd.",
        b"t.",
        b"p0\n.",
        b"\x80\x02\x82\0.",
        b".",
    ] {
        let parsed = read(broken);
        assert!(matches!(facts(&parsed).streams[0].ending, Ending::Broken(_)), "{broken:?}");
        assert!(parsed.gaps.iter().any(|gap| gap.reason == GapReason::Damaged), "{broken:?}");
    }
}

#[test]
fn what_loaders_accept_does_not_break_the_stream() {
    for fine in [
        &b"I01\n."[..],
        b"L12345678901234567890123L\n.",
        b"F1e400\n.",
        b"S\"it's\\x41\\101\"\n.",
        b"V\\U0001f600\xe9\n.",
        b"(0N.",
        b"(N1N.",
        b"N2\x86.",
        b"(lp0\nI1\na.",
        b"(dp0\nS'a'\nI1\ns.",
        b"\x80\x05\x96\x01\0\0\0\0\0\0\0a.",
        b"\x80\x05\x97\x98.",
        b"X\x03\0\0\0\xed\xa0\x80.",
        b"\x80\x04\x8f(K\x01\x90.",
        b"\x80\x04(K\x01\x91.",
        b"G\0\0\0\0\0\0\0\0.",
        b"\x8a\0.",
        b"Pan id\n.",
        b"(ccollections\nOrderedDict\no.",
    ] {
        clean(fine);
    }
}

#[test]
fn text_is_not_mistaken_for_a_pickle() {
    for text in [
        "I am a README.",
        "N.B. read this\n",
        "car\ncat\ndog\nRabbit\n",
        "# Title\n\n(see below).",
        "}",
        "1\n2\n3.\n",
    ] {
        let found = identify("README.txt", &Memory::shared(text.as_bytes().to_vec()));
        assert!(
            !found.iter().any(
                |candidate| candidate.format == Format::Pickle && candidate.strength == Strength::Certain
            ),
            "{text}: {found:?}"
        );
    }
    for (protocol, name) in [(0, "notes.txt"), (1, "x.bin"), (2, "model"), (5, "model.png")] {
        let bytes = Assembler::new(protocol).reduce("os", "system", &["id"]).finish();
        let found = identify(name, &Memory::shared(bytes));
        assert_eq!((found[0].format, found[0].strength), (Format::Pickle, Strength::Certain));
    }
}

#[test]
fn deep_nesting_needs_no_recursion() {
    clean(&Assembler::new(2).nested(1_000_000).finish());
}

#[test]
fn bounds_are_gaps() {
    let limits = Limits { steps: 10_000, ..Limits::default() };
    let stream = Assembler::new(2).raw(&b"N0".repeat(20_000)).none().finish();
    let parsed = parse(&Memory::shared(stream), "x", &Budget::new(std::sync::Arc::new(limits)));
    assert!(parsed.gaps.iter().any(|gap| gap.reason == GapReason::Limit(Exhausted::Steps)));
    let sparse = (0..300_000_u32).fold(Assembler::new(2).none(), |all, index| {
        all.raw(b"r").raw(&index.wrapping_mul(2_654_435_761).to_le_bytes())
    });
    let parsed = read(&sparse.finish());
    assert!(parsed.gaps.iter().any(|gap| gap.reason == GapReason::Limit(Exhausted::Facts)));
}

/// Streams that are mostly sound: pieces in any order, sometimes damaged.
/// Every place that may be the beginning of a stream is looked at; the looks must not add up to hours.
#[test]
fn a_file_of_nothing_but_beginnings_is_a_gap() {
    let beginnings = b"\x94F1\ng1\n\x8c\x01a".repeat(8000);
    let parsed = read(&beginnings);
    assert!(
        parsed.gaps.iter().any(|gap| gap.reason == GapReason::Limit(Exhausted::Steps)),
        "{:?}",
        parsed.gaps
    );

    let started = std::time::Instant::now();
    read(&b"0ic".repeat(100_000));
    assert!(started.elapsed().as_secs() < 20, "names without an end are read to the end of the window");
}

#[test]
fn a_payload_behind_many_beginnings_is_found() {
    let mut bytes = b"0\x8c\x01ac\nios\n".repeat(3000);
    bytes.extend(Assembler::new(2).reduce("os", "system", &["id"]).finish());
    let parsed = read(&bytes);
    assert!(globals(facts(&parsed)).contains(&"os.system".to_owned()));
    assert!(!parsed.gaps.iter().any(|gap| matches!(gap.reason, GapReason::Limit(_))), "{:?}", parsed.gaps);
}

fn streams() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(Assembler::new(4).reduce("os", "system", &["id"]).finish()),
        Just(Assembler::new(0).reduce("posix", "popen", &["curl x"]).truncated_after()),
        Just(Assembler::new(2).torch_state_dict(&[("w", &[2, 2])]).finish()),
        Just(Assembler::new(2).bytes(&Assembler::new(3).reduce("a", "b", &[]).finish()).finish()),
        Just(legacy_torch(&[("w", &[3])], 1)),
        prop::collection::vec(any::<u8>(), 0..40),
        prop::collection::vec(
            prop::sample::select(&b"(.012NR]}){tloabesucipgIKX\x80\x81\x8c\x93\x94\x85\n\x01\x04ab"[..]),
            0..60
        ),
    ];
    prop::collection::vec(piece, 1..5).prop_map(|pieces| pieces.concat())
}

fn whole(parsed: &Parsed) -> String {
    format!("{:?} {:?} {:?}", parsed.reading, parsed.gaps, parsed.children)
}

proptest! {
    #[test]
    fn any_chunking_gives_the_same_facts(bytes in streams(), most in 1_usize..9, window in 1_usize..200) {
        let short: SharedSource = Short::shared(&bytes, most);
        let budget = Budget::default();
        prop_assert_eq!(whole(&read(&bytes)), whole(&walk(&short, &budget, window)));
    }

    #[test]
    fn a_cut_is_never_silent(bytes in streams(), at in 0_usize..400) {
        let cut = &bytes[..at.min(bytes.len())];
        let parsed = read(cut);
        let explained = parsed.reading.claims.unexplained(cut.len() as u64).is_empty();
        let stopped = facts(&parsed).streams.iter().all(|stream| stream.ending == Ending::Stop);
        prop_assert!(stopped || !parsed.gaps.is_empty() || !explained);
        prop_assert!(stopped || !parsed.gaps.is_empty());
    }
}

/// Recognition looks at a bounded number of opcodes; what stands behind them runs all the same.
#[test]
fn opcodes_without_effect_in_front_hide_nothing() {
    let payload = b"cos\nsystem\n(S'id'\ntR.";
    let pads: [&[u8]; 6] = [b"N0", b"I1\n0", b"Vhello\n0", b"(1", b"N", b"]0"];
    for pad in pads {
        for count in [1_999, 2_001, 9_999, 10_001, 19_999, 20_001, 40_000] {
            let bytes = [pad.repeat(count), payload.to_vec()].concat();
            let found = identify("weights", &Memory::shared(bytes.clone()));
            assert!(found.iter().any(|found| found.format == Format::Pickle), "{pad:?} {count}: {found:?}");
            assert_eq!(globals(facts(&read(&bytes))), ["os.system"], "{pad:?} {count}");
        }
    }
}

/// A loader stops at a memo entry that was never stored; so do the bytes of numbers that look like opcodes.
#[test]
fn numbers_that_begin_like_opcodes_are_no_pickle() {
    let numbers = [&b"\x89\x88\x88\x88\x88\x88h<"[..], &[0x93; 20], b"cab\ncd\nR."].concat();
    let bytes = Assembler::new(4).bytes(&numbers).finish();
    assert!(read(&bytes).children.is_empty());
}

fn bombs(parsed: &Parsed) -> usize {
    parsed.reading.irregularities.iter().filter(|fault| fault.kind == Fault::Bomb).count()
}

/// Lists (or tuples) of which each holds the one before `width` times.
fn tower(levels: u32, width: u32, tuples: bool) -> Assembler {
    let mut stream = Assembler::new(4).empty_list().memoize();
    for level in 0..levels {
        stream = if tuples { stream.mark() } else { stream.empty_list().memoize().mark() };
        for _ in 0..width {
            stream = stream.get(level);
        }
        stream = if tuples { stream.raw(b"t").memoize() } else { stream.appends() };
    }
    stream
}

#[test]
fn containers_that_multiply_are_bombs() {
    for tuples in [false, true] {
        assert_eq!(bombs(&read(&tower(40, 2, tuples).finish())), 1, "tuples: {tuples}");
        assert_eq!(bombs(&read(&tower(9, 10, tuples).finish())), 1, "tuples: {tuples}");
        assert_eq!(bombs(&read(&tower(3, 10, tuples).finish())), 0, "tuples: {tuples}");
    }
    // Wrapped in containers that stand once, as keys of a dictionary, by copies of the stack.
    let mut wrapped = Assembler::new(4).empty_list().memoize();
    for level in 0..40 {
        wrapped = wrapped.empty_list().memoize();
        for _ in 0..2 {
            wrapped = wrapped.empty_list().get(level).raw(b"aa");
        }
    }
    assert_eq!(bombs(&read(&wrapped.finish())), 1);
    let copied = (0..40).fold(Assembler::new(4).empty_tuple(), |stream, _| stream.dup().tuple2());
    assert_eq!(bombs(&read(&copied.finish())), 1);
    // From the top down: each is filled after the one above it holds it.
    let mut down = (0..41).fold(Assembler::new(4), |stream, _| stream.empty_list().memoize().pop());
    for level in 0..40 {
        down = down.get(level).mark().get(level + 1).get(level + 1).appends().pop();
    }
    assert_eq!(bombs(&read(&down.get(0).finish())), 1);
}

/// Instances of a class that is a container, of which each holds the one before twice: as items, as elements, as what it is made of.
fn instances(class: &str, fill: &str) -> Vec<u8> {
    let level = |before: u32| {
        let next = before + 1;
        match fill {
            "items" => format!("g0\n(tRp{next}\n(I1\ng{before}\nI2\ng{before}\nu"),
            "elements" => format!("g0\n(tRp{next}\n(g{before}\ng{before}\ne"),
            "arguments" => format!("g0\n((g{before}\ng{before}\nltRp{next}\n"),
            // Protocol 2: the byte stands for one that no text has.
            _ => format!("g0\n(g{before}\ng{before}\nt\x01p{next}\n"),
        }
    };
    let levels: Vec<String> = (1..40).map(level).collect();
    let bytes = format!("c{class}\np0\n(tRp1\n{}.", levels.concat()).into_bytes();
    bytes.into_iter().map(|byte| if byte == 1 { 0x81 } else { byte }).collect()
}

#[test]
fn instances_of_containers_multiply_as_well() {
    for (class, fill) in [
        ("collections\nOrderedDict", "items"),
        ("collections\ndefaultdict", "items"),
        ("collections\ndeque", "elements"),
        ("builtins\nlist", "elements"),
        ("__builtin__\nfrozenset", "arguments"),
        ("builtins\ntuple", "instantiated"),
    ] {
        let parsed = read(&instances(class, fill));
        assert_eq!(bombs(&parsed), 1, "{class} by {fill}");
    }
    // Objects that are no containers do not multiply what is in them.
    assert_eq!(bombs(&read(&instances("collections\nUserString", "arguments"))), 0);
}

#[test]
fn what_records_share_is_no_bomb() {
    // A thousand records hold one description, which holds one list of names.
    let mut shared = Assembler::new(4).empty_list().memoize().empty_list().memoize().get(0).raw(b"a");
    shared = shared.empty_list().memoize().mark();
    for _ in 0..1000 {
        shared = shared.mark().get(1).get(0).raw(b"t");
    }
    assert_eq!(bombs(&read(&shared.appends().finish())), 0);
    // A list that holds itself, and nodes that know each other.
    let mut ring = Assembler::new(4).empty_list().memoize().mark();
    for _ in 0..5000 {
        ring = ring.empty_list().get(0).raw(b"a");
    }
    assert_eq!(bombs(&read(&ring.appends().finish())), 0);
}

fn view(rebuilder: &str, class: &str, elements: i32, numbers: &str, rest: &str) -> Vec<u8> {
    let mut text = format!("(S'storage'\nctorch\n{class}\nS'0'\nS'cpu'\nI{elements}\nt");
    text = format!("ctorch._utils\n{rebuilder}\n({text}Q{numbers}{rest}tR.");
    [b"\x80\x02", text.as_bytes()].concat()
}

#[test]
fn tensors_do_not_reach_beyond_their_storage() {
    let plain = "I00\nccollections\nOrderedDict\n(tR";
    let faults = |bytes: &[u8]| {
        let kinds = read(bytes).reading.irregularities.into_iter().map(|fault| fault.kind);
        kinds.filter(|kind| *kind == Fault::Impossible).count()
    };
    // Offset, shape, strides.
    for (numbers, beyond) in [
        ("I0\n(I2\nI2\nt(I2\nI1\nt", 0),
        ("I1\n(I3\nt(I1\nt", 0),
        ("I0\n(I9\nI4\nt(I0\nI1\nt", 0),
        ("I9\n(I0\nI4\nt(I4\nI1\nt", 0),
        ("I0\n(t(t", 0),
        ("I4\n(t(t", 1),
        ("I2\n(I3\nt(I1\nt", 1),
        ("I0\n(I2\nI2\nt(I4\nI1\nt", 1),
        ("I1073741824\n(I1\nt(I1\nt", 1),
        ("I0\n(I1073741824\nI1073741824\nt(I1073741824\nI1\nt", 1),
        ("I-1\n(I1\nt(I1\nt", 1),
        ("I0\n(I2\nt(I-1\nt", 1),
        ("I1\nctorch\nSize\n((I3\nttR(I1\nt", 0),
        ("I2\nctorch\nSize\n((I3\nttR(I1\nt", 1),
    ] {
        assert_eq!(
            faults(&view("_rebuild_tensor_v2", "FloatStorage", 4, numbers, plain)),
            beyond,
            "{numbers}"
        );
    }
    let typed = "I00\nccollections\nOrderedDict\n(tRctorch\nuint16\n";
    let half = "I0\n(I2\nt(I1\nt";
    assert_eq!(faults(&view("_rebuild_tensor_v3", "UntypedStorage", 4, half, typed)), 0);
    assert_eq!(faults(&view("_rebuild_tensor_v3", "UntypedStorage", 3, half, typed)), 1);
    assert_eq!(faults(&view("_rebuild_qtensor", "QUInt4x2Storage", 1, half, plain)), 0);
    assert_eq!(faults(&view("_rebuild_qtensor", "QInt8Storage", 1, half, plain)), 1);
}

#[test]
fn versions_that_objects_remember_are_told() {
    let said = |bytes: &[u8]| -> Vec<(String, String)> {
        clean(bytes).versions.into_iter().map(|found| (found.name, found.text)).collect()
    };
    let pair = |name: &str, text: &str| vec![(name.to_owned(), text.to_owned())];
    // One by one, all at once, from the memo, in a dictionary of the oldest protocol.
    assert_eq!(said(b"\x80\x04}\x8c\x09a_version\x8c\x031.0s."), pair("a_version", "1.0"));
    assert_eq!(said(b"\x80\x04}(\x8c\x09a_version\x8c\x031.0K\x01K\x02u."), pair("a_version", "1.0"));
    assert_eq!(
        said(b"\x80\x04\x8c\x09a_version\x94\x8c\x031.0\x9400}(h\x00h\x01u."),
        pair("a_version", "1.0")
    );
    assert_eq!(said(b"(dS'a_version'\nS'1.0'\ns."), pair("a_version", "1.0"));
    assert_eq!(said(b"(dV__version__\nV1.0\ns."), pair("__version__", "1.0"));
    // A value is no name, a number no text, and what is too long no version.
    assert_eq!(said(b"\x80\x04}(\x8c\x01k\x8c\x09a_version\x8c\x01l\x8c\x031.0u."), []);
    assert_eq!(said(b"\x80\x04}\x8c\x09a_versionK\x01s."), []);
    let long = [b"\x80\x04}\x8c\x09a_version\x8c\xff".as_slice(), &[b'1'; 255], b"s."].concat();
    assert_eq!(said(&long), []);
}

#[test]
fn remembered_versions_are_bounded() {
    let mut many = b"\x80\x04}(".to_vec();
    for number in 0..100_000 {
        let (name, text) = (format!("{number:06}_version"), format!("{number:06}"));
        many.extend([b"\x8c\x0e", name.as_bytes(), b"\x8c\x06", text.as_bytes()].concat());
    }
    many.extend(b"u.");
    assert!(clean(&many).versions.len() <= 64);
}
