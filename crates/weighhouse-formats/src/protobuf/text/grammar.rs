//! Fields, messages and lists of a text, one after another, without a schema.

use super::lexer::{Lexer, Wrong};
use crate::bounded::Budget;
use crate::cursor::ReadError;
use crate::protobuf::Stop;
use crate::region::Region;
use crate::source::Source;

/// Messages within messages. No model comes near it; libraries that call themselves for each one overflow their stack.
const DEEPEST: usize = 1000;

/// Takes what a text says, in its order.
pub(crate) trait Sink {
    /// A message begins.
    fn open(&mut self, name: &str, at: u64) -> Result<(), Stop>;
    /// The innermost open message ends.
    fn close(&mut self) -> Result<(), Stop>;
    /// A number, or the name of a value.
    fn word(&mut self, name: &str, word: &str, region: Region) -> Result<(), Stop>;
    /// A text or bytes begin, which [`Sink::piece`] brings, up to [`Sink::end`].
    fn begin(&mut self, name: &str, at: u64) -> Result<(), Stop>;
    /// A part of it.
    fn piece(&mut self, bytes: &[u8]) -> Result<(), Stop>;
    /// The end of it.
    fn end(&mut self, region: Region) -> Result<(), Stop>;
}

/// Where and why no reader would read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) at: u64,
    pub(crate) what: &'static str,
    /// Whether it is no break of the grammar, but too deep.
    pub(crate) deep: bool,
}

/// How far a text was read, and what ended it before its end.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) at: u64,
    pub(crate) broken: Option<Broken>,
    pub(crate) stopped: Option<Stop>,
}

enum Halt {
    Wrong(Wrong),
    Stop(Stop),
    Deep,
}

impl From<Wrong> for Halt {
    fn from(wrong: Wrong) -> Self {
        Self::Wrong(wrong)
    }
}

impl From<ReadError> for Halt {
    fn from(error: ReadError) -> Self {
        Self::Wrong(Wrong::Read(error))
    }
}

impl From<Stop> for Halt {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

/// What is open: a message that closes with a sign, or a list of messages of a name.
enum Open {
    Message(u8),
    List(String),
}

/// Reads a text into `sink`. Messages that are open where it breaks off stay open.
pub(crate) fn read(source: &dyn Source, budget: &Budget, sink: &mut dyn Sink) -> End {
    let lexer = match Lexer::new(source) {
        Ok(lexer) => lexer,
        Err(error) => return End { at: 0, broken: None, stopped: Some(error.into()) },
    };
    let mut reader = Reader { lexer, budget, sink, open: Vec::new(), depth: 0, steps: 0 };
    let halt = reader.fields().err();
    let at = reader.lexer.position();
    let broken = |what, deep| Some(Broken { at, what, deep });
    match halt {
        None => End { at, broken: None, stopped: None },
        Some(Halt::Wrong(Wrong::Grammar(what))) => End { at, broken: broken(what, false), stopped: None },
        Some(Halt::Deep) => End { at, broken: broken("messages are nested too deeply", true), stopped: None },
        Some(Halt::Wrong(Wrong::Read(error))) => End { at, broken: None, stopped: Some(error.into()) },
        Some(Halt::Stop(stop)) => End { at, broken: None, stopped: Some(stop) },
    }
}

struct Reader<'s, 'k> {
    lexer: Lexer<'s>,
    budget: &'s Budget,
    sink: &'k mut dyn Sink,
    open: Vec<Open>,
    /// Messages among what is open.
    depth: usize,
    steps: u64,
}

fn wrong(what: &'static str) -> Halt {
    Halt::Wrong(Wrong::Grammar(what))
}

impl Reader<'_, '_> {
    fn fields(&mut self) -> Result<(), Halt> {
        loop {
            self.steps = self.steps.wrapping_add(1);
            if self.steps.is_multiple_of(4096) {
                self.budget.steps(4096).map_err(Stop::from)?;
            }
            self.separators()?;
            let Some(byte) = self.lexer.peek()? else {
                return if self.open.is_empty() {
                    Ok(())
                } else {
                    Err(wrong("the text ends inside a message"))
                };
            };
            match self.open.last() {
                Some(Open::List(_)) if byte == b']' => {
                    self.lexer.eat(byte)?;
                    self.open.pop();
                }
                Some(Open::List(name)) => {
                    let name = name.clone();
                    self.element(&name)?;
                }
                Some(Open::Message(close)) if byte == *close => {
                    self.lexer.eat(byte)?;
                    self.open.pop();
                    self.depth = self.depth.saturating_sub(1);
                    self.sink.close()?;
                }
                _ if matches!(byte, b'}' | b'>') => return Err(wrong("a message ends that was not open")),
                _ => self.field()?,
            }
        }
    }

    /// What may stand between fields, and between the elements of a list.
    fn separators(&mut self) -> Result<(), Halt> {
        self.lexer.blank()?;
        while self.lexer.eat(b',')? || self.lexer.eat(b';')? {
            self.lexer.blank()?;
        }
        Ok(())
    }

    fn field(&mut self) -> Result<(), Halt> {
        let name = self.lexer.name()?;
        self.lexer.blank()?;
        let colon = self.lexer.eat(b':')?;
        self.lexer.blank()?;
        match self.lexer.peek()? {
            Some(b'[') => {
                self.lexer.eat(b'[')?;
                self.open.push(Open::List(name));
                Ok(())
            }
            Some(b'{' | b'<') => self.message(&name),
            // Only before a message the colon may be left out.
            Some(_) if colon => self.scalar(&name),
            _ => Err(wrong("a field has no value")),
        }
    }

    /// A value in a list.
    fn element(&mut self, name: &str) -> Result<(), Halt> {
        match self.lexer.peek()? {
            Some(b'{' | b'<') => self.message(name),
            _ => self.scalar(name),
        }
    }

    fn message(&mut self, name: &str) -> Result<(), Halt> {
        if self.depth >= DEEPEST {
            return Err(Halt::Deep);
        }
        let at = self.lexer.position();
        let close = if self.lexer.eat(b'{')? {
            b'}'
        } else {
            self.lexer.eat(b'<')?;
            b'>'
        };
        self.sink.open(name, at)?;
        self.open.push(Open::Message(close));
        self.depth = self.depth.saturating_add(1);
        Ok(())
    }

    fn scalar(&mut self, name: &str) -> Result<(), Halt> {
        let at = self.lexer.position();
        if !matches!(self.lexer.peek()?, Some(b'"' | b'\'')) {
            let word = self.lexer.word()?;
            let region = Region::new(at, self.lexer.position());
            return Ok(self.sink.word(name, &word, region)?);
        }
        self.sink.begin(name, at)?;
        let Self { lexer, sink, .. } = self;
        lexer.literals(|bytes| sink.piece(bytes).map_err(Halt::from))?;
        Ok(self.sink.end(Region::new(at, self.lexer.position()))?)
    }
}
