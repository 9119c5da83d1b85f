use weighhouse_core::Severity;
use weighhouse_formats::format::Format;
use weighhouse_formats::git::{GitSettings, Setting};
use weighhouse_formats::node::Node;
use weighhouse_formats::shell::ShellFacts;

use crate::repository::Repository;
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// The artifact carries a `.git` folder or settings that make git run commands.
    ///
    /// # What it detects
    ///
    /// Hooks that do more than call Git LFS, settings whose value git runs (`core.fsmonitor`, filters, drivers, aliases and helpers that
    /// are commands), settings that include other files, and submodules whose address is an option (high). That the history in
    /// `.git` was not inspected is said once (low): loaders read files, not history.
    ///
    /// # Why it matters
    ///
    /// Whoever changes to the folder and runs any git command, or whose editor does so, runs what the settings say. A clone never
    /// brings hooks or settings along: in a folder that was copied or unpacked they were put there.
    ///
    /// # Example
    ///
    /// `fsmonitor = ./helper.sh` in `.git/config`
    ///
    /// # What to do
    ///
    /// Delete the `.git` folder, or clone the repository again yourself.
    ///
    /// # References
    ///
    /// - <https://git-scm.com/docs/git-config>
    /// - <https://cwe.mitre.org/data/definitions/427.html>
    pub(crate) GitCommand {
        id: "WH-COD-014",
        slug: "git-command",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [GitConfig, GitStore, Shell],
        cwe: [427, 78],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for GitCommand {
    fn git_settings(&self, facts: &GitSettings, cx: &mut Context<'_>) {
        for setting in &facts.settings {
            if let Some(what) = runs(setting) {
                cx.report(format!("the setting {} {what}: {}", quote(&setting.key), quote(&setting.value)))
                    .line(setting.line)
                    .key(&setting.key)
                    .evidence(&setting.value)
                    .emit();
            }
        }
    }

    fn shell(&self, facts: &ShellFacts, cx: &mut Context<'_>) {
        if !is_hook(cx.file()) {
            return;
        }
        if let Some((line, words)) = facts.commands.iter().find(|(_, words)| !calls_lfs(words)) {
            let command = words.join(" ");
            cx.report(format!("a hook of git runs {}", quote(&command)))
                .line(*line)
                .key("hook")
                .evidence(&command)
                .emit();
        }
    }

    fn node(&self, node: &Node, cx: &mut Context<'_>) {
        let script = node.readings.iter().any(|reading| reading.format == Format::Shell);
        let empty = node.candidates.iter().any(|candidate| candidate.format == Format::Empty);
        if cx.members().is_empty() && is_hook(cx.file()) && !script && !empty {
            cx.report("a hook of git is no shell script, and runs all the same").key("hook").emit();
        }
    }

    fn repository(&self, repository: &Repository, cx: &mut Context<'_>) {
        let packed = |path: &&String| path.contains(".git/objects/pack/");
        if let Some(path) = repository.files.keys().find(packed) {
            cx.report("the history that git keeps was not inspected")
                .severity(Severity::Low)
                .in_file(path)
                .key("history")
                .emit();
        }
    }
}

/// A file that git runs; the samples that it puts into every new repository are not.
fn is_hook(path: &str) -> bool {
    let hooks = path.rsplit_once(".git/hooks/").map(|(_, name)| name);
    hooks.is_some_and(|name| !name.ends_with(".sample") && !name.contains('/'))
}

/// What hooks of Git LFS consist of.
fn calls_lfs(words: &[String]) -> bool {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["git", "lfs", "post-checkout" | "post-commit" | "post-merge" | "pre-push", rest @ ..] => {
            rest.iter().all(|word| *word == "$@")
        }
        ["git-lfs", ..] | ["command", "-v", "git-lfs", ..] => {
            !words.iter().any(|word| word.contains(['$', '`', '|']))
        }
        ["echo" | "printf", rest @ ..] => !rest.iter().any(|word| word.contains("$(") || word.contains('`')),
        ["exit" | "}" | "{" | "fi" | "then" | "set", ..] | [">&2"] => true,
        _ => false,
    }
}

