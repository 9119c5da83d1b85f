//! Writes facts down: each once, within the limit, with the flows that its arguments make.

use std::hash::{DefaultHasher, Hash, Hasher};

use ruff_text_size::TextRange;

use super::super::facts::{Argument, Dynamic, Flow, Import, PythonCall, Scope, Write};
use super::super::value::{Taint, Value, What};
use super::{Arguments, Interpreter, known};
use crate::bounded::Exhausted;
use crate::format::Format;
use crate::node::{Child, Content, Strength};
use crate::source::Memory;

/// Names of taints as sources of flows.
const SOURCES: &[(Taint, &str)] = &[
    (Taint::CREDENTIAL, "credential file"),
    (Taint::TOKEN, "stored credential"),
    (Taint::WHOLE_ENVIRONMENT, "whole environment"),
    (Taint::ENVIRONMENT, "environment"),
    (Taint::NETWORK, "network"),
    (Taint::HUB, "hub"),
    (Taint::DECODED, "decoded literal"),
    (Taint::ASSEMBLED, "assembled text"),
    (Taint::FILE, "file"),
];

impl Interpreter<'_, '_> {
    /// Whether this is new; false also once the limit of facts is reached.
    fn is_new(&mut self, count: usize, key: &impl Hash) -> bool {
        let mut hasher = DefaultHasher::new();
        (key, &self.scope).hash(&mut hasher);
        if !self.seen.insert(hasher.finish()) {
            return false;
        }
        if count >= self.budget.limits().facts {
            self.out.stopped.get_or_insert(Exhausted::Facts);
            return false;
        }
        true
    }

    pub(super) fn record_import(&mut self, module: &str, name: Option<&str>, at: TextRange) {
        if self.is_new(self.out.facts.imports.len(), &("import", module, name, at)) {
            let region = self.places.place(at).0;
            let scope = self.scope.clone();
            self.out.facts.imports.push(Import {
                module: module.to_owned(),
                name: name.map(str::to_owned),
                scope,
                region,
            });
        }
    }

    pub(super) fn record_call(
        &mut self,
        callee: &str,
        arguments: &Arguments,
        at: TextRange,
        reached: &Value,
    ) {
        self.record_flows(callee, arguments, at);
        if known::is_harmless(callee) {
            return;
        }
        let shown: Vec<Argument> = arguments
            .positional
            .iter()
            .map(|value| (None, value))
            .chain(arguments.keywords.iter().map(|(name, value)| (name.clone(), value)))
            .take(32)
            .map(|(keyword, value)| Argument {
                keyword,
                value: value.display(),
                outline: value.rough.as_deref().map(str::to_owned),
            })
            .collect();
        let path = reached.rough.as_deref().map(str::to_owned);
        if self.is_new(self.out.facts.calls.len(), &("call", callee, at, &shown, &path)) {
            let (region, line) = self.places.place(at);
            self.out.facts.calls.push(PythonCall {
                callee: callee.to_owned(),
                arguments: shown,
                scope: self.scope.clone(),
                region,
                line,
                via: reached.via.map(str::to_owned),
                path,
            });
        }
    }

    pub(super) fn record_dynamic(&mut self, what: &str, at: TextRange) {
        if self.is_new(self.out.facts.dynamic.len(), &("dynamic", what, at)) {
            let (region, line) = self.places.place(at);
            let scope = self.scope.clone();
            self.out.facts.dynamic.push(Dynamic { what: what.to_owned(), scope, region, line });
        }
    }

    pub(super) fn record_write(&mut self, target: &str, value: &Value, at: TextRange) {
        if self.is_new(self.out.facts.writes.len(), &("write", target, at)) {
            let (region, line) = self.places.place(at);
            self.out.facts.writes.push(Write {
                target: target.to_owned(),
                value: value.constant().and_then(|_| value.display()),
                callable: value.is_code(),
                scope: self.scope.clone(),
                region,
                line,
            });
        }
    }

    pub(super) fn record_escape(&mut self, command: &str, at: TextRange) {
        let count = self.out.facts.shell_escapes.len();
        if self.is_new(count, &("escape", command, at)) {
            let region = self.places.place(at).0;
            self.out.facts.shell_escapes.push((region, command.to_owned()));
        }
    }

    /// A long constant that looks like encoded data.
    pub(super) fn record_blob(&mut self, text: &str, at: TextRange) {
        const SHORTEST: usize = 512;
        if text.len() >= SHORTEST && super::super::syntax::looks_encoded(text) {
            let scope = std::mem::replace(&mut self.scope, Scope::Import);
            let new = self.is_new(self.out.facts.blobs.len(), &("blob", at));
            self.scope = scope;
            if new {
                let region = self.places.place(at).0;
                self.out.facts.blobs.push(region);
            }
        }
    }

