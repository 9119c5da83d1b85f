//! One member in one reading: what it is, and how to get at its content.

use std::io::{self, Read};

use super::compare::renamed;
use super::directory::Entry;
use super::records::{ANY_ENCRYPTION, Header, LZMA_MARKER, NAME};
use super::walk::Local;
use super::{SeenIn, ZipMember};
use crate::compress;
use crate::identify::identify;
use crate::names;
use crate::node::{Child, Codec, Content, Fault, GapReason, Parsed, Strength};
use crate::region::Region;
use crate::source::{Memory, SharedSource, Slice, read_up_to};

/// A member as one of the headers shows it.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) name: String,
    /// Another name that the extra field gives.
    pub(super) second_name: Option<String>,
    pub(super) data: Region,
    method: u16,
    flags: u16,
    crc32: Option<u32>,
    len: Option<u64>,
    unix_mode: Option<u32>,
    header: Region,
    odd: bool,
    aes: bool,
    repeated_zip64: bool,
    name_len: usize,
}

impl View {
    fn new(header: &Header, data: Region) -> Self {
        let name = header.name();
        Self {
            second_name: renamed(&name, header.extra.unicode_name.as_ref()),
            name,
            data,
            method: header.method,
            flags: header.flags,
            crc32: Some(header.crc32),
            len: Some(header.len),
            unix_mode: header.unix_mode,
            header: header.region,
            odd: !header.extra.odd.is_empty(),
            aes: header.extra.aes,
            repeated_zip64: header.extra.repeated_zip64,
            name_len: header.name_len,
        }
    }

    /// By the central directory; the data begins where the local header ends.
    pub(super) fn central(entry: &Entry, data_start: u64) -> Self {
        Self::new(&entry.header, Region::at(data_start, entry.header.packed))
    }

    /// By the local header and the descriptor behind the data.
    pub(super) fn local(local: &Local) -> Self {
        let mut view = Self::new(&local.header, local.data);
        if let Some(after) = &local.descriptor {
            view.crc32 = Some(after.crc32);
            view.len = Some(after.len);
        } else if local.header.flags & super::records::STREAMED != 0 {
            view.crc32 = None;
            view.len = None;
        }
        view
    }

    /// Whether this view shows other content, or the same under another name.
    pub(super) fn differs(&self, other: &Self) -> bool {
        (&self.name, self.data, self.method) != (&other.name, other.data, other.method)
    }

    fn encrypted(&self) -> bool {
        self.flags & ANY_ENCRYPTION != 0 || self.aes || self.method == 99
    }

    fn is_folder(&self) -> bool {
        self.name.ends_with('/')
    }
}

/// The member as a fact.
pub(super) fn describe(view: &View, local: Option<&View>, seen_in: SeenIn) -> ZipMember {
    ZipMember {
        name: view.name.clone(),
        local_name: local
            .filter(|local| local.name != view.name)
            .map(|local| local.name.clone())
            .or_else(|| view.second_name.clone()),
        seen_in,
        method: view.method,
        data: view.data,
        len: view.len.unwrap_or(0),
        crc32: view.crc32.unwrap_or(0),
        encrypted: view.encrypted(),
        folder: view.is_folder(),
        unix_mode: view.unix_mode,
    }
}

