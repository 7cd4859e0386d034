//! What a policy means for one packet at one enforcement point, worked out the slow way: every rule is asked, every
//! path is listed. Nothing here goes through plans or placements.

use std::collections::BTreeSet;
use std::net::IpAddr;

use septum::model::{Placement, Point, Policy, RunProtocol, ZoneId};
use septum::packet::{FlowSet, Packet, protocol};
use septum::syntax::tree::Action;

use crate::oracle::address::AddressRange;
use crate::oracle::network::{NaiveNetwork, PathUse};
use crate::oracle::policy::{NaivePolicy, NaiveZone};
use crate::sample::{self, Loaded};

/// A policy on the day of the samples, in one mode.
pub struct Meaning<'a> {
    pub policy: &'a Policy,
    /// The rules that hold, allows and denies.
    pub rules: Vec<(bool, FlowSet)>,
    zones: NaivePolicy,
    /// The zone with an interface in whose segment each zone lives.
    segments: Vec<usize>,
    /// By segment of source and of destination.
    uses: Vec<Vec<PathUse>>,
}

impl<'a> Meaning<'a> {
    pub fn new(loaded: &'a Loaded, mode: Option<&str>) -> Self {
        let policy = &loaded.policy;
        let mode = mode.map(|name| sample::mode(loaded, name));
        let rules = policy
            .rules
            .iter()
            .filter(|rule| rule.meta.expires.is_none_or(|(day, _)| day >= sample::today()))
            .filter(|rule| rule.mode.is_none() || rule.mode == mode)
            .map(|rule| (rule.action == Action::Allow, rule.flow()))
            .collect();
        let zones = policy.zones.iter().map(|zone| NaiveZone {
            prefixes: zone
                .subnets
                .iter()
                .map(|(net, _)| AddressRange::prefix(net.addr(), net.prefix_len()).unwrap())
                .collect(),
            external: zone.external,
        });
        let segments = segments(policy);
        let network = network(policy);
        let uses = (0..policy.zones.len())
            .map(|from| {
                (0..policy.zones.len())
                    .map(|to| network.path_use(from, to))
                    .collect()
            })
            .collect();
        Self {
            policy,
            rules,
            zones: NaivePolicy {
                zones: zones.collect(),
                rules: Vec::new(),
            },
            segments,
            uses,
        }
    }

    /// Some allow and no deny.
    pub fn permits(&self, packet: &Packet) -> bool {
        let some = |allow| {
            self.rules
                .iter()
                .any(|(is_allow, flow)| *is_allow == allow && flow.contains(packet))
        };
        some(true) && !some(false)
    }

    /// The (zone it comes in from, zone it goes out to) by which some path of the packet crosses a point.
    pub fn ways(&self, point: usize, packet: &Packet) -> &BTreeSet<(usize, usize)> {
        let segment = |address| self.zone_of(address).map(|zone| self.segments[zone]);
        static NONE: BTreeSet<(usize, usize)> = BTreeSet::new();
        match (segment(packet.source), segment(packet.destination)) {
            (Some(from), Some(to)) => &self.uses[from][to].pairs[point],
            _ => &NONE,
        }
    }

    /// The zones on the point's sides by which a packet from an address comes in on some path to anywhere beyond it,
    /// or from the side's own segment.
    pub fn ways_in(&self, point: usize, source: IpAddr) -> BTreeSet<usize> {
        let Some(from) = self.zone_of(source).map(|zone| self.segments[zone]) else {
            return BTreeSet::new();
        };
        let mut zones: BTreeSet<usize> = self.uses[from]
            .iter()
            .flat_map(|used| used.pairs[point].iter().map(|(before, _)| *before))
            .collect();
        let attached = |zone: &usize| {
            self.point(point)
                .interfaces()
                .iter()
                .any(|i| i.zone.index() == *zone)
        };
        zones.extend(Some(from).filter(attached));
        zones
    }

    /// Whether the point lets the packet, which opens a flow, in from one zone and out to another.
    pub fn forwards(&self, point: usize, from: usize, to: usize, packet: &Packet) -> bool {
        self.ways(point, packet).contains(&(from, to)) && self.permits(packet)
    }

    /// Whether the packet answers a permitted flow, and comes in at the point from this zone on some path.
    pub fn answers(&self, point: usize, from: usize, packet: &Packet) -> bool {
        self.ways(point, packet).iter().any(|(zone, _)| *zone == from)
            && opener(packet).is_some_and(|opener| self.permits(&opener))
    }

    pub fn zone_of(&self, address: IpAddr) -> Option<usize> {
        self.zones.zone_of(address)
    }

