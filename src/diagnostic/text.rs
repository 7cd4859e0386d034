//! Diagnostics for the terminal, in the look of rustc.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::place::{Column, Extent, clamped};
use super::{Diagnostic, Label, Severity};
use crate::source::{SourceFile, SourceMap, Span};

/// The longest line that is shown, in bytes. People do not write longer ones, and machines write megabytes.
const LINE: usize = 2_000;

/// One diagnostic as text, with a final newline. `colour` adds ANSI sequences.
pub fn render(diagnostic: &Diagnostic, sources: &SourceMap, colour: bool) -> String {
    rendered(diagnostic, sources, colour, excerpt)
}

/// The lines of a file that spans are on, and where the first is. The renderer looks at every line that it is given, and
/// a file can have a million. The line after them tells it that the file does not end there.
fn excerpt(file: &SourceFile, spans: Range<usize>) -> (Range<usize>, u32) {
    // What lies behind the last line break is shown on the line that it ends.
    let start = match spans.start == file.text().len() {
        true => spans.start.saturating_sub(1),
        false => spans.start,
    };
    let (lines, first) = file.lines(start..spans.end);
    (lines.start..file.lines(lines.end..lines.end).0.end, first)
}

fn rendered(
    diagnostic: &Diagnostic,
    sources: &SourceMap,
    colour: bool,
    excerpt: impl Fn(&SourceFile, Range<usize>) -> (Range<usize>, u32),
) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level
        .primary_title(diagnostic.message.as_str())
        .id(diagnostic.code);
    let mut group = Group::with_title(title);
    let labels: Vec<(&Label, AnnotationKind)> = diagnostic
        .primary
        .iter()
        .map(|label| (label, AnnotationKind::Primary))
        .chain(
            diagnostic
                .secondary
                .iter()
                .map(|label| (label, AnnotationKind::Context)),
        )
        .collect();
    let mut seen = Vec::new();
    for (label, _) in &labels {
        let file_id = label.span.file;
        if seen.contains(&file_id) {
            continue;
        }
        seen.push(file_id);
        let Some(file) = sources.file(file_id) else {
            continue;
        };
        if labels
            .iter()
            .any(|(label, _)| label.span.file == file_id && has_long_line(file, label.span))
        {
            let extent = Extent::of(label.span, file, Column::Character);
            let place = Origin::path(visible(file.path()))
                .line(extent.line as usize)
                .char_column(extent.column as usize);
            group = group.element(place);
            continue;
        }
        let here: Vec<(Range<usize>, &Label, AnnotationKind)> = labels
            .iter()
            .filter(|(label, _)| label.span.file == file_id)
            .map(|(label, kind)| (clamped(label.span, file.text()), *label, *kind))
            .collect();
        let start = here.iter().map(|(span, ..)| span.start).min().unwrap_or(0);
        let end = here.iter().map(|(span, ..)| span.end).max().unwrap_or(0);
        let (shown, line) = excerpt(file, start..end);
        let mut snippet = Snippet::source(file.text().get(shown.clone()).unwrap_or(""))
            .line_start(line as usize)
            .path(visible(file.path()))
            .fold(true);
        for (span, label, kind) in here {
            let annotation = kind.span(span.start - shown.start..span.end - shown.start);
            snippet = snippet.annotation(if label.message.is_empty() {
                annotation
            } else {
                annotation.label(visible(&label.message))
            });
        }
        group = group.element(snippet);
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.with_name(note.title).message(visible(&note.text)));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(visible(help)));
    }
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut text = renderer.render(&[group]);
    text.push('\n');
    text
}

/// True where a span begins or ends on a line that is too long to show.
fn has_long_line(file: &SourceFile, span: Span) -> bool {
    let range = clamped(span, file.text());
    let is_break = |byte: &u8| *byte == b'\n';
    let is_long = |offset: usize| {
        let (before, after) = file.text().as_bytes().split_at(offset);
        let before = before.iter().rev().take(LINE).take_while(|byte| !is_break(byte));
        let after = after.iter().take(LINE).take_while(|byte| !is_break(byte));
        before.count() + after.count() >= LINE
    };
    is_long(range.start) || is_long(range.end)
}

