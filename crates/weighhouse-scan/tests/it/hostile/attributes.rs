//! `getattr`, dill and the cache of joblib are read for what they give. What they give must not be called, handed on or reach beyond
//! its object, and beside them nothing gets easier.

use weighhouse_formats::build::pickle::Assembler;

use crate::attack::{Sample, assert_seen};

const COUNTER: (&str, &str) = ("collections", "Counter");
const SCHEDULE: (&str, &str) = ("torch.optim.lr_scheduler", "OneCycleLR");

fn of_class((module, name): (&str, &str), attribute: &str) -> Assembler {
    let at = Assembler::new(2).global("__builtin__", "getattr").global(module, name);
    at.text(attribute).tuple2().reduce_opcode()
}

fn of_object((module, name): (&str, &str), attribute: &str) -> Assembler {
    let at = Assembler::new(4).global("builtins", "getattr").global(module, name);
    at.empty_tuple().newobj().text(attribute).tuple2().reduce_opcode()
}

#[test]
fn what_getattr_gives_is_kept_and_nothing_else() {
    let at = Assembler::new;
    let mut samples = vec![
        (
            "a method of a class called",
            of_class(SCHEDULE, "_annealing_cos").text("id").tuple1().reduce_opcode().finish(),
        ),
        (
            "a method of an object called",
            of_object(COUNTER, "update").text("id").tuple1().reduce_opcode().finish(),
        ),
        (
            "a method of an object called without a tuple",
            of_object(COUNTER, "update").empty_tuple().newobj().finish(),
        ),
        ("an attribute that is given state", of_object(COUNTER, "items").empty_dict().build().finish()),
        ("an attribute that is filled", of_object(COUNTER, "items").text("a").none().setitem().finish()),
        ("an attribute that is appended to", of_object(COUNTER, "items").none().append().finish()),
        ("a class patched through getattr", of_class(SCHEDULE, "step").empty_dict().build().finish()),
        ("getattr handed on", at(2).empty_list().global("__builtin__", "getattr").append().finish()),
    ];
    let method = |target: Assembler| {
        target
            .global("builtins", "getattr")
            .global(COUNTER.0, COUNTER.1)
            .empty_tuple()
            .newobj()
            .text("update")
            .tuple2()
            .reduce_opcode()
    };
    for (what, module, name) in [
        ("a method handed to map", "builtins", "map"),
        ("a method handed to reduce", "functools", "reduce"),
        ("a method handed to a partial", "functools", "partial"),
        ("a method handed to what takes anything", "collections", "OrderedDict"),
        ("a method handed to an exception", "builtins", "ValueError"),
    ] {
        let handed = method(at(4).global(module, name)).tuple1();
        samples.push((what, handed.reduce_opcode().finish()));
        let nested = method(at(4).global(module, name)).tuple1().tuple1().tuple1();
        samples.push((what, nested.reduce_opcode().finish()));
    }
    samples.push((
        "a method as a state",
        method(at(4).global("collections", "OrderedDict").empty_tuple().newobj()).build().finish(),
    ));
    samples.push((
        "a method under the name that the loader calls",
        method(
            at(4)
                .global("collections", "OrderedDict")
                .empty_tuple()
                .reduce_opcode()
                .empty_dict()
                .text("__setstate__"),
        )
        .setitem()
        .build()
        .none()
        .build()
        .finish(),
    ));
    let names = [
        "__globals__",
        "__init__",
        "__reduce__",
        "__class__",
        "__subclasses__",
        "__dict__",
        "__setstate__",
        "__call",
        "func_globals",
        "f_globals",
        "gi_frame",
        "im_func",
        "mro",
        "os",
        "sys",
        "subprocess",
        "_os",
        "builtins",
        "system",
        "eval",
        "exec",
        "getattr",
        "a.b",
        "",
        "update()",
    ];
    for attribute in names {
        samples.push(("an attribute that reaches beyond a class", of_class(SCHEDULE, attribute).finish()));
        samples.push(("an attribute that reaches beyond an object", of_object(COUNTER, attribute).finish()));
    }
    for (module, name) in [
        ("torch", "nn"),
        ("numpy", "core"),
        ("os", "path"),
        ("builtins", "str"),
        ("builtins", "type"),
        ("io", "BytesIO"),
        ("zoneinfo", "ZoneInfo"),
        ("torch._utils", "_rebuild_tensor_v2"),
        ("torch.serialization", "load"),
        ("__main__", "Model"),
        ("logging", "Handler"),
        ("builtins", "object"),
        ("functools", "partial"),
    ] {
        samples
            .push(("an attribute of what is no listed class", of_class((module, name), "format").finish()));
    }
    samples.push((
        "an attribute of an attribute",
        at(4)
            .global("builtins", "getattr")
            .memoize()
            .global("builtins", "getattr")
            .global(COUNTER.0, COUNTER.1)
            .empty_tuple()
            .newobj()
            .text("update")
            .tuple2()
            .reduce_opcode()
            .text("im_self")
            .tuple2()
            .reduce_opcode()
            .finish(),
    ));
    samples.push((
        "an attribute of a method of a class",
        at(2)
            .global("__builtin__", "getattr")
            .global("__builtin__", "getattr")
            .global(SCHEDULE.0, SCHEDULE.1)
            .text("step")
            .tuple2()
            .reduce_opcode()
            .text("globals")
            .tuple2()
            .reduce_opcode()
            .finish(),
    ));
    samples.push((
        "an attribute with something to fall back to",
        at(4)
            .global("builtins", "getattr")
            .global(COUNTER.0, COUNTER.1)
            .text("x")
            .none()
            .tuple3()
            .reduce_opcode()
            .finish(),
    ));
    let samples: Vec<Sample> =
        samples.into_iter().map(|(what, bytes)| Sample::new(what, "model.pkl", bytes)).collect();
    assert_seen("attributes", &samples);
}

