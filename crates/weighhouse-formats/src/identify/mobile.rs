//! Models for phones, which are recognised but not read: ncnn's graph in a text and as numbers, its weights, and MNN's graph, which
//! is a flat buffer without a signature.

use super::Probe;
use crate::flatbuffer::{Bad, Buffer};
use crate::format::Format;
use crate::node::{Candidate, Strength};
use crate::region::Region;
use crate::source::read_up_to;

/// What ncnn's graphs begin with: as text, and as a number.
const NCNN: &[u8] = b"7767517";
const NCNN_NUMBER: [u8; 4] = 7_767_517_u32.to_le_bytes();
/// How ncnn's weights are stored: in halves, in bytes, as they are behind a mark.
const WEIGHTS: [u32; 3] = [0x0130_6b47, 0x000d_4b38, 0x0002_c056];

/// Recognises graphs of ncnn, which stay texts, too.
pub(super) fn ncnn(probe: &Probe<'_>) -> Option<Candidate> {
    let mut words = probe.head.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let text = words.next() == Some(NCNN)
        && words.by_ref().take(2).filter(|word| word.iter().all(u8::is_ascii_digit)).count() == 2;
    let found = text || probe.starts_with(&NCNN_NUMBER);
    let evidence = "its number, and how many layers there are";
    found.then_some(Candidate { format: Format::Ncnn, strength: Strength::Plausible, evidence })
}

/// Recognises weights of ncnn, which have no signature: by the name that its converter gives them, or the mark of the first layer.
pub(super) fn ncnn_weights(probe: &Probe<'_>) -> Option<Candidate> {
    let mark = probe.head.first_chunk().is_some_and(|mark| WEIGHTS.contains(&u32::from_le_bytes(*mark)));
    let named = probe.name.to_ascii_lowercase().ends_with(".ncnn.bin");
    let found = named || mark && probe.is_named(&["bin"]);
    let evidence = "name, and the mark of a layer";
    found.then_some(Candidate { format: Format::NcnnWeights, strength: Strength::Plausible, evidence })
}

/// Recognises MNN's graphs: by name, or by the tables that they begin with.
pub(super) fn mnn(probe: &Probe<'_>) -> Option<Candidate> {
    let evidence = "name, or tables of operators and names of tensors";
    let found = probe.is_named(&["mnn"]) || is_graph(probe) == Ok(true);
    found.then_some(Candidate { format: Format::Mnn, strength: Strength::Plausible, evidence })
}

/// Whether the first tables are those of a graph: operators with a kind, and tensors with names.
fn is_graph(probe: &Probe<'_>) -> Result<bool, Bad> {
    /// Writers put the first table near the beginning.
    const NEAR: u32 = 256;
    const OPERATORS: usize = 3;
    const SOURCE: usize = 6;
    const TENSORS: usize = 7;
    const KIND: usize = 5;
    let root = probe.head.first_chunk().map_or(0, |root| u32::from_le_bytes(*root));
    if root == 0 || root > NEAR || !root.is_multiple_of(4) {
        return Ok(false);
    }
    let mut buffer = Buffer::new(probe.source.as_ref(), Region::new(0, probe.source.len()));
    let graph = buffer.root()?;
    let operators = buffer.vector(&graph, OPERATORS, 4)?;
    let tensors = buffer.vector(&graph, TENSORS, 4)?;
    if operators.is_empty() || tensors.is_empty() || buffer.number(&graph, SOURCE, 1)? > 16 {
        return Ok(false);
    }
    let first = buffer.offset(operators.start)?;
    let first = buffer.table_at(first)?;
    let kind = buffer.number(&first, KIND, 4)?;
    let name = buffer.offset(tensors.start)?;
    let name = buffer.text_at(name)?;
    let text =
        read_up_to(probe.source.as_ref(), name.start, name.len().min(256) as usize).unwrap_or_default();
    let readable = !text.is_empty() && !text.iter().any(u8::is_ascii_control);
    Ok(readable && kind < 1 << 16)
}

#[cfg(test)]
mod tests {
    use crate::format::Format;
    use crate::identify::identify;
    use crate::source::Memory;

    const RELU: &[u8] = include_bytes!("../../tests/fixtures/mnn/relu.mnn");

    fn formats(name: &str, bytes: &[u8]) -> Vec<Format> {
        let found = identify(name, &Memory::shared(bytes.to_vec()));
        found.iter().map(|candidate| candidate.format).collect()
    }

    #[test]
    fn graphs_of_ncnn_are_recognised_in_both_forms_and_stay_texts() {
        let text = b"7767517\n2 2\nInput in0 0 1 in0\nReLU relu0 1 1 in0 out0\n";
        assert_eq!(formats("net.param", text), [Format::Ncnn, Format::Text]);
        assert_eq!(formats("net", b"\xdd\x85\x76\0\x02\0\0\0\x02\0\0\0"), [Format::Ncnn]);
        for other in [b"7767517".as_slice(), b"7767517 is a number", b"77675170\n2 2\n"] {
            assert!(!formats("net.param", other).contains(&Format::Ncnn));
        }
    }

    #[test]
    fn weights_of_ncnn_are_recognised_by_name_or_mark() {
        assert_eq!(formats("net.ncnn.bin", &[0, 0, 0, 0, 0, 0, 0x80, 0x3f]), [Format::NcnnWeights]);
        assert_eq!(formats("net.bin", b"\x47\x6b\x30\x01\0\x3c\0\x3c"), [Format::NcnnWeights]);
        assert!(!formats("net.dat", b"\x47\x6b\x30\x01\0\x3c\0\x3c").contains(&Format::NcnnWeights));
    }

    #[test]
    fn graphs_of_mnn_are_recognised_whatever_their_name() {
        assert_eq!(formats("relu", RELU), [Format::Mnn]);
        assert_eq!(formats("x.mnn", b"\x20\0\0\0\xff\xfe\xfd"), [Format::Mnn]);
        // Cut before the first operator; without its tables.
        assert!(!formats("relu", &RELU[..128]).contains(&Format::Mnn));
        let changed: Vec<u8> =
            RELU.iter().enumerate().map(|(at, byte)| if at == 4 { 4 } else { *byte }).collect();
        assert!(!formats("relu", &changed).contains(&Format::Mnn));
    }
}
