//! Statements: a stack of open blocks instead of a tree, so nesting costs no recursion. A tag that breaks the grammar is
//! reported and passed over; the rest of the template is still read.

use std::collections::BTreeSet;

use super::collect::{Collector, Known, List};
use super::expr::{Expr, Id, Node, Parser, Syntax};
use super::growth::{self, Growth};
use super::leak::Trail;
use super::lexer::{Lexer, Piece, Token, TokenKind};
use super::scope::{Scopes, Taint, is_default};
use super::value::Value;
use crate::bounded::{Budget, Exhausted};

/// Blocks open at the same time. CPython refuses what Jinja2 makes of more than twenty loops.
const MOST_OPEN: usize = 100;

/// Walks a whole template.
#[derive(Debug)]
pub(super) struct Walker<'t> {
    out: Collector<'t>,
    scopes: Scopes,
    open: Vec<&'static str>,
    /// Blocks of `if` whose condition is a trigger, by their place in `open`.
    triggered: Vec<usize>,
    growth: Growth,
    trail: Trail,
    /// Macros may call those that are defined behind them.
    macros: BTreeSet<String>,
}

/// Statements with a body, and the words that end it.
const BODIES: &[(&str, &str)] = &[
    ("for", "endfor"),
    ("if", "endif"),
    ("macro", "endmacro"),
    ("call", "endcall"),
    ("filter", "endfilter"),
    ("set", "endset"),
    ("with", "endwith"),
    ("block", "endblock"),
    ("autoescape", "endautoescape"),
    ("generation", "endgeneration"),
    ("trans", "endtrans"),
];

/// Bodies in which assignments stay inside.
fn has_scope(word: &str) -> bool {
    !matches!(word, "if" | "set" | "generation" | "trans")
}

impl<'t> Walker<'t> {
    pub(super) fn new(text: &'t str, most: usize) -> Self {
        Self {
            out: Collector::new(text, most),
            scopes: Scopes::new(),
            open: Vec::new(),
            triggered: Vec::new(),
            growth: Growth::default(),
            trail: Trail::default(),
            macros: BTreeSet::new(),
        }
    }

    /// Reads the template to its end, or to the end of the budget.
    pub(super) fn run(mut self, text: &'t str, budget: &Budget) -> (Collector<'t>, Option<Exhausted>) {
        let mut lexer = Lexer::new(text);
        while let Some(piece) = lexer.next_piece() {
            let steps = match &piece {
                Piece::Variable(tokens) | Piece::Block(tokens) => tokens.len() as u64,
                Piece::Data(_) | Piece::Error(..) => 1,
            };
            if let Err(limit) = budget.steps(steps) {
                return (self.out, Some(limit));
            }
            self.piece(text, piece);
        }
        if let Some(word) = self.open.last().copied() {
            self.error(text.len(), &format!("`{word}` is not closed"));
        }
        self.growth.conclude(&mut self.out);
        let macros = self.macros;
        self.out.facts.globals.retain(|global| is_default(&global.name) || !macros.contains(&global.name));
        (self.out, None)
    }

    fn piece(&mut self, text: &str, piece: Piece) {
        let before = self.out.triggers;
        let conditional = !self.triggered.is_empty();
        let decides = matches!(&piece, Piece::Block(tokens) if matches!(tokens.first().map(|token| &token.kind), Some(TokenKind::Name(word)) if word == "if" || word == "elif"));
        self.read(text, piece);
        let triggers = self.out.triggers > before;
        // What a condition compares with is not what it inserts.
        self.out.insert(!decides && (conditional || triggers));
        if decides && triggers && !self.triggered.contains(&self.open.len()) {
            self.triggered.push(self.open.len());
        }
        self.triggered.retain(|at| *at <= self.open.len());
    }

