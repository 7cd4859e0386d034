//! Both sides of a rule lie in one zone, whose traffic no enforcement point sees: the rule is written nowhere.
//!
//! # Why it matters
//! A deny that is written nowhere protects nobody, and the reviewer who reads it believes it does.
//!
//! # Example
//! ```text
//! deny ward-pc-1 -> pump-1        # both in zone `ward`
//! ```
//!
//! # Fix
//! Split the zone, or protect the device with a host firewall (`protects`).
//!
//! # Supports
//! IEC 62443-3-3 SR 5.1; NIST SP 800-53 SC-7(21).

use std::collections::BTreeSet;

use super::{Check, Context, Finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Placement, ZoneId};

/// The check.
pub const CHECK: Check = Check {
    name: "unenforceable-rule",
    severity: Severity::Warning,
    enabled: true,
    summary: "a rule stays inside one zone, where nothing sees its packets",
    explain: include_str!("unenforceable_rule.rs"),
    options: &[],
    run,
};

fn run(context: &Context<'_>) -> Vec<Finding> {
    let policy = context.policy;
    let guarded: BTreeSet<ZoneId> = policy
        .points
        .iter()
        .filter_map(|point| match point.placement {
            Placement::On(device) => policy.devices.get(device.index()).map(|device| device.zone),
            Placement::Between(_) => None,
        })
        .collect();
    policy
        .active_rules(context.today, None)
        .filter_map(|rule| {
            let (from, to) = (
                context.zones_of(&rule.source),
                context.zones_of(&rule.destination),
            );
            let [zone] = from.as_slice() else { return None };
            if to != from || guarded.contains(zone) {
                return None;
            }
            let message = format!(
                "the rule stays inside zone `{}`, where no firewall sees it",
                policy.zone_name(*zone)
            );
            let diagnostic = Diagnostic::warning(CHECK.name, rule.span, message)
                .help("split the zone, or protect the device with a host firewall (`protects`)");
            Some(Finding::of_rule(diagnostic, rule).about([policy.zone_name(*zone)]))
        })
        .collect()
}
