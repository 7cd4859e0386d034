//! Findings as annotations of a GitHub workflow run.
//!
//! Syntax: "Workflow commands for GitHub Actions", setting a notice, warning or error message; the escapes
//! are those of `@actions/core`.

use super::place::{Column, Extent};
use super::report::Report;
use super::{Diagnostic, Severity};

/// One line for each finding.
pub fn render(report: &Report<'_>) -> String {
    report
        .findings
        .iter()
        .map(|diagnostic| annotation(report, diagnostic))
        .collect()
}

fn annotation(report: &Report<'_>, diagnostic: &Diagnostic) -> String {
    let command = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let mut properties = Vec::new();
    let place = diagnostic
        .primary
        .as_ref()
        .and_then(|label| Some((report.file(label.span.file)?, label.span)));
    if let Some(((path, file), span)) = place {
        let extent = Extent::of(span, file, Column::Character);
        properties.push(("file", path));
        properties.push(("line", extent.line.to_string()));
        properties.push(("endLine", extent.end_line.to_string()));
        // GitHub refuses columns for what spans several lines.
        if extent.line == extent.end_line {
            properties.push(("col", extent.column.to_string()));
            properties.push(("endColumn", extent.end_column.to_string()));
        }
    }
    properties.push(("title", diagnostic.code.to_owned()));
    let properties: Vec<String> = properties
        .into_iter()
        .map(|(name, value)| format!("{name}={}", property(&value)))
        .collect();
    format!(
        "::{command} {}::{}\n",
        properties.join(","),
        data(&diagnostic.in_words())
    )
}

fn data(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '%' => escaped.push_str("%25"),
            '\r' => escaped.push_str("%0D"),
            '\n' => escaped.push_str("%0A"),
            // The log is shown on terminals too.
            c if c.is_control() => escaped.push(char::REPLACEMENT_CHARACTER),
            c => escaped.push(c),
        }
    }
    escaped
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
