//! Rows and cells with the place of each byte, which the `csv` crate does not give.
//!
//! Reads what the `csv` crate reads; the test below holds the two against each other. It says more: text
//! after a closing quote and a quote that is never closed are mistakes.

use std::borrow::Cow;

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// Cells of a row beyond these are counted, not kept.
const MAX_CELLS: usize = 1_000;

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell<'t> {
    /// The text without blanks around it, borrowed where it stands in the file as it is.
    pub text: Cow<'t, str>,
    /// Where it stands, without quotes and blanks around it.
    pub span: Span,
}

/// One row.
#[derive(Debug)]
pub(super) struct Row<'t> {
    pub cells: Vec<Cell<'t>>,
    /// Cells beyond those that are kept.
    pub unkept: usize,
    /// From the first cell to the last.
    pub span: Span,
}

impl Default for Row<'_> {
    fn default() -> Self {
        Self {
            cells: Vec::new(),
            unkept: 0,
            span: Span::new(FileId(0), 0, 0),
        }
    }
}

/// Reads a file row by row, each byte once.
pub(super) struct Scanner<'t> {
    file: FileId,
    text: &'t str,
    at: usize,
    delimiter: u8,
}

impl<'t> Scanner<'t> {
    pub fn new(file: FileId, text: &'t str) -> Self {
        let at = if text.starts_with('\u{feff}') {
            '\u{feff}'.len_utf8()
        } else {
            0
        };
        let mut scanner = Self {
            file,
            text,
            at,
            delimiter: b',',
        };
        scanner.skip_to_row();
        scanner.delimiter = delimiter(text.get(scanner.at..).unwrap_or_default());
        scanner
    }

    /// Reads the next row into `row`; false at the end of the file.
    pub fn next(&mut self, row: &mut Row<'t>, report: &mut dyn FnMut(Diagnostic)) -> bool {
        row.cells.clear();
        row.unkept = 0;
        self.skip_to_row();
        if self.at >= self.text.len() {
            return false;
        }
        let start = self.at;
        loop {
            let cell = match self.peek() {
                Some(b'"') => self.quoted_cell(report),
                _ => self.plain_cell(report),
            };
            if row.cells.len() < MAX_CELLS {
                row.cells.push(cell);
            } else {
                row.unkept += 1;
            }
            row.span = Span::new(self.file, start, self.at);
            if self.peek() != Some(self.delimiter) {
                return true;
            }
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Passes empty lines and lines that begin with `#`.
    fn skip_to_row(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b'\n' | b'\r' => self.at += 1,
                b'#' => self.at = self.find(self.at, |byte| matches!(byte, b'\n' | b'\r')),
                _ => return,
            }
        }
    }

    /// The first byte from `from` on for which `holds`, or the end.
    fn find(&self, from: usize, holds: impl Fn(u8) -> bool) -> usize {
        let rest = self.text.as_bytes().get(from..).unwrap_or_default();
        from + rest.iter().position(|byte| holds(*byte)).unwrap_or(rest.len())
    }

    fn cell_end(&self, from: usize) -> usize {
        self.find(from, |byte| {
            byte == self.delimiter || matches!(byte, b'\n' | b'\r')
        })
    }

    fn plain_cell(&mut self, report: &mut dyn FnMut(Diagnostic)) -> Cell<'t> {
        let end = self.cell_end(self.at);
        let cell = self.trimmed(self.at, end);
        self.at = end;
        if cell.text.starts_with('"') {
            report(
                Diagnostic::error(
                    "csv-syntax",
                    cell.span,
                    "a blank before the quote makes it part of the text",
                )
                .help("remove the blank"),
            );
        }
        cell
    }

    /// A cell from its quote on. `""` stands for a quote.
    fn quoted_cell(&mut self, report: &mut dyn FnMut(Diagnostic)) -> Cell<'t> {
        let open = self.at;
        let mut end = open + 1;
        let mut doubled = false;
        loop {
            end = self.find(end, |byte| byte == b'"');
            match self.text.as_bytes().get(end + 1) {
                Some(b'"') => {
                    doubled = true;
                    end += 2;
                }
                _ => break,
            }
        }
        let is_closed = end < self.text.len();
        if !is_closed {
            // The quote swallows all rows that follow; only its own line is of this cell.
            end = self.find(open + 1, |byte| matches!(byte, b'\n' | b'\r'));
        }
        let mut cell = self.trimmed(open + 1, end);
        if is_closed {
            self.at = self.cell_end(end + 1);
            let after = self.trimmed(end + 1, self.at);
            if !after.text.is_empty() {
                report(
                    Diagnostic::error("csv-syntax", after.span, "text after the closing quote")
                        .help("a quote inside a quoted cell is written twice"),
                );
            }
        } else {
            self.at = self.text.len();
            let quote = Span::new(self.file, open, open + 1);
            report(
                Diagnostic::error("csv-syntax", quote, "this quote is never closed")
                    .help("the rows below are not read until it is"),
            );
        }
        if doubled {
            cell.text = Cow::Owned(cell.text.replace("\"\"", "\""));
        }
        cell
    }

    fn trimmed(&self, start: usize, end: usize) -> Cell<'t> {
        let whole = self.text.get(start..end).unwrap_or_default();
        let text = whole.trim();
        let start = start + (whole.len() - whole.trim_start().len());
        // A cell of blanks alone is trimmed from both sides.
        let start = if text.is_empty() { end - whole.len() } else { start };
        Cell {
            text: Cow::Borrowed(text),
            span: Span::new(self.file, start, start + text.len()),
        }
    }
}

