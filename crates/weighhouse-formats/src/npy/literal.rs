//! Python literals as `.npy` headers hold them: dictionaries, tuples, lists, strings, integers, `True`, `False`, `None`.
//!
//! A strict part of what `ast.literal_eval` accepts; whatever else stands there is refused, because old readers hand the
//! header to `eval`. Nesting is bounded. Python 2 wrote long integers with an `L`, which is read.

/// A literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Literal {
    None,
    Bool(bool),
    Int(i128),
    Text(String),
    Tuple(Vec<Self>),
    List(Vec<Self>),
    Dict(Vec<(Self, Spanned)>),
}

/// A value and the text it was written as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spanned {
    pub value: Literal,
    pub written: String,
}

/// Where and why a text is no literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    /// Byte offset in the text.
    pub at: usize,
    pub what: &'static str,
}

/// Nested containers.
const DEEPEST: usize = 32;

/// Reads one literal and white space around it; nothing may follow.
pub(super) fn read(text: &str) -> Result<Literal, Refused> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(0)?;
    reader.space();
    if reader.at == text.len() { Ok(value) } else { Err(reader.refuse("something follows the value")) }
}

/// Whether a text that is no literal is something to be evaluated: a call, a power, brackets without end. A damaged literal is none.
pub(super) fn computes(text: &str) -> bool {
    let mut quote = None;
    let mut before = ' ';
    let mut depth = 0_usize;
    for character in text.chars() {
        match (quote, character) {
            (Some(open), _) if character == open && before != '\\' => quote = None,
            (Some(_), _) => {}
            // A text that is put together from what is evaluated.
            (None, '\'' | '"') if matches!(before, 'f' | 'F') => return true,
            (None, '\'' | '"') => quote = Some(character),
            (None, '(' | '[') if before.is_alphanumeric() || "_)]'\"".contains(before) => return true,
            (None, '*') => return true,
            (None, '(' | '[' | '{') => depth = depth.saturating_add(1),
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return true;
        }
        if quote.is_some() || !character.is_whitespace() {
            before = character;
        }
    }
    false
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn refuse(&self, what: &'static str) -> Refused {
        Refused { at: self.at, what }
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at = self.at.saturating_add(token.len());
        }
        found
    }

    fn space(&mut self) {
        let blanks =
            self.rest().bytes().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
        self.at = self.at.saturating_add(blanks);
    }

    fn value(&mut self, depth: usize) -> Result<Literal, Refused> {
        if depth > DEEPEST {
            return Err(self.refuse("nested too deeply"));
        }
        self.space();
        match self.peek() {
            Some('{') => self.dict(depth),
            Some('(') => self.tuple(depth),
            Some('[') => {
                self.take("[");
                Ok(Literal::List(self.items("]", depth)?.0))
            }
            Some('\'' | '"') => Ok(Literal::Text(self.string()?)),
            Some('-' | '+' | '0'..='9') => self.integer(),
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Result<Literal, Refused> {
        let length =
            self.rest().bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        let value = match self.rest().get(..length) {
            Some("True") => Literal::Bool(true),
            Some("False") => Literal::Bool(false),
            Some("None") => Literal::None,
            Some("u" | "U" | "b" | "B")
                if self.rest().get(1..).is_some_and(|rest| rest.starts_with(['\'', '"'])) =>
            {
                self.at = self.at.saturating_add(1);
                return Ok(Literal::Text(self.string()?));
            }
            _ => return Err(self.refuse("not a literal")),
        };
        self.at = self.at.saturating_add(length);
        Ok(value)
    }

    fn integer(&mut self) -> Result<Literal, Refused> {
        let sign = usize::from(self.rest().starts_with(['-', '+']));
        let digits = self.rest().bytes().skip(sign).take_while(u8::is_ascii_digit).count();
        let written = self.rest().get(..sign.saturating_add(digits)).unwrap_or_default();
        let value = written.parse().map_err(|_| self.refuse("not an integer"))?;
        self.at = self.at.saturating_add(written.len());
        self.take("L");
        match self.peek() {
            Some(next) if next.is_alphanumeric() || matches!(next, '.' | '_') => {
                Err(self.refuse("not an integer"))
            }
            _ => Ok(Literal::Int(value)),
        }
    }

    /// Items up to the closing bracket, and whether a comma stood among them.
    fn items(&mut self, close: &str, depth: usize) -> Result<(Vec<Literal>, bool), Refused> {
        let mut items = Vec::new();
        let mut comma = false;
        loop {
            self.space();
            if self.take(close) {
                return Ok((items, comma));
            }
            if !items.is_empty() && !comma {
                return Err(self.refuse("a comma or a closing bracket is missing"));
            }
            items.push(self.value(depth.saturating_add(1))?);
            self.space();
            let separated = self.take(",");
            comma |= separated;
            if !separated {
                self.space();
                if !self.rest().starts_with(close) {
                    return Err(self.refuse("a comma or a closing bracket is missing"));
                }
            }
        }
    }

    /// A tuple, or a value in parentheses.
    fn tuple(&mut self, depth: usize) -> Result<Literal, Refused> {
        self.take("(");
        let (mut items, comma) = self.items(")", depth)?;
        match items.pop() {
            Some(only) if items.is_empty() && !comma => Ok(only),
            Some(last) => {
                items.push(last);
                Ok(Literal::Tuple(items))
            }
            None => Ok(Literal::Tuple(items)),
        }
    }

    fn dict(&mut self, depth: usize) -> Result<Literal, Refused> {
        self.take("{");
        let mut entries = Vec::new();
        loop {
            self.space();
            if self.take("}") {
                return Ok(Literal::Dict(entries));
            }
            let key = self.value(depth.saturating_add(1))?;
            self.space();
            if !self.take(":") {
                return Err(self.refuse("a colon is missing"));
            }
            self.space();
            let start = self.at;
            let value = self.value(depth.saturating_add(1))?;
            let written = self.text.get(start..self.at).unwrap_or_default().to_owned();
            entries.push((key, Spanned { value, written }));
            self.space();
            if !self.take(",") && !self.rest().starts_with('}') {
                return Err(self.refuse("a comma or a closing brace is missing"));
            }
        }
    }

    fn string(&mut self) -> Result<String, Refused> {
        let quote = self.peek().unwrap_or('"');
        let mut value = String::new();
        let start = self.at.saturating_add(1);
        let mut characters = self.text.get(start..).unwrap_or_default().char_indices();
        while let Some((offset, character)) = characters.next() {
            match character {
                _ if character == quote => {
                    self.at = start.saturating_add(offset).saturating_add(1);
                    self.space();
                    // Neighbouring strings would melt together; no writer produces them.
                    return if self.rest().starts_with(['\'', '"']) {
                        Err(self.refuse("a comma or a closing bracket is missing"))
                    } else {
                        Ok(value)
                    };
                }
                '\n' => break,
                '\\' => {
                    let escape = characters.next().map(|(_, next)| next);
                    value.push(match escape {
                        Some(plain @ ('\\' | '\'' | '"')) => plain,
                        Some('n') => '\n',
                        Some('r') => '\r',
                        Some('t') => '\t',
                        Some(kind @ ('x' | 'u' | 'U')) => code_point(kind, &mut characters)
                            .ok_or_else(|| self.refuse("an escape is malformed"))?,
                        _ => return Err(self.refuse("an escape is unknown")),
                    });
                }
                plain => value.push(plain),
            }
        }
        Err(self.refuse("a string does not end"))
    }
}

fn code_point(kind: char, characters: &mut std::str::CharIndices<'_>) -> Option<char> {
    let digits = match kind {
        'x' => 2,
        'u' => 4,
        _ => 8,
    };
    let mut code = 0_u32;
    for _ in 0..digits {
        let digit = characters.next()?.1.to_digit(16)?;
        code = code.checked_mul(16)?.checked_add(digit)?;
    }
    char::from_u32(code)
}
