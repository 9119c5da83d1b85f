//! Groups of the old form: a tree of symbol tables, and a heap that holds the names. And the trees that list chunks.

use std::collections::BTreeSet;

use super::chunks::{Chunk, Take};
use super::file::{File, Stop, go_on, malformed};
use super::message::Target;
use super::superblock::Ranks;
use crate::bounded::Exhausted;
use crate::region::Claims;

/// Bytes of a name beyond which no library writes one.
const LONGEST_NAME: usize = 4096;

/// The names of a group.
pub(super) struct Names {
    bytes: Vec<u8>,
}

impl Names {
    pub(super) fn read(file: &File<'_>, address: u64, claims: &mut Claims) -> Result<Self, Stop> {
        let (offsets, lengths) = (u64::from(file.layout.offsets), u64::from(file.layout.lengths));
        let block = file.block(address, 8 + 2 * lengths + offsets)?;
        claims.claim(block.region);
        let mut fields = file.fields(&block.bytes);
        fields.expect(b"HEAP", "heap of names")?;
        fields.take(4)?;
        let len = fields.length()?;
        fields.length()?;
        let data = fields.address()?.ok_or_else(|| malformed("a heap of names has no data"))?;
        let block = file.block(data, len)?;
        claims.claim(block.region);
        Ok(Self { bytes: block.bytes })
    }

    pub(super) fn at(&self, file: &File<'_>, offset: u64) -> Result<String, Stop> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.bytes.get(offset..));
        let rest = rest.ok_or_else(|| malformed("a name lies outside the heap of names"))?;
        if rest.iter().take(LONGEST_NAME).all(|byte| *byte != 0) && rest.len() > LONGEST_NAME {
            return Err(malformed(format!("a name is longer than {LONGEST_NAME} bytes")));
        }
        Ok(file.fields(rest).text())
    }
}

/// Nodes of a tree of the old form, to be read one after another; no node twice.
struct Tree<'a> {
    file: &'a File<'a>,
    kind: u8,
    /// Bytes of a key.
    key: u64,
    /// Half the most entries of a node.
    rank: u64,
    waiting: Vec<u64>,
    seen: BTreeSet<u64>,
}

impl Tree<'_> {
    /// Gives each entry of each lowest node to `entry`, as key and address.
    fn walk(
        &mut self,
        claims: &mut Claims,
        mut entry: impl FnMut(&mut Claims, &[u8], u64) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let mut first = Ok(());
        while let Some(address) = self.waiting.pop() {
            if !self.seen.insert(address) {
                return Err(malformed("a tree refers to a node twice"));
            }
            let read = self.node(address, claims, &mut entry);
            go_on(&mut first, read)?;
        }
        first
    }

    fn node(
        &mut self,
        address: u64,
        claims: &mut Claims,
        entry: &mut impl FnMut(&mut Claims, &[u8], u64) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let offsets = u64::from(self.file.layout.offsets);
        let pair = self.key.saturating_add(offsets);
        let head = 8 + 2 * offsets;
        let whole =
            head.saturating_add(self.rank.saturating_mul(2).saturating_mul(pair)).saturating_add(self.key);
        let block = self.file.up_to(address, whole)?;
        claims.claim(block.region);
        let mut fields = self.file.fields(&block.bytes);
        fields.expect(b"TREE", "tree")?;
        let (kind, level, used) = (fields.u8()?, fields.u8()?, fields.u16()?);
        if kind != self.kind {
            return Err(malformed("a tree is of another kind than it is used for"));
        }
        fields.take(2 * offsets)?;
        let (mut below, mut first) = (Vec::new(), Ok(()));
        for _ in 0..used {
            self.file.budget.steps(1)?;
            let key = fields.take(self.key)?;
            let Some(child) = fields.address()? else { continue };
            if level == 0 {
                go_on(&mut first, entry(claims, key, child))?;
            } else {
                below.push(child);
            }
        }
        // What is taken last comes first: chunks are wanted in their order.
        self.waiting.extend(below.into_iter().rev());
        first
    }
}

/// Adds the links of a group whose symbol tables hang on the tree at `tree`, with their names in the heap at `heap`: what stands
/// before a break is there.
pub(super) fn symbols(
    file: &File<'_>,
    ranks: Ranks,
    (tree, heap): (u64, u64),
    claims: &mut Claims,
    links: &mut Vec<(String, Target)>,
) -> Result<(), Stop> {
    let names = Names::read(file, heap, claims)?;
    let mut walk = Tree {
        file,
        kind: 0,
        key: file.layout.lengths.into(),
        rank: ranks.group,
        waiting: vec![tree],
        seen: BTreeSet::new(),
    };
    walk.walk(claims, |claims, _, address| table(file, ranks, &names, address, claims, links))
}

fn table(
    file: &File<'_>,
    ranks: Ranks,
    names: &Names,
    address: u64,
    claims: &mut Claims,
    links: &mut Vec<(String, Target)>,
) -> Result<(), Stop> {
    const SOFT: u32 = 2;
    let entry = u64::from(file.layout.offsets) * 2 + 24;
    let block = file.up_to(address, ranks.leaf.saturating_mul(2).saturating_mul(entry).saturating_add(8))?;
    claims.claim(block.region);
    let mut fields = file.fields(&block.bytes);
    fields.expect(b"SNOD", "symbol table")?;
    fields.take(2)?;
    for _ in 0..fields.u16()? {
        file.budget.steps(1)?;
        let name = fields.uint(file.layout.offsets)?;
        let object = fields.address()?;
        let cache = fields.u32()?;
        fields.u32()?;
        let scratch = fields.take(16)?;
        let name = names.at(file, name)?;
        let target = if cache == SOFT {
            Target::Soft(names.at(file, u64::from(file.fields(scratch).u32()?))?)
        } else {
            Target::Object(object.ok_or_else(|| malformed("a link leads nowhere"))?)
        };
        // Entries of a tree may all lead to one table.
        if links.len() >= file.budget.limits().facts {
            return Err(Exhausted::Facts.into());
        }
        links.push((name, target));
    }
    Ok(())
}

/// Gives each chunk of a data set to `each`; keys of the tree have `rank` offsets.
pub(super) fn chunks(
    file: &File<'_>,
    ranks: Ranks,
    tree: u64,
    rank: u64,
    claims: &mut Claims,
    mut each: impl Take,
) -> Result<(), Stop> {
    let mut walk = Tree {
        file,
        kind: 1,
        key: 8 + 8 * rank,
        rank: ranks.chunk,
        waiting: vec![tree],
        seen: BTreeSet::new(),
    };
    walk.walk(claims, |claims, key, address| {
        let mut key = file.fields(key);
        let (len, mask) = (key.u32()?, key.u32()?);
        each(claims, Chunk { address, len: len.into(), mask })
    })
}
