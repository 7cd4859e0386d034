//! Packets that stay inside a zone, and the routers that see them there.

use super::{Enforcer, TracedHop, Tracer};
use crate::model::{Point, Zone, ZoneId};
use crate::network::NetworkSide;
use crate::packet::{Family, Packet};
use crate::plan::Role;

/// A router that a packet inside a zone may cross, and what it does with the packet then.
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
    /// This unmanaged device joins the zone as well, and may carry the packet in place of the router.
    Unmanaged(String),
}

/// A side of a router at which a packet inside a zone comes back.
struct Seen<'p> {
    point: &'p Point,
    side: NetworkSide,
    unknown: Option<Unknown>,
}

impl Tracer<'_> {
    /// What a router does with a packet inside a zone, one that surely sees it first, and the other managed routers that
    /// may see it. None where none does.
    pub(super) fn inside(&self, packet: &Packet, id: ZoneId) -> Option<(Inside, Vec<String>)> {
        let zone = self.policy.zone(id)?;
        let sides = self.network.sides_inside(self.policy, id);
        let seen = sides.into_iter();
        let mut seen: Vec<Seen<'_>> = seen
            .filter_map(|(point, side)| self.seen(packet, zone, point, side))
            .collect();
        seen.sort_by_key(|seen| seen.unknown.is_some());
        let first = seen.first()?;
        let hop = self.back(packet, zone, first)?;
        let others = seen.iter().skip(1).map(|seen| seen.point.name.clone());
        let others = others.filter(|name| *name != first.point.name).collect();
        let unknown = first.unknown.clone();
        Some((Inside { hop, unknown }, others))
    }

    /// None where the packet does not come by.
    fn seen<'p>(
        &self,
        packet: &Packet,
        zone: &Zone,
        point: &'p Point,
        side: NetworkSide,
    ) -> Option<Seen<'p>> {
        let carried = side.carried_inside(zone);
        carried
            .iter()
            .find(|(from, to)| from.contains(packet.source) && to.contains(packet.destination))?;
        let unknown = if one_network(zone, packet) {
            let there = interfaces_at(zone, point, &side, packet);
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
    fn back(&self, packet: &Packet, zone: &Zone, seen: &Seen<'_>) -> Option<TracedHop> {
        let enforcer: &Enforcer<'_> = self.enforcer(&seen.point.name)?;
        let Role::Router(forwarding) = &enforcer.plan.role else {
            return None;
        };
        let name = self.policy.zone_name(seen.side.zone);
        let side = forwarding.sides.iter().position(|side| side.zone == name)?;
        let interfaces = &forwarding.sides.get(side)?.interfaces;
        let at = |address| {
            let networks = zone.subnets.iter().map(|(prefix, _)| prefix);
            let networks: Vec<_> = networks.filter(|prefix| prefix.contains(&address)).collect();
            interfaces.iter().position(|interface| {
                let mut own = interface.addresses.iter();
                own.any(|own| networks.iter().any(|prefix| prefix.contains(own)))
            })
        };
        let entered = at(packet.source).unwrap_or(0);
        let other = (0..interfaces.len()).find(|index| *index != entered);
        let left = match at(packet.destination) {
            Some(left) if left != entered || !one_network(zone, packet) => left,
            _ => other.unwrap_or(entered),
        };
        let [entered, left] = [entered, left].map(|index| Some(interfaces.get(index)?.name.clone()));
        Some(enforcer.forwarded(forwarding, packet, (side, side), (entered?, left?)))
    }
}

/// True where both ends of a packet are of one network of a zone.
fn one_network(zone: &Zone, packet: &Packet) -> bool {
    let mut networks = zone.subnets.iter();
    networks.any(|(prefix, _)| prefix.contains(&packet.source) && prefix.contains(&packet.destination))
}

/// The interfaces of a side that may lead into the network of both ends of a packet: those with an address there, and
/// those of which none is known.
fn interfaces_at(zone: &Zone, point: &Point, side: &NetworkSide, packet: &Packet) -> Vec<String> {
    let networks = zone.subnets.iter().map(|(prefix, _)| prefix);
    let networks: Vec<_> = networks
        .filter(|prefix| prefix.contains(&packet.source))
        .collect();
    let interfaces = side
        .interfaces
        .iter()
        .filter_map(|index| point.interfaces().get(*index));
    let there = interfaces.filter(|interface| {
        let of_family = |address: &&(std::net::IpAddr, _)| Family::of(address.0) == packet.family();
        let mut own = interface.addresses.iter().filter(of_family).peekable();
        own.peek().is_none() || own.any(|(own, _)| networks.iter().any(|prefix| prefix.contains(own)))
    });
    there.map(|interface| interface.name.clone()).collect()
}
