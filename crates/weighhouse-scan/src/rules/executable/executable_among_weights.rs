use weighhouse_core::Severity;
use weighhouse_core::printable::printable_within;
use weighhouse_formats::executable::ExecutableFacts;

use crate::rule::{Context, Rule};

crate::rule! {
    /// An executable or library lies among the files of a model.
    ///
    /// # What it detects
    ///
    /// ELF, PE and Mach-O programs and libraries, Java classes, WebAssembly and Python bytecode, by their headers, as files or inside
    /// others. Libraries of an installed Python package are low; inside a pickle, a picture or a tensor file they are critical.
    ///
    /// # Why it matters
    ///
    /// Models are data. A program among them is run by a script, loaded by a library path, or waits for somebody to click it.
    ///
    /// # Example
    ///
    /// `libhelper.so` beside `model.safetensors`
    ///
    /// # What to do
    ///
    /// Remove it. If the model needs native code, build it from source you have read.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/506.html>
    pub(crate) ExecutableAmongWeights {
        id: "WH-EXE-001",
        slug: "executable-among-weights",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Elf, PortableExecutable, MachO, WebAssembly, JavaClass, PythonBytecode],
        cwe: [506],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for ExecutableAmongWeights {
    fn executable(&self, facts: &ExecutableFacts, cx: &mut Context<'_>) {
        let severity = match (cx.members().is_empty(), facts.loadable) {
            (true, _) if is_installed(cx.file()) => Severity::Low,
            (true, true) => Severity::High,
            (true, false) => Severity::Medium,
            (false, true) => Severity::Critical,
            (false, false) => Severity::High,
        };
        cx.report(format!("holds an executable: {}", printable_within(&facts.description, 120)))
            .severity(severity)
            .emit();
    }
}

/// Libraries that belong to an installed package: `package/module.cpython-311-x86_64-linux-gnu.so`, `package.libs/…`,
/// `__pycache__`.
fn is_installed(path: &str) -> bool {
    path.contains(".cpython-")
        || path.contains(".abi3.")
        || path.contains(".libs/")
        || path.contains("site-packages/")
}

crate::samples! {
    ExecutableAmongWeights,
    bad: {
        "a library" => [("libx.so", {
            let mut elf = vec![0_u8; 128];
            elf[..16].copy_from_slice(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
            elf[16] = 3;
            elf[18] = 62;
            elf[20] = 1;
            elf[52] = 64;
            elf
        })],
    },
    ok: {
        "text that mentions ELF" => [("README.md", b"An ELF file begins with 7f 45 4c 46.\n".to_vec())],
    },
}
