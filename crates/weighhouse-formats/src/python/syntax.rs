//! Source bytes to a syntax tree: encoding, a bound on nesting, and ruff's parser, which is not named outside this folder.
//!
//! A recursive parser overflows its stack on deep nesting, and that kills the process. So the depth is bounded twice before
//! anything recurses: by lines (indentation) and by tokens (brackets, operators, chains). What CPython itself refuses is far
//! below the bound. Ordinary sources are parsed and walked where they are; those that are nested more than a small stack
//! bears, on a thread whose stack fits the bound.

use std::panic::catch_unwind;

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{Mod, Stmt};
use ruff_python_parser::{Mode, ParseOptions, Parsed, lexer, parse_unchecked};

use crate::region::Region;

/// Deepest tree that is parsed. CPython 3.13 stops at 200 brackets, 100 indentations and some thousands of anything.
const DEEPEST: u32 = 3_000;
/// Deepest indentation.
const INDENTED: usize = 200;
/// Stack of the thread that parses and walks what is nested deeply.
const STACK: usize = 512 << 20;
/// Deepest walk on that stack: followed calls add up.
const WALKED: u32 = 12_000;
/// Deepest tree, and deepest walk, that half of a stack of 2 MiB bears. Frames are several times larger without optimisation.
const ORDINARY: (u32, u32) = if cfg!(debug_assertions) { (30, 60) } else { (100, 300) };

/// Decoded source text.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    /// The text that is parsed.
    pub(super) text: String,
    /// The encoding that a cookie declares.
    pub(super) cookie: Option<String>,
    /// Bytes before the text: a byte order mark.
    pub(super) skipped: u64,
    /// Whether offsets in the text are offsets in the bytes.
    pub(super) faithful: bool,
    /// What is odd about the bytes.
    pub(super) odd: Option<&'static str>,
}

/// Decodes source bytes as Python would: byte order mark, cookie, UTF-8; leniently where they are broken.
pub(super) fn decode(bytes: &[u8]) -> Decoded {
    let (bytes, skipped) = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (rest, 3),
        None => (bytes, 0),
    };
    let cookie = cookie(bytes);
    let mut out = Decoded { cookie, skipped, faithful: true, ..Decoded::default() };
    if let Ok(text) = std::str::from_utf8(bytes) {
        text.clone_into(&mut out.text);
    } else {
        let latin = out.cookie.as_deref().is_some_and(|name| {
            ["latin", "iso8859", "iso-8859", "cp125", "windows-125", "l1"]
                .iter()
                .any(|known| name.starts_with(known))
        });
        out.faithful = false;
        if latin {
            out.text = bytes.iter().copied().map(char::from).collect();
        } else {
            out.text = String::from_utf8_lossy(bytes).into_owned();
            out.odd = Some("the text is not valid UTF-8 and declares no other encoding");
        }
    }
    if out.text.contains('\0') {
        out.odd = Some("the text contains null characters, which Python refuses or cuts at");
        out.text = out.text.replace('\0', " ");
    }
    out
}

/// Lines with their ends, as universal newlines have them; `shift` bytes come before.
pub(super) fn rows(bytes: &[u8], shift: u64) -> Vec<Region> {
    let mut rows = Vec::new();
    let mut start = 0;
    for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
        let joined = bytes.get(at) == Some(&b'\r') && bytes.get(at + 1) == Some(&b'\n');
        if !joined {
            rows.push(Region::new(shift + start as u64, shift + at as u64 + 1));
            start = at + 1;
        }
    }
    if start < bytes.len() {
        rows.push(Region::new(shift + start as u64, shift + bytes.len() as u64));
    }
    rows
}

/// The encoding cookie of the first two lines (PEP 263).
fn cookie(bytes: &[u8]) -> Option<String> {
    bytes.split(|byte| matches!(byte, b'\n' | b'\r')).take(2).find_map(|line| {
        let line = String::from_utf8_lossy(line.get(..line.len().min(512))?).into_owned();
        let comment = line.trim_start_matches([' ', '\t', '\x0c']).strip_prefix('#')?.to_owned();
        let (_, after) = comment.split_once("coding")?;
        let name = after.strip_prefix([':', '='])?.trim_start_matches([' ', '\t']);
        let end =
            name.find(|character: char| !character.is_ascii_alphanumeric() && !"-_.".contains(character));
        let name = name.get(..end.unwrap_or(name.len()))?;
        (!name.is_empty()).then(|| name.to_ascii_lowercase())
    })
}

