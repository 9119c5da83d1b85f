//! Tensors whose data lies in another file.

use crate::draft::{Draft, show};
use crate::graph::ExternalData;
use crate::node::Fault;
use crate::region::Region;

/// Puts the entries of a tensor together; `wanted` is the bytes that its type and shape need.
pub(super) fn conclude(
    tensor: &str,
    entries: Vec<(String, String)>,
    wanted: Option<u64>,
    region: Region,
    draft: &mut Draft,
) -> ExternalData {
    let mut data =
        ExternalData { tensor: tensor.to_owned(), region, length: wanted, ..ExternalData::default() };
    let mut seen: Vec<String> = Vec::new();
    for (key, value) in entries {
        if seen.contains(&key) {
            let detail =
                format!("the external data of `{}` has the key `{}` twice", show(tensor), show(&key));
            draft.fault(Fault::Duplicate, region, detail);
        }
        let number = value.parse::<u64>();
        if matches!(key.as_str(), "offset" | "length") && number.is_err() {
            let detail = format!(
                "the {key} of the external data of `{}` is `{}`, no number",
                show(tensor),
                show(&value)
            );
            let kind = if value.starts_with('-') { Fault::Impossible } else { Fault::Malformed };
            draft.fault(kind, region, detail);
        }
        match key.as_str() {
            "location" => data.location = value,
            "offset" => data.offset = number.unwrap_or(u64::MAX),
            "length" => data.length = number.ok(),
            "checksum" => data.checksum = Some(value),
            // The folder of the model, as an early helper wrote it.
            "basepath" => data.base = value,
            foreign => data.foreign.push(foreign.to_owned()),
        }
        seen.push(key);
    }
    if let (Some(wanted), Some(length)) = (wanted, data.length)
        && wanted != length
    {
        let detail =
            format!("`{}` needs {wanted} bytes, but declares {length} outside the file", show(tensor));
        draft.fault(Fault::Contradiction, region, detail);
    }
    data
}
