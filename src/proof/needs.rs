//! What must reach a device, and through one without state its neighbours, so that what the policy permits can work at
//! all. Each is the least that the protocol's own document asks for: a configuration that lets in less breaks the network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::packet::{AddressSet, Family, FlowSet, IntervalSet, ServiceSet};
use crate::plan::{DevicePlan, Forwarding, RunProtocol, Side};
use crate::syntax::tree::Action;

/// What must come in by a side of a device without state; `established` asks for packets of TCP with ACK or RST.
pub(super) fn of_side(
    plan: &DevicePlan,
    forwarding: &Forwarding,
    index: usize,
    established: bool,
) -> Vec<FlowSet> {
    let Some(side) = forwarding.sides.get(index) else {
        return Vec::new();
    };
    let place = Place {
        side,
        own: &plan.local.own,
        stateless: true,
        established,
    };
    let mut flows = place.received(plan);
    flows.extend(icmp_errors(forwarding, index, side));
    flows.into_iter().filter(|flow| !flow.is_empty()).collect()
}

/// What must come in by a side to a device with state: replies are known to it.
pub(super) fn of_itself(plan: &DevicePlan, side: &Side) -> Vec<FlowSet> {
    let place = Place {
        side,
        own: &plan.local.own,
        stateless: false,
        established: false,
    };
    let flows = place.received(plan).into_iter();
    flows.filter(|flow| !flow.is_empty()).collect()
}

/// The same for a host, which may have neighbours anywhere.
pub(super) fn of_host(plan: &DevicePlan) -> Vec<FlowSet> {
    let anywhere = Side {
        zone: String::new(),
        interfaces: Vec::new(),
        behind: Arc::new(AddressSet::full()),
    };
    of_itself(plan, &anywhere)
}

/// Errors about packets that left by the side, back to those who sent them (RFC 792, RFC 4443; path MTU discovery
/// depends on them, RFC 1191, RFC 8201).
fn icmp_errors(forwarding: &Forwarding, index: usize, side: &Side) -> Vec<FlowSet> {
    let leaving = forwarding.pairs.iter().filter(|pair| pair.to == index);
    let rules = leaving.flat_map(|pair| pair.rules.iter().chain(&pair.replies));
    let allows: Vec<&FlowSet> = rules
        .filter(|rule| rule.said.action == Action::Allow)
        .map(|rule| &rule.flow)
        .collect();
    let codes = IntervalSet::range(0, 255);
    let errors = [
        ServiceSet::icmp(&IntervalSet::from_ranges([(3, 3), (11, 12)]), &codes),
        ServiceSet::icmpv6(&IntervalSet::range(1, 4), &codes),
    ];
    Family::BOTH
        .into_iter()
        .zip(errors)
        .map(|(family, service)| {
            // A rule of both families may hold packets of one alone.
            let senders = allows
                .iter()
                .filter(|flow| !flow.destination.is_empty_in(family) && !flow.service.is_empty_in(family));
            let senders = AddressSet::union_of(senders.map(|flow| &*flow.source));
            FlowSet {
                source: Arc::new(side.behind.only(family)),
                destination: Arc::new(senders.only(family)),
                service: Arc::new(service),
            }
        })
        .collect()
}

/// Where packets arrive.
struct Place<'a> {
    side: &'a Side,
    own: &'a AddressSet,
    /// Replies have to be let in.
    stateless: bool,
    established: bool,
}

