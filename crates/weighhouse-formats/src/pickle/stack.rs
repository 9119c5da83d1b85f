//! The stack and its marks, with the fences of CPython's loader: nothing is popped from below the innermost mark.

use crate::bounded::Exhausted;

use super::machine::Halt;
use super::value::Value;

/// Values held at once: 64 MiB.
const MOST: usize = 8 << 20;

/// A stack with marks.
#[derive(Debug, Default)]
pub(super) struct Stack {
    values: Vec<Value>,
    marks: Vec<usize>,
    /// No pop goes below this.
    fence: usize,
    /// What is missing is unknown instead of an error: for streams entered in the middle.
    pub(super) lenient: bool,
}

impl Stack {
    fn underflow() -> Halt {
        Halt::Broken("the stack has no value here".to_owned())
    }

    #[inline]
    pub(super) fn push(&mut self, value: Value) -> Result<(), Halt> {
        if self.values.len() >= MOST {
            return Err(Halt::Limit(Exhausted::Facts));
        }
        self.values.push(value);
        Ok(())
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Result<Value, Halt> {
        if self.values.len() > self.fence
            && let Some(value) = self.values.pop()
        {
            return Ok(value);
        }
        if self.lenient { Ok(Value::UNKNOWN) } else { Err(Self::underflow()) }
    }

    #[inline]
    pub(super) fn top(&self) -> Result<Value, Halt> {
        match self.values.last() {
            Some(value) if self.values.len() > self.fence => Ok(*value),
            _ if self.lenient => Ok(Value::UNKNOWN),
            _ => Err(Self::underflow()),
        }
    }

    /// Replaces the top value.
    pub(super) fn replace(&mut self, value: Value) {
        if let Some(top) = self.values.last_mut() {
            *top = value;
        }
    }

    #[inline]
    pub(super) fn mark(&mut self) -> Result<(), Halt> {
        if self.marks.len() >= MOST {
            return Err(Halt::Limit(Exhausted::Facts));
        }
        self.marks.push(self.values.len());
        self.fence = self.values.len();
        Ok(())
    }

    /// Takes the innermost mark away and returns the position behind it.
    #[inline]
    pub(super) fn marker(&mut self) -> Result<usize, Halt> {
        match self.marks.pop() {
            Some(position) => {
                self.fence = self.marks.last().copied().unwrap_or(0);
                Ok(position)
            }
            None if self.lenient => Ok(self.fence),
            None => Err(Halt::Broken("no mark is left".to_owned())),
        }
    }

    /// `POP`: a value, or the mark if it lies on top.
    pub(super) fn discard(&mut self) -> Result<(), Halt> {
        if self.marks.last() == Some(&self.values.len()) {
            self.marker().map(|_| ())
        } else {
            self.pop().map(|_| ())
        }
    }

    /// The values from a position on.
    #[inline]
    pub(super) fn from(&self, position: usize) -> &[Value] {
        self.values.get(position..).unwrap_or_default()
    }

    #[inline]
    pub(super) fn truncate(&mut self, position: usize) {
        self.values.truncate(position);
    }

    /// The position of the uppermost `count` values; an error if the fence lies above it.
    pub(super) fn position_of(&mut self, count: usize) -> Result<usize, Halt> {
        let available = self.values.len().saturating_sub(self.fence);
        if available < count {
            if !self.lenient {
                return Err(Self::underflow());
            }
            let missing = count.saturating_sub(available);
            let at = self.fence;
            self.values.splice(at..at, std::iter::repeat_n(Value::UNKNOWN, missing));
        }
        Ok(self.values.len().saturating_sub(count))
    }

    /// The value right below a position, where a container waits for items.
    pub(super) fn below(&self, position: usize) -> Result<Value, Halt> {
        let found = position.checked_sub(1).filter(|at| *at >= self.fence).and_then(|at| self.values.get(at));
        match found {
            Some(value) => Ok(*value),
            None if self.lenient => Ok(Value::UNKNOWN),
            None => Err(Self::underflow()),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }
}
