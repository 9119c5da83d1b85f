//! Both readings side by side: pairs central entries with local headers, and says where they disagree.

use std::collections::{BTreeMap, BTreeSet};

use super::directory::{Directory, Entry};
use super::member::{self, View};
use super::records::{ANY_ENCRYPTION, STREAMED, UTF8};
use super::walk::{Local, Walk, local_at};
use super::{SeenIn, ZipMember, text};
use crate::bounded::{Budget, Exhausted};
use crate::names;
use crate::node::{Facts, Fault, GapReason, Parsed};
use crate::region::Region;
use crate::source::SharedSource;

/// Faults reported one by one; an archive with more is no clearer for it.
const MOST: usize = 1_000;

/// Entries for one place that are looked at.
const SHARING: usize = 64;

/// Everything known about one place in the file.
#[derive(Default)]
struct Place {
    entries: Vec<Entry>,
    local: Option<Local>,
    stray: bool,
}

/// Pairs, compares, claims, and lists the members as children.
pub(super) fn compare(
    source: &SharedSource,
    directories: &[Directory],
    walk: Walk,
    budget: &Budget,
    parsed: &mut Parsed,
) {
    let mut places: BTreeMap<u64, Place> = BTreeMap::new();
    for entry in directories.iter().flat_map(|directory| &directory.entries) {
        entry.header.claim(&mut parsed.reading.claims);
        places.entry(entry.at).or_default().entries.push(entry.clone());
    }
    for entry in walk.strays {
        let inside = directories.iter().any(|directory| directory.region.overlaps(entry.header.region));
        if !inside {
            let place = places.entry(entry.at).or_default();
            place.stray = true;
            place.entries.push(entry);
        }
    }
    for (at, local) in walk.locals {
        places.entry(at).or_default().local = Some(local);
    }
    let mut judged = Judged { source, budget, parsed, members: Vec::new() };
    for (at, place) in places {
        judged.place(at, place);
    }
    let members = std::mem::take(&mut judged.members);
    across(&members, parsed);
    if let Facts::Zip(facts) = &mut parsed.reading.facts {
        let first = members.iter().map(|listed| listed.extent.start).min();
        facts.starts_at = first.unwrap_or_else(|| directories.first().map_or(0, |found| found.region.start));
        facts.members = members.into_iter().map(|listed| listed.member).collect();
    }
    parsed.children.sort_by_key(|child| member::start_of(&child.content));
    if parsed.reading.irregularities.len() > MOST {
        parsed.reading.irregularities.truncate(MOST);
        parsed.fault(Fault::Malformed, None, "there are more faults of structure than are listed");
    }
}

/// A member, and all its bytes from local header to descriptor.
struct Listed {
    member: ZipMember,
    extent: Region,
}

struct Judged<'a> {
    source: &'a SharedSource,
    budget: &'a Budget,
    parsed: &'a mut Parsed,
    members: Vec<Listed>,
}

impl Judged<'_> {
    fn place(&mut self, at: u64, place: Place) {
        let Place { entries, local, stray } = place;
        let local = local.or_else(|| local_at(self.source, at, entries.first()?, self.budget));
        if let Some(local) = &local {
            self.claim(local);
        }
        if stray {
            let detail = format!("a central header for offset {at} stands outside the central directory");
            self.parsed.fault(Fault::Contradiction, None, detail);
        }
        if entries.len() > SHARING {
            self.parsed.gap(
                GapReason::Limit(Exhausted::Members),
                None,
                format!("{} entries of the central directory share one place", entries.len()),
            );
        }
        let mut views: Vec<View> = Vec::new();
        for (index, entry) in entries.iter().take(SHARING).enumerate() {
            let repeated = entries.get(..index).unwrap_or_default().iter().any(|other| same(other, entry));
            if repeated {
                continue;
            }
            if index > 0 {
                let name = names::shown(&entry.header.name());
                let detail = format!("`{name}` shares its data with another entry of the central directory");
                self.parsed.fault(Fault::Overlap, entry.header.region, detail);
            }
            match &local {
                Some(local) => self.both(entry, local, &mut views),
                None => self.central_only(entry),
            }
        }
        if let (true, Some(local)) = (entries.is_empty(), &local) {
            self.local_only(local, &mut views);
        }
        for view in views {
            member::emit(view, self.source, self.parsed);
        }
    }

    fn claim(&mut self, local: &Local) {
        local.header.claim(&mut self.parsed.reading.claims);
        self.parsed.reading.claims.claim(local.data);
        if let Some(descriptor) = local.descriptor {
            self.parsed.reading.claims.claim(descriptor.region);
        }
        if local.data.end > self.source.len() {
            let name = names::shown(&local.header.name());
            self.parsed.fault(Fault::Truncated, local.data, format!("the data of `{name}` is cut off"));
            self.parsed.gap(GapReason::Damaged, local.data, format!("the data of `{name}` is cut off"));
        }
    }

    fn both(&mut self, entry: &Entry, local: &Local, views: &mut Vec<View>) {
        let central = View::central(entry, local.data.start);
        let other = View::local(local);
        for what in disagreements(entry, local) {
            let detail =
                format!("`{}`: central and local header differ in {what}", names::shown(&central.name));
            self.parsed.fault(Fault::Contradiction, local.header.region, detail);
        }
        self.list(&central, Some(&other), SeenIn::Both, local);
        let differs = other.differs(&central);
        views.push(central);
        if differs && !views.iter().any(|view| !view.differs(&other)) {
            views.push(other);
        }
    }

    fn local_only(&mut self, local: &Local, views: &mut Vec<View>) {
        let view = View::local(local);
        let detail =
            format!("`{}` has a local header but is in no central directory", names::shown(&view.name));
        self.parsed.fault(Fault::Contradiction, local.header.region, detail);
        self.list(&view, None, SeenIn::LocalOnly, local);
        views.push(view);
    }

    fn central_only(&mut self, entry: &Entry) {
        let name = entry.header.name();
        let detail =
            format!("`{}` is in the central directory, but has no local header", names::shown(&name));
        self.parsed.fault(Fault::Contradiction, entry.header.region, detail.clone());
        self.parsed.gap(GapReason::Damaged, entry.header.region, detail);
        let view = View::central(entry, entry.at);
        let member = member::describe(&view, None, SeenIn::CentralOnly);
        self.members.push(Listed { member, extent: Region::new(entry.at, entry.at) });
    }

    fn list(&mut self, view: &View, other: Option<&View>, seen_in: SeenIn, local: &Local) {
        let end = local.descriptor.map_or(local.data.end, |descriptor| descriptor.region.end);
        let extent = Region::new(local.header.region.start, end.max(view.data.end));
        let member = member::describe(view, other, seen_in);
        member::check(&member, view, self.parsed);
        self.members.push(Listed { member, extent });
    }
}

