//! From emitted line to policy rule, as it is kept beside the configurations.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use super::EmittedLine;
use crate::plan::Origin;

/// The lines of each file, by its name, ascending.
pub type LineMap = BTreeMap<String, FileLines>;

/// The lines of one file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FileLines {
    /// As written by an earlier build.
    Written(Vec<Lines>),
    /// Of a configuration that was just emitted.
    #[serde(skip_deserializing)]
    Emitted(Vec<Run>),
}

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

/// The same before it is written: there are as many as there are rules on all devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The first, from 1.
    first: u32,
    /// The last.
    last: u32,
    origin: Arc<Origin>,
}

impl Serialize for Run {
    /// As [`Lines`].
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let several = self.last > self.first;
        let mut lines = serializer.serialize_struct("Lines", if several { 4 } else { 3 })?;
        lines.serialize_field("line", &self.first)?;
        if several {
            lines.serialize_field("to", &self.last)?;
        }
        lines.serialize_field("rule", &self.origin.id)?;
        lines.serialize_field("location", &self.origin.location)?;
        lines.end()
    }
}

/// The lines of one file. Where a line comes from several rules, it stands with each.
pub fn of_file(emitted: &[EmittedLine]) -> FileLines {
    let follows = |a: &EmittedLine, b: &EmittedLine| a.origin == b.origin && a.line + 1 == b.line;
    let number = |line: &EmittedLine| u32::try_from(line.line).unwrap_or(u32::MAX);
    let runs = emitted.chunk_by(follows).filter_map(|lines| {
        let (first, last) = (lines.first()?, lines.last()?);
        Some(Run {
            first: number(first),
            last: number(last),
            origin: Arc::clone(&first.origin),
        })
    });
    let mut runs: Vec<Run> = runs.collect();
    runs.shrink_to_fit();
    FileLines::Emitted(runs)
}
