//! Workflows of GitHub Actions, as far as health is concerned.

use crate::yaml::{self, Node, Value};

/// A workflow.
#[derive(Debug, Default)]
pub(super) struct Workflow {
    pub(super) path: String,
    /// Events that start it.
    pub(super) events: Vec<String>,
    pub(super) permissions: Permissions,
    pub(super) jobs: Vec<Job>,
}

/// A job.
#[derive(Debug, Default)]
pub(super) struct Job {
    pub(super) line: u32,
    pub(super) permissions: Permissions,
    pub(super) steps: Vec<Step>,
    /// A reusable workflow that it calls instead of steps.
    pub(super) uses: Option<(String, u32)>,
}

/// A step.
#[derive(Debug, Default)]
pub(super) struct Step {
    pub(super) line: u32,
    /// The action, as written.
    pub(super) uses: Option<(String, u32)>,
    /// The script, be it of a shell or of `actions/github-script`.
    pub(super) script: Option<(String, u32)>,
    /// What the action is given.
    pub(super) with: Vec<(String, String)>,
}

/// What the token of a workflow or a job may do.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) enum Permissions {
    /// Nothing is said: what the repository allows, which may be everything.
    #[default]
    Undeclared,
    /// `write-all`.
    WriteAll,
    /// Scopes that may be written, with their lines; everything else is read or nothing.
    Scopes(Vec<(String, u32)>),
}

impl Workflow {
    /// Reads a workflow; `None` if it is no YAML or has no jobs.
    pub(super) fn read(path: &str, text: &str) -> Option<Self> {
        let document = yaml::read(text).ok()?;
        let jobs = document.get("jobs")?.entries().iter().map(|(_, job)| read_job(job));
        Some(Self {
            path: path.to_owned(),
            // YAML 1.1 reads `on` as true; here it is the text that it is.
            events: document.get("on").or_else(|| document.get("true")).map(events).unwrap_or_default(),
            permissions: permissions(&document),
            jobs: jobs.collect(),
        })
    }

    /// All steps.
    pub(super) fn steps(&self) -> impl Iterator<Item = &Step> {
        self.jobs.iter().flat_map(|job| &job.steps)
    }

    /// Everything that it uses: actions and workflows, with the lines.
    pub(super) fn uses(&self) -> impl Iterator<Item = &(String, u32)> {
        let of_jobs = self.jobs.iter().filter_map(|job| job.uses.as_ref());
        of_jobs.chain(self.steps().filter_map(|step| step.uses.as_ref()))
    }
}

fn events(on: &Node) -> Vec<String> {
    match &on.value {
        Value::Map(entries) => entries.iter().map(|(event, _)| event.clone()).collect(),
        _ => on.items().iter().filter_map(Node::text).map(str::to_owned).collect(),
    }
}

fn permissions(of: &Node) -> Permissions {
    let Some(declared) = of.get("permissions") else { return Permissions::Undeclared };
    if declared.text() == Some("write-all") {
        return Permissions::WriteAll;
    }
    let writes = declared.entries().iter().filter(|(_, value)| value.text() == Some("write"));
    Permissions::Scopes(writes.map(|(scope, value)| (scope.clone(), value.line)).collect())
}

fn read_job(job: &Node) -> Job {
    let steps = job.get("steps").map(Node::items).unwrap_or_default();
    Job {
        line: job.line,
        permissions: permissions(job),
        steps: steps.iter().map(read_step).collect(),
        uses: scalar(job, "uses"),
    }
}

fn read_step(step: &Node) -> Step {
    let with = step.get("with").map(Node::entries).unwrap_or_default();
    let given = with.iter().filter_map(|(key, value)| Some((key.clone(), value.text()?.to_owned())));
    let uses = scalar(step, "uses");
    let is_script = uses.as_ref().is_some_and(|(action, _)| action.starts_with("actions/github-script"));
    let script = if is_script {
        step.get("with").and_then(|with| scalar(with, "script"))
    } else {
        scalar(step, "run")
    };
    Step { line: step.line, uses, script, with: given.collect() }
}

fn scalar(of: &Node, key: &str) -> Option<(String, u32)> {
    let node = of.get(key)?;
    Some((node.text()?.to_owned(), node.line))
}

/// Expressions `${{ … }}` of a text, without the braces, and how many lines into it each stands.
pub(super) fn expressions(text: &str) -> impl Iterator<Item = (&str, u32)> {
    text.match_indices("${{").filter_map(move |(at, _)| {
        let rest = text.get(at.checked_add(3)?..)?;
        let line = text.get(..at)?.matches('\n').count();
        Some((rest.get(..rest.find("}}")?)?.trim(), u32::try_from(line).ok()?))
    })
}

/// Whether an expression is a text that anybody can write: an issue's title, a branch name of a fork.
pub(super) fn is_untrusted(expression: &str) -> bool {
    const WHOLE: &[&str] = &["github.head_ref"];
    const ENDS: &[&str] = &[
        "issue.title",
        "issue.body",
        "pull_request.title",
        "pull_request.body",
        "pull_request.head.ref",
        "pull_request.head.label",
        "pull_request.head.repo.default_branch",
        "pull_request.head.repo.description",
        "pull_request.head.repo.homepage",
        "comment.body",
        "review.body",
        "review_comment.body",
        "discussion.title",
        "discussion.body",
        "head_commit.message",
        "head_commit.author.email",
        "head_commit.author.name",
        "workflow_run.head_branch",
        "workflow_run.head_commit.message",
        "workflow_run.display_title",
    ];
    let names = expression
        .split(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '_' | '*' | '[' | ']' | '\'' | '-')));
    names.filter(|name| name.starts_with("github.")).any(|name| {
        let event = name.strip_prefix("github.event.");
        let list = |list: &str, end: &str| {
            event.is_some_and(|event| event.starts_with(list) && event.ends_with(end))
        };
        WHOLE.contains(&name)
            || event.is_some_and(|event| ENDS.contains(&event))
            || list("pages", ".page_name")
            || list("commits", ".message")
            || list("commits", ".author.email")
            || list("commits", ".author.name")
    })
}
