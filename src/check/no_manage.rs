//! A device filters what it receives itself, and nobody may manage it.
//!
//! # Why it matters
//! Access lists of a router see the packets to the router as well, and nftables filters them once a device has a `run`
//! or is a host firewall. Without `manage` the configuration drops SSH, SNMP and whatever else its administrators
//! use; only a console is left.
//!
//! # Example
//! ```text
//! router wing-a { target cisco-ios; run ospf; interface Vlan20 = wards; interface Vlan30 = servers }
//! ```
//!
//! # Fix
//! Say who manages it: `manage from admin : ssh, snmp`. Where it is managed by a port that is not part of the policy,
//! waive the finding.
//!
//! # Supports
//! NIST SP 800-53 CP-2, AC-17; IEC 62443-3-3 SR 7.4.

use super::{Check, Context, Finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Placement, Point};

/// The check.
pub const CHECK: Check = Check {
    name: "no-manage",
    severity: Severity::Warning,
    enabled: true,
    summary: "a device filters what it receives itself, and nobody may manage it",
    explain: include_str!("no_manage.rs"),
    options: &[],
    run,
};

fn run(context: &Context<'_>) -> Vec<Finding> {
    let points = context.policy.points.iter();
    points
        .filter(|point| point.manage.is_empty() && context.filters_itself(point))
        .filter(|point| !reached_by_rule(context, point))
        .map(|point| finding(context, point))
        .collect()
}

fn finding(context: &Context<'_>, point: &Point) -> Finding {
    let message = format!(
        "nobody can manage `{}`: it drops what is sent to itself",
        point.name
    );
    let example = match context
        .policy
        .zones
        .iter()
        .find(|zone| zone.labels.contains("admin"))
    {
        Some(zone) => zone.name.as_str(),
        None => "ADMIN",
    };
    let help = format!("say who manages it: `manage from {example} : ssh`");
    Finding::new(
        Diagnostic::warning(CHECK.name, point.span, message).help(help),
        [point.name.as_str()],
    )
}

/// True where some rule lets somebody reach the device itself. On a router with state rules are about packets that it
/// forwards.
fn reached_by_rule(context: &Context<'_>, point: &Point) -> bool {
    let own = context.policy.own_addresses(point);
    let counts = match point.placement {
        Placement::Between(_) => context.is_stateless(point),
        Placement::On(_) => true,
    };
    counts
        && context
            .allows()
            .any(|rule| rule.destination.addresses.overlaps(&own))
}
