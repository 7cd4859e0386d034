//! `septum build`

use std::path::{Path, PathBuf};

use super::build_manifest::{BuildManifest, NAME};
use super::compile::{self, Built, Destination};
use super::progress::Progress;
use super::workspace;
use super::write::{Change, Stage};
use super::{CliError, Outcome, Repository, lint, lookup, outputs, report};
use crate::check;
use crate::diagnostic::{Severity, in_reading_order, worst};
use crate::network::Network;
use crate::plan::DevicePlan;
use crate::reach::mode_cuts;
use crate::target::{self, Platform, Usage};

/// Arguments of `build`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    repository: Repository,
    /// Where to write [default: `output` of septum.yaml, in the repository]
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// Only this device; may be repeated
    #[arg(long, value_name = "DEVICE")]
    device: Vec<String>,
    /// Only devices of this platform; may be repeated
    #[arg(long, value_name = "TARGET")]
    target: Vec<String>,
    /// Build for an emergency mode
    #[arg(long, value_name = "MODE")]
    mode: Option<String>,
    /// Write nothing; name the files that would change, and exit with 1 if there are any
    #[arg(long)]
    check: bool,
}

/// Writes configurations.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let progress = Progress::start();
    let mut workspace = workspace::load(&arguments.repository.directory())?;
    if workspace.broken() {
        drop(progress);
        report::diagnostics(&workspace.diagnostics, &workspace.sources);
        return Ok(Outcome::BadInput);
    }
    let mode = lookup::mode(&workspace.policy, arguments.mode.as_deref())?;
    let output = arguments
        .output
        .clone()
        .unwrap_or_else(|| workspace.directory.join(&workspace.manifest.output.value));
    let stage = if arguments.check {
        Stage::dry()
    } else {
        Stage::new()?
    };
    // What the build before wrote must not change until this one has taken its place.
    stage.hold(&output)?;
    let previous = previous_build(&output)?;

    progress.stage("checking");
    let network = Network::new(&workspace.policy);
    let today = arguments.repository.today();
    let mode_name = mode.and_then(|id| Some(workspace.policy.modes.get(id.index())?.name.as_str()));
    let found = lint::Checks::of(&workspace)?.found(&workspace, &network, today);
    let findings = found.into_iter().map(|mut finding| {
        if !check::stops_build(&finding, mode_name) {
            finding.diagnostic.severity = finding.diagnostic.severity.min(Severity::Warning);
        }
        finding.diagnostic
    });
    let mut findings = in_reading_order(findings.collect());
    workspace.forget_trees();

    progress.stage("placing rules");
    let plans = selected(compile::plans(&workspace, &network, today, mode), arguments)?;

    progress.stage("writing and proving configurations");
    let destination = Destination {
        directory: &output,
        previous: previous.as_ref(),
        stage: &stage,
    };
    let built = compile::compile(&workspace, &plans, Some(destination), &mut findings)?;
    let findings = in_reading_order(findings);
    drop(progress);
    report::diagnostics(&findings, &workspace.sources);
    if worst(&findings) == Some(Severity::Error) {
        report::status("nothing was written");
        return Ok(Outcome::Findings);
    }

    if let Some(mode) = mode.and_then(|id| Some((id, workspace.policy.modes.get(id.index())?))) {
        for cut in mode_cuts(&workspace.policy, today, mode.0) {
            report::status(&format!("{} cuts: {cut}", mode.1.name));
        }
        if let Some(line) = open_flows(&built) {
            report::status(&line);
        }
    }

    if let Some(line) = left_behind(&built).filter(|_| previous.is_none()) {
        report::status(&line);
    }
    let partial = !arguments.device.is_empty() || !arguments.target.is_empty();
    let mut summary = summary(&output, &built);
    let changes = outputs::changes(&workspace, destination, built, arguments.mode.as_deref(), partial)?;
    if arguments.check {
        return Ok(named(&changes));
    }
    // The policy cannot take anything from a device that it no longer names.
    let removed = changes.iter().filter(|change| change.removes());
    summary.extend(removed.map(|change| {
        format!(
            "removed {}: the device keeps what it has loaded",
            change.path.display()
        )
    }));
    stage.apply(changes)?;
    for line in summary {
        report::status(&line);
    }
    // The program ends here: to free every device on its own takes time.
    std::mem::forget((workspace, network, plans));
    Ok(Outcome::Clean)
}

