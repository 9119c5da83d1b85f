//! Two revisions of a model beside one another: files, findings, answers beyond the bytes, and what policy says of each.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use weighhouse_core::words::{bytes, grouped, plural};

use super::model::{Reason, address, reasons};
use super::report::{Compared, ThreadChange};
use super::visitor::{Chrome, Visitor};
use super::words::{Moment, Tone, short, shown, state};
use super::{Answer, page};
use crate::error::GateError;
use crate::gate::Gate;
use crate::store::releases::Release;
use crate::store::revisions::{File, Revision};

/// Files that a page shows.
const FILES: usize = 500;

#[derive(Template)]
#[template(path = "compare.html")]
struct ComparePage {
    chrome: Chrome,
    name: String,
    href: String,
    old: Side,
    new: Side,
    /// The other way round.
    swapped: String,
    same: bool,
    stages: Vec<StageChange>,
    files: Vec<FileChange>,
    more_files: usize,
    /// How many files are the same.
    kept: String,
    found: Option<Compared>,
    threads: Vec<ThreadChange>,
    command: Option<String>,
}

struct Side {
    short: String,
    href: String,
    contents: String,
    created: Moment,
}

/// What policy says of both in a stage.
struct StageChange {
    stage: String,
    old: (String, Tone),
    new: (String, Tone),
    /// What stands against the new one and not against the old one, and the other way round.
    gained: Vec<Reason>,
    lost: Vec<Reason>,
}

struct FileChange {
    sign: char,
    class: &'static str,
    what: &'static str,
    path: String,
    from: Option<String>,
    size: String,
}

pub(super) async fn show(
    State(gate): State<Arc<Gate>>,
    visitor: Visitor,
    Path((old, new)): Path<(String, String)>,
) -> Answer {
    let missing = || GateError::Missing("these revisions".to_owned());
    let old = gate.store.revision(&old).await?.ok_or_else(missing)?;
    let new = gate.store.revision(&new).await?.ok_or_else(missing)?;
    let model = gate.seen_by_id(&visitor.caller, &new.model).await?;
    let model = model.filter(|model| old.model == model.id).ok_or_else(missing)?;
    let releases = gate.store.releases_of_revisions(&[&old.id, &new.id]).await?;
    let (files, kept) = files(&gate.store.files(&old.id).await?, &gate.store.files(&new.id).await?);
    let report = async |revision: &Revision| match &revision.inspection {
        Some(id) => gate.store.inspection(id).await.map(|found| found.map(|found| found.report)),
        None => Ok(None),
    };
    let reports = report(&old).await?.zip(report(&new).await?);
    let found = reports.as_ref().and_then(|(old, new)| Compared::of(old, new));
    let stages = gate.settings.stages.iter();
    let stages = stages.filter_map(|stage| StageChange::of(&stage.name, &releases, &old, &new)).collect();
    let served = |revision: &Revision| {
        releases.iter().any(|release| release.revision == revision.id && release.state.serves())
    };
    let command = (served(&old) && served(&new)).then(|| {
        let name = &model.name;
        format!(
            "HF_ENDPOINT={} weighhouse diff hf:{name}@{} hf:{name}@{}",
            gate.settings.address, old.commit, new.commit
        )
    });
    let side = |revision: &Revision| Side {
        short: short(&revision.commit),
        href: format!("{}?revision={}", address(&model.name), revision.commit),
        contents: format!("{}, {}", plural(revision.files, "file"), bytes(revision.bytes)),
        created: Moment::exact(revision.created),
    };
    page(&ComparePage {
        chrome: visitor.chrome(&gate, model.name.kind().as_str()),
        name: model.name.to_string(),
        href: address(&model.name),
        same: old.digest.is_some() && old.digest == new.digest && old.listing == new.listing,
        old: side(&old),
        new: side(&new),
        swapped: format!("/compare/{}/{}", new.id, old.id),
        stages,
        more_files: files.len().saturating_sub(FILES),
        files: files.into_iter().take(FILES).collect(),
        kept: grouped(kept),
        threads: found.as_ref().map(|found| found.threads.clone()).unwrap_or_default(),
        found,
        command,
    })
}

