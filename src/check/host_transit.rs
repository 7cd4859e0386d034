//! A zone where hosts live carries traffic between other zones, so addresses of all these are taken from it.
//!
//! # Why it matters
//! A packet is only permitted where its sender may be behind the interface by which it comes. Two devices that join the
//! same zones, as a redundant pair does, make each of these a way between the others: whoever sits in one of them may
//! then send with an address of another, and rules for that one let it pass.
//!
//! # Example
//! ```text
//! firewall fw-1 { target nftables; interface eth0 = pumps; interface eth1 = servers; interface eth2 = guest }
//! firewall fw-2 { target nftables; interface eth0 = pumps; interface eth1 = servers; interface eth2 = guest }
//! ```
//! takes packets of `servers` from `guest` as well.
//!
//! # Fix
//! Say `stub` in each zone through which nothing is routed. A pair that is one device to its neighbours and to those who
//! configure it, as two FortiGates with one configuration, is one `firewall`.
//!
//! # Supports
//! RFC 2827 (ingress filtering); NIST SP 800-53 SC-7(11); IEC 62443-3-3 SR 5.2.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::{Check, Context, Finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Point, PointId, Zone, ZoneId};
use crate::network::Placement;

/// The check.
pub const CHECK: Check = Check {
    name: "host-transit",
    severity: Severity::Warning,
    enabled: true,
    summary: "a zone of hosts carries traffic between others, so that their addresses are taken from it",
    explain: include_str!("host_transit.rs"),
    options: &[],
    run,
};

fn run(context: &Context<'_>) -> Vec<Finding> {
    // Zones by the devices that they are attached to: a redundant pair is one finding.
    let mut rings: BTreeMap<Vec<PointId>, Vec<ZoneId>> = BTreeMap::new();
    for zone in carriers(context) {
        let mut attached = context.policy.points_in(zone);
        // What forwards everything is the business of `unenforced-path`.
        if attached.all(|(_, point)| point.platform.is_some()) {
            let points = context.policy.points_in(zone).map(|(id, _)| id);
            rings.entry(points.collect()).or_default().push(zone);
        }
    }
    rings
        .iter()
        .filter_map(|(points, zones)| finding(context, points, zones))
        .collect()
}

/// Zones of hosts that lie on a way between two others, ascending.
fn carriers(context: &Context<'_>) -> BTreeSet<ZoneId> {
    let policy = context.policy;
    let mut carriers: BTreeSet<ZoneId> = BTreeSet::new();
    // Devices are many, and most networks have no such way.
    let inhabited: OnceCell<BTreeSet<ZoneId>> = OnceCell::new();
    let inhabited = |id: &ZoneId| {
        let zones = || policy.devices.iter().map(|device| device.zone).collect();
        inhabited.get_or_init(zones).contains(id)
    };
    let managers = managers(context);
    for (index, point) in policy.points.iter().enumerate() {
        if point.platform.is_none() {
            continue;
        }
        let Some(placement) = Placement::new(context.network, policy, PointId::from_index(index)) else {
            continue;
        };
        for sides in placement.meshed() {
            let zones: Vec<ZoneId> = sides
                .iter()
                .filter_map(|side| Some(placement.sides.get(*side)?.zone))
                .collect();
            let most = zones.iter().filter_map(|id| policy.zone(*id)?.trust).max();
            // Where devices are known, those sit who manage, or trust is less than in one that it carries traffic for.
            let houses_hosts = |id: &ZoneId, zone: &Zone| {
                zone.trust.is_some_and(|trust| Some(trust) < most) || inhabited(id) || managers.contains(id)
            };
            carriers.extend(zones.into_iter().filter(|id| {
                let zone = policy.zone(*id).filter(|zone| zone.carries_transit());
                zone.is_some_and(|zone| houses_hosts(id, zone))
            }));
        }
    }
    carriers
}

/// Zones that somebody manages devices from. A set that names more than who manages, as `any` does, tells of none.
fn managers(context: &Context<'_>) -> BTreeSet<ZoneId> {
    let manage = context.policy.points.iter().flat_map(|point| &point.manage);
    let zones = manage.map(|manage| context.zones_of(&manage.from));
    let everybody = context.policy.zones.len();
    let zones = zones.filter(|zones| zones.len() < everybody);
    zones.flatten().collect()
}

fn finding(context: &Context<'_>, points: &[PointId], zones: &[ZoneId]) -> Option<Finding> {
    let policy = context.policy;
    let names: Vec<&str> = zones.iter().map(|id| policy.zone_name(*id)).collect();
    let first = policy.zone(*zones.first()?)?;
    let joining: Vec<&Point> = points
        .iter()
        .filter_map(|id| policy.points.get(id.index()))
        .collect();
    let message = match names.as_slice() {
        [one] => format!("`{one}` carries traffic between other zones: addresses of these are taken from it"),
        [one, rest @ ..] => format!(
            "`{one}` and {} more carry traffic between zones: addresses of these are taken from them",
            rest.len()
        ),
        [] => return None,
    };
    let mut diagnostic = Diagnostic::warning(CHECK.name, first.span, message);
    for point in joining.iter().take(2) {
        diagnostic = diagnostic.with(point.span, format!("joins `{}` to others", first.name));
    }
    if names.len() > 1 {
        diagnostic = diagnostic.note("zones", names.join(", "));
    }
    let diagnostic = diagnostic.help("say `stub` in a zone through which nothing is routed");
    let points = joining.iter().map(|point| point.name.as_str());
    Some(Finding::new(diagnostic, names.clone()).about(points))
}
