use std::collections::BTreeSet;

use weighhouse_core::{Digest, Item, ItemKind};

use super::appeared::place;
use crate::diff::{Revision, Update};
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// An update brings a program or native library where the revision before it has none.
    ///
    /// # What it detects
    ///
    /// Only with a baseline: executables (ELF, PE, Mach-O, WebAssembly, Java classes) at a place, file or member, where the old
    /// revision has no executable, unless it has the same file under another name.
    ///
    /// # Why it matters
    ///
    /// A model is data. A program among weights is there to be run, and it was not there when the model was admitted.
    ///
    /// # Example
    ///
    /// `libkernel.so` beside the weights in the update of a model that never had native code.
    ///
    /// # What to do
    ///
    /// Ask what loads it and why. If it is needed, build it from source that you have read.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/494.html>
    /// - <https://atlas.mitre.org/techniques/AML.T0010>
    pub(crate) NewExecutable {
        id: "WH-DIF-005",
        slug: "new-executable",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Elf, PortableExecutable, MachO, WebAssembly, JavaClass],
        cwe: [494, 506],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for NewExecutable {
    fn update(&self, update: &Update<'_>, cx: &mut Context<'_>) {
        let digests: BTreeSet<Digest> =
            update.old.inspection.files.iter().filter_map(|file| file.sha256).collect();
        let same: BTreeSet<&str> = update
            .new
            .inspection
            .files
            .iter()
            .filter(|file| file.sha256.is_some_and(|digest| digests.contains(&digest)))
            .map(|file| file.path.as_str())
            .collect();
        let known: BTreeSet<(&str, &str)> =
            executables(update.old).map(|(file, item)| (file, item.member.as_str())).collect();
        for (file, item) in executables(update.new) {
            if !same.contains(file) && !known.contains(&(file, item.member.as_str())) {
                let headline =
                    format!("the update brings a program or native library: {}", quote(&item.name));
                place(cx.report(headline), file, item).key(&item.name).emit();
            }
        }
    }
}

fn executables(revision: &Revision) -> impl Iterator<Item = (&str, &Item)> {
    revision.outlines.iter().flat_map(|(file, outline)| {
        let items = outline.items.iter().filter(|item| item.kind == ItemKind::Executable);
        items.map(move |item| (file.as_str(), item))
    })
}

/// The smallest header of a 64-bit ELF library.
#[cfg(test)]
fn library(machine: u8) -> Vec<u8> {
    let mut bytes = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0".to_vec();
    bytes.extend([machine, 0, 1, 0, 0, 0]);
    bytes.extend([0; 24]);
    bytes.extend([0, 0, 0, 0, 64, 0, 56, 0, 0, 0, 64, 0, 0, 0, 0, 0]);
    bytes
}

crate::samples! {
    NewExecutable,
    bad: {
        "a library" => [("old/config.json", b"{}".to_vec()), ("new/config.json", b"{}".to_vec()), ("new/libx.so", library(0x3e))],
    },
    ok: {
        "a newer build of a library" => [("old/libx.so", library(0x3e)), ("new/libx.so", library(0xb7))],
        "a library that moved" => [("old/libx.so", library(0x3e)), ("new/lib/libx.so", library(0x3e))],
    },
}
