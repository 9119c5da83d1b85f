//! PyTorch: archives with odd members, the legacy form, the old tar form; and joblib's pickles with arrays in between.

use weighhouse_core::Severity;
use weighhouse_formats::build::pickle::{Assembler, legacy_torch};
use weighhouse_formats::build::torch::{mobile, script, script_members};
use weighhouse_formats::build::zip::{Archive, Member};
use weighhouse_formats::build::{compress, tar};

use super::containers::{CODECS, harmless, payload};
use crate::attack::{Sample, assert_seen, inspect};

fn state() -> Vec<u8> {
    Assembler::new(2).torch_state_dict(&[("weight", &[4])]).finish()
}

#[test]
fn zip_form() {
    let (bad, good) = (payload(), state());
    let of = |extra: Vec<Member>, data: &[u8]| {
        let mut members = vec![
            Member::stored("archive/data.pkl", data),
            Member::stored("archive/data/0", &[0; 16]),
            Member::stored("archive/version", b"3\n"),
        ];
        members.extend(extra);
        Archive::of(members).build()
    };
    let samples = vec![
        ("data.pkl", of(vec![], &bad)),
        ("data.pkl in another folder", of(vec![Member::stored("other/data.pkl", &bad)], &good)),
        ("data.pkl twice", of(vec![Member::stored("archive/data.pkl", &bad)], &good)),
        ("data.pkl in another case", of(vec![Member::stored("archive/DATA.PKL", &bad)], &good)),
        ("constants.pkl", of(vec![Member::stored("archive/constants.pkl", &bad)], &good)),
        ("a storage that is a pickle", of(vec![Member::stored("archive/data/1", &bad)], &good)),
        ("byteorder", of(vec![Member::stored("archive/byteorder", &bad)], &good)),
        ("a hidden file", of(vec![Member::stored("archive/.data/x", &bad)], &good)),
        ("no ending", of(vec![Member::stored("archive/x", &bad)], &good)),
        ("a text ending", of(vec![Member::stored("archive/x.txt", &bad)], &good)),
        ("zip in the zip", of(vec![Member::stored("archive/extra/x.bin", &of(vec![], &bad))], &good)),
        ("outside the folder", of(vec![Member::stored("x", &bad)], &good)),
        ("storage shorter than declared", {
            Archive::of([
                Member::stored("archive/data.pkl", &good),
                Member::stored("archive/data/0", &[0; 3]),
                Member::stored("archive/version", b"3\n"),
            ])
            .build()
        }),
        ("two streams in data.pkl", of(vec![], &[good.clone(), bad.clone()].concat())),
        (
            "persistent id with a callable",
            of(
                vec![],
                &Assembler::new(2)
                    .mark()
                    .text("storage")
                    .import("os", "system")
                    .text("0")
                    .text("cpu")
                    .int(4)
                    .tuple()
                    .binpersid()
                    .finish(),
            ),
        ),
        ("deflated data.pkl", Archive::of([Member::deflated("archive/data.pkl", &bad)]).build()),
    ];
    let mut all = Vec::new();
    for (what, bytes) in samples {
        for name in ["pytorch_model.bin", "model.pt", "model.ckpt", "m"] {
            all.push(Sample::new(what, name, bytes.clone()));
        }
    }
    assert_seen("torch zip", &all);
}

#[test]
fn legacy_form() {
    let whole = legacy_torch(&[("weight", &[4])], 7);
    let bad = payload();
    let magic =
        Assembler::new(2).long1(&[0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]).finish();
    let version = Assembler::new(2).binint2(1001).finish();
    let system = Assembler::new(2).empty_dict().finish();
    let keys = Assembler::new(2).empty_list().finish();
    let samples = vec![
        ("payload behind", [whole.clone(), bad.clone()].concat()),
        ("payload in front", [bad.clone(), whole.clone()].concat()),
        (
            "payload as object",
            [magic.clone(), version.clone(), system.clone(), bad.clone(), keys.clone()].concat(),
        ),
        ("payload as system", [magic.clone(), version.clone(), bad.clone(), state(), keys.clone()].concat()),
        ("payload as version", [magic.clone(), bad.clone(), system.clone(), state(), keys.clone()].concat()),
        (
            "payload as keys",
            [magic.clone(), version.clone(), system.clone(), harmless(), bad.clone()].concat(),
        ),
        (
            "payload as sixth",
            [magic.clone(), version.clone(), system.clone(), harmless(), keys.clone(), bad.clone()].concat(),
        ),
        (
            "another magic",
            [Assembler::new(2).long1(&[1; 10]).finish(), version.clone(), system.clone(), bad.clone()]
                .concat(),
        ),
        (
            "magic computed",
            [
                Assembler::new(2).reduce("builtins", "eval", &["0x1950a86a20f9469cfc6c"]).finish(),
                version,
                system,
                state(),
                keys,
            ]
            .concat(),
        ),
        ("cut after the payload", [magic, bad.clone()].concat()),
        (
            "zip behind",
            [whole.clone(), Archive::of([Member::stored("archive/data.pkl", &bad)]).build()].concat(),
        ),
        ("compressed", compress::gzip(&[whole, bad].concat())),
    ];
    let mut all = Vec::new();
    for (what, bytes) in samples {
        for name in ["pytorch_model.bin", "model.pth", "m"] {
            all.push(Sample::new(what, name, bytes.clone()));
        }
    }
    assert_seen("torch legacy", &all);
}

