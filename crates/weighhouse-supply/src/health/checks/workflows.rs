//! Checks of workflows: what they do with what strangers send, what their tokens may do, whether they publish.

use weighhouse_core::Location;
use weighhouse_core::printable::printable_within;

use super::super::project::{Project, place};
use super::super::workflow::{Permissions, Step, Workflow, expressions, is_untrusted};
use super::{Outcome, Verdict};

/// Characters of what is quoted.
const QUOTED: usize = 80;

/// A place where a stranger's text or code is run with the rights of the project.
#[derive(Debug, Clone)]
pub(in super::super) struct Danger {
    pub(in super::super) location: Location,
    pub(in super::super) what: String,
}

/// Everything that is dangerous in the workflows.
pub(in super::super) fn dangers(project: &Project<'_>) -> Vec<Danger> {
    project.workflows.iter().flat_map(dangers_of).collect()
}

fn dangers_of(workflow: &Workflow) -> Vec<Danger> {
    let privileged =
        workflow.events.iter().find(|event| matches!(event.as_str(), "pull_request_target" | "workflow_run"));
    let mut dangers = Vec::new();
    for step in workflow.steps() {
        if let Some(event) = privileged
            && let Some(reference) = foreign_checkout(step)
        {
            let line = step.uses.as_ref().map_or(step.line, |(_, line)| *line);
            dangers.push(Danger {
                location: place(&workflow.path, line),
                what: format!(
                    "on `{event}`, it checks out `{}`: code of a stranger runs with the project's secrets",
                    printable_within(&reference, QUOTED)
                ),
            });
        }
        if let Some((script, line)) = &step.script {
            for (expression, below) in expressions(script).filter(|(expression, _)| is_untrusted(expression))
            {
                dangers.push(Danger {
                    location: place(&workflow.path, line.saturating_add(below)),
                    what: format!(
                        "`{}` becomes part of a script: anybody can write it",
                        printable_within(expression, QUOTED)
                    ),
                });
            }
        }
    }
    dangers
}

/// The foreign code that a step checks out.
fn foreign_checkout(step: &Step) -> Option<String> {
    let (action, _) = step.uses.as_ref()?;
    if !action.starts_with("actions/checkout@") {
        return None;
    }
    let given = step.with.iter().filter(|(key, _)| matches!(key.as_str(), "ref" | "repository"));
    let mut foreign = given.map(|(_, value)| value).filter(|value| {
        ["github.event.pull_request", "github.event.workflow_run", "github.head_ref", "refs/pull/"]
            .iter()
            .any(|part| value.contains(part))
            && !value.contains("pull_request.base")
    });
    foreign.next().cloned()
}

/// What cannot be judged because a workflow does not read.
fn unread(project: &Project<'_>) -> Option<Verdict> {
    let broken = project.broken_workflows.first()?;
    let reason = format!("`{}` is no workflow that can be read", printable_within(broken, QUOTED));
    Some(Verdict::not_assessed(reason).at([Location::file(broken.clone())]))
}

/// Dangerous-Workflow.
pub(super) fn dangerous(project: &Project<'_>) -> Verdict {
    let dangers = dangers(project);
    if let Some(first) = dangers.first() {
        let more = match dangers.len() {
            1 => String::new(),
            many => format!(", and {} more", many.saturating_sub(1)),
        };
        let reason = format!("{}{more}", first.what);
        return Verdict::new(Outcome::Whole(0), reason).at(dangers.into_iter().map(|danger| danger.location));
    }
    if let Some(unread) = unread(project) {
        return unread;
    }
    match project.workflows.len() {
        0 => Verdict::nothing("no workflows of GitHub Actions"),
        count => {
            let reason = format!("{count} workflows, none runs what strangers write");
            Verdict::new(Outcome::Whole(10), reason)
        }
    }
}

/// Scopes that let a token change what others download or run, and how much they cost.
fn cost(scope: &str) -> u8 {
    match scope {
        "contents" | "packages" | "actions" => 10,
        "deployments" | "security-events" => 1,
        _ => 0,
    }
}

