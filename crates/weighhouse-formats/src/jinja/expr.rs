//! Expressions, after `jinja2/parser.py`: tokens to an arena of nodes in which children always stand before parents.
//!
//! An arena keeps evaluation a loop and dropping flat, however an expression nests. Nesting of brackets and prefix
//! operators is bounded by [`DEPTH`]; chains (`a.b.c`, `a ~ b ~ c`) are not nested at all.

use std::ops::Range;

use super::lexer::{Token, TokenKind};

/// Brackets and prefix operators inside one another. Jinja2 itself gives up at about 60.
pub(super) const DEPTH: u32 = 100;

/// Index of a node.
pub(super) type Id = usize;

/// A node and the text it spans.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: Expr,
    pub(super) range: Range<usize>,
}

#[derive(Debug)]
pub(super) enum Expr {
    Text(String),
    Integer(i64),
    Float,
    /// `true`, `false`, `none`.
    Truth,
    Name(String),
    Sequence(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    /// `and`, `or`, arithmetic.
    Binary(&'static str, Id, Id),
    Concat(Vec<Id>),
    /// `not`, `-`, `+`.
    Unary(Id),
    Compare(Id, Vec<Id>),
    /// Without a target in `{% filter %}` and `{% set %}` blocks.
    Filter {
        name: String,
        target: Option<Id>,
        arguments: Arguments,
    },
    Test {
        name: String,
        target: Id,
        arguments: Arguments,
    },
    Call {
        callee: Id,
        arguments: Arguments,
    },
    Attribute(Id, String),
    Item(Id, Id),
    Slice(Vec<Option<Id>>),
    /// `then if … else otherwise`; the condition is a node of its own, and no part of the value.
    Conditional {
        then: Id,
        otherwise: Option<Id>,
    },
}

/// Arguments of a call, filter or test.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    pub(super) positional: Vec<Id>,
    pub(super) keyword: Vec<(String, Id)>,
    /// `*sequence` and `**mapping`.
    pub(super) unpacked: Vec<Id>,
}

/// What breaks the grammar.
pub(super) type Syntax = &'static str;

/// Reads the tokens of one tag.
#[derive(Debug)]
pub(super) struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
    depth: u32,
    pub(super) nodes: Vec<Node>,
}

impl<'t> Parser<'t> {
    pub(super) fn new(tokens: &'t [Token]) -> Self {
        Self { tokens, at: 0, depth: 0, nodes: Vec::new() }
    }

