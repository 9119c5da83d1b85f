//! Where a model comes from: what it declares, and what its weights show.
//!
//! *Declared* lineage is read from every place where it is said, and places that contradict each other are findings. *Measured* lineage
//! compares passports: a few numbers for each tensor that survive fine-tuning, quantising, pruning and merging. Statistics are told with
//! what chance would give; the strongest word for weights without kinship is "no evidence", never "independent".

mod assess;
pub mod declared;
pub mod delta;
mod fidelity;
pub mod kinship;
pub mod passport;
mod roles;
pub mod rules;
mod sketch;
pub mod store;
pub mod tell;
mod view;

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;

pub use assess::{Settings, assess, not_faithful};
