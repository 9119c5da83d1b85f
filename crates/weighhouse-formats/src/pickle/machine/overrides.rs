//! Names by which an object replaces what the loader does with it, and names of attributes that a class executes.
//!
//! `BUILD` looks `__setstate__` up on the object itself, so an object whose first state set that name calls what stands under
//! it with the second; `__class__` makes an object one of another class. Neither name is an attribute that anything saves.
//! Data of statsmodels keep a formula, and evaluate it then.
//! Wrappers of old versions of joblib keep the name of the file that their array is read from.
//! Files of `sklearn_crfsuite` keep what the name of a temporary file begins and ends with, and the name of one that they remove.
//! Distributions of scipy keep the source of methods as an attribute, and execute it when they get their state.

use crate::pickle::facts::{Evaluated, Override};
use crate::pickle::log::Role;
use crate::pickle::text;
use crate::pickle::value::{Tag, Value};
use crate::region::Region;

use super::{Machine, versions};

/// Bytes of the longest such name as it may be written: quoted and escaped.
const LONGEST: u64 = 64;
/// What scipy's distributions execute.
const TEMPLATE: &[u8] = b"_parse_arg_template";
/// What data of statsmodels evaluate when they get their state.
const FORMULA: &[u8] = b"formula";
/// What joblib's wrappers read their array from.
const FILE: &[u8] = b"filename";
/// Parts of the name of the file that a file of `sklearn_crfsuite` writes, and the name of the one it removes if it made it itself.
const PARTS: &[&[u8]] = &[b"prefix", b"suffix"];
const NAME: &[u8] = b"name";
const OWN: &[u8] = b"auto";
/// Bytes of the longest such text; with dozens of parameters it is shorter.
const LONGEST_TEMPLATE: usize = 4 << 10;

/// Whether a text is one of the names.
#[inline]
pub(super) fn is_name(text: &[u8]) -> bool {
    matches!(text, b"__setstate__" | b"__class__") || text == TEMPLATE || text == FORMULA || text == FILE
}

impl Machine<'_> {
    /// Looks at a text constant.
    #[inline]
    pub(super) fn note_name(&mut self, offset: u64, region: Region) {
        let Some(held) = self.decoder.held(region) else { return };
        let (overrides, version) = (is_name(held), versions::is_name(held));
        self.note(offset, overrides, version);
    }

    /// Looks at a text constant that is written with quotes or escapes.
    pub(super) fn note_line(&mut self, offset: u64, len: u64) {
        if len <= LONGEST
            && let Some(constant) = text::constant(self.source.as_ref(), offset, LONGEST as usize)
        {
            self.note(offset, is_name(&constant.bytes), versions::is_name(&constant.bytes));
        }
    }

    #[inline]
    fn note(&mut self, offset: u64, overrides: bool, version: bool) {
        self.overriding |= overrides;
        if version && self.version_names.len() < versions::MOST {
            self.version_names.push(offset);
        }
    }

    /// Looks for a name with an object behind it among the values from `position` on, and for versions: the items of a dictionary,
    /// or a pair of which a dictionary may be made.
    #[inline]
    pub(super) fn look_at_pairs(&mut self, position: usize) {
        if self.overriding {
            self.record_overrides(position);
        }
        if self.writing {
            self.record_files(position);
        }
        if !self.version_names.is_empty() {
            self.record_versions(position);
        }
    }

    fn record_overrides(&mut self, position: usize) {
        let mut found = Vec::new();
        let mut evaluated = Vec::new();
        for pair in self.state.stack.from(position).windows(2) {
            let [name, value] = pair else { continue };
            if name.tag() != Tag::Text {
                continue;
            }
            let Some(name) = text::constant(self.source.as_ref(), name.payload(), LONGEST as usize) else {
                continue;
            };
            let kept = match value.tag() {
                Tag::Text => name.bytes == FILE || name.bytes == FORMULA,
                Tag::None => false,
                _ => name.bytes == FORMULA,
            };
            if name.bytes == TEMPLATE || kept {
                let text = self.template(*value);
                evaluated.push(Evaluated { offset: self.at, name: name.text(), text });
            } else if ![FILE, FORMULA].contains(&name.bytes.as_slice())
                && is_name(&name.bytes)
                && could_be_called(*value)
            {
                found.push(Override { offset: self.at, name: name.text(), value: self.shape(*value) });
            }
        }
        for found in evaluated {
            self.log.evaluated(found);
        }
        for found in found {
            self.log.overridden(found);
        }
    }

    /// The parts of the name of a temporary file, and a name that is removed as if it were that of one.
    fn record_files(&mut self, position: usize) {
        let mut found = Vec::new();
        let (mut name, mut own) = (None, false);
        for pair in self.state.stack.from(position).windows(2) {
            let [key, value] = pair else { continue };
            if key.tag() != Tag::Text {
                continue;
            }
            let Some(key) = text::constant(self.source.as_ref(), key.payload(), LONGEST as usize) else {
                continue;
            };
            if PARTS.contains(&key.bytes.as_slice()) {
                found.push(Evaluated { offset: self.at, name: key.text(), text: self.template(*value) });
            } else if key.bytes == NAME && value.tag() != Tag::None {
                name = Some(Evaluated { offset: self.at, name: key.text(), text: self.template(*value) });
            }
            own |= key.bytes == OWN && *value != Value::FALSE;
        }
        for found in found.into_iter().chain(name.filter(|_| own)) {
            self.log.evaluated(found);
        }
    }
}

impl Machine<'_> {
    /// Looks for keys of a dictionary that calls made: a text that is built is none that this looks for, but a loader finds it.
    #[inline]
    pub(super) fn look_at_keys(&mut self, position: usize) {
        if !self.log.made_keys {
            let mut keys = self.state.stack.from(position).iter().step_by(2);
            self.log.made_keys = keys.any(|key| match key.tag() {
                Tag::Instance => self.log.role(*key) != Role::Encode,
                Tag::Persistent | Tag::Unknown => true,
                _ => false,
            });
        }
    }

    /// The whole of a text constant, unless it is too long to be a template.
    fn template(&self, value: Value) -> Option<String> {
        let constant = match value.tag() {
            Tag::Text => text::constant(self.source.as_ref(), value.payload(), LONGEST_TEMPLATE)?,
            _ => return None,
        };
        constant.whole.then(|| constant.text())
    }
}

fn could_be_called(value: Value) -> bool {
    matches!(value.tag(), Tag::Global | Tag::Instance | Tag::Persistent | Tag::Unknown)
}
