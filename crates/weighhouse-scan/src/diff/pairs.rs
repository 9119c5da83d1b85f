//! Which file of one revision is which of the other: by path, then by digest.

use std::collections::BTreeMap;

use weighhouse_core::FileRecord;
use weighhouse_core::diff::{Change, FileChange, FileState};

/// The files that are not the same.
#[derive(Debug)]
pub(super) struct Pairs {
    /// By path.
    pub(super) changes: Vec<FileChange>,
}

impl Pairs {
    /// The new path of each renamed file, by its old one.
    pub(super) fn renamed(&self) -> BTreeMap<&str, &str> {
        self.changes
            .iter()
            .filter_map(|change| Some((change.from.as_deref()?, change.path.as_str())))
            .collect()
    }
}

fn state(record: &FileRecord) -> FileState {
    FileState { sha256: record.sha256, bytes: record.bytes, format: record.format }
}

/// Pairs the files of two revisions.
pub(super) fn pair(old: &[FileRecord], new: &[FileRecord]) -> Pairs {
    let before: BTreeMap<&str, &FileRecord> = old.iter().map(|file| (file.path.as_str(), file)).collect();
    let after: BTreeMap<&str, &FileRecord> = new.iter().map(|file| (file.path.as_str(), file)).collect();
    let mut changes = Vec::new();
    // Files that only the old revision has, by digest and in order of path; a file is taken for one that was renamed once.
    let mut gone: BTreeMap<_, Vec<&FileRecord>> = BTreeMap::new();
    for (path, file) in before.iter().rev() {
        if !after.contains_key(path) {
            gone.entry(file.sha256).or_default().push(file);
        }
    }
    for (path, file) in &after {
        let (change, from) = match before.get(path) {
            Some(was) if was.sha256.is_some() && was.sha256 == file.sha256 => continue,
            Some(was) => (Change::Changed, Some(*was)),
            None => {
                let same = file.sha256.and_then(|_| gone.get_mut(&file.sha256)).and_then(Vec::pop);
                (if same.is_some() { Change::Renamed } else { Change::Added }, same)
            }
        };
        changes.push(FileChange {
            change,
            path: (*path).to_owned(),
            from: from.filter(|_| change == Change::Renamed).map(|from| from.path.clone()),
            old: from.map(state),
            new: Some(state(file)),
        });
    }
    for file in gone.into_values().flatten() {
        changes.push(FileChange {
            change: Change::Removed,
            path: file.path.clone(),
            from: None,
            old: Some(state(file)),
            new: None,
        });
    }
    changes.sort_by(|a, b| a.path.cmp(&b.path).then_with(|| a.change.cmp(&b.change)));
    Pairs { changes }
}
