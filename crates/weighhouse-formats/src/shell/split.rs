//! Splits script text into commands and words: quotes, escapes, separators, substitutions, comments, here-documents.
//!
//! POSIX shells are the model; `PowerShell` and batch files are split by the same rules, which serves to find what they
//! call. Substitutions are commands of their own, nested at most [`DEEPEST`] deep; deeper ones are kept as text.

/// How deep substitutions are followed.
const DEEPEST: u32 = 16;

/// A command: its line, its words without quotes, and whether its output goes to the next one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Command {
    pub(super) line: u32,
    pub(super) words: Vec<String>,
    /// Ends with a pipe.
    pub(super) piped: bool,
    /// How deep in substitutions it stands.
    pub(super) depth: u32,
}

/// What splitting yields.
#[derive(Debug, Default)]
pub(super) struct Split {
    pub(super) commands: Vec<Command>,
    /// Whether commands were left out because of the limit.
    pub(super) cut: bool,
}

/// Splits a script into at most `limit` commands.
pub(super) fn split(text: &str, limit: usize) -> Split {
    let mut splitter = Splitter { out: Split::default(), limit };
    splitter.script(text, 1, 0);
    splitter.out
}

struct Splitter {
    out: Split,
    limit: usize,
}

/// The command being read.
#[derive(Default)]
struct Current {
    words: Vec<String>,
    word: Option<String>,
    line: u32,
}

impl Current {
    fn push(&mut self, character: char, line: u32) {
        if self.words.is_empty() && self.word.is_none() {
            self.line = line;
        }
        self.word.get_or_insert_default().push(character);
    }

    fn end_word(&mut self) {
        self.words.extend(self.word.take());
    }
}

impl Splitter {
    fn script(&mut self, text: &str, first_line: u32, depth: u32) {
        let characters: Vec<char> = text.chars().collect();
        let mut line = first_line;
        let mut at = 0;
        let mut current = Current::default();
        let mut quote = None;
        let mut pending: Vec<String> = Vec::new();
        while let Some(&character) = characters.get(at) {
            let next = characters.get(at + 1).copied();
            let rest = characters.get(at + 1..).unwrap_or_default();
            at += 1;
            match (quote, character) {
                (Some('\''), '\'') | (Some('"'), '"') => quote = None,
                (None, '\'' | '"') => {
                    quote = Some(character);
                    current.word.get_or_insert_default();
                }
                (None | Some('"'), '\\') => {
                    if let Some(escaped) = next {
                        at += 1;
                        if escaped == '\n' {
                            line += 1;
                        } else {
                            current.push(escaped, line);
                        }
                    }
                }
                (None | Some('"'), '$' | '`' | '<' | '>') if opens(character, next) => {
                    let skip = usize::from(character != '`');
                    let inner = inside(rest.get(skip..).unwrap_or_default(), character == '`');
                    let content: String = inner.iter().collect();
                    current.push('$', line);
                    for part in content.chars().take(4096) {
                        current.push(part, line);
                    }
                    if depth < DEEPEST {
                        self.script(&content, line, depth + 1);
                    }
                    line += content.matches('\n').count() as u32;
                    at += inner.len() + skip + 1;
                }
                (Some(_), other) => {
                    line += u32::from(other == '\n');
                    current.push(other, line);
                }
                (None, '#') if current.word.is_none() => {
                    at += rest.iter().take_while(|character| **character != '\n').count();
                }
                (None, '<') if next == Some('<') => {
                    let word = delimiter(rest.get(1..).unwrap_or_default());
                    pending.extend(word);
                    current.end_word();
                    at += 1;
                }
                (None, '\n' | '\r') => {
                    self.finish(&mut current, false, depth);
                    line += u32::from(character == '\n');
                    for word in pending.drain(..) {
                        let (used, lines) = document(characters.get(at..).unwrap_or_default(), &word);
                        at += used;
                        line += lines;
                    }
                }
                (None, '|') if next != Some('|') => self.finish(&mut current, true, depth),
                (None, ';' | '&' | '|' | '(' | ')' | '{' | '}') if !joins(character, &current, next) => {
                    self.finish(&mut current, false, depth);
                }
                (None, blank) if blank.is_whitespace() => current.end_word(),
                (None, other) => current.push(other, line),
            }
        }
        self.finish(&mut current, false, depth);
    }

    fn finish(&mut self, current: &mut Current, piped: bool, depth: u32) {
        current.end_word();
        let words = std::mem::take(&mut current.words);
        if words.is_empty() {
            // `… |` at the end of a line, or `| (`: the pipe goes on.
            return;
        }
        if self.out.commands.len() >= self.limit {
            self.out.cut = true;
            return;
        }
        self.out.commands.push(Command { line: current.line, words, piped, depth });
    }
}

/// Whether a substitution begins: `$(`, a back-quote, `<(`, `>(`.
fn opens(character: char, next: Option<char>) -> bool {
    character == '`' || next == Some('(')
}

/// Braces and ampersands inside words (`${a}`, `2>&1`) separate nothing.
fn joins(character: char, current: &Current, next: Option<char>) -> bool {
    let last = current.word.as_deref().and_then(|word| word.chars().last());
    match character {
        '{' | '}' => current.word.is_some() || next.is_some_and(|next| !next.is_whitespace() && next != ';'),
        '&' => matches!(last, Some('>' | '<')) || next == Some('>'),
        _ => false,
    }
}

/// The characters up to the end of a substitution.
fn inside(rest: &[char], back_quote: bool) -> &[char] {
    let mut open = 1_u32;
    let mut escaped = false;
    let mut quote = None;
    let end = rest.iter().position(|&character| {
        if std::mem::take(&mut escaped) {
            return false;
        }
        match (quote, character) {
            (_, '\\') => escaped = true,
            (None, '`') if back_quote => return true,
            (Some(open), close) if open == close => quote = None,
            (None, '\'' | '"') if !back_quote => quote = Some(character),
            (None, '(') if !back_quote => open += 1,
            (None, ')') if !back_quote => {
                open -= 1;
                return open == 0;
            }
            _ => {}
        }
        false
    });
    rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
}

/// The delimiter of a here-document, without quotes.
fn delimiter(rest: &[char]) -> Option<String> {
    let word: String = rest
        .iter()
        .skip_while(|character| matches!(character, '-' | ' ' | '\t'))
        .take_while(|character| {
            !character.is_whitespace() && !matches!(character, ';' | '|' | '&' | ')' | '<')
        })
        .filter(|character| !matches!(character, '\'' | '"' | '\\'))
        .collect();
    (!word.is_empty()).then_some(word)
}

/// Characters and lines of a here-document, including its last line.
fn document(rest: &[char], word: &str) -> (usize, u32) {
    let (mut used, mut lines) = (0, 0);
    for row in rest.split_inclusive(|character| *character == '\n') {
        used += row.len();
        lines += 1;
        let text: String = row.iter().take(word.len() + 64).collect();
        if text.trim() == word {
            break;
        }
    }
    (used, lines)
}
