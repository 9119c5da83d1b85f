//! Which kinds of text a file can be taken for, by structure first and by name second.
//!
//! A text may be several things at once, and every one of them is read. What costs a parse is only tried where cheap signs
//! are there. Prose must not become code: it has no statements.

use crate::cursor::Cursor;
use crate::encoding::{self, Encoding};
use crate::format::Format;
use crate::identify::Probe;
use crate::json::token::{JsonError, Options, Token, Tokenizer};
use crate::node::{Candidate, Strength};

/// What a text can be taken for; nothing if it is not text.
pub fn probe(probe: &Probe<'_>) -> Vec<Candidate> {
    let mut found = wide_json(probe);
    if !is_text(&probe.head, probe.source.len()) && !is_cut_code(probe) {
        return found;
    }
    let text = decode(&probe.head);
    let mut add = |format, strength, evidence| {
        if !found.iter().any(|candidate: &Candidate| candidate.format == format) {
            found.push(Candidate { format, strength, evidence });
        }
    };
    json(probe, &text, &mut add);
    if !is_cython(probe.name) {
        interpreter(&text, &mut add);
    }
    named(probe, &text, &mut add);
    shaped(probe, &text, &mut add);
    if found.is_empty() {
        let format = plain_format(probe.name, &probe.head);
        found.push(Candidate { format, strength: Strength::Plausible, evidence: "printable text" });
    }
    found
}

type Add<'a> = dyn FnMut(Format, Strength, &'static str) + 'a;

/// UTF-8 (a character may be cut at the end), UTF-16 with a mark, or bytes of which nearly all print.
fn is_text(head: &[u8], len: u64) -> bool {
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return len.is_multiple_of(2) && is_utf16_text(head);
    }
    let controls = head.iter().filter(|byte| is_control(**byte)).count();
    if head.contains(&0) || controls.saturating_mul(20) > head.len() {
        return false;
    }
    match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) if error.error_len().is_none() && (head.len() as u64) < len => true,
        // One of the old eight-bit encodings: mostly letters and spaces all the same.
        Err(_) => {
            let plain =
                head.iter().filter(|byte| byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace()).count();
            controls == 0 && plain.saturating_mul(10) >= head.len().saturating_mul(6)
        }
    }
}

/// Code with a null byte in it: some interpreters refuse it, others run what stands before.
fn is_cut_code(probe: &Probe<'_>) -> bool {
    let code = ["py", "pyw", "sh", "jinja"];
    let before = memchr::memchr(0, &probe.head).and_then(|at| probe.head.get(..at)).unwrap_or_default();
    code.contains(&ending(probe.name).as_str())
        && before.contains(&b'\n')
        && is_text(before, before.len() as u64)
}

fn is_control(byte: u8) -> bool {
    matches!(byte, 0..=8 | 11 | 14..=26 | 28..=31 | 127)
}

fn is_utf16_text(head: &[u8]) -> bool {
    let text = decode(head);
    let odd = text
        .chars()
        .filter(|c| *c == char::REPLACEMENT_CHARACTER || (c.is_control() && !c.is_whitespace()))
        .count();
    odd.saturating_mul(20) <= text.chars().count()
}

