//! Findings that are known: those of an earlier report.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;

use super::{CliError, workspace};
use crate::diagnostic::json::FORMAT;

/// The parts of a report that a baseline needs.
#[derive(Deserialize)]
struct Report {
    format: u32,
    findings: Vec<Finding>,
}

#[derive(Deserialize)]
struct Finding {
    fingerprint: String,
}

/// The fingerprints of the findings in a report of `septum check --format json`.
///
/// # Errors
/// When the file is none.
pub(super) fn read(path: &Path) -> Result<BTreeSet<String>, CliError> {
    let text = workspace::read_text(path)?;
    let refused = |why: String| {
        let path = path.display();
        CliError::Other(format!(
            "`{path}` is no report of `septum check --format json`: {why}; write it anew"
        ))
    };
    let report: Report = serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
    if report.format != FORMAT {
        return Err(refused(format!(
            "its format is {}, and this version reads {FORMAT}",
            report.format
        )));
    }
    Ok(report
        .findings
        .into_iter()
        .map(|finding| finding.fingerprint)
        .collect())
}
