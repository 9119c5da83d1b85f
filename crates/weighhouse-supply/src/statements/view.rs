//! The transformation record of a partial view: a revision that was made from another one by leaving files out, and by taking things out of
//! some. Whoever has both revisions can make the view again and compare.
//!
//! Described in `docs/reference/view-v1.md`.

use serde::Serialize;
use weighhouse_core::Digest;

use super::VIEW;
use super::statement::{Statement, Subject};

/// What a view was made of, and how.
#[derive(Debug, Clone)]
pub struct PartialView<'a> {
    /// Name of the gate's log.
    pub gate: &'a str,
    /// `models` or `datasets`.
    pub kind: &'a str,
    /// `org/name`.
    pub model: &'a str,
    /// Commit and model digest of the view.
    pub view: (&'a str, Digest),
    /// Commit and model digest of the revision that it was made from.
    pub from: (&'a str, Digest),
    /// The kinds of files that were to be left out, by their words.
    pub without: Vec<&'a str>,
    /// The patterns of paths that were to be left out.
    pub paths: &'a [String],
    /// What was left out, by path.
    pub left_out: Vec<LeftOut<'a>>,
    /// What was rewritten, by path.
    pub rewritten: Vec<Rewritten<'a>>,
    /// Version of the program that made it.
    pub version: &'a str,
    /// When, as `YYYY-MM-DDTHH:MM:SSZ`.
    pub made: &'a str,
}

/// A file that is in the one and not in the other.
#[derive(Debug, Clone)]
pub struct LeftOut<'a> {
    /// Its path.
    pub path: &'a str,
    /// Its SHA-256.
    pub digest: Digest,
    /// Bytes.
    pub size: u64,
    /// Why: one line.
    pub why: &'a str,
}

/// A file that is in both, with other bytes.
#[derive(Debug, Clone)]
pub struct Rewritten<'a> {
    /// Its path.
    pub path: &'a str,
    /// Its SHA-256 there and here.
    pub digests: (Digest, Digest),
    /// What was taken out of it.
    pub removed: &'a [String],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Predicate<'a> {
    gate: &'a str,
    kind: &'a str,
    model: &'a str,
    commit: &'a str,
    from: Origin<'a>,
    without: &'a [&'a str],
    paths: &'a [String],
    left_out: Vec<Left<'a>>,
    rewritten: Vec<Changed<'a>>,
    made: &'a str,
    tool: Maker<'a>,
}

#[derive(Serialize)]
struct Origin<'a> {
    commit: &'a str,
    digest: Sha256,
}

#[derive(Serialize)]
struct Left<'a> {
    path: &'a str,
    digest: Sha256,
    size: u64,
    why: &'a str,
}

#[derive(Serialize)]
struct Changed<'a> {
    path: &'a str,
    before: Sha256,
    after: Sha256,
    removed: &'a [String],
}

#[derive(Serialize)]
struct Maker<'a> {
    name: &'a str,
    version: &'a str,
}

/// Digests as in-toto writes them.
#[derive(Serialize)]
struct Sha256 {
    sha256: String,
}

fn digest(digest: Digest) -> Sha256 {
    Sha256 { sha256: digest.hex() }
}

/// The record of a view. Its subject is the view as a whole, by its model digest.
pub fn partial_view(view: &PartialView<'_>) -> Option<Statement> {
    let predicate = Predicate {
        gate: view.gate,
        kind: view.kind,
        model: view.model,
        commit: view.view.0,
        from: Origin { commit: view.from.0, digest: digest(view.from.1) },
        without: &view.without,
        paths: view.paths,
        left_out: view
            .left_out
            .iter()
            .map(|file| Left { path: file.path, digest: digest(file.digest), size: file.size, why: file.why })
            .collect(),
        rewritten: view
            .rewritten
            .iter()
            .map(|file| Changed {
                path: file.path,
                before: digest(file.digests.0),
                after: digest(file.digests.1),
                removed: file.removed,
            })
            .collect(),
        made: view.made,
        tool: Maker { name: "weighhouse", version: view.version },
    };
    let predicate = serde_json::to_value(predicate).ok()?;
    Some(Statement::new(vec![Subject::new(view.model, view.view.1)], VIEW, predicate))
}