/// The first bytes of a file as text, for looking at only: many a text is in UTF-16.
pub(crate) fn decode(head: &[u8]) -> String {
    let little = head.starts_with(b"\xff\xfe");
    if !little && !head.starts_with(b"\xfe\xff") {
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        return String::from_utf8_lossy(head).into_owned();
    }
    let units = head.get(2..).unwrap_or_default().chunks_exact(2).map(|pair| match pair {
        [low, high] if little => u16::from_le_bytes([*low, *high]),
        [high, low] => u16::from_be_bytes([*high, *low]),
        _ => 0,
    });
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

fn ending(name: &str) -> String {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    file.rsplit_once('.').map_or(String::new(), |(_, ending)| ending.to_ascii_lowercase())
}

/// The formats that have no parser of their own, by name and first characters.
pub(super) fn plain_format(name: &str, head: &[u8]) -> Format {
    const ENDINGS: &[(Format, &[&str])] = &[
        (Format::JsonLines, &["jsonl", "ndjson"]),
        (Format::Markdown, &["md", "markdown"]),
        (Format::Csv, &["csv", "tsv", "tab", "psv"]),
        (Format::Toml, &["toml"]),
        (Format::Html, &["html", "htm"]),
        (Format::Xml, &["xml", "svg", "pmml"]),
    ];
    let text = decode(head.get(..head.len().min(4096)).unwrap_or_default());
    let start =
        text.trim_start().get(..64.min(text.trim_start().len())).unwrap_or_default().to_ascii_lowercase();
    if start.starts_with("<!doctype html") || start.starts_with("<html") {
        return Format::Html;
    }
    if start.starts_with("<?xml") || start.starts_with("<svg") {
        return Format::Xml;
    }
    let ending = ending(name);
    ENDINGS
        .iter()
        .find(|(_, endings)| endings.contains(&ending.as_str()))
        .map_or(Format::Text, |(format, _)| *format)
}

/// What reading the head as JSON came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Json {
    /// A whole document.
    Whole,
    /// A whole document, and another behind it on a new line.
    Lines,
    /// No break as far as the head goes.
    Begun,
    /// A break after enough that it was meant to be one.
    Broken,
    No,
}

fn json(probe: &Probe<'_>, text: &str, add: &mut Add<'_>) {
    let named = matches!(ending(probe.name).as_str(), "json" | "ipynb");
    let lines_named = matches!(ending(probe.name).as_str(), "jsonl" | "ndjson");
    match (read_json(probe, text), named) {
        (Json::Lines, _) => add(Format::JsonLines, Strength::Certain, "a JSON document on every line"),
        (Json::Whole | Json::Begun, _) if lines_named => {
            add(Format::JsonLines, Strength::Certain, "a JSON document on every line");
        }
        (Json::Whole, _) => add(Format::Json, Strength::Certain, "a JSON document"),
        (Json::Begun, _) => add(Format::Json, Strength::Certain, "the beginning of a JSON document"),
        (Json::Broken, _) if lines_named => {}
        (Json::Broken, _) => add(Format::Json, Strength::Plausible, "a JSON document with a break"),
        (Json::No, true) => add(Format::Json, Strength::Name, "name"),
        (Json::No, false) => return,
    }
    let cells = text.contains("\"cells\"") || text.contains("\"worksheets\"");
    if cells && (text.contains("\"cell_type\"") || text.contains("\"nbformat\""))
        || ending(probe.name) == "ipynb"
    {
        add(Format::Notebook, Strength::Certain, "a JSON document with cells");
    }
}

/// JSON in two or four bytes for each character, as Python reads it with a mark and without.
fn wide_json(probe: &Probe<'_>) -> Vec<Candidate> {
    let wide = encoding::of_json(&probe.head);
    let first = encoding::text(probe.head.get(..64.min(probe.head.len())).unwrap_or_default(), wide);
    if wide == Encoding::Bytes || !first.trim_start().starts_with(['{', '[']) {
        return Vec::new();
    }
    let json = |strength| Candidate {
        format: Format::Json,
        strength,
        evidence: "a JSON document in wide characters",
    };
    match tokens_of_json(probe, &encoding::text(&probe.head, wide)) {
        Json::No => Vec::new(),
        Json::Broken => vec![json(Strength::Plausible)],
        Json::Whole | Json::Begun | Json::Lines => vec![json(Strength::Certain)],
    }
}

fn read_json(probe: &Probe<'_>, text: &str) -> Json {
    let trimmed = text.trim_start();
    if !trimmed.starts_with(['{', '['])
        || text.len() != probe.head.len() && !probe.starts_with(b"\xef\xbb\xbf")
    {
        return Json::No;
    }
    tokens_of_json(probe, text)
}

