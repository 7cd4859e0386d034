//! What a check found.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Rule;

/// A diagnostic, and the names that a waiver may use for what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is to be said.
    pub diagnostic: Diagnostic,
    /// Zone, device, rule id, rule block, service, point or group that all of the finding is about.
    pub subjects: Vec<String>,
}

impl Finding {
    /// A finding about the things named.
    pub fn new<S: Into<String>>(diagnostic: Diagnostic, subjects: impl IntoIterator<Item = S>) -> Self {
        Self {
            diagnostic,
            subjects: subjects.into_iter().map(Into::into).collect(),
        }
    }

    /// A finding about a rule: its id and its block.
    pub fn of_rule(diagnostic: Diagnostic, rule: &Rule) -> Self {
        Self::new(
            diagnostic,
            [Some(rule.id.clone()), rule.block.clone()].into_iter().flatten(),
        )
    }

    /// Also about these.
    #[must_use]
    pub fn about<S: Into<String>>(mut self, subjects: impl IntoIterator<Item = S>) -> Self {
        self.subjects.extend(subjects.into_iter().map(Into::into));
        self
    }

    /// The same at a severity.
    #[must_use]
    pub fn at(mut self, severity: Severity) -> Self {
        self.diagnostic.severity = severity;
        self
    }
}

impl From<Diagnostic> for Finding {
    /// A finding that no waiver can name.
    fn from(diagnostic: Diagnostic) -> Self {
        Self {
            diagnostic,
            subjects: Vec::new(),
        }
    }
}
