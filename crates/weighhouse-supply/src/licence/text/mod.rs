//! Recognition of licence texts.
//!
//! A text becomes words (`words`). If a known text has exactly these words, that is the answer. Otherwise the known texts that share
//! many runs of five words are compared word by word (`align`), and the one with the most in common is found if it agrees to 80 %. Where
//! only names, years and the title differ, it is that licence; where anything else differs, it is a *modified version*, with the words, however
//! few they are: two words can turn a licence around. What is left is looked through for terms a business must know of (`guard`).

mod align;
pub(super) mod corpus;
pub(super) mod detect;
pub(super) mod guard;
mod lexicon;
mod words;

#[cfg(test)]
mod tests;

pub(super) use detect::{Agreement, Detection, detect};
pub use pack::pack;

mod pack;

/// The words of a text with a blank between them, for looking whether one text stands in another.
pub(super) fn plain_words(text: &str) -> String {
    // One line: a notice often begins like a line of copyright, which would be left out.
    let line = format!("~ {}", text.split_whitespace().collect::<Vec<_>>().join(" "));
    words::words(&line, 200_000).words.join(" ")
}
