//! Managers of free space, of a file and of its heaps: what they are is explained, what they say of free space is not needed.

use super::file::{File, Stop};
use crate::region::Claims;

/// Claims the header of a manager at `address`, and its list of sections.
pub(super) fn manager(file: &File<'_>, address: u64, claims: &mut Claims) -> Result<(), Stop> {
    let (offsets, lengths) = file.widths();
    let block = file.sealed(address, 18 + 7 * lengths + offsets)?;
    claims.claim(block.region);
    let mut fields = file.fields(&block.bytes);
    fields.expect(b"FSHD", "manager of free space")?;
    fields.take(2 + 4 * lengths + 8)?;
    fields.length()?;
    let list = fields.address()?;
    fields.length()?;
    let len = fields.length()?;
    if let Some(list) = list {
        let head = file.block(list, 4)?;
        file.fields(&head.bytes).expect(b"FSSE", "list of free space")?;
        claims.claim(file.region(list, len));
    }
    Ok(())
}

/// Claims the managers that the message of a file about its space names.
pub(super) fn message(file: &File<'_>, data: &[u8], claims: &mut Claims) -> Result<(), Stop> {
    let (_, lengths) = file.widths();
    let mut fields = file.fields(data);
    if fields.u8()? == 0 {
        fields.take(1 + lengths)?;
    } else {
        fields.take(2 + 2 * lengths + 2)?;
        // Where the file ended before its managers were written.
        fields.address()?;
    }
    while fields.rest.len() >= usize::from(file.layout.offsets) {
        if let Some(address) = fields.address()?.filter(|address| *address > 0) {
            manager(file, address, claims)?;
        }
    }
    Ok(())
}
