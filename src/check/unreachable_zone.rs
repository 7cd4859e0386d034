//! No path leads from one side of an `allow` to the other: no device joins the two, so the rule is written nowhere.
//!
//! # Why it matters
//! Somebody expects this traffic to pass. Most often an interface is missing from the description of the network,
//! and then other rules are placed wrongly as well.
//!
//! # Fix
//! Give the firewall or router between the two an interface into both, or remove the rule.
//!
//! # Supports
//! NIST SP 800-53 CM-8, CA-9.

use super::{Check, Context, Finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Rule, ZoneId};
use crate::syntax::tree::Action;

/// The check.
pub const CHECK: Check = Check {
    name: "unreachable-zone",
    severity: Severity::Warning,
    enabled: true,
    summary: "no path at all leads from one side of an `allow` to the other",
    explain: include_str!("unreachable_zone.rs"),
    options: &[],
    run,
};

fn run(context: &Context<'_>) -> Vec<Finding> {
    let parts = context.network.connected_parts();
    let rules = context
        .policy
        .active_rules(context.today, None)
        .filter(|rule| rule.action == Action::Allow);
    rules
        .filter_map(|rule| unreachable(context, rule, &parts))
        .collect()
}

/// Some pair of zones of the rule with no path between them, if no pair has one.
fn unreachable(context: &Context<'_>, rule: &Rule, parts: &[Vec<usize>]) -> Option<Finding> {
    let (from, to) = (
        context.zones_of(&rule.source),
        context.zones_of(&rule.destination),
    );
    let part = |zone: &ZoneId| parts.get(zone.index()).map_or(&[][..], Vec::as_slice);
    let joined = |a: &ZoneId, b: &ZoneId| a == b || part(a).iter().any(|p| part(b).contains(p));
    if from.is_empty() || to.is_empty() || from.iter().any(|a| to.iter().any(|b| joined(a, b))) {
        return None;
    }
    let name = |zones: &[ZoneId]| {
        zones
            .first()
            .map_or("", |zone| context.policy.zone_name(*zone))
            .to_owned()
    };
    let message = format!(
        "no path leads from `{}` to `{}`",
        rule.source.text, rule.destination.text
    );
    let diagnostic = Diagnostic::warning(CHECK.name, rule.span, message).help(format!(
        "give the firewall or router between `{}` and `{}` an interface into both",
        name(&from),
        name(&to)
    ));
    Some(Finding::of_rule(diagnostic, rule))
}
