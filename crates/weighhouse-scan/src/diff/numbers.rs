//! How far the numbers of a tensor moved: both revisions are read side by side in pieces, never as a whole.

use std::cmp::Reverse;
use std::sync::atomic::{AtomicBool, Ordering};

use weighhouse_core::diff::{Float, Measure, NotCompared, NumberChange};
use weighhouse_formats::numbers::Element;
use weighhouse_formats::source::{Source, read_full};

use super::Decided;
use super::items::Tensors;

/// Bytes read at once from each side; a multiple of every element's size.
const PIECE: usize = 256 << 10;

/// Compares the numbers of all tensors that both revisions have with one shape and type.
pub(super) fn compare(
    tensors: &[Tensors<'_>],
    old: Decided<'_>,
    new: Decided<'_>,
    cancelled: &AtomicBool,
    not_compared: &mut Vec<NotCompared>,
) -> Vec<NumberChange> {
    let mut changes = Vec::new();
    let mut packed: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    // Tensors come file by file: a file is opened once.
    for group in tensors.chunk_by(|a, b| (a.old.0, a.new.0) == (b.old.0, b.new.0)) {
        let Some(first) = group.first() else { continue };
        let (before, after) = (old.open(first.old.0), new.open(first.new.0));
        let mut failed = before.is_none() || after.is_none();
        for pair in group {
            let (Some(was), Some(is)) = (&pair.old.1.numbers, &pair.new.1.numbers) else {
                *packed.entry(first.new.0).or_default() += 1;
                continue;
            };
            let (Some(before), Some(after)) = (&before, &after) else { continue };
            let measured = if was.len == is.len {
                let sides = [(before.as_ref(), was.start), (after.as_ref(), is.start)];
                measure(sides, is.len, Element::of(&is.dtype), cancelled)
            } else {
                None
            };
            match measured {
                Some(measure) if measure.changed == 0 => {}
                Some(measure) => changes.push(NumberChange {
                    file: pair.new.0.to_owned(),
                    member: pair.new.1.member.clone(),
                    name: pair.new.1.name.clone(),
                    value: pair.new.1.value.clone(),
                    measure,
                }),
                None => failed = true,
            }
        }
        if failed {
            let reason = "the numbers of its tensors could not be read to the end".to_owned();
            not_compared.push(NotCompared { file: first.new.0.to_owned(), reason });
        }
    }
    for (file, count) in packed {
        let reason = format!(
            "the numbers of {count} tensors do not stand in it as they are (compressed, or in another file)"
        );
        not_compared.push(NotCompared { file: file.to_owned(), reason });
    }
    let weight = |change: &NumberChange| Reverse(change.measure.relative.or(change.measure.largest));
    changes.sort_by(|a, b| {
        weight(a)
            .cmp(&weight(b))
            .then_with(|| (&a.file, &a.member, &a.name).cmp(&(&b.file, &b.member, &b.name)))
    });
    changes
}

/// Reads two blocks of `len` bytes side by side. Nothing if one of them ends before, or the run was cancelled.
fn measure(
    [(old, from), (new, to)]: [(&dyn Source, u64); 2],
    len: u64,
    element: Option<Element>,
    cancelled: &AtomicBool,
) -> Option<Measure> {
    let size = element.map_or(1, Element::size);
    let element = element.filter(|_| len.is_multiple_of(size as u64));
    let mut sum = Sum::default();
    let (mut before, mut after) = (vec![0; PIECE], vec![0; PIECE]);
    let mut done = 0_u64;
    while done < len {
        if cancelled.load(Ordering::Relaxed) {
            return None;
        }
        let piece = usize::try_from(len - done).unwrap_or(PIECE).min(PIECE);
        let (before, after) = (before.get_mut(..piece)?, after.get_mut(..piece)?);
        let read = [
            read_full(old, from.checked_add(done)?, before).ok()?,
            read_full(new, to.checked_add(done)?, after).ok()?,
        ];
        if read != [piece, piece] {
            return None;
        }
        sum.add(before, after, element);
        done += piece as u64;
    }
    Some(sum.finish(element.is_some()))
}

/// What is added up.
#[derive(Debug, Default)]
struct Sum {
    elements: u64,
    changed: u64,
    not_finite: u64,
    difference: f64,
    before: f64,
    largest: f64,
}

impl Sum {
    fn add(&mut self, before: &[u8], after: &[u8], element: Option<Element>) {
        let Some(element) = element else {
            self.elements += before.len() as u64;
            self.changed += before.iter().zip(after).filter(|(a, b)| a != b).count() as u64;
            return;
        };
        for (a, b) in before.chunks_exact(element.size()).zip(after.chunks_exact(element.size())) {
            self.elements += 1;
            self.changed += u64::from(a != b);
            let (was, is) = (element.read(a), element.read(b));
            if !(was.is_finite() && is.is_finite()) {
                self.not_finite += 1;
                continue;
            }
            let distance = (is - was).abs();
            self.difference += distance * distance;
            self.before += was * was;
            self.largest = self.largest.max(distance);
        }
    }

    fn finish(self, numeric: bool) -> Measure {
        let relative = (self.before > 0.0).then(|| self.difference.sqrt() / self.before.sqrt());
        Measure {
            elements: self.elements,
            changed: self.changed,
            numeric,
            relative: relative.and_then(Float::new).filter(|_| numeric),
            largest: Float::new(self.largest).filter(|_| numeric),
            not_finite: self.not_finite,
        }
    }
}

#[cfg(test)]
mod tests;
