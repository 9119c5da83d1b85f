//! Diagnostics as text: the headline, the lines it is about, what to do.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level as Shown, Renderer, Snippet};
use weighhouse_core::Diagnostic;
use weighhouse_core::diagnostic::{Level, SourceText};

/// Renders a diagnostic. Without colour the result is plain ASCII art and safe to store.
pub(crate) fn render(diagnostic: &Diagnostic, color: bool) -> String {
    let level = match diagnostic.level {
        Level::Error => Shown::ERROR,
        Level::Warning => Shown::WARNING,
        Level::Note => Shown::NOTE,
    };
    let title = level.primary_title(&diagnostic.headline).id(diagnostic.code);
    let mut group = match &diagnostic.source {
        Some(source) => title.element(snippet(diagnostic, source)),
        None => Group::with_title(title),
    };
    if let Some(help) = &diagnostic.help {
        group = group.element(Shown::HELP.message(help));
    }
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    renderer.render(&[group])
}

fn snippet<'a>(diagnostic: &'a Diagnostic, source: &'a SourceText) -> Snippet<'a, Annotation<'a>> {
    let annotations = diagnostic.labels.iter().enumerate().map(|(at, label)| {
        let kind = if at == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        let annotation = kind.span(within(&source.text, &label.span));
        if label.message.is_empty() { annotation } else { annotation.label(&label.message) }
    });
    Snippet::source(&*source.text).path(&source.name).annotations(annotations)
}

/// A span that lies in the text, on character boundaries, as the renderer requires.
fn within(text: &str, span: &std::ops::Range<usize>) -> std::ops::Range<usize> {
    let start = text.floor_char_boundary(span.start);
    start..text.ceil_char_boundary(span.end).max(start)
}

#[cfg(test)]
mod tests;
