//! Code: what Python and shell files import, define and do.

use weighhouse_core::{ItemKind, Standing};
use weighhouse_formats::python::{PythonFacts, Scope};
use weighhouse_formats::shell::ShellFacts;

use super::Collector;
use crate::knowledge::effects::{Effect, effect};

pub(super) fn python(facts: &PythonFacts, out: &mut Collector) {
    for import in &facts.imports {
        let name = match &import.name {
            Some(name) if import.module.ends_with('.') => format!("{}{name}", import.module),
            Some(name) => format!("{}.{name}", import.module),
            None => import.module.clone(),
        };
        out.add(ItemKind::Import, &name, "", Standing::Plain);
    }
    for name in &facts.definitions {
        out.add(ItemKind::Definition, name, "", Standing::Plain);
    }
    for call in &facts.calls {
        let Some((effect, what)) = effect(&call.callee) else { continue };
        let standing = match (reach(effect), &call.scope) {
            (false, _) => Standing::Known,
            (true, Scope::Import) => Standing::Dangerous,
            (true, _) => Standing::Unknown,
        };
        out.add(ItemKind::Act, &call.callee, what, standing);
    }
    for dynamic in &facts.dynamic {
        out.add(ItemKind::Act, &dynamic.what, "computed when it runs", Standing::Unknown);
    }
    for flow in &facts.flows {
        let name = format!("{} to {} ({})", flow.source, flow.sink, flow.callee);
        out.add(ItemKind::Act, &name, "flow of data", Standing::Dangerous);
    }
    for (_, command) in &facts.shell_escapes {
        out.add(ItemKind::Command, command, "in a notebook", Standing::Unknown);
    }
}

/// Whether an effect reaches beyond the files that a model program works on.
fn reach(effect: Effect) -> bool {
    match effect {
        Effect::Process
        | Effect::Code
        | Effect::Evaluate
        | Effect::Native
        | Effect::Network
        | Effect::Upload
        | Effect::Delete
        | Effect::Permission
        | Effect::Interpreter
        | Effect::Spy
        | Effect::Kill
        | Effect::Persistence => true,
        Effect::Compile | Effect::Build | Effect::Hub | Effect::Write | Effect::Deserialise => false,
    }
}

pub(super) fn shell(facts: &ShellFacts, out: &mut Collector) {
    for (_, words) in &facts.commands {
        if let Some(program) = words.first() {
            out.add(ItemKind::Command, program, "", Standing::Unknown);
        }
    }
    for (_, line) in &facts.download_and_run {
        out.add(ItemKind::Command, line, "downloads and runs", Standing::Dangerous);
    }
}
