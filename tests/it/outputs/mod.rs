//! Findings as other programs read them: JSON, SARIF, annotations of GitHub workflows, JUnit.

mod command;
mod fingerprints;
mod hostile;
mod pre_commit;
mod property;
pub mod schema;
mod shape;

use septum::diagnostic::report::{Report, Rule};
use septum::diagnostic::{Diagnostic, Severity, github, json, junit, sarif};
use septum::source::{FileId, SourceFile, SourceMap, Span};
use serde_json::Value;

const RULES: [Rule<'static>; 2] = [
    Rule {
        id: "dead-rule",
        severity: Severity::Warning,
        summary: "a rule that no packet can need",
        help: "Another rule covers it.\n\nRemove it.",
    },
    Rule {
        id: "forbid-path",
        severity: Severity::Error,
        summary: "a chain of permitted flows leads where it must not",
        help: "",
    },
];

/// A report of findings on one policy repository in `policies/clinic`.
fn report<'a>(findings: &'a [Diagnostic], sources: &'a SourceMap) -> Report<'a> {
    Report {
        findings,
        known: const { &std::collections::BTreeSet::new() },
        sources,
        rules: &RULES,
        version: "1.2.3",
        root: "policies/clinic",
        builtin: &["std/services.sept"],
    }
}

/// One file, in which `needle` is looked for by [`span`].
fn one_file(path: &str, text: &str) -> SourceMap {
    let mut sources = SourceMap::default();
    sources.add(SourceFile::new(path, text));
    sources
}

/// The first place of `needle` in the first file.
fn span(sources: &SourceMap, needle: &str) -> Span {
    let file = FileId(0);
    let start = sources.file(file).unwrap().text().find(needle).expect(needle);
    Span::new(file, start, start + needle.len())
}

/// Every rendering, after a check that it is what its format demands.
struct Rendered {
    json: Value,
    sarif: Value,
    github: String,
    junit: String,
}

#[track_caller]
fn rendered(report: &Report<'_>) -> Rendered {
    let read = |text: &str, schema: &str| -> Value {
        let value = serde_json::from_str(text).unwrap();
        let violations = schema::violations(&serde_json::from_str(schema).unwrap(), &value);
        assert!(violations.is_empty(), "{}\n{text}", violations.join("\n"));
        value
    };
    let rendered = Rendered {
        json: read(
            &json::render(report),
            include_str!("../../../docs/findings.schema.json"),
        ),
        sarif: read(&sarif::render(report), include_str!("sarif-schema-2.1.0.json")),
        github: github::render(report),
        junit: junit::render(report),
    };
    assert_eq!(rendered.github.lines().count(), report.findings.len());
    let tree = roxmltree::Document::parse(&rendered.junit)
        .unwrap_or_else(|error| panic!("{error}\n{}", rendered.junit));
    let count = |name: &str| tree.descendants().filter(|n| n.has_tag_name(name)).count();
    for suite in tree.descendants().filter(|n| n.has_attribute("tests")) {
        assert_eq!(suite.attribute("tests"), Some(&*count("testcase").to_string()));
        assert_eq!(suite.attribute("failures"), Some(&*count("failure").to_string()));
    }
    let results = rendered.sarif["runs"][0]["results"].as_array().unwrap();
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        let rule = &rendered.sarif["runs"][0]["tool"]["driver"]["rules"][index];
        assert_eq!(result["ruleId"], rule["id"]);
    }
    rendered
}
