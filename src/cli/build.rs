//! `septum build`

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::build_manifest::{BuildManifest, BuiltDevice, FORMAT, NAME, PLANS, SOURCE_MAP, sha256};
use super::compile::{self, Built};
use super::progress::Progress;
use super::shallow_json::shallow_json;
use super::workspace::{self, Workspace};
use super::write::{self, Change};
use super::{CliError, Outcome, Repository, lint, report, verify};
use crate::diagnostic::{Severity, in_reading_order, suggest, worst};
use crate::model::{ModeId, Policy};
use crate::network::Network;
use crate::plan::{DevicePlan, PlanArchive};
use crate::reach::mode_cuts;
use crate::target::source_map::{self, LineMap};
use crate::target::{self, Usage};

/// Tables of entries stand at the first level, their entries at the second.
const ENTRY_A_LINE: usize = 2;

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
    let workspace = workspace::load(&arguments.repository.directory())?;
    if workspace.broken() {
        drop(progress);
        report::diagnostics(&workspace.diagnostics, &workspace.sources);
        return Ok(Outcome::BadInput);
    }
    let mode = find_mode(&workspace.policy, arguments.mode.as_deref())?;
    let output = arguments
        .output
        .clone()
        .unwrap_or_else(|| workspace.directory.join(&workspace.manifest.output.value));
    let previous = previous_build(&output)?;

    progress.stage("placing rules");
    let network = Network::new(&workspace.policy);
    let today = arguments.repository.today();
    let plans = selected(compile::plans(&workspace, &network, today, mode), arguments)?;

    progress.stage("writing and proving configurations");
    let mut findings = lint::Checks::of(&workspace)?.findings(&workspace, &network, today);
    let built = compile::compile(&workspace, plans, previous.as_ref(), &mut findings)?;
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
    }

    let partial = !arguments.device.is_empty() || !arguments.target.is_empty();
    let summary = summary(&output, &built);
    let changes = changes(
        &workspace,
        &output,
        built,
        previous,
        arguments.mode.as_deref(),
        partial,
    )?;
    if arguments.check {
        return compare(&changes);
    }
    write::apply(changes)?;
    for line in summary {
        report::status(&line);
    }
    // The program ends here: to free every device on its own takes time.
    std::mem::forget((workspace, network));
    Ok(Outcome::Clean)
}

pub(super) fn find_mode(policy: &Policy, name: Option<&str>) -> Result<Option<ModeId>, CliError> {
    let Some(name) = name else { return Ok(None) };
    let names = policy.modes.iter().map(|mode| mode.name.as_str());
    match policy.modes.iter().position(|mode| mode.name == name) {
        Some(index) => Ok(Some(ModeId::from_index(index))),
        None => Err(CliError::Other(unknown("mode", name, names))),
    }
}

pub(super) fn unknown<'a>(kind: &str, name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    match suggest::nearest(name, known.clone()) {
        Some(near) => format!("there is no {kind} `{name}`; did you mean `{near}`?"),
        None => format!(
            "there is no {kind} `{name}`; there are: {}",
            known.collect::<Vec<_>>().join(", ")
        ),
    }
}

fn selected(plans: Vec<DevicePlan>, arguments: &Arguments) -> Result<Vec<DevicePlan>, CliError> {
    let devices = plans.iter().map(|plan| plan.device.as_str());
    if let Some(name) = arguments
        .device
        .iter()
        .find(|name| devices.clone().all(|device| device != name.as_str()))
    {
        return Err(CliError::Other(unknown("managed device", name, devices)));
    }
    let platforms = target::PLATFORMS.iter().map(|platform| platform.name());
    if let Some(name) = arguments
        .target
        .iter()
        .find(|name| platforms.clone().all(|known| known != name.as_str()))
    {
        return Err(CliError::Other(unknown("target", name, platforms)));
    }
    let wanted = |list: &[String], name: &str| list.is_empty() || list.iter().any(|one| one == name);
    Ok(plans
        .into_iter()
        .filter(|plan| wanted(&arguments.device, &plan.device) && wanted(&arguments.target, &plan.platform))
        .collect())
}

/// The manifest of the build that the output directory holds.
fn previous_build(output: &Path) -> Result<Option<BuildManifest>, CliError> {
    let path = output.join(NAME);
    if !path.exists() {
        return Ok(None);
    }
    let text = workspace::read_text(&path)?;
    match BuildManifest::from_text(&path, &text) {
        Ok(manifest) => Ok(Some(manifest)),
        Err(error) => Err(CliError::Other(format!("{error}; move it away to build anew"))),
    }
}