impl StageChange {
    fn of(stage: &str, releases: &[Release], old: &Revision, new: &Revision) -> Option<Self> {
        let of = |revision: &Revision| {
            releases.iter().find(|release| release.stage == stage && release.revision == revision.id)
        };
        let (before, after) = (of(old), of(new));
        if before.is_none() && after.is_none() {
            return None;
        }
        let word = |release: Option<&Release>| {
            release.map_or_else(|| ("Not asked for".to_owned(), Tone::Quiet), |release| state(release.state))
        };
        let why = |release: Option<&Release>| {
            release.map(|release| reasons(&release.decision, None)).unwrap_or_default()
        };
        let without = |all: Vec<Reason>, known: &[String]| {
            all.into_iter().filter(|reason| !known.contains(&reason.policy)).collect()
        };
        let policies =
            |all: &[Reason]| all.iter().map(|reason| reason.policy.clone()).collect::<Vec<String>>();
        let (lost, gained) = (why(before), why(after));
        let (of_old, of_new) = (policies(&lost), policies(&gained));
        Some(Self {
            stage: stage.to_owned(),
            old: word(before),
            new: word(after),
            gained: without(gained, &of_old),
            lost: without(lost, &of_new),
        })
    }
}

/// Files that are not the same, and how many are. A file with the same bytes under another path was renamed.
fn files(old: &[File], new: &[File]) -> (Vec<FileChange>, u64) {
    let before: BTreeMap<&str, &File> = old.iter().map(|file| (file.path.as_str(), file)).collect();
    let after: BTreeMap<&str, &File> = new.iter().map(|file| (file.path.as_str(), file)).collect();
    let mut gone: BTreeMap<_, Vec<&File>> = BTreeMap::new();
    for file in old.iter().rev().filter(|file| !after.contains_key(file.path.as_str())) {
        gone.entry(file.sha256).or_default().push(file);
    }
    let (mut changes, mut kept) = (Vec::new(), 0);
    for file in new {
        let change = match before.get(file.path.as_str()) {
            Some(known) if known.sha256 == file.sha256 => {
                kept += 1;
                continue;
            }
            Some(known) => FileChange {
                sign: '~',
                class: "changed",
                what: "changed",
                path: shown(&file.path),
                from: None,
                size: format!("{} → {}", bytes(known.size), bytes(file.size)),
            },
            None => match gone.get_mut(&file.sha256).and_then(Vec::pop) {
                Some(known) => FileChange {
                    sign: '>',
                    class: "renamed",
                    what: "renamed",
                    path: shown(&file.path),
                    from: Some(shown(&known.path)),
                    size: bytes(file.size),
                },
                None => FileChange {
                    sign: '+',
                    class: "added",
                    what: "added",
                    path: shown(&file.path),
                    from: None,
                    size: bytes(file.size),
                },
            },
        };
        changes.push(change);
    }
    let mut removed: Vec<&File> = gone.into_values().flatten().collect();
    removed.sort_by(|a, b| a.path.cmp(&b.path));
    changes.extend(removed.into_iter().map(|file| FileChange {
        sign: '−',
        class: "gone",
        what: "removed",
        path: shown(&file.path),
        from: None,
        size: bytes(file.size),
    }));
    (changes, kept)
}

#[cfg(test)]
mod tests {
    use weighhouse_core::Digest;

    use super::*;

    fn file(path: &str, content: &str) -> File {
        File {
            path: path.to_owned(),
            size: content.len() as u64,
            sha256: Digest::of(content.as_bytes()),
            git_oid: String::new(),
            large: false,
        }
    }

    #[test]
    fn files_are_told_apart_by_path_and_then_by_content() {
        let old = [file("a", "1"), file("b", "2"), file("c", "3"), file("d", "3"), file("e", "4")];
        let new = [
            file("a", "1"),
            file("b", "x"),
            file("f", "3"),
            file("g", "new"),
            file("h", "3"),
            file("i", "3"),
        ];
        let (changes, kept) = files(&old, &new);
        let told: Vec<_> =
            changes.iter().map(|one| (one.sign, one.path.as_str(), one.from.as_deref())).collect();
        assert_eq!(kept, 1);
        assert_eq!(
            told,
            [
                ('~', "b", None),
                ('>', "f", Some("c")),
                ('+', "g", None),
                ('>', "h", Some("d")),
                ('+', "i", None),
                ('−', "e", None)
            ]
        );
        assert!(files(&new, &new).0.is_empty());
    }
}
