//! How much an act of source code weighs: what it does, who does it, and when.

use weighhouse_core::Severity;
use weighhouse_formats::format::Format;
use weighhouse_formats::node::Node;
use weighhouse_formats::python::{PythonCall, PythonFacts, Scope};

use crate::knowledge::commands::{self, Command};
use crate::knowledge::effects::{Effect, effect};
use crate::rule::{Context, quote};

/// What a file is for, which decides what is ordinary in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Imported by a loader: the code of a model, a package, a handler.
    Loaded,
    /// Run by a person who chose to: a script, an installer, a notebook.
    Script,
}

/// The role of the file called `name`. Names are a hint; what is dangerous anywhere does not ask for the role.
pub(super) fn role(name: &str, node: Option<&Node>) -> Role {
    let notebook =
        node.is_some_and(|node| node.readings.iter().any(|reading| reading.format == Format::Notebook));
    let file = name.rsplit('/').next().unwrap_or(name);
    let stem = file.split('.').next().unwrap_or(file);
    let prefixes = [
        "model",
        "configuration",
        "config",
        "tokeniz",
        "process",
        "image_process",
        "feature_extract",
        "pipeline",
    ];
    let loaded = prefixes.iter().any(|prefix| stem.starts_with(prefix))
        || matches!(stem, "__init__" | "handler" | "layers" | "modules" | "attention" | "utils")
        || name.contains("code/__torch__");
    if loaded && !notebook { Role::Loaded } else { Role::Script }
}

/// Reports the calls in the wanted scopes that `weigh` finds bad.
pub(super) fn report_calls(
    facts: &PythonFacts,
    cx: &mut Context<'_>,
    wanted: impl Fn(&Scope) -> bool,
    weigh: fn(Effect, &PythonCall, Role) -> Option<Severity>,
) {
    let role = role(cx.name(), cx.node());
    for call in facts.calls.iter().filter(|call| wanted(&call.scope)) {
        let Some((effect, what)) = effect(&call.callee) else { continue };
        if let Some(severity) = weigh(effect, call, role) {
            cx.report(format!("{} {what}, {}", quote(&call.callee), when(&call.scope)))
                .severity(severity)
                .at(call.region)
                .line(call.line)
                .key(&call.callee)
                .evidence(shown(call))
                .emit();
        }
    }
}

/// How bad a call is while the file is imported; nothing if it is ordinary.
pub(super) fn at_import(effect: Effect, call: &PythonCall, role: Role) -> Option<Severity> {
    use Severity::{Critical, High, Low, Medium};
    let by_role = |loaded, script| Some(if role == Role::Loaded { loaded } else { script });
    match effect {
        Effect::Process => match command(call) {
            Some(Command::Hostile(_)) => Some(Critical),
            Some(Command::Query) => Some(Low),
            Some(Command::Chore) => by_role(High, Medium),
            _ => by_role(Critical, High),
        },
        Effect::Persistence => Some(Critical),
        Effect::Spy => Some(High),
        Effect::Network | Effect::Upload => by_role(High, if is_raw(call) { High } else { Low }),
        Effect::Native | Effect::Delete => by_role(High, Medium),
        Effect::Deserialise | Effect::Interpreter | Effect::Build | Effect::Kill | Effect::Permission => {
            by_role(Medium, Low)
        }
        // What is executed or evaluated is looked at itself when it is a constant, and a hidden target when it is not.
        Effect::Code | Effect::Evaluate => by_role(Medium, Low),
        Effect::Write => hostile_path(call).map(|_| Critical),
        Effect::Compile | Effect::Hub => None,
    }
}

/// How bad a call is in a function or behind `if __name__ == "__main__"`; nothing if it is ordinary.
pub(super) fn later(effect: Effect, call: &PythonCall, role: Role) -> Option<Severity> {
    use Severity::{Critical, High, Low, Medium};
    let hidden = call.via.as_deref().is_some_and(|via| via.contains("getattr") || via.contains("__import__"));
    match effect {
        Effect::Process => match command(call) {
            Some(Command::Hostile(_)) => Some(Critical),
            Some(Command::Query | Command::Chore) => None,
            _ if hidden => Some(High),
            _ if role == Role::Loaded => Some(Medium),
            _ => None,
        },
        Effect::Code | Effect::Evaluate | Effect::Native | Effect::Network if hidden => Some(High),
        Effect::Persistence => Some(High),
        Effect::Spy => Some(Medium),
        Effect::Network if role == Role::Loaded && is_raw(call) => Some(Medium),
        Effect::Network | Effect::Upload if role == Role::Loaded => Some(Low),
        Effect::Write => hostile_path(call).map(|_| High),
        _ => None,
    }
}

/// The command that a call starts, if it is a constant.
pub(super) fn command(call: &PythonCall) -> Option<Command> {
    call.arguments.first().and_then(|argument| argument.value.as_deref()).map(commands::judge)
}

/// Why the place that a call writes to makes it an attack.
pub(super) fn hostile_path(call: &PythonCall) -> Option<&'static str> {
    call.arguments.first().and_then(|argument| argument.value.as_deref()).and_then(commands::hostile_path)
}

/// Sockets and listeners, which models have no use for, as opposed to a plain download.
fn is_raw(call: &PythonCall) -> bool {
    ["socket", "paramiko", "telnetlib", "smtplib", "ftplib", "asyncio", "http.server", "socketserver", "dns"]
        .iter()
        .any(|module| call.callee.split('.').next() == Some(module) || call.callee.starts_with(module))
}

/// A call as text.
fn shown(call: &PythonCall) -> String {
    let arguments: Vec<_> =
        call.arguments.iter().map(|argument| argument.value.as_deref().unwrap_or("…")).collect();
    let text = format!("{}({})", call.callee, arguments.join(", "));
    match &call.via {
        Some(via) => format!("{text} (reached through {via})"),
        None => text,
    }
}

/// When it runs, in words.
pub(super) fn when(scope: &Scope) -> String {
    match scope {
        Scope::Import => "when the file is imported".to_owned(),
        Scope::Main => "when the file is run".to_owned(),
        Scope::Function(name) => format!("in `{name}`"),
    }
}

/// A model of a transformer as its maker would write it: every rule on code is silent on it.
#[cfg(test)]
pub(super) const ORDINARY: &str = "import math\nimport os\nfrom typing import Optional\n\nimport torch\nfrom torch import nn\nfrom transformers import PreTrainedModel\nfrom .configuration_x import XConfig\n\nclass XModel(PreTrainedModel):\n    config_class = XConfig\n\n    def __init__(self, config):\n        super().__init__(config)\n        self.layers = nn.ModuleList([nn.Linear(config.hidden_size, config.hidden_size) for _ in range(config.num_layers)])\n        self.act = getattr(nn, 'GELU')()\n\n    def forward(self, x, mask: Optional[torch.Tensor] = None):\n        for layer in self.layers:\n            x = self.act(layer(x)) / math.sqrt(x.shape[-1])\n        return x\n";
