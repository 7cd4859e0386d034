//! Two firewalls that keep state each for itself stand side by side.
//!
//! # Why it matters
//! A rule is written on both, as either may carry a flow. But a firewall with state lets a reply pass only where it has
//! seen what opened the flow: one that comes back by the other is dropped. Such a network works until routing shares its
//! load, or one of the two fails.
//!
//! # Example
//! ```text
//! firewall a { target nftables; interface eth0 = wards; interface eth1 = transit }
//! firewall b { target nftables; interface eth0 = wards; interface eth1 = transit }
//! ```
//!
//! # Fix
//! Write a cluster that has one configuration, as two FortiGates under FGCP, as one `firewall`. Otherwise let the two share
//! their sessions (`conntrackd`, FGSP), or see to it that routing leads both ways by the same one, and waive the finding.
//!
//! # Supports
//! NIST SP 800-53 CP-10, SC-5; IEC 80001-1.

use std::collections::{BTreeMap, BTreeSet};

use super::{Check, Context, Finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Placement, Point, PointId, ZoneId};
use crate::network;

/// The check.
pub const CHECK: Check = Check {
    name: "asymmetric-return",
    severity: Severity::Warning,
    enabled: true,
    summary: "replies may come back by a firewall that has not seen their flow",
    explain: include_str!("asymmetric_return.rs"),
    options: &[],
    run,
};

/// How many firewalls a message names.
const NAMED: usize = 4;

fn run(context: &Context<'_>) -> Vec<Finding> {
    let pairs = side_by_side(context);
    let ends: BTreeSet<ZoneId> = pairs.keys().map(|(zone, _)| *zone).collect();
    let partners = partners(context, &ends);
    let points: BTreeSet<PointId> = pairs.values().flatten().copied().collect();
    let placed = points.into_iter().filter_map(|id| {
        let placement = network::Placement::new(context.network, context.policy, id)?;
        Some((id, placement))
    });
    let placed: BTreeMap<PointId, network::Placement<'_>> = placed.collect();
    // Whether two of them stand on a way between two zones.
    let both_carry = |points: &[PointId], zone: ZoneId, partner: ZoneId| {
        let placements = points.iter().filter_map(|id| placed.get(id));
        let mut carriers = placements.filter(|placement| placement.crosses(zone, partner));
        zone != partner && carriers.nth(1).is_some()
    };
    let mut told: BTreeSet<&[PointId]> = BTreeSet::new();
    let mut findings = Vec::new();
    for ((zone, other), points) in &pairs {
        let mut partners = partners.get(zone).into_iter().flatten();
        if !told.contains(points.as_slice()) && partners.any(|partner| both_carry(points, *zone, *partner)) {
            told.insert(points);
            findings.extend(finding(context, points, *zone, *other));
        }
    }
    findings
}

/// Of two zones the firewalls with state that join them, where these are two or more.
fn side_by_side(context: &Context<'_>) -> BTreeMap<(ZoneId, ZoneId), Vec<PointId>> {
    let policy = context.policy;
    let with_state = |point: &Point| {
        let between = matches!(point.placement, Placement::Between(_));
        between && point.platform.is_some() && !context.is_stateless(point)
    };
    let points = (0..).map(PointId::from_index).zip(&policy.points);
    let points = points.filter(|(_, point)| with_state(point));
    let zones_of = |point: &Point| -> BTreeSet<ZoneId> {
        let interfaces = point.interfaces().iter();
        interfaces.map(|interface| interface.zone).collect()
    };
    let joined: Vec<(PointId, BTreeSet<ZoneId>)> = points.map(|(id, point)| (id, zones_of(point))).collect();
    let mut count: BTreeMap<ZoneId, usize> = BTreeMap::new();
    for zone in joined.iter().flat_map(|(_, zones)| zones) {
        *count.entry(*zone).or_default() += 1;
    }
    let mut pairs: BTreeMap<(ZoneId, ZoneId), Vec<PointId>> = BTreeMap::new();
    for (id, zones) in &joined {
        let shared = zones
            .iter()
            .filter(|zone| count.get(zone).is_some_and(|count| *count > 1));
        let shared: Vec<ZoneId> = shared.copied().collect();
        for zone in &shared {
            for other in shared.iter().filter(|other| *other != zone) {
                pairs.entry((*zone, *other)).or_default().push(*id);
            }
        }
    }
    pairs.retain(|_, points| points.len() > 1);
    pairs
}

/// Of some zones those that an allow opens flows to, or from.
fn partners(context: &Context<'_>, ends: &BTreeSet<ZoneId>) -> BTreeMap<ZoneId, BTreeSet<ZoneId>> {
    let mut partners: BTreeMap<ZoneId, BTreeSet<ZoneId>> = BTreeMap::new();
    if ends.is_empty() {
        return partners;
    }
    for rule in context.allows() {
        let sides = [&rule.source, &rule.destination].map(|side| context.zones_of(side));
        let [from, to] = &sides;
        for (here, there) in [(from, to), (to, from)] {
            for zone in here.iter().filter(|zone| ends.contains(zone)) {
                partners.entry(*zone).or_default().extend(there);
            }
        }
    }
    partners
}

fn finding(context: &Context<'_>, points: &[PointId], zone: ZoneId, other: ZoneId) -> Option<Finding> {
    let policy = context.policy;
    let points = points.iter().filter_map(|id| policy.points.get(id.index()));
    let points: Vec<&Point> = points.collect();
    let (first, last) = (points.first()?, points.last()?);
    let named = points.iter().take(NAMED);
    let mut names: Vec<String> = named.map(|point| format!("`{}`", point.name)).collect();
    if points.len() > NAMED {
        names.push(format!("{} more", points.len() - NAMED));
    }
    let message = format!(
        "{} stand side by side between `{}` and `{}`: a reply that comes back by another one than its flow is dropped",
        names.join(", "),
        policy.zone_name(zone),
        policy.zone_name(other),
    );
    let diagnostic = Diagnostic::warning(CHECK.name, last.span, message)
        .with(first.span, "beside this one")
        .help(
            "write a cluster of one configuration as one `firewall`; otherwise share sessions or route both ways by one",
        );
    Some(Finding::new(
        diagnostic,
        points.iter().map(|point| point.name.as_str()),
    ))
}
