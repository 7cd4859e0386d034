//! Two zones are joined by a path without any managed device, though the policy does not permit everything between
//! them. Nothing enforces the policy there.
//!
//! # Why it matters
//! The policy reads as if the zones were apart. An unmanaged router round the firewall, or two zones on one segment,
//! make it a wish.
//!
//! # Example
//! ```text
//! router old-l3 { unmanaged; interface e0 = guest; interface e1 = wards }
//! ```
//!
//! # Fix
//! Put a managed device on the path, or permit all between the two zones and say in the policy that they are one.
//!
//! # Supports
//! IEC 62443-3-2 ZCR 3; NIST SP 800-53 SC-7; HIPAA 45 CFR 164.312(a)(1).

use std::sync::Arc;

use super::{Check, Context, Finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::ZoneId;
use crate::network::Unenforced;
use crate::packet::{FlowSet, ServiceSet};
use crate::plan::subtract_all;
use crate::syntax::tree::Action;

/// The check.
pub const CHECK: Check = Check {
    name: "unenforced-path",
    severity: Severity::Error,
    enabled: true,
    summary: "two zones are joined without any managed device between them, though the policy restricts them",
    explain: include_str!("unenforced_path.rs"),
    options: &[],
    run,
};

fn run(context: &Context<'_>) -> Vec<Finding> {
    let groups = context.network.unenforced(context.policy);
    groups.iter().flat_map(|group| in_group(context, group)).collect()
}

fn in_group(context: &Context<'_>, group: &Unenforced) -> Vec<Finding> {
    let policy = context.policy;
    let mut findings = Vec::new();
    for (index, from) in group.zones.iter().enumerate() {
        for to in group.zones.iter().skip(index + 1) {
            let directions: Vec<(ZoneId, ZoneId)> = [(*from, *to), (*to, *from)]
                .into_iter()
                .filter(|(a, b)| !all_permitted(context, *a, *b))
                .collect();
            let (Some((a, b)), Some(zone)) = (directions.first().copied(), policy.zone(*from)) else {
                continue;
            };
            let message = match directions.len() {
                1 => format!(
                    "nothing enforces the policy from `{}` to `{}`",
                    policy.zone_name(a),
                    policy.zone_name(b)
                ),
                _ => format!(
                    "nothing enforces the policy between `{}` and `{}`",
                    policy.zone_name(a),
                    policy.zone_name(b)
                ),
            };
            let mut finding = Diagnostic::error(CHECK.name, zone.span, message);
            if let Some(other) = policy.zone(*to) {
                finding = finding.with(other.span, "the other zone");
            }
            for point in group
                .through
                .iter()
                .filter_map(|id| policy.points.get(id.index()))
            {
                finding = finding.with(point.span, "forwards everything");
            }
            let finding = finding.help(match group.through.is_empty() {
                true => "the zones share a segment: attach them to a managed device separately, or permit all between them",
                false => "put a managed device on the path, or permit all between the two zones",
            });
            let through = group
                .through
                .iter()
                .filter_map(|id| policy.points.get(id.index()));
            findings.push(
                Finding::new(finding, [policy.zone_name(*from), policy.zone_name(*to)])
                    .about(through.map(|point| point.name.as_str())),
            );
        }
    }
    findings
}

/// True where the policy permits every packet from one zone to another.
fn all_permitted(context: &Context<'_>, from: ZoneId, to: ZoneId) -> bool {
    let (Some(from), Some(to)) = (context.policy.zone(from), context.policy.zone(to)) else {
        return true;
    };
    let everything = FlowSet {
        source: Arc::clone(&from.addresses),
        destination: Arc::clone(&to.addresses),
        service: Arc::new(ServiceSet::full()),
    };
    let flows = |action: Action| -> Vec<FlowSet> {
        let rules = context.policy.active_rules(context.today, None);
        rules
            .filter(|rule| rule.action == action)
            .map(|rule| rule.flow())
            .collect()
    };
    !flows(Action::Deny).iter().any(|deny| deny.overlaps(&everything))
        && subtract_all(&everything, &flows(Action::Allow)).is_empty()
}
