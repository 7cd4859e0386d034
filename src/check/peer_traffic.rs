//! A zone of medical devices does not `isolate`: its members may talk to each other.
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
    let zones = context.policy.zones.iter();
    zones
        .filter(|zone| zone.isolate.is_none() && context.settings.plays(Role::Medical, &zone.labels))
        .filter_map(|zone| {
            let devices = context.devices_in(&zone.addresses);
            if devices.len() == 1 {
                return None;
            }
            let message = format!("members of `{}` may talk to each other", zone.name);
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
