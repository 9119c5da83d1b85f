use weighhouse_core::{Finding, Fingerprint, Location, Severity};
use weighhouse_formats::format::{Family, Format};
use weighhouse_formats::node::{Node, Unexplained, UnexplainedPlace};

use crate::rule::{Context, Described, Rule};

crate::rule! {
    /// Bytes that no structure of the file explains.
    ///
    /// # What it detects
    ///
    /// Every parser claims the bytes it understands. What remains — data before the first structure, gaps, hidden
    /// members, data after the end, the other half of a polyglot — is reported here, whatever the format.
    ///
    /// Tools that change programs and libraries of HDF5 leave holes: those are low, unless a program, an archive or a script begins
    /// in them. In HDF5 files whatever lies before the end that the file declares may be one. Pickles and commands in holes are
    /// judged as such, also in compressed chunks that were deleted.
    ///
    /// # Why it matters
    ///
    /// Payloads hide where readers do not look. A file that is explained to the last byte leaves no such place; this is
    /// what makes a pass mean something.
    ///
    /// # Example
    ///
    /// A safetensors file with 4,096 bytes after its last tensor that begin with a pickle header.
    ///
    /// # What to do
    ///
    /// Write the file anew with the library that made it; if the bytes come back, ask the maker what they are.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/506.html>
    pub(crate) UnexplainedBytes {
        id: "WH-FMT-002",
        slug: "unexplained-bytes",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [],
        cwe: [506],
        owasp: ["LLM03", "LLM04"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for UnexplainedBytes {
    fn node(&self, node: &Node, cx: &mut Context<'_>) {
        // Tools that change a program move its parts and leave holes. The program is judged as one: it can hide things better.
        // Libraries of HDF5 leave what they delete or move where it was; what could run there is searched for.
        let holed = [Format::Elf, Format::PortableExecutable, Format::MachO, Format::Hdf5];
        let holes = node.readings.iter().any(|reading| holed.contains(&reading.format));
        for part in &node.unexplained {
            report(part, holes, cx);
        }
    }
}

fn report(part: &Unexplained, holes: bool, cx: &mut Context<'_>) {
    let place = match part.place {
        UnexplainedPlace::Prefix => "before the first structure",
        UnexplainedPlace::Gap => "between structures",
        UnexplainedPlace::Tail => "after the end of the content",
        UnexplainedPlace::Whole => "in the whole of it",
    };
    let len = part.region.len();
    let (what, severity) = match (part.zeros, part.looks_like.as_slice()) {
        (true, _) => ("zero bytes that nothing explains".to_owned(), Severity::Low),
        (false, []) => {
            let hole = holes && matches!(part.place, UnexplainedPlace::Gap);
            let severity = if hole { Severity::Low } else { Severity::High };
            ("bytes that nothing explains".to_owned(), severity)
        }
        (false, formats) => {
            let runs = |format: &Format| format.family() == Family::Executable;
            let severity = if formats.iter().any(runs) { Severity::Critical } else { Severity::High };
            let names = formats.iter().map(|format| format.name()).collect::<Vec<_>>().join(" and ");
            (format!("bytes that look like {names}"), severity)
        }
    };
    cx.report(format!("{len} {what}, {place}")).severity(severity).at(part.region).key(place).emit();
}

/// The finding for bytes of a file of tensor data that none of the models beside it refers to. The engine makes it, because only all
/// files together tell.
pub(crate) fn unreferenced(location: &Location, len: u64) -> Finding {
    let meta = UnexplainedBytes.meta();
    let location = Location { key: Some("between tensors".to_owned()), ..location.clone() };
    let remedy = meta.section("What to do").unwrap_or_default();
    Finding {
        rule: meta,
        severity: meta.severity,
        confidence: meta.confidence,
        headline: format!("{len} bytes that no tensor of a model refers to"),
        fingerprint: Fingerprint::new(meta.id, &location, None),
        location,
        evidence: None,
        remediation: remedy.split_whitespace().collect::<Vec<_>>().join(" "),
        waived: None,
    }
}

crate::samples! {
    UnexplainedBytes,
    bad: {
        "bytes after the end of a pickle" => [("model.pkl", b"\x80\x04}.\x01\xfe\xff\x00junk that no stream explains\xff\xfe".to_vec())],
    },
    ok: {
        "a pickle and nothing else" => [("model.pkl", b"\x80\x04}.".to_vec())],
    },
}
