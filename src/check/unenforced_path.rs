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
use crate::model::{Point, ZoneId};
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
    let mut findings = Vec::new();
    for (index, from) in group.zones.iter().enumerate() {
        for to in group.zones.iter().skip(index + 1) {
            findings.extend(between(context, group, *from, *to));
        }
    }
    findings
}

fn between(context: &Context<'_>, group: &Unenforced, one: ZoneId, other: ZoneId) -> Option<Finding> {
    let policy = context.policy;
    let directions: Vec<(ZoneId, ZoneId, FlowSet)> = [(one, other), (other, one)]
        .into_iter()
        .filter_map(|(a, b)| Some((a, b, restricted(context, a, b)?)))
        .collect();
    // Of both directions the one from less trust is shown.
    let trust = |id: &ZoneId| policy.zone(*id).and_then(|zone| context.trust(zone));
    let (a, b, flow) = directions.iter().min_by_key(|(from, ..)| trust(from))?;
    let (zone, second) = (policy.zone(*a)?, policy.zone(*b)?);
    let through: Vec<&Point> = group
        .through
        .iter()
        .filter_map(|id| policy.points.get(id.index()))
        .collect();
    let sides = match directions.len() {
        1 => format!("from `{}` to `{}`", zone.name, second.name),
        _ => format!("between `{}` and `{}`", zone.name, second.name),
    };
    let why = match through.as_slice() {
        [] => "they share a segment".to_owned(),
        [point] => format!("`{}` forwards everything", point.name),
        _ => "unmanaged devices forward everything".to_owned(),
    };
    let message = format!("nothing enforces the policy {sides}: {why}");
    let mut finding = match through.split_first() {
        Some((first, rest)) => {
            let finding = Diagnostic::error(CHECK.name, first.span, message).with(zone.span, "one side");
            let rest = rest.iter();
            rest.fold(finding.with(second.span, "the other side"), |finding, point| {
                finding.with(point.span, "forwards everything")
            })
        }
        None => Diagnostic::error(CHECK.name, zone.span, message).with(second.span, "the other zone"),
    };
    if let Some(packet) = context.packet_of(std::slice::from_ref(flow)) {
        finding = finding.note("not permitted", format!("{packet}, and it passes"));
    }
    let finding = finding.help(match through.is_empty() {
        true => "give each zone an interface of its own on a managed device, or permit all between them",
        false => "put a managed device on the path, or permit all between the two zones",
    });
    let names = through.iter().map(|point| point.name.as_str());
    Some(Finding::new(finding, [policy.zone_name(one), policy.zone_name(other)]).about(names))
}

/// Packets from one zone to another that the policy does not permit; none where it permits all.
pub(super) fn restricted(context: &Context<'_>, from: ZoneId, to: ZoneId) -> Option<FlowSet> {
    let (from, to) = (context.policy.zone(from)?, context.policy.zone(to)?);
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
            .filter(|flow| flow.overlaps(&everything))
            .collect()
    };
    if let Some(deny) = flows(Action::Deny).first() {
        return Some(FlowSet {
            source: Arc::new(deny.source.intersection(&everything.source)),
            destination: Arc::new(deny.destination.intersection(&everything.destination)),
            service: Arc::clone(&deny.service),
        });
    }
    let left = subtract_all(&everything, &flows(Action::Allow)).into_iter();
    left.filter(|flow| !flow.is_empty())
        .max_by_key(|flow| flow.destination.v4.count())
}
