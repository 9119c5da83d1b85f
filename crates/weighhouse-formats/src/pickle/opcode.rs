//! The opcodes of pickle protocols 0 to 5, as CPython's `pickletools` lists them: code, name, operand, first protocol.

/// How an opcode's operand lies in the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operand {
    /// No operand.
    Nothing,
    /// One unsigned byte.
    U1,
    /// Two bytes, unsigned.
    U2,
    /// Four bytes, signed.
    I4,
    /// Four bytes, unsigned.
    U4,
    /// Eight bytes, unsigned.
    U8,
    /// Eight bytes, big-endian floating point.
    F8,
    /// One byte of length, then content.
    Blob1,
    /// Four bytes of length, unsigned, then content.
    Blob4,
    /// Four bytes of length, signed, then content.
    Blob4Signed,
    /// Eight bytes of length, then content.
    Blob8,
    /// Text up to a line feed.
    Line,
    /// Two texts, each up to a line feed.
    TwoLines,
    /// No opcode has this code.
    Invalid,
}

macro_rules! opcodes {
    ($($code:literal $constant:ident $operand:ident $protocol:literal;)*) => {
        $(pub(crate) const $constant: u8 = $code;)*

        /// Operands by code.
        pub(crate) const OPERANDS: [Operand; 256] = {
            let mut table = [Operand::Invalid; 256];
            $(set(&mut table, $code, Operand::$operand);)*
            table
        };

        /// The name in `pickletools`; `None` for a byte that is no opcode.
        pub(crate) fn name(code: u8) -> Option<&'static str> {
            Some(match code { $($code => stringify!($constant),)* _ => return None })
        }

        /// The protocol that introduced an opcode.
        pub(crate) fn introduced(code: u8) -> u8 {
            match code { $($code => $protocol,)* _ => 0 }
        }
    };
}

const fn set(table: &mut [Operand; 256], code: u8, operand: Operand) {
    let (head, _) = table.split_at_mut(code as usize + 1);
    if let Some(slot) = head.last_mut() {
        *slot = operand;
    }
}

/// The operand of an opcode.
#[inline]
pub(crate) fn operand(code: u8) -> Operand {
    OPERANDS.get(usize::from(code)).copied().unwrap_or(Operand::Invalid)
}

opcodes! {
    0x28 MARK Nothing 0;
    0x29 EMPTY_TUPLE Nothing 1;
    0x2e STOP Nothing 0;
    0x30 POP Nothing 0;
    0x31 POP_MARK Nothing 1;
    0x32 DUP Nothing 0;
    0x42 BINBYTES Blob4 3;
    0x43 SHORT_BINBYTES Blob1 3;
    0x46 FLOAT Line 0;
    0x47 BINFLOAT F8 1;
    0x49 INT Line 0;
    0x4a BININT I4 1;
    0x4b BININT1 U1 1;
    0x4c LONG Line 0;
    0x4d BININT2 U2 1;
    0x4e NONE Nothing 0;
    0x50 PERSID Line 0;
    0x51 BINPERSID Nothing 1;
    0x52 REDUCE Nothing 0;
    0x53 STRING Line 0;
    0x54 BINSTRING Blob4Signed 1;
    0x55 SHORT_BINSTRING Blob1 1;
    0x56 UNICODE Line 0;
    0x58 BINUNICODE Blob4 1;
    0x5d EMPTY_LIST Nothing 1;
    0x61 APPEND Nothing 0;
    0x62 BUILD Nothing 0;
    0x63 GLOBAL TwoLines 0;
    0x64 DICT Nothing 0;
    0x65 APPENDS Nothing 1;
    0x67 GET Line 0;
    0x68 BINGET U1 1;
    0x69 INST TwoLines 0;
    0x6a LONG_BINGET U4 1;
    0x6c LIST Nothing 0;
    0x6f OBJ Nothing 1;
    0x70 PUT Line 0;
    0x71 BINPUT U1 1;
    0x72 LONG_BINPUT U4 1;
    0x73 SETITEM Nothing 0;
    0x74 TUPLE Nothing 0;
    0x75 SETITEMS Nothing 1;
    0x7d EMPTY_DICT Nothing 1;
    0x80 PROTO U1 2;
    0x81 NEWOBJ Nothing 2;
    0x82 EXT1 U1 2;
    0x83 EXT2 U2 2;
    0x84 EXT4 I4 2;
    0x85 TUPLE1 Nothing 2;
    0x86 TUPLE2 Nothing 2;
    0x87 TUPLE3 Nothing 2;
    0x88 NEWTRUE Nothing 2;
    0x89 NEWFALSE Nothing 2;
    0x8a LONG1 Blob1 2;
    0x8b LONG4 Blob4Signed 2;
    0x8c SHORT_BINUNICODE Blob1 4;
    0x8d BINUNICODE8 Blob8 4;
    0x8e BINBYTES8 Blob8 4;
    0x8f EMPTY_SET Nothing 4;
    0x90 ADDITEMS Nothing 4;
    0x91 FROZENSET Nothing 4;
    0x92 NEWOBJ_EX Nothing 4;
    0x93 STACK_GLOBAL Nothing 4;
    0x94 MEMOIZE Nothing 4;
    0x95 FRAME U8 4;
    0x96 BYTEARRAY8 Blob8 5;
    0x97 NEXT_BUFFER Nothing 5;
    0x98 READONLY_BUFFER Nothing 5;
}