#[test]
fn tar_form() {
    let bad = payload();
    let of = |storages: &[u8], tensors: &[u8], pickle: &[u8]| {
        tar::archive(&[
            tar::entry(&tar::Header::new("./", b'5', 0), &[]),
            tar::file("./storages", storages),
            tar::file("./tensors", tensors),
            tar::file("./pickle", pickle),
            tar::file("./sys_info", &harmless()),
        ])
    };
    let none = Assembler::new(2).int(0).finish();
    let samples: Vec<Sample> = vec![
        ("pickle", of(&none, &none, &bad)),
        ("storages", of(&bad, &none, &harmless())),
        ("tensors", of(&none, &bad, &harmless())),
        ("behind the count of storages", of(&[none.clone(), bad.clone()].concat(), &none, &harmless())),
        ("behind the pickle", of(&none, &none, &[harmless(), bad.clone()].concat())),
    ]
    .into_iter()
    .map(|(what, bytes)| Sample::new(what, "model.pth", bytes))
    .collect();
    assert_seen("torch tar", &samples);
}

/// A joblib file with one array; `dtype` and what lies behind the wrapper.
fn joblib(dtype: &str, length: i32, block: &[u8], rest: fn(Assembler) -> Assembler) -> Vec<u8> {
    let at = Assembler::new(4)
        .empty_dict()
        .text("coef_")
        .import("joblib.numpy_pickle", "NumpyArrayWrapper")
        .empty_tuple()
        .newobj()
        .empty_dict()
        .mark()
        .text("subclass")
        .import("numpy", "ndarray")
        .text("shape")
        .int(length)
        .tuple1()
        .text("order")
        .text("C")
        .text("dtype")
        .import("numpy", "dtype")
        .text(dtype)
        .new_false()
        .new_true()
        .tuple3()
        .reduce_opcode()
        .mark()
        .int(3)
        .text(if dtype == "O8" { "|" } else { "<" })
        .none()
        .none()
        .none()
        .int(-1)
        .int(-1)
        .int(if dtype == "O8" { 63 } else { 0 })
        .tuple()
        .build()
        .text("allow_mmap")
        .new_false()
        .setitems()
        .build()
        .raw(block);
    rest(at.setitem()).finish()
}

#[test]
fn joblib_files() {
    let bad = payload();
    let nothing: fn(Assembler) -> Assembler = |at| at;
    let call: fn(Assembler) -> Assembler = |at| at.import("os", "system").text("id").tuple1().reduce_opcode();
    let doubles = [0_u8; 32];
    let shown = [
        ("objects", joblib("O8", 1, &bad, nothing)),
        ("behind numbers", joblib("f8", 4, &doubles, call)),
        ("behind objects", joblib("O8", 1, &harmless(), call)),
        ("numbers shorter than declared", joblib("f8", 400, &doubles, call)),
        ("numbers longer than declared", joblib("f8", 4, &[0; 64], call)),
        ("numbers that hide opcodes", joblib("f8", 4, &[&doubles[..], &bad[..]].concat(), nothing)),
        ("negative length", joblib("f8", -1, &[], call)),
        ("unknown type", joblib("zz", 4, &doubles, call)),
        ("behind the stream", [joblib("f8", 4, &doubles, nothing), bad.clone()].concat()),
    ];
    let mut samples = Vec::new();
    // To a plain loader the numbers are a long constant, and what follows it opcodes.
    for length in [10_u32, 2 << 20] {
        let constant = [b"B".as_slice(), &length.to_le_bytes(), &vec![0x11; length as usize]].concat();
        let block = [constant.as_slice(), b"0cos\nsystem\n(S'id'\ntR."].concat();
        let bytes = joblib("u1", i32::try_from(block.len()).expect("a length"), &block, nothing);
        samples.push(Sample::new(format!("opcodes {length} bytes into numbers"), "model.joblib", bytes));
    }
    for (what, bytes) in shown {
        samples.push(Sample::new(what, "model.joblib", bytes.clone()));
        for (codec, pack) in CODECS {
            samples.push(Sample::new(format!("{what}, {codec}"), "model.joblib", pack(&bytes)));
            samples.push(Sample::new(
                format!("{what}, {codec} in gz"),
                "model.pkl",
                compress::gzip(&pack(&bytes)),
            ));
        }
    }
    assert_seen("joblib", &samples);
}

/// A module whose `method` has this body.
fn module(method: &str, body: &str) -> String {
    format!(
        "class M(Module):\n  training : bool\n  def {method}(self: __torch__.M,\n    x: Tensor) -> Tensor:\n{body}    return x\n"
    )
}

