//! The global heap: collections of objects, in which texts of any length lie.

use std::collections::{BTreeMap, BTreeSet};

use super::file::{File, Stop, malformed};
use crate::region::{Claims, Region};

/// Collections that are kept in memory at a time.
const KEPT: usize = 16;

/// The collections that were read so far.
#[derive(Debug, Default)]
pub(super) struct Heap {
    collections: BTreeMap<u64, BTreeMap<u16, Region>>,
    /// Collections that were claimed.
    touched: BTreeSet<u64>,
}

impl Heap {
    /// The bytes of an object, at most `limit`.
    pub(super) fn object(
        &mut self,
        file: &File<'_>,
        (collection, index): (u64, u16),
        limit: u64,
        claims: &mut Claims,
    ) -> Result<Vec<u8>, Stop> {
        self.load(file, collection, claims)?;
        let found = self.collections.get(&collection).and_then(|objects| objects.get(&index)).copied();
        let region =
            found.ok_or_else(|| malformed("a text refers to an object that its heap does not hold"))?;
        let address = region.start.saturating_sub(file.layout.base);
        Ok(file.block(address, region.len().min(limit))?.bytes)
    }

    /// Claims a collection whose objects nobody wants.
    pub(super) fn touch(
        &mut self,
        file: &File<'_>,
        collection: u64,
        claims: &mut Claims,
    ) -> Result<(), Stop> {
        if self.touched.contains(&collection) { Ok(()) } else { self.load(file, collection, claims) }
    }

    fn load(&mut self, file: &File<'_>, collection: u64, claims: &mut Claims) -> Result<(), Stop> {
        if self.collections.contains_key(&collection) {
            return Ok(());
        }
        let objects = objects(file, collection, claims)?;
        if self.touched.len() < file.budget.limits().facts {
            self.touched.insert(collection);
        }
        if self.collections.len() >= KEPT {
            self.collections.pop_first();
        }
        self.collections.insert(collection, objects);
        Ok(())
    }
}

/// Where the objects of a collection lie.
fn objects(file: &File<'_>, address: u64, claims: &mut Claims) -> Result<BTreeMap<u16, Region>, Stop> {
    let head = 8 + u64::from(file.layout.lengths);
    let block = file.block(address, head)?;
    let mut fields = file.fields(&block.bytes);
    fields.expect(b"GCOL", "global heap")?;
    fields.take(4)?;
    let end = address.saturating_add(fields.length()?);
    let mut at = address.saturating_add(head);
    claims.claim(block.region);
    let mut objects = BTreeMap::new();
    while at.saturating_add(head) <= end {
        let block = file.block(at, head)?;
        let mut fields = file.fields(&block.bytes);
        let index = fields.u16()?;
        fields.take(6)?;
        let len = fields.length()?;
        let data = at.saturating_add(head);
        // Index 0 is the free space at the end; its length counts its own head.
        if index == 0 {
            claims.claim(block.region);
            break;
        }
        let padded = len
            .checked_next_multiple_of(8)
            .ok_or_else(|| malformed("a heap object of an impossible length"))?;
        if data.saturating_add(padded) > end {
            return Err(malformed("a heap object reaches beyond its collection"));
        }
        claims.claim(file.region(at, head.saturating_add(padded)));
        objects.insert(index, file.region(data, len));
        at = data.saturating_add(padded);
    }
    Ok(objects)
}
