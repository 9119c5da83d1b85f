//! Assembles pickles opcode by opcode: well-formed, hostile or broken, of any protocol.

/// A pickle under construction. Methods append opcodes as they are called; nothing is checked.
#[derive(Debug, Clone, Default)]
pub struct Assembler {
    bytes: Vec<u8>,
    protocol: u8,
}

macro_rules! plain_opcodes {
    ($($(#[$doc:meta])* $method:ident $code:literal;)*) => {
        impl Assembler {
            $($(#[$doc])* #[must_use] pub fn $method(self) -> Self { self.raw(&[$code]) })*
        }
    };
}

plain_opcodes! {
    /// `MARK`.
    mark b'(';
    /// `STOP`, without finishing.
    stop b'.';
    /// `POP`.
    pop b'0';
    /// `POP_MARK`.
    pop_mark b'1';
    /// `DUP`.
    dup b'2';
    /// `NONE`.
    none b'N';
    /// `NEWTRUE`.
    new_true 0x88;
    /// `NEWFALSE`.
    new_false 0x89;
    /// `REDUCE`.
    reduce_opcode b'R';
    /// `BUILD`.
    build b'b';
    /// `OBJ`.
    obj b'o';
    /// `NEWOBJ`.
    newobj 0x81;
    /// `NEWOBJ_EX`.
    newobj_ex 0x92;
    /// `STACK_GLOBAL`.
    stack_global_opcode 0x93;
    /// `MEMOIZE`.
    memoize 0x94;
    /// `EMPTY_LIST`.
    empty_list b']';
    /// `EMPTY_DICT`.
    empty_dict b'}';
    /// `EMPTY_TUPLE`.
    empty_tuple b')';
    /// `EMPTY_SET`.
    empty_set 0x8f;
    /// `APPEND`.
    append b'a';
    /// `APPENDS`.
    appends b'e';
    /// `SETITEM`.
    setitem b's';
    /// `SETITEMS`.
    setitems b'u';
    /// `ADDITEMS`.
    additems 0x90;
    /// `FROZENSET`.
    frozenset 0x91;
    /// `LIST`.
    list b'l';
    /// `DICT`.
    dict b'd';
    /// `TUPLE`.
    tuple b't';
    /// `TUPLE1`.
    tuple1 0x85;
    /// `TUPLE2`.
    tuple2 0x86;
    /// `TUPLE3`.
    tuple3 0x87;
    /// `BINPERSID`.
    binpersid b'Q';
    /// `NEXT_BUFFER`.
    next_buffer 0x97;
    /// `READONLY_BUFFER`.
    readonly_buffer 0x98;
}

impl Assembler {
    /// Begins a stream; protocols from 2 on get their header.
    #[must_use]
    pub fn new(protocol: u8) -> Self {
        let bytes = if protocol >= 2 { vec![0x80, protocol] } else { Vec::new() };
        Self { bytes, protocol }
    }

    /// Ends the stream with `STOP`.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.stop().bytes
    }

    /// The bytes so far, without `STOP`.
    #[must_use]
    pub fn truncated_after(self) -> Vec<u8> {
        self.bytes
    }

    /// Any bytes.
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    /// An opcode, a length and content.
    fn counted(self, code: u8, length: &[u8], content: &[u8]) -> Self {
        self.raw(&[code]).raw(length).raw(content)
    }

    /// `PROTO`.
    #[must_use]
    pub fn proto(self, protocol: u8) -> Self {
        self.raw(&[0x80, protocol])
    }

    /// `FRAME` with any length.
    #[must_use]
    pub fn frame(self, length: u64) -> Self {
        self.raw(&[0x95]).raw(&length.to_le_bytes())
    }

    /// Text as the protocol writes it: `UNICODE`, `BINUNICODE` or `SHORT_BINUNICODE`.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        match (self.protocol, u8::try_from(text.len())) {
            (0, _) => self.unicode_line(text),
            (4.., Ok(length)) => self.counted(0x8c, &[length], text.as_bytes()),
            _ => self.binunicode(text),
        }
    }

    /// `BINUNICODE`.
    #[must_use]
    pub fn binunicode(self, text: &str) -> Self {
        self.counted(b'X', &(text.len() as u32).to_le_bytes(), text.as_bytes())
    }

    /// `BINUNICODE8`.
    #[must_use]
    pub fn binunicode8(self, text: &str) -> Self {
        self.counted(0x8d, &(text.len() as u64).to_le_bytes(), text.as_bytes())
    }

    /// `UNICODE`, with the escapes that a pickler writes.
    #[must_use]
    pub fn unicode_line(self, text: &str) -> Self {
        let mut line = Vec::new();
        for c in text.chars() {
            match (c, u8::try_from(u32::from(c))) {
                ('\\' | '\n' | '\r' | '\0' | '\x1a', _) => {
                    line.extend_from_slice(format!("\\u{:04x}", u32::from(c)).as_bytes());
                }
                (_, Ok(byte)) => line.push(byte),
                _ => line.extend_from_slice(format!("\\U{:08x}", u32::from(c)).as_bytes()),
            }
        }
        self.raw(b"V").raw(&line).raw(b"\n")
    }

    /// `STRING`, in single quotes, nothing escaped.
    #[must_use]
    pub fn string_line(self, text: &str) -> Self {
        self.raw(b"S'").raw(text.as_bytes()).raw(b"'\n")
    }

    /// `SHORT_BINSTRING` or `BINSTRING`.
    #[must_use]
    pub fn binstring(self, text: &[u8]) -> Self {
        match u8::try_from(text.len()) {
            Ok(length) => self.counted(b'U', &[length], text),
            Err(_) => self.counted(b'T', &(text.len() as u32).to_le_bytes(), text),
        }
    }

    /// Bytes as the protocol writes them; below 3, Latin-1 text handed to `_codecs.encode`.
    #[must_use]
    pub fn bytes(self, content: &[u8]) -> Self {
        if self.protocol < 3 {
            let text: String = content.iter().map(|byte| char::from(*byte)).collect();
            return self
                .global("_codecs", "encode")
                .mark()
                .text(&text)
                .text("latin1")
                .tuple()
                .reduce_opcode();
        }
        match u8::try_from(content.len()) {
            Ok(length) => self.counted(b'C', &[length], content),
            Err(_) => self.counted(b'B', &(content.len() as u32).to_le_bytes(), content),
        }
    }

    /// `BINBYTES8`.
    #[must_use]
    pub fn binbytes8(self, content: &[u8]) -> Self {
        self.counted(0x8e, &(content.len() as u64).to_le_bytes(), content)
    }

    /// `BYTEARRAY8`.
    #[must_use]
    pub fn bytearray8(self, content: &[u8]) -> Self {
        self.counted(0x96, &(content.len() as u64).to_le_bytes(), content)
    }

    /// An integer: `INT` in protocol 0, else `BININT`.
    #[must_use]
    pub fn int(self, value: i32) -> Self {
        if self.protocol == 0 {
            return self.raw(format!("I{value}\n").as_bytes());
        }
        self.raw(b"J").raw(&value.to_le_bytes())
    }

    /// `BININT1`.
    #[must_use]
    pub fn binint1(self, value: u8) -> Self {
        self.raw(&[b'K', value])
    }

    /// `BININT2`.
    #[must_use]
    pub fn binint2(self, value: u16) -> Self {
        self.raw(b"M").raw(&value.to_le_bytes())
    }

    /// `LONG1` of these digits, least significant byte first.
    #[must_use]
    pub fn long1(self, digits: &[u8]) -> Self {
        self.counted(0x8a, &[digits.len() as u8], digits)
    }

    /// `LONG4`.
    #[must_use]
    pub fn long4(self, digits: &[u8]) -> Self {
        self.counted(0x8b, &(digits.len() as u32).to_le_bytes(), digits)
    }

    /// `FLOAT` in protocol 0, else `BINFLOAT`.
    #[must_use]
    pub fn float(self, value: f64) -> Self {
        if self.protocol == 0 {
            return self.raw(format!("F{value}\n").as_bytes());
        }
        self.raw(b"G").raw(&value.to_be_bytes())
    }

    /// A line opcode with any operand: `INT`, `LONG`, `FLOAT`, `STRING`, `UNICODE`, `GET`, `PUT`, `PERSID`.
    #[must_use]
    pub fn line(self, code: u8, operand: &str) -> Self {
        self.raw(&[code]).raw(operand.as_bytes()).raw(b"\n")
    }

    /// `PERSID`.
    #[must_use]
    pub fn persid(self, id: &str) -> Self {
        self.line(b'P', id)
    }

    /// `PUT`, `BINPUT` or `LONG_BINPUT`, whichever fits.
    #[must_use]
    pub fn put(self, index: u32) -> Self {
        match (self.protocol, u8::try_from(index)) {
            (0, _) => self.line(b'p', &index.to_string()),
            (_, Ok(index)) => self.raw(&[b'q', index]),
            _ => self.raw(b"r").raw(&index.to_le_bytes()),
        }
    }

    /// `GET`, `BINGET` or `LONG_BINGET`, whichever fits.
    #[must_use]
    pub fn get(self, index: u32) -> Self {
        match (self.protocol, u8::try_from(index)) {
            (0, _) => self.line(b'g', &index.to_string()),
            (_, Ok(index)) => self.raw(&[b'h', index]),
            _ => self.raw(b"j").raw(&index.to_le_bytes()),
        }
    }

    /// `GLOBAL`.
    #[must_use]
    pub fn global(self, module: &str, name: &str) -> Self {
        self.raw(b"c").raw(module.as_bytes()).raw(b"\n").raw(name.as_bytes()).raw(b"\n")
    }

    /// `STACK_GLOBAL` with its operands.
    #[must_use]
    pub fn stack_global(self, module: &str, name: &str) -> Self {
        self.text(module).text(name).stack_global_opcode()
    }

    /// An import as the protocol writes it.
    #[must_use]
    pub fn import(self, module: &str, name: &str) -> Self {
        if self.protocol >= 4 { self.stack_global(module, name) } else { self.global(module, name) }
    }

    /// `INST`; the arguments and their `MARK` come before.
    #[must_use]
    pub fn inst(self, module: &str, name: &str) -> Self {
        self.raw(b"i").raw(module.as_bytes()).raw(b"\n").raw(name.as_bytes()).raw(b"\n")
    }

    /// `EXT1`, `EXT2` or `EXT4`, whichever fits.
    #[must_use]
    pub fn extension(self, code: u32) -> Self {
        match (u8::try_from(code), u16::try_from(code)) {
            (Ok(code), _) => self.raw(&[0x82, code]),
            (_, Ok(code)) => self.raw(&[0x83]).raw(&code.to_le_bytes()),
            _ => self.raw(&[0x84]).raw(&code.to_le_bytes()),
        }
    }

    /// A call with texts: import, tuple, `REDUCE`.
    #[must_use]
    pub fn reduce(self, module: &str, name: &str, arguments: &[&str]) -> Self {
        let mut call = self.import(module, name).mark();
        for argument in arguments {
            call = call.text(argument);
        }
        call.tuple().reduce_opcode()
    }

    /// `depth` lists within one another.
    #[must_use]
    pub fn nested(mut self, depth: usize) -> Self {
        self.bytes.extend(std::iter::repeat_n(b']', depth));
        self.bytes.extend(std::iter::repeat_n(b'a', depth.saturating_sub(1)));
        self
    }

    /// A state dictionary of PyTorch: per tensor a name and its shape; storages are numbered from 0.
    #[must_use]
    pub fn torch_state_dict(self, tensors: &[(&str, &[i32])]) -> Self {
        let mut out = self.import("collections", "OrderedDict").empty_tuple().reduce_opcode().mark();
        for (index, (name, shape)) in tensors.iter().enumerate() {
            let elements = shape.iter().product();
            out = out.text(name).import("torch._utils", "_rebuild_tensor_v2").mark();
            out = out.mark().text("storage").import("torch", "FloatStorage").text(&index.to_string());
            out = out.text("cpu").int(elements).tuple().binpersid().int(0).mark();
            out = shape.iter().fold(out, |out, length| out.int(*length)).tuple().mark();
            let strides = shape.iter().enumerate().map(|(at, _)| shape.iter().skip(at + 1).product());
            out = strides.fold(out, Self::int).tuple().new_false_anyhow();
            out = out
                .import("collections", "OrderedDict")
                .empty_tuple()
                .reduce_opcode()
                .tuple()
                .reduce_opcode();
        }
        out.setitems()
    }

    fn new_false_anyhow(self) -> Self {
        if self.protocol < 2 { self.raw(b"I00\n") } else { self.new_false() }
    }
}

/// A legacy PyTorch file: magic number, version, system, state dictionary, keys, storages filled with `byte`.
#[must_use]
pub fn legacy_torch(tensors: &[(&str, &[i32])], byte: u8) -> Vec<u8> {
    let magic = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
    let mut file = Assembler::new(2).long1(&magic).finish();
    file.extend(Assembler::new(2).binint2(1001).finish());
    file.extend(Assembler::new(2).empty_dict().mark().text("little_endian").new_true().setitems().finish());
    file.extend(Assembler::new(2).torch_state_dict(tensors).finish());
    let keys = (0..tensors.len())
        .fold(Assembler::new(2).empty_list().mark(), |keys, index| keys.text(&index.to_string()));
    file.extend(keys.appends().finish());
    for (_, shape) in tensors {
        let elements: i32 = shape.iter().product();
        file.extend(i64::from(elements).to_le_bytes());
        file.extend(std::iter::repeat_n(byte, 4 * elements.unsigned_abs() as usize));
    }
    file
}
