//! Tools about partial views: a revision without the files that policy forbids, or that nobody needs.

use anyhow::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::look::{AtCommit, Kind, ask, fit};
use super::text::{Untrusted, Word};
use super::tools::{Does, GateTool};
use super::wire::{Request, Revision};
use crate::cli::gate::Access;

/// Files that are told one by one.
const FILES: usize = 200;

/// A kind of files that can be left out.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Part {
    /// Pickles, and whatever else runs when it is loaded.
    Pickle,
    /// Python and other code; `auto_map` in configurations, too.
    Code,
    /// Native programs and libraries.
    Executable,
    /// Chat templates, also those in `tokenizer_config.json`.
    Template,
}

/// What would be left out.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// `org/name`.
    model: String,
    #[serde(default)]
    kind: Kind,
    /// What it is made from: a commit, a stage or a branch that is here; the newest revision that is no view if it is not given.
    revision: Option<String>,
    /// Kinds of files to leave out.
    #[serde(default)]
    without: Vec<Part>,
    /// Patterns of paths to leave out: `*` is any characters, `/` among them, `?` is one. Each must mean a file.
    #[serde(default)]
    paths: Vec<String>,
    /// The stage it is wanted for; the usual one if it is not given.
    stage: Option<String>,
    /// What it is for. People read it who decide.
    #[serde(default)]
    reason: String,
}

impl Wanted {
    fn body(&self) -> Value {
        let mut body = json!({
            "model": self.model, "kind": self.kind.as_str(), "without": self.without, "paths": self.paths,
            "stage": self.stage, "reason": self.reason,
        });
        if let (Some(fields), Some(revision)) = (body.as_object_mut(), &self.revision) {
            fields.insert("revision".to_owned(), revision.as_str().into());
        }
        body
    }
}

/// A file that is left out.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct LeftOut {
    path: Untrusted,
    size: u64,
    sha256: Word,
    why: Untrusted,
}

/// A file that is rewritten.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Rewritten {
    path: Untrusted,
    /// SHA-256 before and after.
    before: Word,
    after: Word,
    /// The members of its JSON that are taken out.
    removed: Vec<Untrusted>,
}

/// The files that are not as they were.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Files {
    left_out: Vec<LeftOut>,
    rewritten: Vec<Rewritten>,
    /// Whether there are more than are told.
    #[serde(default)]
    more: bool,
}

impl Files {
    fn cut(mut self) -> Self {
        self.more = self.left_out.len().max(self.rewritten.len()) > FILES;
        self.left_out.truncate(FILES);
        self.rewritten.truncate(FILES);
        self
    }
}

/// A view that is not made yet.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Plan {
    /// The commit that it has, or would have: the same view has the same at every gate.
    commit: Word,
    /// The commit that it is made from.
    from: Word,
    /// How many files it has, and their bytes.
    files: u64,
    bytes: u64,
    #[serde(flatten)]
    changed: Files,
}

impl Plan {
    fn read(answer: Value) -> Result<Self> {
        let plan: Self = fit(answer)?;
        Ok(Self { changed: plan.changed.cut(), ..plan })
    }
}

fn preview_view(access: &Access, wanted: &Wanted) -> Result<Plan> {
    Plan::read(access.post("views/preview", &wanted.body())?)
}

/// A view that was made, or was there.
#[derive(Debug, Serialize, JsonSchema)]
struct Made {
    revision: Revision,
    request: Request,
    view: Plan,
}

fn make_view(access: &Access, wanted: &Wanted) -> Result<Made> {
    let mut made = access.post("views", &wanted.body())?;
    let view = Plan::read(made["view"].take())?;
    Ok(Made { revision: fit(made["revision"].take())?, request: fit(made["request"].take())?, view })
}

/// What a view was made from.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Origin {
    commit: Word,
    /// Digest of all bytes.
    digest: Word,
}

/// How a revision was made from another one, as its signed record says.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct View {
    /// `id` of the revision.
    id: Word,
    commit: Word,
    /// Digest of all bytes.
    digest: Word,
    from: Origin,
    /// What was to be left out: kinds of files, and patterns of paths.
    without: Vec<Word>,
    paths: Vec<Untrusted>,
    made: Word,
    /// Who made it.
    person: Word,
    /// Digest of the record, as the audit log has it.
    record: Word,
    #[serde(flatten)]
    changed: Files,
}

fn show_view(access: &Access, of: &AtCommit) -> Result<View> {
    let view: View = ask(access, "views", &of.query())?;
    Ok(View { changed: view.changed.cut(), ..view })
}

/// The tools.
pub(super) fn tools() -> Vec<GateTool> {
    vec![
        GateTool::new(
            ("preview_view", "Preview a partial view"),
            Does::Reads,
            "Tells what a partial view would leave out (pickles, code, programs, chat templates, or paths) and what it would keep; nothing is \
             made. Helps where `explain_refusal` names files that nobody needs.",
            preview_view,
        ),
        GateTool::new(
            ("make_view", "Make a partial view"),
            Does::Asks,
            "Makes a partial view of a revision and asks for it: a revision of its own that is inspected and decided about by itself. \
             Licences and cards stay.",
            make_view,
        ),
        GateTool::new(
            ("show_view", "Show a partial view"),
            Does::Reads,
            "How a view was made from another revision: what was left out or rewritten, and who made it, by its signed record.",
            show_view,
        ),
    ]
}