    fn read(&mut self, text: &str, piece: Piece) {
        match piece {
            Piece::Data(range) => {
                let data = text.get(range.clone()).unwrap_or_default();
                self.out.strings(data, &range, false);
                self.trail.text(data);
                self.out.prose(data, &range);
            }
            Piece::Error(range, reason) => self.error(range.start, reason),
            Piece::Variable(tokens) => self.variable(&tokens),
            Piece::Block(tokens) => {
                let start = tokens.first().map_or(0, |token| token.range.start);
                if let Err(reason) = self.block(&tokens) {
                    self.error(start, reason);
                }
            }
        }
    }

    fn error(&mut self, at: usize, reason: &str) {
        let line = self.out.line_of(at);
        self.out.internals(at);
        if self.out.facts.syntax_error.is_none() {
            self.out.facts.syntax_error = Some(format!("line {line}: {reason}"));
        }
    }

    fn variable(&mut self, tokens: &[Token]) {
        let mut parser = Parser::new(tokens);
        let read = parser.tuple(false, |_| false);
        let known = self.walk(&parser.nodes, &[]);
        let start = tokens.first().map_or(0, |token| token.range.start);
        match read {
            Err(reason) => self.error(start, reason),
            Ok(root) if parser.at_end() => {
                if let (Some(known), Some(node)) = (known.get(root), parser.nodes.get(root)) {
                    self.trail.value(&known.value, &node.range, &mut self.out);
                }
            }
            Ok(_) => self.error(start, "a tag holds more than one expression"),
        }
    }

    /// Reads the expressions of a tag, and looks at what they call.
    fn walk(&mut self, nodes: &[Node], targets: &[Id]) -> Vec<Known> {
        let known = self.out.walk(nodes, &self.scopes, targets);
        self.growth.look(nodes, &known, &mut self.out);
        known
    }

    fn block(&mut self, tokens: &[Token]) -> Result<(), Syntax> {
        let Some(Token { kind: TokenKind::Name(word), range }) = tokens.first() else {
            return Err("a tag without a name");
        };
        let rest = tokens.get(1..).unwrap_or_default();
        if let Some((opening, _)) = BODIES.iter().find(|(_, closing)| closing == word) {
            return self.close(opening);
        }
        self.out.add(List::Statements, word, range);
        let mut tag = Tag { parser: Parser::new(rest), assigned: Vec::new() };
        let result = self.statement(word, &mut tag);
        let complete = tag.parser.at_end();
        if result.is_err() {
            // What was read before the break is still seen.
            self.walk(&tag.parser.nodes, &tag.assigned);
        }
        result?;
        if complete { Ok(()) } else { Err("a statement holds more than its grammar allows") }
    }

    fn close(&mut self, opening: &'static str) -> Result<(), Syntax> {
        let Some(at) = self.open.iter().rposition(|word| *word == opening) else {
            return Err("a block is closed that is not open");
        };
        let skipped = self.open.len().saturating_sub(at) > 1;
        while self.open.len() > at {
            match self.open.pop() {
                Some("if") => self.scopes.condition(false),
                Some(word) if has_scope(word) => self.scopes.leave(),
                _ => {}
            }
        }
        self.growth.leave(self.open.len());
        if skipped { Err("blocks are closed in the wrong order") } else { Ok(()) }
    }

    fn enter(&mut self, word: &str) -> Result<(), Syntax> {
        self.enter_as(word, String::new(), !matches!(word, "if" | "for"), 1)
    }

    /// Opens a block; `certain` says that no data decide whether its body is read.
    fn enter_as(&mut self, word: &str, name: String, certain: bool, turns: i64) -> Result<(), Syntax> {
        let Some((opening, _)) = BODIES.iter().find(|(opening, _)| *opening == word) else { return Ok(()) };
        if self.open.len() >= MOST_OPEN {
            return Err("too many blocks are nested");
        }
        self.open.push(opening);
        self.growth.enter(opening, name, certain, turns);
        if word == "if" {
            self.scopes.condition(true);
        } else if has_scope(word) {
            self.scopes.enter();
        }
        Ok(())
    }