#[test]
fn script_that_reaches_outside() {
    let bodies = [
        "    torch.save(x, \"/root/.bashrc\")\n",
        "    ops.aten.save(x, \"/root/.bashrc\")\n",
        "    torch.autograd.save(x, \"/root/.bashrc\")\n",
        "    getattr(torch, \"save\")(x, \"/root/.bashrc\")\n",
        "    getattr(ops.image, \"write_file\")(\"a\", x)\n",
        "    f = torch.save\n    f(x, \"/root/.bashrc\")\n",
        "    t = ops\n    u = t.aten\n    u.save(x, \"/root/.bashrc\")\n",
        "    y = torch.from_file(\"/etc/passwd\", False, 40, dtype=0)\n",
        "    if bool(x):\n      with ops.image.read_file(\"/etc/passwd\"):\n        pass\n",
        "    return [ops.image.read_file(\"/etc/passwd\") for i in range(3)][0]\n",
        "    ops.image.write_png(x, \"a.png\")\n",
        "    ops.rpc.rpc_sync(\"w\", \"f\", [])\n",
        "    ops.prim.rpc_sync(\"w\", \"f\", [])\n",
        "    y = ops.mylib.run(\"id\")\n",
        "    y = ops.quantized.save(\"x\")\n",
        "    y = ops.prim.TensorExprGroup(x)\n",
        "    y = ^PythonOp()(x)\n",
        "    y = __torch__.torch.classes.mine.Thing(x)\n",
        "    ops.c10d.allreduce_([x], 0)\n",
        "    ops.torchaudio.sox_io_save_audio_file(\"a\", x, 1, True, None, None, None, None)\n",
        "    y = __torch__.torch.classes.aoti.AOTIModelContainerRunnerCpu(\"/tmp/x.so\", 1)\n",
        "    y = __torch__.torch.classes.torchvision.Video(\"/etc/passwd\", \"video\")\n",
        "    while True:\n      x = torch.add(x, x)\n",
        "    _0 = True\n    _1 = _0\n    while _1:\n      for i in range(3):\n        break\n",
        "    y = torch.zeros([1000000, 1000000, 1000])\n",
        "    n = 1000000\n    y = torch.full([n, n, n], 1)\n",
        "    y = torch.repeat(x, [1000000, 1000000, 1000000])\n",
        "    y = torch.arange(0, 9223372036854775807)\n",
    ];
    let mut all = Vec::new();
    for body in bodies {
        for method in ["forward", "__setstate__"] {
            all.push(Sample::new(body, "model.pt", script(&module(method, body))));
        }
    }
    let save = module("forward", bodies[0]);
    // A class of the file has the name, but the loader's own meaning comes first.
    all.push(Sample::new(
        "shadowed",
        "model.pt",
        script(&format!("class torch(Module):\n  a : int\n{save}")),
    ));
    let plain = module("forward", "");
    let written = |code: &str, constants: &str| {
        let mut members = script_members(&plain);
        members.remove(2);
        members.push(Member::deflated(code, save.as_bytes()));
        members.push(Member::stored(constants, b"\x80\x02)."));
        Archive::of(members).build()
    };
    all.push(Sample::new("any name", "model.pt", written("m/code/evil/inner.py", "m/constants.pkl")));
    all.push(Sample::new("another case", "model.pt", written("m/CODE/__Torch__/x.PY", "m/Constants.PKL")));
    all.push(Sample::new(
        "a package",
        "model.pt",
        written("m/.data/ts_code/code/a.py", "m/.data/ts_code/constants.pkl"),
    ));
    all.push(Sample::new("the oldest form", "model.pt", written("m/code/a.py", "m/model.json")));
    all.push(Sample::new("mobile, source silent", "model.ptl", mobile(&plain, &["aten::add", "aten::save"])));
    all.push(Sample::new("mobile, overload", "model.ptl", mobile(&plain, &["image::read_file.out"])));
    assert_seen("torchscript", &all);
}

#[test]
fn script_that_only_computes() {
    let body = "    _0 = torch.add(torch.zeros([3, 4]), x)\n    _1 = ops.quantized.linear(x, _0, 1., 0)\n    \
                _2 = ops.torchvision.nms(x, x, 0.5)\n    _3 = __torch__.torch.classes.quantized.LinearPackedParamsBase\n    \
                if bool(x):\n      ops.prim.RaiseException(\"save\", None)\n    save = self.save\n    y = save(x)\n";
    let bytes = mobile(&module("forward", body), &["aten::add", "quantized::linear", "prim::dtype"]);
    let findings = inspect([("model.pt".to_owned(), bytes)]).findings;
    let above = findings.iter().filter(|finding| finding.severity > Severity::Low);
    assert_eq!(above.map(|finding| finding.headline.as_str()).collect::<Vec<_>>(), Vec::<&str>::new());
    // Of libraries that are known to define operators of their own: a person decides.
    let custom =
        module("forward", "    y = ops.torch_scatter.scatter_max(x, 0)\n    z = ops.torchao.newer(x)\n");
    let findings = inspect([("model.pt".to_owned(), script(&custom))]).findings;
    let custom = findings.iter().filter(|finding| finding.rule.id == "WH-GRA-002");
    assert_eq!(custom.map(|finding| finding.severity).collect::<Vec<_>>(), vec![Severity::Medium; 2]);
}
