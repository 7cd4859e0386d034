//! Traffic that a router sees though it comes back on the side it came from.

use std::collections::BTreeSet;

use super::graph::{Network, NetworkSide, Vertex};
use crate::model::{Point, PointId, Policy, ZoneId};

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
        let routes = |id: PointId| {
            let mut sides = self.sides(policy, id).into_iter();
            sides.any(|side| self.zones_at(side.vertex).contains(&zone) && self.returns(policy, &side))
        };
        let around = self.vertices_of.get(zone.index()).into_iter().flatten();
        let neighbours = around.flat_map(|vertex| self.neighbours(*vertex));
        let points: BTreeSet<PointId> = neighbours
            .filter_map(|vertex| match self.vertex(*vertex)? {
                Vertex::Point(point) => Some(point),
                Vertex::Segment(_) => None,
            })
            .filter(|id| routes(*id))
            .collect();
        let points = points.into_iter().filter_map(|id| policy.points.get(id.index()));
        points.filter(|point| point.platform.is_some()).collect()
    }
}
