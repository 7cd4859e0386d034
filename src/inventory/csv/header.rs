//! Which column holds which field.

use super::Columns;
use super::scan::{Cell, Row};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::quote::quoted;
use crate::inventory::Field;
use crate::inventory::draft::Intake;
use crate::inventory::field::folded;
use crate::source::Span;

/// The meaning of a header row.
pub(super) struct Header {
    /// For each column its field, if it is read.
    pub fields: Vec<Option<Field>>,
    /// Devices have no other name than their asset number.
    pub asset_is_name: bool,
    /// The header row.
    pub span: Span,
}

impl Header {
    pub fn read(row: &Row<'_>, columns: &Columns, intake: &mut Intake) -> Self {
        let mut header = Self {
            fields: vec![None; row.cells.len()],
            asset_is_name: false,
            span: row.span,
        };
        header.assign_named(row, columns, intake);
        // The field's own name comes before what others call it: `name` before `hostname`.
        header.assign(row, columns, |title| Field::named(&title.to_lowercase()));
        header.assign(row, columns, Field::titled);
        header.report_unread(row, columns, intake);
        if !header.has(Field::Name) {
            header.asset_is_name = header.has(Field::Asset);
            if !header.asset_is_name {
                intake.report(
                    Diagnostic::error(
                        "missing-column",
                        row.span,
                        "no column holds the names of the devices",
                    )
                    .help("call it `name`, or name it in `septum.yaml`: `columns: { name: … }`"),
                );
            }
        }
        header
    }

    /// Whether devices can be told apart.
    pub fn names_devices(&self) -> bool {
        self.asset_is_name || self.has(Field::Name)
    }

    fn has(&self, field: Field) -> bool {
        self.fields.contains(&Some(field))
    }

    /// Columns that the manifest names.
    fn assign_named(&mut self, row: &Row<'_>, columns: &Columns, intake: &mut Intake) {
        for (field, title) in &columns.named {
            let column = row.cells.iter().position(|cell| is_called(cell, &title.value));
            match column.and_then(|column| self.fields.get_mut(column)) {
                Some(slot) => *slot = Some(*field),
                None => {
                    let message = format!("no column is called {}", quoted(&title.value));
                    let titles = row
                        .cells
                        .iter()
                        .map(|cell| cell.text.as_ref())
                        .filter(|known| known.len().max(title.value.len()) <= 40);
                    intake.report(
                        Diagnostic::error("unknown-column", title.span, message)
                            .with(row.span, "the columns of the file")
                            .did_you_mean(&title.value, titles),
                    );
                }
            }
        }
    }

    /// Gives every free column the field of its title. A list field may have several columns.
    fn assign(&mut self, row: &Row<'_>, columns: &Columns, meaning: impl Fn(&str) -> Option<Field>) {
        for (column, cell) in row.cells.iter().enumerate() {
            let Some(field) = meaning(&cell.text).filter(|_| !is_ignored(cell, columns)) else {
                continue;
            };
            let is_named = columns.named.iter().any(|(named, _)| *named == field);
            let is_taken = self.has(field) && !field.is_list();
            if let Some(slot @ None) = self.fields.get_mut(column)
                && !is_named
                && !is_taken
            {
                *slot = Some(field);
            }
        }
    }

    /// Nothing is left out in silence: a slip of the pen is an error, any other unread column a warning.
    fn report_unread(&self, row: &Row<'_>, columns: &Columns, intake: &mut Intake) {
        let mut unread: Vec<&Cell<'_>> = Vec::new();
        for (cell, field) in row.cells.iter().zip(&self.fields) {
            if field.is_some() || cell.text.is_empty() || is_ignored(cell, columns) {
                continue;
            }
            match Field::titled(&cell.text) {
                Some(field) if let Some(first) = self.rival(field, cell, row, columns) => {
                    let message = format!("a second column for the {} of a device", field.name());
                    intake.report(
                        Diagnostic::error("duplicate-column", cell.span, message)
                            .with(first, "the first")
                            .help("keep one, or say in `septum.yaml` which one counts, under `columns`"),
                    );
                }
                Some(_) => unread.push(cell),
                None => match Field::slip(&cell.text) {
                    Some(field) => intake.report(
                        Diagnostic::error(
                            "unknown-column",
                            cell.span,
                            format!("unknown column {}", quoted(&cell.text)),
                        )
                        .help(format!("did you mean `{}`?", field.name()))
                        .edit(cell.span, field.name()),
                    ),
                    None => unread.push(cell),
                },
            }
        }
        let Some((first, others)) = unread.split_first() else {
            return;
        };
        let message = match others.len() {
            0 => "a column is not read".to_owned(),
            more => format!("{} columns are not read", more + 1),
        };
        let mut diagnostic = Diagnostic::warning("unread-column", first.span, message)
            .help("list what you do not need under `ignore`, beside `file`, in `septum.yaml`");
        for other in others.iter().take(20) {
            diagnostic = diagnostic.with(other.span, "");
        }
        intake.report(diagnostic);
    }

    /// The column that holds `field` when it has no better claim to it than `cell` has: it has the same title,
    /// or both have other names of a field that decides who a device is.
    fn rival(&self, field: Field, cell: &Cell<'_>, row: &Row<'_>, columns: &Columns) -> Option<Span> {
        let column = self.fields.iter().position(|of| *of == Some(field))?;
        let first = row.cells.get(column)?;
        let is_chosen = columns.named.iter().any(|(named, _)| *named == field);
        let is_own_name = Field::named(&first.text.to_lowercase()) == Some(field);
        let decides = matches!(field, Field::Name | Field::Zone) && !is_own_name;
        (!is_chosen && (decides || is_called(first, &cell.text))).then_some(first.span)
    }
}

/// How a title is spelled does not matter.
fn is_called(cell: &Cell<'_>, title: &str) -> bool {
    match (folded(&cell.text), folded(title)) {
        (column, title) if column.is_empty() && title.is_empty() => false,
        (column, title) => column == title,
    }
}

fn is_ignored(cell: &Cell<'_>, columns: &Columns) -> bool {
    columns.ignored.iter().any(|title| is_called(cell, &title.value))
}
