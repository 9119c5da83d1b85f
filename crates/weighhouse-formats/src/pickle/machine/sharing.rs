//! Containers that hold one another many times over through the memo: a few dozen opcodes that stand for billions of elements.
//!
//! Loading them is cheap; whatever walks them then (hashing a key, comparing, printing, copying) does not come to an end. What counts
//! is the number of ways that lead down from one container, so a value that a thousand records share is as cheap as it is.

use std::collections::{HashMap, HashSet};

use crate::pickle::log::Role;
use crate::pickle::value::{MOST_TRACKED, Value};
use crate::region::Region;

use super::Machine;

/// Edges kept at once; more are weighed and forgotten, but for what is heavy already.
const MOST_EDGES: usize = 1 << 18;
/// Ways down from one container that ordinary files do not have, alone and for each opcode.
const MOST_WAYS: u64 = 1 << 20;
const WAYS_PER_OPCODE: u64 = 1000;

/// Which container holds which others, as far as one of them was fetched from the memo or holds such a one.
#[derive(Debug, Default)]
pub(super) struct Sharing {
    edges: HashMap<(u64, u64), u64>,
    holders: HashSet<u64>,
    /// What was weighed and forgotten, and is heavy.
    heavy: HashMap<u64, u64>,
    /// Whether a container was fetched: only then is anything looked at.
    active: bool,
    /// Whether one was filled after it was fetched: it may lie in others already that were not worth a note then.
    late: bool,
}

impl Sharing {
    /// A value that stands a second time: containers carry a mark of it.
    #[inline]
    pub(super) fn again(&mut self, value: Value) -> Value {
        if value.holds() {
            self.active = true;
            value.aliased()
        } else {
            value
        }
    }

    /// Notes what is put into a container.
    #[inline]
    pub(super) fn put_in(&mut self, holder: Value, items: &[Value]) {
        if self.active {
            self.note(holder, items);
        }
    }

    fn note(&mut self, holder: Value, items: &[Value]) {
        self.late |= holder.is_alias();
        let holder = holder.plain().word();
        for item in items.iter().filter(|item| item.holds()) {
            let plain = item.plain().word();
            if item.is_alias() || self.holders.contains(&plain) || self.heavy.contains_key(&plain) {
                let count = self.edges.entry((holder, plain)).or_default();
                *count = count.saturating_add(1);
                self.holders.insert(holder);
            }
        }
    }

    fn is_full(&self) -> bool {
        self.edges.len() >= MOST_EDGES
    }

    /// The largest number of ways that lead down from one container.
    fn weigh(&mut self) -> u64 {
        let extra = u64::from(self.late);
        let mut edges: Vec<(u64, u64, u64)> =
            self.edges.drain().map(|((from, to), count)| (from, to, count.saturating_add(extra))).collect();
        edges.sort_unstable();
        self.holders.clear();
        let heavy = std::mem::take(&mut self.heavy);
        let mut weights = Weights { edges: &edges, known: heavy, open: HashSet::new() };
        for (from, ..) in &edges {
            weights.settle(*from);
        }
        let most = weights.known.values().copied().max().unwrap_or(0);
        self.heavy = weights.known;
        self.heavy.retain(|_, weight| *weight > 1024);
        if self.heavy.len() >= MOST_EDGES {
            self.heavy.clear();
        }
        most
    }
}

struct Weights<'e> {
    /// Sorted: holder, held, how often.
    edges: &'e [(u64, u64, u64)],
    known: HashMap<u64, u64>,
    open: HashSet<u64>,
}

impl Weights<'_> {
    fn first(&self, holder: u64) -> usize {
        self.edges.partition_point(|(from, ..)| *from < holder)
    }

    /// Weighs a container and all below it, without recursion. One that holds itself counts once there, as those who walk it stop
    /// there.
    fn settle(&mut self, root: u64) {
        let mut path: Vec<(u64, usize, u64)> = Vec::new();
        self.enter(root, &mut path);
        while let Some((node, next, weight)) = path.last().copied() {
            if let Some((_, to, count)) = self.edges.get(next).filter(|(from, ..)| *from == node) {
                let below = self.known.get(to).copied().or_else(|| self.open.contains(to).then_some(1));
                if below.is_none() && self.enter(*to, &mut path) {
                    continue;
                }
                let ways = below.unwrap_or(1).saturating_mul(*count);
                if let Some(last) = path.last_mut() {
                    *last = (node, next.saturating_add(1), weight.saturating_add(ways));
                }
            } else {
                path.pop();
                self.open.remove(&node);
                self.known.insert(node, weight);
            }
        }
    }

    /// Begins with a container; `false` if nothing is known to lie in it.
    fn enter(&mut self, node: u64, path: &mut Vec<(u64, usize, u64)>) -> bool {
        let first = self.first(node);
        let holds = self.edges.get(first).is_some_and(|(from, ..)| *from == node);
        if holds && !self.known.contains_key(&node) && self.open.insert(node) {
            path.push((node, first, 1));
            return true;
        }
        false
    }
}

impl Machine<'_> {
    /// The instance that a call of a class gives: one of a container is told apart from others, and holds what it was made of.
    pub(super) fn instance_of(&mut self, class: Value, arguments: &[Value]) -> Value {
        let Some(index) = class.global_index() else { return Value::UNKNOWN };
        if self.log.role(class) != Role::Holder || self.holders as usize >= MOST_TRACKED {
            return Value::instance(index, 0);
        }
        self.holders = self.holders.saturating_add(1);
        let made = Value::holder(index, self.holders);
        self.state.sharing.put_in(made, arguments);
        made
    }

    /// Notes what is put into a container, and weighs what is noted once it is much.
    #[inline]
    pub(super) fn put_in(&mut self, holder: Value, position: usize) {
        self.state.sharing.put_in(holder, self.state.stack.from(position));
        if self.state.sharing.is_full() {
            self.weigh_sharing();
        }
    }

    /// Says so if containers hold one another out of all proportion.
    pub(super) fn weigh_sharing(&mut self) {
        if !self.state.sharing.active {
            return;
        }
        let ways = self.state.sharing.weigh();
        if ways >= MOST_WAYS && ways >= self.state.opcodes.saturating_mul(WAYS_PER_OPCODE) {
            let region = Region::new(self.state.start, self.decoder.position());
            let opcodes = self.state.opcodes;
            let detail = format!(
                "{opcodes} opcodes make containers that hold one another 2^{} times over or more: whatever compares, hashes or prints them does not end",
                ways.ilog2()
            );
            self.expansion(region, detail);
        }
    }
}