fn same(one: &Entry, other: &Entry) -> bool {
    let (one, other) = (&one.header, &other.header);
    one.raw_name == other.raw_name
        && (one.flags, one.method, one.crc32, one.packed, one.len)
            == (other.flags, other.method, other.crc32, other.packed, other.len)
}

/// What central and local header say differently, in words.
fn disagreements(entry: &Entry, local: &Local) -> Vec<String> {
    let (central, header) = (&entry.header, &local.header);
    let mut found = Vec::new();
    if central.raw_name != header.raw_name || central.name_len != header.name_len {
        found.push(format!("the name (`{}`)", names::shown(&header.name())));
    }
    let non_ascii = !central.raw_name.is_ascii();
    if non_ascii && central.flags & UTF8 != header.flags & UTF8 {
        found.push("the encoding of the name".to_owned());
    }
    if central.method != header.method {
        found.push(format!("the method ({} and {})", central.method, header.method));
    }
    if central.flags & ANY_ENCRYPTION != header.flags & ANY_ENCRYPTION {
        found.push("whether it is encrypted".to_owned());
    }
    // A streaming writer knows checksum and lengths only afterwards, and leaves zeros, or the mark of zip64, in front.
    let open = header.flags & STREAMED != 0;
    let unknown = |value: u64| open && (value == 0 || value == u64::from(u32::MAX));
    let mut lengths = vec![(header.packed, header.len, header.crc32)];
    if let Some(after) = &local.descriptor {
        lengths.push((after.packed, after.len, after.crc32));
    }
    for (packed, len, crc32) in lengths {
        if packed != central.packed && !unknown(packed) {
            found.push(format!("the packed length ({} and {packed})", central.packed));
        }
        if len != central.len && !unknown(len) {
            found.push(format!("the length ({} and {len})", central.len));
        }
        if crc32 != central.crc32 && !unknown(u64::from(crc32)) {
            found.push(format!("the checksum ({:08x} and {crc32:08x})", central.crc32));
        }
    }
    if open && local.descriptor.is_none() && local.data.len() != central.packed {
        found.push(format!("where the data ends ({} and {} bytes)", central.packed, local.data.len()));
    }
    found
}

/// What is wrong between members: the same name twice, bytes shared.
fn across(members: &[Listed], parsed: &mut Parsed) {
    let mut exact: BTreeSet<&str> = BTreeSet::new();
    let mut folded: BTreeMap<String, &str> = BTreeMap::new();
    for Listed { member, .. } in members {
        if exact.insert(member.name.as_str()) {
            let key = names::folded(&member.name);
            if let Some(other) = folded.insert(key, &member.name)
                && !member.folder
            {
                let detail = format!(
                    "`{}` and `{}` are one file where case does not count",
                    names::shown(other),
                    names::shown(&member.name)
                );
                parsed.fault(Fault::Unusual, member.data, detail);
            }
        } else {
            let detail = format!(
                "`{}` occurs twice: readers differ in which one they take",
                names::shown(&member.name)
            );
            parsed.fault(Fault::Duplicate, member.data, detail);
        }
    }
    let mut extents: Vec<(Region, &str)> =
        members.iter().map(|listed| (listed.extent, listed.member.name.as_str())).collect();
    extents.sort_by_key(|(extent, _)| (extent.start, extent.end));
    let mut furthest: Option<(Region, &str)> = None;
    for (extent, name) in extents {
        if let Some((before, other)) = furthest
            && before.overlaps(extent)
            && before.start != extent.start
        {
            let detail = format!("`{}` and `{}` share bytes", names::shown(other), names::shown(name));
            parsed.fault(Fault::Overlap, extent, detail);
        }
        if furthest.is_none_or(|(before, _)| extent.end > before.end) {
            furthest = Some((extent, name));
        }
    }
}

/// Whether the extra field's Unicode name is another name, and not the same in another encoding.
pub(super) fn renamed(header_name: &str, unicode: Option<&String>) -> Option<String> {
    unicode.filter(|unicode| !text::same_but_for_encoding(header_name, unicode)).cloned()
}