fn tokens_of_json(probe: &Probe<'_>, text: &str) -> Json {
    let head = crate::source::Memory::new(text.as_bytes().to_vec());
    let whole = probe.source.len() <= Probe::HEAD as u64;
    let options = Options { depth: 4096, text: 64, python_numbers: true };
    let mut tokens = Tokenizer::new(Cursor::new(&head, 0), options);
    let mut keys = 0_u32;
    let mut count = 0_u32;
    let mut stopped = None;
    for token in tokens.by_ref() {
        match token {
            Ok((token, _)) => {
                count = count.saturating_add(1);
                keys = keys.saturating_add(u32::from(matches!(token, Token::Key(_))));
            }
            Err(error) => stopped = Some(error),
        }
    }
    match stopped {
        None => {
            let rest = text.get(usize::try_from(tokens.offset()).unwrap_or(usize::MAX)..).unwrap_or_default();
            after_document(rest)
        }
        Some(JsonError::Truncated { .. } | JsonError::Read(_)) if !whole && count >= 2 => Json::Begun,
        Some(JsonError::Depth { .. }) => Json::Begun,
        Some(_) if keys >= 1 && count >= 3 => Json::Broken,
        Some(JsonError::Truncated { .. }) => Json::Broken,
        Some(_) => Json::No,
    }
}

fn after_document(rest: &str) -> Json {
    let next = rest.trim_start();
    let on_new_line = rest.get(..rest.len().saturating_sub(next.len())).unwrap_or_default().contains('\n');
    match next.chars().next() {
        None => Json::Whole,
        Some('{' | '[') if on_new_line => Json::Lines,
        Some(_) => Json::Broken,
    }
}

/// `#!` names who runs it.
fn interpreter(text: &str, add: &mut Add<'_>) {
    let Some(line) = text.strip_prefix("#!").and_then(|rest| rest.lines().next()) else { return };
    let words = line.split([' ', '\t', '/']).filter(|word| !word.is_empty());
    for word in words {
        let word = word.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        match word {
            "python" | "pypy" => add(Format::Python, Strength::Plausible, "interpreter line"),
            "sh" | "bash" | "zsh" | "dash" | "ksh" | "ash" | "fish" | "csh" | "tcsh" | "pwsh" => {
                add(Format::Shell, Strength::Plausible, "interpreter line");
            }
            _ => {}
        }
    }
}

/// What the name announces, where content does not speak against it.
fn named(probe: &Probe<'_>, text: &str, add: &mut Add<'_>) {
    const ENDINGS: &[(Format, &[&str])] = &[
        (Format::Python, &["py", "pyw", "pyi"]),
        (Format::Shell, &["sh", "bash", "zsh", "ksh", "bat", "cmd", "ps1"]),
        (Format::Template, &["jinja", "jinja2", "j2"]),
        (Format::Yaml, &["yaml", "yml"]),
        (Format::PathConfiguration, &["pth"]),
    ];
    let ending = ending(probe.name);
    for (format, endings) in ENDINGS {
        if endings.contains(&ending.as_str()) {
            add(*format, Strength::Plausible, "name, and printable text");
        }
    }
    let file = probe.name.rsplit(['/', '\\']).next().unwrap_or_default();
    if matches!(file, ".bashrc" | ".profile" | ".bash_profile" | ".zshrc" | ".envrc") {
        add(Format::Shell, Strength::Plausible, "name, and printable text");
    }
    if crate::git::holds_settings(probe.name) {
        add(Format::GitConfig, Strength::Plausible, "name, and printable text");
    }
    if file.eq_ignore_ascii_case("Modelfile")
        || ending == "modelfile"
        || file.starts_with("Modelfile.")
        || crate::modelfile::is_modelfile(text)
    {
        add(Format::Modelfile, Strength::Plausible, "instructions of Ollama");
    }
    if matches!(file, "MLmodel" | "MLproject" | "Kitfile" | ".clearml") || ending == "kitfile" {
        add(Format::Yaml, Strength::Plausible, "name, and printable text");
    }
    let plain = plain_format(probe.name, text.as_bytes());
    if plain != Format::Text {
        add(plain, Strength::Plausible, "name, and printable text");
    }
}

