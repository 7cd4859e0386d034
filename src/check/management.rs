//! From where a device is managed.

use crate::model::{Placement, Point, Policy, ZoneId};
use crate::network::{self, Network};
use crate::reach::View;

/// Zones from which a device is reached without crossing another managed one.
pub(super) fn near_zones(view: &View<'_>, point: &Point) -> Vec<ZoneId> {
    let policy = view.policy;
    let own: Vec<ZoneId> = match &point.placement {
        Placement::Between(interfaces) => interfaces.iter().map(|interface| interface.zone).collect(),
        Placement::On(device) => policy
            .devices
            .get(device.index())
            .map(|device| device.zone)
            .into_iter()
            .collect(),
    };
    let all = (0..policy.zones.len()).map(ZoneId::from_index);
    all.filter(|zone| own.iter().any(|own| own == zone || view.is_open(*zone, *own)))
        .collect()
}

/// Zones whose packets may come in by some interface of a device, ascending. All of them for a host firewall.
pub(super) fn zones_behind(policy: &Policy, network: &Network, point: &Point) -> Vec<ZoneId> {
    let every = || (0..policy.zones.len()).map(ZoneId::from_index).collect();
    let id = policy.points.iter().position(|other| other.name == point.name);
    let id = id.map(crate::model::PointId::from_index);
    let Some(placement) = id.and_then(|id| network::Placement::new(network, policy, id)) else {
        return every();
    };
    let mut zones: Vec<ZoneId> = (0..placement.sides.len())
        .flat_map(|side| placement.behind(side))
        .collect();
    zones.sort_unstable();
    zones.dedup();
    zones
}
