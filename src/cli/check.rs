//! `septum check`

use super::progress::Progress;
use super::{CliError, Outcome, Repository, lint, report, workspace};
use crate::diagnostic::in_reading_order;
use crate::network::Network;

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    repository: Repository,
    #[command(flatten)]
    output: report::Output,
}

/// Reports what is wrong with a policy.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let progress = Progress::start();
    let workspace = workspace::load(&arguments.repository.directory())?;
    if workspace.broken() {
        drop(progress);
        arguments.output.print(&workspace.diagnostics, &workspace)?;
        return Ok(Outcome::BadInput);
    }
    progress.stage("checking");
    let network = Network::new(&workspace.policy);
    let found = lint::findings(&workspace, &network, arguments.repository.today());
    let findings = found.into_iter().map(|finding| finding.diagnostic).collect();
    let findings = in_reading_order(findings);
    drop(progress);
    arguments.output.print(&findings, &workspace)?;
    if findings.is_empty() {
        let policy = &workspace.policy;
        report::status(&format!(
            "{} zones, {} devices, {} rules: no findings",
            policy.zones.len(),
            policy.devices.len(),
            policy.rules.len()
        ));
    }
    Ok(report::outcome(&findings))
}
