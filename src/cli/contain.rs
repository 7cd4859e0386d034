//! `septum contain`

use std::io::Write as _;
use std::path::PathBuf;

use super::lint::Checks;
use super::mode_trial::{self, Trial};
use super::workspace::{self, Workspace};
use super::{CliError, Outcome, report};
use crate::diagnostic::quote::quoted;
use crate::diagnostic::{Diagnostic, suggest};
use crate::model::{Describer, Device, ModeId, Policy, ZoneId};
use crate::network::Network;
use crate::packet::{Budget, Packet};
use crate::reach::{Containment, Hosts, Leak, View};
use crate::source::FileId;
use crate::syntax;

/// Checks that say whether a mode keeps what it must.
const OF_MODES: [&str; 2] = ["mode-widens", "require-unmet"];

/// Arguments of `contain`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The device to cut off
    #[arg(value_name = "DEVICE")]
    device: String,
    /// Policy repository [default: .]
    #[arg(short, long = "policy", value_name = "DIR")]
    policy: Option<PathBuf>,
    /// The day to contain it on, YYYY-MM-DD [default: today]
    #[arg(long, value_name = "DATE")]
    as_of: Option<jiff::civil::Date>,
}

/// Prints a mode that cuts one device off.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let directory = arguments.policy.clone().unwrap_or_else(|| PathBuf::from("."));
    let workspace = workspace::load(&directory)?;
    if workspace.broken() {
        report::diagnostics(&workspace.diagnostics, &workspace.sources);
        return Ok(Outcome::BadInput);
    }
    let today = arguments.as_of.unwrap_or_else(|| jiff::Zoned::now().date());
    let device = find_device(&workspace.policy, &arguments.device)?;
    let name = free_name(&workspace.policy, &device.name);
    let before = Before::new(&workspace, today)?;
    let mut refusal: Option<(Attempt, Trial)> = None;
    for containment in Containment::new(&workspace.policy, &workspace.sources, device, today).wider() {
        let attempt = Attempt::new(&workspace, &containment, &name)?;
        let network = Network::new(&attempt.workspace.policy);
        let broken = before.broken_promises(&attempt.workspace, &network, today)?;
        if !broken.is_empty() {
            report::diagnostics(&broken, &attempt.workspace.sources);
            return Ok(Outcome::Findings);
        }
        let untold = attempt.proven(&containment)?;
        let trial = mode_trial::trial(
            (&workspace, &before.network),
            (&attempt.workspace, &network),
            attempt.mode,
            today,
        )?;
        if !trial.of_mode.is_empty() {
            refusal.get_or_insert((attempt, trial));
            continue;
        }
        let mut outcome = Outcome::Clean;
        if let Some((exact, refused)) = &refusal {
            report::diagnostics(&refused.of_mode, &exact.workspace.sources);
            for kept in containment.kept.iter().filter(|kept| kept.whole) {
                let words = containment.words(kept);
                report::status(&format!(
                    "not cut, as a device on the way cannot write it: {words}"
                ));
            }
            outcome = Outcome::Findings;
        }
        if !trial.anyway.is_empty() {
            report::diagnostics(&trial.anyway, &attempt.workspace.sources);
            report::status("`septum build` writes nothing before this is mended, with or without the mode");
            outcome = Outcome::Findings;
        }
        if let Some(packet) = untold {
            report::status(&format!(
                "not cut, as not every platform can tell it from others: {packet}"
            ));
        }
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(attempt.text.as_bytes())?;
        stdout.flush()?;
        for line in neighbours(&attempt.workspace.policy, &network, device, today, attempt.mode) {
            report::status(&line);
        }
        return Ok(outcome);
    }
    if let Some((exact, refused)) = &refusal {
        report::diagnostics(&refused.of_mode, &exact.workspace.sources);
    }
    report::status(&format!(
        "no mode cuts {} off: `septum build` could not write it",
        quoted(&device.name)
    ));
    Ok(Outcome::Findings)
}

/// A policy with a mode that contains a device.
struct Attempt {
    text: String,
    workspace: Workspace,
    mode: ModeId,
}

impl Attempt {
    fn new(workspace: &Workspace, containment: &Containment<'_>, name: &str) -> Result<Self, CliError> {
        let text = containment.mode(name, &workspace.sources);
        let text = syntax::format(&text, &syntax::parse(FileId(0), &text)).unwrap_or(text);
        let workspace = workspace.with_file("<contain>", &text);
        if workspace.broken() {
            report::diagnostics(&workspace.diagnostics, &workspace.sources);
            return Err(refused("the mode cannot be read"));
        }
        let mut modes = workspace.policy.modes.iter();
        let mode = modes.position(|mode| mode.name == name);
        let mode = mode
            .map(ModeId::from_index)
            .ok_or_else(|| refused("the mode is lost"))?;
        Ok(Self {
            text,
            workspace,
            mode,
        })
    }