/// Text that cannot move the cursor or change the terminal, whatever a file of the user holds. The
/// renderer does so itself for the title and the source; the rest it trusts.
fn visible(text: &str) -> String {
    let breaks = |c: char| {
        (c.is_control() && c != '\n') || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    text.replace(breaks, "\u{FFFD}")
}

/// `3 errors, 1 warning`: the last line of a run. Notes are not counted.
pub fn summary(diagnostics: &[Diagnostic]) -> String {
    let count = |severity| diagnostics.iter().filter(|d| d.severity == severity).count();
    let plural = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    match (errors, warnings) {
        (0, 0) => "no findings".to_owned(),
        (0, w) => plural(w, "warning"),
        (e, 0) => plural(e, "error"),
        (e, w) => format!("{}, {}", plural(e, "error"), plural(w, "warning")),
    }
}

#[cfg(test)]
mod tests {
    use super::{excerpt, render, rendered};
    use crate::diagnostic::Diagnostic;
    use crate::source::{SourceFile, SourceMap, Span};

    #[test]
    fn text_of_the_user_cannot_write_to_the_terminal() {
        let evil = "a\u{1b}[31m\u{202E}\r\u{7}";
        let mut sources = SourceMap::default();
        let file = sources.add(SourceFile::new(evil, evil));
        let place = Span::new(file, 0, 1);
        let diagnostic = Diagnostic::error("x", place, evil)
            .with(place, evil)
            .note("note", evil)
            .help(evil);
        let text = render(&diagnostic, &sources, false);
        assert!(
            !text.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202E}'),
            "{text:?}"
        );
    }

    #[test]
    fn a_place_outside_of_the_text_is_shown_at_its_end() {
        let mut sources = SourceMap::default();
        let file = sources.add(SourceFile::new("a", "ä"));
        let text = render(
            &Diagnostic::error("x", Span::new(file, 1, 99), "m"),
            &sources,
            false,
        );
        assert!(text.contains("1 | ä"), "{text}");
    }

    #[test]
    fn of_a_long_file_only_the_lines_of_the_labels_are_looked_at() {
        let mut sources = SourceMap::default();
        let file = sources.add(SourceFile::new("a", "a line\n".repeat(100_000)));
        let place = Span::new(file, 350_003, 350_005);
        let source = sources.file(file).unwrap();
        assert_eq!(excerpt(source, place.range()), (350_000..350_014, 50_001));
        let text = render(&Diagnostic::error("x", place, "m"), &sources, false);
        assert!(
            text.contains("a:50001:4") && text.contains("50001 | a line"),
            "{text}"
        );
    }

    #[test]
    fn what_is_shown_does_not_depend_on_the_rest_of_the_file() {
        arbtest::arbtest(|u| {
            let mut text = String::new();
            for _ in 0..u.int_in_range(0..=40)? {
                text.push_str(u.choose(&["a", "\u{e4} ", "\n", "\n", "\r\n", "{}", "\t", "\r", "\n\n\n\n"])?);
            }
            let mut sources = SourceMap::default();
            let file = sources.add(SourceFile::new("a", text.clone()));
            let mut place = || {
                let start = u.int_in_range(0..=text.len())?;
                arbtest::arbitrary::Result::Ok(Span::new(file, start, u.int_in_range(start..=text.len())?))
            };
            let diagnostic = Diagnostic::error("x", place()?, "m")
                .with(place()?, "here")
                .with(place()?, "there");
            let whole = rendered(&diagnostic, &sources, false, |file, _| (0..file.text().len(), 1));
            assert_eq!(render(&diagnostic, &sources, false), whole, "{text:?}");
            Ok(())
        });
    }
}