/// `_create_array` with a function and its arguments.
fn array(function: (&str, &str), arguments: impl FnOnce(Assembler) -> Assembler) -> Assembler {
    let at = Assembler::new(4).global("dill._dill", "_create_array").mark().global(function.0, function.1);
    arguments(at).mark().binint1(1).binint1(0).tuple().none().tuple().reduce_opcode()
}

#[test]
fn dill_is_read_for_what_it_calls_and_no_further() {
    let at = Assembler::new;
    let id = |at: Assembler| at.text("id").tuple1();
    let nothing = |at: Assembler| at.empty_tuple();
    let mut samples = vec![
        ("a shell by way of an array", array(("os", "system"), id).finish()),
        ("an allowed function that is no rebuilder", array(("collections", "OrderedDict"), nothing).finish()),
        (
            "a rebuilder without its arguments",
            array(("numpy.core.multiarray", "_reconstruct"), nothing).finish(),
        ),
        (
            "a rebuilder of something else",
            array(("numpy.core.multiarray", "_reconstruct"), |at| {
                at.global("torch.nn.modules.linear", "Linear").binint1(0).tuple1().bytes(b"b").tuple3()
            })
            .finish(),
        ),
        (
            "arguments that cannot be followed",
            array(("numpy.core.multiarray", "_reconstruct"), |at| at.text("x").binpersid()).finish(),
        ),
        (
            "dill's array handed on",
            at(4).empty_list().global("dill._dill", "_create_array").append().finish(),
        ),
        (
            "a type by a name that is made",
            at(4)
                .global("dill._dill", "_load_type")
                .global("builtins", "str")
                .empty_tuple()
                .reduce_opcode()
                .tuple1()
                .reduce_opcode()
                .finish(),
        ),
        (
            "the cache of joblib called",
            at(4).global("joblib.memory", "Memory").text("/tmp").tuple1().reduce_opcode().finish(),
        ),
        (
            "a function of the cache of joblib",
            at(4).global("joblib.memory", "MemorizedFunc").empty_tuple().newobj().finish(),
        ),
    ];
    for name in [
        "CodeType",
        "FunctionType",
        "ModuleType",
        "MethodType",
        "type",
        "eval",
        "PartialType",
        "memoryview.x",
    ] {
        let named = at(4).global("dill._dill", "_load_type").text(name).tuple1().reduce_opcode();
        samples.push(("a type that makes code", named.empty_tuple().reduce_opcode().finish()));
    }
    for name in [
        "_create_function",
        "_create_code",
        "_import_module",
        "_eval_repr",
        "_create_type",
        "_getattribute",
        "loads",
    ] {
        samples.push(("another function of dill", at(4).reduce("dill._dill", name, &["os"]).finish()));
    }
    let samples: Vec<Sample> =
        samples.into_iter().map(|(what, bytes)| Sample::new(what, "model.pkl", bytes)).collect();
    assert_seen("dill", &samples);
}

#[test]
fn opcodes_that_ask_for_more_than_is_there() {
    let long = [b"I".as_slice(), &vec![b'9'; 120_000], b"\n."].concat();
    let samples = vec![
        ("a number of the memo", b"\x80\x02Nr\xff\xff\xff\x7f.".to_vec()),
        ("a number of the memo, as text", b"Np134217728\n0N.".to_vec()),
        ("a text of an exabyte", b"\x80\x04\x8d\0\0\0\0\0\0\0\x10aaaa.".to_vec()),
        ("bytes of an exabyte", b"\x80\x04\x8e\0\0\0\0\0\0\0\x10aaaa.".to_vec()),
        ("an array of two gigabytes", b"\x80\x05\x96\0\0\0\x80\0\0\0\0aaaa.".to_vec()),
        ("an integer of two gigabytes", b"\x80\x02\x8b\xff\xff\xff\x7f1.".to_vec()),
        ("a text of four gigabytes", b"\x80\x02X\xff\xff\xff\xff1.".to_vec()),
        ("an integer of many digits", long.clone()),
        (
            "a long integer of many digits",
            [b"L".as_slice(), long.get(1..120_000).unwrap_or_default(), b"L\n."].concat(),
        ),
    ];
    let samples: Vec<Sample> =
        samples.into_iter().map(|(what, bytes)| Sample::new(what, "model.pkl", bytes)).collect();
    assert_seen("opcodes", &samples);
}
