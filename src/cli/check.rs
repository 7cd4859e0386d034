//! `septum check`

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::lint::Checks;
use super::progress::Progress;
use super::workspace::Workspace;
use super::{CliError, Outcome, Repository, baseline, fix, report, workspace};
use crate::check::KnownExploited;
use crate::diagnostic::{Diagnostic, Severity, fingerprints};
use crate::network::Network;

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    repository: Repository,
    #[command(flatten)]
    output: report::Output,
    /// Take warnings for errors, so that they fail the run
    #[arg(long, value_name = "WHAT", value_enum)]
    deny: Option<Deny>,
    /// Run this check alone, at its own level if septum.yaml silences it; may be repeated
    #[arg(long, value_name = "CHECK")]
    only: Vec<String>,
    /// Report only what is not in this report, which `--format json` has written
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Known exploited vulnerabilities, the JSON file of CISA [default: option `file` of exploited-exposed]
    #[arg(long, value_name = "FILE")]
    kev: Option<PathBuf>,
    /// Remove dead rules, unused groups and services, and waivers without use, format, and report what is left
    #[arg(long)]
    fix: bool,
}

/// What may be denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Deny {
    Warnings,
}

/// Reports what is wrong with a policy.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let progress = Progress::start();
    let known = match &arguments.baseline {
        Some(path) => baseline::read(path)?,
        None => BTreeSet::new(),
    };
    let mut workspace = workspace::load(&arguments.repository.directory())?;
    if workspace.broken() {
        drop(progress);
        arguments
            .output
            .print(&workspace.diagnostics, &workspace, &BTreeSet::new())?;
        return Ok(Outcome::BadInput);
    }
    progress.stage("checking");
    let today = arguments.repository.today();
    let checks = Checks::chosen(&workspace, &arguments.only, arguments.kev.as_deref())?;
    let network = Network::new(&workspace.policy);
    let mut findings = checks.findings(&workspace, &network, today);
    if arguments.fix {
        let fixed = fix::fix(workspace, findings, &checks, today)?;
        (workspace, findings) = (fixed.workspace, fixed.findings);
    }
    if arguments.deny == Some(Deny::Warnings) {
        for finding in findings
            .iter_mut()
            .filter(|one| one.severity == Severity::Warning)
        {
            finding.severity = Severity::Error;
        }
    }
    let before = findings.len();
    let findings = new_ones(findings, &workspace, &known);
    drop(progress);
    if let Some(kev) = &checks.kev {
        report::status(&about(kev, today));
    }
    arguments.output.print(&findings, &workspace, &known)?;
    if before > findings.len() {
        report::status(&format!("{} more in the baseline", before - findings.len()));
    }
    if before == 0 {
        let policy = &workspace.policy;
        report::status(&format!(
            "{} zones, {} devices, {} rules: no findings",
            policy.zones.len(),
            policy.devices.len(),
            policy.rules.len()
        ));
    }
    // The program ends here: to free every device on its own would take longer than some checks.
    std::mem::forget((workspace, network));
    Ok(report::outcome(&findings))
}

/// The findings that are not known.
fn new_ones(findings: Vec<Diagnostic>, workspace: &Workspace, known: &BTreeSet<String>) -> Vec<Diagnostic> {
    if known.is_empty() {
        return findings;
    }
    let names = fingerprints(&findings, &workspace.sources, &BTreeSet::new());
    let named = findings.into_iter().zip(names);
    named
        .filter(|(_, name)| !known.contains(name))
        .map(|(finding, _)| finding)
        .collect()
}

/// How old a catalogue is: what has been exploited since is not in it.
fn about(kev: &KnownExploited, today: jiff::civil::Date) -> String {
    let count = kev.len();
    let age = match kev.released {
        None => "without a date".to_owned(),
        Some(day) => match day.until(today).map_or(0, |span| span.get_days()) {
            age if age < 0 => format!("of {day}, later than the day of this check"),
            1 => format!("of {day}, 1 day old"),
            age => format!("of {day}, {age} days old"),
        },
    };
    format!("known exploited vulnerabilities: {count}, {age}")
}
