//! Policies from text, and what checks find in them.

use septum::diagnostic::{Diagnostic, in_reading_order, text};

use crate::sample::{self, Loaded};

pub const CODES: [&str; 6] = [
    "blast-radius",
    "forbid-path",
    "forbid-reachable",
    "mode-widens",
    "only-violated",
    "require-unmet",
];

/// A policy of one file; what does not resolve fails the test.
pub fn load(text: &str) -> Loaded {
    sample::policy(text).sound()
}

/// What the checks on assertions find, in reading order.
pub fn findings(loaded: &Loaded) -> Vec<Diagnostic> {
    let all = sample::findings(loaded).into_iter();
    let of_assertions = all.map(|finding| finding.diagnostic);
    in_reading_order(
        of_assertions
            .filter(|found| CODES.contains(&found.code))
            .collect(),
    )
}

/// Their messages.
pub fn messages_of(loaded: &Loaded) -> String {
    let all = findings(loaded);
    let shown: Vec<String> = all
        .iter()
        .map(|finding| text::render(finding, &loaded.sources, false))
        .collect();
    shown.join("\n")
}

/// The messages of all findings about a policy.
pub fn messages(text: &str) -> String {
    messages_of(&load(text))
}
