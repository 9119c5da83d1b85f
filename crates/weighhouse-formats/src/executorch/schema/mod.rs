//! The descriptions of all parts of the format.

pub(super) mod bundle;
pub(super) mod data;
pub(super) mod program;
pub(super) mod xnnpack;
