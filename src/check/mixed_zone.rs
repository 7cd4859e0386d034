//! Medical devices share a zone with workstations, guests or building systems.
//!
//! # Why it matters
//! Inside a zone nothing filters. A workstation that opens a wrong attachment is then a neighbour of the infusion
//! pumps, whatever the rules say.
//!
//! # Example
//! A zone `ward` that holds pumps and ward computers.
//!
//! # Fix
//! Give the medical devices a zone (and a VLAN) of their own, or protect each with a host firewall.
//!
//! # Supports
//! IEC 62443-3-2 ZCR 3.2; NIST SP 800-53 SC-7(21), SC-32; FDA premarket cybersecurity guidance, network segmentation.

use super::{Check, Context, Finding, Role};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Device, DeviceId, Zone};

/// The check.
pub const CHECK: Check = Check {
    name: "mixed-zone",
    severity: Severity::Warning,
    enabled: true,
    summary: "medical devices share a zone with workstations, guests or building systems",
    explain: include_str!("mixed_zone.rs"),
    options: &[],
    run,
};

const FOREIGN: [Role; 3] = [Role::User, Role::Guest, Role::Building];

#[derive(Clone, Default)]
struct Members {
    medical: Vec<DeviceId>,
    foreign: Vec<DeviceId>,
}

fn run(context: &Context<'_>) -> Vec<Finding> {
    let mut members = vec![Members::default(); context.policy.zones.len()];
    for (index, device) in context.policy.devices.iter().enumerate() {
        let (Some(zone), Some(members)) = (
            context.policy.zone(device.zone),
            members.get_mut(device.zone.index()),
        ) else {
            continue;
        };
        let id = DeviceId::from_index(index);
        match medical(context, device, zone) {
            Some(true) => members.medical.push(id),
            Some(false) => members.foreign.push(id),
            None => {}
        }
    }
    let zones = context.policy.zones.iter().zip(&members);
    zones
        .filter_map(|(zone, members)| of_zone(context, zone, members))
        .collect()
}

/// Whether a device is medical, or of those that should not be near one. Its own labels say more than its zone's.
fn medical(context: &Context<'_>, device: &Device, zone: &Zone) -> Option<bool> {
    let of_zone = |label: &str| zone.labels.contains(label);
    let of_its_own = |label: &str| device.labels.contains(label) && !of_zone(label);
    let sources: [&dyn Fn(&str) -> bool; 2] = [&of_its_own, &of_zone];
    sources.into_iter().find_map(|holds| {
        let plays = |role| context.settings.labels(role).any(holds);
        match (plays(Role::Medical), FOREIGN.into_iter().any(plays)) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        }
    })
}

fn of_zone(context: &Context<'_>, zone: &Zone, members: &Members) -> Option<Finding> {
    let said = context.settings.plays(Role::Medical, &zone.labels)
        && FOREIGN
            .iter()
            .any(|role| context.settings.plays(*role, &zone.labels));
    let found = !members.medical.is_empty() && !members.foreign.is_empty();
    if !said && !found {
        return None;
    }
    let message = format!("zone `{}` mixes medical devices with others", zone.name);
    let mut diagnostic = Diagnostic::warning(CHECK.name, zone.span, message);
    for (title, devices) in [("medical", &members.medical), ("others", &members.foreign)] {
        if let Some(list) = context.device_list(devices) {
            diagnostic = diagnostic.note(title, list);
        }
    }
    let diagnostic =
        diagnostic.help("give the medical devices a zone of their own: nothing filters inside one");
    Some(Finding::new(diagnostic, [zone.name.as_str()]))
}