/// What is wrong with a member by itself.
pub(super) fn check(member: &ZipMember, view: &View, parsed: &mut Parsed) {
    let shown = names::shown(&member.name);
    for name in [Some(&member.name), member.local_name.as_ref()].into_iter().flatten() {
        if let Some(why) = names::escapes(name) {
            parsed.fault(Fault::Traversal, view.header, format!("the name `{}` {why}", names::shown(name)));
        }
    }
    if view.name_len == 0 || view.name_len > NAME {
        let detail = format!("a member has a name of {} bytes", view.name_len);
        parsed.fault(Fault::Unusual, view.header, detail);
    }
    if let Some(second) = &view.second_name {
        let detail = format!("`{shown}` has a second name in its extra field, `{}`", names::shown(second));
        parsed.fault(Fault::Contradiction, view.header, detail);
    }
    if view.odd {
        let detail = format!("the headers of `{shown}` hold data that no known writer puts there");
        parsed.fault(Fault::Unusual, view.header, detail);
    }
    if view.repeated_zip64 {
        let detail = format!("`{shown}` has its lengths twice in the extra field");
        parsed.fault(Fault::Contradiction, view.header, detail);
    }
    if member.folder && (member.len > 0 || view.method == 0 && !view.data.is_empty()) {
        parsed.fault(
            Fault::Contradiction,
            view.data,
            format!("`{shown}` is named as a folder, but holds data"),
        );
    }
}

/// Gives the content of a view to the driver, or says why not.
pub(super) fn emit(view: View, source: &SharedSource, parsed: &mut Parsed) {
    if view.is_folder() && view.data.len() <= 2 && view.len.unwrap_or(0) == 0 {
        return;
    }
    let shown = names::shown(&view.name);
    if view.method == 99 || view.aes {
        sealed(&view, parsed);
        return;
    }
    let Some(codec) = codec(&view) else {
        let detail = format!("`{shown}` is compressed by method {}, which is not read", view.method);
        parsed.gap(GapReason::NotInspected, view.data, detail);
        // The method may be a lie: what lies there is looked at as it is.
        let content = Content::Stored { region: view.data, crc32: None };
        parsed.children.push(Child { name: view.name, content, known: None });
        return;
    };
    special(&view, codec, source, parsed);
    if view.encrypted() {
        if !readable(&view, codec, source) {
            sealed(&view, parsed);
            return;
        }
        let detail = format!("`{shown}` is flagged as encrypted, but is not: some readers ignore the flag");
        parsed.fault(Fault::Contradiction, view.data, detail);
    }
    if codec.is_none() && view.len.is_some_and(|len| len != view.data.len()) {
        let len = view.len.unwrap_or(0);
        let detail = format!("`{shown}` is stored in {} bytes, but declares {len}", view.data.len());
        parsed.fault(Fault::Contradiction, view.data, detail);
    }
    let content = content(&view, codec);
    for name in view.second_name.into_iter().chain([view.name]) {
        let content = match &content {
            Content::Stored { region, crc32 } => Content::Stored { region: *region, crc32: *crc32 },
            Content::Packed { region, codec, declared, crc32 } => {
                Content::Packed { region: *region, codec: *codec, declared: *declared, crc32: *crc32 }
            }
            Content::Part { .. } | Content::Unpacked(_) | Content::Decoded(_) => return,
        };
        parsed.children.push(Child { name, content, known: None });
    }
}

fn sealed(view: &View, parsed: &mut Parsed) {
    let detail = format!("`{}` is encrypted", names::shown(&view.name));
    parsed.fault(Fault::Encrypted, view.data, detail.clone());
    parsed.gap(GapReason::Encrypted, view.data, detail);
}

fn content(view: &View, codec: Option<Codec>) -> Content {
    let (region, crc32) = (view.data, view.crc32);
    match codec {
        None => Content::Stored { region, crc32 },
        Some(codec) => Content::Packed { region, codec, declared: view.len, crc32 },
    }
}

/// How a method packs: `Some(None)` stored, `None` unknown.
#[expect(clippy::option_option, reason = "stored, packed and unknown are three cases of one table")]
fn codec(view: &View) -> Option<Option<Codec>> {
    Some(match view.method {
        0 => None,
        8 => Some(Codec::Deflate),
        12 => Some(Codec::Bzip2),
        14 => Some(Codec::ZipLzma { marker: view.flags & LZMA_MARKER != 0 }),
        20 | 93 => Some(Codec::Zstd),
        95 => Some(Codec::Xz),
        _ => return None,
    })
}

