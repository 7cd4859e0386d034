//! Traffic that a router sees though it comes back on the side it came from.

use std::collections::BTreeSet;

use super::graph::{Network, NetworkSide, Vertex};
use crate::model::{Point, PointId, Policy, Zone, ZoneId};
use crate::packet::AddressSet;

impl Network {
    /// True where what comes in by a side of a point may leave by it again: several interfaces lead to the zone, or the
    /// zone has several networks of one family, between which hosts go by a router.
    pub fn returns(&self, policy: &Policy, side: &NetworkSide) -> bool {
        let zones = self.zones_at(side.vertex).iter();
        let zones = zones.filter_map(|zone| policy.zone(*zone));
        let prefixes = zones.flat_map(|zone| &zone.subnets);
        let (mut v4, mut v6) = (0, 0);
        for (prefix, _) in prefixes {
            *if prefix.addr().is_ipv6() { &mut v6 } else { &mut v4 } += 1;
        }
        let external = policy.zone(side.zone).is_none_or(|zone| zone.external);
        !external && (side.interfaces.len() > 1 || v4 > 1 || v6 > 1)
    }

    /// The managed points that see some of the traffic inside a zone.
    pub fn routers_inside<'p>(&self, policy: &'p Policy, zone: ZoneId) -> Vec<&'p Point> {
        let mut points: Vec<&Point> = self
            .sides_inside(policy, zone)
            .into_iter()
            .map(|(point, _)| point)
            .collect();
        points.dedup_by(|one, other| std::ptr::eq(*one, *other));
        points
    }

    /// The sides of managed points at which traffic inside a zone comes back, in the order of the points.
    pub fn sides_inside<'p>(&self, policy: &'p Policy, zone: ZoneId) -> Vec<(&'p Point, NetworkSide)> {
        let around = self.vertices_of.get(zone.index()).into_iter().flatten();
        let neighbours = around.flat_map(|vertex| self.neighbours(*vertex));
        let points: BTreeSet<PointId> = neighbours
            .filter_map(|vertex| match self.vertex(*vertex)? {
                Vertex::Point(point) => Some(point),
                Vertex::Segment(_) => None,
            })
            .collect();
        let points = points
            .into_iter()
            .filter_map(|id| Some((id, policy.points.get(id.index())?)));
        let managed = points.filter(|(_, point)| point.platform.is_some());
        managed
            .flat_map(|(id, point)| self.sides(policy, id).into_iter().map(move |side| (point, side)))
            .filter(|(_, side)| self.zones_at(side.vertex).contains(&zone) && self.returns(policy, side))
            .collect()
    }
}

impl NetworkSide {
    /// What comes back at this side of the traffic inside a zone there: from where to where. By one interface that is
    /// what goes from one network to another.
    pub fn carried_inside(&self, zone: &Zone) -> Vec<(AddressSet, AddressSet)> {
        let all = &zone.addresses;
        if self.interfaces.len() > 1 {
            return vec![(AddressSet::clone(all), AddressSet::clone(all))];
        }
        let networks = zone
            .subnets
            .iter()
            .map(|(prefix, _)| AddressSet::from_prefixes([prefix]));
        networks
            .map(|network| (all.intersection(&network), all.difference(&network)))
            .collect()
    }
}
