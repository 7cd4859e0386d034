//! Findings as SARIF 2.1.0, which code scanning services read.
//!
//! Standard: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>; section numbers below are of it.

use std::borrow::Cow;

use serde::Serialize;

use super::fingerprint::fingerprints;
use super::place::{Column, Extent};
use super::report::{Report, Rule};
use super::{Diagnostic, Edit, Label, Severity};
use crate::source::Span;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// The base of all relative addresses: where the reader stands. GitHub takes it for the root of the repository.
const ROOT: &str = "%SRCROOT%";

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'a str,
    version: &'a str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    original_uri_base_ids: serde_json::Value,
    column_kind: &'a str,
    results: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'a str,
    semantic_version: &'a str,
    information_uri: &'a str,
    rules: Vec<Descriptor<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor<'a> {
    id: &'a str,
    short_description: Text,
    full_description: Text,
    help: Help<'a>,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

/// Both are wanted (3.12.3); Markdown reads well as it is.
#[derive(Serialize)]
struct Help<'a> {
    text: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    markdown: Option<&'a str>,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding<'a> {
    rule_id: &'a str,
    rule_index: usize,
    level: &'a str,
    message: Text,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    code_flows: Vec<CodeFlow>,
    partial_fingerprints: Fingerprints,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Fix>,
}

#[derive(Serialize)]
struct Fingerprints {
    #[serde(rename = "septum/v1")]
    v1: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CodeFlow {
    thread_flows: [ThreadFlow; 1],
}

#[derive(Serialize)]
struct ThreadFlow {
    locations: Vec<ThreadFlowLocation>,
}

#[derive(Serialize)]
struct ThreadFlowLocation {
    location: Location,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fix {
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Text>,
    artifact_changes: [ArtifactChange; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactChange {
    artifact_location: ArtifactLocation,
    replacements: [Replacement; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement {
    deleted_region: Region,
    inserted_content: Text,
}

/// The report as one SARIF log with a final newline.
pub fn render(report: &Report<'_>) -> String {
    let codes = report.codes();
    let results = report
        .findings
        .iter()
        .zip(fingerprints(report.findings, report.sources, report.known))
        .map(|(diagnostic, v1)| Finding {
            rule_id: diagnostic.code,
            rule_index: codes.partition_point(|(code, _)| *code < diagnostic.code),
            level: level(diagnostic.severity),
            message: words(diagnostic.in_words()),
            locations: diagnostic
                .primary
                .iter()
                .filter_map(|label| location(report, label, None))
                .collect(),
            related_locations: numbered(report, &diagnostic.secondary),
            code_flows: code_flows(report, diagnostic),
            partial_fingerprints: Fingerprints { v1 },
            fixes: diagnostic
                .edit
                .iter()
                .filter_map(|edit| fix(report, diagnostic, edit))
                .collect(),
        })
        .collect();
    let log = Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "septum",
                    semantic_version: report.version,
                    information_uri: env!("CARGO_PKG_REPOSITORY"),
                    rules: codes
                        .iter()
                        .map(|(code, rule)| descriptor(report, code, *rule))
                        .collect(),
                },
            },
            original_uri_base_ids: serde_json::json!({
                ROOT: { "description": { "text": "The directory in which septum was run." } }
            }),
            column_kind: "utf16CodeUnits",
            results,
        }],
    };
    // Strings and numbers only: there is nothing in it that could fail.
    let mut text = serde_json::to_string_pretty(&log).unwrap_or_default();
    text.push('\n');
    text
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn words(text: impl Into<String>) -> Text {
    Text { text: text.into() }
}

/// What viewers show of a rule; for a code without one, what its name says. GitHub wants every text.
fn descriptor<'a>(report: &Report<'_>, code: &'a str, rule: Option<&'a Rule<'a>>) -> Descriptor<'a> {
    let findings = report.findings.iter().filter(|d| d.code == code);
    let (severity, summary) = match rule {
        Some(rule) => (rule.severity, Cow::Borrowed(rule.summary)),
        None => (
            findings.map(|d| d.severity).max().unwrap_or(Severity::Error),
            Cow::Owned(code.replace('-', " ")),
        ),
    };
    let markdown = rule.map(|rule| rule.help).filter(|help| !help.is_empty());
    Descriptor {
        id: code,
        short_description: words(summary.as_ref()),
        full_description: words(summary.as_ref()),
        help: Help {
            text: markdown.map_or(summary, Cow::Borrowed),
            markdown,
        },
        default_configuration: Configuration {
            level: level(severity),
        },
    }
}

fn location(report: &Report<'_>, label: &Label, id: Option<usize>) -> Option<Location> {
    let (artifact_location, region) = physical(report, label.span)?;
    Some(Location {
        id,
        physical_location: PhysicalLocation {
            artifact_location,
            region,
        },
        message: (!label.message.is_empty()).then(|| words(label.message.as_str())),
    })
}

fn numbered(report: &Report<'_>, labels: &[Label]) -> Vec<Location> {
    labels
        .iter()
        .enumerate()
        .filter_map(|(index, label)| location(report, label, Some(index + 1)))
        .collect()
}

/// The steps of a chain, one place after the other (3.36).
fn code_flows(report: &Report<'_>, diagnostic: &Diagnostic) -> Vec<CodeFlow> {
    let steps: Vec<ThreadFlowLocation> = diagnostic
        .secondary
        .iter()
        .filter(|_| diagnostic.chain)
        .filter_map(|label| location(report, label, None))
        .map(|location| ThreadFlowLocation { location })
        .collect();
    if steps.is_empty() {
        return Vec::new();
    }
    vec![CodeFlow {
        thread_flows: [ThreadFlow { locations: steps }],
    }]
}

fn fix(report: &Report<'_>, diagnostic: &Diagnostic, edit: &Edit) -> Option<Fix> {
    let (artifact_location, deleted_region) = physical(report, edit.span)?;
    Some(Fix {
        description: diagnostic.help.as_deref().map(words),
        artifact_changes: [ArtifactChange {
            artifact_location,
            replacements: [Replacement {
                deleted_region,
                inserted_content: words(edit.replacement.as_str()),
            }],
        }],
    })
}

fn physical(report: &Report<'_>, span: Span) -> Option<(ArtifactLocation, Region)> {
    let (path, file) = report.file(span.file)?;
    let extent = Extent::of(span, file, Column::Utf16);
    let region = Region {
        start_line: extent.line,
        start_column: extent.column,
        end_line: extent.end_line,
        end_column: extent.end_column,
    };
    let artifact_location = if path.starts_with('/') {
        ArtifactLocation {
            uri: format!("file://{}", percent_encoded(&path)),
            uri_base_id: None,
        }
    } else {
        ArtifactLocation {
            uri: percent_encoded(&path),
            uri_base_id: Some(ROOT),
        }
    };
    Some((artifact_location, region))
}

/// A path as the path of a URI: what RFC 3986 calls unreserved stays, and `/` between segments.
fn percent_encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