/// Whether an encoding gives the same characters for ASCII bytes, so that what a reader sees is what runs.
pub(super) fn is_transparent(encoding: &str) -> bool {
    let name = encoding.replace('_', "-");
    [
        "utf-8",
        "utf8",
        "ascii",
        "us-ascii",
        "latin",
        "iso-8859",
        "iso8859",
        "cp125",
        "windows-125",
        "cp437",
        "cp850",
        "koi8",
        "euc-",
        "gbk",
        "gb2312",
        "gb18030",
        "big5",
        "shift-jis",
        "sjis",
        "cp932",
        "mac-roman",
        "l1",
    ]
    .iter()
    .any(|known| name.starts_with(known))
}

/// How a text is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Python,
    /// With `!command`, `%magic` and `?help`.
    Notebook,
}

impl Dialect {
    fn mode(self) -> Mode {
        match self {
            Self::Python => Mode::Module,
            Self::Notebook => Mode::Ipython,
        }
    }
}

/// What came of parsing.
pub(super) enum Outcome<T> {
    /// What the caller made of the tree.
    Parsed(T),
    /// The source is nested too deeply to be parsed safely.
    TooDeep,
    /// No thread could be started.
    NoThread(String),
}

/// Parses and gives `walk` the statements, the syntax errors and how deep it may recurse. `walk` says whether it would have
/// had to go deeper; where that was on the small stack of the caller, it is asked again on a large one.
pub(super) fn parse<T: Send>(
    text: &str,
    dialect: Dialect,
    walk: impl Fn(&[Stmt], Vec<String>, u32) -> (T, bool) + Sync,
) -> Outcome<T> {
    let (tree, walked) = ORDINARY;
    let Some(deepest) = deepest(text, dialect) else { return Outcome::TooDeep };
    if deepest <= tree
        && let (value, false) = parse_here(text, dialect, |body, errors| walk(body, errors, walked))
    {
        return Outcome::Parsed(value);
    }
    let work = || parse_here(text, dialect, |body, errors| walk(body, errors, WALKED));
    std::thread::scope(|scope| {
        match std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work) {
            Ok(handle) => match handle.join() {
                Ok((value, _)) => Outcome::Parsed(value),
                Err(panic) => std::panic::resume_unwind(panic),
            },
            Err(error) => Outcome::NoThread(error.to_string()),
        }
    })
}

fn parse_here<T>(text: &str, dialect: Dialect, walk: impl FnOnce(&[Stmt], Vec<String>) -> T) -> T {
    let (parsed, failed) = tree(text, dialect);
    let errors: Vec<String> = parsed
        .errors()
        .iter()
        .take(20)
        .map(|error| format!("{} at byte {}", error.error, u32::from(error.location.start())))
        .chain(failed)
        .collect();
    match parsed.syntax() {
        Mod::Module(module) => walk(&module.body, errors),
        Mod::Expression(_) => walk(&[], errors),
    }
}

/// The syntax tree. The library panics on notebooks in which a bracket is left open before a line that begins with `%%` or
/// `?`; those are read again as plain Python, so that the broken line does not hide the others.
fn tree(text: &str, dialect: Dialect) -> (Parsed<Mod>, Option<String>) {
    let parse = |mode: Mode| parse_unchecked(text, ParseOptions::from(mode));
    if dialect == Dialect::Python {
        return (parse(Mode::Module), None);
    }
    match catch_unwind(|| parse(dialect.mode())) {
        Ok(parsed) => (parsed, None),
        Err(_) => (
            parse(Mode::Module),
            Some("the commands of this notebook cannot be told from its code".to_owned()),
        ),
    }
}

/// Whether a text is complete in itself: what follows it on a line of its own is not drawn into a string, bracket or
/// command that it leaves open.
pub(super) fn is_closed(text: &str, dialect: Dialect) -> bool {
    let followed = format!("{text}\n\nx");
    let mut lexer = lexer::lex(&followed, dialect.mode());
    let mut open = 0_u32;
    let (mut before, mut last) = (TokenKind::Newline, TokenKind::Newline);
    for _ in 0..most_tokens(&followed) {
        let kind = lexer.next_token();
        match kind {
            TokenKind::EndOfFile => {
                let own = matches!(
                    before,
                    TokenKind::Newline | TokenKind::NonLogicalNewline | TokenKind::Dedent | TokenKind::Indent
                );
                return open == 0 && own && last == TokenKind::Name;
            }
            TokenKind::Lpar
            | TokenKind::Lsqb
            | TokenKind::Lbrace
            | TokenKind::FStringStart
            | TokenKind::TStringStart => open = open.saturating_add(1),
            TokenKind::Rpar
            | TokenKind::Rsqb
            | TokenKind::Rbrace
            | TokenKind::FStringEnd
            | TokenKind::TStringEnd => open = open.saturating_sub(1),
            _ => {}
        }
        // The end of the text itself is not of interest.
        if !(kind == TokenKind::Newline && last == TokenKind::Name) {
            before = std::mem::replace(&mut last, kind);
        }
    }
    false
}

