//! JSON v1: one object, written as it goes. Documented by `docs/reference/report-v1.schema.json`.
//!
//! Strings are the artifact's own, escaped only as JSON demands: a reader that shows them to people must escape them.
//! Every key is always present; what is not known is `null`.

use std::io::{self, Write};

use serde::Serialize;

use crate::Report;

pub(crate) mod wire;

pub(crate) fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = serde_json::Serializer::pretty(&mut *out);
    wire::Document::of(report).serialize(&mut writer)?;
    writeln!(out)
}
