//! Packets that stay inside a segment, that of one zone or of two, and the routers that see them there.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{Enforcer, TracedHop, Tracer};
use crate::model::{Point, Zone, ZoneId};
use crate::network::NetworkSide;
use crate::packet::{Family, Packet};
use crate::plan::Role;

/// The zones of both ends of a packet.
type Zones<'z> = [&'z Zone; 2];

/// A router that a packet inside a segment may cross, and what it does with the packet then.
#[derive(Clone, Debug)]
pub struct Inside {
    /// What the router does.
    pub hop: TracedHop,
    /// Why it is not known whether the packet crosses it; none where it does.
    pub unknown: Option<Unknown>,
}

/// Why it is not known whether a packet crosses a router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// Both ends are of one network, and several interfaces of the router may lead there: these.
    Interfaces(Vec<String>),
    /// This unmanaged device joins the segment as well, and may carry the packet in place of the router.
    Unmanaged(String),
}

/// A side of a router at which a packet inside a segment comes back.
struct Seen<'p> {
    point: &'p Point,
    side: NetworkSide,
    unknown: Option<Unknown>,
}

impl Tracer<'_> {
    /// What a router does with a packet between two zones of one segment, or inside one: one that surely sees it first,
    /// and the other managed routers that may see it. None where none does.
    pub(super) fn inside(&self, packet: &Packet, from: ZoneId, to: ZoneId) -> Option<(Inside, Vec<String>)> {
        let zones = [self.policy.zone(from)?, self.policy.zone(to)?];
        let sides = self.network.sides_inside(self.policy, from).into_iter();
        let shared = sides.filter(|(_, side)| self.network.zones_at(side.vertex).contains(&to));
        let mut seen: Vec<Seen<'_>> = shared
            .filter_map(|(point, side)| self.seen(packet, zones, point, side))
            .collect();
        seen.sort_by_key(|seen| seen.unknown.is_some());
        let first = seen.first()?;
        let hop = self.back(packet, zones, first)?;
        let others = seen.iter().skip(1).map(|seen| seen.point.name.clone());
        let others = others.filter(|name| *name != first.point.name).collect();
        let unknown = first.unknown.clone();
        Some((Inside { hop, unknown }, others))
    }

    /// None where the packet does not come by.
    fn seen<'p>(
        &self,
        packet: &Packet,
        zones: Zones<'_>,
        point: &'p Point,
        side: NetworkSide,
    ) -> Option<Seen<'p>> {
        let unknown = if one_network(zones, packet) {
            let there = interfaces_at(zones, point, &side, packet);
            if there.len() < 2 {
                return None;
            }
            Some(Unknown::Interfaces(there))
        } else {
            let mut points = self.policy.points.iter();
            let other = points.find(|other| {
                let mut interfaces = other.interfaces().iter();
                other.platform.is_none() && interfaces.any(|interface| interface.zone == side.zone)
            });
            other.map(|other| Unknown::Unmanaged(other.name.clone()))
        };
        Some(Seen { point, side, unknown })
    }

    /// What the router does with a packet that comes back.
    fn back(&self, packet: &Packet, zones: Zones<'_>, seen: &Seen<'_>) -> Option<TracedHop> {
        let enforcer: &Enforcer<'_> = self.enforcer(&seen.point.name)?;
        let Role::Router(forwarding) = &enforcer.plan.role else {
            return None;
        };
        let name = self.policy.zone_name(seen.side.zone);
        let side = forwarding.sides.iter().position(|side| side.zone == name)?;
        let interfaces = &forwarding.sides.get(side)?.interfaces;
        let at = |address| {
            let networks: Vec<_> = networks_of(zones, address).collect();
            interfaces.iter().position(|interface| {
                let mut own = interface.addresses.iter();
                own.any(|own| networks.iter().any(|prefix| prefix.contains(own)))
            })
        };
        let entered = at(packet.source).unwrap_or(0);
        let other = (0..interfaces.len()).find(|index| *index != entered);
        let left = match at(packet.destination) {
            Some(left) if left != entered || !one_network(zones, packet) => left,
            _ => other.unwrap_or(entered),
        };
        let [entered, left] = [entered, left].map(|index| Some(interfaces.get(index)?.name.clone()));
        Some(enforcer.forwarded(forwarding, packet, (side, side), (entered?, left?)))
    }
}

/// The networks of the zones that hold an address.
fn networks_of<'z>(zones: Zones<'z>, address: IpAddr) -> impl Iterator<Item = &'z IpNet> {
    let networks = zones.into_iter().flat_map(|zone| &zone.subnets);
    let networks = networks.map(|(prefix, _)| prefix);
    networks.filter(move |prefix| prefix.contains(&address))
}

/// True where both ends of a packet are of one network.
fn one_network(zones: Zones<'_>, packet: &Packet) -> bool {
    networks_of(zones, packet.source).any(|prefix| prefix.contains(&packet.destination))
}

/// The interfaces of a side that may lead into the network of both ends of a packet: those with an address there, and
/// those of which none is known.
fn interfaces_at(zones: Zones<'_>, point: &Point, side: &NetworkSide, packet: &Packet) -> Vec<String> {
    let networks: Vec<_> = networks_of(zones, packet.source).collect();
    let interfaces = side
        .interfaces
        .iter()
        .filter_map(|index| point.interfaces().get(*index));
    let there = interfaces.filter(|interface| {
        let of_family = |address: &&(IpAddr, _)| Family::of(address.0) == packet.family();
        let mut own = interface.addresses.iter().filter(of_family).peekable();
        own.peek().is_none() || own.any(|(own, _)| networks.iter().any(|prefix| prefix.contains(own)))
    });
    there.map(|interface| interface.name.clone()).collect()
}