    pub fn point(&self, point: usize) -> &'a Point {
        &self.policy.points[point]
    }

    /// The point's own addresses; those of the device that it protects.
    pub fn own(&self, point: usize) -> BTreeSet<IpAddr> {
        match &self.point(point).placement {
            Placement::Between(interfaces) => interfaces
                .iter()
                .flat_map(|interface| interface.addresses.iter().map(|(address, _)| *address))
                .collect(),
            Placement::On(device) => self.policy.devices[device.index()]
                .addresses
                .iter()
                .map(|(address, _)| *address)
                .collect(),
        }
    }

    /// Whether the packet manages the point.
    pub fn manages(&self, point: usize, packet: &Packet) -> bool {
        let own = self.own(point);
        (own.is_empty() || own.contains(&packet.destination))
            && self.point(point).manage.iter().any(|manage| {
                let family = septum::packet::Family::of(packet.source);
                manage.from.addresses.contains(packet.source)
                    && manage
                        .service
                        .set
                        .contains(family, packet.protocol, packet.first, packet.second)
            })
    }

    /// The most that the point may take for itself beside management: the protocols that it runs, to an address that
    /// could be its own, by an interface into a zone.
    pub fn may_speak(&self, point: usize, entered: Option<ZoneId>, packet: &Packet) -> bool {
        let own = self.own(point);
        let receives = match packet.destination {
            IpAddr::V4(to) => to.is_multicast() || to.is_broadcast(),
            IpAddr::V6(to) => to.is_multicast() || to.segments()[0] & 0xffc0 == 0xfe80,
        };
        let mut spoken = self
            .point(point)
            .run
            .iter()
            .filter(|run| match (&run.on, entered) {
                (None, _) => true,
                (Some(zones), Some(zone)) => zones.contains(&zone),
                (Some(_), None) => false,
            });
        (receives || own.contains(&packet.destination)) && spoken.any(|run| speaks(run.protocol, packet))
    }
}

/// The packet that this one would be the answer to.
pub fn opener(packet: &Packet) -> Option<Packet> {
    let v6 = packet.source.is_ipv6();
    let (first, second) = match (packet.protocol, v6) {
        (protocol::TCP | protocol::UDP | protocol::SCTP, _) => (packet.second, packet.first),
        // Echo, timestamp, information, address mask (RFC 792, RFC 950); echo, node information (RFC 4443, RFC 4620).
        (protocol::ICMP, false) => match packet.first {
            0 => (8, packet.second),
            14 | 16 | 18 => (packet.first - 1, packet.second),
            _ => return None,
        },
        (protocol::ICMPV6, true) => match packet.first {
            129 | 140 => (packet.first - 1, packet.second),
            _ => return None,
        },
        _ => (0, 0),
    };
    Some(Packet {
        source: packet.destination,
        destination: packet.source,
        protocol: packet.protocol,
        first,
        second,
    })
}

/// Neighbour discovery and ICMP errors: what networks need whatever a policy says, and what opens no flow.
pub fn is_companion(packet: &Packet) -> bool {
    match (packet.protocol, packet.source.is_ipv6()) {
        (protocol::ICMP, false) => matches!(packet.first, 3 | 11 | 12),
        (protocol::ICMPV6, true) => matches!(packet.first, 1..=4 | 130..=137 | 143),
        _ => false,
    }
}

/// What each protocol sends, by its own documents.
fn speaks(run: RunProtocol, packet: &Packet) -> bool {
    let Packet {
        protocol: number,
        first,
        second,
        ..
    } = *packet;
    let v6 = packet.source.is_ipv6();
    let udp = |ports: &[u16], port: u16| number == protocol::UDP && ports.contains(&port);
    let tcp = |ports: &[u16], port: u16| number == protocol::TCP && ports.contains(&port);
    match run {
        RunProtocol::Ospf => number == 89,
        RunProtocol::Bgp => tcp(&[179], second) || tcp(&[179], first),
        RunProtocol::Eigrp => number == 88,
        RunProtocol::Rip => udp(&[520, 521], second),
        RunProtocol::Pim => number == 103,
        RunProtocol::Igmp => number == 2 || (v6 && number == 58 && matches!(first, 130..=132 | 143)),
        RunProtocol::Hsrp => udp(&[1985, 2029], second),
        RunProtocol::Vrrp => number == 112,
        RunProtocol::Bfd => udp(&[3784, 3785, 4784], second),
        RunProtocol::DhcpRelay | RunProtocol::DhcpServer => udp(&[67, 547], second),
        RunProtocol::DhcpClient => udp(&[68, 546], second),
        RunProtocol::Ping => (!v6 && number == 1 && first == 8) || (v6 && number == 58 && first == 128),
        RunProtocol::Ntp => udp(&[123], first),
        RunProtocol::Dns => udp(&[53], first) || tcp(&[53], first),
        RunProtocol::Radius => udp(&[1645, 1646, 1812, 1813], first),
        RunProtocol::Tacacs => tcp(&[49], first),
        RunProtocol::Syslog => tcp(&[514, 601, 6514], first),
    }
}

/// A zone without an interface lives in the segment of the nearest zone around it that has one.
fn segments(policy: &Policy) -> Vec<usize> {
    let attached: BTreeSet<usize> = policy
        .points
        .iter()
        .flat_map(|point| point.interfaces().iter().map(|interface| interface.zone.index()))
        .collect();
    (0..policy.zones.len())
        .map(|zone| {
            let outwards = std::iter::successors(Some(zone), |zone| {
                policy.zones[*zone].within.map(|outer| outer.index())
            });
            outwards
                .into_iter()
                .find(|zone| attached.contains(zone))
                .unwrap_or(zone)
        })
        .collect()
}

fn network(policy: &Policy) -> NaiveNetwork {
    let interfaces = |point: &Point| {
        let zones = point.interfaces().iter().map(|interface| interface.zone.index());
        zones.enumerate().collect()
    };
    let ends = policy.zones.iter().enumerate();
    let ends = ends.filter(|(_, zone)| !zone.carries_transit());
    NaiveNetwork {
        zones: policy.zones.len(),
        routers: policy.points.iter().map(interfaces).collect(),
        managed: policy
            .points
            .iter()
            .map(|point| point.platform.is_some())
            .collect(),
        no_transit: ends.map(|(index, _)| index).collect(),
    }
}
