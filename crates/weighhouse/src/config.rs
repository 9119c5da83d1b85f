//! Shim.
use std::path::{Path, PathBuf};
use weighhouse_core::*;
use weighhouse_formats::bounded::Limits;
pub(crate) struct Config {
    limits: Limits,
}
pub(crate) fn load(_: Option<&Path>, _: &[&'static RuleMeta]) -> Result<Config, Vec<Diagnostic>> {
    Ok(Config { limits: Limits::default() })
}
impl Config {
    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }
    pub(crate) fn max_files(&self) -> usize {
        1_000_000
    }
    pub(crate) fn waivers(&self) -> &[Waiver] {
        &[]
    }
    pub(crate) fn warnings(&self) -> &[Diagnostic] {
        &[]
    }
    pub(crate) fn waiver_diagnostics(&self, _: &[weighhouse_core::waiver::WaiverUse]) -> Vec<Diagnostic> {
        vec![]
    }
    pub(crate) fn fail_on(&self) -> Option<Severity> {
        None
    }
    pub(crate) fn decide(
        &self,
        i: &Inspection,
        p: Option<&str>,
        _f: Option<Severity>,
        _: &[PathBuf],
    ) -> Result<Decision, Vec<Diagnostic>> {
        let profile = weighhouse_policy::Profile::built_in(p.unwrap_or("internal")).unwrap();
        Ok(weighhouse_policy::evaluate(&weighhouse_policy::PolicySet::embedded(), i, &profile))
    }
}