/// What the text looks like, whatever its name.
fn shaped(probe: &Probe<'_>, text: &str, add: &mut Add<'_>) {
    let ending = ending(probe.name);
    let is_json = text.trim_start().starts_with(['{', '[']);
    // Code that writes YAML quotes its tags.
    if text.contains("!!python/") && !(ending == "py" && looks_like_python(text))
        || (text.starts_with("---\n") || text.starts_with("%YAML")) && ending != "md"
    {
        add(Format::Yaml, Strength::Plausible, "the marks of a YAML document");
    }
    let documentation = matches!(
        ending.as_str(),
        "md" | "markdown" | "rst" | "html" | "htm" | "tex" | "sty" | "cls" | "py" | "json"
    );
    // Records of packages quote their documentation.
    let documentation = documentation || text.starts_with("Metadata-Version: ");
    if !documentation && !is_whole_json(is_json, text) && text.contains("{%") && text.contains("%}") {
        add(Format::Template, Strength::Plausible, "template tags");
    }
    if !is_json && !is_cython(probe.name) && !is_run_by_another(probe.name, text) && looks_like_python(text) {
        add(Format::Python, Strength::Plausible, "Python statements");
    } else if matches!(ending.as_str(), "" | "txt" | "dat" | "data" | "xls" | "xlsx")
        && crate::table::delimiter(text).is_some()
    {
        add(Format::Csv, Strength::Plausible, "as many values in every line");
    }
}

/// Whether the first line or the name says that something else than Python runs it.
fn is_run_by_another(name: &str, text: &str) -> bool {
    let line = text.strip_prefix("#!").and_then(|rest| rest.lines().next());
    let python = |line: &str| line.contains("python") || line.contains("pypy");
    match line {
        Some(line) => !python(line),
        None => matches!(
            ending(name).as_str(),
            "sh" | "bash"
                | "zsh"
                | "ksh"
                | "php"
                | "pl"
                | "rb"
                | "js"
                | "mjs"
                | "cjs"
                | "ts"
                | "lua"
                | "vbs"
                | "wsf"
        ),
    }
}

/// Cython has the statements of Python and others; it is compiled, never imported. Builders fill in its templates first.
fn is_cython(name: &str) -> bool {
    let name = name.strip_suffix(".in").or_else(|| name.strip_suffix(".tp")).unwrap_or(name);
    matches!(ending(name).as_str(), "pyx" | "pxd" | "pxi")
}

/// A template may itself begin with a brace; a JSON document is handled as one.
fn is_whole_json(begins_with_bracket: bool, text: &str) -> bool {
    begins_with_bracket
        && !text.trim_start().starts_with("{%")
        && !text.trim_start().starts_with("{{")
        && !text.trim_start().starts_with("{#")
}

/// Whether most lines are Python: at least one statement that does something, and hardly any prose.
fn looks_like_python(text: &str) -> bool {
    let mut telling = 0_u32;
    let mut code = 0_u32;
    let mut all = 0_u32;
    let mut in_string = false;
    let mut foreign = 0_u32;
    for line in text.lines().take(400) {
        let quotes = line.matches("\"\"\"").count().saturating_add(line.matches("'''").count());
        let inside = in_string;
        in_string ^= quotes % 2 == 1;
        let line = line.trim();
        if inside
            || line.is_empty()
            || line.starts_with('#')
            || line.starts_with("\"\"\"")
            || line.starts_with("'''")
        {
            continue;
        }
        if line.starts_with("```") {
            return false;
        }
        all = all.saturating_add(1);
        foreign = foreign.saturating_add(u32::from(is_of_c(line) || is_of_cmake(line)));
        let tells = is_telling(line);
        telling = telling.saturating_add(u32::from(tells));
        code = code.saturating_add(u32::from(tells || is_code_like(line)));
    }
    telling >= 1 && code.saturating_mul(10) >= all.saturating_mul(7) && foreign.saturating_mul(4) < all
}

