//! Shell scripts and batch files: split into commands, words unquoted, never run.
//!
//! Follows the token rules of POSIX (XCU 2.3) as far as they decide where a command begins; expansion is not done, so a
//! command whose name is a variable stays the variable. Limits: `Limits::text`, `Limits::facts`.

mod split;
#[cfg(test)]
mod tests;

use split::{Command, split};

use crate::bounded::{Budget, Exhausted};
use crate::format::Format;
use crate::node::{Facts, Fault, GapReason, Parsed};
use crate::region::Claims;
use crate::source::{SharedSource, read_up_to};

/// What a script runs.
#[derive(Debug, Default)]
pub struct ShellFacts {
    /// The interpreter of the first line, if given.
    pub interpreter: Option<String>,
    /// Commands: line (from 1) and words. Those in substitutions come before the command that they are part of.
    pub commands: Vec<(u32, Vec<String>)>,
    /// Pipelines that feed a download or decoded data to an interpreter: line and text.
    pub download_and_run: Vec<(u32, String)>,
    /// The lines that are not comments, joined where a backslash continues them, each cut: line number and text.
    pub lines: Vec<(u32, String)>,
}

/// Reads a script.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    let mut parsed = Parsed::new(Format::Shell, Facts::Shell(Box::default()), Claims::whole(source.len()));
    if source.len() > budget.limits().text {
        parsed.gaps.push(Exhausted::Text.into());
        return parsed;
    }
    if let Err(limit) = budget.steps(source.len()) {
        parsed.gaps.push(limit.into());
        return parsed;
    }
    let bytes = match read_up_to(source.as_ref(), 0, usize::try_from(source.len()).unwrap_or(usize::MAX)) {
        Ok(bytes) => bytes,
        Err(error) => {
            parsed.gap(GapReason::Unreadable, None, error.to_string());
            return parsed;
        }
    };
    if std::str::from_utf8(&bytes).is_err() || bytes.contains(&0) {
        parsed.fault(Fault::Malformed, None, "the script is not plain UTF-8 text");
    }
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim_start_matches('\u{feff}');
    let found = split(text, budget.limits().facts);
    if found.cut {
        parsed.gaps.push(Exhausted::Facts.into());
    }
    let facts = ShellFacts {
        interpreter: interpreter(text),
        download_and_run: downloads(&found.commands),
        lines: lines(text, budget.limits().facts),
        commands: found.commands.into_iter().map(|command| (command.line, command.words)).collect(),
    };
    parsed.reading.facts = Facts::Shell(Box::new(facts));
    parsed
}

/// Whether a command runs what it downloads or decodes.
pub(crate) fn downloads_and_runs(command: &str) -> bool {
    !downloads(&split(command, 1_000).commands).is_empty()
}

fn lines(text: &str, most: usize) -> Vec<(u32, String)> {
    const LONGEST: usize = 2_048;
    let mut found: Vec<(u32, String)> = Vec::new();
    let mut continued = false;
    for (line, number) in text.lines().zip(1_u32..) {
        let plain = line.trim();
        let full = found.len() >= most;
        let body = plain.strip_suffix('\\').unwrap_or(plain);
        match found.last_mut().filter(|_| continued) {
            Some((_, text)) if text.len() < LONGEST => {
                text.push(' ');
                text.extend(body.chars().take(LONGEST));
            }
            Some(_) => {}
            None if plain.is_empty() || plain.starts_with('#') || full => continue,
            None => found.push((number, body.chars().take(LONGEST).collect())),
        }
        continued = body.len() < plain.len();
    }
    found
}

fn interpreter(text: &str) -> Option<String> {
    let line = text.strip_prefix("#!")?.lines().next()?;
    Some(line.trim().to_owned())
}

/// The program of a command, in lower case, without folder, ending, assignments and wrappers such as `sudo`.
fn program(words: &[String]) -> (String, &[String]) {
    const WRAPPERS: &[&str] = &[
        "sudo", "nohup", "exec", "command", "env", "time", "nice", "builtin", "then", "do", "else", "if",
        "while", "!", "timeout", "xargs", "doas", "busybox", "@",
    ];
    let mut rest = words;
    while let Some((first, more)) = rest.split_first() {
        let name =
            first.rsplit(['/', '\\']).next().unwrap_or(first).trim_start_matches('@').to_ascii_lowercase();
        let name = name.strip_suffix(".exe").unwrap_or(&name).to_owned();
        let skipped = WRAPPERS.contains(&name.as_str())
            || (first.contains('=') && !first.starts_with('-'))
            || (rest.len() < words.len() && first.starts_with('-'));
        if !skipped {
            return (name, more);
        }
        rest = more;
    }
    (String::new(), rest)
}

