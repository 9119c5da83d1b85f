//! Calls of native code: which routine they name, and whether they say of which package it is.
//!
//! `.Call("name", PACKAGE = "package")` finds the routine in one library, `.Call(symbol)` in the one that defined the symbol; with a
//! text alone R looks in every library that is loaded. Where the text stands among the arguments does not matter: without a
//! text no routine is named.

use std::rc::Rc;

use super::walk::{Context, Reader, Task};
use super::{RNative, RPlace, RRole};
use crate::region::Region;

/// Functions that call native code.
const NATIVE: &[&str] =
    &[".C", ".Call", ".Call.graphics", ".External", ".External.graphics", ".External2", ".Fortran"];

/// A call of native code, while its arguments are read.
pub(super) struct Native {
    callee: Rc<str>,
    /// The first text among the arguments that names no package, and where it stands.
    routine: Option<(String, u64)>,
    /// Whether it says of which package the routine is.
    packaged: bool,
    place: RPlace,
}

impl Reader<'_> {
    /// Notes a call of native code, until its arguments are read.
    pub(super) fn begin_native(&mut self, callee: &Rc<str>, context: &Context) {
        let callee = Rc::clone(callee);
        let place = context.code.unwrap_or(RPlace::Data);
        self.natives.push(Native { callee, routine: None, packaged: false, place });
        self.tasks.push(Task::NativeEnd);
    }

    /// Tells of a call whose routine is looked for in every library.
    pub(super) fn native_end(&mut self) {
        let Some(native) = self.natives.pop() else { return };
        let Some((routine, at)) = native.routine.filter(|_| !native.packaged) else { return };
        if self.draft.room(self.facts.natives.len(), self.budget) {
            let callee = native.callee.to_string();
            let region = Region::at(at, 1);
            self.facts.natives.push(RNative { callee, routine, place: native.place, region });
        }
    }

    /// A text among the arguments of a call of native code.
    pub(super) fn native_text(&mut self, name: &str, context: &Context, at: u64) {
        if let Some(native) = self.native(context).filter(|native| native.routine.is_none()) {
            native.routine = Some((name.to_owned(), at));
        }
    }

    /// The call of native code whose argument this is.
    fn native(&mut self, context: &Context) -> Option<&mut Native> {
        let callee = context.callee.as_deref().filter(|callee| is_native(callee))?;
        self.natives.last_mut().filter(|native| *native.callee == *callee)
    }

    /// The name of an argument.
    pub(super) fn tag(&mut self, tag: &Rc<str>, context: &Context, at: u64) {
        if let Some(native) = self.native(context).filter(|_| &**tag == "PACKAGE") {
            native.packaged = true;
        }
        self.name(tag, context, RRole::Tag, at);
    }
}

/// Whether a function calls native code.
pub(super) fn is_native(callee: &str) -> bool {
    NATIVE.contains(&callee)
}
