//! `septum verify`

use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::answer::{Format, json};
use super::build_manifest::{BuildManifest, PLANS, sha256};
use super::compile::{self, proof_options};
use super::proof_report::{self, Lines, grouped};
use super::{CliError, Outcome, Situation, lookup, report, workspace};
use crate::model::{Describer, Policy};
use crate::network::Network;
use crate::plan::{DevicePlan, PlanArchive};
use crate::proof::{Proof, prove_text};
use crate::target;

/// Arguments of `verify`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The configuration of a running device, as the device prints it
    #[arg(value_name = "CONFIG", required_unless_present = "manifest")]
    config: Option<PathBuf>,
    /// The device it is of
    #[arg(long, value_name = "DEVICE", required_unless_present = "manifest")]
    device: Option<String>,
    /// Check a build directory again, without the policy
    #[arg(long, value_name = "MANIFEST", conflicts_with_all = ["config", "device", "mode"])]
    manifest: Option<PathBuf>,
    #[command(flatten)]
    situation: Situation,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Reasons for not knowing that the text lists.
const REASONS: usize = 10;

/// How a configuration stands to the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Standing {
    Equal,
    Drift,
    /// Not proven equal, and no packet is known that it treats otherwise.
    Unknown,
}

/// One device's comparison, for JSON.
#[derive(Debug, Serialize)]
struct Verdict {
    device: String,
    result: Standing,
    places: usize,
    opened: Vec<Drift>,
    closed: Vec<Drift>,
    unknown: Vec<String>,
    /// With a manifest: true where the file is not the one that was built.
    #[serde(skip_serializing_if = "Option::is_none")]
    edited: Option<bool>,
}

/// Packets that a configuration treats otherwise than the policy.
#[derive(Debug, Serialize)]
struct Drift {
    places: Vec<String>,
    packets: String,
    example: String,
    line: Option<usize>,
    text: Option<String>,
    rule: Option<String>,
    location: Option<String>,
}

impl Drift {
    /// What is the same where the same packets meet the same line elsewhere.
    fn cause(&self) -> (String, String, Option<usize>, Option<String>) {
        (
            self.packets.clone(),
            self.example.clone(),
            self.line,
            self.rule.clone(),
        )
    }
}

/// Compares configurations with the policy.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let verdicts = match (&arguments.manifest, &arguments.config, &arguments.device) {
        (Some(manifest), _, _) => of_build(manifest, arguments.format)?,
        (None, Some(config), Some(device)) => match of_config(arguments, config, device)? {
            Some(verdict) => vec![verdict],
            None => return Ok(Outcome::BadInput),
        },
        _ => {
            return Err(CliError::Other(
                "name a configuration and its device, or a manifest".to_owned(),
            ));
        }
    };
    let text = match arguments.format {
        Format::Json => json(&verdicts)?,
        Format::Text => verdicts.iter().map(text).collect(),
    };
    std::io::stdout().write_all(text.as_bytes())?;
    let any = |standing| verdicts.iter().any(|verdict| verdict.result == standing);
    Ok(match (any(Standing::Drift), any(Standing::Unknown)) {
        (true, _) => Outcome::Findings,
        (false, true) => Outcome::BadInput,
        (false, false) => Outcome::Clean,
    })
}

/// None where the policy cannot be used, after its mistakes have been reported.
fn of_config(arguments: &Arguments, config: &Path, device: &str) -> Result<Option<Verdict>, CliError> {
    let text = workspace::read_text(config)?;
    let Some(workspace) = arguments.situation.load()? else {
        return Ok(None);
    };
    let mode = lookup::mode(&workspace.policy, arguments.situation.mode.as_deref())?;
    let network = Network::new(&workspace.policy);
    let today = arguments.situation.today();
    let plans = compile::plans(&workspace, &network, today, mode);
    let Some(plan) = plans.iter().find(|plan| plan.device == device) else {
        let devices = plans.iter().map(|plan| plan.device.as_str());
        return Err(lookup::unknown("managed device", device, devices));
    };
    let describer = arguments.format.told(Describer::new(&workspace.policy));
    let proof = compared(plan, &text, &describer)?;
    Ok(Some(verdict(plan, &text, &proof, &describer, &workspace.policy)))
}

