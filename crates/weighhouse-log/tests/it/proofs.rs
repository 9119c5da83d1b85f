//! Proofs of random trees, and every way to damage one.

use proptest::prelude::*;
use weighhouse_log::proof::{self, ProofError};
use weighhouse_log::tree::MAX_SIZE;
use weighhouse_log::{Frontier, Hash};

use crate::tiles::{entry, grow};

fn flipped(hash: Hash, bit: usize) -> Hash {
    let mut bytes = *hash.as_bytes();
    bytes[bit / 8 % 32] ^= 1 << (bit % 8);
    Hash::from_bytes(bytes)
}

/// The proof with one bit changed, one hash fewer, one more, two exchanged.
fn damaged(proof: &[Hash], bit: usize) -> Vec<Vec<Hash>> {
    let mut all: Vec<Vec<Hash>> = (0..proof.len())
        .map(|place| {
            let mut changed = proof.to_vec();
            changed[place] = flipped(changed[place], bit);
            changed
        })
        .collect();
    all.extend((0..proof.len()).map(|place| {
        let mut fewer = proof.to_vec();
        fewer.remove(place);
        fewer
    }));
    all.extend((0..=proof.len()).map(|place| {
        let mut more = proof.to_vec();
        more.insert(place, proof.get(place).copied().unwrap_or_else(Hash::of_empty_tree));
        more
    }));
    all.extend((1..proof.len()).map(|place| {
        let mut exchanged = proof.to_vec();
        exchanged.swap(place - 1, place);
        exchanged
    }));
    all
}

fn root(size: u64) -> Hash {
    let mut frontier = Frontier::new();
    (0..size).for_each(|number| frontier.append(Hash::leaf(&entry(number))).unwrap());
    frontier.root()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn an_entry_is_where_it_is_and_nowhere_else(size in 1_u64..1_200, index: u64, bit in 0_usize..256) {
        let index = index % size;
        let log = grow(&[size]);
        let tiles = log.read(&proof::inclusion_tiles(index, size).unwrap()).unwrap();
        let path = proof::inclusion(index, size, &tiles).unwrap();
        let (leaf, root) = (Hash::leaf(&entry(index)), log.frontier.root());
        let check = |leaf, index, size, path: &[Hash], root| proof::verify_inclusion(leaf, index, size, path, root);
        prop_assert_eq!(check(leaf, index, size, &path, root), Ok(()));
        prop_assert!(check(flipped(leaf, bit), index, size, &path, root).is_err());
        prop_assert!(check(leaf, index, size, &path, flipped(root, bit)).is_err());
        for wrong in damaged(&path, bit) {
            prop_assert!(check(leaf, index, size, &wrong, root).is_err());
        }
        for other in (0..size).filter(|other| *other != index) {
            prop_assert!(check(leaf, other, size, &path, root).is_err(), "{} for {}", other, index);
        }
        prop_assert_eq!(check(leaf, size, size, &path, root), Err(ProofError::Range));
    }

    #[test]
    fn a_tree_continues_its_beginnings_and_no_other(size in 1_u64..1_200, old: u64, bit in 0_usize..256) {
        let old = old % (size + 1);
        let log = grow(&[size]);
        let tiles = log.read(&proof::consistency_tiles(old, size).unwrap()).unwrap();
        let path = proof::consistency(old, size, &tiles).unwrap();
        let (before, after) = (root(old), log.frontier.root());
        let check = proof::verify_consistency;
        prop_assert_eq!(check(old, before, size, after, &path), Ok(()));
        prop_assert!(check(old, flipped(before, bit), size, after, &path).is_err());
        // Everything continues the empty tree.
        prop_assert!(old == 0 || check(old, before, size, flipped(after, bit), &path).is_err());
        for wrong in damaged(&path, bit) {
            prop_assert!(check(old, before, size, after, &wrong).is_err());
        }
        for other in (1..size).filter(|other| *other != old) {
            prop_assert!(check(other, before, size, after, &path).is_err(), "{} for {}", other, old);
        }
    }

    /// Nothing but the sizes is looked at: no time, no memory, no panic.
    #[test]
    fn proofs_of_any_size_are_refused_quietly(first: u64, second: u64, length in 0_usize..130, byte: u8) {
        let hash = Hash::from_bytes([byte; 32]);
        let hashes = vec![hash; length];
        prop_assert!(proof::verify_inclusion(hash, first, second, &hashes, hash).is_err());
        let consistent = proof::verify_consistency(first, hash, second, hash, &hashes);
        prop_assert_eq!(consistent.is_ok(), first == second && second <= MAX_SIZE && length == 0);
        prop_assert!(proof::inclusion_tiles(first, second).map_or(true, |tiles| tiles.len() <= 64));
        prop_assert!(proof::consistency_tiles(first, second).map_or(true, |tiles| tiles.len() <= 64));
    }
}

#[test]
fn the_largest_tree_has_proofs_of_63_hashes() {
    let tiles = proof::inclusion_tiles(0, MAX_SIZE).unwrap();
    // Not full: the last of each level, and the first of those that have one.
    assert!(tiles.len() <= 16, "{tiles:?}");
    let path = vec![Hash::of_empty_tree(); 63];
    let refused = proof::verify_inclusion(path[0], 0, MAX_SIZE, &path, path[0]);
    assert_eq!(refused, Err(ProofError::Root));
    let refused = proof::verify_inclusion(path[0], 0, MAX_SIZE, &path[1..], path[0]);
    assert_eq!(refused, Err(ProofError::Length));
}

#[test]
fn what_no_tree_has_is_refused() {
    let empty = Hash::of_empty_tree();
    assert_eq!(proof::verify_inclusion(empty, 0, 0, &[], empty), Err(ProofError::Range));
    assert_eq!(proof::verify_consistency(2, empty, 1, empty, &[]), Err(ProofError::Range));
    assert_eq!(proof::verify_consistency(0, empty, 5, root(5), &[]), Ok(()));
    assert_eq!(proof::verify_consistency(0, root(5), 5, root(5), &[]), Err(ProofError::Root));
    assert_eq!(proof::verify_consistency(0, empty, 5, root(5), &[empty]), Err(ProofError::Length));
    assert_eq!(proof::verify_consistency(4, root(4), 5, root(5), &[]), Err(ProofError::Length));
    assert_eq!(proof::verify_consistency(3, root(3), 5, root(5), &[]), Err(ProofError::Length));
    assert!(proof::inclusion_tiles(5, 5).is_err() && proof::consistency_tiles(6, 5).is_err());
}
