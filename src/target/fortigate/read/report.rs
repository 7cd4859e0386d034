//! The lines that were not understood.

use std::collections::BTreeSet;

use crate::target::readback::NotUnderstood;

/// How much of a line is shown.
const SHOWN: usize = 200;

/// A line, and what is not understood about it.
pub type Doubt = (usize, String);

/// Collects doubts about a text.
pub struct Report<'t> {
    lines: Vec<&'t str>,
    doubts: BTreeSet<Doubt>,
}

impl<'t> Report<'t> {
    /// None yet.
    pub fn new(text: &'t str) -> Self {
        Self {
            lines: text.lines().collect(),
            doubts: BTreeSet::new(),
        }
    }

    /// Something about a line is not understood.
    pub fn add(&mut self, line: usize, why: impl Into<String>) {
        self.doubts.insert((line, why.into()));
    }

    /// All of them, by line.
    pub fn finish(self) -> Vec<NotUnderstood> {
        let text = |line: usize| {
            let line = line.checked_sub(1).and_then(|index| self.lines.get(index));
            line.map_or(String::new(), |line| line.trim().chars().take(SHOWN).collect())
        };
        let shortened = |why: &str| why.chars().take(SHOWN).collect();
        self.doubts
            .iter()
            .map(|(line, why)| NotUnderstood {
                line: *line,
                text: text(*line),
                why: shortened(why),
            })
            .collect()
    }
}