    fn statement(&mut self, word: &str, tag: &mut Tag<'_>) -> Result<(), Syntax> {
        match word {
            "for" => return self.for_loop(tag),
            "set" => return self.set(tag),
            "macro" => return self.macro_definition(tag),
            "call" => return self.call_block(tag),
            "with" => return self.with(tag),
            "import" => return self.import(tag),
            "from" => return self.from(tag),
            "trans" => return self.trans(tag),
            _ => {}
        }
        match word {
            "if" => {
                let condition = tag.parser.tuple(false, |_| false)?;
                let known = self.walk(&tag.parser.nodes, &[]);
                let certain = growth::is_constant(&tag.parser.nodes, &known, condition);
                return self.enter_as(word, String::new(), certain, 1);
            }
            "autoescape" | "extends" | "do" => {
                tag.parser.tuple(false, |_| false)?;
            }
            "elif" => {
                tag.parser.tuple(false, |_| false)?;
                self.inside("if")?;
            }
            "else" if !matches!(self.open.last(), Some(&("if" | "for"))) => {
                return Err("`else` outside of `if` and `for`");
            }
            "break" | "continue" => self.inside("for")?,
            "else" | "generation" | "pluralize" => {}
            "print" => {
                tag.parser.tuple(true, |_| false)?;
            }
            "include" => include(&mut tag.parser)?,
            "filter" => {
                tag.parser.filter_chain()?;
            }
            "block" => {
                tag.parser.name()?;
                while tag.parser.skip_name("scoped") || tag.parser.skip_name("required") {}
            }
            _ => return Err("an unknown statement"),
        }
        self.walk(&tag.parser.nodes, &[]);
        self.enter(word)?;
        if word == "block" {
            self.scopes.declare("super", Value::Data, Taint::default());
        }
        Ok(())
    }

    fn inside(&self, word: &str) -> Result<(), Syntax> {
        if self.open.contains(&word) { Ok(()) } else { Err("a statement stands outside of its block") }
    }

    fn for_loop(&mut self, tag: &mut Tag<'_>) -> Result<(), Syntax> {
        let target = tag.parser.target(|parser| parser.is_name("in"))?;
        tag.assigned = assigned(&tag.parser.nodes, target);
        if !tag.parser.skip_name("in") {
            return Err("`for` without `in`");
        }
        let iterable = tag.parser.iterable()?;
        let outer = tag.parser.nodes.len();
        if tag.parser.skip_name("if") {
            tag.parser.expression()?;
        }
        tag.parser.skip_name("recursive");
        let before = tag.parser.nodes.get(..outer).unwrap_or_default();
        let known = self.walk(before, &tag.assigned);
        let (value, taint) =
            known.get(iterable).map(|known| (known.value.element(), known.taint)).unwrap_or_default();
        let value = if is_range(&tag.parser.nodes, iterable) { Value::Number } else { value };
        let turns = growth::turns(before, &known, iterable);
        let over = before.get(iterable).map(|node| node.range.clone()).unwrap_or_default();
        if self.growth.turns_with(turns.unwrap_or(1)) {
            self.out.add(List::Huge, self.out.source(&over), &over);
        }
        let name = self.out.source(&over).to_owned();
        self.enter_as("for", name, turns.is_some_and(|turns| turns > 0), turns.unwrap_or(1))?;
        let names = names(&tag.parser.nodes, &tag.assigned);
        let single = names.len() == 1;
        for name in &names {
            self.scopes.declare(name, if single { value.clone() } else { part(&value) }, taint);
        }
        self.scopes.declare("loop", Value::Data, Taint::default());
        if tag.parser.nodes.len() > outer {
            // The filter of the loop sees its variables; what stands before is walked again, and is known already.
            self.walk(&tag.parser.nodes, &tag.assigned);
        }
        Ok(())
    }

