//! What Weighhouse knows before it looks: versioned data that ships in the binary, with one digest over all of it.
//!
//! The data lives as sorted text under `data/`, one entry a line, so that a change is read as a diff. Nothing here reads the
//! machine it runs on: the same bytes get the same judgement everywhere.

mod acts;
mod arguments;
mod attributes;
pub mod commands;
pub mod effects;
mod globals;
#[cfg(test)]
mod lists;
pub mod loaders;
pub mod objects;
pub mod operators;
pub mod r_functions;
mod table;
pub mod templates;
#[cfg(test)]
mod tests;

pub use acts::{acts, is_function, reaches_out};
pub use arguments::{Arguments, is_partial, may_be_kept, only_names_columns, only_parses_arguments};
pub use attributes::{Attribute, attribute_of_class, attribute_of_object};
pub use globals::{
    Entry, Globals, Judged, Judgement, Role, Roles, Tier, is_importable, is_standard_library, resolves_names,
};

use sha2::{Digest, Sha256};

/// SHA-256 over all knowledge that takes part in judging, in a fixed order, in lower-case hex. Reports carry it.
pub fn digest() -> String {
    let mut hasher = Sha256::new();
    for (name, text) in globals::texts()
        .chain([templates::text(), loaders::text()])
        .chain(effects::texts())
        .chain(operators::texts())
        .chain(objects::texts())
        .chain([r_functions::text()])
    {
        hasher.update(name.as_bytes());
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        text.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
        text.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
        text
    })
}