    /// Proves that the mode is the containment. A packet that it leaves as no platform can tell it from others.
    fn proven(&self, containment: &Containment<'_>) -> Result<Option<Packet>, CliError> {
        let policy = &self.workspace.policy;
        let hints = Describer::new(policy).hints().clone();
        let leak = containment
            .leak(policy, self.mode, &hints, Budget::default())
            .map_err(|error| refused(&error.to_string()))?;
        match leak {
            None => Ok(None),
            Some(Leak::Untold(packet)) => Ok(Some(packet)),
            Some(Leak::Passes(packet)) => Err(refused(&format!("{packet} would still pass"))),
            Some(Leak::Cut(packet)) => Err(refused(&format!("{packet} is required and would be cut"))),
            Some(Leak::Others(rule)) => Err(refused(&format!("`{rule}` would cut others"))),
        }
    }
}

fn refused(why: &str) -> CliError {
    CliError::Other(format!("the device cannot be contained by a mode: {why}"))
}

fn find_device<'a>(policy: &'a Policy, name: &str) -> Result<&'a Device, CliError> {
    let no_device = |why: String| CliError::Other(format!("there is no device {}{why}", quoted(name)));
    let Some(device) = policy.devices.iter().find(|device| device.name == name) else {
        let kinds = [
            ("zone", policy.zones.iter().any(|zone| zone.name == name)),
            ("group", policy.groups.iter().any(|group| group.name == name)),
            (
                "firewall or router",
                policy.points.iter().any(|point| point.name == name),
            ),
        ];
        if let Some((kind, _)) = kinds.iter().find(|(_, is)| *is) {
            return Err(no_device(format!("; that is the name of a {kind}")));
        }
        let devices = policy.devices.iter().map(|device| device.name.as_str());
        return Err(no_device(match suggest::nearest(name, devices) {
            Some(near) => format!("; did you mean `{near}`?"),
            None => " in the policy or its inventory".to_owned(),
        }));
    };
    if device.set.is_empty() {
        let message = format!("{} has no address: no rule can be about it", quoted(name));
        return Err(CliError::Other(message));
    }
    Ok(device)
}

/// A name that no mode has.
fn free_name(policy: &Policy, device: &str) -> String {
    let names = std::iter::once(format!("contain-{device}"))
        .chain((2..=policy.modes.len() + 2).map(|number| format!("contain-{device}-{number}")));
    let mut free = names.filter(|name| policy.modes.iter().all(|mode| mode.name != *name));
    free.next().unwrap_or_else(|| format!("contain-{device}"))
}

/// The policy without the mode.
struct Before {
    network: Network,
    /// What it breaks already of what every mode must keep.
    broken: Vec<Diagnostic>,
}

impl Before {
    fn new(workspace: &Workspace, today: jiff::civil::Date) -> Result<Self, CliError> {
        let network = Network::new(&workspace.policy);
        let broken = broken(workspace, &network, today)?;
        Ok(Self { network, broken })
    }

    /// What a mode breaks of what every mode must keep.
    fn broken_promises(
        &self,
        with: &Workspace,
        network: &Network,
        today: jiff::civil::Date,
    ) -> Result<Vec<Diagnostic>, CliError> {
        let mut after = broken(with, network, today)?;
        after.retain(|finding| !self.broken.contains(finding));
        Ok(after)
    }
}

fn broken(
    workspace: &Workspace,
    network: &Network,
    today: jiff::civil::Date,
) -> Result<Vec<Diagnostic>, CliError> {
    let only = OF_MODES.map(str::to_owned);
    Ok(Checks::chosen(workspace, &only, None)?.findings(workspace, network, today))
}

/// Who still reaches the device, since nothing that Septum writes for stands between.
fn neighbours(
    policy: &Policy,
    network: &Network,
    device: &Device,
    today: jiff::civil::Date,
    mode: ModeId,
) -> Vec<String> {
    let name = &device.name;
    let mut firewalls = policy.host_firewalls();
    if let Some(firewall) = firewalls.find(|firewall| firewall.device.name == *name) {
        return vec![format!(
            "`manage` and `run` of `{}` still reach `{name}`",
            firewall.point.name
        )];
    }
    let hosts = Hosts::new(policy);
    let view = View::new(policy, network, &hosts, today, Some(mode));
    let isolated = policy.zone(device.zone).filter(|zone| zone.isolate.is_some());
    let isolated = isolated.map(|zone| {
        format!(
            "`{}` says `isolate`, and no managed device makes it so: shut the switch port of `{name}` if the access network does not",
            zone.name
        )
    });
    let zones = policy.zones.iter().enumerate();
    let open = zones.filter(|(index, _)| view.is_open(ZoneId::from_index(*index), device.zone));
    let open = open.map(|(_, zone)| {
        format!(
            "no managed device stands between `{name}` and `{}`: shut its switch port to cut that too",
            zone.name
        )
    });
    isolated.into_iter().chain(open).collect()
}
