//! What the name and the arguments of a call say about it, where nothing else is known.

/// Words for reaching beyond the object that is rebuilt: to programs, code, files, the network. Functions that libraries
/// write to rebuild an object are called after what they rebuild.
const ACTS: &[&str] = &[
    "attach",
    "browse",
    "call",
    "command",
    "compile",
    "connect",
    "delete",
    "dispatch",
    "dlopen",
    "download",
    "embed",
    "eval",
    "evaljs",
    "evaluate",
    "exec",
    "execute",
    "export",
    "fetch",
    "fork",
    "import",
    "imread",
    "inject",
    "install",
    "instantiate",
    "invoke",
    "launch",
    "listen",
    "load",
    "locate",
    "login",
    "main",
    "mount",
    "move",
    "open",
    "patch",
    "pipe",
    "post",
    "read",
    "remove",
    "render",
    "request",
    "resolve",
    "retrieve",
    "rmtree",
    "run",
    "save",
    "script",
    "send",
    "serve",
    "shell",
    "spawn",
    "sql",
    "start",
    "startjvm",
    "submit",
    "system",
    "terminal",
    "unlink",
    "unpickle",
    "upload",
    "urlread",
    "write",
];
/// Words for rebuilding: what libraries write themselves.
const REBUILDS: &[&str] = &[
    "array",
    "build",
    "construct",
    "create",
    "decode",
    "deserialize",
    "factory",
    "from",
    "init",
    "instance",
    "make",
    "new",
    "rebuild",
    "reconstruct",
    "reconstructor",
    "recreate",
    "restore",
    "unpickle",
    "unpickler",
    "wrap",
];

/// Whether the last part of a qualified name says that calling it reaches beyond an object.
pub fn acts(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    if last.starts_with('_') && words(last).any(|word| REBUILDS.contains(&word.as_str())) {
        return false;
    }
    words(last).any(|word| {
        let stem = word.trim_end_matches(|c: char| c.is_ascii_digit());
        ACTS.binary_search(&stem).is_ok()
            || stem.strip_suffix('s').is_some_and(|stem| ACTS.binary_search(&stem).is_ok())
    })
}

/// Whether a name is that of a function, by its spelling, and not one that rebuilds something.
pub fn is_function(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name).trim_start_matches('_');
    last.starts_with(|first: char| first.is_ascii_lowercase())
        && !words(last).any(|word| REBUILDS.contains(&word.as_str()))
}

/// Whether a text names a place outside the file, or is code or a command.
pub fn reaches_out(text: &str) -> bool {
    const BEGINNINGS: &[&str] = &["/", "~/", "./", "\\\\"];
    const PARTS: &[&str] =
        &["://", "../", "$(", "`", "; ", " | ", "|sh", " > ", ">/", "__", "import ", "(\"", "('"];
    let drive = matches!(text.as_bytes(), [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic());
    let program = |end: &&str| text.len() > end.len() && text.to_ascii_lowercase().ends_with(*end);
    text.len() > 1
        && (drive
            || BEGINNINGS.iter().any(|beginning| text.starts_with(beginning))
            || PARTS.iter().any(|part| text.contains(part))
            || [".exe", ".sh", ".so", ".dll", ".bat", ".py", ".ps1"].iter().any(program))
}

/// The words of an identifier: `loadModel` and `load_model` alike.
fn words(name: &str) -> impl Iterator<Item = String> + '_ {
    name.split('_').flat_map(|part| {
        let mut words: Vec<String> = Vec::new();
        let mut capital = true;
        for c in part.chars() {
            if c.is_ascii_uppercase() && !capital || words.is_empty() {
                words.push(String::new());
            }
            capital = c.is_ascii_uppercase();
            if let Some(word) = words.last_mut() {
                word.push(c.to_ascii_lowercase());
            }
        }
        words
    })
}
