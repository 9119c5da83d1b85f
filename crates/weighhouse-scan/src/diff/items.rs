//! What files declare, compared item by item.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

use weighhouse_core::diff::{Change, FileChange, ItemChange, NotCompared};
use weighhouse_core::{Item, ItemKind, Outline, Standing};

use super::pairs::Pairs;
use crate::outline::Outlines;

/// Files whose text is a licence, by the beginning of their name.
const LICENCES: &[&str] = &["license", "licence", "copying", "notice"];

/// What comparing outlines gives.
#[derive(Debug, Default)]
pub(super) struct Found<'a> {
    /// What is not the same, the most dangerous first.
    pub(super) items: Vec<ItemChange>,
    /// Tensors of one shape and type in two files whose bytes are not the same.
    pub(super) tensors: Vec<Tensors<'a>>,
}

/// A tensor in both revisions.
#[derive(Debug)]
pub(super) struct Tensors<'a> {
    pub(super) old: (&'a str, &'a Item),
    pub(super) new: (&'a str, &'a Item),
}

/// Compares the outlines of all files that are not the same.
pub(super) fn compare<'a>(
    pairs: &'a Pairs,
    old: &'a Outlines,
    new: &'a Outlines,
    not_compared: &mut Vec<NotCompared>,
) -> Found<'a> {
    let nothing = &NOTHING;
    let mut found = Found::default();
    let mut moved = Moved::default();
    for change in &pairs.changes {
        let path = change.path.as_str();
        let (before, after) = match change.change {
            Change::Renamed => continue,
            Change::Added => (nothing, new.get(path).unwrap_or(nothing)),
            Change::Removed => (old.get(path).unwrap_or(nothing), nothing),
            Change::Changed => (old.get(path).unwrap_or(nothing), new.get(path).unwrap_or(nothing)),
        };
        if before.left_out + after.left_out > 0 {
            let reason = "it declares more than is kept to be compared".to_owned();
            not_compared.push(NotCompared { file: path.to_owned(), reason });
        }
        licence(change, &mut found.items);
        join(path, change.change, before, after, &mut found, &mut moved);
    }
    moved.settle(&mut found);
    forget_moved(&mut found.items);
    let rank = |item: &ItemChange| (Reverse(item.standing), item.kind, item.change == Change::Removed);
    found.items.sort_by(|a, b| {
        let place =
            |item: &'_ ItemChange| (item.file.clone(), item.member.clone(), item.name.clone(), item.change);
        rank(a).cmp(&rank(b)).then_with(|| place(a).cmp(&place(b)))
    });
    found
}

static NOTHING: Outline = Outline { items: Vec::new(), left_out: 0 };

/// The text of a licence is no item of an outline: its digest tells.
fn licence(change: &FileChange, items: &mut Vec<ItemChange>) {
    let name = change.path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    if !LICENCES.iter().any(|licence| name.starts_with(licence)) {
        return;
    }
    let text = |state: &weighhouse_core::diff::FileState| {
        state.sha256.map_or_else(|| "unread".to_owned(), |digest| format!("text sha256:{}", digest.short()))
    };
    items.push(ItemChange {
        change: change.change,
        kind: ItemKind::Licence,
        file: change.path.clone(),
        member: String::new(),
        name: "text".to_owned(),
        old: change.old.as_ref().map(text),
        new: change.new.as_ref().map(text),
        standing: Standing::Plain,
    });
}

