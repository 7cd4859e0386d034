//! Source files and places in them. Everything that reaches a user carries a [`Span`].

use std::fmt;
use std::ops::Range;

/// Identifies one file of a [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A half-open range of bytes in one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Span {
    /// A span of `file` from byte `start` up to, not including, byte `end`.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self {
            file,
            start: clamp(start),
            end: clamp(end.max(start)),
        }
    }

    /// The smallest span that holds both; `self` where they are of different files.
    pub fn to(self, other: Self) -> Self {
        if self.file != other.file {
            return self;
        }
        Self {
            file: self.file,
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    /// The bytes of the span as an index range.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A place as people write it: both numbers start at 1, columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// One file: the path shown to users, and its text.
#[derive(Clone, Debug)]
pub struct SourceFile {
    path: String,
    text: String,
    line_starts: Vec<u32>,
}

impl SourceFile {
    /// A file shown as `path` (relative to the policy repository, with `/`).
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let line_starts = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(i, _)| i + 1))
            .map(|offset| u32::try_from(offset).unwrap_or(u32::MAX))
            .collect();
        Self {
            path: path.into(),
            text,
            line_starts,
        }
    }

    /// The path shown to users.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The whole lines that a range of bytes touches, and the number of the first.
    pub fn lines(&self, range: Range<usize>) -> (Range<usize>, u32) {
        let line = |offset: usize| {
            self.line_starts
                .partition_point(|start| *start as usize <= offset)
                .max(1)
        };
        let (first, last) = (line(range.start), line(range.end));
        let start = |line: usize| {
            self.line_starts
                .get(line - 1)
                .map_or(self.text.len(), |start| *start as usize)
        };
        (start(first)..start(last + 1), first as u32)
    }

    /// Line and column of a byte offset; the end of the file for offsets past it.
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0) as usize;
        let end = (offset as usize).clamp(start, self.text.len().max(start));
        let column = self.text.get(start..end).map_or(0, |line| line.chars().count());
        Position {
            line: line as u32,
            column: column as u32 + 1,
        }
    }
}

/// All files of one run.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// Adds a file and returns its id.
    pub fn add(&mut self, file: SourceFile) -> FileId {
        let id = FileId(self.files.len() as u32);
        self.files.push(file);
        id
    }

    /// The file, if `id` is of this map.
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// The whole text of a file; empty where it is not of this map.
    pub fn whole(&self, id: FileId) -> &str {
        self.file(id).map_or("", SourceFile::text)
    }

    /// All files in the order in which they were added.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files
            .iter()
            .enumerate()
            .map(|(i, file)| (FileId(i as u32), file))
    }

    /// The text under a span; empty where the span is not of this map.
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file)
            .and_then(|file| file.text.get(span.range()))
            .unwrap_or("")
    }

    /// Where a span starts.
    pub fn position(&self, span: Span) -> Position {
        self.file(span.file)
            .map_or(Position { line: 1, column: 1 }, |file| file.position(span.start))
    }

    /// `path:line` of the start of a span, as written into emitted comments.
    pub fn line_of(&self, span: Span) -> String {
        let path = self.file(span.file).map_or("", SourceFile::path);
        format!("{path}:{}", self.position(span).line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let file = SourceFile::new("a.sept", "zone ä {\n\n}");
        assert_eq!(file.position(0).to_string(), "1:1");
        assert_eq!(
            file.position(8).to_string(),
            "1:8",
            "ä is two bytes and one character"
        );
        assert_eq!(file.position(11).to_string(), "3:1");
        assert_eq!(file.position(999).to_string(), "3:2");
    }

    #[test]
    fn lines_are_whole() {
        let file = SourceFile::new("a.sept", "one\ntwo\n\nfour");
        let lines = |range: Range<usize>| {
            let (bytes, first) = file.lines(range);
            (&file.text()[bytes], first)
        };
        assert_eq!(lines(5..6), ("two\n", 2));
        assert_eq!(lines(2..4), ("one\ntwo\n", 1));
        assert_eq!(lines(8..8), ("\n", 3));
        assert_eq!(lines(10..99), ("four", 4));
        assert_eq!(lines(99..99), ("four", 4));
    }
}
