//! Protocol buffers written as text, as people and `text_format` write them: read by their grammar and turned into the form that
//! stands on the wire.
//!
//! The text is another spelling of the same message. So there are no readers of texts beside the readers of messages: what a text
//! says is written out as the wire says it, by the same static schema, and that is inspected like any other message.

mod encode;
mod escape;
mod grammar;
mod lexer;

pub(crate) use encode::{Rest, encode};
pub(crate) use grammar::{End, Sink, read};

#[cfg(test)]
mod tests;
