//! Tensors that PyTorch rebuilds as views of a storage: whether the storage reaches as far as their shape does.
//!
//! Old versions, and readers in other languages, compute with the numbers as they stand and read what lies behind the storage.

use crate::node::Fault;
use crate::pickle::decode::Op;
use crate::pickle::facts::Shape;
use crate::pickle::log::Role;
use crate::pickle::value::{Tag, Value};
use crate::region::Region;
use crate::torch::{dtype_size, storage_size};

use super::Machine;

impl Machine<'_> {
    /// Looks at a call of a rebuilder: storage, offset, shape, strides, and for the newest one the element type.
    pub(super) fn look_at_tensor(&mut self, op: &Op, callee: Value, arguments: &[Value]) {
        if self.log.role(callee) != Role::RebuildsTensor || callee.tag() != Tag::Global {
            return;
        }
        let [storage, offset, shape, strides, rest @ ..] = arguments else { return };
        let typed = self.log.name(callee).is_some_and(|name| name.name == "_rebuild_tensor_v3");
        let element = rest.get(2).filter(|_| typed).and_then(|dtype| self.log.name(*dtype));
        let element = element.filter(|name| name.module == "torch").and_then(|name| dtype_size(&name.name));
        let Some(found) = self.log.persistent_id(*storage).and_then(Shape::storage) else { return };
        let (Some(offset), Some(shape), Some(strides)) =
            (offset.as_int(), self.numbers(*shape), self.numbers(*strides))
        else {
            return;
        };
        let Some(last) = last_element(offset, &shape, &strides) else { return };
        // Only the newest rebuilder says what the elements are; for the others the storage says it.
        let size = storage_size(found.class).unwrap_or(1);
        let reaches = last.saturating_add(1).saturating_mul(i128::from(element.unwrap_or(size)));
        let there =
            i128::from(found.elements).saturating_mul(i128::from(size)).saturating_mul(packed(found.class));
        let negative = offset < 0 || shape.iter().chain(&strides).any(|number| *number < 0);
        if !negative && reaches <= there {
            return;
        }
        let detail = format!(
            "a tensor of shape {shape:?}, strides {strides:?} and offset {offset} reaches beyond the storage `{}` of {} elements",
            crate::draft::show(found.key),
            found.elements
        );
        self.fault(Fault::Impossible, Region::new(op.offset, self.decoder.position()), detail);
    }

    fn numbers(&self, tuple: Value) -> Option<Vec<i64>> {
        self.arena.list(tuple)?.into_iter().map(Value::as_int).collect()
    }
}

/// Number of the last element that a view touches; nothing for a view without elements.
fn last_element(offset: i64, shape: &[i64], strides: &[i64]) -> Option<i128> {
    if shape.contains(&0) || shape.len() != strides.len() {
        return None;
    }
    Some(shape.iter().zip(strides).fold(i128::from(offset), |last, (length, stride)| {
        let steps = i128::from(*length).saturating_sub(1);
        last.saturating_add(steps.saturating_mul(i128::from(*stride)))
    }))
}

/// Elements that lie in one of the storage: small integers share a byte.
fn packed(class: &str) -> i128 {
    match class {
        "QUInt4x2Storage" => 2,
        "QUInt2x4Storage" => 4,
        _ => 1,
    }
}
