//! How commands write the answer to a question.

use serde::Serialize;

use super::CliError;
use crate::model::Describer;

/// How an answer is written, where it has no other forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
}

impl Format {
    /// A describer that cuts lists for people alone.
    pub(super) fn told(self, describer: Describer) -> Describer {
        match self {
            Self::Text => describer,
            Self::Json => describer.in_full(),
        }
    }
}

/// An answer for programs.
///
/// # Errors
/// When it cannot be written as JSON: an empty answer would pass for a clean one.
pub(super) fn json(answer: &impl Serialize) -> Result<String, CliError> {
    match serde_json::to_string_pretty(answer) {
        Ok(text) => Ok(text + "\n"),
        Err(error) => Err(CliError::Output(error.into())),
    }
}
