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

/// A script on its way through.
struct Reader {
    characters: Vec<char>,
    at: usize,
    line: u32,
    quote: Option<char>,
    current: Current,
    /// Delimiters of here-documents that begin after the line.
    pending: Vec<String>,
    depth: u32,
}

impl Reader {
    fn take(&mut self) -> Option<char> {
        let character = self.next()?;
        self.at += 1;
        Some(character)
    }

    fn next(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn rest(&self) -> &[char] {
        self.characters.get(self.at..).unwrap_or_default()
    }

    fn push(&mut self, character: char) {
        self.current.push(character, self.line);
    }

    fn escape(&mut self) {
        match self.take() {
            Some('\n') => self.line += 1,
            Some(escaped) => self.push(escaped),
            None => {}
        }
    }

    fn skip_comment(&mut self) {
        self.at += self.rest().iter().take_while(|character| **character != '\n').count();
    }

    fn here_document(&mut self) {
        let word = delimiter(self.rest().get(1..).unwrap_or_default());
        self.pending.extend(word);
        self.current.end_word();
        self.at += 1;
    }

    fn skip_documents(&mut self) {
        for word in std::mem::take(&mut self.pending) {
            let (used, lines) = document(self.rest(), &word);
            self.at += used;
            self.line += lines;
        }
    }

    /// The content of a substitution, of which the first character is taken.
    fn substitution(&mut self, character: char) -> String {
        let skip = usize::from(character != '`');
        let inner = inside(self.rest().get(skip..).unwrap_or_default(), character == '`');
        let (content, used) = (inner.iter().collect::<String>(), inner.len());
        self.push('$');
        for part in content.chars().take(4096) {
            self.push(part);
        }
        self.at += used + skip + 1;
        content
    }
}

impl Splitter {
    fn script(&mut self, text: &str, line: u32, depth: u32) {
        let mut reader = Reader {
            characters: text.chars().collect(),
            at: 0,
            line,
            quote: None,
            current: Current::default(),
            pending: Vec::new(),
            depth,
        };
        while let Some(character) = reader.take() {
            let next = reader.next();
            match (reader.quote, character) {
                (Some('\''), '\'') | (Some('"'), '"') => reader.quote = None,
                (None, '\'' | '"') => {
                    reader.quote = Some(character);
                    reader.current.word.get_or_insert_default();
                }
                (None | Some('"'), '\\') => reader.escape(),
                (None | Some('"'), '$' | '`' | '<' | '>') if opens(character, next) => {
                    let content = reader.substitution(character);
                    if depth < DEEPEST {
                        self.script(&content, reader.line, depth + 1);
                    }
                    reader.line += content.matches('\n').count() as u32;
                }
                (Some(_), other) => {
                    reader.line += u32::from(other == '\n');
                    reader.push(other);
                }
                (None, other) => self.plain(&mut reader, other, next),
            }
        }
        self.finish(&mut reader, false);
    }

    /// A character outside quotes.
    fn plain(&mut self, reader: &mut Reader, character: char, next: Option<char>) {
        match character {
            '#' if reader.current.word.is_none() => reader.skip_comment(),
            '<' if next == Some('<') => reader.here_document(),
            '\n' | '\r' => {
                self.finish(reader, false);
                reader.line += u32::from(character == '\n');
                reader.skip_documents();
            }
            '|' if next != Some('|') => self.finish(reader, true),
            ';' | '&' | '|' | '(' | ')' | '{' | '}' if !joins(character, &reader.current, next) => {
                self.finish(reader, false);
            }
            blank if blank.is_whitespace() => reader.current.end_word(),
            other => reader.push(other),
        }
    }

    fn finish(&mut self, reader: &mut Reader, piped: bool) {
        reader.current.end_word();
        let words = std::mem::take(&mut reader.current.words);
        if words.is_empty() {
            // `… |` at the end of a line, or `| (`: the pipe goes on.
            return;
        }
        if self.out.commands.len() >= self.limit {
            self.out.cut = true;
            return;
        }
        self.out.commands.push(Command { line: reader.current.line, words, piped, depth: reader.depth });
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
