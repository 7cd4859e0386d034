//! Names on the command line.

use super::CliError;
use crate::diagnostic::suggest;
use crate::model::{ModeId, Policy};

/// The mode of a name; none, which means normal times, where none is named.
///
/// # Errors
/// When the policy has no such mode.
pub(super) fn mode(policy: &Policy, name: Option<&str>) -> Result<Option<ModeId>, CliError> {
    let Some(name) = name else { return Ok(None) };
    let names = policy.modes.iter().map(|mode| mode.name.as_str());
    match policy.modes.iter().position(|mode| mode.name == name) {
        Some(index) => Ok(Some(ModeId::from_index(index))),
        None => Err(unknown("mode", name, names)),
    }
}

/// That nothing of a kind has a name, with the one that was probably meant, or all there are.
pub(super) fn unknown<'a>(kind: &str, name: &str, known: impl Iterator<Item = &'a str> + Clone) -> CliError {
    CliError::Other(match suggest::nearest(name, known.clone()) {
        Some(near) => format!("there is no {kind} `{name}`; did you mean `{near}`?"),
        None => format!(
            "there is no {kind} `{name}`; there are: {}",
            known.collect::<Vec<_>>().join(", ")
        ),
    })
}