/// Walks two sorted lists at once.
fn join<'a>(
    path: &'a str,
    file: Change,
    before: &'a Outline,
    after: &'a Outline,
    found: &mut Found<'a>,
    moved: &mut Moved<'a>,
) {
    let (mut old, mut new) = (before.items.iter().peekable(), after.items.iter().peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => a.key().cmp(&b.key()),
        };
        let was = if order.is_le() { old.next() } else { None };
        let is = if order.is_ge() { new.next() } else { None };
        match (was, is) {
            (Some(was), Some(is)) if was.value == is.value => {
                if is.kind == ItemKind::Tensor {
                    found.tensors.push(Tensors { old: (path, was), new: (path, is) });
                }
            }
            (Some(was), None) if was.kind == ItemKind::Tensor => moved.gone(path, was),
            (None, Some(is)) if is.kind == ItemKind::Tensor => moved.come(path, is),
            _ => {
                // What a whole file brings or takes along is told by the file, unless it says what the file can do.
                let item = is.or(was);
                let whole = file == Change::Added || file == Change::Removed;
                if item.is_some_and(|item| {
                    !whole || item.kind < ItemKind::Import || item.kind == ItemKind::Licence
                }) {
                    found.items.extend(describe(path, was, is));
                }
            }
        }
    }
}

/// Harmless things that went from one member of a file to another (compilers number theirs anew) did not change.
fn forget_moved(items: &mut Vec<ItemChange>) {
    type Key = (String, ItemKind, String, String);
    let key = |item: &ItemChange| -> Option<Key> {
        let value = match item.change {
            Change::Added => item.new.clone(),
            Change::Removed => item.old.clone(),
            Change::Changed | Change::Renamed => None,
        }?;
        (item.standing < Standing::Unknown).then(|| (item.file.clone(), item.kind, item.name.clone(), value))
    };
    let mut counts: BTreeMap<Key, (usize, usize)> = BTreeMap::new();
    for item in items.iter() {
        if let Some(key) = key(item) {
            let (added, removed) = counts.entry(key).or_default();
            *(if item.change == Change::Added { added } else { removed }) += 1;
        }
    }
    for (added, removed) in counts.values_mut() {
        let moved = (*added).min(*removed);
        (*added, *removed) = (moved, moved);
    }
    items.retain(|item| {
        let Some((added, removed)) = key(item).and_then(|key| counts.get_mut(&key)) else { return true };
        let left = if item.change == Change::Added { added } else { removed };
        let moved = *left > 0;
        *left = left.saturating_sub(1);
        !moved
    });
}

fn describe(path: &str, was: Option<&Item>, is: Option<&Item>) -> Option<ItemChange> {
    let item = is.or(was)?;
    let change = match (was, is) {
        (Some(_), Some(_)) => Change::Changed,
        (None, _) => Change::Added,
        (_, None) => Change::Removed,
    };
    Some(ItemChange {
        change,
        kind: item.kind,
        file: path.to_owned(),
        member: item.member.clone(),
        name: item.name.clone(),
        old: was.map(|was| was.value.clone()),
        new: is.map(|is| is.value.clone()),
        standing: item.standing,
    })
}

/// Tensors that only one side of a file has: those that went from one file to another (other shards) are the same tensors.
#[derive(Debug, Default)]
struct Moved<'a> {
    gone: BTreeMap<(&'a str, &'a str), Vec<(&'a str, &'a Item)>>,
    come: BTreeMap<(&'a str, &'a str), Vec<(&'a str, &'a Item)>>,
}

impl<'a> Moved<'a> {
    fn gone(&mut self, path: &'a str, item: &'a Item) {
        self.gone.entry((&item.name, &item.value)).or_default().push((path, item));
    }

    fn come(&mut self, path: &'a str, item: &'a Item) {
        self.come.entry((&item.name, &item.value)).or_default().push((path, item));
    }

    fn settle(mut self, found: &mut Found<'a>) {
        for (key, new) in self.come {
            let old = self.gone.remove(&key).unwrap_or_default();
            if let ([old], [new]) = (old.as_slice(), new.as_slice()) {
                found.tensors.push(Tensors { old: *old, new: *new });
                continue;
            }
            found.items.extend(new.iter().filter_map(|(path, item)| describe(path, None, Some(item))));
            found.items.extend(old.iter().filter_map(|(path, item)| describe(path, Some(item), None)));
        }
        let gone = self.gone.into_values().flatten();
        found.items.extend(gone.filter_map(|(path, item)| describe(path, Some(item), None)));
    }
}
