//! What a template means: its tags without their white space, and the text that it puts out as it stands.
//!
//! White space control is applied as transformers applies it (`trim_blocks`, `lstrip_blocks`), comments are left out, and a text
//! between quotes alone in a tag is text that is put out. Two templates of one meaning say the same to a model.

use std::collections::HashSet;
use std::ops::Range;

use sha2::{Digest as _, Sha256};

use super::lexer::{Lexer, Piece, Token, TokenKind};
use super::{TemplateFacts, TemplateName};
use crate::bounded::{Budget, Exhausted};
use crate::draft::head;
use crate::region::Region;

/// Texts that are kept, and bytes of one.
const MOST: usize = 10_000;
const LONGEST: usize = 4096;

/// Adds the meaning of a template to its facts.
pub(super) fn add(text: &str, facts: &mut TemplateFacts, budget: &Budget) -> Result<(), Exhausted> {
    let mut reader = Reader {
        text,
        facts,
        hasher: Sha256::new(),
        pending: String::new(),
        begun: 0,
        trim: Trim::Nothing,
        seen: HashSet::new(),
    };
    let mut lexer = Lexer::new(text);
    let mut start = 0;
    while let Some(piece) = lexer.next_piece() {
        budget.steps(1)?;
        let end = lexer.position();
        reader.piece(piece, start..end);
        start = end;
    }
    reader.finish();
    Ok(())
}

/// What is taken away from the beginning of the text that comes next.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Trim {
    Nothing,
    Line,
    Space,
}

struct Reader<'t, 'f> {
    text: &'t str,
    facts: &'f mut TemplateFacts,
    hasher: Sha256,
    /// Text since the last tag that puts out something else, and where it begins.
    pending: String,
    begun: usize,
    trim: Trim,
    seen: HashSet<String>,
}

impl Reader<'_, '_> {
    fn piece(&mut self, piece: Piece, span: Range<usize>) {
        let written = self.text.get(span.clone()).unwrap_or_default();
        let is_tag = ["{{", "{%", "{#"].iter().any(|open| written.starts_with(open));
        if !is_tag {
            return self.data(written, span.start);
        }
        self.before(written);
        match piece {
            // A raw block is text; a comment is nothing.
            Piece::Data(range) => {
                self.trim = Trim::Nothing;
                self.data(self.text.get(range.clone()).unwrap_or_default(), range.start);
            }
            Piece::Error(..) => {
                self.flush();
                self.hash(b'E', written);
            }
            Piece::Variable(tokens) => self.variable(&tokens),
            Piece::Block(tokens) => {
                self.flush();
                self.hash(b'B', "");
                self.tokens(&tokens);
            }
        }
        self.trim = after(written);
    }

    fn variable(&mut self, tokens: &[Token]) {
        if let [Token { kind: TokenKind::Text(text), range }] = tokens {
            self.trim = Trim::Nothing;
            return self.data(text, range.start);
        }
        self.flush();
        self.hash(b'V', "");
        self.tokens(tokens);
    }

    /// Text that is put out, as far as the tag before it leaves it.
    fn data(&mut self, text: &str, at: usize) {
        let text = match std::mem::replace(&mut self.trim, Trim::Nothing) {
            Trim::Nothing => text,
            Trim::Line => text.strip_prefix("\r\n").or_else(|| text.strip_prefix('\n')).unwrap_or(text),
            Trim::Space => text.trim_start(),
        };
        if self.pending.is_empty() {
            self.begun = at;
        }
        self.pending.push_str(text);
    }

    /// What a tag takes away from the text before it.
    fn before(&mut self, tag: &str) {
        let sign = tag.as_bytes().get(2).copied().unwrap_or_default();
        let kept = if sign == b'-' {
            self.pending.trim_end().len()
        } else if tag.starts_with("{{") || sign == b'+' {
            return;
        } else {
            // Nothing but space between the beginning of the line and the tag.
            let line = self.pending.trim_end_matches([' ', '\t']);
            let whole = line.is_empty() || line.ends_with('\n');
            if whole { line.len() } else { self.pending.len() }
        };
        self.pending.truncate(kept);
    }

    fn flush(&mut self) {
        let text = std::mem::take(&mut self.pending);
        if text.is_empty() {
            return;
        }
        self.hash(b'T', &text);
        self.keep(&text, self.begun);
    }

    /// Keeps a text, whatever white space it is written with.
    fn keep(&mut self, text: &str, at: usize) {
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let words = head(&words, LONGEST);
        if words.is_empty() || self.facts.emitted.len() >= MOST || !self.seen.insert(words.to_owned()) {
            return;
        }
        let region = Region::at(at as u64, text.len() as u64);
        self.facts.emitted.push(TemplateName { name: words.to_owned(), region, line: 0 });
    }