fn interprets(name: &str) -> bool {
    const SHELLS: &[&str] = &[
        "sh",
        "bash",
        "zsh",
        "dash",
        "ksh",
        "ash",
        "fish",
        "csh",
        "tcsh",
        "perl",
        "ruby",
        "node",
        "php",
        "lua",
        "powershell",
        "pwsh",
        "iex",
        "invoke-expression",
        "cmd",
        "source",
        ".",
        "eval",
        "osascript",
        "deno",
        "bun",
    ];
    SHELLS.contains(&name) || name.starts_with("python") || name.starts_with("pypy")
}

/// Whether a command brings data in from elsewhere or decodes it.
fn brings(words: &[String]) -> bool {
    const FETCHERS: &[&str] = &[
        "curl",
        "wget",
        "fetch",
        "aria2c",
        "lwp-request",
        "iwr",
        "irm",
        "invoke-webrequest",
        "invoke-restmethod",
        "nc",
        "ncat",
        "netcat",
        "http",
        "https",
        "certutil",
        "bitsadmin",
        "lynx",
        "w3m",
        "ftp",
        "tftp",
        "scp",
        "socat",
    ];
    let (name, rest) = program(words);
    FETCHERS.contains(&name.as_str())
        || (matches!(name.as_str(), "base64" | "base32" | "openssl" | "xxd" | "uudecode" | "gpg")
            && (name == "uudecode"
                || rest
                    .iter()
                    .any(|word| matches!(word.as_str(), "-d" | "-D" | "--decode" | "-r" | "-di" | "-rp"))))
        || words.iter().any(|word| {
            let word = word.to_ascii_lowercase();
            word.contains("downloadstring")
                || word.contains("downloadfile")
                || word.contains("/dev/tcp/")
                || word.contains("frombase64string")
        })
}

/// Whether the text of a substitution brings data in.
fn brings_text(word: &str) -> bool {
    word.contains('$')
        && split(word.trim_start_matches('$'), 64).commands.iter().any(|command| brings(&command.words))
}

fn downloads(commands: &[Command]) -> Vec<(u32, String)> {
    let mut found = Vec::new();
    let mut carried: Vec<(u32, &Command)> = Vec::new();
    let mut previous: Option<&Command> = None;
    for command in commands {
        // `iex (iwr …)`: the bracket begins a command of its own.
        if let Some(outer) = previous.filter(|outer| outer.line == command.line && outer.words.len() == 1)
            && matches!(program(&outer.words).0.as_str(), "iex" | "invoke-expression")
            && brings(&command.words)
        {
            found.push((outer.line, cut(&format!("{} {}", shown(&outer.words), shown(&command.words)))));
        }
        previous = Some(command);
        carried.retain(|(depth, _)| *depth <= command.depth);
        let position = carried.iter().position(|(depth, _)| *depth == command.depth);
        let feeding = position.map(|at| carried.swap_remove(at).1);
        let (name, rest) = program(&command.words);
        let runs = interprets(&name);
        if let Some(feeding) = feeding.filter(|_| runs) {
            found
                .push((feeding.line, cut(&format!("{} | {}", shown(&feeding.words), shown(&command.words)))));
        }
        let encoded = matches!(name.as_str(), "powershell" | "pwsh")
            && rest.iter().any(|word| {
                let word = word.to_ascii_lowercase();
                word.len() >= 2
                    && (word.starts_with("-enc")
                        || "-encodedcommand".starts_with(&word) && word.starts_with("-e"))
            });
        let substituted = runs && rest.iter().any(|word| brings_text(word) || brings(&quoted(word)));
        let connected =
            command.words.iter().any(|word| word.contains("/dev/tcp/") || word.contains("/dev/udp/"));
        let called = rest.iter().any(|word| word.to_ascii_lowercase().contains("downloadstring"));
        let ordered = command
            .words
            .iter()
            .any(|word| matches!(word.to_ascii_lowercase().as_str(), "iex" | "invoke-expression"));
        if encoded
            || substituted
            || connected
            || called
            || (ordered && command.words.iter().any(|word| brings(&quoted(word))))
        {
            found.push((command.line, shown(&command.words)));
        }
        if command.piped {
            match feeding {
                Some(feeding) if !brings(&command.words) => carried.push((command.depth, feeding)),
                _ if brings(&command.words) => carried.push((command.depth, command)),
                _ => {}
            }
        }
    }
    found.dedup();
    found
}

/// The words of a quoted command (`sh -c 'curl … | sh'`).
fn quoted(word: &str) -> Vec<String> {
    word.split_whitespace()
        .map(|part| part.trim_matches(['(', ')', '"', '\'', '$', '`']).to_owned())
        .collect()
}

/// The words of a command with spaces between them, cut: only what is kept is put together.
fn shown(words: &[String]) -> String {
    let mut out = String::new();
    for word in words {
        if out.len() > 512 {
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(word.chars().take(512));
    }
    cut(&out)
}

fn cut(text: &str) -> String {
    text.chars().take(512).collect()
}
