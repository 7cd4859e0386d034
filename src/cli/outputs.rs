//! The files of a build: configurations, their plans and source map, and the manifest of all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::build_manifest::{BuildManifest, BuiltDevice, FORMAT, Hashing, NAME, PLANS, SOURCE_MAP, sha256};
use super::compile::{Built, Destination};
use super::shallow_json::shallow_json;
use super::workspace::Workspace;
use super::write::{Change, Stage};
use super::{CliError, verify};
use crate::plan::{DevicePlan, PlanArchive};
use crate::target::source_map::{FileLines, LineMap, Lines};

/// Tables of entries stand at the first level, their entries at the second.
const ENTRY_A_LINE: usize = 2;

/// How many files a message names.
const NAMED: usize = 5;

/// All that changes in the output directory. A `partial` build keeps what the one before says of devices that it was not
/// asked for.
///
/// # Errors
/// Also where a change is one of a file that no build wrote.
pub(super) fn changes(
    workspace: &Workspace,
    destination: Destination<'_>,
    built: Vec<Built<'_>>,
    mode: Option<&str>,
    partial: bool,
) -> Result<Vec<Change>, CliError> {
    let Destination {
        directory,
        previous,
        stage,
    } = destination;
    let mut outputs = Outputs::new(workspace);
    for one in built {
        outputs.add(one, mode);
    }
    let mut kept = Vec::new();
    if let Some(before) = previous {
        if partial {
            kept = outputs.keep(workspace, directory, before);
        }
        outputs.remove_others(directory, before, stage);
    }
    let changes = outputs.finish(directory, stage, &kept)?;
    of_builds(&changes, directory, previous)?;
    Ok(changes)
}

/// Refuses changes of files that the manifest in the output directory does not name: nobody knows whose they are. A
/// manifest stands for the files about all devices, itself among them.
fn of_builds(changes: &[Change], directory: &Path, previous: Option<&BuildManifest>) -> Result<(), CliError> {
    let devices = previous.iter().flat_map(|before| before.devices.values());
    let mut known: BTreeSet<PathBuf> = devices.map(|device| directory.join(&device.file)).collect();
    if previous.is_some() {
        known.extend([PLANS, SOURCE_MAP, NAME].map(|name| directory.join(name)));
    }
    let strange = changes
        .iter()
        .filter(|change| change.replaces() && !known.contains(&change.path));
    let mut names: Vec<String> = strange
        .map(|change| format!("`{}`", change.path.display()))
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    let why = match previous {
        Some(_) => format!("{NAME} does not say that a build wrote"),
        None => format!("there is no {NAME} to say that a build wrote"),
    };
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    if more > 0 {
        names.push(format!("{more} more"));
    }
    Err(CliError::Other(format!(
        "{why} {}, which this one would replace: nothing was written; move what is there away, build elsewhere, or \
         restore the {NAME} of the build that wrote them",
        names.join(", ")
    )))
}

/// The files of a build as they come together.
struct Outputs<'p> {
    manifest: BuildManifest,
    map: LineMap,
    plans: Vec<&'p DevicePlan>,
    changes: Vec<Change>,
}

impl<'p> Outputs<'p> {
    fn new(workspace: &Workspace) -> Self {
        let name = workspace.manifest.name.as_ref();
        let files = workspace.sources.files();
        Self {
            manifest: BuildManifest {
                format: FORMAT,
                septum: env!("CARGO_PKG_VERSION").to_owned(),
                policy: name.map(|name| name.value.clone()).unwrap_or_default(),
                inputs: files
                    .map(|(_, file)| (file.path().to_owned(), sha256(file.text().as_bytes())))
                    .collect(),
                plans: String::new(),
                devices: BTreeMap::new(),
            },
            map: LineMap::new(),
            plans: Vec::new(),
            changes: Vec::new(),
        }
    }

