use weighhouse_core::Severity;
use weighhouse_formats::format::{Family, Format};
use weighhouse_formats::node::{Node, Strength};

use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A file's name announces another format than its content has.
    ///
    /// # What it detects
    ///
    /// Files and members whose ending names a known format while their content is certainly another one. Endings that
    /// several formats share (`.bin`, `.pt`, `.model`) contradict none of them.
    ///
    /// # Why it matters
    ///
    /// Loaders differ in what they trust, the name or the content. A pickle called `model.safetensors` slips past
    /// everything that decides by name and still runs code in a loader that looks at the bytes.
    ///
    /// # Example
    ///
    /// `model.safetensors` begins with a pickle protocol header.
    ///
    /// # What to do
    ///
    /// Do not rename it back: ask where it came from. An honest tool does not write a pickle under a safetensors name.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/434.html>
    pub(crate) NameContradictsContent {
        id: "WH-FMT-001",
        slug: "name-contradicts-content",
        since: "0.1.0",
        severity: Medium,
        confidence: High,
        formats: [],
        cwe: [434, 646],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for NameContradictsContent {
    fn node(&self, node: &Node, cx: &mut Context<'_>) {
        let announced = Format::announced_by(cx.name());
        let Some(certain) = node.candidates.iter().find(|candidate| candidate.strength == Strength::Certain)
        else {
            return;
        };
        let found: Vec<Format> = node
            .candidates
            .iter()
            .map(|candidate| candidate.format)
            .chain(node.readings.iter().map(|reading| reading.format))
            .collect();
        if announced.is_empty()
            || certain.format == Format::Empty
            || announced.iter().any(|a| agrees(*a, &found))
        {
            return;
        }
        let expected = announced.iter().map(|format| format.name()).collect::<Vec<_>>().join(" or ");
        let severity = if disguises_code(&announced, &found) { Severity::High } else { Severity::Medium };
        cx.report(format!(
            "{} announces {expected}, but the content is {}",
            quote(cx.name()),
            certain.format.name()
        ))
        .severity(severity)
        .key(certain.format.name())
        .evidence(certain.evidence)
        .emit();
    }
}

/// Whether what a name announces is what was found, or something it is built on or commonly wrapped in.
fn agrees(announced: Format, found: &[Format]) -> bool {
    let compressed = |format: &Format| {
        matches!(
            format,
            Format::Gzip
                | Format::Zlib
                | Format::Bzip2
                | Format::Xz
                | Format::Lzma
                | Format::Lz4
                | Format::Zstd
        )
    };
    let textual = |format: Format| matches!(format.family(), Family::Text | Family::Code);
    found.contains(&announced)
        // joblib and R compress their files themselves; svgz, npz and wheels are what they are inside.
        || (matches!(announced, Format::Pickle | Format::Rds) && found.iter().any(compressed))
        // `.index` is also what gensim calls the offsets of a corpus, a pickle.
        || (announced == Format::Checkpoint && found.contains(&Format::Pickle))
        // Readers of tar unpack what is compressed by themselves; NeMo writes both under one name.
        || (announced == Format::Tar && found.iter().any(compressed))
        // `.bin` says nothing but that it is binary: boosters are saved under it too.
        || (announced == Format::TorchZip && found.contains(&Format::Ubjson))
        || (announced == Format::Npz && found.contains(&Format::Zip))
        || (matches!(announced, Format::TorchZip) && found.iter().any(|f| matches!(f, Format::Zip | Format::Pickle)))
        // One text kind under another's name is untidy, not dangerous: text rules judge what it says.
        || (textual(announced) && found.iter().all(|format| textual(*format)))
}

/// A name that promises data or text over content that can run.
fn disguises_code(announced: &[Format], found: &[Format]) -> bool {
    let harmless = |format: &Format| matches!(format.family(), Family::Data | Family::Text | Family::Media);
    announced.iter().all(harmless) && found.iter().any(|format| format.family() == Family::Executable)
}

crate::samples! {
    NameContradictsContent,
    bad: {
        "a pickle called safetensors" => [("model.safetensors", b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01a\x94K\x01s.".to_vec())],
    },
    ok: {
        "a pickle called pickle" => [("model.pkl", b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01a\x94K\x01s.".to_vec())],
        "a pickle called index" => [("corpus.mm.index", b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01a\x94K\x01s.".to_vec())],
        "an archive of NeMo that is compressed" => [("asr.nemo", weighhouse_formats::build::compress::gzip(b"x"))],
        "a text without an ending" => [("LICENSE", b"Apache License\n".to_vec())],
    },
}
