//! Trees of the newer form: records of one size, in leaves and between the branches.

use std::collections::BTreeSet;

use super::file::{File, Stop, go_on, malformed, width_of};
use crate::region::Claims;

/// Levels beyond which no file has that many bytes.
const DEEPEST: u16 = 32;
/// Signature, version and kind before the records, checksum behind them.
const AROUND: u64 = 10;

/// What the header of a tree says.
#[derive(Debug)]
struct Tree {
    kind: u8,
    /// Bytes of a record.
    record: u64,
    /// For each level, from the leaves up, the bytes that the number of records below a node takes.
    totals: Vec<u64>,
    /// Bytes that the number of records of a node takes.
    count: u64,
}

/// Gives every record of the tree whose header is at `address` to `each`, with the kind of the tree, which must be one of `kinds`.
pub(super) fn records(
    file: &File<'_>,
    address: u64,
    kinds: &[u8],
    claims: &mut Claims,
    mut each: impl FnMut(&mut Claims, u8, &[u8]) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let (offsets, lengths) = file.widths();
    let block = file.sealed(address, 22 + offsets + lengths)?;
    claims.claim(block.region);
    let mut fields = file.fields(&block.bytes);
    fields.expect(b"BTHD", "tree")?;
    fields.u8()?;
    let kind = fields.u8()?;
    if !kinds.contains(&kind) {
        return Err(malformed("a tree is of another kind than it is used for"));
    }
    let (node, record, depth) = (u64::from(fields.u32()?), u64::from(fields.u16()?), fields.u16()?);
    fields.take(2)?;
    let root = fields.address()?;
    let used = u64::from(fields.u16()?);
    let tree = Tree::new(kind, node, record, depth, offsets)?;
    let mut waiting: Vec<_> = root.map(|root| (root, used, depth)).into_iter().collect();
    let mut seen = BTreeSet::new();
    let mut first = Ok(());
    while let Some((address, used, level)) = waiting.pop() {
        if !seen.insert(address) {
            return Err(malformed("a tree refers to a node twice"));
        }
        let read = tree.node(file, (address, used, level), claims, &mut waiting, &mut each);
        go_on(&mut first, read)?;
    }
    first
}

impl Tree {
    fn new(kind: u8, node: u64, record: u64, depth: u16, offsets: u64) -> Result<Self, Stop> {
        let impossible = || malformed("a tree of impossible sizes");
        let room = node.saturating_sub(AROUND);
        let leaf = room.checked_div(record).filter(|most| *most > 0).ok_or_else(impossible)?;
        if depth > DEEPEST {
            return Err(impossible());
        }
        let count = width_of(leaf);
        let (mut totals, mut below) = (vec![0], leaf);
        for _ in 0..depth {
            let branch = offsets + count + totals.last().copied().unwrap_or(0);
            let most = room.saturating_sub(branch) / record.saturating_add(branch);
            if most == 0 {
                return Err(impossible());
            }
            below = below.saturating_mul(most.saturating_add(1)).saturating_add(most);
            totals.push(width_of(below));
        }
        Ok(Self { kind, record, totals, count })
    }

    /// Reads a node; the nodes below it come next.
    fn node(
        &self,
        file: &File<'_>,
        (address, used, level): (u64, u64, u16),
        claims: &mut Claims,
        waiting: &mut Vec<(u64, u64, u16)>,
        each: &mut impl FnMut(&mut Claims, u8, &[u8]) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let total = self.totals.get(usize::from(level).saturating_sub(1)).copied().unwrap_or(0);
        let branches = if level == 0 { 0 } else { used.saturating_add(1) };
        let branch = u64::from(file.layout.offsets) + self.count + total;
        let len = AROUND + used.saturating_mul(self.record) + branches.saturating_mul(branch);
        let block = file.sealed(address, len)?;
        claims.claim(block.region);
        let mut fields = file.fields(&block.bytes);
        fields.expect(if level == 0 { b"BTLF" } else { b"BTIN" }, "node of a tree")?;
        fields.u8()?;
        if fields.u8()? != self.kind {
            return Err(malformed("a node is of another kind than its tree"));
        }
        let mut first = Ok(());
        for _ in 0..used {
            file.budget.steps(1)?;
            let record = fields.take(self.record)?;
            go_on(&mut first, each(claims, self.kind, record))?;
        }
        let mut below = Vec::new();
        for _ in 0..branches {
            let child = fields.address()?;
            let used = fields.uint(self.count as u8)?;
            fields.take(total)?;
            below.extend(child.map(|child| (child, used, level.saturating_sub(1))));
        }
        // What is taken last comes first.
        waiting.extend(below.into_iter().rev());
        first
    }
}
