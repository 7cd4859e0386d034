//! Tests of `syntax`.

// What clippy allows in tests, it does not allow in the functions that tests share.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod accepted;
pub mod fuzz;
mod grammar;
mod hostile;
mod layout;
mod rejected;

use septum::diagnostic::text::render;
use septum::source::{FileId, SourceFile, SourceMap};
use septum::syntax::{Parsed, parse};

/// A policy with every construct of the language.
pub const EXAMPLE: &str = include_str!("hospital.sept");

/// Parses a text that must be right.
#[track_caller]
pub fn accepted(text: &str) -> Parsed {
    let parsed = parse(FileId(0), text);
    assert!(
        parsed.diagnostics.is_empty(),
        "in\n{text}\n{}",
        rendered(text, &parsed)
    );
    parsed
}

/// All messages about a text, as a user sees them.
pub fn messages(text: &str) -> String {
    rendered(text, &parse(FileId(0), text))
}

fn rendered(text: &str, parsed: &Parsed) -> String {
    let mut sources = SourceMap::default();
    sources.add(SourceFile::new("a.sept", text));
    let messages: Vec<String> = parsed
        .diagnostics
        .iter()
        .map(|diagnostic| render(diagnostic, &sources, false))
        .collect();
    messages.join("\n")
}

/// The tree as text without spans: what a formatter must keep.
pub fn shape(parsed: &Parsed) -> String {
    let debug = format!("{:?}", parsed.tree.items);
    let mut shape = String::with_capacity(debug.len());
    let mut rest = debug.as_str();
    while let Some((before, after)) = rest.split_once("Span { file: FileId(0), start: ") {
        shape.push_str(before);
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    shape.push_str(rest);
    shape
}
