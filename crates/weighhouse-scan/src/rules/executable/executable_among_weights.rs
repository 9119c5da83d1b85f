use std::collections::BTreeSet;

use weighhouse_core::Severity;
use weighhouse_core::printable::printable_within;
use weighhouse_formats::executable::ExecutableFacts;

use crate::repository::Repository;
use crate::rule::{Context, Rule};

crate::rule! {
    /// An executable or library lies among the files of a model.
    ///
    /// # What it detects
    ///
    /// ELF, PE and Mach-O programs and libraries, Java classes, WebAssembly and Python bytecode, by their headers, as files or inside
    /// others; shortcuts, registry files and the like, which a desktop opens by starting what they name. Libraries below a folder with the records of installed Python packages are low; inside a pickle, a picture or a tensor file they are critical.
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
        formats: [Elf, PortableExecutable, MachO, WebAssembly, JavaClass, PythonBytecode, Shortcut],
        cwe: [506],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for ExecutableAmongWeights {
    fn executable(&self, facts: &ExecutableFacts, cx: &mut Context<'_>) {
        // Files are judged with what stands beside them.
        if !cx.members().is_empty() {
            let severity = if facts.loadable { Severity::Critical } else { Severity::High };
            cx.report(headline(&facts.description)).severity(severity).emit();
        }
    }

    fn repository(&self, repository: &Repository, cx: &mut Context<'_>) {
        let installed = repository.installed();
        for (path, file) in &repository.files {
            let Some(program) = &file.program else { continue };
            let severity = match program.loadable {
                _ if is_within(path, &installed) => Severity::Low,
                true => Severity::High,
                false => Severity::Medium,
            };
            cx.report(headline(&program.description)).severity(severity).in_file(path).emit();
        }
    }
}

fn headline(description: &str) -> String {
    format!("holds an executable: {}", printable_within(description, 120))
}

/// Whether a file lies below a folder into which packages are installed.
fn is_within(path: &str, installed: &BTreeSet<&str>) -> bool {
    let folders = path.match_indices('/').filter_map(|(at, _)| path.get(..at));
    !installed.is_empty() && folders.chain([""]).any(|folder| installed.contains(folder))
}

#[cfg(test)]
fn library() -> Vec<u8> {
    let mut elf = vec![0_u8; 128];
    elf[..16].copy_from_slice(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    elf[16] = 3;
    elf[18] = 62;
    elf[20] = 1;
    elf[52] = 64;
    elf
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_of_installed_packages_have_a_record_above_them() {
        let severity = |files: &[(&'static str, Vec<u8>)]| {
            let found = crate::samples::inspect(files).findings;
            found.iter().find(|finding| finding.rule.slug == "executable-among-weights").unwrap().severity
        };
        let record = ("lib/x-1.0.dist-info/RECORD", b"x/y.so,,\n".to_vec());
        assert_eq!(severity(&[("lib/x/y.so", library()), record.clone()]), Severity::Low);
        assert_eq!(severity(&[("model/y.so", library()), record]), Severity::High);
    }
}

crate::samples! {
    ExecutableAmongWeights,
    bad: {
        "a library" => [("libx.so", library())],
        "a library that calls itself an installed one" => [("site-packages/x.libs/x.cpython-311-x86_64-linux-gnu.so", library())],
    },
    ok: {
        "text that mentions ELF" => [("README.md", b"An ELF file begins with 7f 45 4c 46.\n".to_vec())],
    },
}
