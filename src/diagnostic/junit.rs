//! Findings as JUnit XML, which GitLab, Jenkins and Azure show as test results.
//!
//! There is no standard; this is the part that <https://github.com/testmoapp/junitxml> finds common.

use std::fmt::Write as _;

use super::report::Report;
use super::{Diagnostic, Severity, text};

/// One test case for each finding, and one that passes for each rule without any.
///
/// A finding that is not an error passes, as it does not fail a run; what it says is in its output.
pub fn render(report: &Report<'_>) -> String {
    let mut cases = String::new();
    let mut count = 0;
    for (code, _) in report.codes() {
        let mut findings = report.findings.iter().filter(|d| d.code == code).peekable();
        if findings.peek().is_none() {
            let name = escaped(code);
            let _ = writeln!(cases, r#"    <testcase classname="septum" name="{name}"/>"#);
            count += 1;
        }
        for finding in findings {
            case(&mut cases, report, finding);
            count += 1;
        }
    }
    let failures = report
        .findings
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .count();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"septum\" tests=\"{count}\" failures=\"{failures}\" errors=\"0\">\n  \
         <testsuite name=\"septum check\" tests=\"{count}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\">\n\
         {cases}  </testsuite>\n</testsuites>\n"
    )
}

fn case(out: &mut String, report: &Report<'_>, finding: &Diagnostic) {
    let class = escaped(&format!("septum.{}", finding.code));
    let mut name = finding.message.clone();
    let mut at = String::new();
    let label = finding.primary.as_ref();
    if let Some((label, (path, file))) = label.and_then(|l| Some((l, report.file(l.span.file)?))) {
        name = format!("{path}: {name}");
        let line = file.position(label.span.start).line;
        at = format!(r#" file="{}" line="{line}""#, escaped(&path));
    }
    let _ = writeln!(
        out,
        r#"    <testcase classname="{class}" name="{}"{at}>"#,
        escaped(&name)
    );
    let shown = escaped(&text::render(finding, report.sources, false)).replace("&#10;", "\n");
    let _ = match finding.severity {
        Severity::Error => writeln!(
            out,
            r#"      <failure type="{}" message="{}">{shown}</failure>"#,
            escaped(finding.code),
            escaped(&finding.message)
        ),
        Severity::Warning | Severity::Note => writeln!(out, "      <system-out>{shown}</system-out>"),
    };
    out.push_str("    </testcase>\n");
}

/// `text` for an attribute in double quotes, or for content.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' => escaped.push_str("&#9;"),
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            // XML 1.0 has no way to write these (section 2.2).
            '\0'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => escaped.push(char::REPLACEMENT_CHARACTER),
            c => escaped.push(c),
        }
    }
    escaped
}
