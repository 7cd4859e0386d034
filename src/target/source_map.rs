//! From emitted line to policy rule, as it is kept beside the configurations.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::EmittedLine;

/// The lines of each file, by its name, ascending.
pub type LineMap = BTreeMap<String, Vec<Lines>>;

/// Lines that follow each other and come from one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lines {
    /// The first, from 1.
    pub line: usize,
    /// The last, where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<usize>,
    /// [`crate::plan::Origin::id`].
    pub rule: String,
    /// [`crate::plan::Origin::location`].
    pub location: String,
}

/// The lines of one file. Where a line comes from several rules, it stands with each.
pub fn of_file(emitted: &[EmittedLine]) -> Vec<Lines> {
    let follows = |a: &EmittedLine, b: &EmittedLine| a.origin == b.origin && a.line + 1 == b.line;
    emitted
        .chunk_by(follows)
        .filter_map(|lines| {
            let (first, last) = (lines.first()?, lines.last()?);
            Some(Lines {
                line: first.line,
                to: (last.line > first.line).then_some(last.line),
                rule: first.origin.id.clone(),
                location: first.origin.location.clone(),
            })
        })
        .collect()
}