impl Place<'_> {
    /// What the device needs to find its neighbours, and for what it runs.
    fn received(&self, plan: &DevicePlan) -> Vec<FlowSet> {
        let protocols = plan.local.run_on(Some(self.side));
        let protocols = protocols.flat_map(|protocol| self.protocol(protocol));
        self.neighbours().into_iter().chain(protocols).collect()
    }

    /// Neighbour and router solicitations and neighbour advertisements (RFC 4861, 4.1, 4.3 and 4.4).
    fn neighbours(&self) -> Vec<FlowSet> {
        let behind = self.side.behind.only(Family::V6);
        if behind.is_empty() {
            return Vec::new();
        }
        let neighbour = behind.union(&link_local()).union(&one(Ipv6Addr::UNSPECIFIED));
        let receivers = self.own.union(&link_local()).union(&prefix6(MULTICAST6, 16));
        let kinds = IntervalSet::from_ranges([(133, 133), (135, 136)]);
        vec![flow(
            &neighbour,
            &receivers.only(Family::V6),
            ServiceSet::icmpv6(&kinds, &IntervalSet::range(0, 255)),
        )]
    }

    fn protocol(&self, run: RunProtocol) -> Vec<FlowSet> {
        let behind = &*self.side.behind;
        let (own, link) = (self.own, link_local());
        let (own4, behind4) = (own.only(Family::V4), behind.only(Family::V4));
        let on_link = self.on_link();
        let number = |number: u8| ServiceSet::protocols(&IntervalSet::single(number));
        let all = IntervalSet::full;
        let udp_to = |port: u16| ServiceSet::udp(all(), IntervalSet::single(port));
        let udp = |from: u16, to: u16| ServiceSet::udp(IntervalSet::single(from), IntervalSet::single(to));
        // To a port that a client takes from the dynamic range (RFC 6335).
        let answer = |from: u16| match self.stateless {
            true => ServiceSet::udp(IntervalSet::single(from), IntervalSet::range(49152, 65535)),
            false => ServiceSet::empty(),
        };
        let tcp_from = |from: u16| {
            if self.established {
                ServiceSet::tcp(IntervalSet::single(from), all())
            } else {
                ServiceSet::empty()
            }
        };
        let codes = IntervalSet::range(0, 255);
        match run {
            // RFC 2328, appendix A.1; RFC 5340, 2.3.
            RunProtocol::Ospf => vec![
                flow(behind, &local4(5).union(&local4(6)).union(&own4), number(89)),
                flow(&link, &local6(5).union(&local6(6)).union(&link), number(89)),
            ],
            // RFC 4271, 8: each side may open the connection.
            RunProtocol::Bgp => vec![
                flow(behind, own, ServiceSet::tcp(all(), IntervalSet::single(179))),
                flow(behind, own, tcp_from(179)),
                flow(&link, &link, ServiceSet::tcp(all(), IntervalSet::single(179))),
                flow(&link, &link, tcp_from(179)),
            ],
            // RFC 7868, 5.3.
            RunProtocol::Eigrp => vec![
                flow(behind, &local4(10).union(&on_link.only(Family::V4)), number(88)),
                flow(&link, &local6(10).union(&link), number(88)),
            ],
            // RFC 2453, 3.9 and 4.5; RFC 2080, 2.
            RunProtocol::Rip => vec![
                flow(behind, &local4(9).union(&on_link.only(Family::V4)), udp_to(520)),
                flow(&link, &local6(9).union(&link), udp_to(521)),
            ],
            // RFC 7761, 4.9: hellos to the group, registers to the router.
            RunProtocol::Pim => vec![
                flow(behind, &local4(13).union(own), number(103)),
                flow(&link, &local6(13), number(103)),
            ],
            // RFC 3376, 4; RFC 3810, 5.
            RunProtocol::Igmp => vec![
                flow(behind, &prefix4(Ipv4Addr::new(224, 0, 0, 0), 4), number(2)),
                flow(
                    &link,
                    &prefix6(MULTICAST6, 16),
                    ServiceSet::icmpv6(&IntervalSet::from_ranges([(130, 132), (143, 143)]), &codes),
                ),
            ],
            // RFC 2281, 5; version 2 and IPv6 by the Cisco manual of HSRP.
            RunProtocol::Hsrp => vec![
                flow(behind, &local4(2).union(&local4(102)), udp_to(1985)),
                flow(&link, &local6(0x66), udp_to(2029)),
            ],
            // RFC 5798, 5.1.
            RunProtocol::Vrrp => vec![
                flow(behind, &local4(18), number(112)),
                flow(&link, &local6(0x12), number(112)),
            ],
            // RFC 5881, 4; RFC 5883, 5.
            RunProtocol::Bfd => vec![
                flow(behind, own, udp_to(3784).union(&udp_to(4784))),
                flow(&link, &link, udp_to(3784)),
            ],
            // RFC 2131, 4.1; RFC 8415, 7.1.
            RunProtocol::DhcpRelay | RunProtocol::DhcpServer => vec![
                flow(
                    &one(Ipv4Addr::UNSPECIFIED).union(&behind4),
                    &one(Ipv4Addr::BROADCAST),
                    udp(68, 67),
                ),
                flow(behind, &own4, udp(68, 67).union(&udp(67, 67))),
                flow(&link, &one(DHCP_AGENTS), udp(546, 547)),
                flow(behind, &own.only(Family::V6), udp(547, 547)),
            ],
            RunProtocol::DhcpClient => vec![
                flow(
                    behind,
                    &one(Ipv4Addr::BROADCAST).union(&on_link.only(Family::V4)),
                    udp(67, 68),
                ),
                flow(&link, &link, udp(547, 546)),
            ],
            // RFC 792; RFC 4443, 4.1.
            RunProtocol::Ping => vec![flow(
                behind,
                own,
                ServiceSet::icmp(&IntervalSet::single(8), &codes)
                    .union(&ServiceSet::icmpv6(&IntervalSet::single(128), &codes)),
            )],
            // RFC 5905, 9.2: peers of one kind speak from port 123, to which answers come.
            RunProtocol::Ntp if !self.stateless => Vec::new(),
            RunProtocol::Ntp => vec![flow(behind, own, udp(123, 123))],
            // RFC 1035, 4.2.
            RunProtocol::Dns => vec![flow(behind, own, answer(53).union(&tcp_from(53)))],
            // RFC 2865, 3; RFC 2866, 3.
            RunProtocol::Radius => vec![flow(behind, own, answer(1812).union(&answer(1813)))],
            // RFC 8907, 4.1.
            RunProtocol::Tacacs => vec![flow(behind, own, tcp_from(49))],
            // RFC 5425, 4.1.
            RunProtocol::Syslog => vec![flow(behind, own, tcp_from(6514))],
        }
    }

    /// The device's addresses on the side; all of them where those are not known.
    fn on_link(&self) -> AddressSet {
        let interfaces = self.side.interfaces.iter();
        let known =
            AddressSet::from_addresses(interfaces.flat_map(|interface| interface.addresses.iter().copied()));
        if known.is_empty() { self.own.clone() } else { known }
    }
}

