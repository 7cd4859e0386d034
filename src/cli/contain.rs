//! `septum contain`

use std::io::Write as _;
use std::path::PathBuf;

use super::lint::Checks;
use super::workspace::{self, Workspace};
use super::{CliError, Outcome, report};
use crate::diagnostic::quote::quoted;
use crate::diagnostic::{Diagnostic, suggest};
use crate::model::{Describer, Device, ModeId, Policy};
use crate::network::Network;
use crate::packet::Budget;
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
    let containment = Containment::new(&workspace.policy, &workspace.sources, device, today);
    let name = free_name(&workspace.policy, &device.name);
    let text = containment.mode(&name, &workspace.sources);
    let text = syntax::format(&text, &syntax::parse(FileId(0), &text)).unwrap_or(text);

    let with_mode = workspace.with_file("<contain>", &text);
    if with_mode.broken() {
        report::diagnostics(&with_mode.diagnostics, &with_mode.sources);
        return Err(refused("the mode cannot be read"));
    }
    let mode = with_mode.policy.modes.iter().position(|mode| mode.name == name);
    let mode = mode
        .map(ModeId::from_index)
        .ok_or_else(|| refused("the mode is lost"))?;
    let hints = Describer::new(&workspace.policy).hints().clone();
    let leak = containment
        .leak(&with_mode.policy, mode, &hints, Budget::default())
        .map_err(|error| refused(&error.to_string()))?;
    let network = Network::new(&with_mode.policy);
    let broken = broken_promises(&workspace, &with_mode, &network, today)?;
    if !broken.is_empty() {
        report::diagnostics(&broken, &with_mode.sources);
        return Ok(Outcome::Findings);
    }
    match leak {
        None => {}
        Some(Leak::Untold(packet)) => {
            report::status(&format!(
                "not cut, as not every platform can tell it from others: {packet}"
            ));
        }
        Some(Leak::Passes(packet)) => return Err(refused(&format!("{packet} would still pass"))),
        Some(Leak::Cut(packet)) => return Err(refused(&format!("{packet} is required and would be cut"))),
        Some(Leak::Others(rule)) => return Err(refused(&format!("`{rule}` would cut others"))),
    }
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()?;
    for line in neighbours(&with_mode.policy, &network, device, today, mode) {
        report::status(&line);
    }
    Ok(Outcome::Clean)
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

/// What the mode breaks of what every mode must keep.
fn broken_promises(
    without: &Workspace,
    with: &Workspace,
    network: &Network,
    today: jiff::civil::Date,
) -> Result<Vec<Diagnostic>, CliError> {
    let only = OF_MODES.map(str::to_owned);
    let before =
        Checks::chosen(without, &only, None)?.findings(without, &Network::new(&without.policy), today);
    let after = Checks::chosen(with, &only, None)?.findings(with, network, today);
    Ok(after
        .into_iter()
        .filter(|finding| !before.contains(finding))
        .collect())
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
    let zones = policy.zones.iter().enumerate();
    zones
        .filter(|(index, _)| view.is_open(crate::model::ZoneId::from_index(*index), device.zone))
        .map(|(_, zone)| {
            format!(
                "no managed device stands between `{name}` and `{}`: shut its switch port to cut that too",
                zone.name
            )
        })
        .collect()
}
