//! Opens the content of a child: a slice of its parent, unpacked data, or decoded bytes; and checks what the parent
//! declared about it.

use std::sync::Arc;

use crate::bounded::{Budget, Opened, SpoolError, spool};
use crate::compress;
use crate::node::{Child, Codec, Content, Fault, Gap, GapReason, Irregularity, Node, Strength};
use crate::region::Region;
use crate::source::{Memory, Observed, SharedSource, Slice};

/// The bytes of a child, and what its parent declares about them.
struct Found {
    source: SharedSource,
    /// Where they lie in the parent, if they do so unchanged.
    region: Option<Region>,
    crc32: Option<u32>,
    faults: Vec<Irregularity>,
    gaps: Vec<Gap>,
}

impl Found {
    fn of(source: SharedSource) -> Self {
        Self { source, region: None, crc32: None, faults: Vec::new(), gaps: Vec::new() }
    }
}

fn find(parent: &SharedSource, content: Content, budget: &Budget) -> Found {
    match content {
        Content::Stored { region, crc32 } => {
            let slice = Arc::new(Slice::new(Arc::clone(parent), region));
            Found { region: Some(region), crc32, ..Found::of(slice) }
        }
        Content::Packed { region, codec, declared, crc32 } => {
            let packed: SharedSource = Arc::new(Slice::new(Arc::clone(parent), region));
            let (mut faults, mut gaps) = (Vec::new(), Vec::new());
            let (source, stopped) = unpack(&packed, codec, declared, budget, &mut faults);
            // Data that was never packed that way may be plain: readers exist that do not ask for the method.
            let plain = source.is_empty() && matches!(stopped, Some(SpoolError::Damaged(_)));
            match stopped {
                Some(error) => error.note(&mut faults, &mut gaps),
                None => check_length(declared, source.len(), &mut faults),
            }
            Found { crc32, faults, gaps, ..Found::of(if plain { packed } else { source }) }
        }
        Content::Part { whole, region } => {
            let Opened { source, faults, gaps } = whole.open(budget);
            Found { faults, gaps, ..Found::of(Arc::new(Slice::new(source, region))) }
        }
        Content::Unpacked(source) => Found::of(source),
        Content::Decoded(bytes) => Found::of(Memory::shared(bytes)),
    }
}

/// Inspects a child of a container.
pub(super) fn child(parent: &SharedSource, child: Child, budget: &Budget) -> Node {
    let Child { name, content, known } = child;
    let Found { source, region, crc32, mut faults, mut gaps } = find(parent, content, budget);
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
    let Found { source, crc32, mut faults, mut gaps, .. } = find(parent, content, budget);
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
        candidates
            .retain(|candidate| candidate.strength == Strength::Certain || candidate.format == format.base());
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
