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

use super::restricted::RulesOfZones;
use super::{Check, Context, Finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Point, ZoneId};
use crate::network::Unenforced;
use crate::packet::FlowSet;

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

/// Zones of a group of which each pair is a finding of its own. In larger groups each zone is one.
const PAIRED: usize = 8;
/// Devices that a finding points at.
const SHOWN: usize = 4;

fn run(context: &Context<'_>) -> Vec<Finding> {
    let groups = context.network.unenforced(context.policy);
    if groups.is_empty() {
        return Vec::new();
    }
    let rules = RulesOfZones::new(context);
    let in_group = |group: &Unenforced| -> Vec<Finding> {
        (0..group.zones.len())
            .flat_map(|place| of_zone(context, &rules, group, place))
            .collect()
    };
    groups.iter().flat_map(in_group).collect()
}

/// Two zones between which something passes that the policy does not permit.
struct Restricted {
    from: ZoneId,
    to: ZoneId,
    flow: FlowSet,
    /// True where that is so in both directions.
    both_ways: bool,
}

/// The findings about a zone of a group and those after it.
fn of_zone(
    context: &Context<'_>,
    rules: &RulesOfZones<'_>,
    group: &Unenforced,
    place: usize,
) -> Vec<Finding> {
    let Some((zone, others)) = group.zones.get(place..).and_then(<[ZoneId]>::split_first) else {
        return Vec::new();
    };
    let pairs: Vec<Restricted> = others
        .iter()
        .filter_map(|other| between(context, rules, *zone, *other))
        .collect();
    match pairs.split_first() {
        Some((first, more)) if group.zones.len() > PAIRED => {
            finding(context, group, *zone, first, more.len())
                .into_iter()
                .collect()
        }
        _ => pairs
            .iter()
            .filter_map(|pair| finding(context, group, *zone, pair, 0))
            .collect(),
    }
}

fn between(
    context: &Context<'_>,
    rules: &RulesOfZones<'_>,
    one: ZoneId,
    other: ZoneId,
) -> Option<Restricted> {
    let directions = [(one, other), (other, one)].into_iter();
    let directions: Vec<(ZoneId, ZoneId, FlowSet)> = directions
        .filter_map(|(a, b)| Some((a, b, rules.restricted(a, b)?)))
        .collect();
    let both_ways = directions.len() == 2;
    // Of both directions the one from less trust is shown.
    let trust = |id: &ZoneId| context.policy.zone(*id).and_then(|zone| context.trust(zone));
    let least = directions.into_iter().min_by_key(|(from, ..)| trust(from));
    least.map(|(from, to, flow)| Restricted {
        from,
        to,
        flow,
        both_ways,
    })
}

fn finding(
    context: &Context<'_>,
    group: &Unenforced,
    about: ZoneId,
    pair: &Restricted,
    more: usize,
) -> Option<Finding> {
    let policy = context.policy;
    let (zone, second) = (policy.zone(pair.from)?, policy.zone(pair.to)?);
    let through: Vec<&Point> = group
        .through
        .iter()
        .filter_map(|id| policy.points.get(id.index()))
        .collect();
    let sides = match (pair.both_ways, more) {
        (_, 1..) => format!(
            "between `{}` and {} other zones",
            policy.zone_name(about),
            more + 1
        ),
        (false, 0) => format!("from `{}` to `{}`", zone.name, second.name),
        (true, 0) => format!("between `{}` and `{}`", zone.name, second.name),
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
            let rest = rest.iter().take(SHOWN - 1);
            rest.fold(finding.with(second.span, "the other side"), |finding, point| {
                finding.with(point.span, "forwards everything")
            })
        }
        None => Diagnostic::error(CHECK.name, zone.span, message).with(second.span, "the other zone"),
    };
    if let Some(packet) = context.packet_of(std::slice::from_ref(&pair.flow)) {
        finding = finding.note("not permitted", format!("{packet}, and it passes"));
    }
    let finding = finding.help(match through.is_empty() {
        true => "give each zone an interface of its own on a managed device, or permit all between them",
        false => "put a managed device on the path, or permit all between the two zones",
    });
    let zones: Vec<&str> = match more {
        0 => [pair.from.min(pair.to), pair.from.max(pair.to)]
            .iter()
            .map(|id| policy.zone_name(*id))
            .collect(),
        _ => vec![policy.zone_name(about)],
    };
    let names = through.iter().map(|point| point.name.as_str());
    Some(Finding::new(finding, zones).about(names))
}
