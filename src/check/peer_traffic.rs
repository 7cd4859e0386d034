//! A zone with medical devices does not `isolate`: they may talk to each other.
//!
//! # Why it matters
//! Pumps of one kind have no business with each other, and share every weakness. One that is taken over takes over
//! the rest without crossing a firewall.
//!
//! # Fix
//! Say `isolate` in the zone, and enforce it: wireless client isolation, private VLANs or host firewalls.
//!
//! # Supports
//! NIST SP 800-207 (zero trust), SP 800-53 SC-7(21).

use super::{Check, Context, Finding, Role};
use crate::diagnostic::{Diagnostic, Severity};

/// The check.
pub const CHECK: Check = Check {
    name: "peer-traffic",
    severity: Severity::Warning,
    enabled: false,
    summary: "a zone of medical devices does not `isolate` its members",
    explain: include_str!("peer_traffic.rs"),
    options: &[],
    run,
};

fn run(context: &Context<'_>) -> Vec<Finding> {
    let medical = context.role(Role::Medical);
    let zones = context.policy.zones.iter();
    zones
        .filter(|zone| zone.isolate.is_none())
        .filter_map(|zone| {
            let devices = context.devices_in(&zone.addresses.intersection(&medical));
            // A zone that says that it is medical will have devices, also where none is known yet.
            let expected = context.settings.plays(Role::Medical, &zone.labels) && devices.is_empty();
            if devices.len() < 2 && !expected {
                return None;
            }
            let message = format!("medical devices in `{}` may talk to each other", zone.name);
            let mut diagnostic = Diagnostic::warning(CHECK.name, zone.span, message);
            if let Some(list) = context.device_list(&devices) {
                diagnostic = diagnostic.note("devices", list);
            }
            let diagnostic =
                diagnostic.help("say `isolate` in the zone, and enforce it on the access network");
            Some(Finding::new(diagnostic, [zone.name.as_str()]))
        })
        .collect()
}