fn changes(
    workspace: &Workspace,
    output: &Path,
    built: Vec<Built>,
    previous: Option<BuildManifest>,
    mode: Option<&str>,
    partial: bool,
) -> Result<Vec<Change>, CliError> {
    let mut manifest = BuildManifest {
        format: FORMAT,
        septum: env!("CARGO_PKG_VERSION").to_owned(),
        policy: workspace
            .manifest
            .name
            .as_ref()
            .map(|name| name.value.clone())
            .unwrap_or_default(),
        mode: mode.map(str::to_owned),
        inputs: workspace
            .sources
            .files()
            .map(|(_, file)| (file.path().to_owned(), sha256(file.text().as_bytes())))
            .collect(),
        plans: String::new(),
        devices: BTreeMap::new(),
    };
    let mut map = LineMap::new();
    let mut changes = Vec::new();
    let mut plans = Vec::new();
    for one in built {
        let file = one.file();
        let Built {
            plan,
            emitted,
            sha256,
            record,
            ..
        } = one;
        manifest.devices.insert(
            plan.device.clone(),
            BuiltDevice {
                platform: plan.platform.clone(),
                sha256,
                counts: emitted
                    .counts
                    .iter()
                    .map(|(name, count)| ((*name).to_owned(), *count))
                    .collect(),
                usage: emitted.usage,
                residual: emitted.residual,
                proof: record,
                owned: emitted.owned,
                file: file.clone(),
            },
        );
        map.insert(file.clone(), source_map::of_file(&emitted.lines));
        changes.push(Change::Write(output.join(file), emitted.text.into_bytes()));
        plans.push(plan);
    }
    let mut kept = Vec::new();
    if let Some(before) = previous {
        let mut old_map = if partial {
            let old_map = fs::read(output.join(SOURCE_MAP)).unwrap_or_default();
            serde_json::from_slice(&old_map).unwrap_or_default()
        } else {
            LineMap::new()
        };
        for (name, device) in before.devices {
            if manifest.devices.contains_key(&name) {
                continue;
            }
            let still_there = workspace.policy.points.iter().any(|point| point.name == name);
            if partial && still_there {
                map.extend(old_map.remove_entry(&device.file));
                kept.push(name.clone());
                manifest.devices.insert(name, device);
            } else if plain_file_name(&device.file) {
                changes.push(Change::Remove(output.join(&device.file)));
            }
        }
    }
    let plans = shallow_json(&archive(output, plans, &kept)?, ENTRY_A_LINE);
    manifest.plans = sha256(&plans);
    changes.push(Change::Write(output.join(PLANS), plans));
    changes.push(Change::Write(
        output.join(SOURCE_MAP),
        shallow_json(&map, ENTRY_A_LINE),
    ));
    changes.push(Change::Write(
        output.join(NAME),
        shallow_json(&manifest, usize::MAX),
    ));
    Ok(changes)
}

/// The plans of what was built, and of the devices that a partial build keeps.
fn archive(output: &Path, mut plans: Vec<DevicePlan>, kept: &[String]) -> Result<PlanArchive, CliError> {
    if !kept.is_empty() {
        let before = verify::archived_plans(&output.join(PLANS))?;
        plans.extend(before.into_iter().filter(|plan| kept.contains(&plan.device)));
    }
    plans.sort_by(|a, b| a.device.cmp(&b.device));
    Ok(PlanArchive::new(&plans))
}

/// A manifest may have been edited: it never makes us remove what lies outside the output directory.
pub(super) fn plain_file_name(name: &str) -> bool {
    let path = Path::new(name);
    path.file_name().is_some_and(|file| file == path.as_os_str()) && name != ".." && name != "."
}

/// Names what would change.
fn compare(changes: &[Change]) -> Result<Outcome, CliError> {
    let mut differs = false;
    for change in changes {
        let (path, same) = match change {
            Change::Write(path, bytes) => (path, fs::read(path).is_ok_and(|old| old == *bytes)),
            Change::Remove(path) => (path, !path.exists()),
        };
        if !same {
            differs = true;
            report::status(&format!("would change {}", path.display()));
        }
    }
    Ok(if differs {
        Outcome::Findings
    } else {
        Outcome::Clean
    })
}

/// A line a file, and one about the proofs taken over.
fn summary(output: &Path, built: &[Built]) -> Vec<String> {
    let mut lines: Vec<String> = built.iter().map(|one| line_about(output, one)).collect();
    let before = built.iter().filter(|one| one.proven_before).count();
    if before > 0 {
        lines.push(format!(
            "{before} of {} configurations are as the build before proved them",
            built.len()
        ));
    }
    lines
}

fn line_about(output: &Path, built: &Built) -> String {
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