fn selected(plans: Vec<DevicePlan>, arguments: &Arguments) -> Result<Vec<DevicePlan>, CliError> {
    let devices = plans.iter().map(|plan| plan.device.as_str());
    if let Some(name) = arguments
        .device
        .iter()
        .find(|name| devices.clone().all(|device| device != name.as_str()))
    {
        return Err(lookup::unknown("managed device", name, devices));
    }
    let platforms = target::PLATFORMS.iter().map(|platform| platform.name());
    if let Some(name) = arguments
        .target
        .iter()
        .find(|name| platforms.clone().all(|known| known != name.as_str()))
    {
        return Err(lookup::unknown("target", name, platforms));
    }
    let wanted = |list: &[String], name: &str| list.is_empty() || list.iter().any(|one| one == name);
    Ok(plans
        .into_iter()
        .filter(|plan| wanted(&arguments.device, &plan.device) && wanted(&arguments.target, &plan.platform))
        .collect())
}

/// What a mode does not cut: connections that were open before, on devices that do not judge them again.
fn open_flows(built: &[Built<'_>]) -> Option<String> {
    let names = devices(built, |platform| platform.keeps_open_flows())?;
    Some(format!(
        "what is open already goes on through {names}: `conntrack -D -s ADDRESS` and `conntrack -D -d ADDRESS` there end it"
    ))
}

/// What a build without one before it cannot remove.
fn left_behind(built: &[Built<'_>]) -> Option<String> {
    let names = devices(built, |platform| !platform.replaces_itself())?;
    Some(format!(
        "the first build in this folder: what one elsewhere left on {names} is not removed"
    ))
}

/// The names of the devices whose platforms are as asked, if there are any.
fn devices(built: &[Built<'_>], are: impl Fn(&dyn Platform) -> bool) -> Option<String> {
    let chosen = built
        .iter()
        .filter(|one| target::platform(&one.plan.platform).is_some_and(&are));
    let names: Vec<&str> = chosen.map(|one| one.plan.device.as_str()).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// The manifest of the build that the output directory holds.
pub(super) fn previous_build(output: &Path) -> Result<Option<BuildManifest>, CliError> {
    let path = output.join(NAME);
    if !path.exists() {
        return Ok(None);
    }
    let text = workspace::read_text(&path)?;
    match BuildManifest::from_text(&path, &text) {
        Ok(manifest) => Ok(Some(manifest)),
        Err(error) => Err(CliError::Other(format!(
            "{error}; restore it, for it knows what earlier builds left on the devices: without it nothing of that is \
             removed. If another program wrote it, build into another directory"
        ))),
    }
}

/// Names what would change.
fn named(changes: &[Change]) -> Outcome {
    for change in changes {
        report::status(&format!("would change {}", change.path.display()));
    }
    if changes.is_empty() {
        Outcome::Clean
    } else {
        Outcome::Findings
    }
}

/// A line a file, and one about the proofs taken over.
fn summary(output: &Path, built: &[Built<'_>]) -> Vec<String> {
    let mut lines: Vec<String> = built.iter().map(|one| line_about(output, one)).collect();
    let before = built.iter().filter(|one| proven_before(one)).count();
    if before > 0 {
        lines.push(format!(
            "{before} of {} configurations are as the build before proved them",
            built.len()
        ));
    }
    lines
}

fn proven_before(built: &Built<'_>) -> bool {
    built
        .written
        .as_ref()
        .is_some_and(|written| written.proven_before)
}

fn line_about(output: &Path, built: &Built<'_>) -> String {
    let counts: Vec<String> = built
        .emitted
        .counts
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    let file = output.join(built.file());
    let fullest = Usage::fullest(&built.emitted.usage).map_or_else(String::new, |usage| {
        let Usage {
            place,
            what,
            used,
            most,
        } = usage;
        format!(
            "; fullest is {place}: {used} of {most} {what}, {} %",
            usage.percent()
        )
    });
    format!("wrote {} ({}){fullest}", file.display(), counts.join(", "))
}