    /// The tokens of a tag; `a['b']` and `a.b` are one.
    fn tokens(&mut self, tokens: &[Token]) {
        let mut rest = tokens;
        let mut value = false;
        while let Some((token, next)) = rest.split_first() {
            if let (true, [open, key, close, behind @ ..]) = (value, rest)
                && let (TokenKind::Operator("["), TokenKind::Text(name), TokenKind::Operator("]")) =
                    (&open.kind, &key.kind, &close.kind)
                && is_identifier(name)
            {
                self.hash(b'O', ".");
                self.hash(b'N', name);
                rest = behind;
                continue;
            }
            match &token.kind {
                TokenKind::Name(name) => self.hash(b'N', name),
                TokenKind::Integer(number) => self.hash(b'I', &number.to_string()),
                TokenKind::Float => self.hash(b'F', self.text.get(token.range.clone()).unwrap_or_default()),
                TokenKind::Operator(operator) => self.hash(b'O', operator),
                TokenKind::Text(text) => {
                    self.hash(b'S', text);
                    self.keep(text, token.range.start);
                }
            }
            value = match &token.kind {
                TokenKind::Name(_) => true,
                TokenKind::Operator(operator) => matches!(*operator, ")" | "]"),
                _ => false,
            };
            rest = next;
        }
    }

    fn hash(&mut self, kind: u8, text: &str) {
        self.hasher.update([kind]);
        self.hasher.update((text.len() as u64).to_le_bytes());
        self.hasher.update(text);
    }

    fn finish(mut self) {
        // Jinja2 leaves out one line break at the end.
        if self.pending.ends_with('\n') {
            self.pending.pop();
        }
        self.flush();
        self.facts.meaning = self.hasher.finalize().into();
    }
}

/// What a tag takes away from the text behind it.
fn after(tag: &str) -> Trim {
    let sign = tag.len().checked_sub(3).and_then(|at| tag.as_bytes().get(at)).copied().unwrap_or_default();
    match sign {
        b'-' => Trim::Space,
        b'+' => Trim::Nothing,
        _ if tag.starts_with("{{") => Trim::Nothing,
        _ => Trim::Line,
    }
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> TemplateFacts {
        let mut facts = TemplateFacts::default();
        add(text, &mut facts, &Budget::default()).unwrap();
        facts
    }

    fn same(a: &str, b: &str) -> bool {
        of(a).meaning == of(b).meaning
    }

    #[test]
    fn white_space_that_is_not_put_out_and_comments_mean_nothing() {
        let template = "{% for m in messages %}{{ m.content|trim }}{% endfor %}";
        for other in [
            "{#- new -#}\n{%- for m in messages -%}\n  {{ m['content'] | trim }}\n{%- endfor -%}",
            "{% for m in messages %}\n{{ m[\"content\"]|trim }}{% endfor %}\n",
            "{# a comment #}\n    {% for m in messages %}{{ m.content|trim }}    {%- endfor %}",
        ] {
            assert!(same(template, other), "{other}");
        }
        assert!(same("a {{ 'b' }}c", "a {# x #}b{{ \"c\" }}"));
        assert!(same("{% raw %}{{ x }}{% endraw %}", "{{ '{{ x }}' }}"));
        assert!(same("a\n{%+ if x %}b{% endif %}", "a\n{% if x %}b{% endif %}"));
    }

    #[test]
    fn what_is_put_out_and_what_is_done_means_something() {
        let template = "{% if x %}You are a model.{% endif %}{{ m.content }}";
        for other in [
            "{% if not x %}You are a model.{% endif %}{{ m.content }}",
            "{% if x %}You are another model.{% endif %}{{ m.content }}",
            "{% if x %}You are a model. {% endif %}{{ m.content }}",
            "{% if x %}You are a model.{% endif %} {{ m.content }}",
            "{% if x %}You are a model.{% endif %}{{ m.role }}",
            "{{ m.content }}{% if x %}You are a model.{% endif %}",
        ] {
            assert!(!same(template, other), "{other}");
        }
        assert!(!same("{{ x + 1 }}", "{{ x + 2 }}") && !same("{{ x + 1.5 }}", "{{ x + 2.5 }}"));
        assert!(!same("{{ [ 'a' ] }}", "{{ .a }}"));
    }

    #[test]
    fn texts_are_kept_from_data_and_from_expressions() {
        let facts = of(
            "{% set s = 'Never  refuse.' %}Hello\n  there{{ s }}{{ ' you' }}{% if x == 'tool' %}{% endif %}",
        );
        let texts: Vec<&str> = facts.emitted.iter().map(|text| text.name.as_str()).collect();
        assert_eq!(texts, ["Never refuse.", "Hello there", "you", "tool"]);
    }
}