/// A line as C and its kin have them, and as Python has only inside brackets: comments, and braces around blocks.
fn is_of_c(line: &str) -> bool {
    line.starts_with("//")
        || line.starts_with("/*")
        || line.starts_with("* ")
        || line.ends_with(") {")
        || line.ends_with("};")
        || matches!(line, "{" | "}" | "*" | "*/")
}

/// A command of `CMake`: words in brackets with nothing but space between them, which Python has nowhere.
fn is_of_cmake(line: &str) -> bool {
    const OPERATORS: &[&str] =
        &["and", "or", "not", "in", "is", "if", "else", "for", "lambda", "await", "async", "yield", "from"];
    let Some((command, rest)) = line.split_once('(') else { return false };
    let word = |word: &str| {
        !word.is_empty()
            && !OPERATORS.contains(&word)
            && word.chars().all(|c| c.is_ascii_alphanumeric() || "_${}./-\"".contains(c))
    };
    let arguments = rest.strip_suffix(')').unwrap_or(rest);
    let mut words = arguments.split_whitespace();
    let commanded = word(command.trim_end()) && !command.contains(['.', '"']);
    let ends = command.starts_with("end") && rest == ")";
    commanded && (ends || words.clone().count() > 1 && words.all(word))
}

/// A statement that prose does not hold.
fn is_telling(line: &str) -> bool {
    const CALLS: &[&str] =
        &["__import__(", "exec(", "eval(", "os.system(", "subprocess.", "compile(", "getattr("];
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["import", modules @ ..] if !modules.is_empty() => {
            line.get(7..).unwrap_or_default().split([',', ';']).next().is_some_and(|module| {
                let mut parts = module.split_whitespace();
                parts.next().is_some_and(is_dotted) && matches!(parts.next(), None | Some("as" | "#"))
            })
        }
        ["from", module, "import", ..] => is_dotted(module),
        ["def", rest @ ..] | ["async", "def", rest @ ..] => {
            rest.iter().any(|word| word.contains('(')) && line.contains(':')
        }
        ["class", rest @ ..] => !rest.is_empty() && line.trim_end().ends_with(':'),
        _ => {
            let call = CALLS.iter().find_map(|call| line.split_once(call)).map(|(before, _)| before);
            call.is_some_and(|before| before.split_whitespace().count() <= 3)
                && !line.ends_with(['.', '!', '?', ';'])
        }
    }
}

fn is_dotted(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c == '.' || c == '_' || c.is_alphanumeric())
}

/// A line that could be part of a program: assignments, calls, block openers, brackets.
fn is_code_like(line: &str) -> bool {
    const KEYWORDS: &[&str] = &[
        "if ", "elif ", "else:", "for ", "while ", "try:", "except", "finally:", "with ", "return", "raise",
        "yield", "pass", "break", "continue", "@", "assert ", "del ", "global ", "lambda", "await ",
    ];
    let opens = line.ends_with([':', '(', '[', '{', ',', ')', ']', '}', '\\']);
    let keyword = KEYWORDS.iter().any(|word| line.starts_with(word));
    let assigns = line.split_once('=').is_some_and(|(left, _)| {
        !left.is_empty() && left.split_whitespace().count() <= 3 && !left.contains(['<', '"'])
    });
    let calls = line.contains('(') && line.contains(')') && line.split_whitespace().count() <= 12 && opens;
    assigns
        || calls
        || keyword && (opens || line.split_whitespace().count() <= 6)
        || opens && !line.contains(". ")
}
