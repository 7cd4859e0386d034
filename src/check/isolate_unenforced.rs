//! A zone says `isolate`, but nothing that Septum writes for sees the traffic inside it.
//!
//! # Why it matters
//! A router never sees a packet from one member of a segment to another. The policy reads as if pumps could not talk
//! to each other; only the access network, or host firewalls, can make it so.
//!
//! # Fix
//! Protect the devices with host firewalls, or have the access network do it (wireless client isolation, private
//! VLANs) and waive the finding with the test that shows it.
//!
//! # Supports
//! NIST SP 800-53 SC-7(21), CA-2.

use super::{Check, Context, Finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::DeviceId;

/// The check.
pub const CHECK: Check = Check {
    name: "isolate-unenforced",
    severity: Severity::Warning,
    enabled: true,
    summary: "a zone says `isolate`, and nothing sees the traffic inside it",
    explain: include_str!("isolate_unenforced.rs"),
    options: &[],
    run,
};

fn run(context: &Context<'_>) -> Vec<Finding> {
    let guarded = context.guarded();
    let zones = context.policy.zones.iter();
    zones
        .filter_map(|zone| {
            let span = zone.isolate?;
            let members = context.devices_in(&zone.addresses);
            let bare: Vec<DeviceId> = members
                .iter()
                .copied()
                .filter(|id| !guarded.contains(id))
                .collect();
            // A packet between two members is seen where one of them is protected.
            if !members.is_empty() && bare.len() < 2 {
                return None;
            }
            let message = format!("nothing isolates the members of `{}`", zone.name);
            let mut diagnostic = Diagnostic::warning(CHECK.name, span, message);
            if let Some(list) = context.device_list(&bare) {
                diagnostic = diagnostic.note("devices", list);
            }
            let help =
                "protect them with host firewalls, or isolate them on the access network and waive this";
            Some(Finding::new(diagnostic.help(help), [zone.name.as_str()]))
        })
        .collect()
}
