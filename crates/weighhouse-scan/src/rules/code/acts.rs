//! How much an act of source code weighs: what it does, who does it, and when.

use weighhouse_core::Severity;
use weighhouse_formats::format::Format;
use weighhouse_formats::node::Node;
use weighhouse_formats::python::{PythonCall, PythonFacts, Scope};

use crate::knowledge::commands::{self, Command};
use crate::knowledge::effects::{Effect, effect, is_collector};
use crate::rule::{Context, quote};

/// What a file is for, which decides what is ordinary in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The code of a model: a loader imports it and calls its methods, and it computes.
    Model,
    /// Imported by a loader or by other code: a package, helpers.
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
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| stem.starts_with(prefix));
    let model = [
        "modeling",
        "modelling",
        "configuration_",
        "tokenization",
        "tokenizer",
        "processing_",
        "processor",
        "image_process",
        "video_process",
        "feature_extract",
        "pipeline_",
    ];
    match () {
        () if notebook => Role::Script,
        () if begins(&model)
            || matches!(stem, "handler" | "pipeline")
            || name.contains("custom_generate/") =>
        {
            Role::Model
        }
        () if begins(&["model", "config", "process"])
            || matches!(stem, "__init__" | "layers" | "modules" | "attention" | "utils")
            || name.contains("code/__torch__") =>
        {
            Role::Loaded
        }
        () => Role::Script,
    }
}

/// Methods that a loader, an installer or a deserialiser calls of itself, whatever the file is called.
pub(super) fn is_called_by_loaders(scope: &Scope) -> bool {
    const METHODS: &[&str] = &[
        "__reduce__",
        "__reduce_ex__",
        "__setstate__",
        "__getattr__",
        "_generate_examples",
        "_info",
        "_load_pyfunc",
        "_split_generators",
        "forward",
        "from_pretrained",
        "handle",
        "initialize",
        "load_context",
    ];
    matches!(scope, Scope::Function(name) if name.rsplit('.').next().is_some_and(|last| METHODS.contains(&last)))
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
        let archive =
            || imports_from_archive(call).then_some((Effect::Code, "imports code out of an archive"));
        let Some((effect, what)) = effect(&call.callee).or_else(archive) else { continue };
        // The browser that everybody has set up is only looked up; a text would be the command of another one.
        if call.callee == "webbrowser.get" && call.arguments.is_empty() {
            continue;
        }
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
    let by_role = |loaded, script| Some(if role == Role::Script { script } else { loaded });
    if imports_from_archive(call) || matches!(effect, Effect::Network | Effect::Upload) && collects(call) {
        return Some(High);
    }
    match effect {
        Effect::Process => match command(call) {
            Some(Command::Hostile(_)) => Some(Critical),
            Some(Command::Query) => Some(Low),
            Some(Command::Chore) => by_role(High, Medium),
            _ => by_role(Critical, High),
        },
        Effect::Persistence => Some(Critical),
        Effect::Spy => Some(High),
        // Whether there is a network is asked by looking up a well-known host.
        Effect::Network if is_plain_look_up(call) => Some(Low),
        // A socket alone reaches nobody.
        Effect::Network if role == Role::Script && is_local(call) => Some(Low),
        Effect::Network | Effect::Upload => by_role(High, if is_raw(call) { High } else { Low }),
        Effect::Native | Effect::Delete => by_role(High, Medium),
        Effect::Deserialise | Effect::Interpreter | Effect::Build | Effect::Kill | Effect::Permission => {
            by_role(Medium, Low)
        }
        // What is executed or evaluated is looked at itself when it is a constant, and a hidden target when it is not.
        Effect::Code if !matches!(call.callee.as_str(), "builtins.exec" | "builtins.eval") => {
            by_role(High, Medium)
        }
        Effect::Evaluate if reaches_internals(call) => Some(High),
        // A model computes: what it executes in the open says that it could do something else next time.
        Effect::Code if role == Role::Model && call.callee == "builtins.exec" => Some(High),
        // Who evaluates a constant in the open may be lazy; who looks the evaluator up by its name hides it.
        Effect::Code | Effect::Evaluate if is_hidden(call) => by_role(High, Medium),
        Effect::Code | Effect::Evaluate => by_role(Medium, Low),
        Effect::Write => hostile_path(call).map(|_| Critical),
        Effect::Compile | Effect::Hub => None,
    }
}

