//! Findings as JSON, in the shape of `docs/findings.schema.json`.

use serde::Serialize;

use super::fingerprint::fingerprints;
use super::place::{Column, Extent};
use super::report::Report;
use super::{Diagnostic, Severity};
use crate::source::Span;

/// Version of the shape. New fields do not change it; anything that could break a reader does.
pub const FORMAT: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    septum: &'a str,
    summary: Summary,
    findings: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Summary {
    errors: usize,
    warnings: usize,
    notes: usize,
}

#[derive(Serialize)]
struct Finding<'a> {
    check: &'a str,
    severity: &'a str,
    message: &'a str,
    #[serde(flatten)]
    place: Option<Place>,
    #[serde(skip_serializing_if = "str::is_empty")]
    label: &'a str,
    related: Vec<Related<'a>>,
    chain: bool,
    notes: Vec<Note<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    edit: Option<Edit<'a>>,
    fingerprint: String,
}

#[derive(Serialize)]
struct Place {
    file: String,
    #[serde(flatten)]
    extent: Extent,
}

#[derive(Serialize)]
struct Related<'a> {
    #[serde(flatten)]
    place: Place,
    message: &'a str,
}

#[derive(Serialize)]
struct Note<'a> {
    title: &'a str,
    text: &'a str,
}

#[derive(Serialize)]
struct Edit<'a> {
    #[serde(flatten)]
    place: Place,
    replacement: &'a str,
}

/// The report as one JSON document with a final newline.
pub fn render(report: &Report<'_>) -> String {
    let count = |severity| report.findings.iter().filter(|d| d.severity == severity).count();
    let fingerprints = fingerprints(report.findings, report.sources, report.known);
    let document = Document {
        format: FORMAT,
        septum: report.version,
        summary: Summary {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            notes: count(Severity::Note),
        },
        findings: report
            .findings
            .iter()
            .zip(fingerprints)
            .map(|(diagnostic, fingerprint)| finding(report, diagnostic, fingerprint))
            .collect(),
    };
    // Strings and numbers only: there is nothing in it that could fail.
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

fn finding<'a>(report: &Report<'_>, diagnostic: &'a Diagnostic, fingerprint: String) -> Finding<'a> {
    let primary = diagnostic.primary.as_ref();
    Finding {
        check: diagnostic.code,
        severity: diagnostic.severity.word(),
        message: &diagnostic.message,
        place: primary.and_then(|label| place(report, label.span)),
        label: primary.map_or("", |label| &label.message),
        related: diagnostic
            .secondary
            .iter()
            .filter_map(|label| {
                Some(Related {
                    place: place(report, label.span)?,
                    message: &label.message,
                })
            })
            .collect(),
        chain: diagnostic.chain,
        notes: diagnostic
            .notes
            .iter()
            .map(|note| Note {
                title: note.title,
                text: &note.text,
            })
            .collect(),
        help: diagnostic.help.as_deref(),
        edit: diagnostic.edit.as_ref().and_then(|edit| {
            Some(Edit {
                place: place(report, edit.span)?,
                replacement: &edit.replacement,
            })
        }),
        fingerprint,
    }
}

fn place(report: &Report<'_>, span: Span) -> Option<Place> {
    let (path, file) = report.file(span.file)?;
    Some(Place {
        file: path,
        extent: Extent::of(span, file, Column::Character),
    })
}
