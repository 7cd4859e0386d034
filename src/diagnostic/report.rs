//! Findings with all that another program needs to read them.

use std::collections::BTreeSet;

use super::{Diagnostic, Severity};
use crate::source::{FileId, SourceFile, SourceMap};

/// What is said about every finding of one code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule<'a> {
    /// The code.
    pub id: &'a str,
    /// How much its findings matter unless a policy says otherwise.
    pub severity: Severity,
    /// One line: what it finds.
    pub summary: &'a str,
    /// What it finds, why that matters and what to do, as Markdown; empty where nothing is written.
    pub help: &'a str,
}

/// The findings of one run.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The findings, in the order to show them.
    pub findings: &'a [Diagnostic],
    /// Fingerprints of findings that are left out because they are known.
    pub known: &'a BTreeSet<String>,
    /// The files that they point into.
    pub sources: &'a SourceMap,
    /// What can be found. Codes of findings that are not in here are added with what the code says.
    pub rules: &'a [Rule<'a>],
    /// Version of Septum.
    pub version: &'a str,
    /// The directory of the policy repository as the reader of the output sees it, with `/` between its
    /// parts; empty where it is the directory in which the reader stands.
    pub root: &'a str,
    /// Paths of files that are in no directory: the standard library.
    pub builtin: &'a [&'a str],
}

impl<'a> Report<'a> {
    /// The file of an id, with its path as the reader sees it.
    pub(super) fn file(&self, id: FileId) -> Option<(String, &'a SourceFile)> {
        let file = self.sources.file(id)?;
        let path = if self.root.is_empty() || self.builtin.contains(&file.path()) {
            file.path().to_owned()
        } else {
            format!("{}/{}", self.root.trim_end_matches('/'), file.path())
        };
        Some((path, file))
    }

    /// Every code that can be in the report, each once, in alphabetical order, with its rule if there is one.
    pub(super) fn codes(&self) -> Vec<(&'a str, Option<&'a Rule<'a>>)> {
        let known = self.rules.iter().map(|rule| rule.id);
        let mut codes: Vec<&str> = known.chain(self.findings.iter().map(|d| d.code)).collect();
        codes.sort_unstable();
        codes.dedup();
        codes
            .into_iter()
            .map(|code| (code, self.rules.iter().find(|rule| rule.id == code)))
            .collect()
    }
}
