//! Pinned-Dependencies: whether what a build fetches is named by digest.

use weighhouse_core::Location;
use weighhouse_core::printable::printable_within;

use super::super::project::{Project, ending, file_name, place};
use super::super::workflow::Workflow;
use super::{Outcome, Verdict};

/// One way of fetching things: how many are pinned of how many, and what it weighs.
#[derive(Debug, Default, Clone, Copy)]
struct Share {
    pinned: usize,
    all: usize,
}

/// What was found.
#[derive(Debug, Default)]
struct Found {
    own_actions: Share,
    other_actions: Share,
    images: Share,
    downloads: Share,
    pip: Share,
    npm: Share,
    go: Share,
    nuget: Share,
    loose: Vec<(Location, String)>,
}

/// Characters of what is quoted.
const QUOTED: usize = 80;
/// Weight of a way of fetching; actions of GitHub weigh 2 and others 8 of it, if both are there.
const NORMAL: usize = 10;

/// Pinned-Dependencies.
pub(super) fn judge(project: &Project<'_>) -> Verdict {
    let mut found = Found::default();
    for workflow in &project.workflows {
        actions(workflow, &mut found);
        for (script, line) in workflow.steps().filter_map(|step| step.script.as_ref()) {
            commands(&workflow.path, script, *line, &mut found);
        }
    }
    for (path, text) in &project.texts {
        let name = file_name(path).to_lowercase();
        if name.starts_with("dockerfile")
            || name.starts_with("containerfile")
            || ending(&name) == "dockerfile"
        {
            images(path, text, &mut found);
            commands(path, text, 1, &mut found);
        } else if matches!(ending(&name), "sh" | "bash") {
            commands(path, text, 1, &mut found);
        }
    }
    found.verdict()
}

impl Found {
    fn verdict(self) -> Verdict {
        let both = self.own_actions.all > 0 && self.other_actions.all > 0;
        let (own, other) = if both { (2, 8) } else { (NORMAL, NORMAL) };
        let shares = [
            (self.own_actions, own),
            (self.other_actions, other),
            (self.images, NORMAL),
            (self.downloads, NORMAL),
            (self.pip, NORMAL),
            (self.npm, NORMAL),
            (self.go, NORMAL),
            (self.nuget, NORMAL),
        ];
        let (mut sum, mut weights, mut pinned, mut all) = (0_usize, 0_usize, 0_usize, 0_usize);
        for (share, weight) in shares.into_iter().filter(|(share, _)| share.all > 0) {
            let score = usize::from(super::proportion(share.pinned, share.all));
            sum = sum.saturating_add(score.saturating_mul(weight));
            weights = weights.saturating_add(weight);
            pinned = pinned.saturating_add(share.pinned);
            all = all.saturating_add(share.all);
        }
        let Some(score) = sum.checked_div(weights).and_then(|score| u8::try_from(score).ok()) else {
            return Verdict::nothing("nothing is fetched by workflows, images or scripts");
        };
        let mut reason = format!("{pinned} of {all} things that builds fetch are named by digest");
        if let Some((_, first)) = self.loose.first() {
            reason = format!("{reason}; not `{}`", printable_within(first, QUOTED));
        }
        Verdict::new(Outcome::Whole(score), reason).at(self.loose.into_iter().map(|(location, _)| location))
    }

    fn loose(&mut self, path: &str, line: u32, what: &str) {
        self.loose.push((place(path, line), what.trim().to_owned()));
    }
}

fn actions(workflow: &Workflow, found: &mut Found) {
    for (action, line) in workflow.uses() {
        // Actions of the repository itself change with it.
        if action.starts_with("./") {
            continue;
        }
        let pinned = match action.strip_prefix("docker://") {
            Some(image) => image.contains("@sha256:"),
            None => action.rsplit_once('@').is_some_and(|(_, version)| is_commit(version)),
        };
        let own = action.starts_with("actions/") || action.starts_with("github/");
        let share = if own { &mut found.own_actions } else { &mut found.other_actions };
        share.count(pinned);
        if !pinned {
            found.loose(&workflow.path, *line, action);
        }
    }
}

impl Share {
    fn count(&mut self, pinned: bool) {
        self.all = self.all.saturating_add(1);
        self.pinned = self.pinned.saturating_add(usize::from(pinned));
    }
}

