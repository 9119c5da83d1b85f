//! What its makers say of a model or data set: which questions the card answers, and which it leaves open.
//!
//! Nothing here believes the card or judges what it says; policies demand documentation by its name (`card_missing`).

mod assess;
pub(crate) mod card;
mod croissant;
mod elements;
mod front;
#[cfg(test)]
mod tests;

pub use assess::{Report, assess, report};
pub use croissant::Croissant;
pub use elements::{Answered, Element};
pub use front::{Front, Words};
