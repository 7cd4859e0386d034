//! Whatever a diagnostic says, every format can be read back.

use arbtest::arbitrary::{Result, Unstructured};
use arbtest::arbtest;
use septum::diagnostic::report::Report;
use septum::diagnostic::{Diagnostic, Severity};
use septum::source::{FileId, SourceFile, SourceMap, Span};

use super::{RULES, rendered};

const PIECES: &[&str] = &[
    "a",
    " ",
    "\n",
    "\r",
    "\t",
    "%",
    "%0A",
    "::",
    ",",
    "]]>",
    "<![CDATA[",
    "<!--",
    "&",
    "<",
    ">",
    "\"",
    "'",
    "\\",
    "\0",
    "\u{1b}[0m",
    "\u{7f}",
    "\u{85}",
    "\u{2028}",
    "\u{FEFF}",
    "\u{FFFE}",
    "\u{FFFF}",
    "\u{202E}",
    "é",
    "e\u{301}",
    "😀",
    "/",
    "..",
    ":",
    "?",
    "#",
    "{",
    "}",
    "\u{10FFFF}",
];

fn text(u: &mut Unstructured<'_>) -> Result<String> {
    let mut text = String::new();
    for _ in 0..u.int_in_range(0..=8)? {
        text.push_str(u.choose(PIECES)?);
        if u.ratio(1, 4)? {
            text.push(u.arbitrary::<char>()?);
        }
    }
    Ok(text)
}

/// A place, which may be in no file, or between the bytes of a character.
fn span(u: &mut Unstructured<'_>) -> Result<Span> {
    Ok(Span {
        file: FileId(u.int_in_range(0..=2)?),
        start: u.int_in_range(0..=30)?,
        end: if u.ratio(1, 9)? {
            u32::MAX
        } else {
            u.int_in_range(0..=30)?
        },
    })
}

fn diagnostic(u: &mut Unstructured<'_>) -> Result<Diagnostic> {
    let severity = *u.choose(&[Severity::Note, Severity::Warning, Severity::Error])?;
    let code = *u.choose(&["dead-rule", "forbid-path", "x", "a-b-c"])?;
    let mut diagnostic = Diagnostic::new(severity, code, text(u)?);
    if u.ratio(4, 5)? {
        diagnostic = diagnostic.at(span(u)?, text(u)?);
    }
    for _ in 0..u.int_in_range(0..=2)? {
        diagnostic = diagnostic.with(span(u)?, text(u)?);
    }
    for _ in 0..u.int_in_range(0..=2)? {
        diagnostic = diagnostic.note("note", text(u)?);
    }
    diagnostic.chain = u.arbitrary()?;
    if u.arbitrary()? {
        diagnostic = diagnostic.help(text(u)?);
    }
    if u.arbitrary()? {
        diagnostic = diagnostic.edit(span(u)?, text(u)?);
    }
    Ok(diagnostic)
}

#[test]
fn any_report_can_be_read_back() {
    arbtest(|u| {
        let mut sources = SourceMap::default();
        sources.add(SourceFile::new(text(u)?, text(u)?));
        sources.add(SourceFile::new(text(u)?, text(u)?));
        let count = u.int_in_range(0..=4)?;
        let findings = (0..count).map(|_| diagnostic(u)).collect::<Result<Vec<_>>>()?;
        let root = text(u)?;
        let report = Report {
            findings: &findings,
            known: const { &std::collections::BTreeSet::new() },
            sources: &sources,
            rules: &RULES,
            version: "1.2.3",
            root: &root,
            builtin: &[],
        };
        let first = rendered(&report);
        let second = rendered(&report);
        assert_eq!(first.json, second.json);
        for (finding, json) in findings.iter().zip(first.json["findings"].as_array().unwrap()) {
            assert_eq!(json["message"], finding.message);
        }
        Ok(())
    });
}