/// How bad a call is in a function or behind `if __name__ == "__main__"`; nothing if it is ordinary.
pub(super) fn later(effect: Effect, call: &PythonCall, role: Role) -> Option<Severity> {
    use Severity::{Critical, High, Low, Medium};
    let hidden = is_hidden(call);
    let by_model = |model, loaded, script| match role {
        _ if is_called_by_loaders(&call.scope) => model,
        Role::Model => model,
        Role::Loaded => loaded,
        Role::Script => script,
    };
    if matches!(effect, Effect::Network | Effect::Upload) && collects(call) {
        return by_model(Some(High), Some(High), Some(Medium));
    }
    match effect {
        Effect::Process => match command(call) {
            Some(Command::Hostile(_)) => Some(Critical),
            Some(Command::Query | Command::Chore) => None,
            _ if hidden || runs_a_neighbour(call) => Some(High),
            _ => by_model(Some(High), Some(Medium), None),
        },
        // Functions of a library or of a loaded module are looked up by name: that is no hiding.
        Effect::Native | Effect::Code if call.callee.starts_with("ctypes.") || is_of_loaded_module(call) => {
            None
        }
        Effect::Code | Effect::Evaluate | Effect::Native if hidden => Some(High),
        Effect::Persistence => Some(High),
        Effect::Spy => Some(Medium),
        Effect::Network if hidden => Some(Medium),
        Effect::Network if role != Role::Script && is_raw(call) && !is_plain_look_up(call) => Some(Medium),
        Effect::Network | Effect::Upload if role != Role::Script => Some(Low),
        Effect::Write => hostile_path(call).map(|_| High),
        _ => None,
    }
}

/// Whether what is called was looked up by its name in a way that readers overlook.
fn is_hidden(call: &PythonCall) -> bool {
    const WAYS: &[&str] = &["getattr", "__import__", "__reduce__", "__dict__", "globals()", "a frame"];
    call.via.as_deref().is_some_and(|via| WAYS.iter().any(|way| via.contains(way)))
}

/// The command that a call starts, as far as it is known: one that is put together from parts is only ever found hostile.
pub(super) fn command(call: &PythonCall) -> Option<Command> {
    let first = call.arguments.first()?;
    match (&first.value, &first.outline) {
        (Some(command), _) => Some(commands::judge(command)),
        (None, Some(outline)) => {
            Some(commands::judge(outline)).filter(|found| matches!(found, Command::Hostile(_)))
        }
        (None, None) => None,
    }
}

/// Why the place that a call writes to makes it an attack.
pub(super) fn hostile_path(call: &PythonCall) -> Option<&'static str> {
    let first = || call.arguments.first().and_then(|first| first.text());
    call.path.as_deref().or_else(first).and_then(commands::hostile_path)
}

/// Whether a constant address among the arguments is one that only collects what is sent to it.
fn collects(call: &PythonCall) -> bool {
    let texts = call.arguments.iter().filter_map(|argument| argument.text());
    texts.into_iter().any(|text| is_collector(text).is_some())
}

/// `sys.path.insert(0, 'model.zip')`: imports come out of a file that nobody reads.
fn imports_from_archive(call: &PythonCall) -> bool {
    let archive = |text: &str| {
        let text = text.trim_matches(['\'', '"']);
        [".zip", ".whl", ".egg"].iter().any(|ending| text.ends_with(ending))
    };
    matches!(call.callee.as_str(), "sys.path.insert" | "sys.path.append" | "sys.path.extend")
        && call.arguments.iter().any(|a| a.text().is_some_and(archive))
}

/// An address of a well-known host, asked for by name.
fn is_plain_look_up(call: &PythonCall) -> bool {
    matches!(call.callee.as_str(), "socket.getaddrinfo" | "socket.gethostbyname" | "socket.create_connection")
        && call.arguments.first().is_some_and(|host| host.value.is_some())
        && !collects(call)
}

fn is_local(call: &PythonCall) -> bool {
    let method = call.callee.strip_prefix("socket.socket").unwrap_or("-");
    matches!(method, "" | ".bind" | ".close" | ".getsockname" | ".setsockopt" | ".settimeout" | ".listen")
}

/// An expression for a restricted evaluator that reaches for what it must not have.
fn reaches_internals(call: &PythonCall) -> bool {
    call.arguments.first().and_then(|a| a.value.as_deref()).is_some_and(|text| text.contains("__"))
}

/// A program that lies beside the file.
fn runs_a_neighbour(call: &PythonCall) -> bool {
    let command = call.arguments.first().and_then(|argument| argument.value.as_deref());
    command.is_some_and(|command| command.trim_start_matches(['[', '\'', '"']).starts_with("./"))
}

fn is_of_loaded_module(call: &PythonCall) -> bool {
    call.callee.starts_with("importlib.util.module_from_spec.")
}

/// Sockets and listeners, which models have no use for, as opposed to a plain download.
fn is_raw(call: &PythonCall) -> bool {
    ["socket", "paramiko", "telnetlib", "smtplib", "ftplib", "asyncio", "http.server", "socketserver", "dns"]
        .iter()
        .any(|module| call.callee.split('.').next() == Some(module) || call.callee.starts_with(module))
}

/// A call as text.
fn shown(call: &PythonCall) -> String {
    let arguments: Vec<_> = call.arguments.iter().map(|a| a.text().unwrap_or("…")).collect();
    let path = call.path.as_deref().map_or_else(String::new, |path| format!(" of {path}"));
    let text = format!("{}({}){path}", call.callee, arguments.join(", "));
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