/// Token-Permissions: tokens read at the top, and write only where a job asks for it.
pub(super) fn permissions(project: &Project<'_>) -> Verdict {
    if let Some(unread) = unread(project) {
        return unread;
    }
    if project.workflows.is_empty() {
        return Verdict::nothing("no workflows of GitHub Actions");
    }
    let (mut score, mut reasons, mut places) = (10_u8, Vec::new(), Vec::new());
    for workflow in &project.workflows {
        let path = printable_within(&workflow.path, QUOTED);
        match &workflow.permissions {
            Permissions::WriteAll => {
                score = 0;
                reasons.push(format!("`{path}` gives its token everything"));
                places.push(Location::file(workflow.path.clone()));
            }
            Permissions::Scopes(writes) => {
                for (scope, line) in writes.iter().filter(|(scope, _)| cost(scope) > 0) {
                    score = score.saturating_sub(cost(scope));
                    let scope = printable_within(scope, QUOTED);
                    reasons.push(format!("`{path}` lets every job write `{scope}`"));
                    places.push(place(&workflow.path, *line));
                }
            }
            Permissions::Undeclared => {
                for job in workflow
                    .jobs
                    .iter()
                    .filter(|job| matches!(job.permissions, Permissions::Undeclared | Permissions::WriteAll))
                {
                    score = 0;
                    reasons.push(format!("`{path}` does not say what its token may do"));
                    places.push(place(&workflow.path, job.line));
                }
            }
        }
        for job in workflow.jobs.iter().filter(|job| job.permissions == Permissions::WriteAll) {
            score = 0;
            reasons.push(format!("a job of `{path}` gives its token everything"));
            places.push(place(&workflow.path, job.line));
        }
    }
    let first = reasons
        .first()
        .cloned()
        .unwrap_or_else(|| "tokens of all workflows read only, unless a job asks".to_owned());
    Verdict::new(Outcome::Whole(score), first).at(places)
}

/// Actions and commands that publish a package.
const PUBLISHERS: &[&str] = &[
    "pypa/gh-action-pypi-publish",
    "js-devtools/npm-publish",
    "docker/build-push-action",
    "goreleaser/goreleaser-action",
    "katyo/publish-crates",
    "rust-lang/crates-io-auth-action",
    "relekang/python-semantic-release",
    "python-semantic-release/python-semantic-release",
    "helm/chart-releaser-action",
    "cycjimmy/semantic-release-action",
];
const PUBLISHING: &[&str] = &[
    "npm publish",
    "yarn publish",
    "pnpm publish",
    "twine upload",
    "cargo publish",
    "poetry publish",
    "uv publish",
    "flit publish",
    "hatch publish",
    "mvn deploy",
    "gradle publish",
    "gem push",
    "nuget push",
    "docker push",
    "huggingface-cli upload",
    "hf upload",
];

/// Packaging: a workflow publishes what users install.
pub(super) fn packaging(project: &Project<'_>) -> Verdict {
    for workflow in &project.workflows {
        let action = workflow.uses().find_map(|(action, line)| {
            let name = action.split('@').next().unwrap_or_default().to_lowercase();
            PUBLISHERS.contains(&name.as_str()).then_some((name, *line))
        });
        let command = || {
            workflow.steps().filter_map(|step| step.script.as_ref()).find_map(|(script, line)| {
                let command = PUBLISHING.iter().find(|command| script.contains(*command))?;
                Some(((*command).to_owned(), *line))
            })
        };
        if let Some((what, line)) = action.or_else(command) {
            let reason = format!(
                "a workflow publishes with `{}`; whether it has run, a clone does not tell",
                printable_within(&what, QUOTED)
            );
            return Verdict::new(Outcome::Part(10), reason).at([place(&workflow.path, line)]);
        }
    }
    Verdict::nothing("no workflow publishes a package")
}
