//! Pictures, sound, fonts: walked far enough to know where they end, so that nothing hides behind them.

/// What a media file is.
#[derive(Debug)]
pub struct MediaFacts {
    /// For the reader: `PNG, 512 × 512`.
    pub description: String,
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
        crate::format::Format::Png,
        crate::node::Facts::Media(Box::new(MediaFacts { description: String::new() })),
        claims,
    )
}