    /// Adds a configuration that was written.
    fn add(&mut self, built: Built<'p>, mode: Option<&str>) {
        let file = built.file();
        let Built {
            plan,
            emitted,
            written: Some(written),
            ..
        } = built
        else {
            return;
        };
        let counts = emitted.counts.iter();
        self.manifest.devices.insert(
            plan.device.clone(),
            BuiltDevice {
                platform: plan.platform.clone(),
                mode: mode.map(str::to_owned),
                sha256: written.sha256,
                counts: counts.map(|(name, count)| ((*name).to_owned(), *count)).collect(),
                usage: emitted.usage,
                residual: emitted.residual,
                proof: written.record,
                owned: emitted.owned,
                file: file.clone(),
            },
        );
        self.map.insert(file, written.lines);
        self.changes.extend(written.change);
        self.plans.push(plan);
    }

    /// Keeps what the build before says of devices that are still in the policy and were not built now: these, by name.
    fn keep(&mut self, workspace: &Workspace, directory: &Path, before: &BuildManifest) -> Vec<String> {
        let old_map = fs::read(directory.join(SOURCE_MAP)).unwrap_or_default();
        let mut old_map: BTreeMap<String, Vec<Lines>> = serde_json::from_slice(&old_map).unwrap_or_default();
        let mut kept = Vec::new();
        for (name, device) in &before.devices {
            let still_there = workspace.policy.points.iter().any(|point| point.name == *name);
            if self.manifest.devices.contains_key(name) || !still_there {
                continue;
            }
            let lines = old_map.remove_entry(&device.file);
            self.map
                .extend(lines.map(|(file, lines)| (file, FileLines::Written(lines))));
            self.manifest.devices.insert(name.clone(), device.clone());
            kept.push(name.clone());
        }
        kept
    }

    /// Removes the files of the build before that are none of this one: a device is gone, or of another platform.
    fn remove_others(&mut self, directory: &Path, before: &BuildManifest, stage: &Stage) {
        for (name, device) in &before.devices {
            let now = self.manifest.devices.get(name);
            let is_other = now.is_none_or(|now| now.file != device.file);
            if is_other && plain_file_name(&device.file) {
                self.changes.extend(stage.remove(directory.join(&device.file)));
            }
        }
    }

    /// Adds the files about all devices, the manifest last: it has the hash of the plans.
    fn finish(mut self, directory: &Path, stage: &Stage, kept: &[String]) -> Result<Vec<Change>, CliError> {
        let archive = archive(directory, self.plans, kept)?;
        let mut hash = Hashing::default();
        let plans = stage.write(directory.join(PLANS), |file| {
            shallow_json(hash.tee(file), &archive, ENTRY_A_LINE)
        })?;
        self.manifest.plans = hash.hexadecimal();
        let map = stage.write(directory.join(SOURCE_MAP), |file| {
            shallow_json(file, &self.map, ENTRY_A_LINE)
        })?;
        let manifest = stage.write(directory.join(NAME), |file| {
            shallow_json(file, &self.manifest, usize::MAX)
        })?;
        self.changes.extend([plans, map, manifest].into_iter().flatten());
        Ok(self.changes)
    }
}

/// The plans of what was built, and of the devices that a partial build keeps.
fn archive(output: &Path, plans: Vec<&DevicePlan>, kept: &[String]) -> Result<PlanArchive, CliError> {
    let before = if kept.is_empty() {
        Vec::new()
    } else {
        verify::archived_plans(&output.join(PLANS))?
    };
    let mut plans = plans;
    plans.extend(before.iter().filter(|plan| kept.contains(&plan.device)));
    plans.sort_by(|a, b| a.device.cmp(&b.device));
    Ok(PlanArchive::new(plans))
}

/// A manifest may have been edited: it never makes us remove what lies outside the output directory.
pub(super) fn plain_file_name(name: &str) -> bool {
    let path = Path::new(name);
    path.file_name().is_some_and(|file| file == path.as_os_str()) && name != ".." && name != "."
}