    fn set(&mut self, tag: &mut Tag<'_>) -> Result<(), Syntax> {
        let target = tag.parser.target(|parser| parser.is_operator("="))?;
        tag.assigned = assigned(&tag.parser.nodes, target);
        let is_block = !tag.parser.skip_operator("=");
        let value = if is_block {
            if tag.parser.is_operator("|") { Some(tag.parser.filter_chain()?) } else { None }
        } else {
            Some(tag.parser.tuple(false, |_| false)?)
        };
        let known = self.walk(&tag.parser.nodes, &tag.assigned);
        if let Some(value) = value {
            self.growth.assignment(&tag.parser.nodes, target, value, &mut self.out);
        }
        let known = value.and_then(|id| known.into_iter().nth(id)).unwrap_or_default();
        let value = if is_block { Value::Assembled } else { known.value };
        self.assign(&tag.parser.nodes, target, &value, known.taint);
        if is_block { self.enter("set") } else { Ok(()) }
    }

    fn assign(&mut self, nodes: &[Node], target: Id, value: &Value, taint: Taint) {
        match nodes.get(target).map(|node| &node.kind) {
            Some(Expr::Name(name)) => self.scopes.assign(name, value.clone(), taint),
            Some(Expr::Attribute(of, field)) => {
                if let Some(Expr::Name(root)) = nodes.get(*of).map(|node| &node.kind) {
                    self.scopes.assign_field(format!("{root}.{field}"), value.clone(), taint);
                }
            }
            Some(Expr::Sequence(targets)) => {
                for (at, target) in targets.iter().enumerate() {
                    let element = match value {
                        Value::List(values) => values.get(at).cloned().unwrap_or_default(),
                        other => part(other),
                    };
                    self.assign(nodes, *target, &element, taint);
                }
            }
            _ => {}
        }
    }

    /// Parameters of a macro or call block: `(a, b=1)`.
    fn signature(tag: &mut Tag<'_>) -> Result<Vec<String>, Syntax> {
        let mut names = Vec::new();
        tag.parser.expect_operator("(")?;
        while !tag.parser.is_operator(")") {
            names.push(tag.parser.name()?.0);
            if tag.parser.skip_operator("=") {
                tag.parser.expression()?;
            }
            if !tag.parser.skip_operator(",") {
                break;
            }
        }
        tag.parser.expect_operator(")")?;
        Ok(names)
    }

    fn macro_definition(&mut self, tag: &mut Tag<'_>) -> Result<(), Syntax> {
        let (name, _) = tag.parser.name()?;
        let parameters = Self::signature(tag)?;
        self.scopes.assign(&name, Value::Data, Taint::default());
        self.macros.insert(name.clone());
        self.enter_as("macro", name, true, 1)?;
        // Arguments come from calls: they may be content.
        for name in parameters.iter().map(String::as_str).chain(["caller", "varargs", "kwargs"]) {
            let taint = Taint { content: name == "content" || name == "text", date: false, given: true };
            self.scopes.declare(name, Value::Data, taint);
        }
        self.walk(&tag.parser.nodes, &[]);
        Ok(())
    }

    fn call_block(&mut self, tag: &mut Tag<'_>) -> Result<(), Syntax> {
        let parameters = if tag.parser.is_operator("(") { Self::signature(tag)? } else { Vec::new() };
        tag.parser.expression()?;
        self.walk(&tag.parser.nodes, &[]);
        self.enter("call")?;
        for name in &parameters {
            self.scopes.declare(name, Value::Data, Taint::default());
        }
        Ok(())
    }

    fn with(&mut self, tag: &mut Tag<'_>) -> Result<(), Syntax> {
        let mut pairs = Vec::new();
        while !tag.parser.at_end() {
            if !pairs.is_empty() {
                tag.parser.expect_operator(",")?;
            }
            let target = tag.parser.target(|parser| parser.is_operator("="))?;
            tag.assigned.extend(assigned(&tag.parser.nodes, target));
            tag.parser.expect_operator("=")?;
            pairs.push((target, tag.parser.expression()?));
        }
        let known = self.walk(&tag.parser.nodes, &tag.assigned);
        self.enter("with")?;
        for (target, value) in pairs {
            let (value, taint) =
                known.get(value).map(|known| (known.value.clone(), known.taint)).unwrap_or_default();
            self.assign(&tag.parser.nodes, target, &value, taint);
        }
        Ok(())
    }