/// Where the content of a child begins in its archive.
pub(super) fn start_of(content: &Content) -> u64 {
    match content {
        Content::Stored { region, .. } | Content::Packed { region, .. } => region.start,
        Content::Part { .. } | Content::Unpacked(_) | Content::Decoded(_) => 0,
    }
}

/// Whether data that is flagged as encrypted is plain after all.
fn readable(view: &View, codec: Option<Codec>, source: &SharedSource) -> bool {
    const HEAD: u64 = 64 * 1024;
    let plain = match codec {
        None => {
            let slice: SharedSource = std::sync::Arc::new(Slice::new(SharedSource::clone(source), view.data));
            let head = read_up_to(slice.as_ref(), 0, HEAD as usize).unwrap_or_default();
            let whole = view.data.len() <= HEAD && view.crc32 == Some(crc32fast::hash(&head));
            if whole {
                return true;
            }
            slice
        }
        Some(codec) => {
            let packed: SharedSource =
                std::sync::Arc::new(Slice::new(SharedSource::clone(source), view.data));
            let (bytes, sound) = unpacked_head(codec, packed, view.len);
            if sound && (!bytes.is_empty() || view.len == Some(0)) {
                return true;
            }
            if bytes.is_empty() {
                return false;
            }
            Memory::shared(bytes)
        }
    };
    identify("", &plain).iter().any(|found| {
        found.strength == Strength::Certain || matches!(found.format.family(), crate::format::Family::Text)
    })
}

/// Unpacks up to 4096 bytes; `false` if the data broke on the way. Encrypted data breaks at once.
fn unpacked_head(codec: Codec, packed: SharedSource, len: Option<u64>) -> (Vec<u8>, bool) {
    let mut streams = match codec {
        Codec::ZipLzma { marker } => compress::zip_lzma_decoder(packed, len.filter(|_| !marker)),
        other => compress::decoder(other, packed),
    };
    let mut head = vec![0; 4096];
    let mut filled = 0_usize;
    let mut sound = true;
    while let Some(room) = head.get_mut(filled..).filter(|room| !room.is_empty()) {
        match streams.read(room) {
            Ok(0) => break,
            Ok(count) => filled = filled.saturating_add(count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => {
                sound = false;
                break;
            }
        }
    }
    head.truncate(filled);
    (head, sound)
}

/// Links and special files, by the Unix mode.
fn special(view: &View, codec: Option<Codec>, source: &SharedSource, parsed: &mut Parsed) {
    let shown = names::shown(&view.name);
    let kind = match view.unix_mode.map(|mode| mode & 0o170_000) {
        Some(0o120_000) => {
            let target = link_target(view, codec, source);
            let outside = names::link_escapes(&view.name, &target);
            if outside {
                let detail =
                    format!("`{shown}` is a link out of the archive, to `{}`", names::shown(&target));
                parsed.fault(Fault::Traversal, view.data, detail);
            }
            format!("`{shown}` is a symbolic link to `{}`", names::shown(&target))
        }
        // Info-ZIP gives this type to what it packs from its standard input.
        Some(0o010_000) if !view.data.is_empty() => return,
        Some(0o010_000) => format!("`{shown}` is a FIFO"),
        Some(0o020_000 | 0o060_000) => format!("`{shown}` is a device"),
        Some(0o140_000) => format!("`{shown}` is a socket"),
        _ => return,
    };
    parsed.fault(Fault::Link, view.data, kind);
}

fn link_target(view: &View, codec: Option<Codec>, source: &SharedSource) -> String {
    let packed: SharedSource = std::sync::Arc::new(Slice::new(SharedSource::clone(source), view.data));
    let bytes = match codec {
        None => read_up_to(packed.as_ref(), 0, 4096).unwrap_or_default(),
        Some(codec) => unpacked_head(codec, packed, view.len).0,
    };
    String::from_utf8_lossy(&bytes).into_owned()
}
