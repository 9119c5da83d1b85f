//! Abstract values packed into one word: a tag and 44 bits. Text and bytes are offsets of the opcode that made them, imported
//! objects are indexes, so five million memoised values fit into the memory of a small photograph.

/// Bits of the payload.
const PAYLOAD: u32 = 44;
/// Marks a container that stands here a second time; a memo does not keep it.
const ALIAS: u64 = 1 << 63;
/// Bits of an instance's payload that name its global; the rest names a tracked detail.
const GLOBAL_BITS: u32 = 22;
/// Marks the detail of an instance that is a container: which one it is.
const HOLDER: u32 = 1 << (PAYLOAD - GLOBAL_BITS - 1);

/// What kind of value it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Tag {
    /// No value: an empty slot of the memo.
    Empty = 0,
    /// `None`.
    None,
    /// A truth value.
    Bool,
    /// An integer of at most 44 bits, signed.
    Int,
    /// A larger integer: the offset of its opcode.
    Big,
    /// A floating-point number.
    Float,
    /// Text: the offset of its opcode.
    Text,
    /// Bytes: the offset of their opcode.
    Bytes,
    /// A tuple: its place in the arena.
    Tuple,
    /// A list, dictionary or set.
    Container,
    /// An imported object: its index.
    Global,
    /// What calling an imported object gave: its index, and a tracked detail.
    Instance,
    /// What a persistent id stands for.
    Persistent,
    /// Anything else.
    Unknown,
}

/// Kinds of built-in containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    List,
    Dict,
    Set,
    FrozenSet,
}

/// A packed value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Value(u64);

impl Value {
    pub(super) const EMPTY: Self = Self::of(Tag::Empty, 0);
    pub(super) const NONE: Self = Self::of(Tag::None, 0);
    pub(super) const TRUE: Self = Self::of(Tag::Bool, 1);
    pub(super) const FALSE: Self = Self::of(Tag::Bool, 0);
    pub(super) const FLOAT: Self = Self::of(Tag::Float, 0);
    pub(super) const UNKNOWN: Self = Self::of(Tag::Unknown, 0);

    const fn of(tag: Tag, payload: u64) -> Self {
        Self((payload & ((1 << PAYLOAD) - 1)) << 4 | tag as u64)
    }

    /// A value at an offset; offsets beyond 16 TiB are not followed.
    fn at(tag: Tag, offset: u64) -> Self {
        if offset >> PAYLOAD == 0 { Self::of(tag, offset) } else { Self::UNKNOWN }
    }

    pub(super) fn int(value: i64, offset: u64) -> Self {
        let limit = 1_i64 << (PAYLOAD - 1);
        if (-limit..limit).contains(&value) {
            Self::of(Tag::Int, value.cast_unsigned())
        } else {
            Self::at(Tag::Big, offset)
        }
    }

    pub(super) fn big(offset: u64) -> Self {
        Self::at(Tag::Big, offset)
    }

    pub(super) fn text(offset: u64) -> Self {
        Self::at(Tag::Text, offset)
    }

    pub(super) fn bytes(offset: u64) -> Self {
        Self::at(Tag::Bytes, offset)
    }

    pub(super) fn tuple(place: u64) -> Self {
        Self::at(Tag::Tuple, place)
    }

    /// What a persistent id stands for; `number` is the place of the id in the log, counted from 1, or 0.
    pub(super) fn persistent(number: u64) -> Self {
        Self::of(Tag::Persistent, number)
    }

    /// A container; `track` is its number.
    pub(super) fn container(kind: Kind, track: u64) -> Self {
        Self::of(Tag::Container, track << 2 | kind as u64)
    }

    pub(super) fn global(index: u32) -> Self {
        Self::of(Tag::Global, index.into())
    }

    pub(super) fn instance(index: u32, track: u32) -> Self {
        Self::of(Tag::Instance, u64::from(track) << GLOBAL_BITS | u64::from(index))
    }

    /// An instance of an imported class that is a container; `number` tells those of a file apart.
    pub(super) fn holder(index: u32, number: u32) -> Self {
        Self::instance(index, HOLDER | number)
    }

    /// Whether other values lie in it that are told apart: a built-in container, a tuple, an instance of a container.
    #[inline]
    pub(super) fn holds(self) -> bool {
        matches!(self.tag(), Tag::Container | Tag::Tuple) || self.is_holder()
    }

    /// Whether it is an instance of a container.
    #[inline]
    pub(super) fn is_holder(self) -> bool {
        self.track() & HOLDER != 0
    }

    #[inline]
    pub(super) fn tag(self) -> Tag {
        match self.0 & 15 {
            0 => Tag::Empty,
            1 => Tag::None,
            2 => Tag::Bool,
            3 => Tag::Int,
            4 => Tag::Big,
            5 => Tag::Float,
            6 => Tag::Text,
            7 => Tag::Bytes,
            8 => Tag::Tuple,
            9 => Tag::Container,
            10 => Tag::Global,
            11 => Tag::Instance,
            12 => Tag::Persistent,
            _ => Tag::Unknown,
        }
    }

    #[inline]
    pub(super) fn payload(self) -> u64 {
        self.0 >> 4 & ((1 << PAYLOAD) - 1)
    }

    pub(super) fn as_int(self) -> Option<i64> {
        let unused = 64 - PAYLOAD;
        (self.tag() == Tag::Int).then(|| (self.payload() << unused).cast_signed() >> unused)
    }

    /// The kind and the tracking number of a container.
    pub(super) fn as_container(self) -> Option<(Kind, u64)> {
        let kind = match self.payload() & 3 {
            0 => Kind::List,
            1 => Kind::Dict,
            2 => Kind::Set,
            _ => Kind::FrozenSet,
        };
        (self.tag() == Tag::Container).then_some((kind, self.payload() >> 2))
    }

    /// The index of the global that it is, or that made it.
    pub(super) fn global_index(self) -> Option<u32> {
        matches!(self.tag(), Tag::Global | Tag::Instance)
            .then_some((self.payload() & ((1 << GLOBAL_BITS) - 1)) as u32)
    }

    /// The tracked detail of an instance; 0 is none.
    pub(super) fn track(self) -> u32 {
        if self.tag() == Tag::Instance { (self.payload() >> GLOBAL_BITS) as u32 } else { 0 }
    }

    /// The six bytes that a memo keeps.
    #[inline]
    pub(super) fn packed(self) -> [u8; 6] {
        let bytes = self.0.to_le_bytes();
        bytes.first_chunk().copied().unwrap_or_default()
    }

    #[inline]
    pub(super) fn unpacked(packed: [u8; 6]) -> Self {
        let mut bytes = [0; 8];
        if let Some(low) = bytes.first_chunk_mut() {
            *low = packed;
        }
        Self(u64::from_le_bytes(bytes))
    }

    /// The same container, standing here a second time.
    #[inline]
    pub(super) fn aliased(self) -> Self {
        Self(self.0 | ALIAS)
    }

    #[inline]
    pub(super) fn is_alias(self) -> bool {
        self.0 & ALIAS != 0
    }

    /// The value without the mark.
    #[inline]
    pub(super) fn plain(self) -> Self {
        Self(self.0 & !ALIAS)
    }

    /// The word itself, for hashing.
    pub(super) fn word(self) -> u64 {
        self.0
    }
}

/// Globals that a value can name; more are not told apart.
pub(super) const MOST_GLOBALS: usize = (1 << GLOBAL_BITS) - 1;
/// Details that an instance can name, and containers that are told apart.
pub(super) const MOST_TRACKED: usize = HOLDER as usize - 1;
