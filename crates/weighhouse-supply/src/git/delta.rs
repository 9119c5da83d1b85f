//! Deltas of packs: copy from the base, insert what is new.

/// Lengths at the head of a delta (base, result), and where its instructions begin.
pub(super) fn head(delta: &[u8]) -> Option<(u64, u64, usize)> {
    let (base, at) = number(delta, 0)?;
    let (result, at) = number(delta, at)?;
    Some((base, result, at))
}

/// A number of seven bits a byte, lowest first, and where it ends.
fn number(bytes: &[u8], mut at: usize) -> Option<(u64, usize)> {
    let (mut value, mut shift) = (0_u64, 0_u32);
    loop {
        let byte = *bytes.get(at)?;
        at = at.checked_add(1)?;
        value |= u64::from(byte & 0x7f).checked_shl(shift).filter(|_| shift < 63)?;
        shift = shift.checked_add(7)?;
        if byte & 0x80 == 0 {
            return Some((value, at));
        }
    }
}

/// Applies a delta; `None` if it does not fit. The result is no longer than the delta says.
pub(super) fn apply(base: &[u8], delta: &[u8]) -> Option<Vec<u8>> {
    let (base_len, result_len, mut at) = head(delta)?;
    let result_len = usize::try_from(result_len).ok()?;
    if base_len != base.len() as u64 {
        return None;
    }
    let mut result = Vec::new();
    while let Some(&code) = delta.get(at) {
        at = at.checked_add(1)?;
        let part = if code & 0x80 != 0 {
            let mut field = |bits: u8, count: u32| {
                let mut value = 0_usize;
                for index in 0..count {
                    if bits & (1 << index) != 0 {
                        value |= usize::from(*delta.get(at)?) << (8 * index);
                        at = at.checked_add(1)?;
                    }
                }
                Some(value)
            };
            let offset = field(code & 0x0f, 4)?;
            let len = field((code >> 4) & 0x07, 3)?;
            let len = if len == 0 { 0x1_0000 } else { len };
            base.get(offset..offset.checked_add(len)?)?
        } else {
            let end = at.checked_add(usize::from(code)).filter(|_| code != 0)?;
            let part = delta.get(at..end)?;
            at = end;
            part
        };
        if result.len().checked_add(part.len())? > result_len {
            return None;
        }
        result.extend_from_slice(part);
    }
    (result.len() == result_len).then_some(result)
}