    fn import(&mut self, tag: &mut Tag<'_>) -> Result<(), Syntax> {
        tag.parser.expression()?;
        self.walk(&tag.parser.nodes, &[]);
        if !tag.parser.skip_name("as") {
            return Err("`import` without `as`");
        }
        let (name, _) = tag.parser.name()?;
        context(&mut tag.parser);
        self.scopes.assign(&name, Value::Data, Taint::default());
        Ok(())
    }

    fn from(&mut self, tag: &mut Tag<'_>) -> Result<(), Syntax> {
        tag.parser.expression()?;
        self.walk(&tag.parser.nodes, &[]);
        if !tag.parser.skip_name("import") {
            return Err("`from` without `import`");
        }
        while !tag.parser.at_end() && !context(&mut tag.parser) {
            let (mut name, _) = tag.parser.name()?;
            if tag.parser.skip_name("as") {
                name = tag.parser.name()?.0;
            }
            self.scopes.assign(&name, Value::Data, Taint::default());
            tag.parser.skip_operator(",");
        }
        Ok(())
    }

    fn trans(&mut self, tag: &mut Tag<'_>) -> Result<(), Syntax> {
        while !tag.parser.at_end() {
            tag.parser.skip_operator(",");
            if tag.parser.skip_name("trimmed") || tag.parser.skip_name("notrimmed") {
                continue;
            }
            let (name, _) = tag.parser.name()?;
            if tag.parser.skip_operator("=") {
                tag.parser.expression()?;
            }
            self.scopes.assign(&name, Value::Data, Taint::default());
        }
        self.walk(&tag.parser.nodes, &[]);
        self.enter("trans")
    }
}

/// One tag while it is read.
struct Tag<'t> {
    parser: Parser<'t>,
    /// Nodes that are assigned to.
    assigned: Vec<Id>,
}

fn include(parser: &mut Parser<'_>) -> Result<(), Syntax> {
    parser.expression()?;
    if parser.skip_name("ignore") && !parser.skip_name("missing") {
        return Err("`ignore` without `missing`");
    }
    context(parser);
    Ok(())
}

/// `with context` or `without context`.
fn context(parser: &mut Parser<'_>) -> bool {
    (parser.skip_name("with") || parser.skip_name("without")) && parser.skip_name("context")
}

/// The nodes of a target that stand for names; `ns` of `ns.x` is read, not assigned.
fn assigned(nodes: &[Node], target: Id) -> Vec<Id> {
    let mut found = Vec::new();
    let mut open = vec![target];
    while let Some(id) = open.pop() {
        match nodes.get(id).map(|node| &node.kind) {
            Some(Expr::Name(_)) => found.push(id),
            Some(Expr::Sequence(ids)) => open.extend(ids.iter().rev().copied()),
            _ => {}
        }
    }
    found
}

fn names(nodes: &[Node], ids: &[Id]) -> Vec<String> {
    let name = |id: &Id| match nodes.get(*id).map(|node| &node.kind) {
        Some(Expr::Name(name)) => Some(name.clone()),
        _ => None,
    };
    ids.iter().filter_map(name).collect()
}

fn is_range(nodes: &[Node], id: Id) -> bool {
    let Some(Expr::Call { callee, .. }) = nodes.get(id).map(|node| &node.kind) else { return false };
    matches!(nodes.get(*callee).map(|node| &node.kind), Some(Expr::Name(name)) if name == "range")
}

/// What is known of one part of an unpacked value.
fn part(value: &Value) -> Value {
    match value {
        Value::Text(_) | Value::Assembled => Value::Assembled,
        Value::List(values) => values.iter().cloned().reduce(Value::or).unwrap_or_default(),
        Value::OneOf(values) => values.iter().map(Value::element).reduce(Value::or).unwrap_or_default(),
        Value::Number | Value::Integer(_) => Value::Number,
        Value::Data => Value::Data,
    }
}
