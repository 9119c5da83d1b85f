//! Native models of gradient boosting: XGBoost in UBJSON and in its older binary form, LightGBM's text, CatBoost's binary form. Their JSON forms are JSON.
//!
//! All of them hold trees of numbers beside a few texts: names of features, attributes, parameters. Texts become a document that
//! rules judge; numbers are checked against the counts that go with them. No loader of these formats runs code.

mod binf;
mod catboost;
mod lightgbm;
mod ubjson;

#[cfg(test)]
mod tests;

use crate::format::Format;
use crate::identify::Probe;
use crate::node::{Candidate, Strength};

pub use binf::parse as parse_xgboost_binary;
pub use catboost::parse as parse_catboost;
pub use lightgbm::parse as parse_lightgbm;
pub use ubjson::parse as parse_ubjson;

/// Recognises the formats.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    let (format, evidence) = if probe.starts_with(catboost::MAGIC) {
        (Format::CatBoost, "signature")
    } else if probe.starts_with(b"tree\nversion=v") || probe.starts_with(b"tree\r\nversion=v") {
        (Format::LightGbm, "first lines")
    } else if probe.starts_with(binf::MAGIC) {
        (Format::XgBoostBinary, "signature")
    } else if ubjson::begins(&probe.head) {
        (Format::Ubjson, "an object with a counted key")
    } else {
        return None;
    };
    Some(Candidate { format, strength: Strength::Certain, evidence })
}
