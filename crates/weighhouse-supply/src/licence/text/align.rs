//! Which words of a reference stand in a text, in order: long common runs first, exact comparison between them.
//!
//! Bounded: the exact comparison of what lies between two runs is made only while `CELLS` last, and anchors are sought while `RUNS`
//! last; what is then left counts as changed.

use std::collections::HashMap;

/// Common words: where in the reference, where in the text, how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) reference: usize,
    pub(super) text: usize,
    pub(super) len: usize,
}

/// Words that make an anchor if they occur once on either side.
const RUN: usize = 4;
/// Pairs of words compared in one gap, and in all.
const GAP_CELLS: usize = 1 << 18;
const CELLS: usize = 1 << 23;
/// Runs looked at while anchors are sought: parts may come apart into many, each looked at again.
const RUNS: usize = 1 << 21;

/// A part of both sides that is not compared yet.
#[derive(Clone, Copy)]
struct Part {
    reference: (usize, usize),
    text: (usize, usize),
}

/// Common blocks, in order on both sides.
pub(super) fn align(reference: &[u32], text: &[u32]) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut cells = CELLS;
    let mut runs = RUNS;
    let mut parts = vec![Part { reference: (0, reference.len()), text: (0, text.len()) }];
    while let Some(part) = parts.pop() {
        let part = trim(reference, text, part, &mut blocks);
        let (rows, columns) = (part.reference.1 - part.reference.0, part.text.1 - part.text.0);
        if rows == 0 || columns == 0 {
            continue;
        }
        let area = rows.saturating_mul(columns);
        if area <= GAP_CELLS.min(cells) {
            cells -= area;
            compare(reference, text, part, &mut blocks);
            continue;
        }
        let Some(left) = runs.checked_sub(rows.saturating_add(columns)) else { continue };
        runs = left;
        let anchors = anchors(reference, text, part);
        let mut from = (part.reference.0, part.text.0);
        for (at_reference, at_text) in anchors.iter().copied() {
            parts.push(Part { reference: (from.0, at_reference), text: (from.1, at_text) });
            from = (at_reference, at_text);
        }
        if !anchors.is_empty() {
            // The last part begins with an anchor, so it is smaller than what was split.
            parts.push(Part { reference: (from.0, part.reference.1), text: (from.1, part.text.1) });
        }
    }
    blocks.sort_unstable_by_key(|block| (block.reference, block.text));
    join(&blocks)
}