    pub(super) fn peek(&self) -> Option<&'t TokenKind> {
        self.tokens.get(self.at).map(|token| &token.kind)
    }

    fn peek_second(&self) -> Option<&'t TokenKind> {
        self.tokens.get(self.at.saturating_add(1)).map(|token| &token.kind)
    }

    pub(super) fn at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    fn advance(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    fn start(&self) -> usize {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(0, |token| token.range.start)
    }

    fn previous_end(&self) -> usize {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(0, |token| token.range.end)
    }

    pub(super) fn is_name(&self, word: &str) -> bool {
        matches!(self.peek(), Some(TokenKind::Name(name)) if name == word)
    }

    pub(super) fn is_operator(&self, operator: &str) -> bool {
        matches!(self.peek(), Some(TokenKind::Operator(found)) if *found == operator)
    }

    pub(super) fn skip_name(&mut self, word: &str) -> bool {
        let found = self.is_name(word);
        self.at = self.at.saturating_add(usize::from(found));
        found
    }

    pub(super) fn skip_operator(&mut self, operator: &str) -> bool {
        let found = self.is_operator(operator);
        self.at = self.at.saturating_add(usize::from(found));
        found
    }

    pub(super) fn expect_operator(&mut self, operator: &'static str) -> Result<(), Syntax> {
        if self.skip_operator(operator) { Ok(()) } else { Err("a bracket or separator is missing") }
    }

    pub(super) fn name(&mut self) -> Result<(String, Range<usize>), Syntax> {
        match self.tokens.get(self.at) {
            Some(Token { kind: TokenKind::Name(name), range }) => {
                self.advance();
                Ok((name.clone(), range.clone()))
            }
            _ => Err("a name is missing"),
        }
    }

    pub(super) fn push(&mut self, kind: Expr, start: usize) -> Id {
        let range = start..self.previous_end().max(start);
        self.nodes.push(Node { kind, range });
        self.nodes.len().saturating_sub(1)
    }

    fn start_of(&self, id: Id) -> usize {
        self.nodes.get(id).map_or(0, |node| node.range.start)
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Syntax>) -> Result<T, Syntax> {
        self.depth = self.depth.saturating_add(1);
        if self.depth > DEPTH {
            return Err("an expression is nested too deeply");
        }
        let result = read(self);
        self.depth = self.depth.saturating_sub(1);
        result
    }

    /// An expression with `if … else`, without a bare comma.
    pub(super) fn expression(&mut self) -> Result<Id, Syntax> {
        self.nested(|parser| {
            let mut then = parser.binary(0)?;
            let mut chain = Vec::new();
            while parser.skip_name("if") {
                parser.binary(0)?;
                if !parser.skip_name("else") {
                    then = parser.conditional(then, None);
                    continue;
                }
                chain.push(then);
                then = parser.binary(0)?;
            }
            Ok(chain
                .into_iter()
                .rev()
                .fold(then, |otherwise, then| parser.conditional(then, Some(otherwise))))
        })
    }

    fn conditional(&mut self, then: Id, otherwise: Option<Id>) -> Id {
        let start = self.start_of(then);
        self.push(Expr::Conditional { then, otherwise }, start)
    }

    /// The binary operators by level, loosest first: `or`, `and`, `not`, comparisons, `+ -`, `~`, `* / // %`, `**`.
    pub(super) fn binary(&mut self, level: u32) -> Result<Id, Syntax> {
        const LEVELS: [&[&str]; 6] =
            [&["or"], &["and"], &["+", "-"], &["~"], &["*", "/", "//", "%"], &["**"]];
        let operators = match level {
            0 | 1 => LEVELS.get(level as usize),
            2 => return self.negation(),
            3 => return self.comparison(),
            4..=7 => LEVELS.get(level.saturating_sub(2) as usize),
            _ => return self.unary(true),
        };
        let operators = operators.copied().unwrap_or_default();
        let next = level.saturating_add(1);
        let mut left = self.binary(next)?;
        let mut parts = Vec::new();
        while let Some(operator) = self.operator(operators) {
            let right = self.binary(next)?;
            if operator == "~" {
                parts.push(right);
            } else {
                let start = self.start_of(left);
                left = self.push(Expr::Binary(operator, left, right), start);
            }
        }
        if !parts.is_empty() {
            let start = self.start_of(left);
            parts.insert(0, left);
            left = self.push(Expr::Concat(parts), start);
        }
        Ok(left)
    }

    fn operator(&mut self, among: &[&'static str]) -> Option<&'static str> {
        let found = among.iter().copied().find(|operator| match self.peek() {
            Some(TokenKind::Operator(found)) => found == operator,
            Some(TokenKind::Name(name)) => name == operator,
            _ => false,
        })?;
        self.advance();
        Some(found)
    }

    fn negation(&mut self) -> Result<Id, Syntax> {
        if self.is_name("not") && !matches!(self.peek_second(), Some(TokenKind::Name(name)) if name == "in") {
            let start = self.start();
            self.advance();
            let inner = self.nested(|parser| parser.binary(2))?;
            return Ok(self.push(Expr::Unary(inner), start));
        }
        self.binary(3)
    }

    fn comparison(&mut self) -> Result<Id, Syntax> {
        const OPERATORS: &[&str] = &["==", "!=", "<=", ">=", "<", ">", "in"];
        let left = self.binary(4)?;
        let mut chain = Vec::new();
        loop {
            let negated = self.is_name("not")
                && matches!(self.peek_second(), Some(TokenKind::Name(name)) if name == "in");
            if negated {
                self.at = self.at.saturating_add(2);
                chain.push(self.binary(4)?);
            } else if self.operator(OPERATORS).is_some() {
                chain.push(self.binary(4)?);
            } else {
                break;
            }
        }
        if chain.is_empty() {
            return Ok(left);
        }
        let start = self.start_of(left);
        Ok(self.push(Expr::Compare(left, chain), start))
    }

    /// Signs, then a primary with what follows it.
    fn unary(&mut self, with_filter: bool) -> Result<Id, Syntax> {
        let start = self.start();
        let id = if self.skip_operator("-") || self.skip_operator("+") {
            let inner = self.nested(|parser| parser.unary(false))?;
            self.push(Expr::Unary(inner), start)
        } else {
            self.primary()?
        };
        let id = self.postfix(id)?;
        if with_filter { self.filters_and_tests(id) } else { Ok(id) }
    }

    fn primary(&mut self) -> Result<Id, Syntax> {
        let start = self.start();
        let Some(kind) = self.peek() else { return Err("an expression is missing") };
        let kind = match kind {
            TokenKind::Operator("(") => return self.nested(Self::parenthesised),
            TokenKind::Operator("[") => return self.nested(Self::list),
            TokenKind::Operator("{") => return self.nested(Self::dict),
            TokenKind::Operator(_) => return Err("an expression is missing"),
            TokenKind::Name(name) => match name.as_str() {
                "true" | "True" | "false" | "False" | "none" | "None" => Expr::Truth,
                _ => Expr::Name(name.clone()),
            },
            TokenKind::Integer(value) => Expr::Integer(*value),
            TokenKind::Float => Expr::Float,
            TokenKind::Text(_) => return Ok(self.text(start)),
        };
        self.advance();
        Ok(self.push(kind, start))
    }

    /// Neighbouring string constants are one.
    fn text(&mut self, start: usize) -> Id {
        let mut all = String::new();
        while let Some(TokenKind::Text(text)) = self.peek() {
            all.push_str(text);
            self.advance();
        }
        self.push(Expr::Text(all), start)
    }

    fn parenthesised(&mut self) -> Result<Id, Syntax> {
        self.advance();
        let id = self.tuple(true, |_| false)?;
        self.expect_operator(")")?;
        Ok(id)
    }

    /// One expression, or several with commas; `stop` ends it like a closing bracket does.
    pub(super) fn tuple(&mut self, in_brackets: bool, stop: fn(&Self) -> bool) -> Result<Id, Syntax> {
        self.tuple_of(in_brackets, stop, Self::expression)
    }

    /// The same for the iterable of a `for`, where `if` begins its filter.
    pub(super) fn iterable(&mut self) -> Result<Id, Syntax> {
        self.tuple_of(false, |parser| parser.is_name("recursive"), |parser| parser.binary(0))
    }

    /// The same for targets of assignments: names and attributes only.
    pub(super) fn target(&mut self, stop: fn(&Self) -> bool) -> Result<Id, Syntax> {
        self.tuple_of(false, stop, |parser| {
            let id = parser.primary()?;
            parser.postfix(id)
        })
    }

    fn tuple_of(
        &mut self,
        in_brackets: bool,
        stop: fn(&Self) -> bool,
        element: fn(&mut Self) -> Result<Id, Syntax>,
    ) -> Result<Id, Syntax> {
        let start = self.start();
        let mut elements = Vec::new();
        let mut is_tuple = false;
        while !(self.at_end() || self.is_operator(")") || stop(self)) {
            elements.push(element(self)?);
            if !self.skip_operator(",") {
                break;
            }
            is_tuple = true;
        }
        match elements.first() {
            Some(only) if !is_tuple => Ok(*only),
            None if !in_brackets => Err("an expression is missing"),
            _ => Ok(self.push(Expr::Sequence(elements), start)),
        }
    }

    fn list(&mut self) -> Result<Id, Syntax> {
        let start = self.start();
        self.advance();
        let mut elements = Vec::new();
        while !self.is_operator("]") {
            elements.push(self.expression()?);
            if !self.skip_operator(",") {
                break;
            }
        }
        self.expect_operator("]")?;
        Ok(self.push(Expr::Sequence(elements), start))
    }

    fn dict(&mut self) -> Result<Id, Syntax> {
        let start = self.start();
        self.advance();
        let mut entries = Vec::new();
        while !self.is_operator("}") {
            let key = self.expression()?;
            self.expect_operator(":")?;
            entries.push((key, self.expression()?));
            if !self.skip_operator(",") {
                break;
            }
        }
        self.expect_operator("}")?;
        Ok(self.push(Expr::Dict(entries), start))
    }

    fn postfix(&mut self, mut id: Id) -> Result<Id, Syntax> {
        loop {
            id = match self.peek() {
                Some(TokenKind::Operator(".")) => self.member(id)?,
                Some(TokenKind::Operator("[")) => self.nested(|parser| parser.subscript(id))?,
                Some(TokenKind::Operator("(")) => self.call(id)?,
                _ => return Ok(id),
            };
        }
    }

    fn member(&mut self, of: Id) -> Result<Id, Syntax> {
        let start = self.start_of(of);
        self.advance();
        match self.peek() {
            Some(TokenKind::Name(name)) => {
                self.advance();
                Ok(self.push(Expr::Attribute(of, name.clone()), start))
            }
            Some(TokenKind::Integer(index)) => {
                let at = self.start();
                self.advance();
                let key = self.push(Expr::Integer(*index), at);
                Ok(self.push(Expr::Item(of, key), start))
            }
            _ => Err("a name or number is missing behind a dot"),
        }
    }

    fn subscript(&mut self, of: Id) -> Result<Id, Syntax> {
        let start = self.start_of(of);
        self.advance();
        let at = self.start();
        let mut keys = Vec::new();
        while !self.is_operator("]") {
            keys.push(self.slice_or_key()?);
            if !self.skip_operator(",") {
                break;
            }
        }
        self.expect_operator("]")?;
        let key = match keys.as_slice() {
            [] => return Err("a subscript is empty"),
            [only] => *only,
            _ => self.push(Expr::Sequence(keys), at),
        };
        Ok(self.push(Expr::Item(of, key), start))
    }

    fn slice_or_key(&mut self) -> Result<Id, Syntax> {
        let start = self.start();
        let mut parts = vec![None];
        if !self.is_operator(":") {
            let first = self.expression()?;
            if !self.is_operator(":") {
                return Ok(first);
            }
            parts = vec![Some(first)];
        }
        while parts.len() < 3 && self.skip_operator(":") {
            let empty = self.is_operator(":") || self.is_operator("]") || self.is_operator(",");
            parts.push(if empty { None } else { Some(self.expression()?) });
        }
        Ok(self.push(Expr::Slice(parts), start))
    }

    fn call(&mut self, callee: Id) -> Result<Id, Syntax> {
        let start = self.start_of(callee);
        let arguments = self.arguments()?;
        Ok(self.push(Expr::Call { callee, arguments }, start))
    }

    fn arguments(&mut self) -> Result<Arguments, Syntax> {
        self.nested(|parser| {
            parser.expect_operator("(")?;
            let mut arguments = Arguments::default();
            while !parser.is_operator(")") {
                parser.argument(&mut arguments)?;
                if !parser.skip_operator(",") {
                    break;
                }
            }
            parser.expect_operator(")")?;
            Ok(arguments)
        })
    }

    fn argument(&mut self, arguments: &mut Arguments) -> Result<(), Syntax> {
        if self.skip_operator("*") || self.skip_operator("**") {
            arguments.unpacked.push(self.expression()?);
            return Ok(());
        }
        if let (Some(TokenKind::Name(name)), Some(TokenKind::Operator("="))) =
            (self.peek(), self.peek_second())
        {
            self.at = self.at.saturating_add(2);
            arguments.keyword.push((name.clone(), self.expression()?));
            return Ok(());
        }
        arguments.positional.push(self.expression()?);
        Ok(())
    }

    fn filters_and_tests(&mut self, mut id: Id) -> Result<Id, Syntax> {
        loop {
            id = if self.is_operator("|") {
                self.filter(Some(id))?
            } else if self.is_name("is") {
                self.test(id)?
            } else if self.is_operator("(") {
                self.call(id)?
            } else {
                return Ok(id);
            };
        }
    }

    /// `|name(arguments)`; without a target the bar before the first name is absent.
    pub(super) fn filter(&mut self, target: Option<Id>) -> Result<Id, Syntax> {
        let start = target.map_or_else(|| self.start(), |id| self.start_of(id));
        self.skip_operator("|");
        let name = self.dotted()?;
        let arguments = if self.is_operator("(") { self.arguments()? } else { Arguments::default() };
        Ok(self.push(Expr::Filter { name, target, arguments }, start))
    }

    /// The filters of a `{% filter %}` or `{% set %}` block.
    pub(super) fn filter_chain(&mut self) -> Result<Id, Syntax> {
        let mut id = self.filter(None)?;
        while self.is_operator("|") {
            id = self.filter(Some(id))?;
        }
        Ok(id)
    }

    fn dotted(&mut self) -> Result<String, Syntax> {
        let (mut name, _) = self.name()?;
        while self.skip_operator(".") {
            name.push('.');
            name.push_str(&self.name()?.0);
        }
        Ok(name)
    }

    fn test(&mut self, target: Id) -> Result<Id, Syntax> {
        let start = self.start_of(target);
        self.advance();
        let negated = self.skip_name("not");
        let name = self.dotted()?;
        let mut arguments = Arguments::default();
        let follows = match self.peek() {
            Some(TokenKind::Operator("(")) => {
                arguments = self.arguments()?;
                false
            }
            Some(TokenKind::Operator(operator)) => matches!(*operator, "[" | "{"),
            Some(TokenKind::Name(word)) if word == "is" => return Err("tests cannot be chained with `is`"),
            Some(TokenKind::Name(word)) => !matches!(word.as_str(), "else" | "or" | "and"),
            Some(_) => true,
            None => false,
        };
        if follows {
            let argument = self.primary()?;
            arguments.positional.push(self.postfix(argument)?);
        }
        let id = self.push(Expr::Test { name, target, arguments }, start);
        Ok(if negated { self.push(Expr::Unary(id), start) } else { id })
    }
}
