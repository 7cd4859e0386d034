//! From where a device is managed.

use crate::model::{Placement, Point, PointId, Policy, ZoneId};
use crate::network::{self, Network};

/// Zones from which a device is reached without crossing another managed one, ascending. `open` are for each zone those
/// that it reaches without any enforcement.
pub(super) fn near_zones(policy: &Policy, open: &[Vec<ZoneId>], point: &Point) -> Vec<ZoneId> {
    let own: Vec<ZoneId> = match &point.placement {
        Placement::Between(interfaces) => interfaces.iter().map(|interface| interface.zone).collect(),
        Placement::On(device) => policy
            .devices
            .get(device.index())
            .map(|device| device.zone)
            .into_iter()
            .collect(),
    };
    let beyond = own.iter().filter_map(|zone| open.get(zone.index())).flatten();
    let mut zones: Vec<ZoneId> = own.iter().chain(beyond).copied().collect();
    zones.sort_unstable();
    zones.dedup();
    zones
}

/// Zones whose packets may come in by some interface of a device, ascending. All of them for a host firewall.
pub(super) fn zones_behind(policy: &Policy, network: &Network, id: PointId) -> Vec<ZoneId> {
    let Some(placement) = network::Placement::new(network, policy, id) else {
        return (0..policy.zones.len()).map(ZoneId::from_index).collect();
    };
    let sides = 0..placement.sides.len();
    let mut zones: Vec<ZoneId> = sides.flat_map(|side| placement.behind(side)).collect();
    zones.sort_unstable();
    zones.dedup();
    zones
}