/// What separates the cells of the header: Excel writes `;` where the comma is a decimal point.
fn delimiter(text: &str) -> u8 {
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0)];
    let mut in_quotes = false;
    for byte in text.bytes() {
        match byte {
            b'"' => in_quotes = !in_quotes,
            b'\n' | b'\r' if !in_quotes => break,
            _ if in_quotes => {}
            _ => {
                for (_, count) in counts.iter_mut().filter(|(delimiter, _)| *delimiter == byte) {
                    *count += 1;
                }
            }
        }
    }
    let [comma, others @ ..] = counts;
    others
        .into_iter()
        .fold(comma, |best, other| if other.1 > best.1 { other } else { best })
        .0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> (Vec<Vec<Cell<'_>>>, Vec<String>) {
        let mut faults = Vec::new();
        let mut scanner = Scanner::new(FileId(0), text);
        let mut row = Row::default();
        let mut rows = Vec::new();
        while scanner.next(&mut row, &mut |fault| faults.push(fault.message)) {
            rows.push(row.cells.clone());
        }
        (rows, faults)
    }

    /// What the `csv` crate reads; None where it says that the text is no CSV.
    fn rows_of_csv(text: &str, delimiter: u8) -> Vec<Vec<String>> {
        csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .comment(Some(b'#'))
            .from_reader(text.as_bytes())
            .records()
            .map(|record| {
                record
                    .unwrap()
                    .iter()
                    .map(|cell| cell.trim().to_owned())
                    .collect()
            })
            .collect()
    }

    #[test]
    fn cells_are_those_of_the_csv_crate_and_stand_where_their_spans_say() {
        arbtest::arbtest(|u| {
            let mut text = String::new();
            for _ in 0..u.int_in_range(0..=40)? {
                text.push_str(
                    u.choose(&["a", "ä", "\"", "\"\"", ",", ",", "\n", "\r\n", " ", "#", ";", "0"])?,
                );
            }
            if text.lines().last().is_some_and(|line| line.starts_with('#')) {
                // The crate reads an empty cell after a comment that ends the file.
                text.push('\n');
            }
            let (ours, faults) = rows(&text);
            for cell in ours.iter().flatten() {
                let written = text.get(cell.span.range()).unwrap();
                let unescaped = match cell.text {
                    Cow::Borrowed(_) => written.to_owned(),
                    Cow::Owned(_) => written.replace("\"\"", "\""),
                };
                assert_eq!(unescaped, cell.text, "{text:?}");
                assert_eq!(written, written.trim());
            }
            if faults.is_empty() {
                let delimiter = Scanner::new(FileId(0), &text).delimiter;
                let ours: Vec<Vec<String>> = ours
                    .iter()
                    .map(|row| row.iter().map(|cell| cell.text.clone().into_owned()).collect())
                    .collect();
                assert_eq!(ours, rows_of_csv(&text, delimiter), "{text:?}");
            }
            Ok(())
        });
    }

    #[test]
    fn whatever_the_csv_crate_writes_is_read_back() {
        arbtest::arbtest(|u| {
            let (width, height) = (u.int_in_range(2..=4)?, u.int_in_range(1..=4)?);
            let mut table: Vec<Vec<String>> = Vec::new();
            for _ in 0..height {
                let mut row = vec!["first".to_owned()];
                for _ in 1..width {
                    let cell: String = u.arbitrary()?;
                    row.push(cell.trim().to_owned());
                }
                table.push(row);
            }
            let mut writer = csv::WriterBuilder::new()
                .terminator(*u.choose(&[csv::Terminator::CRLF, csv::Terminator::Any(b'\n')])?)
                .from_writer(Vec::new());
            for row in &table {
                writer.write_record(row).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let scanned = Scanner {
                delimiter: b',',
                ..Scanner::new(FileId(0), &text)
            };
            let mut scanner = scanned;
            let mut row = Row::default();
            for expected in &table {
                assert!(scanner.next(&mut row, &mut |fault| panic!("{}: {text:?}", fault.message)));
                let found: Vec<&str> = row.cells.iter().map(|cell| cell.text.as_ref()).collect();
                assert_eq!(&found, expected);
            }
            assert!(!scanner.next(&mut row, &mut |_| ()));
            Ok(())
        });
    }

    #[test]
    fn an_unclosed_quote_and_text_after_a_quote_are_mistakes() {
        assert_eq!(rows("a,\"b\nc").1, ["this quote is never closed"]);
        assert_eq!(rows("\"a\"b,c").1, ["text after the closing quote"]);
        assert_eq!(
            rows("a, \"b, c\"").1,
            ["a blank before the quote makes it part of the text"]
        );
        assert_eq!(rows("19\" rack,\"a \"\"b\"\" c\" ").1, [""; 0]);
    }

    #[test]
    fn a_row_of_a_million_cells_is_counted_and_not_kept() {
        let text = ",".repeat(1_000_000);
        let mut row = Row::default();
        assert!(Scanner::new(FileId(0), &text).next(&mut row, &mut |_| ()));
        assert_eq!((row.cells.len(), row.unkept), (1_000, 999_001));
    }
}
