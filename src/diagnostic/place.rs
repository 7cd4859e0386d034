//! Where a span is, as other programs write it.

use serde::Serialize;

use crate::source::{Position, SourceFile, Span};

/// The span's bytes, moved to character boundaries inside the text.
pub(super) fn clamped(span: Span, text: &str) -> std::ops::Range<usize> {
    let floor = |mut offset: usize| {
        offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    };
    let range = span.range();
    let start = floor(range.start);
    start..floor(range.end).max(start)
}

/// What one column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    /// A character, as editors show it.
    Character,
    /// A UTF-16 code unit, as SARIF and editors' protocols count.
    Utf16,
}

/// First line and column of a span, and those just after it; all start at 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Extent {
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
}

impl Extent {
    /// The extent of `span`, which is of `file`.
    pub(super) fn of(span: Span, file: &SourceFile, unit: Column) -> Self {
        let range = clamped(span, file.text());
        let (start, end) = (position(file, range.start, unit), position(file, range.end, unit));
        Self {
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }
}

fn position(file: &SourceFile, offset: usize, unit: Column) -> Position {
    let by_characters = file.position(u32::try_from(offset).unwrap_or(u32::MAX));
    if unit == Column::Character {
        return by_characters;
    }
    let before = file.text().get(..offset).unwrap_or("");
    let line = before.rsplit('\n').next().unwrap_or("");
    Position {
        line: by_characters.line,
        column: u32::try_from(line.encode_utf16().count() + 1).unwrap_or(u32::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    #[test]
    fn columns_count_characters_or_code_units() {
        let file = SourceFile::new("a", "x\r\n😀ä z");
        let z = Span::new(FileId(0), 10, 11);
        let extent = |unit| Extent::of(z, &file, unit);
        assert_eq!(extent(Column::Character).column, 4);
        assert_eq!(extent(Column::Utf16).column, 5);
        assert_eq!(extent(Column::Utf16).end_column, 6);
    }

    #[test]
    fn a_span_outside_of_the_text_ends_with_it() {
        let file = SourceFile::new("a", "ä");
        let extent = Extent::of(Span::new(FileId(0), 1, 99), &file, Column::Utf16);
        assert_eq!((extent.line, extent.column), (1, 1));
        assert_eq!((extent.end_line, extent.end_column), (1, 2));
    }
}