/// What is wrong with a setting, if it makes git run something or read something else.
fn runs(setting: &Setting) -> Option<&'static str> {
    const COMMANDS: &[&str] = &[
        "core.fsmonitor",
        "core.sshcommand",
        "core.pager",
        "core.editor",
        "core.askpass",
        "core.gitproxy",
        "core.hookspath",
        "core.attributesfile",
        "core.worktree",
        "sequence.editor",
        "diff.external",
        "gpg.program",
        "gpg.ssh.program",
        "uploadpack.packobjectshook",
        "sendemail.smtpserver",
        "web.browser",
        "interactive.difffilter",
        "init.templatedir",
    ];
    let key = setting.key.to_ascii_lowercase();
    let value = setting.value.trim();
    let section = key.split('.').next().unwrap_or_default();
    let last = key.rsplit('.').next().unwrap_or_default();
    let lfs = value.starts_with("git-lfs ") || value.starts_with("git lfs ");
    let plain_helper = !value.contains(['!', '/', '$', '`', '|', ';']);
    match (section, last) {
        _ if COMMANDS.contains(&key.as_str()) => {
            let harmless = value.is_empty()
                || matches!(value, "true" | "false" | "cat" | "less" | "vi" | "vim" | "nano" | "code --wait");
            (!harmless).then_some("makes git run a command")
        }
        ("filter", "clean" | "smudge" | "process") => (!lfs).then_some("makes git run a command"),
        (
            "diff" | "merge" | "difftool" | "mergetool" | "browser" | "man",
            "command" | "textconv" | "driver" | "cmd" | "path",
        ) => Some("makes git run a command"),
        ("pager", _) => {
            (!matches!(value, "true" | "false" | "cat" | "less")).then_some("makes git run a command")
        }
        ("alias", _) => value.starts_with('!').then_some("makes git run a command"),
        ("credential", "helper") => (!plain_helper).then_some("gives passwords to a command"),
        ("include" | "includeif", "path") => Some("reads settings from another file"),
        ("remote", "uploadpack" | "receivepack" | "vcs" | "proxy") => Some("makes git run a command"),
        ("remote" | "submodule" | "url", _) if value.starts_with('-') || value.starts_with("ext::") => {
            Some("holds a command in place of an address")
        }
        ("submodule", "update") => value.starts_with('!').then_some("makes git run a command"),
        ("submodule", "path") => {
            (value.contains("..") || value.contains(".git")).then_some("leads out of the folder")
        }
        _ => None,
    }
}

crate::samples! {
    GitCommand,
    bad: {
        "a monitor" => [(".git/config", b"[core]\n\tfsmonitor = ./helper.sh\n".to_vec())],
        "a filter" => [(".git/config", b"[filter \"x\"]\n\tsmudge = sh -c 'id; cat'\n".to_vec())],
        "a hook" => [(".git/hooks/post-merge", b"#!/bin/sh\n./helper\n".to_vec())],
        "a submodule whose address is an option" => [(".gitmodules", b"[submodule \"x\"]\n\tpath = x\n\turl = -u./payload\n".to_vec())],
    },
    ok: {
        "a clone with Git LFS" => [
            (".git/config", b"[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n[remote \"origin\"]\n\turl = https://huggingface.co/a/b\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n[filter \"lfs\"]\n\tclean = git-lfs clean -- %f\n\tsmudge = git-lfs smudge -- %f\n\tprocess = git-lfs filter-process\n\trequired = true\n[lfs]\n\trepositoryformatversion = 0\n".to_vec()),
            (".git/hooks/post-merge", b"#!/bin/sh\ncommand -v git-lfs >/dev/null 2>&1 || { printf >&2 \"\\n%s\\n\\n\" \"This repository is configured for Git LFS but 'git-lfs' was not found on your path.\"; exit 2; }\ngit lfs post-merge \"$@\"\n".to_vec()),
            (".git/hooks/update.sample", b"#!/bin/sh\n./helper\n".to_vec()),
            (".git/HEAD", b"ref: refs/heads/main\n".to_vec()),
        ],
    },
}
