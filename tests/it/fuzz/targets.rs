//! The readers, each as a function of bytes that panics where something that must hold does not.

use arbtest::arbitrary::{Result, Unstructured};
use septum::diagnostic::{Diagnostic, github, json, junit, report::Report, sarif, text};
use septum::packet::{Budget, Comparison, compare, permits};
use septum::source::{FileId, SourceFile, SourceMap};
use septum::{inventory, manifest, model, standard, syntax, target};

use super::Target;
use crate::packet::arbitrary;

/// Every target, with the name of its corpus.
pub const TARGETS: &[(&str, Target)] = &[
    ("policy", policy),
    ("manifest", |bytes| {
        as_text(bytes, |file, text| manifest::read(file, text).1);
    }),
    ("inventory-yaml", |bytes| {
        as_text(bytes, |file, text| inventory::read("a.yaml", file, text).1);
    }),
    ("inventory-csv", |bytes| {
        as_text(bytes, |file, text| inventory::read("a.csv", file, text).1);
    }),
    ("cisco-ios", |bytes| configuration("cisco-ios", bytes)),
    ("fortigate", |bytes| configuration("fortigate", bytes)),
    ("nftables", |bytes| configuration("nftables", bytes)),
    ("packet", |bytes| {
        // Bytes that are too few for a case are no case.
        let _ = packet(&mut Unstructured::new(bytes));
    }),
];

/// Reads bytes as the command line does, which refuses what is not UTF-8, and shows what was found in every way.
fn as_text(bytes: &[u8], read: impl Fn(FileId, &str) -> Vec<Diagnostic>) {
    let text = String::from_utf8_lossy(bytes);
    let mut sources = SourceMap::default();
    let file = sources.add(SourceFile::new("a", text.as_ref()));
    let found = read(file, &text);
    assert_eq!(found, read(file, &text), "not deterministic");
    shown(&found, &sources);
}

fn shown(findings: &[Diagnostic], sources: &SourceMap) {
    for finding in findings {
        let labels = finding.primary.iter().chain(&finding.secondary);
        for span in labels
            .map(|label| label.span)
            .chain(finding.edit.iter().map(|edit| edit.span))
        {
            let inside = sources
                .file(span.file)
                .is_some_and(|file| file.text().get(span.range()).is_some());
            assert!(inside, "points outside of the text: {finding:?}");
        }
        text::render(finding, sources, false);
    }
    let report = Report {
        findings,
        known: const { &std::collections::BTreeSet::new() },
        sources,
        rules: &[],
        version: "0",
        root: "",
        builtin: &[],
    };
    for render in [json::render, sarif::render, github::render, junit::render] {
        render(&report);
    }
}

/// A policy file, up to the model.
fn policy(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    crate::syntax::fuzz::check(&text);
    let mut sources = SourceMap::default();
    let standard = standard::FILES.map(|(path, text)| {
        let file = sources.add(SourceFile::new(path, text));
        syntax::parse(file, text)
    });
    let file = sources.add(SourceFile::new("a.sept", text.as_ref()));
    let parsed = syntax::parse(file, &text);
    let platforms: Vec<&str> = target::PLATFORMS.iter().map(|platform| platform.name()).collect();
    let resolved = model::resolve(model::Input {
        standard: &standard.each_ref().map(|parsed| &parsed.tree),
        files: &[&parsed.tree],
        inventory: &[],
        platforms: &platforms,
    });
    shown(&resolved.diagnostics, &sources);
}

/// A device's configuration: read, or reported by line.
fn configuration(platform: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let platform = target::platform(platform).unwrap();
    let read = platform.read(&text);
    assert_eq!(read, platform.read(&text), "not deterministic");
    let lines = 1..=text.lines().count().max(1);
    for report in &read.not_understood {
        assert!(lines.contains(&report.line), "{report:?}");
        assert!(
            report.text.chars().count() <= 200 && !report.why.is_empty(),
            "{report:?}"
        );
    }
    for rule in read.filters.iter().flat_map(|filter| filter.rules.iter()) {
        assert!(lines.contains(&rule.line), "{rule:?}");
    }
}

/// Comparing two rule lists: equal ones agree on any packet, and a witness tells different ones apart.
fn packet(u: &mut Unstructured<'_>) -> Result<()> {
    let (a, b) = (arbitrary::rules(u, 12)?, arbitrary::rules(u, 12)?);
    match compare(&a, &b, Budget::default()) {
        Ok(Comparison::Equal) => {
            for _ in 0..20 {
                let packet = arbitrary::packet(u)?;
                assert_eq!(permits(&a, &packet), permits(&b, &packet), "{packet}");
            }
        }
        Ok(Comparison::Different(difference)) => {
            let opened = difference.opened.iter().map(|change| (&change.witness, &b, &a));
            let closed = difference.closed.iter().map(|change| (&change.witness, &a, &b));
            let witnesses: Vec<_> = opened.chain(closed).collect();
            assert!(!witnesses.is_empty(), "different, and nothing shows it");
            for (packet, permitting, denying) in witnesses {
                assert!(packet.is_possible(), "{packet}");
                assert!(
                    permits(permitting, packet) && !permits(denying, packet),
                    "{packet}"
                );
            }
        }
        Err(gave_up) => panic!("some rules are too many: {gave_up}"),
    }
    Ok(())
}
