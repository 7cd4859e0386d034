//! Whether a mode that is not in the policy yet can be built.

use super::CliError;
use super::build::previous_build;
use super::compile::{self, Destination};
use super::workspace::Workspace;
use super::write::Stage;
use crate::diagnostic::{Diagnostic, Severity, in_reading_order};
use crate::model::ModeId;
use crate::network::Network;
use crate::plan::DevicePlan;

/// What stops a build of a mode.
pub(super) struct Trial {
    /// What stops it because of the mode.
    pub of_mode: Vec<Diagnostic>,
    /// What stops it, and a build without the mode as well.
    pub anyway: Vec<Diagnostic>,
}

/// Emits and proves, in memory, the configurations that a mode changes. `without` is the policy before the mode was added.
pub(super) fn trial(
    (without, network_without): (&Workspace, &Network),
    (with, network): (&Workspace, &Network),
    mode: ModeId,
    today: jiff::civil::Date,
) -> Result<Trial, CliError> {
    let normal = compile::plans(without, network_without, today, None);
    let mut plans = compile::plans(with, network, today, Some(mode));
    plans.retain(|plan| !normal.contains(plan));
    let found = errors(with, &plans)?;
    if found.is_empty() {
        return Ok(Trial {
            of_mode: found,
            anyway: Vec::new(),
        });
    }
    let changed = |plan: &DevicePlan| plans.iter().any(|other| other.device == plan.device);
    let before: Vec<DevicePlan> = normal.into_iter().filter(changed).collect();
    let before = errors(without, &before)?;
    let (anyway, of_mode) = found.into_iter().partition(|one| before.contains(one));
    Ok(Trial { of_mode, anyway })
}

/// Why configurations cannot be written over those of the build before.
fn errors(workspace: &Workspace, plans: &[DevicePlan]) -> Result<Vec<Diagnostic>, CliError> {
    let output = workspace.directory.join(&workspace.manifest.output.value);
    let previous = previous_build(&output)?;
    let stage = Stage::dry();
    let destination = Destination {
        directory: &output,
        previous: previous.as_ref(),
        stage: &stage,
    };
    let mut findings = Vec::new();
    compile::compile(workspace, plans, Some(destination), &mut findings)?;
    findings.retain(|finding| finding.severity == Severity::Error);
    Ok(in_reading_order(findings))
}
