//! The one place that reads YAML: strict, bounded, with positions.
//!
//! Files that people write go through [`read`]: it gives a [`tree`] in which every scalar is text and
//! every node has a span, so that `no` stays `no`, `1.10` stays `1.10`, and all mistakes of a file are
//! reported in one run. Files that we ship go through [`from_str`].

mod read;
mod syntax_error;
pub mod tree;
mod walk;

use serde::de::DeserializeOwned;

pub use read::{Limits, read};
pub use walk::{expected, known_keys, missing, texts};

/// Why a YAML text could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct YamlError {
    /// One sentence, lower case.
    pub message: String,
    /// 1-based line, where known.
    pub line: Option<u32>,
    /// 1-based column in characters, where known.
    pub column: Option<u32>,
}

/// Reads one document. Repeated keys are errors, aliases and nodes are bounded.
///
/// # Errors
/// When the text is not YAML of the shape of `T`.
pub fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, YamlError> {
    let options = serde_yaml::options! {
        with_snippet: false,
        strict_booleans: true,
    };
    serde_yaml::from_str_with_options(text, options).map_err(|error| {
        let location = error.location();
        YamlError {
            message: without_position(&error.render_with_formatter(&serde_yaml::UserMessageFormatter)),
            line: location.and_then(|l| u32::try_from(l.line()).ok()),
            column: location.and_then(|l| u32::try_from(l.column()).ok()),
        }
    })
}

/// The first line of a message, without the position that [`YamlError`] keeps beside it.
fn without_position(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let sentence = match line.rfind(" at line ") {
        Some(at) => line.get(..at).unwrap_or(line),
        None => line,
    };
    sentence.trim_end_matches([',', '.', ':']).to_owned()
}