/// Takes common words off both ends of a part.
fn trim(reference: &[u32], text: &[u32], part: Part, blocks: &mut Vec<Block>) -> Part {
    let a = reference.get(part.reference.0..part.reference.1).unwrap_or_default();
    let b = text.get(part.text.0..part.text.1).unwrap_or_default();
    let head = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let most = a.len().min(b.len()) - head;
    let tail = a.iter().rev().zip(b.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    let rest = Part {
        reference: (part.reference.0 + head, part.reference.1 - tail),
        text: (part.text.0 + head, part.text.1 - tail),
    };
    blocks.push(Block { reference: part.reference.0, text: part.text.0, len: head });
    blocks.push(Block { reference: rest.reference.1, text: rest.text.1, len: tail });
    rest
}

/// Runs of words that occur once on either side, as far as they are in the same order: a longest increasing subsequence.
fn anchors(reference: &[u32], text: &[u32], part: Part) -> Vec<(usize, usize)> {
    let once = |words: &[u32], from: usize| {
        let mut places: HashMap<Vec<u32>, Option<usize>> = HashMap::new();
        for (at, run) in words.windows(RUN).enumerate() {
            places.entry(run.to_vec()).and_modify(|place| *place = None).or_insert(Some(from + at));
        }
        places
    };
    let a = reference.get(part.reference.0..part.reference.1).unwrap_or_default();
    let b = text.get(part.text.0..part.text.1).unwrap_or_default();
    let (mine, theirs) = (once(a, part.reference.0), once(b, part.text.0));
    let mut pairs: Vec<(usize, usize)> =
        mine.iter().filter_map(|(run, at)| Some(((*at)?, (*theirs.get(run)?)?))).collect();
    pairs.sort_unstable();
    let mut tails: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (index, (_, place)) in pairs.iter().enumerate() {
        let fits = |tail: &usize| pairs.get(*tail).is_some_and(|(_, other)| other < place);
        let length = tails.partition_point(fits);
        before.push(length.checked_sub(1).and_then(|last| tails.get(last)).copied());
        match tails.get_mut(length) {
            Some(tail) => *tail = index,
            None => tails.push(index),
        }
    }
    let mut chain = Vec::new();
    let mut next = tails.last().copied();
    while let Some(index) = next {
        chain.extend(pairs.get(index).copied());
        next = before.get(index).copied().flatten();
    }
    chain.reverse();
    chain
}

/// The longest common subsequence of a small part.
fn compare(reference: &[u32], text: &[u32], part: Part, blocks: &mut Vec<Block>) {
    let a = reference.get(part.reference.0..part.reference.1).unwrap_or_default();
    let b = text.get(part.text.0..part.text.1).unwrap_or_default();
    let width = b.len() + 1;
    // lengths[i * width + j]: longest common subsequence of a[i..] and b[j..].
    let mut lengths = vec![0_u16; (a.len() + 1) * width];
    let length =
        |lengths: &[u16], i: usize, j: usize| lengths.get(i * width + j).copied().unwrap_or_default();
    for (i, word) in a.iter().enumerate().rev() {
        for (j, other) in b.iter().enumerate().rev() {
            let best = if word == other {
                length(&lengths, i + 1, j + 1).saturating_add(1)
            } else {
                length(&lengths, i + 1, j).max(length(&lengths, i, j + 1))
            };
            if let Some(slot) = lengths.get_mut(i * width + j) {
                *slot = best;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    while let (Some(word), Some(other)) = (a.get(i), b.get(j)) {
        if word == other {
            blocks.push(Block { reference: part.reference.0 + i, text: part.text.0 + j, len: 1 });
            (i, j) = (i + 1, j + 1);
        } else if length(&lengths, i + 1, j) >= length(&lengths, i, j + 1) {
            i += 1;
        } else {
            j += 1;
        }
    }
}

/// Joins blocks that touch on both sides.
fn join(blocks: &[Block]) -> Vec<Block> {
    let mut joined: Vec<Block> = Vec::new();
    for block in blocks.iter().filter(|block| block.len > 0) {
        match joined.last_mut() {
            Some(last)
                if last.reference + last.len == block.reference && last.text + last.len == block.text =>
            {
                last.len += block.len;
            }
            _ => joined.push(*block),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn common(reference: &[u32], text: &[u32]) -> usize {
        let blocks = align(reference, text);
        for pair in blocks.windows(2) {
            if let [a, b] = pair {
                assert!(a.reference + a.len <= b.reference && a.text + a.len <= b.text, "{blocks:?}");
            }
        }
        for block in &blocks {
            let mine = reference.get(block.reference..block.reference + block.len);
            assert_eq!(mine, text.get(block.text..block.text + block.len));
        }
        blocks.iter().map(|block| block.len).sum()
    }

    #[test]
    fn changes_are_found_where_they_are() {
        assert_eq!(align(&[1, 2, 3], &[1, 2, 3]), [Block { reference: 0, text: 0, len: 3 }]);
        assert_eq!(common(&[1, 2, 3, 4, 5], &[1, 2, 9, 4, 5]), 4);
        assert_eq!(common(&[], &[1]), 0);
    }

    #[test]
    fn long_texts_are_compared_by_anchors() {
        let reference: Vec<u32> = (0..5_000).collect();
        let mut text = reference.clone();
        text.splice(2_000..2_003, [90_000, 90_001]);
        text.splice(4_000..4_000, [90_002; 700]);
        assert_eq!(common(&reference, &text), 4_997);
    }

    #[test]
    fn a_text_without_anchors_is_given_up_not_ground_through() {
        let reference = vec![1; 40_000];
        let mut text = vec![1; 30_000];
        text.insert(0, 2);
        text.push(3);
        let _ = common(&reference, &text);
    }

    proptest::proptest! {
        #[test]
        fn blocks_are_common_and_ordered(
            reference in proptest::collection::vec(0_u32..6, 0..60),
            text in proptest::collection::vec(0_u32..6, 0..60),
        ) {
            common(&reference, &text);
        }
    }
}