/// A lexer that stays where it is would never end: there are at most a few tokens per byte.
fn most_tokens(text: &str) -> usize {
    text.len().saturating_mul(4).saturating_add(10_000)
}

/// One pass over lines and tokens: how deep the tree can be at most; nothing if that is not safe to parse.
fn deepest(text: &str, dialect: Dialect) -> Option<u32> {
    let indented = indentation(text);
    if indented > INDENTED {
        return None;
    }
    let mut lexer = lexer::lex(text, dialect.mode());
    let mut depth = Depth::default();
    for _ in 0..most_tokens(text) {
        match lexer.next_token() {
            TokenKind::EndOfFile => return Some(depth.most.saturating_add(indented as u32)),
            kind if !depth.token(kind) => return None,
            _ => {}
        }
    }
    None
}

/// The deepest stack of growing indentations, whatever brackets and strings are around.
fn indentation(text: &str) -> usize {
    let mut stack: Vec<usize> = vec![0];
    let mut deepest = 0;
    for line in text.split(['\n', '\r']) {
        let width = line.len() - line.trim_start_matches([' ', '\t', '\x0c']).len();
        if width == line.len() {
            continue;
        }
        while stack.last().is_some_and(|top| *top > width) {
            stack.pop();
        }
        if stack.last().is_none_or(|top| *top < width) {
            stack.push(width);
        }
        deepest = deepest.max(stack.len());
    }
    deepest
}

/// An upper bound of the depth of the tree at the current token.
#[derive(Default)]
struct Depth {
    /// Per open bracket: depth of the chain in it, and of its lambdas, whose parameters have commas of their own.
    frames: Vec<(u32, u32)>,
    chain: u32,
    lambdas: u32,
    sum: u32,
    /// The largest sum so far.
    most: u32,
}

impl Depth {
    /// Takes one token; false if the depth is over the bound.
    fn token(&mut self, kind: TokenKind) -> bool {
        match kind {
            TokenKind::Lpar
            | TokenKind::Lsqb
            | TokenKind::Lbrace
            | TokenKind::FStringStart
            | TokenKind::TStringStart => {
                self.chain += 1;
                self.sum += 1;
                self.frames.push((self.chain, self.lambdas));
                (self.chain, self.lambdas) = (0, 0);
            }
            TokenKind::Rpar
            | TokenKind::Rsqb
            | TokenKind::Rbrace
            | TokenKind::FStringEnd
            | TokenKind::TStringEnd => {
                if let Some((chain, lambdas)) = self.frames.pop() {
                    self.sum = self.sum.saturating_sub(self.chain.saturating_add(self.lambdas));
                    (self.chain, self.lambdas) = (chain, lambdas);
                }
            }
            TokenKind::Comma => {
                self.sum = self.sum.saturating_sub(self.chain);
                self.chain = 0;
            }
            TokenKind::Newline | TokenKind::Semi if self.frames.is_empty() => {
                (self.chain, self.lambdas, self.sum) = (0, 0, 0);
            }
            TokenKind::Lambda => {
                self.lambdas += 1;
                self.sum += 1;
            }
            // Targets of an assignment and parts of a slice are not nested in one another.
            TokenKind::Equal
            | TokenKind::Colon
            | TokenKind::Name
            | TokenKind::String
            | TokenKind::Int
            | TokenKind::Float
            | TokenKind::Complex
            | TokenKind::Comment
            | TokenKind::NonLogicalNewline
            | TokenKind::Newline
            | TokenKind::Indent
            | TokenKind::Dedent
            | TokenKind::FStringMiddle
            | TokenKind::TStringMiddle => {}
            _ => {
                self.chain += 1;
                self.sum += 1;
            }
        }
        self.most = self.most.max(self.sum);
        self.sum <= DEEPEST
    }
}

/// Whether a long constant looks like base64, hexadecimal or escaped bytes rather than prose or data for people.
pub(super) fn looks_encoded(text: &str) -> bool {
    let total = text.len();
    let dense = text
        .bytes()
        .filter(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'_' | b'-' | b'\\')
        })
        .count();
    let spaces = text.bytes().filter(u8::is_ascii_whitespace).count();
    let distinct = text.bytes().fold([false; 256], |mut seen, byte| {
        if let Some(slot) = seen.get_mut(usize::from(byte)) {
            *slot = true;
        }
        seen
    });
    let varied = distinct.iter().filter(|seen| **seen).count() >= 14;
    varied && dense * 100 >= total * 92 && spaces * 50 <= total
}
