//! Devices from CSV, RFC 4180 with a header row, as spreadsheets, NetBox and CMMS write it.
//!
//! ```csv
//! name,zone,address,labels,vendor
//! pump-0001,clinical.pumps,10.20.0.11,iomt life-critical,BD
//! ```

mod header;
mod scan;

use std::borrow::Cow;

use super::draft::{Draft, Intake, nameless};
use super::{Field, InventoryDevice};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};
use crate::syntax::tree::Spanned;
use header::Header;
use scan::{Cell, Row, Scanner};

/// How the columns of a file are called, where they are called otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// A field, and the title of the column that holds it.
    pub named: Vec<(Field, Spanned<String>)>,
    /// Titles of columns that are not read, and that nobody wants to hear of.
    pub ignored: Vec<Spanned<String>>,
}

/// Reads an inventory whose columns have usual titles.
pub fn read(file: FileId, text: &str) -> (Vec<InventoryDevice>, Vec<Diagnostic>) {
    read_with(file, text, &Columns::default())
}

/// Reads an inventory. A device with a mistake is kept without what is wrong; only one without a name is not.
pub fn read_with(file: FileId, text: &str, columns: &Columns) -> (Vec<InventoryDevice>, Vec<Diagnostic>) {
    let mut intake = Intake::new(file, Vec::new());
    let mut scanner = Scanner::new(file, text);
    let mut row = Row::default();
    if !scanner.next(&mut row, &mut |fault| intake.report(fault)) {
        intake.report(
            Diagnostic::error("csv-syntax", Span::new(file, 0, 0), "this file has no header row")
                .help("begin with the titles of the columns, such as `name,zone,address,labels`"),
        );
        return intake.finish();
    }
    let header = Header::read(&row, columns, &mut intake);
    if !header.names_devices() {
        return intake.finish();
    }
    intake.expect(text.lines().count());
    loop {
        let mut is_broken = false;
        let found = scanner.next(&mut row, &mut |fault| {
            is_broken = true;
            intake.report(fault);
        });
        if !found {
            break;
        }
        if row.cells.iter().all(|cell| cell.text.is_empty()) && row.unkept == 0 {
            continue;
        }
        if !is_broken {
            check_width(&row, &header, &mut intake);
        }
        let draft = device(&row, &header, &mut intake);
        let head = row.cells.first().map_or(row.span, |cell| cell.span);
        let head = if head.start < head.end { head } else { row.span };
        if !intake.accept(draft, || nameless(head, "row")) {
            break;
        }
    }
    intake.finish()
}

fn device(row: &Row<'_>, header: &Header, intake: &mut Intake) -> Draft {
    let mut draft = Draft::new(row.span);
    for (cell, field) in row.cells.iter().zip(&header.fields) {
        let Some(field) = *field else { continue };
        if cell.text.is_empty() {
            continue;
        }
        if field.is_list() {
            draft.set_parts(field, &cell.text, |range| cell.place(range), intake);
        } else {
            draft.set(field, &cell.text, cell.span, intake);
        }
    }
    if header.asset_is_name
        && !draft.has_name()
        && let Some(asset) = draft.asset()
    {
        draft.set(Field::Name, &asset.value, asset.span, intake);
    }
    draft
}

/// A row of another width than the header has lost a cell or has a comma too many: its values may be
/// under the wrong titles.
fn check_width(row: &Row<'_>, header: &Header, intake: &mut Intake) {
    let (width, found) = (header.fields.len(), row.cells.len() + row.unkept);
    let cells = if found == 1 { "cell" } else { "cells" };
    let message = format!("this row has {found} {cells}, the header has {width}");
    if found < width {
        intake.report(
            Diagnostic::warning("csv-width", row.span, message)
                .with(header.span, "the header")
                .help("leave a cell empty rather than out"),
        );
        return;
    }
    let Some(extra) = row.cells.iter().skip(width).find(|cell| !cell.text.is_empty()) else {
        return;
    };
    intake.report(
        Diagnostic::error("csv-width", extra.span, message)
            .with(header.span, "the header")
            .help("put a cell that holds a comma in quotes"),
    );
}

impl Cell<'_> {
    /// Where a range of the text was written; the whole cell where the text is not as written.
    fn place(&self, range: std::ops::Range<usize>) -> Span {
        match self.text {
            Cow::Borrowed(_) => {
                let start = self.span.start as usize;
                Span::new(self.span.file, start + range.start, start + range.end)
            }
            Cow::Owned(_) => self.span,
        }
    }
}
