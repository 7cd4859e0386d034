//! What routers let through inside a zone though no rule permits it: there a deny decides.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::{Placement, Policy, Zone, ZoneId};
use crate::network::Network;
use crate::packet::{AddressSet, FlowSet, ServiceSet};

/// What routers let through inside zones in both of two policies, less what denies name. Only in zones that hold both
/// sides of some of the changed flows.
pub(super) fn carried(
    old: (&Policy, &Network),
    new: (&Policy, &Network),
    changed: &[&FlowSet],
) -> Vec<FlowSet> {
    let zones = |side: fn(&FlowSet) -> &AddressSet| -> BTreeSet<ZoneId> {
        let all = AddressSet::union_of(changed.iter().map(|flow| side(flow)));
        let parts = new.0.zone_map.split(&all).into_iter();
        parts.map(|(zone, _)| zone).collect()
    };
    let (from, to) = (zones(|flow| &flow.source), zones(|flow| &flow.destination));
    let guarded = [guarded(old.0), guarded(new.0)];
    let guarded = AddressSet::union_of(&guarded);
    let mut flows = Vec::new();
    for id in from.intersection(&to) {
        let Some(zone) = new.0.zone(*id) else {
            continue;
        };
        let Some(before) = old.0.zones.iter().position(|other| other.name == zone.name) else {
            continue;
        };
        let before = inside(old, ZoneId::from_index(before));
        for (source, destination) in inside(new, *id) {
            for (source_before, destination_before) in &before {
                let both = |a: &AddressSet, b| Arc::new(a.intersection(b).difference(&guarded));
                let flow = FlowSet {
                    source: both(&source, source_before),
                    destination: both(&destination, destination_before),
                    service: Arc::new(ServiceSet::full()),
                };
                if !flow.is_empty() && !flows.contains(&flow) {
                    flows.push(flow);
                }
            }
        }
    }
    flows
}

fn inside((policy, network): (&Policy, &Network), id: ZoneId) -> Vec<(AddressSet, AddressSet)> {
    let zone = policy.zone(id).filter(|zone| zone.isolate.is_none());
    let carried = |zone: &Zone| -> Vec<(AddressSet, AddressSet)> {
        let sides = network.sides_inside(policy, id).into_iter();
        sides.flat_map(|(_, side)| side.carried_inside(zone)).collect()
    };
    zone.map(carried).unwrap_or_default()
}

/// The addresses of devices with host firewalls: these let through what rules permit and no more.
fn guarded(policy: &Policy) -> AddressSet {
    let devices = policy.points.iter().filter_map(|point| match point.placement {
        Placement::On(device) => policy.devices.get(device.index()),
        Placement::Between(_) => None,
    });
    AddressSet::union_of(devices.map(|device| &*device.set))
}
