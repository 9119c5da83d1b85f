//! The outermost fields of a text: what it is, and what it says of itself.

use std::collections::BTreeMap;

use super::Root;
use crate::draft::head;
use crate::protobuf::text::Sink;
use crate::protobuf::{Kind, Stop};
use crate::region::Region;

/// Different fields that are remembered.
const MOST: usize = 256;
/// Values that are kept, and the bytes of each.
const NOTED: usize = 64;
const LONGEST: usize = 512;

/// How values of a field are written.
#[derive(Debug, Clone, Copy)]
enum Form {
    Message,
    Word,
    Literal,
}

#[derive(Debug, Default)]
struct Forms {
    message: bool,
    word: bool,
    literal: bool,
}

/// What was seen.
#[derive(Debug, Default)]
pub(super) struct Survey {
    depth: usize,
    /// Number of all fields.
    pub(super) count: u64,
    /// Names, and what they were.
    fields: BTreeMap<String, Forms>,
    /// Plain values: name and value.
    pub(super) noted: Vec<(String, String)>,
    /// The value that is being read.
    value: Option<(String, Vec<u8>)>,
}

impl Survey {
    /// Whether a field was there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// Whether there is a field that tells this kind of message, written as that kind has it.
    pub(super) fn fits(&self, root: &Root) -> bool {
        root.signs.iter().any(|sign| {
            let field = root.message.fields.iter().find(|field| field.name == *sign);
            field.zip(self.fields.get(*sign)).is_some_and(|(field, seen)| match field.kind {
                Kind::Message(_) => seen.message,
                // No reader takes a bare word for a text.
                Kind::Text | Kind::Bytes => seen.literal,
                _ => seen.word,
            })
        })
    }

    fn see(&mut self, name: &str, form: Form) {
        self.count = self.count.saturating_add(1);
        if self.depth > 0 || self.fields.len() >= MOST && !self.fields.contains_key(name) {
            return;
        }
        let seen = self.fields.entry(name.to_owned()).or_default();
        match form {
            Form::Message => seen.message = true,
            Form::Word => seen.word = true,
            Form::Literal => seen.literal = true,
        }
    }

    fn keep(&mut self, name: &str, value: &str) {
        if self.depth == 0 && self.noted.len() < NOTED {
            self.noted.push((name.to_owned(), head(value, LONGEST).to_owned()));
        }
    }
}

impl Sink for Survey {
    fn open(&mut self, name: &str, _at: u64) -> Result<(), Stop> {
        self.see(name, Form::Message);
        self.depth = self.depth.saturating_add(1);
        Ok(())
    }

    fn close(&mut self) -> Result<(), Stop> {
        self.depth = self.depth.saturating_sub(1);
        Ok(())
    }

    fn word(&mut self, name: &str, word: &str, _region: Region) -> Result<(), Stop> {
        self.see(name, Form::Word);
        self.keep(name, word);
        Ok(())
    }

    fn begin(&mut self, name: &str, _at: u64) -> Result<(), Stop> {
        self.see(name, Form::Literal);
        self.value = (self.depth == 0).then(|| (name.to_owned(), Vec::new()));
        Ok(())
    }

    fn piece(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        if let Some((_, value)) = &mut self.value {
            let room = LONGEST.saturating_sub(value.len());
            value.extend_from_slice(bytes.get(..bytes.len().min(room)).unwrap_or_default());
        }
        Ok(())
    }

    fn end(&mut self, _region: Region) -> Result<(), Stop> {
        if let Some((name, value)) = self.value.take() {
            self.keep(&name, &String::from_utf8_lossy(&value));
        }
        Ok(())
    }
}