fn is_commit(version: &str) -> bool {
    version.len() == 40 && version.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Images that a Dockerfile builds on; its own stages are no images.
fn images(path: &str, text: &str, found: &mut Found) {
    let mut stages: Vec<String> = vec!["scratch".to_owned()];
    for (line, number) in text.lines().zip(1_u32..) {
        let mut words = line.split_whitespace().filter(|word| !word.starts_with("--"));
        if !words.next().is_some_and(|word| word.eq_ignore_ascii_case("from")) {
            continue;
        }
        let image = words.next().unwrap_or_default();
        if words.next().is_some_and(|word| word.eq_ignore_ascii_case("as")) {
            stages.extend(words.next().map(str::to_lowercase));
        }
        if image.is_empty() || stages.contains(&image.to_lowercase()) {
            continue;
        }
        let pinned = image.contains("@sha256:");
        found.images.count(pinned);
        if !pinned {
            found.loose(path, number, line);
        }
    }
}

/// Commands of a script, each on its line; a line that ends in `\` goes on.
fn commands(path: &str, text: &str, first: u32, found: &mut Found) {
    let mut joined = String::new();
    let mut start = first;
    for (line, number) in text.lines().zip(first..) {
        if joined.is_empty() {
            start = number;
        }
        let line = line.trim();
        if line.starts_with('#') {
            continue;
        }
        if let Some(part) = line.strip_suffix('\\') {
            joined.push_str(part);
            joined.push(' ');
            continue;
        }
        joined.push_str(line);
        let whole = std::mem::take(&mut joined);
        piped(path, &whole, start, found);
        for command in whole.split(['|', ';']).flat_map(|part| part.split("&&")) {
            install(path, command, start, found);
        }
    }
}

/// Downloads that go straight into an interpreter.
fn piped(path: &str, line: &str, number: u32, found: &mut Found) {
    let parts: Vec<&str> = line.split('|').map(str::trim).collect();
    for pair in parts.windows(2) {
        let [fetch, run] = pair else { continue };
        let fetches = fetch.split_whitespace().any(|word| matches!(word, "curl" | "wget"));
        let mut words = run.split_whitespace().filter(|word| !matches!(*word, "sudo" | "env" | "-E"));
        let program = words.next().unwrap_or_default();
        let runs = matches!(
            file_name(program),
            "sh" | "bash" | "zsh" | "python" | "python3" | "node" | "perl" | "ruby"
        );
        if fetches && runs {
            found.downloads.count(false);
            found.loose(path, number, line);
        }
    }
}

/// Commands of package managers.
fn install(path: &str, command: &str, number: u32, found: &mut Found) {
    let words: Vec<&str> = command
        .split_whitespace()
        .skip_while(|word| {
            matches!(*word, "sudo" | "RUN" | "run" | "-E" | "env")
                || word.contains('=') && !word.starts_with('-')
        })
        .collect();
    let program = words.first().map(|word| file_name(word)).unwrap_or_default();
    let rest = words.get(1..).unwrap_or_default();
    let has = |word: &str| rest.contains(&word);
    let (share, pinned): (fn(&mut Found) -> &mut Share, bool) = match program {
        "pip" | "pip3" if has("install") => (|found| &mut found.pip, pip(rest)),
        "python" | "python3" if has("-m") && has("pip") && has("install") => {
            (|found| &mut found.pip, pip(rest))
        }
        "npm" if has("ci") => (|found| &mut found.npm, true),
        "npm" if has("install") || has("i") || has("add") => (|found| &mut found.npm, false),
        "go" if matches!(rest.first(), Some(&"install" | &"get")) => {
            let mut named = rest
                .iter()
                .skip(1)
                .filter(|word| !word.starts_with('-') && !word.starts_with("./"))
                .peekable();
            if named.peek().is_none() {
                return;
            }
            (
                |found| &mut found.go,
                named.all(|word| word.rsplit_once('@').is_some_and(|(_, version)| is_commit(version))),
            )
        }
        "nuget" if has("install") => (|found| &mut found.nuget, false),
        "dotnet" if has("restore") => (|found| &mut found.nuget, has("--locked-mode")),
        _ => return,
    };
    share(found).count(pinned);
    if !pinned {
        found.loose(path, number, command);
    }
}

/// Whether everything that `pip install` is given is named by digest or lies in the repository.
fn pip(words: &[&str]) -> bool {
    if words.iter().any(|word| word.starts_with("--require-hashes")) {
        return true;
    }
    let mut named = Vec::new();
    let mut skip = false;
    for word in words {
        let option = std::mem::take(&mut skip);
        if matches!(*word, "-r" | "--requirement" | "-c" | "--constraint") {
            return false;
        }
        if matches!(*word, "-e" | "--editable" | "-m" | "pip" | "install") || word.starts_with('-') {
            skip = matches!(
                *word,
                "-i" | "--index-url" | "--extra-index-url" | "-t" | "--target" | "--prefix" | "--root"
            );
        } else if !option {
            named.push(*word);
        }
    }
    let local = |word: &str| word.starts_with('.') || word.starts_with('/');
    let commit = |word: &str| {
        let (_, behind) = word.rsplit_once('@').unwrap_or_default();
        word.starts_with("git+") && is_commit(behind.split('#').next().unwrap_or_default())
    };
    named.iter().all(|word| local(word.trim_matches(['"', '\''])) || commit(word))
}
