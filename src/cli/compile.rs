//! From a loaded repository to proven configurations, in memory.

use std::collections::BTreeMap;
use std::path::Path;

use rayon::prelude::*;

use super::build_manifest::{self, BuildManifest, ProofRecord};
use super::workspace::{self, Workspace};
use super::write::{Change, Stage};
use super::{CliError, proof_report};
use crate::diagnostic::{Diagnostic, Severity};
use crate::manifest;
use crate::model::{Describer, ModeId};
use crate::network::Network;
use crate::plan::{self, DevicePlan};
use crate::proof::{self, Proof};
use crate::target::source_map::{self, FileLines};
use crate::target::{self, Assets, EmitError, Emitted, Inexpressible, Owned, Platform};

/// A device's configuration, the plan it came from, and how the two compare.
pub(super) struct Built<'p> {
    pub plan: &'p DevicePlan,
    pub platform: &'static dyn Platform,
    /// Without text and lines, once it is [written](Self::written).
    pub emitted: Emitted,
    /// The proof, where it does not hold.
    pub refuted: Option<Proof>,
    /// What a build keeps; none of what is not proven, or only to be looked at.
    pub written: Option<Written>,
}

impl Built<'_> {
    /// Its file name in the output directory.
    pub(super) fn file(&self) -> String {
        format!("{}.{}", self.plan.device, self.platform.extension())
    }
}

/// A proven configuration that is ready to take its place, so that its text need not be kept.
pub(super) struct Written {
    /// None where the file is there already.
    pub change: Option<Change>,
    /// SHA-256 of the configuration.
    pub sha256: String,
    pub record: ProofRecord,
    /// True where the record is that of the build before.
    pub proven_before: bool,
    /// Which rule each line comes from.
    pub lines: FileLines,
}

/// Where a build writes.
#[derive(Clone, Copy)]
pub(super) struct Destination<'a> {
    pub directory: &'a Path,
    /// The manifest of the build that is there.
    pub previous: Option<&'a BuildManifest>,
    pub stage: &'a Stage,
}

/// Why a device has no configuration.
enum Failure {
    Emit(EmitError),
    Write(CliError),
}

/// The plans of all managed devices.
pub(super) fn plans(
    workspace: &Workspace,
    network: &Network,
    today: jiff::civil::Date,
    mode: Option<ModeId>,
) -> Vec<DevicePlan> {
    let cited = match workspace.manifest.comments {
        manifest::Comments::Lines => plan::Cited::Line,
        manifest::Comments::Files => plan::Cited::File,
    };
    let options = plan::Options {
        today,
        mode,
        stateless: &target::platforms(|platform| platform.stateless()),
        cited,
    };
    plan::plans(&workspace.policy, network, &workspace.sources, options)
}

/// How a read-back of a platform is held against a plan.
pub(super) fn proof_options(platform: &dyn Platform, describer: &Describer) -> proof::Options {
    proof::Options {
        hints: describer.hints().clone(),
        ..proof::Options::of(platform)
    }
}

/// Emits all plans in parallel, reads each configuration back and compares. What a platform cannot express, and what
/// differs from its plan, becomes a finding at its rule.
///
/// Where the previous build proved the same configuration of the same plan, its record is taken over. Configurations
/// by a template of the repository are always proven: it can say anything, and who edits it can edit the record.
///
/// With a destination, each configuration that is proven is written there at once. Without one nothing is.
pub(super) fn compile<'p>(
    workspace: &Workspace,
    plans: &'p [DevicePlan],
    destination: Option<Destination<'_>>,
    findings: &mut Vec<Diagnostic>,
) -> Result<Vec<Built<'p>>, CliError> {
    let mut assets: BTreeMap<&str, (&'static dyn Platform, Assets)> = BTreeMap::new();
    for platform in target::PLATFORMS {
        assets.insert(platform.name(), (platform, assets_of(workspace, platform)?));
    }
    let compiler = Compiler {
        assets,
        describer: Describer::new(&workspace.policy),
        hashes: match destination {
            Some(_) => plan::Hashes::of(plans),
            None => plan::Hashes::of([]),
        },
        destination,
    };
    let results: Vec<(&DevicePlan, Result<Built<'p>, Failure>)> = plans
        .par_iter()
        .filter_map(|plan| Some((plan, compiler.device(plan)?)))
        .collect();
    let mut built = Vec::new();
    for (plan, result) in results {
        match result {
            Ok(one) => {
                findings.extend(proof_report::findings(workspace, &compiler.describer, &one));
                built.push(one);
            }
            Err(Failure::Emit(EmitError::Inexpressible(list))) => {
                findings.extend(list.iter().map(|one| target_limit(workspace, plan, one)));
            }
            Err(Failure::Emit(error)) => {
                return Err(CliError::Other(format!("`{}`: {error}", plan.device)));
            }
            Err(Failure::Write(error)) => return Err(error),
        }
    }
    Ok(built)
}

/// What the configurations of all devices are made with.
struct Compiler<'a> {
    assets: BTreeMap<&'a str, (&'static dyn Platform, Assets)>,
    describer: Describer,
    hashes: plan::Hashes<'a>,
    destination: Option<Destination<'a>>,
}

