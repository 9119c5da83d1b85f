use weighhouse_core::Severity;
use weighhouse_formats::format::Format;
use weighhouse_formats::node::{Node, Strength};

use crate::rule::{Context, Rule};

crate::rule! {
    /// A format whose loading runs what the file chooses, and that is not read.
    ///
    /// # What it detects
    ///
    /// Serialised objects of Java, .NET, Ruby and PHP; compiled Lua; Torch7 files, which may hold functions; engines compiled for one
    /// accelerator (TensorRT, RKNN, Ascend). They are recognised by their signatures, alone or inside other files.
    ///
    /// # Why it matters
    ///
    /// Reading them back calls methods of the classes they name, or starts the program they are. Nobody can tell from outside what
    /// they do.
    ///
    /// # Example
    ///
    /// A file that begins with `ac ed 00 05`: objects of Java, by which known chains of classes run commands.
    ///
    /// # What to do
    ///
    /// Do not load it. Ask for the model in a format that holds data only, and compile engines yourself from such a model.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/502.html>
    pub(crate) RunsWhenLoaded {
        id: "WH-EXE-002",
        slug: "runs-when-loaded",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [JavaObjects, DotNetObjects, RubyObjects, PhpObjects, LuaBytecode, Torch7, TensorRt, Rknn, AscendModel],
        cwe: [502],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for RunsWhenLoaded {
    fn node(&self, node: &Node, cx: &mut Context<'_>) {
        for candidate in node.candidates.iter().filter(|candidate| candidate.strength > Strength::Name) {
            let Some((severity, what)) = judge(candidate.format) else { continue };
            cx.report(what)
                .severity(severity)
                .key(candidate.format.name())
                .evidence(candidate.evidence)
                .emit();
        }
    }
}

fn judge(format: Format) -> Option<(Severity, &'static str)> {
    Some(match format {
        Format::JavaObjects => (
            Severity::Critical,
            "serialised objects of Java: reading them runs methods of the classes they name",
        ),
        Format::DotNetObjects => (
            Severity::Critical,
            "serialised objects of .NET: reading them runs methods of the types they name",
        ),
        Format::RubyObjects => {
            (Severity::High, "serialised objects of Ruby: reading them runs methods of the classes they name")
        }
        Format::PhpObjects => {
            (Severity::High, "serialised objects of PHP: reading them runs methods of the classes they name")
        }
        Format::LuaBytecode => {
            (Severity::High, "compiled Lua: loading it runs a program that nobody can read")
        }
        // Most of these are what they say: a person decides, and the coverage gap keeps them from passing.
        Format::Torch7 => (
            Severity::Medium,
            "a Torch7 file: it may hold functions in compiled form, which run when they are used",
        ),
        Format::TensorRt => (
            Severity::Medium,
            "a TensorRT engine: a program for one accelerator, which may bring libraries along",
        ),
        Format::Rknn | Format::AscendModel => {
            (Severity::Medium, "a model compiled for one accelerator: a program that nobody can read")
        }
        _ => return None,
    })
}

crate::samples! {
    RunsWhenLoaded,
    bad: {
        "objects of Java" => [("model.ser", b"\xac\xed\0\x05sr\0\x11java.util.HashMap\x05\x07\xda\xc1\xc3\x16\x60\xd1\x03\0\x02".to_vec())],
        "objects of .NET" => [("model.bin", b"\0\x01\0\0\0\xff\xff\xff\xff\x01\0\0\0\0\0\0\0\x0c\x02\0\0\0".to_vec())],
        "objects of PHP" => [("model.dat", b"O:8:\"Exploit_\":1:{s:3:\"cmd\";s:2:\"id\";}".to_vec())],
        "compiled Lua" => [("model.luac", b"\x1bLua\x53\0\x19\x93\r\n\x1a\n\x04\x08".to_vec())],
        "a model of Torch7" => [("model.t7", b"\x04\0\0\0\x01\0\0\0\x03\0\0\0V 1\x0d\0\0\0nn.Sequential\x03\0\0\0".to_vec())],
        "an engine" => [("model.engine", b"ptrt\xef\0\0\0\0\0\0\0\x10\0\0\0\0\0\0\0".to_vec())],
    },
    ok: {
        "a picture of numbers" => [("data.csv", b"a,b\n1,2\n".to_vec())],
    },
}
