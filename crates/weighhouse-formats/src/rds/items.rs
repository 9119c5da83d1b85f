//! Kinds of objects by their numbers, and what stands with the number.

/// Kinds of objects, as `Rinternals.h` and `serialize.c` number them.
pub(super) mod kind {
    pub(crate) const NIL: u8 = 0;
    pub(crate) const SYMBOL: u8 = 1;
    pub(crate) const LIST: u8 = 2;
    pub(crate) const CLOSURE: u8 = 3;
    pub(crate) const ENVIRONMENT: u8 = 4;
    pub(crate) const PROMISE: u8 = 5;
    pub(crate) const LANGUAGE: u8 = 6;
    pub(crate) const SPECIAL: u8 = 7;
    pub(crate) const BUILTIN: u8 = 8;
    pub(crate) const CHARACTERS: u8 = 9;
    pub(crate) const LOGICAL: u8 = 10;
    pub(crate) const INTEGER: u8 = 13;
    pub(crate) const REAL: u8 = 14;
    pub(crate) const COMPLEX: u8 = 15;
    pub(crate) const STRING: u8 = 16;
    pub(crate) const DOTS: u8 = 17;
    pub(crate) const VECTOR: u8 = 19;
    pub(crate) const EXPRESSION: u8 = 20;
    pub(crate) const BYTECODE: u8 = 21;
    pub(crate) const POINTER: u8 = 22;
    pub(crate) const WEAK_REFERENCE: u8 = 23;
    pub(crate) const RAW: u8 = 24;
    pub(crate) const S4: u8 = 25;
    pub(crate) const COMPACT: u8 = 238;
    pub(crate) const LIST_WITH_ATTRIBUTES: u8 = 239;
    pub(crate) const LANGUAGE_WITH_ATTRIBUTES: u8 = 240;
    pub(crate) const BYTECODE_REFERENCE: u8 = 243;
    pub(crate) const BYTECODE_DEFINITION: u8 = 244;
    pub(crate) const PERSISTENT: u8 = 247;
    pub(crate) const PACKAGE: u8 = 248;
    pub(crate) const NAMESPACE: u8 = 249;
    pub(crate) const UNBOUND: u8 = 252;
    pub(crate) const REFERENCE: u8 = 255;
}

/// What an object begins with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flags {
    pub(super) kind: u8,
    pub(super) attributes: bool,
    pub(super) tag: bool,
    /// The variable is a function that runs when it is looked at.
    pub(super) active: bool,
    /// The number of a reference that is packed beside the kind; zero if it follows.
    pub(super) index: u32,
}

impl Flags {
    pub(super) fn of(number: i32) -> Self {
        let bits = number.cast_unsigned();
        Self {
            kind: (bits & 255) as u8,
            attributes: bits & 0x200 != 0,
            tag: bits & 0x400 != 0,
            // The levels begin at bit 12; an active binding is the fifteenth of them.
            active: (bits >> 12) & (1 << 15) != 0,
            index: bits >> 8,
        }
    }
}