impl Compiler<'_> {
    /// Emits, proves and writes the configuration of one device. None where its platform is not known.
    fn device<'p>(&self, plan: &'p DevicePlan) -> Option<Result<Built<'p>, Failure>> {
        let (platform, assets) = self.assets.get(plan.platform.as_str())?;
        Some(self.configuration(plan, *platform, assets))
    }

    fn configuration<'p>(
        &self,
        plan: &'p DevicePlan,
        platform: &'static dyn Platform,
        assets: &Assets,
    ) -> Result<Built<'p>, Failure> {
        let before = self
            .destination
            .and_then(|destination| destination.previous)
            .and_then(|build| build.devices.get(&plan.device))
            .filter(|device| device.platform == plan.platform);
        let none = Owned::new();
        let owned = before.map_or(&none, |device| &device.owned);
        let mut built = Built {
            plan,
            platform,
            emitted: platform.emit(plan, assets, owned).map_err(Failure::Emit)?,
            refuted: None,
            written: None,
        };
        let Some(destination) = self.destination else {
            self.prove(&mut built);
            return Ok(built);
        };
        let sha256 = build_manifest::sha256(built.emitted.text.as_bytes());
        let subject = build_manifest::subject(plan, &self.hashes, &sha256);
        let known = before
            .map(|device| &device.proof)
            .filter(|record| record.covers(&subject) && assets.template == platform.assets().template);
        let record = match known {
            Some(known) => known.clone(),
            None => ProofRecord {
                subject,
                ..self.prove(&mut built)
            },
        };
        if built.refuted.is_none() {
            write(&mut built, destination, sha256, record, known.is_some()).map_err(Failure::Write)?;
        }
        Ok(built)
    }

    fn prove(&self, built: &mut Built<'_>) -> ProofRecord {
        let options = proof_options(built.platform, &self.describer);
        let proof = proof::prove_text(built.plan, built.platform, &built.emitted.text, &options);
        let record = ProofRecord::new(&proof);
        built.refuted = (!proof.holds()).then_some(proof);
        record
    }
}

/// What a platform cannot express, as a finding at its rule and its device.
fn target_limit(workspace: &Workspace, plan: &DevicePlan, limit: &Inexpressible) -> Diagnostic {
    let policy = &workspace.policy;
    let message = format!("`{}` ({}): {}", plan.device, plan.platform, limit.what);
    let rule = policy
        .rules
        .iter()
        .find(|rule| Some(&rule.id) == limit.rule.as_ref());
    let point = policy.points.iter().find(|point| point.name == plan.device);
    let diagnostic = Diagnostic::new(Severity::Error, "target-limit", message);
    match (rule.map(|rule| rule.span), point.map(|point| point.span)) {
        (Some(rule), Some(point)) => diagnostic.at(rule, "").with(point, "the device"),
        (_, Some(span)) | (Some(span), None) => diagnostic.at(span, ""),
        (None, None) => diagnostic,
    }
}

/// Writes a proven configuration beside its place, and lets go of its text and its lines.
fn write(
    built: &mut Built<'_>,
    destination: Destination<'_>,
    sha256: String,
    record: ProofRecord,
    proven_before: bool,
) -> Result<(), CliError> {
    let text = std::mem::take(&mut built.emitted.text);
    let lines = std::mem::take(&mut built.emitted.lines);
    let path = destination.directory.join(built.file());
    built.written = Some(Written {
        change: destination.stage.write_bytes(path, text.as_bytes())?,
        sha256,
        record,
        proven_before,
        lines: source_map::of_file(&lines),
    });
    Ok(())
}

/// A platform's template and capability file, with what the manifest puts in their place.
fn assets_of(workspace: &Workspace, platform: &dyn Platform) -> Result<Assets, CliError> {
    let mut assets = platform.assets();
    if let Some(path) = manifest::find(&workspace.manifest.templates, platform.name()) {
        assets.template = workspace::read_inside(&workspace.directory, &path.value)?;
    }
    if let Some(path) = manifest::find(&workspace.manifest.capabilities, platform.name()) {
        assets.capability = workspace::read_inside(&workspace.directory, &path.value)?;
    }
    Ok(assets)
}