/// Multicast of link-local scope (RFC 4291, 2.7).
const MULTICAST6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0);
/// All_DHCP_Relay_Agents_and_Servers (RFC 8415, 7.1).
const DHCP_AGENTS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 1, 2);

fn flow(source: &AddressSet, destination: &AddressSet, service: ServiceSet) -> FlowSet {
    FlowSet {
        source: Arc::new(source.clone()),
        destination: Arc::new(destination.clone()),
        service: Arc::new(service),
    }
}

fn one(address: impl Into<IpAddr>) -> AddressSet {
    AddressSet::from_addresses([address.into()])
}

/// 224.0.0.x, the local network control block (RFC 5771, 4).
fn local4(last: u8) -> AddressSet {
    one(Ipv4Addr::new(224, 0, 0, last))
}

fn local6(last: u16) -> AddressSet {
    one(Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, last))
}

fn link_local() -> AddressSet {
    prefix6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10)
}

fn prefix4(base: Ipv4Addr, length: u8) -> AddressSet {
    AddressSet::from_prefixes(Ipv4Net::new(base, length).map(IpNet::V4).iter())
}

fn prefix6(base: Ipv6Addr, length: u8) -> AddressSet {
    AddressSet::from_prefixes(Ipv6Net::new(base, length).map(IpNet::V6).iter())
}
