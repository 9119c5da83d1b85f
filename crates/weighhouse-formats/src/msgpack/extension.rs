//! Extensions: the arrays of Flax and `LangGraph`, what `LangGraph` imports and calls when it reads a checkpoint, and others.

use super::array::{self, Array, Refused};
use super::payload::{METHOD, Payload, Reference, SNAPSHOT, UNPACKED, method, payload};
use super::walk::{Open, Reader, Stop};
use crate::cursor::{Cursor, ReadError};
use crate::data::HookKind;
use crate::draft::show;
use crate::format::Format;
use crate::json::Kind;
use crate::node::{Fault, GapReason};
use crate::objects::{NamedObject, Role};
use crate::region::Region;
use crate::safetensors::TensorInfo;

/// Extensions within one another; messages in a state in a snapshot are three or four.
const NESTED: usize = 24;
/// Bytes read ahead inside of one.
const WINDOW: usize = 4 << 10;

impl Reader<'_> {
    /// The extension of type `code` whose `len` bytes follow.
    pub(super) fn extension(&mut self, code: i8, len: u64) -> Result<(), Stop> {
        let region = Region::at(self.cursor.position(), len);
        if region.end > self.cursor.end() {
            self.cursor.skip(len)?;
        }
        // A time has one of three lengths.
        let payload = match code {
            -1 if matches!(len, 4 | 8 | 12) => Payload::Complex,
            _ => payload(self.source.as_ref(), code, region)?,
        };
        match payload {
            Payload::Complex => {}
            Payload::Array => return self.packed(code, region, array::read),
            Payload::Ndarray => return self.packed(code, region, array::read_ndarray),
            Payload::Call(reference) => return self.call(code, &reference, region),
            Payload::ComputedCall => {
                let place = self.tree.path();
                self.hook(HookKind::ComputedCall, place, &code.to_string(), region);
                return self.unpacked(code, region, None);
            }
            Payload::Value => return self.unpacked(code, region, None),
            Payload::Opaque => {
                let place = self.tree.path();
                self.opaque(code, &place, region);
            }
        }
        self.cursor.seek(region.end);
        self.tree.plain(Kind::Null, region);
        Ok(())
    }

    /// An extension that is left to the program.
    fn opaque(&mut self, code: i8, place: &str, region: Region) {
        self.hook(HookKind::Extension, place.to_owned(), &code.to_string(), region);
        self.payload(place, region);
    }

    /// What is imported and called, and with what.
    fn call(&mut self, code: i8, reference: &Reference, region: Region) -> Result<(), Stop> {
        if !UNPACKED.contains(&code) {
            let place = self.tree.path();
            self.hook(HookKind::Extension, place, &code.to_string(), region);
        }
        let (role, name) = match code {
            METHOD => {
                let (method, steps) = match method(self.source.as_ref(), region, reference) {
                    Err(error @ ReadError::Io { .. }) => return Err(error.into()),
                    // Without a method nothing is called, and the walk says what is wrong.
                    found => found.unwrap_or_default(),
                };
                self.budget.steps(steps).map_err(Stop::Limit)?;
                match method {
                    Some(method) => (Role::Method, format!("{}.{method}", reference.name)),
                    None => (Role::Call, reference.name.clone()),
                }
            }
            4 | 5 => (Role::Class, reference.name.clone()),
            _ => (Role::Call, reference.name.clone()),
        };
        let path = self.tree.path();
        let object =
            NamedObject { role, module: reference.module.clone(), name, registered: None, path, region };
        if self.facts.calls.len() < self.budget.limits().facts {
            self.facts.calls.push(object);
        } else {
            self.draft.too_many();
        }
        self.unpacked(code, region, Some(reference))
    }

    /// Walks what an extension holds: one value, or the values behind a reference.
    fn unpacked(&mut self, code: i8, region: Region, reference: Option<&Reference>) -> Result<(), Stop> {
        if self.nested >= NESTED {
            let detail = format!("extensions are nested more than {NESTED} deep");
            return Err(Stop::Bomb(region.start, detail));
        }
        let place = self.tree.path();
        let start = reference.map_or(region.start, |reference| reference.at);
        let inner = Cursor::within(self.source.as_ref(), Region::new(start, region.end), WINDOW);
        let outer = std::mem::replace(&mut self.cursor, inner);
        let open = std::mem::take(&mut self.open);
        self.nested = self.nested.saturating_add(1);
        if let Some(reference) = reference {
            self.tree.begin(start, false);
            self.open.push(Open::new(reference.values, false));
        }
        let ended = self.document();
        let rest = Region::new(self.cursor.position().min(region.end), region.end);
        while !self.open.is_empty() {
            self.close();
        }
        self.nested = self.nested.saturating_sub(1);
        self.open = open;
        self.cursor = outer;
        self.cursor.seek(region.end);
        let broken = match ended {
            Ok(()) if rest.is_empty() => None,
            Ok(()) => Some("bytes follow the value that it holds".to_owned()),
            Err(Stop::Read(error @ ReadError::Io { .. })) => return Err(error.into()),
            Err(Stop::Read(error)) => Some(error.to_string()),
            Err(Stop::Malformed(_, what)) => Some(what.to_owned()),
            Err(stop) => return Err(stop),
        };
        match (reference, broken) {
            (Some(_), Some(what)) => self.refused("extension", &place, rest, &what),
            // What is no call is somebody else's extension, whose bytes may be anything.
            (None, Some(_)) => self.opaque(code, &place, region),
            (None, None) if code != SNAPSHOT => {
                self.hook(HookKind::Extension, place, &code.to_string(), region);
            }
            _ => {}
        }
        Ok(())
    }

    /// An array, read by `read`. What claims to be one and is not may hold calls all the same.
    fn packed(
        &mut self,
        code: i8,
        region: Region,
        read: fn(&mut Cursor<'_>, Region) -> Result<Array, Refused>,
    ) -> Result<(), Stop> {
        let name = self.tree.path();
        let why = match read(&mut self.cursor, region) {
            Ok(array) => {
                self.array(name, array);
                self.cursor.seek(region.end);
                self.tree.plain(Kind::Null, region);
                return Ok(());
            }
            Err(Refused::Read(error @ ReadError::Io { .. })) => return Err(error.into()),
            Err(Refused::Read(error)) => error.to_string(),
            Err(Refused::Malformed(what)) => what.to_owned(),
        };
        let name = self.tree.path();
        self.refused(&format!("array `{}`", show(&name)), &name, region, &why);
        self.unpacked(code, region, None)
    }

    fn refused(&mut self, what: &str, place: &str, region: Region, why: &str) {
        self.draft.fault(Fault::Malformed, region, format!("the {what}: {why}"));
        self.draft.gap(GapReason::Damaged, region, format!("the {what} is not understood"));
        self.payload(place, region);
    }

    fn array(&mut self, name: String, array: Array) {
        if array::holds_objects(&array.dtype) {
            self.hook(HookKind::ObjectArray, name.clone(), &array.dtype, array.data);
            self.child(name.clone(), array.data, Format::Pickle);
        }
        let elements = array.shape.iter().try_fold(1_u64, |all, extent| all.checked_mul(*extent));
        let declared = elements.and_then(|all| all.checked_mul(array::item_size(&array.dtype)?));
        if elements.is_none()
            || array::item_size(&array.dtype).is_some() && declared != Some(array.data.len())
        {
            let detail = format!(
                "the array `{}` has {} bytes, not what its shape {:?} and type `{}` need",
                show(&name),
                array.data.len(),
                array.shape,
                show(&array.dtype)
            );
            self.draft.fault(Fault::Contradiction, array.data, detail);
        }
        if array::item_size(&array.dtype).is_none_or(|size| size == 1) {
            self.payload(&name, array.data);
        }
        if self.facts.tensors.len() >= self.budget.limits().facts {
            return self.draft.too_many();
        }
        let Array { shape, dtype, data } = array;
        self.facts.tensors.push(TensorInfo { name, dtype, shape, data });
    }
}