    fn record_flows(&mut self, callee: &str, arguments: &Arguments, at: TextRange) {
        let (sink, sources) = if known::executes(callee) {
            let all = [Taint::CREDENTIAL, Taint::ENVIRONMENT, Taint::NETWORK, Taint::HUB, Taint::DECODED];
            let all = all.into_iter().fold(Taint::default(), Taint::with);
            // A character by its number is how commands are given a quote; code has no use for it.
            let code = matches!(callee, "builtins.exec" | "builtins.eval" | "builtins.compile");
            ("execution", if code { all.with(Taint::ASSEMBLED) } else { all })
        } else if known::deserialises(callee) {
            ("deserialisation", Taint::NETWORK.with(Taint::DECODED).with(Taint::HUB))
        } else if known::networks(callee) {
            (
                "network",
                Taint::CREDENTIAL
                    .with(Taint::TOKEN)
                    .with(Taint::WHOLE_ENVIRONMENT)
                    .with(Taint::ENVIRONMENT)
                    .with(Taint::FILE),
            )
        } else if known::writes_file(callee) {
            ("file", Taint::NETWORK.with(Taint::DECODED))
        } else {
            return;
        };
        let reached = if sink == "execution" {
            let first = arguments.positional.first().or_else(|| {
                ["args", "cmd", "command", "source", "path", "file", "object"]
                    .iter()
                    .find_map(|name| arguments.keyword(name))
            });
            let downloaded = first.is_some_and(|value| self.runs_download(value));
            let taint = first.map_or(Taint::default(), deep_taint);
            if downloaded { taint.with(Taint::NETWORK) } else { taint }
        } else {
            arguments.all().fold(Taint::default(), |all, value| all.with(deep_taint(value)))
        };
        if sink == "file" && reached.has(Taint::NETWORK) {
            let mut opened = std::mem::take(&mut self.opened);
            self.downloaded.append(&mut opened);
        }
        for (taint, source) in SOURCES {
            if sources.has(*taint) && reached.has(*taint) {
                self.record_flow(source, sink, callee, at);
            }
        }
    }

    fn runs_download(&self, value: &Value) -> bool {
        let Some(shown) = value.display() else { return false };
        self.downloaded.iter().any(|path| path.len() > 2 && shown.contains(path.as_str()))
    }

    pub(super) fn record_flow(
        &mut self,
        source: &'static str,
        sink: &'static str,
        callee: &str,
        at: TextRange,
    ) {
        if self.is_new(self.out.facts.flows.len(), &("flow", source, sink, callee, at)) {
            let (region, line) = self.places.place(at);
            let (scope, callee) = (self.scope.clone(), callee.to_owned());
            self.out.facts.flows.push(Flow { source, sink, callee, scope, region, line });
        }
    }

    /// Bytes that the file decodes: a child, if they run (`known`) or show another format.
    pub(super) fn record_child(&mut self, what: &str, bytes: &[u8], known: Option<Format>, at: TextRange) {
        const MOST: usize = 1_000;
        if bytes.is_empty() {
            return;
        }
        if known.is_none() {
            if bytes.len() < 24 {
                return;
            }
            let source = Memory::shared(bytes.to_vec());
            let certain = crate::identify::identify("", &source).into_iter().any(|candidate| {
                candidate.strength == Strength::Certain && candidate.format != Format::Unknown
            });
            if !certain {
                return;
            }
        }
        let scope = std::mem::replace(&mut self.scope, Scope::Import);
        let new = self.is_new(0, &("child", bytes));
        self.scope = scope;
        if new && self.out.children.len() >= MOST {
            self.out.stopped.get_or_insert(Exhausted::Facts);
        } else if new {
            let (_, line) = self.places.place(at);
            self.out.children.push(Child {
                name: format!("{what}@line{line}"),
                content: Content::Decoded(bytes.to_vec()),
                known,
            });
        }
    }

    /// A value that is about to run as source: a child if it is constant, a construct that hides its target if not.
    pub(super) fn run_source(&mut self, what: &str, value: &Value, at: TextRange) {
        if let What::Result(name) = &value.what
            && name.as_ref() == "builtins.compile"
        {
            return;
        }
        let mut constant = false;
        for alternative in value.alternatives() {
            if let Some(bytes) = super::super::fold::raw(&alternative) {
                constant = true;
                self.record_child(what, &bytes, Some(Format::Python), at);
            }
        }
        if !constant {
            let of = match (value.taint.has(Taint::FILE), &value.rough) {
                // A module of the package, such as the one that holds its version.
                (true, Some(path)) if path.ends_with(".py") => "the content of a module",
                (true, _) => "the content of a file",
                (false, _) => "a computed value",
            };
            self.record_dynamic(&format!("{what} of {of}"), at);
        }
    }
}

/// The taint of a value and of what it holds.
fn deep_taint(value: &Value) -> Taint {
    match &value.what {
        What::Choice(values) => values.iter().fold(value.taint, |all, value| all.with(value.taint)),
        What::Mapping(items) => items
            .iter()
            .take(1024)
            .fold(value.taint, |all, (key, value)| all.with(key.taint).with(value.taint)),
        _ => value.taint,
    }
}