fn of_build(manifest: &Path, format: Format) -> Result<Vec<Verdict>, CliError> {
    let directory = manifest.parent().map(Path::to_owned).unwrap_or_default();
    let text = workspace::read_text(manifest)?;
    let manifest = BuildManifest::from_text(manifest, &text)?;
    let plans_path = directory.join(PLANS);
    let plans_text = workspace::read_text(&plans_path)?;
    if sha256(plans_text.as_bytes()) != manifest.plans {
        return Err(CliError::Other(format!(
            "`{}` is not the one that the manifest names: it was edited, or is of another build",
            plans_path.display()
        )));
    }
    let plans = archived_plans(&plans_path)?;
    if let Some(plan) = plans
        .iter()
        .find(|plan| !manifest.devices.contains_key(&plan.device))
    {
        return Err(CliError::Other(format!(
            "the manifest does not name `{}`, of which `{}` has a plan",
            plan.device,
            plans_path.display()
        )));
    }
    let (describer, policy) = (format.told(Describer::default()), Policy::default());
    let mut verdicts = Vec::new();
    for (name, device) in &manifest.devices {
        if !super::outputs::plain_file_name(&device.file) {
            return Err(CliError::Other(format!(
                "`{}` is no file of the build directory",
                device.file
            )));
        }
        let text = workspace::read_text(&directory.join(&device.file))?;
        let plan = plans
            .iter()
            .find(|plan| plan.device == *name)
            .ok_or_else(|| CliError::Other(format!("`{}` has no plan of `{name}`", plans_path.display())))?;
        let proof = compared(plan, &text, &describer)?;
        let mut verdict = verdict(plan, &text, &proof, &describer, &policy);
        verdict.edited = Some(sha256(text.as_bytes()) != device.sha256);
        if verdict.edited == Some(true) {
            report::status(&format!(
                "note: {} has been edited since it was built",
                device.file
            ));
        }
        verdicts.push(verdict);
    }
    Ok(verdicts)
}

/// The plans of an archive file.
pub(super) fn archived_plans(path: &Path) -> Result<Vec<DevicePlan>, CliError> {
    let text = workspace::read_text(path)?;
    let plans = PlanArchive::from_json(&text).and_then(|archive| archive.plans());
    plans.map_err(|error| CliError::Other(format!("`{}`: {error}", path.display())))
}

fn compared(plan: &DevicePlan, text: &str, describer: &Describer) -> Result<Proof, CliError> {
    let platform = target::platform(&plan.platform)
        .ok_or_else(|| CliError::Other(format!("there is no target `{}`", plan.platform)))?;
    let options = proof_options(platform, describer);
    Ok(prove_text(plan, platform, text, &options))
}

fn verdict(plan: &DevicePlan, text: &str, proof: &Proof, describer: &Describer, policy: &Policy) -> Verdict {
    let lines = Lines::of(text);
    let drifts = |opened: bool| -> Vec<Drift> {
        let mismatches = proof
            .mismatches
            .iter()
            .filter(|mismatch| mismatch.opened == opened);
        let groups = grouped(mismatches, |mismatch| {
            let rule = mismatch.origin.as_ref().map(|origin| origin.id.as_str());
            (&mismatch.change, mismatch.line, rule)
        });
        let mut drifts: Vec<Drift> = Vec::new();
        let mut known = HashMap::new();
        for (mismatch, places) in groups {
            let (packets, example) = proof_report::drift(describer, policy, mismatch);
            let origin = mismatch.origin.as_ref();
            let drift = Drift {
                places: places.into_iter().map(str::to_owned).collect(),
                packets,
                example,
                line: mismatch.line,
                text: mismatch.line.and_then(|line| lines.numbered(line)),
                rule: origin.map(|origin| origin.id.clone()),
                location: origin.map(|origin| origin.location.clone()),
            };
            // Packets that are described alike are told once.
            let index = *known.entry(drift.cause()).or_insert(drifts.len());
            match drifts.get_mut(index) {
                Some(known) => known.places.extend(drift.places),
                None => drifts.push(drift),
            }
        }
        drifts
    };
    let (opened, closed) = (drifts(true), drifts(false));
    let result = match (opened.is_empty() && closed.is_empty(), proof.unknown.is_empty()) {
        (false, _) => Standing::Drift,
        (true, false) => Standing::Unknown,
        (true, true) => Standing::Equal,
    };
    let unknown = proof.unknown.iter().map(proof_report::why).collect();
    Verdict {
        device: plan.device.clone(),
        result,
        places: proof.places,
        opened,
        closed,
        unknown,
        edited: None,
    }
}

fn text(verdict: &Verdict) -> String {
    let mut out = match verdict.result {
        Standing::Equal => format!(
            "{}: equal to the policy at all {} places\n",
            verdict.device, verdict.places
        ),
        Standing::Drift => format!("{}: drift, not what the policy says\n", verdict.device),
        Standing::Unknown => format!("{}: unknown, so not proven equal\n", verdict.device),
    };
    for (word, drifts) in [("opened", &verdict.opened), ("closed", &verdict.closed)] {
        for drift in drifts {
            let places: Vec<&str> = drift.places.iter().map(String::as_str).collect();
            let places = proof_report::some(&places);
            out.push_str(&format!("  {word} at {places}: {}\n", drift.packets));
            out.push_str(&format!("    example: {}\n", drift.example));
            if let Some(line) = &drift.text {
                out.push_str(&format!("    line {line}\n"));
            }
            if let (Some(rule), Some(location)) = (&drift.rule, &drift.location) {
                out.push_str(&format!("    policy: {location} ({rule})\n"));
            }
        }
    }
    for unknown in verdict.unknown.iter().take(REASONS) {
        out.push_str(&format!("  {unknown}\n"));
    }
    let more = verdict.unknown.len().saturating_sub(REASONS);
    if more > 0 {
        out.push_str(&format!("  and {more} more; --format json lists them all\n"));
    }
    out
}
