//! Shim.
pub(crate) fn render(d: &weighhouse_core::Diagnostic, _: bool) -> String {
    format!("{d:?}")
}
