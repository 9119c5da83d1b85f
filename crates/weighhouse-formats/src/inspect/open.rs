//! Opens the content of a child: a slice of its parent, unpacked data, or decoded bytes; and checks what the parent
//! declared about it.

use std::sync::Arc;

use crate::bounded::{Budget, SpoolError, spool};
use crate::compress;
use crate::node::{Child, Codec, Content, Fault, Gap, GapReason, Irregularity, Node, Strength};
use crate::region::Region;
use crate::source::{Memory, Observed, SharedSource, Slice};

/// Inspects a child of a container.
pub(super) fn child(parent: &SharedSource, child: Child, budget: &Budget) -> Node {
    let Child { name, content, known } = child;
    let mut faults = Vec::new();
    let mut gaps = Vec::new();
    let (source, region, crc32) = match content {
        Content::Stored { region, crc32 } => {
            let slice: SharedSource = Arc::new(Slice::new(Arc::clone(parent), region));
            (slice, Some(region), crc32)
        }
        Content::Packed { region, codec, declared, crc32 } => {
            let packed: SharedSource = Arc::new(Slice::new(Arc::clone(parent), region));
            let (source, stopped) = unpack(&packed, codec, declared, budget, &mut faults);
            // Data that was never packed that way may be plain: readers exist that do not ask for the method.
            let plain = source.is_empty() && matches!(stopped, Some(SpoolError::Damaged(_)));
            match stopped {
                Some(error) => error.note(&mut faults, &mut gaps),
                None => check_length(declared, source.len(), &mut faults),
            }
            (if plain { packed } else { source }, None, crc32)
        }
        Content::Unpacked(source) => (source, None, None),
        Content::Decoded(bytes) => (Memory::shared(bytes), None, None),
    };
    let observed =
        crc32.map(|declared| (declared, Arc::new(Observed::new(source.clone(), crc32fast::Hasher::new()))));
    let view: SharedSource = match &observed {
        Some((_, observed)) => observed.clone(),
        None => source,
    };
    let mut node = inspect_known(&name, &view, budget, known);
    // What lies in the parent as it is, the parent has searched once it knows what it is.
    if region.is_none() {
        super::search(&mut node, &view, budget);
    }
    if let Some((declared, observed)) = observed {
        check_crc32(declared, &observed, budget, &mut faults, &mut gaps);
    }
    node.region = region;
    node.gaps.extend(gaps);
    node.faults.extend(faults);
    node
}

/// The bytes of a child whose CRC-32 and length are what its parent declares; otherwise why not.
pub(crate) fn content(
    parent: &SharedSource,
    content: Content,
    budget: &Budget,
) -> Result<SharedSource, String> {
    let mut faults = Vec::new();
    let mut gaps = Vec::new();
    let (source, crc32) = match content {
        Content::Stored { region, crc32 } => {
            let slice: SharedSource = Arc::new(Slice::new(Arc::clone(parent), region));
            (slice, crc32)
        }
        Content::Packed { region, codec, declared, crc32 } => {
            let packed: SharedSource = Arc::new(Slice::new(Arc::clone(parent), region));
            let (source, stopped) = unpack(&packed, codec, declared, budget, &mut faults);
            match stopped {
                Some(error) => error.note(&mut faults, &mut gaps),
                None => check_length(declared, source.len(), &mut faults),
            }
            (source, crc32)
        }
        Content::Unpacked(source) => (source, None),
        Content::Decoded(bytes) => (Memory::shared(bytes), None),
    };
    if let Some(declared) = crc32 {
        let observed = Observed::new(Arc::clone(&source), crc32fast::Hasher::new());
        check_crc32(declared, &observed, budget, &mut faults, &mut gaps);
    }
    let details = faults.into_iter().map(|fault| fault.detail).chain(gaps.into_iter().map(|gap| gap.detail));
    details.reduce(|first, _| first).map_or(Ok(source), Err)
}

fn inspect_known(
    name: &str,
    source: &SharedSource,
    budget: &Budget,
    known: Option<crate::format::Format>,
) -> Node {
    let mut candidates = crate::identify::identify(name, source);
    if let Some(format) = known
        && !candidates.iter().any(|candidate| candidate.format == format)
    {
        candidates.retain(|candidate| candidate.strength == Strength::Certain);
        candidates.push(crate::node::Candidate {
            format,
            strength: Strength::Plausible,
            evidence: "the enclosing structure says so",
        });
    }
    super::inspect_as(name, source, budget, candidates)
}

fn unpack(
    packed: &SharedSource,
    codec: Codec,
    declared: Option<u64>,
    budget: &Budget,
    faults: &mut Vec<Irregularity>,
) -> (SharedSource, Option<SpoolError>) {
    let mut streams = match codec {
        Codec::ZipLzma { marker } => {
            compress::zip_lzma_decoder(Arc::clone(packed), declared.filter(|_| !marker))
        }
        other => compress::decoder(other, Arc::clone(packed)),
    };
    let (unpacked, stopped) = spool(&mut streams, packed.len(), budget);
    faults.extend(streams.take_faults());
    let rest = Region::new(streams.consumed(), packed.len());
    if stopped.is_none() && !rest.is_empty() {
        faults.push(Irregularity {
            kind: Fault::Trailing,
            region: None,
            detail: format!("{} packed bytes follow the end of the compressed data", rest.len()),
        });
    }
    (unpacked, stopped)
}

fn check_length(declared: Option<u64>, found: u64, faults: &mut Vec<Irregularity>) {
    if let Some(declared) = declared.filter(|declared| *declared != found) {
        faults.push(Irregularity {
            kind: Fault::Contradiction,
            region: None,
            detail: format!("declares {declared} unpacked bytes, but {found} come out"),
        });
    }
}

fn check_crc32(
    declared: u32,
    observed: &Observed<crc32fast::Hasher>,
    budget: &Budget,
    faults: &mut Vec<Irregularity>,
    gaps: &mut Vec<Gap>,
) {
    match observed.finish(|_| budget.proceed().is_ok(), |hasher, _| hasher.clone().finalize()) {
        Ok(found) if found != declared && budget.proceed().is_ok() => faults.push(Irregularity {
            kind: Fault::Checksum,
            region: None,
            detail: format!("declares CRC-32 {declared:08x}, but the content has {found:08x}"),
        }),
        Ok(_) => {}
        Err(error) => {
            gaps.push(Gap { reason: GapReason::Unreadable, region: None, detail: error.to_string() });
        }
    }
}
