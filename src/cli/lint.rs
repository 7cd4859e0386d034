//! Runs the checks over a loaded repository, for `check` and `build` alike.

use super::workspace::Workspace;
use crate::check::{self, Context, Finding, Input, Settings};
use crate::network::Network;
use crate::target::PLATFORMS;

/// Everything there is to say about a repository that loads: what reading it found, then what the checks find.
pub(super) fn findings(workspace: &Workspace, network: &Network, today: jiff::civil::Date) -> Vec<Finding> {
    let (settings, wrong) = Settings::new(&workspace.manifest);
    findings_with(
        workspace,
        network,
        today,
        &settings,
        wrong.into_iter().map(Finding::from).collect(),
    )
}

/// The same under given settings, after what is wrong with those.
pub(super) fn findings_with(
    workspace: &Workspace,
    network: &Network,
    today: jiff::civil::Date,
    settings: &Settings,
    mut findings: Vec<Finding>,
) -> Vec<Finding> {
    let stateless: Vec<&str> = PLATFORMS
        .iter()
        .filter(|platform| platform.stateless())
        .map(|platform| platform.name())
        .collect();
    let trees: Vec<_> = workspace.files.iter().map(|(_, parsed)| &parsed.tree).collect();
    let context = Context::new(Input {
        policy: &workspace.policy,
        network,
        sources: &workspace.sources,
        trees: &trees,
        settings,
        stateless: &stateless,
        kev: None,
        today,
    });
    findings.extend(check::run(&context, &workspace.diagnostics));
    findings
}
