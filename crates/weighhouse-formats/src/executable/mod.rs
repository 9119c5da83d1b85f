//! Executables and libraries: ELF, PE, Mach-O, WebAssembly, Java classes, Python bytecode. Headers only.

/// What an executable is.
#[derive(Debug)]
pub struct ExecutableFacts {
    /// For the reader: `ELF 64-bit x86-64 shared library`.
    pub description: String,
    /// Whether headers and tables are consistent enough to be loaded.
    pub loadable: bool,
}

/// Recognises the format.
pub fn probe(_probe: &crate::identify::Probe<'_>) -> Option<crate::node::Candidate> {
    None
}

/// Reads the format.
pub fn parse(
    source: &crate::source::SharedSource,
    _name: &str,
    _budget: &crate::bounded::Budget,
) -> crate::node::Parsed {
    let claims = crate::region::Claims::whole(source.len());
    crate::node::Parsed::new(
        crate::format::Format::Elf,
        crate::node::Facts::Executable(Box::new(ExecutableFacts {
            description: String::new(),
            loadable: false,
        })),
        claims,
    )
}
