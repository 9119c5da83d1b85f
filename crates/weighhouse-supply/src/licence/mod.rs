//! May we use it for this? Which licence a model is under, who says so, and what that means for the company that asks.
//!
//! Statements are collected from every place that makes one (`statements`), texts are recognised by their words (`text`), contradictions and
//! parents are looked at (`parents`), and for a company each use is decided with the clause on which the answer rests (`decide`, from the table
//! `ai-licenses.yaml`). What was not confirmed from a text is never "allowed".

mod assess;
#[cfg(test)]
mod cases;
mod company;
mod decide;
mod duties;
mod identify;
mod parents;
mod report;
pub mod rules;
mod stated;
mod statements;
mod table;
#[cfg(test)]
mod tests;
mod text;

pub use assess::assess;
pub use company::{Company, SECTORS, Use};
pub use report::{
    Accepted, Duty, InForce, ParentLicence, Recognised, Report, Settings, Text, Told, Why, report,
};
#[cfg(test)]
pub(crate) use stated::spdx;
pub(crate) use stated::{Stated, stated};
pub use statements::tells_terms;
pub use text::pack;
