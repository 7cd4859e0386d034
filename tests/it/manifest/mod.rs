//! Tests of `manifest`.

mod mistakes;
mod reading;
mod yaml;

use septum::diagnostic::Diagnostic;
use septum::diagnostic::text::render;
use septum::manifest::{self, Manifest};
use septum::source::{FileId, SourceFile, SourceMap};

fn read(text: &str) -> (Manifest, Vec<Diagnostic>) {
    manifest::read(FileId(0), text)
}

/// The messages of a `septum.yaml`, as a terminal shows them.
fn messages(text: &str) -> String {
    rendered(text, &read(text).1)
}

fn rendered(text: &str, diagnostics: &[Diagnostic]) -> String {
    let mut sources = SourceMap::default();
    sources.add(SourceFile::new("septum.yaml", text));
    diagnostics
        .iter()
        .map(|diagnostic| render(diagnostic, &sources, false))
        .collect()
}
